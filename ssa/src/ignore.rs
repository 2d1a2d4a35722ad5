//! Fields that a set names and nevertheless leaves to others.

mod labels;
mod pointer;

use regex::Regex;
use serde_json::Value;

use self::labels::LabelSelector;
use self::pointer::Pointer;
use crate::{Error, ObjectId, object};

/// Fields that do not count when the live object is compared, and are not written.
///
/// Where an ignored field differs and something else has to be written, it is left out of what we
/// apply if another manager applies it too, and else applied with its live value. Rules hold for
/// objects that exist: a new object is created whole. All rules that select an object hold.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct IgnoreRule {
    /// JSON pointers, such as `/spec/replicas`.
    pub paths: Vec<String>,
    /// Which objects; every one unless set.
    pub target: Target,
}

/// Which objects a rule is about: those that fit everything that is not empty.
///
/// The first five are regular expressions for the whole text, as in kustomize; the selectors are
/// Kubernetes' (`app=web,tier in (a,b)`).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Target {
    /// The API group.
    pub group: String,
    /// The version within the group.
    pub version: String,
    /// The kind.
    pub kind: String,
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// A selector for labels.
    pub labels: String,
    /// A selector for annotations.
    pub annotations: String,
}

impl IgnoreRule {
    /// A rule for every object; set its [`target`](Self::target) to narrow it.
    pub fn new<P: Into<String>>(paths: impl IntoIterator<Item = P>) -> Self {
        Self { paths: paths.into_iter().map(Into::into).collect(), target: Target::default() }
    }

    /// The same rule for the objects that fit a target.
    #[must_use]
    pub fn for_target(mut self, target: Target) -> Self {
        self.target = target;
        self
    }
}

/// Rules that have been read.
#[derive(Debug, Default)]
pub(crate) struct IgnoreRules(Vec<(Selected, Vec<Pointer>)>);

impl IgnoreRules {
    pub(crate) fn read(rules: &[IgnoreRule]) -> Result<Self, Error> {
        let read = rules.iter().map(|rule| {
            let paths =
                rule.paths.iter().map(|path| Pointer::parse(path)).collect::<Result<_, _>>();
            Ok((Selected::read(&rule.target)?, paths?))
        });
        Ok(Self(read.collect::<Result<_, Error>>()?))
    }

    /// The pointers for an object, those of later list items first, so that removing one does not
    /// move the next.
    pub(crate) fn of(&self, object: &Value) -> Ignored<'_> {
        let selected = self.0.iter().filter(|(target, _)| target.fits(object));
        let mut pointers: Vec<_> = selected.flat_map(|(_, pointers)| pointers).collect();
        pointers.sort_by(|a, b| b.cmp(a));
        pointers.dedup();
        Ignored(pointers)
    }
}

/// The ignored fields of one object.
pub(crate) struct Ignored<'r>(Vec<&'r Pointer>);

impl Ignored<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The object without them.
    pub(crate) fn strip(&self, mut object: Value) -> Value {
        for pointer in &self.0 {
            pointer.remove(&mut object);
        }
        object
    }

    /// What is applied instead of `desired`: see [`IgnoreRule`].
    pub(crate) fn payload(
        &self,
        desired: &Value,
        live: &Value,
        result: &Value,
        ours: &str,
    ) -> Value {
        let mut payload = desired.clone();
        for pointer in &self.0 {
            let there = pointer.find(live);
            if there == pointer.find(result) {
                continue;
            }
            match there {
                Some(value) if !is_applied_by_other(live, pointer, ours) => {
                    pointer.replace(&mut payload, value.clone());
                }
                _ => pointer.remove(&mut payload),
            }
        }
        payload
    }
}

fn is_applied_by_other(live: &Value, pointer: &Pointer, ours: &str) -> bool {
    let entries = live["metadata"]["managedFields"].as_array();
    entries.into_iter().flatten().any(|entry| {
        object::text(entry, "/operation") == "Apply"
            && object::text(entry, "/subresource").is_empty()
            && object::text(entry, "/manager") != ours
            && pointer.is_owned(&entry["fieldsV1"], live)
    })
}

#[derive(Debug)]
struct Selected {
    /// Of group, version, kind, namespace, name; `None` fits all.
    texts: [Option<Regex>; 5],
    labels: LabelSelector,
    annotations: LabelSelector,
}

