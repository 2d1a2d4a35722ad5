//! Kustomizations, with every field once in a while.

use serde_json::{Value, json};

use super::objects::{IMAGES, KINDS, NAMES, labels, name, text, texts};
use super::{Folder, Sparse, patches};
use crate::diff::dice::Dice;

/// What kind of folder it is; the outermost one names its components.
pub(super) enum Layer {
    Base,
    Component,
    Overlay(Vec<Value>),
}

/// Adds the kustomization of a folder over these resources.
pub(super) fn kustomization(
    dice: &mut Dice,
    folder: &mut Folder<'_>,
    resources: Vec<Value>,
    layer: Layer,
) {
    folder.files.insert(format!("{}/level.txt", folder.name), "level=high\n".into());
    if dice.chance(8) {
        let tables = configuration(dice);
        folder.add(dice, "tables.yaml", tables);
    }
    let tables = folder.files.contains_key(&format!("{}/tables.yaml", folder.name));
    let known = &mut folder.known;
    let mut says =
        Sparse::new(dice)
            .maybe(if resources.is_empty() { 0 } else { 100 }, "resources", |_| resources.into());
    says = match layer {
        Layer::Base => says,
        Layer::Component => says
            .always("kind", |_| json!("Component"))
            .always("apiVersion", |_| json!("kustomize.config.k8s.io/v1alpha1")),
        Layer::Overlay(components) => says
            .maybe(if components.is_empty() { 0 } else { 100 }, "components", |_| components.into())
            .maybe(20, "sortOptions", sort_options)
            .maybe(15, "buildMetadata", build_metadata),
    };
    says = if tables { says.always("configurations", |_| json!(["tables.yaml"])) } else { says };
    says = names(says);
    says = generators(says, known);
    let known = &*known;
    let says = says
        .maybe(20, "images", |dice| dice.several(2, image).into())
        .maybe(15, "replicas", |dice| {
            (0..=dice.below(2)).filter_map(|_| replicas(dice, known)).collect()
        })
        .maybe(50, "patches", |dice| patches::patches(dice, known))
        .maybe(8, "patchesStrategicMerge", |dice| patches::strategic(dice, known))
        .maybe(8, "patchesJson6902", |dice| patches::json(dice, known))
        .maybe(25, "replacements", |dice| patches::replacements(dice, known))
        .maybe(8, "vars", |dice| variables(dice, known))
        .maybe(8, "transformers", |dice| vec![transformer(dice, known).to_string()].into())
        .maybe(1, "validators", |dice| vec![transformer(dice, known).to_string()].into())
        .done();
    folder.add(dice, "kustomization.yaml", says);
}

fn names(says: Sparse<'_>) -> Sparse<'_> {
    says.maybe(35, "namespace", |dice| json!(dice.of(&["shop", "stage"])))
        .maybe(30, "namePrefix", |dice| json!(dice.of(&["a-", "prod-"])))
        .maybe(20, "nameSuffix", |dice| json!(dice.of(&["-b", "-v2"])))
        .maybe(15, "commonLabels", |dice| {
            Sparse::new(dice)
                .always("app", name)
                .maybe(40, "tier", |dice| json!(dice.of(&["front", "12", "yes"])))
                .done()
        })
        .maybe(15, "commonAnnotations", |dice| texts(dice, &["note", "team"]))
        .maybe(25, "labels", |dice| (0..=dice.below(2)).map(|_| label(dice)).collect())
}

/// What generators make can be patched as well as what is there.
fn generators<'d>(says: Sparse<'d>, known: &mut Vec<Value>) -> Sparse<'d> {
    let says = says.maybe(30, "configMapGenerator", |dice| {
        (0..=dice.below(2)).map(|_| generated(dice, "ConfigMap", known)).collect()
    });
    says.maybe(15, "secretGenerator", |dice| {
        let mut secret = generated(dice, "Secret", known);
        if dice.chance(30) {
            secret["type"] = json!("Opaque");
        }
        json!([secret])
    })
    .maybe(12, "generatorOptions", generator_options)
}

