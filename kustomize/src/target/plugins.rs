//! Generators and transformers that are configured by objects of their own.

use serde_json::Value;

use super::configure;
use crate::decode::{self, Decode, Decoded, Mode, Problem};
use crate::fault::Fault;
use crate::fieldspec::FieldSpec;
use crate::generate::{self, Kind};
use crate::helm;
use crate::kustomization::{
    GeneratorArgs, HelmChart, HelmGlobals, Image, Metadata, Patch, ReplacementField, Replica,
};
use crate::load::Loader;
use crate::resource::Resource;
use crate::transform::{
    Affix, Annotations, Images, Labels, Namespace, Patches, Replicas, Side, Specs,
    StrategicPatches, SubjectMode, Transformer, ValueAdd, ValueAddArgs, shown,
};

/// The API version of what is built in.
const BUILTIN: &str = "builtin";

/// What a generator makes.
pub(super) fn generate(
    config: &Resource,
    loader: &Loader<'_>,
) -> Result<Vec<Resource>, Box<Fault>> {
    let about = |fault: Box<Fault>| fault.about(shown(config));
    let fields = Fields::of(config).map_err(about)?;
    let made = match config.kind() {
        "ConfigMapGenerator" => from_args(Kind::ConfigMap, &fields, loader),
        "SecretGenerator" => from_args(Kind::Secret, &fields, loader),
        "HelmChartInflationGenerator" => {
            let chart: HelmChart = fields.whole()?;
            let globals: HelmGlobals = fields.whole()?;
            helm::render(&chart, Some(&globals), loader)
        }
        "IAMPolicyGenerator" => account(&fields).map(|account| vec![account]),
        kind if is_transformer(kind) => Err(Fault::new("it is a transformer, no generator")),
        _ => Err(Fault::new("there is no generator of this kind")),
    };
    made.map_err(about)
}

fn from_args(
    kind: Kind,
    fields: &Fields,
    loader: &Loader<'_>,
) -> Result<Vec<Resource>, Box<Fault>> {
    let mut args: GeneratorArgs = fields.whole()?;
    let metadata: Metadata = fields.object("metadata")?;
    if args.name.is_empty() {
        args.name = metadata.name;
    }
    if args.namespace.is_empty() {
        args.namespace = metadata.namespace;
    }
    let options = args.options.clone();
    generate::generate(kind, &args, options.as_ref(), loader).map(|resource| vec![resource])
}

/// The service account of an `IAMPolicyGenerator`.
fn account(fields: &Fields) -> Result<Resource, Box<Fault>> {
    let text = |path: &[&str]| fields.text_at(path);
    if text(&["cloud"]) != "gke" {
        return Err(Fault::new(format!("cloud {:?} is not gke", text(&["cloud"]))));
    }
    let mail = format!(
        "{}@{}.iam.gserviceaccount.com",
        text(&["serviceaccount", "name"]),
        text(&["serviceaccount", "projectid"])
    );
    let mut value = serde_json::json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "annotations": { "iam.gke.io/gcp-service-account": mail },
            "name": text(&["kubernetesservice", "name"]),
        },
    });
    let namespace = text(&["kubernetesservice", "namespace"]);
    if !namespace.is_empty() {
        value["metadata"]["namespace"] = namespace.into();
    }
    Ok(Resource::new(crate::node::Node::from_value(&value)))
}

fn is_transformer(kind: &str) -> bool {
    kind.ends_with("Transformer")
}

/// The transformer that a configuration describes.
pub(super) fn transformer(
    config: &Resource,
    loader: &Loader<'_>,
) -> Result<Transformer, Box<Fault>> {
    let about = |fault: Box<Fault>| fault.about(shown(config));
    let fields = Fields::of(config).map_err(about)?;
    build(config.kind(), &fields, loader).map_err(about)
}

fn build(kind: &str, fields: &Fields, loader: &Loader<'_>) -> Result<Transformer, Box<Fault>> {
    Ok(match kind {
        "AnnotationsTransformer" => Transformer::Annotations(Annotations {
            annotations: fields.texts("annotations")?,
            specs: fields.specs()?,
        }),
        "HashTransformer" => Transformer::Hash,
        "ImageTagTransformer" => {
            let image: Image = fields.object("imagetag")?;
            Transformer::Images(Images::new(image, fields.specs()?)?)
        }
        "LabelTransformer" => {
            Transformer::Labels(Labels { labels: fields.texts("labels")?, specs: fields.specs()? })
        }
        "NamespaceTransformer" => Transformer::Namespace(Namespace {
            namespace: fields.object::<Metadata>("metadata")?.namespace,
            specs: fields.specs()?,
            unset_only: fields.boolean("unsetonly")?,
            subjects: SubjectMode::named(&fields.text("setrolebindingsubjects")?)?,
        }),
        "PatchJson6902Transformer" => {
            let patch = Patch { patch: fields.text("jsonop")?, ..fields.whole()? };
            Transformer::JsonPatches(configure::json_patches(&patch, loader)?)
        }
        "PatchStrategicMergeTransformer" => strategic(fields, loader)?,
        "PatchTransformer" => {
            let patch: Patch = fields.whole()?;
            let patches: Patches = configure::patches(&patch, loader)?;
            Transformer::Patches(patches)
        }
        "PrefixTransformer" => affix(Side::Prefix, fields)?,
        "SuffixTransformer" => affix(Side::Suffix, fields)?,
        "PrefixSuffixTransformer" => {
            Transformer::All(vec![affix(Side::Prefix, fields)?, affix(Side::Suffix, fields)?])
        }
        "ReplacementTransformer" => {
            let entries: Vec<ReplacementField> = fields.list("replacements")?;
            Transformer::Replacements(configure::replacements(&entries, loader)?)
        }
        "ReplicaCountTransformer" => Transformer::Replicas(Replicas {
            replica: fields.object::<Replica>("replica")?,
            specs: fields.specs()?,
        }),
        "ValueAddTransformer" => value_add(fields, loader)?,
        "ConfigMapGenerator"
        | "SecretGenerator"
        | "HelmChartInflationGenerator"
        | "IAMPolicyGenerator" => return Err("it is a generator, no transformer".into()),
        _ => return Err("there is no transformer of this kind".into()),
    })
}

