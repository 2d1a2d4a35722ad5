//! The order in which conditions are listed.

use std::cmp::{Ordering, Reverse};

use super::{Condition, READY, RECONCILING, STALLED};

/// Compares two conditions for the reader of `kubectl get`: `Stalled`, `Reconciling` and `Ready`
/// first, then the most recently observed generation, then by type.
pub fn order(a: &Condition, b: &Condition) -> Ordering {
    let rank = weight(a).cmp(&weight(b));
    rank.then_with(|| match weight(a) {
        Weight::Standard(_) => Ordering::Equal,
        Weight::Other => Reverse(a.observed_generation)
            .cmp(&Reverse(b.observed_generation))
            .then_with(|| a.r#type.cmp(&b.r#type)),
    })
}

#[derive(Eq, Ord, PartialEq, PartialOrd)]
enum Weight {
    Standard(u8),
    Other,
}

fn weight(condition: &Condition) -> Weight {
    match condition.r#type.as_str() {
        STALLED => Weight::Standard(0),
        RECONCILING => Weight::Standard(1),
        READY => Weight::Standard(2),
        _ => Weight::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::ConditionStatus;

    #[test]
    fn standard_conditions_come_first_then_new_ones_then_by_name() {
        let condition = |name: &str, generation| Condition {
            observed_generation: generation,
            ..Condition::new(name, ConditionStatus::True, "", "")
        };
        let mut conditions = [
            condition("B", 1),
            condition(READY, 1),
            condition("A", 1),
            condition("Z", 2),
            condition(RECONCILING, 2),
            condition(STALLED, 1),
        ];
        conditions.sort_by(order);
        let names = conditions.map(|condition| condition.r#type);
        assert_eq!(names, ["Stalled", "Reconciling", "Ready", "Z", "A", "B"]);
    }
}