fn sort_options(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .always("order", |dice| json!(dice.of(&["fifo", "legacy", "legacy"])))
        .maybe(40, "legacySortOptions", |dice| {
            let kind = |dice: &mut Dice| json!(dice.of(&KINDS).1);
            json!({ "orderFirst": dice.several(3, kind), "orderLast": dice.several(3, kind) })
        })
        .done()
}

fn build_metadata(dice: &mut Dice) -> Value {
    let words = ["originAnnotations", "transformerAnnotations", "managedByLabel"];
    words.into_iter().filter(|_| dice.chance(50)).collect()
}

fn label(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .always("pairs", |dice| json!({ dice.of(&["app", "env"]): dice.of(&NAMES) }))
        .maybe(40, "includeSelectors", |dice| json!(dice.chance(60)))
        .maybe(30, "includeTemplates", |dice| json!(dice.chance(60)))
        .maybe(15, "fields", |dice| {
            let path =
                dice.of(&["spec/labels", "spec/template/metadata/labels", "metadata/annotations"]);
            json!([{ "path": path, "create": dice.chance(50) }])
        })
        .done()
}

fn generator_options(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .maybe(40, "labels", labels)
        .maybe(40, "annotations", |dice| texts(dice, &["note", "team"]))
        .maybe(40, "disableNameSuffixHash", |dice| json!(dice.chance(70)))
        .maybe(20, "immutable", |dice| json!(dice.chance(70)))
        .done()
}

/// The arguments of a generator: for an object that is new, or that it merges with or replaces.
fn generated(dice: &mut Dice, kind: &str, known: &mut Vec<Value>) -> Value {
    let is_there =
        |name: &str| known.iter().any(|it| it["kind"] == kind && it["metadata"]["name"] == name);
    let (there, new): (Vec<&str>, Vec<&str>) =
        ["web", "db", "settings", "more"].into_iter().partition(|name| is_there(name));
    let change = new.is_empty() || !there.is_empty() && dice.chance(50) || dice.chance(2);
    let choices = if change && !there.is_empty() || new.is_empty() { there } else { new };
    let name = dice.of(&choices);
    let version = json!({ "apiVersion": "v1", "kind": kind, "metadata": { "name": name } });
    known.push(version);
    let behavior = if change { &["merge", "merge", "replace"][..] } else { &["create"] };
    Sparse::new(dice)
        .always("name", |_| json!(name))
        .maybe(4, "namespace", |_| json!("shop"))
        .maybe(if change { 100 } else { 10 }, "behavior", |dice| json!(dice.of(behavior)))
        .maybe(80, "literals", |dice| {
            let literals =
                ["level=info", "region=eu", "a='quoted'", "n=12", "t=true", "long=a b c", "e="];
            literals.into_iter().filter(|_| dice.chance(25)).collect()
        })
        .maybe(15, "files", |dice| json!([dice.of(&["level.txt", "key.txt=level.txt"])]))
        .maybe(4, "envs", |_| json!(["level.txt"]))
        .maybe(25, "options", generator_options)
        .done()
}

fn image(dice: &mut Dice) -> Value {
    let digest = "sha256:3333333333333333333333333333333333333333333333333333333333333333";
    Sparse::new(dice)
        .always("name", |dice| {
            json!(dice.of(&["nginx", "registry.test:5000/shop/web", "shop/web", "web"]))
        })
        .maybe(50, "newName", |dice| json!(dice.of(&["mirror.test/nginx", "other"])))
        .maybe(60, "newTag", |dice| json!(dice.of(&["2", "v1.2", "1e3"])))
        .maybe(20, "digest", |_| json!(digest))
        .maybe(10, "tagSuffix", |_| json!("-alpine"))
        .done()
}