fn affix(side: Side, fields: &Fields) -> Result<Transformer, Box<Fault>> {
    let text = fields.text(if side == Side::Prefix { "prefix" } else { "suffix" })?;
    if fields.get("fieldspecs").is_none_or(Value::is_null) {
        return Err("it has no fieldSpecs".into());
    }
    Ok(Transformer::Affix(Affix { side, text, specs: fields.specs()? }))
}

fn strategic(fields: &Fields, loader: &Loader<'_>) -> Result<Transformer, Box<Fault>> {
    let mut paths = Vec::new();
    if let Some(value) = fields.get("paths") {
        decode::strings(&mut paths, value, Mode::Lenient).map_err(fault)?;
    }
    let text = fields.text("patches")?;
    if paths.is_empty() && text.is_empty() {
        return Err("it has neither paths nor patches".into());
    }
    let mut patches = match paths.is_empty() {
        true => Vec::new(),
        false => configure::strategic_patches(&paths, loader)?.0,
    };
    if !text.is_empty() {
        patches.extend(configure::inline(text.as_bytes()).map_err(|f| f.at("patches"))?);
    }
    if patches.is_empty() {
        return Err("there is no patch in it".into());
    }
    Ok(Transformer::StrategicPatches(StrategicPatches(patches)))
}

fn value_add(fields: &Fields, loader: &Loader<'_>) -> Result<Transformer, Box<Fault>> {
    let mut args: ValueAddArgs = fields.whole()?;
    if !args.target_file_path.is_empty() {
        let file = loader.read(&args.target_file_path).map_err(|f| f.at("targetFilePath"))?;
        let value = gotk_yaml::from_slice(&file.bytes, &gotk_yaml::Options::default())
            .map_err(|error| Fault::yaml(&error).in_file(&file.name))?;
        let more: ValueAddArgs = decode::object(&value, Mode::Lenient)
            .map_err(|problem| fault(problem).in_file(&file.name))?;
        args.targets.extend(more.targets);
    }
    Ok(Transformer::ValueAdd(ValueAdd::new(args, &loader.base_name()).map_err(fault)?))
}

fn fault(problem: Problem) -> Box<Fault> {
    problem.fault()
}

/// The fields of a configuration, found in any case.
struct Fields(Value);

impl Fields {
    /// The fields of what is built in; everything else is somebody's program.
    fn of(config: &Resource) -> Result<Self, Box<Fault>> {
        if config.api_version() != BUILTIN {
            return Err("only what is built in can be used: no program is run in a build".into());
        }
        Ok(Self(config.node.to_value()?))
    }

    fn whole<T: Decode>(&self) -> Result<T, Box<Fault>> {
        decode::object(&self.0, Mode::Lenient).map_err(fault)
    }

    fn get(&self, name: &str) -> Option<&Value> {
        get(&self.0, name)
    }

    fn object<T: Decode>(&self, name: &str) -> Result<T, Box<Fault>> {
        let value = self.get(name).unwrap_or(&Value::Null);
        decode::object(value, Mode::Lenient).map_err(|problem| fault(problem).at(name))
    }

    fn list<T: Decode>(&self, name: &str) -> Result<Vec<T>, Box<Fault>> {
        let mut items = Vec::new();
        self.read(name, |value| decode::list(&mut items, value, Mode::Lenient))?;
        Ok(items)
    }

    fn specs(&self) -> Result<Specs, Box<Fault>> {
        Ok(self.list::<FieldSpec>("fieldspecs")?.into())
    }

    fn text(&self, name: &str) -> Result<String, Box<Fault>> {
        let mut text = String::new();
        self.read(name, |value| decode::string(&mut text, value, Mode::Lenient))?;
        Ok(text)
    }

    fn texts(&self, name: &str) -> Result<std::collections::BTreeMap<String, String>, Box<Fault>> {
        let mut texts = std::collections::BTreeMap::new();
        self.read(name, |value| decode::map(&mut texts, value, Mode::Lenient))?;
        Ok(texts)
    }

    fn boolean(&self, name: &str) -> Result<bool, Box<Fault>> {
        let mut is = false;
        self.read(name, |value| decode::boolean(&mut is, value))?;
        Ok(is)
    }

    fn read(
        &self,
        name: &str,
        read: impl FnOnce(&Value) -> Decoded<bool>,
    ) -> Result<(), Box<Fault>> {
        match self.get(name) {
            Some(value) => read(value).map(drop).map_err(|problem| fault(problem).at(name)),
            None => Ok(()),
        }
    }

    fn text_at(&self, path: &[&str]) -> &str {
        let found = path.iter().try_fold(&self.0, |value, name| get(value, name));
        found.and_then(Value::as_str).unwrap_or_default()
    }
}

/// A field of a mapping by its name in lower case; of two spellings the last counts.
fn get<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let fields = value.as_object()?.iter().filter(|(key, _)| key.to_lowercase() == name);
    fields.max_by_key(|(key, _)| *key).map(|(_, value)| value)
}
