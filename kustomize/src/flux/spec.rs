//! What of a Flux `Kustomization` shapes its build.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Error;
use crate::decode::{self, Mode, Problem};
use crate::fault::Fault;
use crate::kustomization::{Image, Patch};

/// What of a Flux `Kustomization` shapes its build.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    pub(super) path: String,
    pub(super) target_namespace: Option<String>,
    pub(super) name_prefix: Option<String>,
    pub(super) name_suffix: Option<String>,
    pub(super) patches: Vec<Patch>,
    pub(super) patches_strategic_merge: Vec<String>,
    pub(super) patches_json6902: Vec<Patch>,
    pub(super) images: Vec<Image>,
    pub(super) components: Vec<String>,
    pub(super) ignore_missing_components: bool,
    pub(super) build_metadata: Vec<String>,
    pub(super) common_labels: BTreeMap<String, String>,
    pub(super) common_annotations: BTreeMap<String, String>,
    pub(super) post_build: Option<PostBuild>,
}

/// `spec.postBuild`
#[derive(Clone, Debug, Default)]
pub(super) struct PostBuild {
    pub(super) substitute: BTreeMap<String, String>,
    pub(super) from: Vec<Reference>,
    /// Whether texts are expanded even without any variable.
    pub(super) always: bool,
}

/// An object with variables: an entry of `spec.postBuild.substituteFrom`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Reference {
    /// `ConfigMap` or `Secret`.
    pub kind: String,
    /// Its name, in the namespace of the `Kustomization`.
    pub name: String,
    /// Whether it may be missing.
    pub optional: bool,
}

impl Spec {
    /// Reads a `Kustomization` of `kustomize.toolkit.fluxcd.io`.
    ///
    /// # Errors
    ///
    /// [`Error::Build`] that names the field which has another type than the API says.
    pub fn read(kustomization: &Value) -> Result<Self, Error> {
        let empty = Value::Object(serde_json::Map::new());
        let spec = match &kustomization["spec"] {
            Value::Null => &empty,
            spec => spec,
        };
        Self::parse(&Fields { map: spec, path: "spec" }).map_err(Error::Build)
    }

    fn parse(spec: &Fields<'_>) -> Result<Self, Box<Fault>> {
        let common = spec.mapping("commonMetadata")?;
        let post_build = spec.mapping("postBuild")?;
        Ok(Self {
            path: spec.text("path")?.unwrap_or_default(),
            target_namespace: spec.text("targetNamespace")?,
            name_prefix: spec.text("namePrefix")?,
            name_suffix: spec.text("nameSuffix")?,
            patches: spec.objects("patches")?.into_iter().map(inline).collect(),
            patches_strategic_merge: spec.documents("patchesStrategicMerge")?,
            patches_json6902: patches_json6902(spec)?,
            images: spec.objects("images")?,
            components: spec.texts("components")?,
            ignore_missing_components: spec.flag("ignoreMissingComponents")?,
            build_metadata: spec.texts("buildMetadata")?,
            common_labels: texts(common, "spec.commonMetadata", "labels")?,
            common_annotations: texts(common, "spec.commonMetadata", "annotations")?,
            post_build: post_build.map(PostBuild::read).transpose()?,
        })
    }

    /// Sets the labels and annotations of `spec.commonMetadata`, which Flux does last.
    pub fn set_common_metadata(&self, object: &mut Value) {
        super::metadata::set(object, "labels", &self.common_labels);
        super::metadata::set(object, "annotations", &self.common_annotations);
    }
}

impl PostBuild {
    fn read(map: &Value) -> Result<Self, Box<Fault>> {
        let fields = Fields { map, path: "spec.postBuild" };
        let mut from = Vec::new();
        for (index, item) in fields.list("substituteFrom")?.iter().enumerate() {
            let path = format!("spec.postBuild.substituteFrom[{index}]");
            let fields = Fields { map: item, path: &path };
            if !item.is_object() {
                return Err(Fault::new(format!("{item} is no mapping")).at(path));
            }
            let kind = fields.text("kind")?.unwrap_or_default();
            if !matches!(kind.as_str(), "ConfigMap" | "Secret") {
                let what = format!("{kind:?} is neither ConfigMap nor Secret");
                return Err(Fault::new(what).at(format!("{path}.kind")));
            }
            let name = fields.text("name")?.unwrap_or_default();
            from.push(Reference { kind, name, optional: fields.flag("optional")? });
        }
        let strategy = fields.text("substituteStrategy")?.unwrap_or_default();
        if !matches!(strategy.as_str(), "" | "Always" | "WithVariables") {
            let what = format!("{strategy:?} is neither WithVariables nor Always");
            return Err(Fault::new(what).at("spec.postBuild.substituteStrategy"));
        }
        Ok(Self {
            substitute: texts(Some(map), "spec.postBuild", "substitute")?,
            from,
            always: strategy == "Always",
        })
    }
}

