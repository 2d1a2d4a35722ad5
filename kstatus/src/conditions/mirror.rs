//! Another object's `Ready` as a condition of one's own.

use super::{Condition, HasConditions, READY};

/// The `Ready` condition of `from`, renamed to `target`; `fallback` if it has none.
///
/// Status, reason, message and transition time are taken over. Setting the result on an object gives
/// it that object's generation.
pub fn mirror(
    from: &dyn HasConditions,
    target: &str,
    fallback: Option<Condition>,
) -> Option<Condition> {
    let condition = from.condition(READY).cloned().or(fallback)?;
    Some(Condition { r#type: target.to_owned(), ..condition })
}
