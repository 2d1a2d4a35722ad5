//! What a `kustomization.yaml` says.

mod generators;
mod patches;
mod read;
mod replacements;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub(crate) use self::generators::{GeneratorArgs, GeneratorOptions, Sources};
pub(crate) use self::patches::{Patch, Selector};
pub(crate) use self::replacements::{FieldOptions, Replacement, ReplacementField, Target, Var};
use crate::decode::{
    Decode, Decoded, Mode, boolean, integer, list, map, optional, string, strings,
};
use crate::fieldspec::FieldSpec;

/// The names under which a kustomization is found.
pub(crate) const FILE_NAMES: [&str; 3] =
    ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A kustomization file, deprecated fields moved to where they belong today.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kustomization {
    pub(crate) kind: String,
    pub(crate) api_version: String,
    pub(crate) openapi: BTreeMap<String, String>,
    pub(crate) name_prefix: String,
    pub(crate) name_suffix: String,
    pub(crate) namespace: String,
    pub(crate) common_labels: BTreeMap<String, String>,
    pub(crate) labels: Vec<Label>,
    pub(crate) common_annotations: BTreeMap<String, String>,
    pub(crate) patches_strategic_merge: Vec<String>,
    pub(crate) patches_json6902: Vec<Patch>,
    pub(crate) patches: Vec<Patch>,
    pub(crate) images: Vec<Image>,
    pub(crate) replacements: Vec<ReplacementField>,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) vars: Vec<Var>,
    pub(crate) sort_options: Option<SortOptions>,
    pub(crate) resources: Vec<String>,
    pub(crate) components: Vec<String>,
    pub(crate) crds: Vec<String>,
    pub(crate) config_map_generator: Vec<GeneratorArgs>,
    pub(crate) secret_generator: Vec<GeneratorArgs>,
    pub(crate) helm_globals: Option<HelmGlobals>,
    pub(crate) helm_charts: Vec<HelmChart>,
    pub(crate) generator_options: Option<GeneratorOptions>,
    pub(crate) configurations: Vec<String>,
    pub(crate) generators: Vec<String>,
    pub(crate) transformers: Vec<String>,
    pub(crate) validators: Vec<String>,
    pub(crate) build_metadata: Vec<String>,
    /// The deprecated fields that are used.
    pub(crate) deprecated: Vec<&'static str>,
    bases: Vec<String>,
    image_tags: Vec<Image>,
    helm_inflations: Vec<HelmInflation>,
    metadata: Option<Metadata>,
    /// Whether anything is said in it at all.
    says_something: bool,
}

impl Kustomization {
    pub(crate) fn is_component(&self) -> bool {
        self.kind == "Component"
    }

    pub(crate) fn wants(&self, metadata: &str) -> bool {
        self.build_metadata.iter().any(|option| option == metadata)
    }
}

impl Decode for Kustomization {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        self.note(name, value);
        match name {
            "kind" => string(&mut self.kind, value, mode),
            "apiversion" => string(&mut self.api_version, value, mode),
            "metadata" => optional(&mut self.metadata, value, mode),
            "openapi" => map(&mut self.openapi, value, mode),
            "nameprefix" => string(&mut self.name_prefix, value, mode),
            "namesuffix" => string(&mut self.name_suffix, value, mode),
            "namespace" => string(&mut self.namespace, value, mode),
            "commonlabels" => map(&mut self.common_labels, value, mode),
            "labels" => list(&mut self.labels, value, mode),
            "commonannotations" => map(&mut self.common_annotations, value, mode),
            "patchesstrategicmerge" => strings(&mut self.patches_strategic_merge, value, mode),
            "patchesjson6902" => list(&mut self.patches_json6902, value, mode),
            "patches" => list(&mut self.patches, value, mode),
            "images" => list(&mut self.images, value, mode),
            "imagetags" => list(&mut self.image_tags, value, mode),
            "replacements" => list(&mut self.replacements, value, mode),
            "replicas" => list(&mut self.replicas, value, mode),
            "vars" => list(&mut self.vars, value, mode),
            "sortoptions" => optional(&mut self.sort_options, value, mode),
            "resources" => strings(&mut self.resources, value, mode),
            "components" => strings(&mut self.components, value, mode),
            "crds" => strings(&mut self.crds, value, mode),
            "bases" => strings(&mut self.bases, value, mode),
            "configmapgenerator" => list(&mut self.config_map_generator, value, mode),
            "secretgenerator" => list(&mut self.secret_generator, value, mode),
            "helmglobals" => optional(&mut self.helm_globals, value, mode),
            "helmcharts" => list(&mut self.helm_charts, value, mode),
            "helmchartinflationgenerator" => list(&mut self.helm_inflations, value, mode),
            "generatoroptions" => optional(&mut self.generator_options, value, mode),
            "configurations" => strings(&mut self.configurations, value, mode),
            "generators" => strings(&mut self.generators, value, mode),
            "transformers" => strings(&mut self.transformers, value, mode),
            "validators" => strings(&mut self.validators, value, mode),
            "buildmetadata" => strings(&mut self.build_metadata, value, mode),
            _ => Ok(false),
        }
    }
}

