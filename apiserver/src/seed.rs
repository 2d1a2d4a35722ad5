//! Objects from manifests, as somebody would have applied them before the test begins.

use std::path::{Path, PathBuf};

use hyper::Method;
use serde_json::{Value, json};

use crate::error::Error;
use crate::identity::User;
use crate::kind::Kind;
use crate::machine::{Answer, Machine, Request};
use crate::meta;
use crate::query::Query;

/// An object of a manifest, and where it stands.
#[derive(Debug)]
pub(crate) struct Seed {
    object: Value,
    origin: String,
}

/// What a server wrote into an object that was saved from it, and nobody can apply.
const WRITTEN: [&str; 6] =
    ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink"];

impl Seed {
    /// The objects of a YAML or JSON text, lists taken apart.
    pub(crate) fn read(text: &str, origin: &str) -> Result<Vec<Self>, Error> {
        let mut seeds = Vec::new();
        for document in gotk_yaml::documents(text) {
            let value = document.map_err(|source| Error::Manifest {
                origin: origin.to_owned(),
                source: Box::new(source),
            })?;
            flatten(value, origin, &mut seeds);
        }
        Ok(seeds)
    }

    /// The objects of a file, or of all manifests below a folder, in the order of their names.
    pub(crate) fn read_path(path: &Path) -> Result<Vec<Self>, Error> {
        let mut seeds = Vec::new();
        for file in manifests(path)? {
            let text = std::fs::read_to_string(&file).map_err(unreadable(&file))?;
            seeds.extend(Self::read(&text, &file.display().to_string())?);
        }
        Ok(seeds)
    }

    /// Namespaces and definitions go first: the others need them.
    fn rank(&self) -> usize {
        match self.object["kind"].as_str() {
            Some("Namespace") => 0,
            Some("CustomResourceDefinition") => 1,
            _ => 2,
        }
    }

    fn refused(&self, why: impl Into<String>) -> Error {
        let text = |field: &str| self.object[field].as_str().unwrap_or("?").to_owned();
        let namespace = self.object["metadata"]["namespace"].as_str();
        let namespace = namespace.map(|n| format!("{n}/")).unwrap_or_default();
        let object = format!("{} {namespace}{}", text("kind"), meta::name(&self.object));
        Error::Refused { origin: self.origin.clone(), object, message: why.into() }
    }
}

fn flatten(value: Value, origin: &str, seeds: &mut Vec<Seed>) {
    match value {
        Value::Null => {}
        Value::Object(mut list) if list.get("items").is_some_and(Value::is_array) => {
            let Some(Value::Array(items)) = list.remove("items") else { return };
            items.into_iter().for_each(|item| flatten(item, origin, seeds));
        }
        object => seeds.push(Seed { object, origin: origin.to_owned() }),
    }
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Read { path, source }
}

/// Links are not followed below the folder that was named: a ring would never end.
fn manifests(path: &Path) -> Result<Vec<PathBuf>, Error> {
    if !path.metadata().map_err(unreadable(path))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().map_err(unreadable(&folder))? {
            let entry = entry.map_err(unreadable(&folder))?;
            let kind = entry.file_type().map_err(unreadable(&entry.path()))?;
            let path = entry.path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            if kind.is_dir() {
                folders.push(path);
            } else if matches!(extension, Some("yaml" | "yml" | "json")) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

impl Machine {
    /// Applies the objects by force, statuses included; says how many there were.
    pub(crate) fn plant(&mut self, mut seeds: Vec<Seed>) -> Result<usize, Error> {
        seeds.sort_by_key(Seed::rank);
        let count = seeds.len();
        for seed in seeds {
            self.plant_one(seed)?;
        }
        Ok(count)
    }

    fn plant_one(&mut self, mut seed: Seed) -> Result<(), Error> {
        let kind = self.kind_of(&seed)?;
        let name = meta::name(&seed.object).to_owned();
        if name.is_empty() {
            return Err(seed.refused("metadata.name is missing"));
        }
        WRITTEN.into_iter().for_each(|field| meta::remove(&mut seed.object, field));
        let path = path(&kind, &seed.object, &name);
        let status = seed.object.as_object_mut().and_then(|object| object.remove("status"));
        let query = "fieldManager=seed&force=true";
        self.ask(&seed, &path, query, "application/apply-patch+yaml", &seed.object)?;
        match status.filter(|status| status.is_object() && kind.has("status")) {
            Some(status) => {
                let patch = json!({ "status": status });
                let path = format!("{path}/status");
                self.ask(&seed, &path, "fieldManager=seed", "application/merge-patch+json", &patch)
            }
            None => Ok(()),
        }
    }

    fn kind_of(&self, seed: &Seed) -> Result<std::sync::Arc<Kind>, Error> {
        let api_version = seed.object["apiVersion"].as_str().unwrap_or_default();
        let name = seed.object["kind"].as_str().unwrap_or_default();
        let found =
            self.registry.iter().find(|k| k.api_version() == api_version && *k.kind == *name);
        found
            .cloned()
            .ok_or_else(|| seed.refused(format!("no kind {name:?} of {api_version:?} is served")))
    }

    fn ask(
        &mut self,
        seed: &Seed,
        path: &str,
        query: &str,
        content_type: &str,
        body: &Value,
    ) -> Result<(), Error> {
        let answer = self.answer(&Request {
            method: Method::PATCH,
            path: path.to_owned(),
            query: Query::parse(query),
            accept: String::new(),
            content_type: content_type.to_owned(),
            user_agent: "seed".to_owned(),
            user: User::admin(),
            token: String::new(),
            body: body.to_string().into(),
        });
        match answer {
            Answer::Document(document) if document.code >= 400 => {
                let status: Value = serde_json::from_slice(&document.body).unwrap_or_default();
                Err(seed.refused(status["message"].as_str().unwrap_or("it was refused")))
            }
            _ => Ok(()),
        }
    }
}

fn path(kind: &Kind, object: &Value, name: &str) -> String {
    let root = if kind.group.is_empty() { "/api" } else { "/apis" };
    let space = if kind.namespaced() {
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default");
        format!("/namespaces/{namespace}")
    } else {
        String::new()
    };
    format!("{root}/{}{space}/{}/{name}", kind.api_version(), kind.plural)
}
