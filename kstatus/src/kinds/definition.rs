//! `CustomResourceDefinition`: names accepted and served.

use crate::compute::Case;
use crate::message::Message;
use crate::report::Report;
use crate::reported::ReportedCondition;

pub(super) fn judge<'a>(case: &Case<'a, '_>) -> Report<'a> {
    let decided = case.conditions.iter().find_map(verdict);
    decided.unwrap_or(Report::in_progress(Message::DefinitionInstalling))
}

fn verdict(condition: ReportedCondition<'_>) -> Option<Report<'_>> {
    let ReportedCondition { kind, status, reason, message, .. } = condition;
    match (kind, status) {
        ("NamesAccepted", "False") => Some(Report::failed(Message::Reported { reason, message })),
        ("Established", "False") if reason != "Installing" => {
            Some(Report::failed(Message::Reported { reason, message }))
        }
        ("Established", "True") => Some(Report::current(Message::DefinitionEstablished)),
        _ => None,
    }
}
