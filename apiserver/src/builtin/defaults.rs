//! The table of plain defaults; what depends on other fields is in the files of the kinds.

use std::sync::LazyLock;

use serde_json::Value;

use super::paths;
use crate::kind::Kind;

struct Default {
    group: &'static str,
    kind: &'static str,
    path: &'static str,
    value: Value,
    /// Whether zero is as good as nothing.
    for_zero: bool,
}

static TABLE: LazyLock<Vec<Default>> = LazyLock::new(|| {
    let lines = include_str!("defaults.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(read).collect()
});

fn read(line: &'static str) -> Option<Default> {
    let mut columns = line.splitn(4, ' ');
    let (group, kind, path) = (columns.next()?, columns.next()?, columns.next()?);
    let value = columns.next()?;
    let (for_zero, value) = value.strip_prefix("0=").map_or((false, value), |value| (true, value));
    let group = if group == "-" { "" } else { group };
    Some(Default { group, kind, path, value: serde_json::from_str(value).ok()?, for_zero })
}

pub(super) fn fill(kind: &Kind, object: &mut Value) {
    for default in TABLE.iter().filter(|it| kind.is(it.group, it.kind)) {
        paths::each_mut(object, default.path, &mut |parent, name| {
            let missing = match &parent[name] {
                Value::Null => true,
                Value::String(text) => text.is_empty(),
                Value::Number(number) => default.for_zero && number.as_i64() == Some(0),
                _ => false,
            };
            if missing {
                parent[name] = default.value.clone();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::registry::Registry;

    #[test]
    fn every_line_is_read_and_of_a_kind_that_is_served() {
        let text = include_str!("defaults.txt");
        assert_eq!(TABLE.len(), text.lines().filter(|line| !line.starts_with('#')).count());
        let registry = Registry::built_in();
        for default in TABLE.iter() {
            assert!(registry.iter().any(|k| k.is(default.group, default.kind)), "{}", default.kind);
        }
    }

    #[test]
    fn what_is_given_stays() {
        let kind = Registry::built_in().find("storage.k8s.io", "v1", "storageclasses").unwrap();
        let mut class = json!({ "reclaimPolicy": "Retain" });
        fill(&kind, &mut class);
        assert_eq!(class, json!({ "reclaimPolicy": "Retain", "volumeBindingMode": "Immediate" }));
    }
}
