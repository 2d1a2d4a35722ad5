//! From the fields of a kustomization to transformers, in the order in which they work.

use std::sync::Arc;

use super::accumulator::Accumulator;
use super::{Step, Target};
use crate::crds;
use crate::decode::{self, Decode, Decoded, Mode, list};
use crate::fault::Fault;
use crate::fieldspec::{FieldSpec, FieldSpecs, NameBackReference, merge_one};
use crate::json_patch::JsonPatch;
use crate::kustomization::{self, Replacement, ReplacementField};
use crate::load::Loader;
use crate::resource::Resource;
use crate::select::Matcher;
use crate::transform::{
    Affix, Annotations, Images, JsonPatches, Labels, Namespace, Patches, Replacements, Replicas,
    Side, Specs, StrategicPatches, SubjectMode, Transformer,
};
use serde_json::Value;

/// A transformer, and the field that asks for it.
type Asked = (String, Step);

/// The transformers that the fields ask for.
pub(super) fn steps(target: &Target<'_>, specs: &FieldSpecs) -> Result<Vec<Asked>, Box<Fault>> {
    let says = &target.says;
    let mut steps = Steps { target, steps: Vec::new() };
    if !says.patches_strategic_merge.is_empty() {
        let field = "patchesStrategicMerge";
        let patches = strategic_patches(&says.patches_strategic_merge, &target.loader)
            .map_err(|fault| target.within(field, fault))?;
        steps.push(field, "PatchStrategicMergeTransformer", Transformer::StrategicPatches(patches));
    }
    for (index, entry) in says.patches.iter().enumerate() {
        let field = format!("patches[{index}]");
        let patches = patches(entry, &target.loader).map_err(|f| target.within(&field, f))?;
        steps.push(field, "PatchTransformer", Transformer::Patches(patches));
    }
    if !says.namespace.is_empty() {
        let namespace = Namespace {
            namespace: says.namespace.clone(),
            specs: specs.namespace.as_slice().into(),
            unset_only: false,
            subjects: SubjectMode::Default,
        };
        steps.push("namespace", "NamespaceTransformer", Transformer::Namespace(namespace));
    }
    for (side, text, specs, field, plugin) in [
        (Side::Prefix, &says.name_prefix, &specs.name_prefix, "namePrefix", "PrefixTransformer"),
        (Side::Suffix, &says.name_suffix, &specs.name_suffix, "nameSuffix", "SuffixTransformer"),
    ] {
        if !text.is_empty() {
            let affix = Affix { side, text: text.clone(), specs: specs.as_slice().into() };
            steps.push(field, plugin, Transformer::Affix(affix));
        }
    }
    steps.labels(specs)?;
    if !says.common_annotations.is_empty() {
        let annotations = Annotations {
            annotations: says.common_annotations.clone(),
            specs: specs.common_annotations.as_slice().into(),
        };
        let transformer = Transformer::Annotations(annotations);
        steps.push("commonAnnotations", "AnnotationsTransformer", transformer);
    }
    steps.rest(specs)?;
    Ok(steps.steps)
}

struct Steps<'t, 'c> {
    target: &'t Target<'c>,
    steps: Vec<Asked>,
}

impl Steps<'_, '_> {
    fn push(&mut self, field: impl Into<String>, plugin: &str, transformer: Transformer) {
        let origin = self.target.builtin_origin(plugin);
        self.steps.push((field.into(), (transformer, origin)));
    }

    fn labels(&mut self, specs: &FieldSpecs) -> Result<(), Box<Fault>> {
        let says = &self.target.says;
        if says.labels.is_empty() && says.common_labels.is_empty() {
            return Ok(());
        }
        for (index, label) in says.labels.iter().enumerate() {
            let field = format!("labels[{index}]");
            let specs = label_specs(label, specs)
                .map_err(|problem| self.target.at(&field, Fault::new(problem)))?;
            let labels = Labels { labels: label.pairs.clone(), specs: specs.into() };
            self.push(field, "LabelTransformer", Transformer::Labels(labels));
        }
        let labels = says.common_labels.clone();
        let labels = Labels { labels, specs: specs.common_labels.as_slice().into() };
        self.push("commonLabels", "LabelTransformer", Transformer::Labels(labels));
        Ok(())
    }