/// `labels[]`
#[derive(Clone, Debug, Default)]
pub(crate) struct Label {
    pub(crate) pairs: BTreeMap<String, String>,
    pub(crate) include_selectors: bool,
    pub(crate) include_templates: bool,
    pub(crate) fields: Vec<FieldSpec>,
}

impl Decode for Label {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "pairs" => map(&mut self.pairs, value, mode),
            "includeselectors" => boolean(&mut self.include_selectors, value),
            "includetemplates" => boolean(&mut self.include_templates, value),
            "fields" => list(&mut self.fields, value, mode),
            _ => Ok(false),
        }
    }
}

impl Decode for FieldSpec {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "group" => short(&mut self.gvk.group, value, mode),
            "version" => short(&mut self.gvk.version, value, mode),
            "kind" => short(&mut self.gvk.kind, value, mode),
            "path" => string(&mut self.path, value, mode),
            "create" => boolean(&mut self.create, value),
            _ => Ok(false),
        }
    }
}

/// Reads a short text.
pub(crate) fn short(
    slot: &mut lean_string::LeanString,
    value: &Value,
    mode: Mode,
) -> Decoded<bool> {
    let mut text = slot.to_string();
    let known = string(&mut text, value, mode)?;
    *slot = text.into();
    Ok(known)
}

/// `images[]`
#[derive(Clone, Debug, Default)]
pub(crate) struct Image {
    pub(crate) name: String,
    pub(crate) new_name: String,
    pub(crate) tag_suffix: String,
    pub(crate) new_tag: String,
    pub(crate) digest: String,
}

impl Decode for Image {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "name" => string(&mut self.name, value, mode),
            "newname" => string(&mut self.new_name, value, mode),
            "tagsuffix" => string(&mut self.tag_suffix, value, mode),
            "newtag" => string(&mut self.new_tag, value, mode),
            "digest" => string(&mut self.digest, value, mode),
            _ => Ok(false),
        }
    }
}

/// `replicas[]`
#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    pub(crate) name: String,
    pub(crate) count: i64,
}

impl Decode for Replica {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "name" => string(&mut self.name, value, mode),
            "count" => integer(&mut self.count, value),
            _ => Ok(false),
        }
    }
}

/// `sortOptions`
#[derive(Clone, Debug, Default)]
pub(crate) struct SortOptions {
    pub(crate) order: String,
    pub(crate) legacy: Option<LegacyOrder>,
}

impl Decode for SortOptions {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "order" => string(&mut self.order, value, mode),
            "legacysortoptions" => optional(&mut self.legacy, value, mode),
            _ => Ok(false),
        }
    }
}

/// Which kinds come first, and which last.
#[derive(Clone, Debug, Default)]
pub(crate) struct LegacyOrder {
    pub(crate) first: Vec<String>,
    pub(crate) last: Vec<String>,
}

impl Decode for LegacyOrder {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "orderfirst" => strings(&mut self.first, value, mode),
            "orderlast" => strings(&mut self.last, value, mode),
            _ => Ok(false),
        }
    }
}

/// `metadata`, of a kustomization or of a plug-in's configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metadata {
    pub(crate) name: String,
    pub(crate) namespace: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

impl Decode for Metadata {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "name" => string(&mut self.name, value, mode),
            "namespace" => string(&mut self.namespace, value, mode),
            "labels" => map(&mut self.labels, value, mode),
            "annotations" => map(&mut self.annotations, value, mode),
            _ => Ok(false),
        }
    }
}

