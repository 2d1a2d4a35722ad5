//! `CustomResourceDefinition`s: what they have to be, and the kinds they bring.

mod names;
mod structural;

use std::sync::Arc;

use gotk_merge::{OneShape, Schema};
use serde_json::{Value, json};

use crate::convert::Shapes;
use crate::custom::{Custom, Origin, Versions};
use crate::failure::Cause;
use crate::kind::{Kind, Scope};
use crate::machine::Machine;
use crate::meta;
use crate::object::Stored;
use crate::owning::Writer;
use crate::query::DeleteOptions;
use crate::store::{Change, Event};

/// Holds a definition until the last of its objects is gone.
pub(crate) const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

/// What a definition may leave out.
pub(crate) fn default(definition: &mut Value) {
    let spec = &mut definition["spec"];
    if !spec.is_object() {
        return;
    }
    let kind = spec["names"]["kind"].as_str().unwrap_or_default().to_owned();
    let empty = |value: &Value| value.as_str().is_none_or(str::is_empty);
    if !kind.is_empty() && spec["names"].is_object() {
        if empty(&spec["names"]["singular"]) {
            spec["names"]["singular"] = kind.to_lowercase().into();
        }
        if empty(&spec["names"]["listKind"]) {
            spec["names"]["listKind"] = format!("{kind}List").into();
        }
    }
    if !spec["conversion"].is_object() {
        spec["conversion"] = json!({ "strategy": "None" });
    }
    let service = spec.pointer_mut("/conversion/webhook/clientConfig/service");
    if let Some(service) = service.filter(|it| it.is_object() && it["port"].is_null()) {
        service["port"] = 443.into();
    }
}

/// The status of a definition nobody has looked at yet.
pub(crate) fn first_status(definition: &mut Value) {
    let stored = storage_version(definition).map(str::to_owned);
    definition["status"] = json!({
        "conditions": null,
        "acceptedNames": { "plural": "", "kind": "" },
        "storedVersions": stored.into_iter().collect::<Vec<_>>(),
    });
}

fn versions(definition: &Value) -> &[Value] {
    definition["spec"]["versions"].as_array().map_or(&[], Vec::as_slice)
}

fn storage_version(definition: &Value) -> Option<&str> {
    versions(definition).iter().find(|version| version["storage"] == true)?["name"].as_str()
}