    fn rest(&mut self, specs: &FieldSpecs) -> Result<(), Box<Fault>> {
        let target = self.target;
        let says = &target.says;
        for (index, entry) in says.patches_json6902.iter().enumerate() {
            let field = format!("patchesJson6902[{index}]");
            let patches = json_patches(entry, &target.loader);
            let patches = patches.map_err(|fault| target.within(&field, fault))?;
            self.push(field, "PatchJson6902Transformer", Transformer::JsonPatches(patches));
        }
        for (index, replica) in says.replicas.iter().enumerate() {
            let replicas =
                Replicas { replica: replica.clone(), specs: specs.replicas.as_slice().into() };
            let transformer = Transformer::Replicas(replicas);
            self.push(format!("replicas[{index}]"), "ReplicaCountTransformer", transformer);
        }
        let image_specs = Specs::from(specs.images.as_slice());
        for (index, image) in says.images.iter().enumerate() {
            let field = format!("images[{index}]");
            let images = Images::new(image.clone(), Arc::clone(&image_specs))
                .map_err(|problem| target.at(&field, Fault::new(problem)))?;
            self.push(field, "ImageTagTransformer", Transformer::Images(images));
        }
        if !says.replacements.is_empty() {
            let replacements = replacements(&says.replacements, &target.loader)
                .map_err(|fault| locate_in(target, fault))?;
            let transformer = Transformer::Replacements(replacements);
            self.push("replacements", "ReplacementTransformer", transformer);
        }
        Ok(())
    }
}

fn locate_in(target: &Target<'_>, fault: Box<Fault>) -> Box<Fault> {
    target.at("replacements", fault)
}

/// The fields that an entry of `labels` is about.
fn label_specs(label: &kustomization::Label, specs: &FieldSpecs) -> Result<Vec<FieldSpec>, String> {
    let mut fields = label.fields.clone();
    let mut add =
        |more: &[FieldSpec]| more.iter().try_for_each(|spec| merge_one(&mut fields, spec.clone()));
    add(&specs.labels)?;
    if label.include_selectors {
        add(&specs.common_labels)?;
    } else {
        if label.include_templates {
            add(&specs.template_labels)?;
        }
        let own =
            FieldSpec { path: "metadata/labels".to_owned(), create: true, ..Default::default() };
        add(&[own])?;
    }
    Ok(fields)
}

/// Patches of which each is a file or stands there itself.
pub(super) fn strategic_patches(
    entries: &[String],
    loader: &Loader<'_>,
) -> Result<StrategicPatches, Box<Fault>> {
    let mut patches = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let read = match inline(entry.as_bytes()) {
            Ok(inline) => Ok(inline),
            Err(_) => from_file(entry, loader),
        };
        patches.extend(read.map_err(|fault| fault.at(format!("[{index}]")))?);
    }
    if patches.is_empty() {
        return Err("there is no patch in it".into());
    }
    Ok(StrategicPatches(patches))
}

/// The objects that a text holds.
pub(super) fn inline(text: &[u8]) -> Result<Vec<Resource>, Box<Fault>> {
    let documents = crate::load::parse(text)?;
    Ok(documents
        .into_iter()
        .map(|mut document| {
            document.line = 0;
            Resource::new(document)
        })
        .collect())
}

fn from_file(path: &str, loader: &Loader<'_>) -> Result<Vec<Resource>, Box<Fault>> {
    let file = loader.read(path)?;
    let documents = loader.parse(&file)?;
    let resource = |document| {
        let mut resource = Resource::new(document);
        resource.file = Some(Arc::clone(&file.name));
        resource
    };
    Ok(documents.into_iter().map(resource).collect())
}

