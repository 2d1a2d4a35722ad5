//! The requests that are priced.

use http::Request;
use serde_json::json;

use crate::Error;
use crate::objects::{self, Body, Kind};

/// One kind of request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    kind: Kind,
    ask: Ask,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Get,
    GetCached,
    DryRunUnchanged,
    DryRunChanged,
    ApplyUnchanged,
    ApplyChanged,
    DryRunNew,
    ApplyNew,
    StatusChanged,
    StatusEmpty,
    List,
    ListCached,
    ListMetadata,
    ListLabel,
    ListLabelCached,
    Event,
    Discovery,
}

const OF_EACH_KIND: [Ask; 8] = [
    Ask::Get,
    Ask::GetCached,
    Ask::DryRunUnchanged,
    Ask::DryRunChanged,
    Ask::ApplyUnchanged,
    Ask::ApplyChanged,
    Ask::DryRunNew,
    Ask::ApplyNew,
];

const OF_ONE_KIND: [(Kind, Ask); 10] = [
    (Kind::App, Ask::StatusChanged),
    (Kind::App, Ask::StatusEmpty),
    (Kind::Deployment, Ask::StatusChanged),
    (Kind::Deployment, Ask::List),
    (Kind::Deployment, Ask::ListCached),
    (Kind::Deployment, Ask::ListMetadata),
    (Kind::Deployment, Ask::ListLabel),
    (Kind::Deployment, Ask::ListLabelCached),
    (Kind::Deployment, Ask::Event),
    (Kind::Deployment, Ask::Discovery),
];

impl Row {
    pub(crate) fn all() -> Vec<Self> {
        let each = Kind::ALL.into_iter().flat_map(|kind| OF_EACH_KIND.map(|ask| (kind, ask)));
        each.chain(OF_ONE_KIND).map(|(kind, ask)| Self { kind, ask }).collect()
    }

    pub(crate) fn change_of(kind: Kind) -> Self {
        Self { kind, ask: Ask::ApplyChanged }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn name(&self) -> String {
        let kind = format!("{:?}", self.kind);
        match self.ask {
            Ask::Get => format!("GET {kind}"),
            Ask::GetCached => format!("GET {kind}, resourceVersion=0"),
            Ask::DryRunUnchanged => format!("dry-run apply of an unchanged {kind}"),
            Ask::DryRunChanged => format!("dry-run apply of a changed {kind}"),
            Ask::ApplyUnchanged => format!("apply of an unchanged {kind}"),
            Ask::ApplyChanged => format!("apply of a changed {kind}"),
            Ask::DryRunNew => format!("dry-run apply of a new {kind}"),
            Ask::ApplyNew => format!("apply of a new {kind}"),
            Ask::StatusChanged => format!("merge patch of the status of {kind}, changed"),
            Ask::StatusEmpty => format!("merge patch of the status of {kind}, `{{}}`"),
            Ask::List => format!("LIST 200 {kind}s"),
            Ask::ListCached => format!("LIST 200 {kind}s, resourceVersion=0"),
            Ask::ListMetadata => format!("LIST the metadata of 200 {kind}s"),
            Ask::ListLabel => format!("LIST {kind}s by label, 1 of 200"),
            Ask::ListLabelCached => format!("LIST {kind}s by label, 1 of 200, resourceVersion=0"),
            Ask::Event => "POST Event".to_owned(),
            Ask::Discovery => "GET /apis, aggregated".to_owned(),
        }
    }

    /// Whether the objects on stock have been applied anew afterwards.
    pub(crate) fn applies_anew(&self) -> bool {
        matches!(self.ask, Ask::ApplyChanged)
    }

    /// Whether the objects on stock are others afterwards.
    pub(crate) fn changes_stock(&self) -> bool {
        matches!(self.ask, Ask::ApplyChanged | Ask::StatusChanged)
    }

    /// The request. `now` is the serial of the objects on stock, `serial` one that was never used.
    pub(crate) fn request(&self, number: u32, now: u64, serial: u64) -> Result<Body, Error> {
        let kind = self.kind;
        let list = |query: &str| format!("{}{query}", kind.path("stock"));
        let label = format!("labelSelector=app.kubernetes.io%2Fname%3D{}", objects::name(number));
        match self.ask {
            Ask::Get => kind.get(number, ""),
            Ask::GetCached => kind.get(number, "?resourceVersion=0"),
            Ask::DryRunUnchanged => kind.apply(number, now, "&dryRun=All"),
            Ask::DryRunChanged => kind.apply(number, serial, "&dryRun=All"),
            Ask::ApplyUnchanged => kind.apply(number, now, ""),
            Ask::ApplyChanged => kind.apply(number, serial, ""),
            Ask::DryRunNew => kind.apply_new(number, serial, "&dryRun=All"),
            Ask::ApplyNew => kind.apply_new(number, serial, ""),
            Ask::StatusChanged => kind.patch_status(number, &kind.status(serial)),
            Ask::StatusEmpty => kind.patch_status(number, &json!({})),
            Ask::List => get(&list("")),
            Ask::ListCached => get(&list("?resourceVersion=0")),
            Ask::ListMetadata => get_as(
                &list(""),
                "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
            ),
            Ask::ListLabel => get(&list(&format!("?{label}"))),
            Ask::ListLabelCached => get(&list(&format!("?{label}&resourceVersion=0"))),
            Ask::Event => event(number, serial),
            Ask::Discovery => get_as(
                "/apis",
                "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
            ),
        }
    }
}

fn get(path: &str) -> Result<Body, Error> {
    Ok(Request::get(path).body(Vec::new())?)
}

fn get_as(path: &str, accept: &str) -> Result<Body, Error> {
    Ok(Request::get(path).header("Accept", accept).body(Vec::new())?)
}

fn event(number: u32, serial: u64) -> Result<Body, Error> {
    let name = objects::name(number);
    let about = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "namespace": "new", "name": name,
    });
    let event = json!({
        "apiVersion": "v1", "kind": "Event", "metadata": { "name": format!("{name}.{serial}") },
        "involvedObject": about,
        "reason": "ReconciliationSucceeded", "type": "Normal", "source": { "component": "prices" },
        "message": "Reconciliation finished in 1.2s, next run in 10m0s",
    });
    objects::post("/api/v1/namespaces/new/events", &event)
}
