//! Whether the conditions a controller writes can be understood by those who wait for them.

use std::fmt;

use serde_json::Value;

use super::{
    Condition, ConditionStatus, HasConditions, ObjectConditions, READY, RECONCILING, STALLED,
};
use crate::error::{Error, Misfit};
use crate::fields::{Fields, strict_int};

/// Checks the conditions that a controller wrote against the rules of kstatus: for the tests of a
/// controller, and for `kubectl get -o json | …`.
///
/// The rules and their names are those of `conditions/check` in `fluxcd/pkg/runtime`.
///
/// ```
/// use gotk_kstatus::conditions::{Lint, LintRule};
/// use serde_json::json;
///
/// let widget = json!({
///     "kind": "Widget", "metadata": { "name": "w", "generation": 2 },
///     "status": { "observedGeneration": 1, "conditions": [
///         { "type": "Ready", "status": "True", "observedGeneration": 2, "reason": "Succeeded" },
///     ]},
/// });
/// let findings = Lint::reconciled(["BuildFailed"]).check(&widget)?;
/// assert_eq!(findings[0].rule, LintRule::Fail0007);
/// assert_eq!(
///     findings[0].to_string(),
///     "FAIL0007: Ready is True, but status.observedGeneration is behind metadata.generation",
/// );
/// # Ok::<(), gotk_kstatus::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Lint {
    /// Conditions that are bad news while `True`, the most important one first.
    abnormal: Vec<String>,
    rules: &'static [LintRule],
}

/// One rule that does not hold.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// Which.
    pub rule: LintRule,
    /// The conditions at fault, where it is about some of them.
    pub conditions: Vec<String>,
}

/// What a status has to keep. `Fail…` mislead a waiter, `Warn…` are untidy.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum LintRule {
    /// `Ready` is not `True` while bad news is.
    Fail0001,
    /// `Ready` is always there.
    Fail0002,
    /// `Ready` is `False` while `Reconciling` is `True`.
    Fail0003,
    /// `Ready` is `False` while `Stalled` is `True`.
    Fail0004,
    /// `Reconciling` and `Stalled` are not there together.
    Fail0005,
    /// The observed generation is not ahead of the object's.
    Fail0006,
    /// A ready object has observed its generation.
    Fail0007,
    /// All conditions of a ready object are about its generation.
    Fail0008,
    /// All conditions of a ready object are about the generation that its status is about.
    Fail0009,
    /// While `Ready` is not known, `Reconciling` is `True`.
    Fail0011,
    /// A ready object carries no bad news, not even as `False`.
    Warn0001,
    /// `Ready` gives reason and message of the most important bad news.
    Warn0002,
    /// `Reconciling` is removed when it is over.
    Warn0003,
    /// `Stalled` is removed when it is over.
    Warn0004,
    /// Every condition tells the generation it is about.
    Warn0005,
}

use LintRule as Rule;

impl Lint {
    /// The rules for an object whose reconciliation has ended.
    ///
    /// `abnormal` are its conditions that are bad news while `True`, by importance. `Reconciling` and
    /// `Stalled` may be among them.
    pub fn reconciled<T: Into<String>>(abnormal: impl IntoIterator<Item = T>) -> Self {
        const RULES: &[Rule] = &[
            Rule::Fail0001,
            Rule::Fail0002,
            Rule::Fail0003,
            Rule::Fail0004,
            Rule::Fail0005,
            Rule::Fail0006,
            Rule::Fail0007,
            Rule::Fail0008,
            Rule::Fail0009,
            Rule::Warn0001,
            Rule::Warn0002,
            Rule::Warn0003,
            Rule::Warn0004,
            Rule::Warn0005,
        ];
        Self { abnormal: abnormal.into_iter().map(Into::into).collect(), rules: RULES }
    }

    /// The rules for what is written in the middle of a reconciliation.
    pub const fn in_progress() -> Self {
        const RULES: &[Rule] = &[
            Rule::Fail0002,
            Rule::Fail0004,
            Rule::Fail0005,
            Rule::Fail0006,
            Rule::Fail0011,
            Rule::Warn0003,
            Rule::Warn0004,
            Rule::Warn0005,
        ];
        Self { abnormal: Vec::new(), rules: RULES }
    }

    /// What does not hold for an object, in the order of the rules.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] names the first field of the wrong type.
    pub fn check(&self, object: &Value) -> Result<Vec<Finding>, Error> {
        let conditions = ObjectConditions::read(object)?;
        let observed = observed_generation(object).map_err(|misfit| misfit.of(object))?;
        Ok(self.check_conditions(&conditions, observed))
    }

    /// As [`check`](Self::check), for an object of a type of yours and its
    /// `status.observedGeneration`, which is 0 when it has none.
    pub fn check_conditions(
        &self,
        object: &impl HasConditions,
        observed_generation: i64,
    ) -> Vec<Finding> {
        let case = Case { lint: self, object, observed: observed_generation };
        let broken = |rule: &Rule| {
            let conditions = case.broken(*rule)?;
            let conditions = conditions.into_iter().map(str::to_owned).collect();
            Some(Finding { rule: *rule, conditions })
        };
        self.rules.iter().filter_map(broken).collect()
    }
}

fn observed_generation(object: &Value) -> Result<i64, Misfit> {
    let [status] = Fields::of(Some(object)).pick(["status"]);
    let observed = Fields::strict("status", status)?.get("observedGeneration");
    Ok(strict_int("status.observedGeneration", observed)?.unwrap_or(0))
}

struct Case<'a, O> {
    lint: &'a Lint,
    object: &'a O,
    observed: i64,
}