/// An entry of `patches`: what kind of patch it is, its text says.
pub(super) fn patches(
    entry: &kustomization::Patch,
    loader: &Loader<'_>,
) -> Result<Patches, Box<Fault>> {
    let text = entry.patch.trim();
    let (text, name) = match (text, entry.path.as_str()) {
        ("", "") => return Err("it has neither patch nor path".into()),
        ("", path) => {
            let file = loader.read(path).map_err(|fault| fault.at("path"))?;
            let text = String::from_utf8_lossy(&file.bytes).into_owned();
            (text, Some(file.name))
        }
        (text, "") => (text.to_owned(), None),
        _ => return Err("patch and path exclude each other".into()),
    };
    let in_file = |fault: Box<Fault>| match &name {
        Some(name) => fault.in_file(name),
        None => fault.at("patch"),
    };
    let target = entry.target.as_ref().map(Matcher::new).transpose();
    let target = target.map_err(|problem| Fault::new(problem).at("target"))?;
    let strategic = inline(text.as_bytes());
    let json =
        if text.is_empty() { Err("it is empty".to_owned()) } else { JsonPatch::parse(&text) };
    match (strategic, json) {
        (Ok(patches), Ok(json)) if !patches.is_empty() && !json.is_empty() => {
            Err(in_file("it is a strategic merge patch and a JSON patch at once".into()))
        }
        (Ok(mut patches), _) => {
            for patch in &mut patches {
                patch.file.clone_from(&name);
                if let Some(options) = entry.options {
                    patch.past.may_change_name |= options.allow_name_change;
                    patch.past.may_change_kind |= options.allow_kind_change;
                    if options.allow_name_change || options.allow_kind_change {
                        // The original notes it in the annotations, and makes texts of all.
                        let texts = patch.texts("annotations");
                        patch.set_texts("annotations", &texts)?;
                    }
                }
            }
            Ok(Patches::Strategic { patches, target })
        }
        (Err(_), Ok(patch)) => Ok(Patches::Json { patch, target }),
        (Err(fault), Err(problem)) => {
            let looks_like_json = text.trim_start().starts_with(['[', '-']);
            let what = if looks_like_json { problem } else { fault.problem };
            Err(in_file(Fault::new(format!("it is no patch: {what}"))))
        }
    }
}

/// An entry of `patchesJson6902`.
pub(super) fn json_patches(
    entry: &kustomization::Patch,
    loader: &Loader<'_>,
) -> Result<JsonPatches, Box<Fault>> {
    let target = entry.target.clone().unwrap_or_default();
    if target.name.is_empty() {
        return Err(Fault::new("the target has no name").at("target"));
    }
    let text = match (entry.patch.as_str(), entry.path.as_str()) {
        ("", "") => return Err("it has neither patch nor path".into()),
        ("", path) => {
            let file = loader.read(path).map_err(|fault| fault.at("path"))?;
            String::from_utf8_lossy(&file.bytes).into_owned()
        }
        (text, "") => text.to_owned(),
        _ => return Err("patch and path exclude each other".into()),
    };
    if text.is_empty() {
        return Err("the patch is empty".into());
    }
    let patch = JsonPatch::parse(&text)?;
    if patch.is_empty() {
        return Err("there is no operation in the patch".into());
    }
    Ok(JsonPatches { patch, target: Matcher::new(&target)? })
}

