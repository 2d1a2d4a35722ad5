//! Health expressions: what a person says a kind's status means, in CEL.

use std::collections::BTreeMap;

use gotk_expr::cel::{Bindings, Environment, Program};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Error;
use crate::fields::Fields;
use crate::message::Message;
use crate::outline::Outline;
use crate::reader::StatusReader;
use crate::report::Report;
use crate::status::Status;
use crate::subject::{Subject, group};

/// The health expressions for a kind, as they stand in a Flux `Kustomization`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HealthCheck {
    /// Group and version of the kind. The version is ignored.
    pub api_version: String,
    /// The kind; empty for every kind of the group that has no check of its own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// True when an object is as it should be. Required.
    #[serde(default)]
    pub current: String,
    /// True when an object will not get there; empty for never.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub failed: String,
    /// True when an object is on its way; empty for "whenever the others do not hold".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub in_progress: String,
}

impl HealthCheck {
    /// A check with the one expression that is required; set the others on it.
    pub fn new(
        api_version: impl Into<String>,
        kind: impl Into<String>,
        current: impl Into<String>,
    ) -> Self {
        Self {
            api_version: api_version.into(),
            kind: kind.into(),
            current: current.into(),
            ..Self::default()
        }
    }
}

/// Judges objects of some kinds by health expressions instead of any other rule.
///
/// First, `status.observedGeneration` is compared with `metadata.generation` if both are integers: an
/// object whose status is about another generation is in progress. Then `inProgress`, `failed` and
/// `current` are evaluated in this order and the first that is true decides; if none is, the object is
/// in progress. The fields at the top of the object are the expressions' variables.
///
/// An expression that cannot be evaluated, say because a field is not there yet, is an
/// [`Error::NoVerdict`]: no later expression is asked, and a waiter keeps waiting. Guard with `has()`.
///
/// ```
/// use gotk_kstatus::{HealthCheck, HealthReader, Readers, Status};
/// use jiff::Timestamp;
/// use serde_json::json;
///
/// let mut check = HealthCheck::new(
///     "cert-manager.io/v1",
///     "Certificate",
///     "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')",
/// );
/// check.failed =
///     "status.conditions.filter(e, e.type == 'Issuing').all(e, e.reason == 'Failed')".into();
/// let readers = Readers::flux().prefer(HealthReader::compile(&[check])?);
///
/// let certificate = json!({
///     "apiVersion": "cert-manager.io/v1", "kind": "Certificate",
///     "status": { "conditions": [
///         { "type": "Ready", "status": "False" },
///         { "type": "Issuing", "status": "False", "reason": "Failed" },
///     ] },
/// });
/// assert_eq!(readers.judge(&certificate, Timestamp::UNIX_EPOCH).status, Status::Failed);
///
/// let young = json!({ "apiVersion": "cert-manager.io/v1", "kind": "Certificate" });
/// assert_eq!(readers.judge(&young, Timestamp::UNIX_EPOCH).status, Status::Unknown);
/// # Ok::<(), gotk_kstatus::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct HealthReader {
    /// By group and kind; an empty kind stands for the whole group.
    checks: BTreeMap<String, BTreeMap<String, Expressions>>,
}

impl HealthReader {
    /// Compiles the expressions.
    ///
    /// # Errors
    ///
    /// [`Error::NoCurrentExpression`], [`Error::BadExpression`] or [`Error::DuplicateHealthCheck`],
    /// with the position of the check. All of them are the author's to mend.
    pub fn compile(checks: &[HealthCheck]) -> Result<Self, Error> {
        let mut reader = Self { checks: BTreeMap::new() };
        for (index, check) in checks.iter().enumerate() {
            let group = group(&check.api_version).unwrap_or_default();
            let kinds = reader.checks.entry(group.to_owned()).or_default();
            if kinds.contains_key(&check.kind) {
                let dot = if group.is_empty() { "" } else { "." };
                let kind = format!("{}{dot}{group}", check.kind);
                return Err(Error::DuplicateHealthCheck { index, kind });
            }
            kinds.insert(check.kind.clone(), Expressions::compile(index, check)?);
        }
        Ok(reader)
    }

    /// The expressions for a kind: its own, or those of its whole group.
    fn expressions(&self, outline: Outline<'_>) -> Option<&Expressions> {
        let kinds = self.checks.get(outline.group)?;
        kinds.get(outline.kind).or_else(|| kinds.get(""))
    }
}

impl StatusReader for HealthReader {
    fn read<'a>(&self, object: &'a Value, _: Timestamp) -> Option<Result<Report<'a>, Error>> {
        let outline = Outline::of(object).ok()?;
        self.expressions(outline).map(|expressions| expressions.judge(outline))
    }
}

#[derive(Clone, Debug)]
struct Expressions {
    in_progress: Option<Program>,
    failed: Option<Program>,
    current: Program,
}

impl Expressions {
    fn compile(index: usize, check: &HealthCheck) -> Result<Self, Error> {
        let compile = |name: &str, text: &str| {
            Program::compile(text, &Environment::flux()).map_err(|error| Error::BadExpression {
                path: format!("healthChecks[{index}].{name}"),
                problem: error.to_string(),
            })
        };
        let optional = |name: &str, text: &str| match text {
            "" => Ok(None),
            text => compile(name, text).map(Some),
        };
        if check.current.is_empty() {
            return Err(Error::NoCurrentExpression { index });
        }
        Ok(Self {
            current: compile("current", &check.current)?,
            failed: optional("failed", &check.failed)?,
            in_progress: optional("inProgress", &check.in_progress)?,
        })
    }

    fn judge<'a>(&self, outline: Outline<'a>) -> Result<Report<'a>, Error> {
        if is_outdated(outline) {
            return Ok(decided(Status::InProgress, Some("observedGeneration")));
        }
        for (program, status, name) in [
            (self.in_progress.as_ref(), Status::InProgress, "inProgress"),
            (self.failed.as_ref(), Status::Failed, "failed"),
            (Some(&self.current), Status::Current, "current"),
        ] {
            if let Some(program) = program
                && holds(program, name, outline.object)?
            {
                return Ok(decided(status, Some(name)));
            }
        }
        Ok(decided(Status::InProgress, None))
    }
}

const fn decided<'a>(status: Status, held: Option<&'static str>) -> Report<'a> {
    Report::new(status, Message::Expression { held })
}

fn holds(program: &Program, expression: &'static str, object: &Value) -> Result<bool, Error> {
    program.evaluate_bool(Bindings::fields_of(object)).map_err(|error| Error::NoVerdict {
        subject: Subject::of(object).to_string(),
        expression,
        problem: error.to_string(),
    })
}

/// A generation of another type is the expressions' business.
fn is_outdated(outline: Outline<'_>) -> bool {
    let integer = |fields: Result<Fields<'_>, _>, key| fields.ok()?.get(key)?.as_i64();
    let current = integer(outline.metadata(), "generation");
    let observed = integer(outline.status(), "observedGeneration");
    current.zip(observed).is_some_and(|(current, observed)| current != observed)
}
