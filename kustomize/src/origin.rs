//! Where objects come from, and what changed them: `buildMetadata`.

use crate::remote;
use crate::resource::{ORIGIN, Resource, TRANSFORMATIONS};

/// Where an object, or the configuration of what made it, comes from.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Origin {
    pub(crate) path: String,
    pub(crate) repo: String,
    pub(crate) reference: String,
    pub(crate) configured_in: String,
    pub(crate) configured_by: By,
}

/// What made an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct By {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) namespace: String,
}

impl Origin {
    /// A file or folder named from here.
    pub(crate) fn join(&self, path: &str) -> Self {
        let mut joined = self.clone();
        let path = match remote::parts(path) {
            Some(parts) => {
                joined.repo = parts.repository;
                joined.reference = parts.reference;
                joined.path = String::new();
                parts.path
            }
            None => path.to_owned(),
        };
        joined.path = clean(&format!("{}/{path}", joined.path));
        joined
    }

    /// What a field of the kustomization in this folder makes or changes.
    pub(crate) fn of_builtin(&self, file: &str, kind: &str) -> Self {
        let by = By { api_version: "builtin".to_owned(), kind: kind.to_owned(), ..By::default() };
        Self {
            configured_in: clean(&format!("{}/{file}", self.path)),
            configured_by: by,
            path: String::new(),
            ..self.clone()
        }
    }

    /// What a configuration makes or changes that is an object itself.
    pub(crate) fn of_plugin(config: &Resource) -> Option<Self> {
        let origin = Self::read(config)?;
        Some(Self {
            configured_in: origin.path,
            configured_by: By {
                api_version: config.api_version().to_owned(),
                kind: config.kind().to_owned(),
                name: config.name().to_owned(),
                namespace: config.namespace().to_owned(),
            },
            path: String::new(),
            repo: origin.repo,
            reference: origin.reference,
        })
    }

    fn read(resource: &Resource) -> Option<Self> {
        let value = gotk_yaml::from_str(resource.annotation(ORIGIN)?).ok()?;
        let text = |key: &str| {
            value.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
        };
        Some(Self {
            path: text("path"),
            repo: text("repo"),
            reference: text("ref"),
            configured_in: text("configuredIn"),
            configured_by: By::default(),
        })
    }

    /// As it stands in the annotation.
    pub(crate) fn to_yaml(&self) -> String {
        let mut text = String::new();
        for (key, value) in self.fields() {
            line(&mut text, "", key, value);
        }
        let by = self.configured_by.fields();
        if by.iter().any(|(_, value)| !value.is_empty()) {
            text.push_str("configuredBy:\n");
            by.iter().for_each(|(key, value)| line(&mut text, "  ", key, value));
        }
        if text.is_empty() { "{}\n".to_owned() } else { text }
    }

    fn fields(&self) -> [(&str, &str); 4] {
        [
            ("path", &self.path),
            ("repo", &self.repo),
            ("ref", &self.reference),
            ("configuredIn", &self.configured_in),
        ]
    }
}

impl By {
    fn fields(&self) -> [(&str, &str); 4] {
        [
            ("apiVersion", &self.api_version),
            ("kind", &self.kind),
            ("name", &self.name),
            ("namespace", &self.namespace),
        ]
    }
}

fn line(text: &mut String, indent: &str, key: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    let written = gotk_yaml::Document::new(gotk_yaml::Node::string(value)).to_string();
    text.push_str(&format!("{indent}{key}: {}\n", written.trim_end()));
}

/// Says where an object comes from, unless it says so itself.
pub(crate) fn set(resource: &mut Resource, origin: &Origin) -> Result<(), String> {
    match resource.annotation(ORIGIN) {
        Some(_) => Ok(()),
        None => resource.set_annotation(ORIGIN, &origin.to_yaml()),
    }
}

/// Says what changed an object; what has no origin was made by it.
pub(crate) fn add_transformation(resource: &mut Resource, origin: &Origin) -> Result<(), String> {
    if resource.annotation(ORIGIN).is_none() {
        return resource.set_annotation(ORIGIN, &origin.to_yaml());
    }
    let mut history = resource.annotation(TRANSFORMATIONS).unwrap_or_default().to_owned();
    let item = origin.to_yaml();
    for (index, line) in item.lines().enumerate() {
        history.push_str(if index == 0 { "- " } else { "  " });
        history.push_str(line);
        history.push('\n');
    }
    resource.set_annotation(TRANSFORMATIONS, &history)
}

/// A path without `.`, `..` and doubled slashes, as Go's `filepath.Clean` has it.
fn clean(path: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in path.split('/') {
        match (name, names.last()) {
            ("" | ".", _) => {}
            ("..", Some(&last)) if last != ".." => {
                names.pop();
            }
            (name, _) => names.push(name),
        }
    }
    if names.is_empty() { ".".to_owned() } else { names.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_from_where_the_build_began() {
        let origin = Origin::default().join("../base").join("web.yaml");
        assert_eq!(origin.path, "../base/web.yaml");
        assert_eq!(Origin::default().join("a/../b.yaml").path, "b.yaml");
        let remote = Origin::default().join("https://github.com/a/b//c/d?ref=v1");
        let found = (&*remote.repo, &*remote.reference, &*remote.path);
        assert_eq!(found, ("https://github.com/a/b", "v1", "c/d"));
    }

    #[test]
    fn the_annotation_is_yaml() {
        let made =
            Origin::default().join("base").of_builtin("kustomization.yaml", "SecretGenerator");
        let expected = "configuredIn: base/kustomization.yaml\nconfiguredBy:\n  apiVersion: builtin\n  kind: SecretGenerator\n";
        assert_eq!(made.to_yaml(), expected);
    }
}
