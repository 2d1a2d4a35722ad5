//! What judging costs in memory, counted.

use allocation_counter::measure;
use gotk_kstatus::{Readers, Status, compute_at};
use jiff::Timestamp;
use serde_json::Value;

use crate::cases::each;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

#[test]
fn nothing_is_allocated_for_any_object_that_can_be_judged() {
    let mut judged = [0; 6];
    each("objects.jsonl", |name, case| {
        let object = &case["object"];
        let mut status = None;
        let allocated = measure(|| status = compute_at(object, NOW).ok().map(|it| it.status));
        if let Some(status) = status {
            judged[status as usize] += 1;
            assert_eq!(allocated.count_total, 0, "{name} is {status}");
        }
    });
    assert!(judged[Status::Current as usize] > 50, "the cases cover it: {judged:?}");
    assert!(judged[Status::Failed as usize] > 10, "the cases cover it: {judged:?}");
}

#[test]
fn readers_add_nothing() {
    let readers = Readers::flux();
    each("objects.jsonl", |name, case| {
        let object: &Value = &case["object"];
        let mut current = false;
        let allocated = measure(|| {
            current = readers.read(object, NOW).is_ok_and(|it| it.status == Status::Current);
        });
        assert!(!current || allocated.count_total == 0, "{name}: {allocated:?}");
    });
}
