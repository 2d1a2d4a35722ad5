//! A plan as a person reads it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use gotk_merge::{Gvk, Live, ObjectType, OneShape, Preview, Schema};
use jiff::Timestamp;
use tokio::sync::Mutex;

use super::Plan;
use crate::cluster::Endpoint;
use crate::{Action, Change, Error, FieldChange, ObjectId};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = f.alternate();
        let shown = |change: &&Change| all || change.action.is_change() || !change.notes.is_empty();
        for change in self.changes().filter(shown) {
            write_change(f, change)?;
        }
        let counts =
            [Action::Create, Action::Configure, Action::Keep, Action::Skip].map(|action| {
                let count = self.changes().filter(|change| change.action == action).count();
                format!("{count} {action}")
            });
        writeln!(f, "{}", counts.join(", "))
    }
}

fn write_change(f: &mut fmt::Formatter<'_>, change: &Change) -> fmt::Result {
    let sign = match change.action {
        Action::Create => '+',
        Action::Configure => '~',
        Action::Delete => '-',
        Action::Keep | Action::Skip => ' ',
    };
    write!(f, "{sign} {change}")?;
    if !change.notes.is_empty() {
        let notes: Vec<String> = change.notes.iter().map(ToString::to_string).collect();
        write!(f, " ({})", notes.join("; "))?;
    }
    writeln!(f)?;
    change.fields.iter().try_for_each(|field| write_field(f, field))
}

fn write_field(f: &mut fmt::Formatter<'_>, field: &FieldChange) -> fmt::Result {
    let path = &field.path;
    match (&field.before, &field.after) {
        (Some(before), Some(after)) => writeln!(f, "    ~ {path}: {before} -> {after}"),
        (None, Some(after)) => writeln!(f, "    + {path}: {after}"),
        (Some(before), None) => writeln!(f, "    - {path}: {before}"),
        (None, None) => Ok(()),
    }
}

pub(super) async fn explain(plan: &Plan, object: &ObjectId) -> Result<Preview, Error> {
    let item = plan.items.iter().find(|item| item.id() == object);
    let Some((item, desired)) = item.and_then(|item| Some((item, item.desired.as_ref()?))) else {
        return Err(Error::object_problem(object, "is not changed by this plan"));
    };
    let gvk = Gvk::of(desired);
    let live = plan.applier.cluster.find(&item.path()).await;
    let live = live.map_err(|error| Error::refused(object, "read", error))?;
    let live = live.map_or_else(|| Live::absent(&gvk), Live::new);
    let of = schema(plan, &item.endpoint, &gvk).await.unwrap_or_else(ObjectType::deduced);
    let versions = OneShape::new(&gvk.api_version(), of);
    let manager = gotk_merge::FieldManager::new(gvk, &versions);
    let preview = manager.preview(&live, desired, plan.applier.manager.as_str(), Timestamp::now());
    preview.map_err(|error| Error::object_problem(object, error.to_string()))
}

/// Schemas of custom kinds, by kind and version; none where a definition cannot be read.
#[derive(Default)]
pub(super) struct Schemas(Mutex<HashMap<String, Option<ObjectType>>>);

/// The schema of a kind: built in, or from its definition.
async fn schema(plan: &Plan, endpoint: &Endpoint, gvk: &Gvk) -> Option<ObjectType> {
    let Gvk { group, version, kind, .. } = gvk;
    if let Some(of) = Schema::builtin().kind(group, version, kind) {
        return Some(of);
    }
    let name = format!("{}.{group}", endpoint.resource.plural);
    let mut known = plan.schemas.0.lock().await;
    if let Some(of) = known.get(&format!("{name}/{version}")) {
        return of.clone();
    }
    let path = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}");
    let definition = plan.applier.cluster.get(&path).await.ok();
    let schema = definition.and_then(|it| Schema::from_crd(&it, version).ok()).map(Arc::new);
    let of = schema.and_then(|schema| schema.kind(group, version, kind));
    known.insert(format!("{name}/{version}"), of.clone());
    of
}
