//! Keeps the number of updaters small.

use std::collections::HashMap;

use crate::managers::{ManagedFields, Manager, Operation};

/// More updaters than this are not kept apart.
const MAX_UPDATERS: usize = 10;

/// Who the oldest updaters become.
const BUCKET: &str = "ancient-changes";

/// Joins the oldest updaters, one entry for each version, until few enough are left.
pub(super) fn cap(managed: &mut ManagedFields) {
    let is_updater = |manager: &Manager| manager.operation == Operation::Update;
    let mut updaters: Vec<_> =
        managed.entries.iter().filter(|entry| is_updater(&entry.manager)).cloned().collect();
    let mut left = updaters.len();
    if left <= MAX_UPDATERS {
        return;
    }
    updaters.sort_by_cached_key(|entry| (entry.seconds(), entry.manager.identifier()));
    let mut first_of_version: HashMap<String, Manager> = HashMap::new();
    for entry in updaters {
        if left <= MAX_UPDATERS {
            return;
        }
        let version = entry.manager.api_version.clone();
        let bucket = Manager::new(BUCKET, Operation::Update, &version);
        let Some(first) = first_of_version.get(&version) else {
            first_of_version.insert(version, entry.manager);
            continue;
        };
        if managed.get(&bucket).is_none()
            && let Some(mut taken) = managed.remove(first)
        {
            taken.manager = bucket.clone();
            managed.insert(taken);
        }
        let Some(mut joined) = managed.remove(&bucket) else { continue };
        joined.fields = joined.fields.union(&entry.fields);
        joined.time = entry.time;
        managed.remove(&entry.manager);
        managed.insert(joined);
        left -= 1;
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::managers::Entry;
    use crate::set::FieldSet;

    #[test]
    fn the_oldest_become_one_that_counts_itself() {
        let mut managed = ManagedFields::default();
        for second in 0..12 {
            let manager = Manager::new(&format!("m{second:02}"), Operation::Update, "v1");
            let fields = FieldSet::parse(&format!(r#"{{"f:f{second:02}":{{}}}}"#)).unwrap();
            let time = Timestamp::from_second(second).ok();
            managed.insert(Entry { manager, time, fields });
        }
        cap(&mut managed);
        assert_eq!(managed.len(), 10);
        let bucket = managed.get(&Manager::new(BUCKET, Operation::Update, "v1")).unwrap();
        assert_eq!(bucket.fields.to_string(), r#"{"f:f00":{},"f:f01":{},"f:f02":{}}"#);
        assert_eq!(bucket.seconds(), 2);
    }
}
