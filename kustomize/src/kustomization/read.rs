//! Reading a kustomization file, and mending what older versions wrote.

use serde_json::Value;

use super::{HelmGlobals, Kustomization};
use crate::decode::{self, Mode, Problem, Step};

const KIND: &str = "Kustomization";
const API_VERSION: &str = "kustomize.config.k8s.io/v1beta1";
const COMPONENT_API_VERSION: &str = "kustomize.config.k8s.io/v1alpha1";

impl Kustomization {
    /// Reads a file.
    ///
    /// A problem of the YAML itself carries no path but the line in its words.
    pub(crate) fn read(text: &[u8]) -> Result<Self, Problem> {
        let value = gotk_yaml::from_slice(text, &gotk_yaml::Options::default())
            .map_err(|error| Problem::yaml(&error))?;
        let read: Self = decode::object(&value, Mode::Exact)?;
        read.complete()
    }

    /// Reads a file as who wants to change it and write it back: unknown fields are overlooked, and
    /// numbers become texts.
    pub(crate) fn read_leniently(text: &[u8]) -> Result<Self, Problem> {
        let value = gotk_yaml::from_slice(text, &gotk_yaml::Options::default())
            .map_err(|error| Problem::yaml(&error))?;
        decode::object(&value, Mode::Lenient)
    }

    /// What would be read, had this been written to a file: what is empty is not written.
    pub(crate) fn rewritten(mut self) -> Result<Self, Problem> {
        for replacement in &mut self.replacements {
            let targets = replacement.inline.targets.take();
            replacement.inline.targets = targets.filter(|targets| !targets.is_empty());
        }
        self.says_something = !self.is_blank();
        self.complete()
    }

    fn complete(mut self) -> Result<Self, Problem> {
        if !self.says_something {
            return Err(Problem::new("nothing is said in it"));
        }
        self.mend();
        self.check()?;
        Ok(self)
    }

    /// Whether no field holds anything.
    fn is_blank(&self) -> bool {
        let texts = [&self.name_prefix, &self.name_suffix, &self.namespace];
        let maps = [&self.openapi, &self.common_labels, &self.common_annotations];
        let lists = [
            &self.patches_strategic_merge,
            &self.resources,
            &self.components,
            &self.crds,
            &self.configurations,
            &self.generators,
            &self.transformers,
            &self.validators,
            &self.build_metadata,
            &self.bases,
        ];
        texts.iter().all(|text| text.is_empty())
            && maps.iter().all(|map| map.is_empty())
            && lists.iter().all(|list| list.is_empty())
            && self.labels.is_empty()
            && self.patches.is_empty()
            && self.patches_json6902.is_empty()
            && self.images.is_empty()
            && self.image_tags.is_empty()
            && self.replacements.is_empty()
            && self.replicas.is_empty()
            && self.vars.is_empty()
            && self.config_map_generator.is_empty()
            && self.secret_generator.is_empty()
            && self.helm_charts.is_empty()
            && self.helm_inflations.is_empty()
            && self.metadata.is_none()
            && self.sort_options.is_none()
            && self.helm_globals.is_none()
            && self.generator_options.is_none()
    }

    /// Remembers what the original counts as content, and what it calls deprecated.
    pub(super) fn note(&mut self, name: &str, value: &Value) {
        let is_said = match (name, value) {
            ("kind" | "apiversion", _) | (_, Value::Null) => false,
            ("bases" | "imagetags" | "helmchartinflationgenerator", Value::Array(items)) => {
                !items.is_empty()
            }
            (_, Value::String(text)) => !text.is_empty(),
            _ => true,
        };
        self.says_something |= is_said;
        let deprecated = match name {
            "bases" => "bases",
            "commonlabels" => "commonLabels",
            "imagetags" => "imageTags",
            "patchesjson6902" => "patchesJson6902",
            "patchesstrategicmerge" => "patchesStrategicMerge",
            "vars" => "vars",
            _ => return,
        };
        if !value.is_null() && !self.deprecated.contains(&deprecated) {
            self.deprecated.push(deprecated);
        }
    }