fn replicas(dice: &mut Dice, known: &[Value]) -> Option<Value> {
    let is_replicated = |it: &&Value| it["kind"] == "Deployment" || it["kind"] == "StatefulSet";
    let found: Vec<&Value> = known.iter().filter(is_replicated).collect();
    if found.is_empty() {
        return None;
    }
    Some(json!({ "name": dice.of(&found)["metadata"]["name"], "count": dice.below(5) }))
}

fn variables(dice: &mut Dice, known: &[Value]) -> Value {
    let Some(object) = patches::one(dice, known) else { return json!([]) };
    let objref = json!({ "apiVersion": object["apiVersion"], "kind": object["kind"],
                         "name": object["metadata"]["name"] });
    Sparse::new(dice)
        .always("name", |_| json!("NAME"))
        .always("objref", |_| objref)
        .maybe(50, "fieldref", |dice| {
            let paths =
                ["metadata.name", "metadata.namespace", "spec.replicas", "metadata.labels.app"];
            json!({ "fieldpath": dice.of(&paths) })
        })
        .done()
        .as_object()
        .map(|variable| json!([variable]))
        .unwrap_or_default()
}

/// What a person may configure instead of a field.
fn transformer(dice: &mut Dice, known: &[Value]) -> Value {
    let specs =
        json!([{ "path": "metadata/name" }, { "path": "spec/serviceName", "kind": "StatefulSet" }]);
    let (kind, field, value) = match dice.below(7) {
        0 => ("PrefixTransformer", "prefix", json!("p-")),
        1 => ("SuffixTransformer", "suffix", json!("-s")),
        2 => ("LabelTransformer", "labels", labels(dice)),
        3 => ("AnnotationsTransformer", "annotations", texts(dice, &["note", "team"])),
        4 => ("ImageTagTransformer", "imageTag", image(dice)),
        5 => ("ReplicaCountTransformer", "replica", replicas(dice, known).unwrap_or_default()),
        _ => ("NamespaceTransformer", "unsetOnly", json!(dice.chance(60))),
    };
    let specs = match kind {
        "PrefixTransformer" | "SuffixTransformer" => specs,
        "LabelTransformer" => json!([{ "path": "metadata/labels", "create": true }]),
        "AnnotationsTransformer" => json!([{ "path": "metadata/annotations", "create": true }]),
        "ImageTagTransformer" => json!([{ "path": "spec/template/spec/containers[]/image" }]),
        "NamespaceTransformer" => json!([{ "path": "metadata/namespace", "create": true }]),
        _ => json!([{ "path": "spec/replicas", "create": true }]),
    };
    Sparse::new(dice)
        .always("apiVersion", |_| json!("builtin"))
        .always("kind", |_| json!(kind))
        .always("metadata", |_| json!({ "name": "one", "namespace": "stage" }))
        .always(field, |_| value)
        .always("fieldSpecs", |_| specs)
        .done()
}

/// Tables of a person's own kinds.
fn configuration(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .maybe(60, "nameReference", |_| {
            json!([{ "kind": "ConfigMap", "version": "v1",
                     "fieldSpecs": [{ "path": "spec/configMapRef/name", "kind": "Widget" }] }])
        })
        .maybe(30, "images", |_| json!([{ "path": "spec/image", "kind": "Widget" }]))
        .maybe(
            30,
            "commonLabels",
            |dice| json!([{ "path": "spec/labels", "kind": "Widget", "create": dice.chance(60) }]),
        )
        .maybe(30, "varReference", |_| json!([{ "path": "spec/image", "kind": "Widget" }]))
        .maybe(20, "namePrefix", |_| json!([{ "path": "spec/list[]/name", "kind": "Widget" }]))
        .maybe(20, "replicas", |_| json!([{ "path": "spec/size", "kind": "Widget" }]))
        .done()
}

/// A tag or a text to be put somewhere.
pub(super) fn value(dice: &mut Dice) -> Value {
    if dice.chance(30) { json!(dice.of(&IMAGES)) } else { text(dice) }
}
