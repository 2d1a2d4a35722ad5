//! Fields that two managers want to have different.

use std::fmt;

use serde_json::{Value, json};

use crate::go;
use crate::managers::{Manager, Operation};
use crate::path::Path;

/// One field that another manager owns and the configuration would change.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Conflict {
    /// Who owns it.
    pub manager: Manager,
    /// Since when, where it is known. The API server's message does not tell.
    pub time: Option<jiff::Timestamp>,
    /// Which field.
    pub path: Path,
}

/// All conflicts of one apply, by manager and then by field.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Conflicts(pub(crate) Vec<Conflict>);

impl Conflicts {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Conflict> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The `causes` of the API server's answer.
    pub fn causes(&self) -> Vec<Value> {
        let cause = |conflict: &Conflict| {
            json!({
                "reason": "FieldManagerConflict",
                "message": format!("conflict with {}", Owner(&conflict.manager)),
                "field": conflict.path.to_string(),
            })
        };
        self.iter().map(cause).collect()
    }

    pub(crate) fn sort(&mut self) {
        // Stable: the fields of a manager come in the order of its set.
        self.0.sort_by_cached_key(|conflict| conflict.manager.identifier());
    }
}

/// A manager as conflict messages call it.
struct Owner<'m>(&'m Manager);

impl fmt::Display for Owner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&go::quote(&self.0.name))?;
        if !self.0.subresource.is_empty() {
            write!(f, " with subresource {}", go::quote(&self.0.subresource))?;
        }
        if self.0.operation == Operation::Update {
            write!(f, " using {}", self.0.api_version)?;
        }
        Ok(())
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "conflict with {}: {}", Owner(&self.manager), self.path)
    }
}

impl fmt::Display for Conflicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = &self.0[..] {
            return write!(f, "Apply failed with 1 conflict: {only}");
        }
        write!(f, "Apply failed with {} conflicts: ", self.0.len())?;
        for (index, group) in self.0.chunk_by(|a, b| a.manager == b.manager).enumerate() {
            let newline = if index > 0 { "\n" } else { "" };
            write!(f, "{newline}conflicts with {}:", Owner(&group[0].manager))?;
            group.iter().try_for_each(|conflict| write!(f, "\n- {}", conflict.path))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conflict(manager: &str, operation: Operation, path: &str) -> Conflict {
        let manager = Manager {
            name: manager.to_owned(),
            operation,
            api_version: "apps/v1".to_owned(),
            subresource: String::new(),
        };
        Conflict { manager, time: None, path: Path::parse(path).unwrap() }
    }

    #[test]
    fn one_conflict_is_one_line() {
        let conflicts = Conflicts(vec![conflict("hpa", Operation::Update, "spec.replicas")]);
        assert_eq!(
            conflicts.to_string(),
            "Apply failed with 1 conflict: conflict with \"hpa\" using apps/v1: .spec.replicas"
        );
        assert_eq!(conflicts.causes()[0]["message"], "conflict with \"hpa\" using apps/v1");
    }

    #[test]
    fn several_are_listed_by_manager() {
        let mut conflicts = Conflicts(vec![
            conflict("b", Operation::Apply, "spec.x"),
            conflict("a", Operation::Apply, "spec.z"),
            conflict("b", Operation::Apply, "spec.a"),
        ]);
        conflicts.sort();
        assert_eq!(
            conflicts.to_string(),
            "Apply failed with 3 conflicts: conflicts with \"a\":\n- .spec.z\nconflicts with \"b\":\n- .spec.x\n- .spec.a"
        );
    }
}