/// What upstream refuses in a definition.
pub(crate) fn causes(definition: &Value, new: bool) -> Vec<Cause> {
    let spec = &definition["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (plural, group) = (text(&spec["names"]["plural"]), text(&spec["group"]));
    let mut causes = Vec::new();
    if new && meta::name(definition) != format!("{plural}.{group}") {
        let why = "must be spec.names.plural+\".\"+spec.group";
        causes.push(Cause::invalid("metadata.name", &meta::name(definition).into(), why));
    }
    if group.is_empty() {
        causes.push(Cause::required("spec.group", ""));
    } else if !group.contains('.') {
        causes.push(Cause::invalid(
            "spec.group",
            &spec["group"],
            "should be a domain with at least one dot",
        ));
    }
    if !matches!(spec["scope"].as_str(), Some("Cluster" | "Namespaced")) {
        causes.push(match spec["scope"].as_str() {
            None | Some("") => Cause::required("spec.scope", ""),
            _ => Cause::unsupported("spec.scope", &spec["scope"], &["Cluster", "Namespaced"]),
        });
    }
    for field in ["plural", "singular", "kind", "listKind"] {
        if text(&spec["names"][field]).is_empty() {
            causes.push(Cause::required(format!("spec.names.{field}"), ""));
        }
    }
    causes.extend(version_causes(definition));
    causes.extend(conversion_causes(&spec["conversion"]));
    causes
}

fn conversion_causes(conversion: &Value) -> Vec<Cause> {
    let (strategy, webhook) = (&conversion["strategy"], &conversion["webhook"]);
    let at = |field: &str| format!("spec.conversion.{field}");
    match strategy.as_str().unwrap_or_default() {
        "None" if webhook.is_object() => {
            let why = "should not be set when strategy is not set to Webhook";
            vec![Cause::forbidden(at("webhook"), why)]
        }
        "None" => Vec::new(),
        "Webhook" => {
            let mut causes = Vec::new();
            if !webhook["clientConfig"].is_object() {
                let why = "required when strategy is set to Webhook";
                causes.push(Cause::required(at("webhookClientConfig"), why));
            }
            if webhook["conversionReviewVersions"].as_array().is_none_or(Vec::is_empty) {
                causes.push(Cause::required(at("conversionReviewVersions"), ""));
            }
            causes
        }
        "" => vec![Cause::required(at("strategy"), "")],
        _ => vec![Cause::unsupported(at("strategy"), strategy, &["None", "Webhook"])],
    }
}

fn version_causes(definition: &Value) -> Vec<Cause> {
    let all = versions(definition);
    let mut causes = Vec::new();
    let mut names: Vec<&str> = all.iter().filter_map(|version| version["name"].as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        causes.push(Cause::invalid(
            "spec.versions",
            &all.into(),
            "must contain unique version names",
        ));
    }
    if all.iter().filter(|version| version["storage"] == true).count() != 1 {
        let why = "must have exactly one version marked as storage version";
        causes.push(Cause::invalid("spec.versions", &all.into(), why));
    }
    for (at, version) in all.iter().enumerate() {
        let schema = &version["schema"]["openAPIV3Schema"];
        // A definition of one version is validated in its old form, and named in it.
        let path = match all.len() {
            1 if schema.is_object() => "spec.validation.openAPIV3Schema".to_owned(),
            _ => format!("spec.versions[{at}].schema.openAPIV3Schema"),
        };
        causes.extend(structural::causes(schema, &path));
        if let Err(error) =
            Schema::from_crd(definition, version["name"].as_str().unwrap_or_default())
        {
            causes.push(Cause::invalid(path, &Value::Null, &error.to_string()));
        }
    }
    causes
}

/// What a definition stands for stays: its objects are stored by it.
pub(crate) fn update_causes(before: &Value, new: &Value) -> Vec<Cause> {
    let conditions = before["status"]["conditions"].as_array().into_iter().flatten();
    let mut holding = conditions.filter(|condition| condition["status"] == "True");
    let established = holding.any(|condition| condition["type"] == "Established");
    let fixed = [
        (established, "/spec/scope", "spec.scope"),
        (established, "/spec/names/kind", "spec.names.kind"),
        (true, "/spec/group", "spec.group"),
        (true, "/spec/names/plural", "spec.names.plural"),
    ];
    let changed =
        fixed.iter().filter(|(fixed, at, _)| *fixed && before.pointer(at) != new.pointer(at));
    changed
        .map(|(_, at, field)| {
            Cause::invalid(*field, new.pointer(at).unwrap_or(&Value::Null), "field is immutable")
        })
        .collect()
}

impl Machine {
    /// Serves what a definition brings, and takes it away again.
    pub(crate) fn follow_definitions(&mut self, kind: &Kind, event: &Event) {
        if kind.is("apiextensions.k8s.io", "CustomResourceDefinition") {
            if event.change == Change::Deleted {
                self.withdraw(&event.object);
            } else if event.object.deleting {
                self.clean_up(event.object.name());
            } else {
                self.establish(event.object.name());
            }
        } else if !kind.built_in && event.change == Change::Deleted {
            self.clean_up(&kind.qualified());
        }
    }

    fn definition(&self, name: &str) -> Option<(Arc<Kind>, Arc<Stored>, Value)> {
        let kind = self.registry.find("apiextensions.k8s.io", "v1", "customresourcedefinitions")?;
        let stored = Arc::clone(self.store.get(kind.shelf, name)?);
        let value = stored.value(&kind);
        Some((kind, stored, value))
    }

    /// Judges the names and, when they are free, serves the kinds.
    fn establish(&mut self, name: &str) {
        let Some((kind, _, definition)) = self.definition(name) else { return };
        let conflict = names::conflict(&self.registry, &definition["spec"]);
        let accepted = conflict.is_none();
        let mut next = definition.clone();
        names::judge(&mut next, conflict, &self.clock.seconds());
        let stored = &mut next["status"]["storedVersions"];
        let storage = storage_version(&definition).unwrap_or_default();
        if let Some(list) = stored.as_array_mut().filter(|list| !list.iter().any(|v| v == storage))
        {
            list.push(storage.into());
        }
        if accepted {
            self.serve_kinds(&next);
        }
        if next != definition {
            let writer = Writer::named("kube-apiserver");
            let (before, now) = (&definition, self.clock.now());
            let told = writer.update_managed(&kind, "status", before, next.clone(), now);
            self.put(&kind, told.unwrap_or(next));
        }
    }

    fn serve_kinds(&mut self, definition: &Value) {
        let spec = &definition["spec"];
        let group = spec["group"].as_str().unwrap_or_default();
        let plural = spec["names"]["plural"].as_str().unwrap_or_default();
        let shelf = self.registry.shelf_of(group, plural);
        let before = self.registry.custom(group, plural);
        let before = before.as_ref().and_then(|kind| kind.custom.as_ref());
        if before.is_some_and(|custom| *custom.origin() == Origin::of(definition)) {
            return;
        }
        let kinds = kinds_of(definition, before.map(Custom::versions), shelf);
        if self.registry.replace(group, plural, kinds) {
            self.store.reserve(self.registry.shelves());
        }
        // Watches of the kinds there were are over.
        self.touched.insert(shelf);
    }

    /// Deletes the objects of a definition that is to go, and lets it go after the last.
    fn clean_up(&mut self, name: &str) {
        let Some((kind, stored, mut definition)) = self.definition(name) else { return };
        if !stored.deleting {
            return;
        }
        let spec = &definition["spec"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (group, plural) = (text(&spec["group"]), text(&spec["names"]["plural"]));
        if let Some(custom) = self.registry.custom(&group, &plural) {
            let objects: Vec<Arc<Stored>> = self.store.scan(custom.shelf, "").cloned().collect();
            for object in objects.iter().filter(|object| !object.deleting) {
                // Custom objects have no rule against their deletion.
                let _deleted = self.delete_object(&custom, object, &DeleteOptions::default());
            }
            if self.store.scan(custom.shelf, "").next().is_some() {
                return;
            }
        }
        let left: Vec<String> =
            meta::finalizers(&definition).into_iter().filter(|f| f != CLEANUP).collect();
        if left.len() == meta::finalizers(&definition).len() {
            return;
        }
        let leaves = left.is_empty();
        meta::set_finalizers(&mut definition, left);
        if leaves {
            self.remove(&kind, definition);
        } else {
            self.put(&kind, definition);
        }
    }

    fn withdraw(&mut self, definition: &Stored) {
        if let Some((plural, group)) = definition.name().split_once('.') {
            let shelf = self.registry.custom(group, plural).map(|kind| kind.shelf);
            self.registry.replace(group, plural, Vec::new());
            self.touched.extend(shelf);
        }
    }
}

/// The kinds of a definition, one for each version that is served. What is as it was `before` is the
/// same, so that objects that rest in it need no second look.
fn kinds_of(definition: &Value, before: Option<&Versions>, shelf: usize) -> Vec<Kind> {
    let spec = &definition["spec"];
    let versions = Arc::new(Versions::of(spec, before));
    let shape = Arc::new(Shapes::one(shape(definition)));
    let kinds = served(definition).map(|entry| {
        let custom = Custom::of(spec, entry, &versions, Origin::of(definition));
        custom_kind(spec, entry, custom, &shape, shelf)
    });
    kinds.collect()
}

fn served(definition: &Value) -> impl Iterator<Item = &Value> {
    let mut served: Vec<&Value> =
        versions(definition).iter().filter(|version| version["served"] == true).collect();
    served.sort_by_key(|version| names::priority(version["name"].as_str().unwrap_or_default()));
    served.into_iter()
}

/// The types of all versions, for managed fields.
fn shape(definition: &Value) -> OneShape {
    let spec = &definition["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (group, kind) = (text(&spec["group"]), text(&spec["names"]["kind"]));
    let mut shape: Option<OneShape> = None;
    for version in versions(definition).iter().map(|version| text(&version["name"])) {
        let schema = Schema::from_crd(definition, &version).ok().map(Arc::new);
        let Some(of) = schema.and_then(|schema| schema.kind(&group, &version, &kind)) else {
            continue;
        };
        let api_version = format!("{group}/{version}");
        shape = Some(match shape {
            Some(shape) => shape.with(&api_version, of),
            None => OneShape::new(&api_version, of),
        });
    }
    shape.unwrap_or_else(|| OneShape::new(&group, gotk_merge::ObjectType::deduced()))
}

fn custom_kind(
    spec: &Value,
    version: &Value,
    custom: Custom,
    shape: &Arc<Shapes>,
    shelf: usize,
) -> Kind {
    let text = |value: &Value| Box::<str>::from(value.as_str().unwrap_or_default());
    let texts =
        |value: &Value| value.as_array().into_iter().flatten().map(&text).collect::<Vec<_>>();
    let names = &spec["names"];
    Kind {
        group: text(&spec["group"]),
        version: text(&version["name"]),
        kind: text(&names["kind"]),
        list_kind: text(&names["listKind"]),
        plural: text(&names["plural"]),
        singular: text(&names["singular"]),
        short_names: texts(&names["shortNames"]),
        categories: texts(&names["categories"]),
        scope: if spec["scope"] == "Cluster" { Scope::Cluster } else { Scope::Namespaced },
        subresources: subresources(version),
        posted: false,
        told: false,
        foreign: None,
        counts_generation: true,
        update_creates: false,
        update_needs_version: true,
        built_in: false,
        fields: custom.fields().into(),
        versions: Arc::clone(shape),
        custom: Some(custom),
        shelf,
    }
}

fn subresources(version: &Value) -> Vec<Box<str>> {
    let has = |name: &&str| version["subresources"][name].is_object();
    ["status", "scale"].into_iter().filter(has).map(Into::into).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(one: &Value, two: &Value, before: Option<&Kind>) -> [Kind; 2] {
        let version = |name: &str, spec: &Value| {
            let spec = json!({ "type": "object", "properties": spec });
            let schema = json!({ "type": "object", "properties": { "spec": spec } });
            json!({
                "name": name, "served": true, "storage": name == "v1",
                "schema": { "openAPIV3Schema": schema },
            })
        };
        let definition = json!({ "spec": {
            "group": "example.com", "names": { "kind": "Widget", "plural": "widgets" },
            "versions": [version("v1", one), version("v2", two)],
        } });
        let before = before.and_then(|kind| kind.custom.as_ref()).map(Custom::versions);
        let mut kinds = kinds_of(&definition, before, 0);
        kinds.sort_by(|a, b| a.version.cmp(&b.version));
        kinds.try_into().unwrap()
    }

    fn text() -> Value {
        json!({ "type": "string" })
    }

    #[test]
    fn what_rests_is_shown_as_it_is_by_the_schema_it_was_written_by() {
        let (one, two) = (json!({ "a": text(), "b": text() }), json!({ "a": text() }));
        let [v1, v2] = kinds(&one, &two, None);
        let object = json!({ "metadata": { "name": "w" }, "spec": { "a": "1", "b": "2" } });
        let stored = Stored::encode(&v1, object, 7);
        let as_it_is = |kind: &Kind| stored.bare(kind).as_ptr() == stored.text().as_ptr();
        assert!(as_it_is(&v1) && !as_it_is(&v2));
        assert_eq!(stored.value(&v2)["spec"], json!({ "a": "1" }));

        // Another version changes: nothing is looked at again.
        let [again, _] = kinds(&one, &json!({ "c": text() }), Some(&v1));
        assert!(as_it_is(&again));
        // Its own changes: it is seen by today's schema, and what rests stays.
        let [less, _] = kinds(&two, &two, Some(&again));
        assert_eq!(stored.value(&less)["spec"], json!({ "a": "1" }));
        let [back, _] = kinds(&one, &two, Some(&less));
        assert_eq!(stored.value(&back)["spec"], json!({ "a": "1", "b": "2" }));
    }

    #[test]
    fn versions_of_one_schema_share_the_bytes() {
        let same = json!({ "a": text() });
        let [v1, v2] = kinds(&same, &same, None);
        let object = json!({ "metadata": { "name": "w" }, "spec": { "a": "1", "x": 1 } });
        let stored = Stored::encode(&v2, object, 7);
        assert_eq!(stored.bare(&v1).as_ptr(), stored.bare(&v2).as_ptr());
        assert_eq!(stored.field(&v1, "spec.a"), None, "it is not selectable");
    }
}
