//! Field specs: which fields of which kinds hold names, labels, images and the like.

use std::sync::{Arc, LazyLock};

use lean_string::LeanString;

use crate::gvk::Gvk;
use crate::order;

/// A field of some kinds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct FieldSpec {
    /// Of which kinds; what is empty means any.
    pub(crate) gvk: Gvk,
    /// Keys with slashes between them; `[]` behind one stands for all items of a list.
    pub(crate) path: String,
    /// Whether the field is made where it is not.
    pub(crate) create: bool,
}

/// The fields that hold the name of an object of a kind.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct NameBackReference {
    pub(crate) gvk: Gvk,
    pub(crate) referrers: Vec<FieldSpec>,
}

/// The tables by which the transformers work.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct FieldSpecs {
    pub(crate) name_prefix: Vec<FieldSpec>,
    pub(crate) name_suffix: Vec<FieldSpec>,
    pub(crate) namespace: Vec<FieldSpec>,
    pub(crate) common_labels: Vec<FieldSpec>,
    pub(crate) labels: Vec<FieldSpec>,
    pub(crate) template_labels: Vec<FieldSpec>,
    pub(crate) common_annotations: Vec<FieldSpec>,
    pub(crate) images: Vec<FieldSpec>,
    pub(crate) replicas: Vec<FieldSpec>,
    pub(crate) var_reference: Vec<FieldSpec>,
    pub(crate) name_reference: Vec<NameBackReference>,
}

impl FieldSpec {
    /// Whether this is another way to say what an incoming one says.
    fn is_same(&self, incoming: &Self) -> bool {
        self.path == incoming.path && self.gvk.is_selected_by(&incoming.gvk)
    }
}

impl FieldSpecs {
    /// The tables of kustomize 5.8.
    pub(crate) fn builtin() -> Arc<Self> {
        static BUILTIN: LazyLock<Arc<FieldSpecs>> =
            LazyLock::new(|| Arc::new(table(include_str!("fieldspec/builtin.txt"))));
        Arc::clone(&BUILTIN)
    }

    /// This table with the specs of another one.
    ///
    /// # Errors
    ///
    /// When a field is to be made according to one of them and not to the other.
    pub(crate) fn merged(&self, other: &Self) -> Result<Self, String> {
        let mut merged = self.clone();
        for name in SECTIONS {
            let Some(specs) = merged.section_mut(name) else { continue };
            for spec in other.section(name) {
                merge_one(specs, spec.clone()).map_err(|what| format!("{name}: {what}"))?;
            }
        }
        for reference in &other.name_reference {
            merged.merge_name_reference(reference.clone())?;
        }
        merged.sort();
        Ok(merged)
    }

    pub(crate) fn merge_name_reference(&mut self, new: NameBackReference) -> Result<(), String> {
        let Some(known) = self.name_reference.iter_mut().find(|known| known.gvk == new.gvk) else {
            self.name_reference.push(new);
            return Ok(());
        };
        let mut specs = new.referrers.into_iter();
        specs
            .try_for_each(|spec| merge_one(&mut known.referrers, spec))
            .map_err(|what| format!("nameReference: {what}"))
    }

    fn section(&self, name: &str) -> &[FieldSpec] {
        let sections: [&[FieldSpec]; 10] = [
            &self.name_prefix,
            &self.name_suffix,
            &self.namespace,
            &self.common_labels,
            &self.labels,
            &self.template_labels,
            &self.common_annotations,
            &self.images,
            &self.replicas,
            &self.var_reference,
        ];
        SECTIONS.iter().position(|known| *known == name).map_or(&[], |at| sections[at])
    }

    fn section_mut(&mut self, name: &str) -> Option<&mut Vec<FieldSpec>> {
        let sections = [
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.namespace,
            &mut self.common_labels,
            &mut self.labels,
            &mut self.template_labels,
            &mut self.common_annotations,
            &mut self.images,
            &mut self.replicas,
            &mut self.var_reference,
        ];
        let at = SECTIONS.iter().position(|known| *known == name)?;
        sections.into_iter().nth(at)
    }

    fn sort(&mut self) {
        for name in SECTIONS {
            if let Some(specs) = self.section_mut(name) {
                specs.sort_by(|a, b| order::by_kind(&a.gvk, &b.gvk));
            }
        }
        self.name_reference.sort_by(|a, b| order::by_kind(&a.gvk, &b.gvk));
    }
}