    fn mend(&mut self) {
        if self.kind.is_empty() {
            KIND.clone_into(&mut self.kind);
        }
        if self.api_version.is_empty() {
            self.expected_api_version().clone_into(&mut self.api_version);
        }
        self.resources.append(&mut self.bases);
        self.images.append(&mut self.image_tags);
        for args in self.config_map_generator.iter_mut().chain(&mut self.secret_generator) {
            if !args.sources.env.is_empty() {
                args.sources.envs.push(std::mem::take(&mut args.sources.env));
            }
        }
        // The original writes them for its transformer, and an empty list is not written.
        for replacement in &mut self.replacements {
            replacement.inline.targets.take_if(|targets| targets.is_empty());
        }
        let mut globals = HelmGlobals::default();
        for old in std::mem::take(&mut self.helm_inflations) {
            if !old.globals.chart_home.is_empty() {
                globals.chart_home = old.globals.chart_home;
            }
            if !old.globals.config_home.is_empty() {
                globals.config_home = old.globals.config_home;
            }
            self.helm_charts.push(old.chart);
        }
        let says_something = !globals.chart_home.is_empty() || !globals.config_home.is_empty();
        if self.helm_globals.is_none() && says_something {
            self.helm_globals = Some(globals);
        }
    }

    fn expected_api_version(&self) -> &'static str {
        if self.is_component() { COMPONENT_API_VERSION } else { API_VERSION }
    }

    fn check(&self) -> Result<(), Problem> {
        let at = |field: &str, what: String| Problem {
            path: vec![Step::Field(field.to_owned())],
            what,
            line: 0,
        };
        if self.kind != KIND && !self.is_component() {
            return Err(at("kind", format!("{:?} is neither {KIND} nor Component", self.kind)));
        }
        let expected = self.expected_api_version();
        if self.api_version != expected {
            let what =
                format!("{:?} is not {expected}, which a {} has", self.api_version, self.kind);
            return Err(at("apiVersion", what));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Kustomization, String> {
        Kustomization::read(text.as_bytes())
            .map_err(|problem| format!("{}: {}", problem.field(), problem.what))
    }

    #[test]
    fn names_are_read_in_any_case() {
        let read = read("Resources: [a]\nnamePREFIX: x-\n").unwrap();
        assert_eq!(
            (read.resources.as_slice(), read.name_prefix.as_str()),
            (&["a".to_owned()][..], "x-")
        );
    }

    #[test]
    fn unknown_fields_and_wrong_types_are_refused_where_they_stand() {
        assert_eq!(read("resource: [a]\n").unwrap_err(), "resource: there is no such field");
        assert_eq!(
            read("images:\n- name: a\n- newTag: 1.5\n").unwrap_err(),
            "images[1].newTag: a number stands where a text is expected; put it in quotes"
        );
        assert_eq!(
            read("kind: Deployment\nresources: []\n").unwrap_err(),
            "kind: \"Deployment\" is neither Kustomization nor Component"
        );
    }

    #[test]
    fn a_file_that_says_nothing_is_refused() {
        for text in ["", "# text\n", "kind: Kustomization\n", "resources:\n", "bases: []\n"] {
            assert_eq!(read(text).unwrap_err(), ": nothing is said in it", "{text:?}");
        }
        assert!(read("resources: []\n").is_ok());
    }

    #[test]
    fn deprecated_fields_are_moved() {
        let read = read("bases: [b]\nresources: [a]\nimageTags: [{name: x}]\n").unwrap();
        assert_eq!(read.resources, ["a", "b"]);
        assert_eq!(read.images.len(), 1);
        assert_eq!(read.deprecated, ["bases", "imageTags"]);
    }
}
