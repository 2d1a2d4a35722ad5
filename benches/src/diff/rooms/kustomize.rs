//! Trees with kustomizations: `kustomize build`.

mod objects;
mod patches;
mod says;

use gotk_artifact::{Tree, TreeBuilder};
use gotk_kustomize::{Options, build_with};
use serde_json::{Map, Value, json};

use crate::diff::Room;
use crate::diff::dice::Dice;
use crate::diff::sparse::Sparse;

pub(super) const ROOM: Room = Room {
    name: "kustomize",
    peer: "kustomize",
    inputs: "an overlay over one or two bases and a component, with every field of a kustomization",
    generate,
    answer,
    excuse,
};

/// What a folder has been given so far.
struct Folder<'w> {
    files: &'w mut Map<String, Value>,
    name: &'static str,
    /// The objects that patches can be about.
    known: Vec<Value>,
}

impl Folder<'_> {
    /// Adds a file: a value, which is written as JSON, or its text in YAML.
    fn add(&mut self, dice: &mut Dice, file: &str, value: Value) {
        let content = if dice.chance(60) { Value::from(yaml(&value)) } else { value };
        self.files.insert(format!("{}/{file}", self.name), content);
    }

    /// Adds files with objects that are not there yet, and says what they are called.
    fn add_objects(&mut self, dice: &mut Dice, most: usize) -> Vec<Value> {
        let mut objects = Vec::new();
        for _ in 0..=dice.below(most) {
            let object = objects::object(dice);
            let is_same = |other: &Value| {
                other["kind"] == object["kind"]
                    && other["metadata"]["name"] == object["metadata"]["name"]
            };
            if !self.known.iter().any(is_same) {
                self.known.push(object.clone());
                objects.push(object);
            }
        }
        if objects.is_empty() {
            return Vec::new();
        }
        let file = format!("{}.yaml", dice.of(&["all", "objects"]));
        self.add(dice, &file, Value::Array(objects));
        vec![file.into()]
    }
}

/// Documents, or one.
fn yaml(value: &Value) -> String {
    let text = |value: &Value| gotk_yaml::to_string(value).unwrap_or_default();
    match value {
        Value::Array(documents) => documents.iter().map(text).collect::<Vec<_>>().join("---\n"),
        value => text(value),
    }
}

fn generate(dice: &mut Dice) -> Value {
    let mut files = Map::new();
    let mut base = Folder { files: &mut files, name: "base", known: Vec::new() };
    let own = base.add_objects(dice, 6);
    says::kustomization(dice, &mut base, own, says::Layer::Base);
    let mut known = base.known;
    let (mut resources, mut components) = (vec![json!("../base")], Vec::new());

    if dice.chance(20) {
        let mut other = Folder { files: &mut files, name: "other", known };
        let own = other.add_objects(dice, 3);
        if !own.is_empty() {
            says::kustomization(dice, &mut other, own, says::Layer::Base);
            resources.push(json!("../other"));
        }
        known = other.known;
    }
    if dice.chance(30) {
        let mut component = Folder { files: &mut files, name: "component", known };
        let own = if dice.chance(40) { component.add_objects(dice, 2) } else { Vec::new() };
        says::kustomization(dice, &mut component, own, says::Layer::Component);
        components.push(json!("../component"));
        known = component.known;
    }
    let mut overlay = Folder { files: &mut files, name: "overlay", known };
    if dice.chance(40) {
        resources.extend(overlay.add_objects(dice, 2));
    }
    says::kustomization(dice, &mut overlay, resources, says::Layer::Overlay(components));
    json!({ "files": files })
}

/// What is printed; the words of errors are ours on purpose.
fn answer(input: &Value) -> Value {
    let Some(tree) = input["files"].as_object().and_then(tree) else { return Value::Null };
    // What a program says about itself that no release built.
    let options = Options::default().managed_by("kustomize-(devel)");
    let built = tree.at("overlay").map(|folder| build_with(&folder, &options)?.to_yaml());
    match built {
        Ok(Ok(text)) => json!({ "yaml": text }),
        _ => json!({ "error": true }),
    }
}

/// The original hashes a `ConfigMap` and a Secret by what they hold. Of an object that a patch made
/// something else, it hashes its parser's nodes, with their lines and columns; and by those it tells
/// whether a validator has changed an object.
fn excuse(input: &Value, ours: &Value, theirs: &Value) -> Option<&'static str> {
    if theirs["error"] == "lines" {
        return Some("the original compares lines and columns");
    }
    let masked = |answer: &Value| answer["yaml"].as_str().map(without_hashes);
    let changes_kind = input.to_string().contains("allowKindChange");
    (changes_kind && masked(ours).is_some() && masked(ours) == masked(theirs))
        .then_some("the original hashes lines and columns")
}

/// A text with every suffix that looks like a hash made the same.
fn without_hashes(text: &str) -> String {
    let is_hash = |word: &str| {
        word.len() == 10 && word.bytes().all(|byte| b"ghk2456789mbcdtf".contains(&byte))
    };
    let mask = |word| if is_hash(word) { "hash" } else { word };
    let lines = text.lines().map(|line| line.split('-').map(mask).collect::<Vec<_>>().join("-"));
    lines.collect::<Vec<_>>().join("\n")
}

fn tree(files: &Map<String, Value>) -> Option<Tree> {
    files
        .iter()
        .try_fold(TreeBuilder::new(), |tree, (path, content)| {
            let text = match content {
                Value::String(text) => text.clone(),
                Value::Array(documents) => {
                    documents.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n")
                }
                value => value.to_string(),
            };
            tree.file(path.as_str(), text).ok()
        })
        .map(TreeBuilder::build)
}
