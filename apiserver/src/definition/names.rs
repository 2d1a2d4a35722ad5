//! Whether a definition may have the names it wants.

use std::cmp::Reverse;

use serde_json::{Value, json};

use crate::conditions;
use crate::kind::Kind;
use crate::registry::Registry;

/// A name that another kind of the group has, and which of the names it is.
pub(super) struct Conflict {
    reason: &'static str,
    name: String,
}

/// The last conflict there is, in the order upstream looks.
pub(super) fn conflict(registry: &Registry, spec: &Value) -> Option<Conflict> {
    let group = spec["group"].as_str().unwrap_or_default();
    let names = &spec["names"];
    let plural = names["plural"].as_str().unwrap_or_default();
    let others: Vec<&Kind> = registry
        .iter()
        .map(|kind| &**kind)
        .filter(|k| &*k.group == group && &*k.plural != plural)
        .collect();
    let of_resource = |name: &str| {
        others.iter().any(|k| {
            &*k.plural == name || &*k.singular == name || k.short_names.iter().any(|s| &**s == name)
        })
    };
    let of_kind = |name: &str| others.iter().any(|k| &*k.kind == name || &*k.list_kind == name);
    let short = names["shortNames"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|name| (name, "ShortNamesConflict"));
    let resources =
        [(&names["plural"], "PluralConflict"), (&names["singular"], "SingularConflict")];
    let kinds = [(&names["kind"], "KindConflict"), (&names["listKind"], "ListKindConflict")];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let resources = resources.into_iter().chain(short).filter(|(name, _)| of_resource(&text(name)));
    let kinds = kinds.into_iter().filter(|(name, _)| of_kind(&text(name)));
    let (name, reason) = resources.chain(kinds).last()?;
    Some(Conflict { reason, name: text(name) })
}

/// Writes the verdict into the status; a condition that stays keeps its time.
pub(super) fn judge(definition: &mut Value, conflict: Option<Conflict>, now: &str) {
    let accepted = conflict.is_none();
    let (reason, message) = match conflict {
        Some(Conflict { reason, name }) => (reason, format!("{} is already in use", json!(name))),
        None => ("NoConflicts", "no conflicts found".to_owned()),
    };
    conditions::set(definition, "NamesAccepted", accepted, reason, &message, now);
    if accepted {
        definition["status"]["acceptedNames"] = definition["spec"]["names"].clone();
        conditions::set(
            definition,
            "Established",
            true,
            "InitialNamesAccepted",
            "the initial names have been accepted",
            now,
        );
    } else {
        conditions::set(
            definition,
            "Established",
            false,
            "NotAccepted",
            "not all names are accepted",
            now,
        );
    }
}

/// Sorts versions as discovery shows them: `v2`, `v1`, `v1beta1`, `v1alpha1`, then by text.
pub(super) fn priority(version: &str) -> (u8, Reverse<u8>, Reverse<u64>, Reverse<u64>, String) {
    let read = || {
        let rest = version.strip_prefix('v')?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let major: u64 = rest[..digits].parse().ok()?;
        let (stage, minor) = match &rest[digits..] {
            "" => (2, 0),
            more => match (more.strip_prefix("beta"), more.strip_prefix("alpha")) {
                (Some(minor), _) => (1, minor.parse().ok()?),
                (_, Some(minor)) => (0, minor.parse().ok()?),
                _ => return None,
            },
        };
        Some((stage, major, minor))
    };
    match read() {
        Some((stage, major, minor)) => {
            (0, Reverse(stage), Reverse(major), Reverse(minor), String::new())
        }
        None => (1, Reverse(0), Reverse(0), Reverse(0), version.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_versions_come_first() {
        let mut versions = ["foo", "v1alpha1", "v1", "v2beta1", "v10", "v1beta2", "bar"];
        versions.sort_by_key(|version| priority(version));
        assert_eq!(versions, ["v10", "v1", "v2beta1", "v1beta2", "v1alpha1", "bar", "foo"]);
    }
}
