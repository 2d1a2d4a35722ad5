//! Whether a forced apply would do anything at all.

use serde_json::{Map, Value};

use crate::field_manager::FieldManager;
use crate::live::Live;
use crate::managers::ManagedFields;
use crate::path::{Path, PathElement};
use crate::schema::{ListType, MapType, ScalarType, Schema, TypeId};
use crate::set::FieldSet;
use crate::typed::{Duplicates, Handler, Index};
use crate::value;

/// What can be said, without a request, about applying a configuration with force.
///
/// [`NoOp`](Self::NoOp) is a proof. The other two are not the opposite of one: they say why there
/// is none, for a person to read.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Proof {
    /// The merge changes neither the object nor its managed fields, times included.
    ///
    /// That holds of what an API server does up to and including the merge. What comes after it is
    /// not seen from here: a webhook or policy that was changed since the live object was written
    /// may still change or refuse the result, and so may a new default of the schema.
    NoOp,
    /// The merge changes the object, or who owns what.
    ///
    /// Admission may undo a change to the object; the managed fields are written all the same.
    Changes {
        /// The first thing that would change.
        reason: String,
    },
    /// Only the server can tell.
    ///
    /// The configuration says the same thing in other words than the server stores (a quantity of
    /// `1000m`, an empty list), a manager wrote in a version that is not known here, or something
    /// does not fit the schema at hand.
    Unknown {
        /// What cannot be told.
        reason: String,
    },
}

impl FieldManager<'_> {
    /// Judges a forced apply of a configuration to a live object, without making it.
    ///
    /// It reads both once, allocates little and copies nothing, so that a controller can ask it of
    /// every object it owns after a restart.
    pub fn prove(&self, live: &Live, config: &Value, manager: &str) -> Proof {
        match self.first_doubt(live, config, manager) {
            Err(doubt) => doubt,
            Ok(()) => Proof::NoOp,
        }
    }

    fn first_doubt(&self, live: &Live, config: &Value, manager: &str) -> Result<(), Proof> {
        let managed = live.managed_fields().map_err(|error| unknown(error.to_string()))?;
        if crate::Gvk::of(config) != *self.gvk() || crate::Gvk::of(&live.object) != *self.gvk() {
            return Err(unknown(format!("not both are of {}", self.gvk())));
        }
        if config.get("metadata").is_some_and(|it| it.get("managedFields").is_some()) {
            return Err(unknown("the configuration brings managed fields".to_owned()));
        }
        let of = self.versions().type_in(&self.gvk().api_version());
        let of = of.ok_or_else(|| unknown(format!("no type is known for {}", self.gvk())))?;
        let misfit = |what: &str| {
            let what = what.to_owned();
            move |errors| unknown(format!("the {what} does not fit: {errors}"))
        };
        of.check(config, Duplicates::Refused).map_err(misfit("configuration"))?;
        of.check(&live.object, Duplicates::Allowed).map_err(misfit("live object"))?;
        self.same_owners(&of, &managed, config, manager)?;
        if manager == "kubectl" {
            return Err(unknown("kubectl's applies follow the last-applied annotation".to_owned()));
        }
        let walk = Walk { schema: &of.schema };
        walk.values(of.root, &live.object, config, &mut Path::default())
    }

    /// Whether the managed fields are what they would be written as.
    fn same_owners(
        &self,
        of: &crate::ObjectType,
        managed: &ManagedFields,
        config: &Value,
        manager: &str,
    ) -> Result<(), Proof> {
        let own = self.applier(manager);
        let Some(entry) = managed.get(&own) else {
            return Err(changes(format!("{manager} does not own anything yet")));
        };
        if entry.manager.api_version != own.api_version {
            let version = &entry.manager.api_version;
            return Err(changes(format!("{manager} last applied in {version}")));
        }
        let fields = self.owned_by(of.fields_of(config));
        if fields != entry.fields {
            return Err(changes(first_change(manager, &entry.fields, &fields)));
        }
        for entry in managed.iter() {
            let version = &entry.manager.api_version;
            if *version == own.api_version {
                if of.reconcile(entry.fields.clone()) != entry.fields {
                    let name = &entry.manager.name;
                    return Err(changes(format!("fields of {name} have become one value since")));
                }
            } else if self.versions().type_in(version).is_none() {
                return Err(unknown(format!("{} wrote in {version}", entry.manager.name)));
            }
        }
        Ok(())
    }
}

fn first_change(manager: &str, had: &FieldSet, has: &FieldSet) -> String {
    let first = |set: FieldSet| set.paths().into_iter().next();
    if let Some(path) = first(has.clone().difference(had)) {
        return format!("{manager} would come to own {path}");
    }
    match first(had.clone().difference(has)) {
        Some(path) => format!("{manager} would give up {path}"),
        None => format!("{manager} would own other fields"),
    }
}

fn changes(reason: String) -> Proof {
    Proof::Changes { reason }
}

fn unknown(reason: String) -> Proof {
    Proof::Unknown { reason }
}

struct Walk<'s> {
    schema: &'s Schema,
}