/// The names of the tables in `configurations`.
const SECTIONS: [&str; 10] = [
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "templateLabels",
    "commonAnnotations",
    "images",
    "replicas",
    "varReference",
];

/// Adds a spec unless it is there.
pub(crate) fn merge_one(specs: &mut Vec<FieldSpec>, new: FieldSpec) -> Result<(), String> {
    match specs.iter().find(|known| known.is_same(&new)) {
        None => specs.push(new),
        Some(known) if known.create == new.create => {}
        Some(_) => {
            let path = new.path;
            return Err(format!("conflicting field specs: {path} is to be made and not to be"));
        }
    }
    Ok(())
}

/// Reads the table that `hack/kustomize-facts` writes.
fn table(lines: &str) -> FieldSpecs {
    let word = |word: &str| if word == "-" { LeanString::default() } else { word.into() };
    let gvk =
        |group, version, kind| Gvk { group: word(group), version: word(version), kind: word(kind) };
    let mut specs = FieldSpecs::default();
    let mut section = "";
    for line in lines.lines() {
        match line.trim_start().split(' ').collect::<Vec<_>>().as_slice() {
            ["nameReference", group, version, kind] => {
                section = "nameReference";
                let gvk = gvk(group, version, kind);
                specs.name_reference.push(NameBackReference { gvk, referrers: Vec::new() });
            }
            [group, version, kind, create, path] => {
                let gvk = gvk(group, version, kind);
                let spec = FieldSpec { gvk, path: (*path).to_owned(), create: *create == "create" };
                let target = match section {
                    "nameReference" => specs.name_reference.last_mut().map(|r| &mut r.referrers),
                    name => specs.section_mut(name),
                };
                target.into_iter().for_each(|target| target.push(spec.clone()));
            }
            [name] => section = name,
            _ => {}
        }
    }
    specs.sort();
    specs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_complete() {
        let specs = FieldSpecs::builtin();
        let count = |name| specs.section(name).len();
        assert_eq!(SECTIONS.map(count), [1, 1, 3, 32, 0, 10, 9, 6, 4, 72]);
        assert_eq!(specs.name_reference.len(), 16);
        let config_map = specs.name_reference.iter().find(|of| of.gvk.kind == "ConfigMap").unwrap();
        let volume = |spec: &&FieldSpec| spec.path == "spec/volumes/configMap/name";
        assert_eq!(config_map.referrers.iter().filter(volume).count(), 1);
    }

    #[test]
    fn the_order_is_that_of_kinds() {
        let kinds: Vec<_> =
            FieldSpecs::builtin().name_reference.iter().map(|of| of.gvk.kind.clone()).collect();
        assert_eq!(kinds[..4], ["StorageClass", "ServiceAccount", "Role", "ClusterRole"]);
    }

    fn spec(kind: &str, path: &str, create: bool) -> FieldSpec {
        FieldSpec {
            gvk: Gvk { kind: kind.into(), ..Gvk::default() },
            path: path.to_owned(),
            create,
        }
    }

    #[test]
    fn a_configuration_adds_to_the_tables() {
        let reference = |kind: &str| NameBackReference {
            gvk: Gvk::parse("v1", kind),
            referrers: vec![spec("Thing", "spec/name", false)],
        };
        let other = FieldSpecs {
            images: vec![spec("", "spec/runtime", true)],
            name_reference: vec![reference("ConfigMap"), reference("Gear")],
            ..FieldSpecs::default()
        };
        let merged = FieldSpecs::builtin().merged(&other).unwrap();
        assert_eq!(merged.name_reference.len(), 17);
        assert!(merged.images.contains(&other.images[0]));
        assert_eq!(merged.merged(&other).unwrap(), merged, "what is there is not added again");
    }

    #[test]
    fn specs_that_contradict_each_other_are_refused() {
        let labels = vec![spec("", "metadata/labels", false)];
        let other = FieldSpecs { common_labels: labels, ..FieldSpecs::default() };
        let wanted =
            "commonLabels: conflicting field specs: metadata/labels is to be made and not to be";
        assert_eq!(FieldSpecs::builtin().merged(&other).unwrap_err(), wanted);
    }
}