/// The entries of `replacements`, those in files read.
pub(super) fn replacements(
    entries: &[ReplacementField],
    loader: &Loader<'_>,
) -> Result<Replacements, Box<Fault>> {
    let mut all = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let at = |fault: Box<Fault>| fault.at(format!("replacements[{index}]"));
        if entry.path.is_empty() {
            all.push(entry.inline.clone());
            continue;
        }
        if entry.inline.source.is_some() || entry.inline.targets.iter().any(|list| !list.is_empty())
        {
            return Err(at("path and an inline replacement exclude each other".into()));
        }
        let file = loader.read(&entry.path).map_err(at)?;
        let in_file = |problem: String| Fault::new(problem).in_file(&file.name);
        let value = gotk_yaml::from_slice(&file.bytes, &gotk_yaml::Options::default())
            .map_err(|error| in_file(error.to_string()))?;
        let read = |value: &Value| decode::object::<Replacement>(value, Mode::Lenient);
        let read = match &value {
            Value::Array(items) => items.iter().map(read).collect::<Decoded<Vec<_>>>(),
            Value::Object(_) => read(&value).map(|one| vec![one]),
            _ => return Err(in_file("it is neither a replacement nor a list of them".to_owned())),
        };
        all.extend(read.map_err(|problem| in_file(problem.what))?);
    }
    Ok(Replacements(all))
}

impl Target<'_> {
    /// Adds the tables that are built in, and those of `configurations` and `crds`.
    pub(super) fn add_configurations(&self, all: &mut Accumulator) -> Result<(), Box<Fault>> {
        let mut extra = FieldSpecs::default();
        for (index, path) in self.says.configurations.iter().enumerate() {
            let at = |fault: Box<Fault>| self.at(&format!("configurations[{index}]"), fault);
            let file = self.loader.read(path).map_err(at)?;
            let table = table(&file.bytes).map_err(|fault| at(fault.in_file(&file.name)))?;
            extra = extra.merged(&table).map_err(|problem| at(Fault::new(problem)))?;
        }
        let mut specs = FieldSpecs::builtin();
        if extra != FieldSpecs::default() {
            let merged = specs.merged(&extra);
            specs = Arc::new(merged.map_err(|p| self.at("configurations", Fault::new(p)))?);
        }
        all.add_specs(&specs).map_err(|fault| self.at("configurations", fault))?;
        for (index, path) in self.says.crds.iter().enumerate() {
            let at = |fault: Box<Fault>| self.at(&format!("crds[{index}]"), fault);
            let file = self.loader.read(path).map_err(at)?;
            let specs = crds::read(&file.bytes)
                .map_err(|problem| at(Fault::new(problem).in_file(&file.name)))?;
            all.add_specs(&Arc::new(specs)).map_err(at)?;
        }
        Ok(())
    }
}

/// Reads a file of `configurations`.
fn table(bytes: &[u8]) -> Result<FieldSpecs, Box<Fault>> {
    let options = gotk_yaml::Options::default().strict();
    let value = gotk_yaml::from_slice(bytes, &options).map_err(|error| Fault::yaml(&error))?;
    decode::object(&value, Mode::Known).map_err(|problem| problem.fault())
}

impl Decode for FieldSpecs {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        let table = match name {
            "nameprefix" => &mut self.name_prefix,
            "namesuffix" => &mut self.name_suffix,
            "namespace" => &mut self.namespace,
            "commonlabels" => &mut self.common_labels,
            "labels" => &mut self.labels,
            "templatelabels" => &mut self.template_labels,
            "commonannotations" => &mut self.common_annotations,
            "varreference" => &mut self.var_reference,
            "images" => &mut self.images,
            "replicas" => &mut self.replicas,
            "namereference" => return list(&mut self.name_reference, value, mode),
            _ => return Ok(false),
        };
        list(table, value, mode)
    }
}

impl Decode for NameBackReference {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "group" => kustomization::short(&mut self.gvk.group, value, mode),
            "version" => kustomization::short(&mut self.gvk.version, value, mode),
            "kind" => kustomization::short(&mut self.gvk.kind, value, mode),
            "fieldspecs" => list(&mut self.referrers, value, mode),
            _ => Ok(false),
        }
    }
}