/// `helmGlobals`
#[derive(Clone, Debug, Default)]
pub(crate) struct HelmGlobals {
    pub(crate) chart_home: String,
    pub(crate) config_home: String,
}

impl Decode for HelmGlobals {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "charthome" => string(&mut self.chart_home, value, mode),
            "confighome" => string(&mut self.config_home, value, mode),
            _ => Ok(false),
        }
    }
}

/// A chart to be rendered: an entry of `helmCharts`.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct HelmChart {
    /// The name of the chart, and of its folder below the home of charts.
    pub name: String,
    /// The version of the chart; empty for the newest.
    pub version: String,
    /// The URL of the repository it comes from; empty if it lies in the tree.
    pub repo: String,
    /// The name of the release; empty for a made-up one.
    pub release_name: String,
    /// The namespace to render for.
    pub namespace: String,
    /// More files with values.
    pub additional_values_files: Vec<String>,
    /// The file with values; empty for the chart's own.
    pub values_file: String,
    /// Values that stand in the kustomization.
    pub values_inline: Map<String, Value>,
    /// How the two are merged: `merge`, `override` (the default) or `replace`.
    pub values_merge: String,
    /// Whether CRDs are part of the result.
    pub include_crds: bool,
    /// Whether hooks are left out.
    pub skip_hooks: bool,
    /// API versions that the cluster is said to have.
    pub api_versions: Vec<String>,
    /// The version that the cluster is said to have.
    pub kube_version: String,
    /// A template for the name of the release.
    pub name_template: String,
    /// Whether tests are left out.
    pub skip_tests: bool,
    /// Whether what cannot be read is part of the result all the same.
    pub debug: bool,
    /// Whether development versions count too.
    pub devel: bool,
}

impl Decode for HelmChart {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "name" => string(&mut self.name, value, mode),
            "version" => string(&mut self.version, value, mode),
            "repo" => string(&mut self.repo, value, mode),
            "releasename" => string(&mut self.release_name, value, mode),
            "namespace" => string(&mut self.namespace, value, mode),
            "additionalvaluesfiles" => strings(&mut self.additional_values_files, value, mode),
            "valuesfile" => string(&mut self.values_file, value, mode),
            "valuesinline" => values(&mut self.values_inline, value),
            "valuesmerge" => string(&mut self.values_merge, value, mode),
            "includecrds" => boolean(&mut self.include_crds, value),
            "skiphooks" => boolean(&mut self.skip_hooks, value),
            "apiversions" => strings(&mut self.api_versions, value, mode),
            "kubeversion" => string(&mut self.kube_version, value, mode),
            "nametemplate" => string(&mut self.name_template, value, mode),
            "skiptests" => boolean(&mut self.skip_tests, value),
            "debug" => boolean(&mut self.debug, value),
            "devel" => boolean(&mut self.devel, value),
            _ => Ok(false),
        }
    }
}

fn values(slot: &mut Map<String, Value>, value: &Value) -> Decoded<bool> {
    match value {
        Value::Null => slot.clear(),
        Value::Object(map) => slot.extend(map.clone()),
        _ => return Err(crate::decode::Problem::new("values are a mapping")),
    }
    Ok(true)
}

/// `helmChartInflationGenerator[]`, the older form of `helmCharts` and `helmGlobals`.
#[derive(Clone, Debug, Default)]
struct HelmInflation {
    chart: HelmChart,
    globals: HelmGlobals,
    ignored: String,
    extra_args: Vec<String>,
}

impl Decode for HelmInflation {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "chartname" => string(&mut self.chart.name, value, mode),
            "chartversion" => string(&mut self.chart.version, value, mode),
            "chartrepourl" => string(&mut self.chart.repo, value, mode),
            "charthome" => string(&mut self.globals.chart_home, value, mode),
            "helmhome" => string(&mut self.globals.config_home, value, mode),
            "values" => string(&mut self.chart.values_file, value, mode),
            "valueslocal" => values(&mut self.chart.values_inline, value),
            "valuesmerge" => string(&mut self.chart.values_merge, value, mode),
            "releasename" => string(&mut self.chart.release_name, value, mode),
            "chartreponame" | "helmbin" | "releasenamespace" => {
                string(&mut self.ignored, value, mode)
            }
            "extraargs" => strings(&mut self.extra_args, value, mode),
            _ => Ok(false),
        }
    }
}