impl Walk<'_> {
    /// Whether merging the configuration into the live value leaves it as it is.
    fn values(
        &self,
        id: TypeId,
        live: &Value,
        config: &Value,
        path: &mut Path,
    ) -> Result<(), Proof> {
        if config.is_null() {
            return Err(unknown(format!("{path} is null in the configuration")));
        }
        match (self.schema.atom(id).handler(Some(config)), live, config) {
            (Handler::Map(of), Value::Object(live), Value::Object(config)) if !of.atomic => {
                self.maps(of, live, config, path)
            }
            (Handler::List(of), Value::Array(live), Value::Array(config)) if !of.atomic => {
                self.lists(of, live, config, path)
            }
            _ if value::equal(live, config) => Ok(()),
            (Handler::Scalar(ScalarType::Untyped), ..) => {
                Err(unknown(format!("{path} is written in another way, or differs")))
            }
            // Inside one value there may be other spellings too.
            (Handler::Map(_) | Handler::List(_), ..) => {
                Err(unknown(format!("{path} differs somewhere")))
            }
            _ => Err(changes(format!("{path} differs"))),
        }
    }

    fn maps(
        &self,
        of: &MapType,
        live: &Map<String, Value>,
        config: &Map<String, Value>,
        path: &mut Path,
    ) -> Result<(), Proof> {
        for (name, wanted) in config {
            let Some(id) = of.child(name) else { continue };
            path.0.push(PathElement::field(name));
            match live.get(name) {
                Some(live) => self.values(id, live, wanted, path)?,
                None if is_empty(wanted) => {
                    return Err(unknown(format!(
                        "{path} is empty, which the server may not store"
                    )));
                }
                None => return Err(changes(format!("{path} is not there"))),
            }
            path.0.pop();
        }
        Ok(())
    }

    fn lists(
        &self,
        of: &ListType,
        live: &[Value],
        config: &[Value],
        path: &mut Path,
    ) -> Result<(), Proof> {
        let have = Index::new(self.schema, of, live);
        let want = Index::new(self.schema, of, config);
        if have.has_duplicates() {
            return Err(unknown(format!("{path} holds items twice")));
        }
        let mut last = None;
        for (item, element) in config.iter().zip(&want.elements) {
            path.0.push(element.clone());
            let Some(slot) = have.get(element) else {
                return Err(changes(format!("{path} is not there")));
            };
            if last.replace(slot.first).is_some_and(|last| last > slot.first) {
                return Err(changes(format!("{path} has another place in its list")));
            }
            self.values(of.element, &live[slot.first], item, path)?;
            path.0.pop();
        }
        Ok(())
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.values().all(is_empty),
        Value::Array(items) => items.is_empty(),
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::{Gvk, OnConflict, OneShape};

    fn config() -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"replicas": 3, "template": {"spec": {"containers": [
                {"name": "a", "resources": {"limits": {"cpu": "1"}}}, {"name": "b"}]}}},
        })
    }

    fn prove(edit: impl FnOnce(&mut Value), wanted: Value) -> Proof {
        let versions = OneShape::of_kind(&Schema::builtin(), "apps", "Deployment");
        let gvk = Gvk::new("apps", "v1", "Deployment");
        let manager = FieldManager::new(gvk.clone(), &versions);
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let live = Live::absent(&gvk);
        let written = manager.apply(live, &config(), "me", OnConflict::Fail, now).unwrap();
        let mut object = written.into_value();
        edit(&mut object);
        manager.prove(&Live::new(object), &wanted, "me")
    }

    fn reason(proof: Proof) -> String {
        match proof {
            Proof::NoOp => "no-op".to_owned(),
            Proof::Changes { reason } => format!("changes: {reason}"),
            Proof::Unknown { reason } => format!("unknown: {reason}"),
        }
    }

    #[test]
    fn what_was_applied_and_defaulted_is_a_no_op() {
        let proof = prove(|it| it["spec"]["paused"] = json!(false), config());
        assert_eq!(proof, Proof::NoOp);
    }

    #[test]
    fn drift_and_lost_ownership_are_changes() {
        let drift = prove(|it| it["spec"]["replicas"] = json!(5), config());
        assert_eq!(reason(drift), "changes: .spec.replicas differs");
        let lost = prove(|it| it["metadata"]["managedFields"] = json!([]), config());
        assert_eq!(reason(lost), "changes: me does not own anything yet");
        let gone =
            prove(|it| drop(it["spec"].as_object_mut().unwrap().remove("replicas")), config());
        assert_eq!(reason(gone), "changes: .spec.replicas is not there");
        let moved = prove(
            |it| it["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap().reverse(),
            config(),
        );
        assert_eq!(
            reason(moved),
            "changes: .spec.template.spec.containers[name=\"b\"] has another place in its list"
        );
    }

    #[test]
    fn another_configuration_gives_up_or_gains() {
        let mut less = config();
        less["spec"].as_object_mut().unwrap().remove("replicas");
        assert_eq!(reason(prove(|_| (), less)), "changes: me would give up .spec.replicas");
        let mut more = config();
        more["spec"]["paused"] = json!(true);
        assert_eq!(reason(prove(|_| (), more)), "changes: me would come to own .spec.paused");
    }

    #[test]
    fn another_spelling_only_the_server_can_judge() {
        let mut other = config();
        other["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] =
            json!("1000m");
        assert!(reason(prove(|_| (), other)).starts_with("unknown: .spec.template"));
    }
}