impl<'a, O: HasConditions> Case<'a, O> {
    /// The conditions at fault, if the rule is broken.
    fn broken(&self, rule: Rule) -> Option<Vec<&'a str>> {
        let Self { object, observed, .. } = *self;
        let generation = object.generation();
        let (ready, there) = (object.condition(READY), |kind| object.condition(kind).is_some());
        let not_false = ready.is_some_and(|it| it.status != ConditionStatus::False);
        let whole = |broken: bool| broken.then(Vec::new);
        match rule {
            Rule::Fail0001 if object.is_true(READY) => self.those(|it| {
                it.status == ConditionStatus::True && self.lint.abnormal.contains(&it.r#type)
            }),
            Rule::Fail0002 => whole(ready.is_none()),
            Rule::Fail0003 => whole(object.is_true(RECONCILING) && not_false),
            Rule::Fail0004 => whole(object.is_true(STALLED) && not_false),
            Rule::Fail0005 => whole(there(RECONCILING) && there(STALLED)),
            Rule::Fail0006 => whole(observed > generation),
            Rule::Fail0007 => whole(observed < generation && object.is_ready()),
            Rule::Fail0008 if object.is_ready() => {
                self.those(|it| it.observed_generation < generation)
            }
            Rule::Fail0009 if object.is_ready() => {
                self.those(|it| it.observed_generation != observed)
            }
            Rule::Fail0011 => whole(object.is_unknown(READY) && !object.is_true(RECONCILING)),
            Rule::Warn0001 if object.is_true(READY) => some(self.abnormal()),
            Rule::Warn0002 if !object.is_true(READY) => self.other_words(),
            Rule::Warn0003 => whole(object.is_false(RECONCILING)),
            Rule::Warn0004 => whole(object.is_false(STALLED)),
            Rule::Warn0005 => self.those(|it| it.observed_generation < 1),
            _ => None,
        }
    }

    fn those(&self, at_fault: impl Fn(&Condition) -> bool) -> Option<Vec<&'a str>> {
        some(self.object.conditions().iter().filter(|it| at_fault(it)))
    }

    /// The bad news there is, by importance.
    fn abnormal(&self) -> impl Iterator<Item = &'a Condition> {
        self.lint.abnormal.iter().filter_map(|kind| self.object.condition(kind))
    }

    /// The most important bad news, if `Ready` says something else. `Reconciling` and `Stalled`
    /// have words of their own.
    fn other_words(&self) -> Option<Vec<&'a str>> {
        let (ready, worst) = (self.object.condition(READY)?, self.abnormal().next()?);
        let standard = matches!(worst.r#type.as_str(), RECONCILING | STALLED);
        let same = ready.reason == worst.reason && ready.message == worst.message;
        (!standard && !same).then(|| vec![worst.r#type.as_str()])
    }
}

/// The types of conditions, if there are any.
fn some<'a>(conditions: impl Iterator<Item = &'a Condition>) -> Option<Vec<&'a str>> {
    let types: Vec<_> = conditions.map(|condition| condition.r#type.as_str()).collect();
    (!types.is_empty()).then_some(types)
}

impl LintRule {
    /// Whether a waiter is misled. Else it is a matter of tidiness.
    pub const fn is_failure(self) -> bool {
        !matches!(
            self,
            Self::Warn0001 | Self::Warn0002 | Self::Warn0003 | Self::Warn0004 | Self::Warn0005
        )
    }

    /// Its name upstream.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fail0001 => "FAIL0001",
            Self::Fail0002 => "FAIL0002",
            Self::Fail0003 => "FAIL0003",
            Self::Fail0004 => "FAIL0004",
            Self::Fail0005 => "FAIL0005",
            Self::Fail0006 => "FAIL0006",
            Self::Fail0007 => "FAIL0007",
            Self::Fail0008 => "FAIL0008",
            Self::Fail0009 => "FAIL0009",
            Self::Fail0011 => "FAIL0011",
            Self::Warn0001 => "WARN0001",
            Self::Warn0002 => "WARN0002",
            Self::Warn0003 => "WARN0003",
            Self::Warn0004 => "WARN0004",
            Self::Warn0005 => "WARN0005",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Fail0001 => "Ready is True beside bad news",
            Self::Fail0002 => "there is no Ready condition",
            Self::Fail0003 => "Reconciling is True, but Ready is not False",
            Self::Fail0004 => "Stalled is True, but Ready is not False",
            Self::Fail0005 => "Reconciling and Stalled are both there",
            Self::Fail0006 => "status.observedGeneration is ahead of metadata.generation",
            Self::Fail0007 => {
                "Ready is True, but status.observedGeneration is behind metadata.generation"
            }
            Self::Fail0008 => "Ready is True beside conditions about an older generation",
            Self::Fail0009 => {
                "Ready is True beside conditions about another generation than status.observedGeneration"
            }
            Self::Fail0011 => "Ready is Unknown, but Reconciling is not True",
            Self::Warn0001 => "Ready is True, and conditions for bad news are still there",
            Self::Warn0002 => "Ready has not the reason and message of the most important bad news",
            Self::Warn0003 => "Reconciling is False and can be removed",
            Self::Warn0004 => "Stalled is False and can be removed",
            Self::Warn0005 => "conditions without observedGeneration",
        }
    }
}

impl fmt::Display for LintRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// `FAIL0008: Ready is True beside conditions about an older generation: Synced, Built`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.rule.sentence())?;
        for (index, kind) in self.conditions.iter().enumerate() {
            write!(f, "{}{kind}", if index == 0 { ": " } else { ", " })?;
        }
        Ok(())
    }
}