/// A patch of the spec, which is text: it names no file and has no options.
fn inline(patch: Patch) -> Patch {
    Patch { path: String::new(), options: None, ..patch }
}

/// `patchesJson6902[]`, whose operations stand there as a list.
fn patches_json6902(spec: &Fields<'_>) -> Result<Vec<Patch>, Box<Fault>> {
    let items = spec.list("patchesJson6902")?;
    let patch = |(index, item): (usize, &Value)| {
        let mut rest = item.clone();
        let operations = rest.as_object_mut().and_then(|map| map.remove("patch"));
        let patch: Patch = decode::object(&rest, Mode::Lenient)
            .map_err(|problem| at(problem, &format!("spec.patchesJson6902[{index}]")))?;
        let patch = Patch { patch: operations.unwrap_or_default().to_string(), ..inline(patch) };
        Ok(patch)
    };
    items.iter().enumerate().map(patch).collect()
}

/// The fields of a mapping, and where it stands.
struct Fields<'v> {
    map: &'v Value,
    path: &'v str,
}

impl<'v> Fields<'v> {
    fn wrong(&self, field: &str, wanted: &str) -> Box<Fault> {
        let found = &self.map[field];
        Fault::new(format!("{found} stands where {wanted} is expected"))
            .at(format!("{}.{field}", self.path))
    }

    fn text(&self, field: &str) -> Result<Option<String>, Box<Fault>> {
        match &self.map[field] {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            _ => Err(self.wrong(field, "a text")),
        }
    }

    fn flag(&self, field: &str) -> Result<bool, Box<Fault>> {
        match &self.map[field] {
            Value::Null => Ok(false),
            Value::Bool(flag) => Ok(*flag),
            _ => Err(self.wrong(field, "true or false")),
        }
    }

    fn mapping(&self, field: &str) -> Result<Option<&'v Value>, Box<Fault>> {
        match &self.map[field] {
            Value::Null => Ok(None),
            found @ Value::Object(_) => Ok(Some(found)),
            _ => Err(self.wrong(field, "a mapping")),
        }
    }

    fn list(&self, field: &str) -> Result<&'v [Value], Box<Fault>> {
        match &self.map[field] {
            Value::Null => Ok(&[]),
            Value::Array(items) => Ok(items),
            _ => Err(self.wrong(field, "a list")),
        }
    }

    fn texts(&self, field: &str) -> Result<Vec<String>, Box<Fault>> {
        let text = |item: &Value| item.as_str().map(str::to_owned);
        let texts: Option<_> = self.list(field)?.iter().map(text).collect();
        texts.ok_or_else(|| self.wrong(field, "a list of texts"))
    }

    fn documents(&self, field: &str) -> Result<Vec<String>, Box<Fault>> {
        let items = self.list(field)?;
        if items.iter().any(|item| !item.is_object()) {
            return Err(self.wrong(field, "a list of objects"));
        }
        Ok(items.iter().map(Value::to_string).collect())
    }

    fn objects<T: decode::Decode>(&self, field: &str) -> Result<Vec<T>, Box<Fault>> {
        let object = |(index, item): (usize, &Value)| {
            let path = format!("{}.{field}[{index}]", self.path);
            match item {
                Value::Object(_) => {
                    decode::object(item, Mode::Lenient).map_err(|problem| at(problem, &path))
                }
                other => Err(Fault::new(format!("{other} is no mapping")).at(path)),
            }
        };
        self.list(field)?.iter().enumerate().map(object).collect()
    }
}

fn at(problem: Problem, path: &str) -> Box<Fault> {
    let field = problem.field();
    let field = if field.is_empty() { path.to_owned() } else { format!("{path}.{field}") };
    Fault::new(problem.what).at(field)
}

fn texts(
    map: Option<&Value>,
    path: &str,
    field: &str,
) -> Result<BTreeMap<String, String>, Box<Fault>> {
    let Some(map) = map else { return Ok(BTreeMap::new()) };
    let fields = Fields { map, path };
    let mut texts = BTreeMap::new();
    for (key, value) in fields.mapping(field)?.and_then(Value::as_object).into_iter().flatten() {
        let Value::String(text) = value else {
            // It may be a secret, so it is not shown.
            let what = "a value stands there that is no text; put it in quotes";
            return Err(Fault::new(what).at(format!("{path}.{field}.{key}")));
        };
        texts.insert(key.clone(), text.clone());
    }
    Ok(texts)
}