impl Selected {
    fn read(target: &Target) -> Result<Self, Error> {
        let Target { group, version, kind, namespace, name, .. } = target;
        let mut texts = [const { None }; 5];
        for (slot, text) in texts.iter_mut().zip([group, version, kind, namespace, name]) {
            if !text.is_empty() {
                let whole = Regex::new(&format!("^(?:{text})$"));
                *slot = Some(whole.map_err(|error| rule(text, &error.to_string()))?);
            }
        }
        let labels = LabelSelector::parse(&target.labels)?;
        Ok(Self { texts, labels, annotations: LabelSelector::parse(&target.annotations)? })
    }

    fn fits(&self, object: &Value) -> bool {
        let id = ObjectId::of(object);
        let facts = [&id.group, object::version(object), &id.kind, &id.namespace, &id.name];
        let fit = |(regex, fact): (&Option<Regex>, &str)| {
            regex.as_ref().is_none_or(|regex| regex.is_match(fact))
        };
        self.texts.iter().zip(facts).all(fit)
            && self.labels.fits(&|key| object::label(object, key))
            && self.annotations.fits(&|key| object::annotation(object, key))
    }
}

fn rule(text: &str, problem: &str) -> Error {
    Error::IgnoreRule { text: text.to_owned(), problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object() -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
            "spec": {"replicas": 3, "template": {"spec": {"containers": [
                {"name": "a", "image": "x"}, {"name": "b", "image": "y"},
            ]}}},
        })
    }

    fn strip(rules: &[IgnoreRule]) -> Value {
        let rules = IgnoreRules::read(rules).unwrap();
        rules.of(&object()).strip(object())
    }

    #[test]
    fn two_rules_without_a_target_both_hold() {
        let stripped =
            strip(&[IgnoreRule::new(["/spec/replicas"]), IgnoreRule::new(["/spec/template"])]);
        assert_eq!(stripped["spec"], json!({}));
    }

    #[test]
    fn items_of_one_list_are_removed_by_their_first_places() {
        let containers = "/spec/template/spec/containers";
        let rule = IgnoreRule::new([format!("{containers}/0"), format!("{containers}/1")]);
        assert_eq!(strip(&[rule]).pointer(containers), Some(&json!([])));
    }

    #[test]
    fn a_target_fits_whole_texts_only() {
        let rule = |target| strip(&[IgnoreRule::new(["/spec"]).for_target(target)]);
        let kind = |kind: &str| Target { kind: kind.to_owned(), ..Target::default() };
        assert!(rule(kind("Deploy.*")).get("spec").is_none());
        assert!(rule(kind("Deploy")).get("spec").is_some());
        assert!(
            rule(Target { labels: "app in (web, api)".into(), ..kind("") }).get("spec").is_none()
        );
        assert!(rule(Target { labels: "app!=web".into(), ..kind("") }).get("spec").is_some());
        assert!(rule(Target { annotations: "x".into(), ..kind("") }).get("spec").is_some());
    }

    #[test]
    fn what_cannot_be_read_says_so() {
        let read = |rule| IgnoreRules::read(&[rule]).unwrap_err().to_string();
        assert_eq!(
            read(IgnoreRule::new(["spec"])),
            "ignore rule \"spec\": a pointer begins with a slash"
        );
        let target = Target { name: "(".into(), ..Target::default() };
        assert!(
            read(IgnoreRule::new(["/a"]).for_target(target)).starts_with("ignore rule \"(\": ")
        );
    }

    #[test]
    fn a_field_that_another_applies_is_left_out_and_others_keep_their_live_value() {
        let mut live = object();
        live["spec"]["replicas"] = json!(9);
        live["spec"]["template"]["spec"]["containers"][1]["image"] = json!("z");
        live["metadata"]["managedFields"] = json!([{"manager": "scaler", "operation": "Apply", "fieldsV1":
            {"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"b\"}": {"f:image": {}}}}}}}}]);
        let image = "/spec/template/spec/containers/1/image";
        let rules = IgnoreRules::read(&[IgnoreRule::new(["/spec/replicas", image])]).unwrap();
        let payload = rules.of(&object()).payload(&object(), &live, &object(), "me");
        assert_eq!(payload["spec"]["replicas"], 9);
        assert_eq!(payload.pointer(image), None);
    }
}
