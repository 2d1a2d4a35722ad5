//! The server without its sockets: a request in, an answer out, and the state between.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use serde_json::Value;

use crate::accept::{self, Form};
use crate::builtin::Addresses;
use crate::clock::Clock;
use crate::decode;
use crate::discovery;
use crate::failure::Failure;
use crate::identity::User;
use crate::ids::Ids;
use crate::list::List;
use crate::meta;
use crate::object::Stored;
use crate::openapi;
use crate::query::{Query, Write, WriteOptions};
use crate::registry::Registry;
use crate::route::{NoRoute, Route, Target, route};
use crate::simulate::Simulator;
use crate::store::Store;
use crate::watch::Watch;

/// A request, with what the core reads of it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) accept: String,
    pub(crate) content_type: String,
    pub(crate) user_agent: String,
    /// Whom the credentials name.
    pub(crate) user: User,
    /// A token that may be one of ours.
    pub(crate) token: String,
    pub(crate) body: Bytes,
}

/// What goes back.
#[derive(Debug)]
pub(crate) enum Answer {
    Text(u16, &'static str),
    Document(Document),
    List(List),
    Watch(Watch),
}

impl Answer {
    /// The code it goes out with.
    pub(crate) fn code(&self) -> u16 {
        match self {
            Self::Text(code, _) => *code,
            Self::Document(document) => document.code,
            Self::List(_) | Self::Watch(_) => 200,
        }
    }
}

/// A JSON document and what its headers say.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) code: u16,
    pub(crate) body: Bytes,
    pub(crate) warnings: Vec<String>,
    pub(crate) retry_after: Option<u32>,
    pub(crate) content_type: &'static str,
}

pub(crate) const JSON: &str = "application/json";

/// By this clients tell which of the two discoveries they were given.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

impl Document {
    pub(crate) fn new(code: u16, value: &Value) -> Self {
        Self {
            code,
            body: Bytes::from(value.to_string()),
            warnings: Vec::new(),
            retry_after: None,
            content_type: JSON,
        }
    }

    /// The same document with warnings beside it.
    pub(crate) fn warning(mut self, warnings: Vec<String>) -> Self {
        self.warnings = warnings;
        self
    }
}

impl From<Failure> for Document {
    fn from(failure: Failure) -> Self {
        Self { retry_after: failure.retry_after(), ..Self::new(failure.code, &failure.value()) }
    }
}

/// What the machine does beside answering.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    /// Deletes what has lost its owners, and honours foreground and orphan deletion.
    pub(crate) collect_garbage: bool,
    /// Empties terminating namespaces and lets them go.
    pub(crate) empty_namespaces: bool,
    /// Lets go of deleted claims and volumes that nothing uses.
    pub(crate) release_volumes: bool,
    /// Gives each namespace its service account and the server's certificates.
    pub(crate) service_accounts: bool,
    /// Moves workloads to ready, so long after they were made.
    pub(crate) simulate: Option<Duration>,
}

/// The state of the server.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) registry: Registry,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) habits: Habits,
    pub(crate) address: String,
    pub(crate) simulator: Option<Simulator>,
    /// What services have.
    pub(crate) addresses: Addresses,
    /// The tokens given out, and whose they are.
    pub(crate) tokens: HashMap<String, User>,
    /// Shelves written to since [`take_touched`](Self::take_touched).
    pub(crate) touched: BTreeSet<usize>,
}

impl Machine {
    pub(crate) fn new(
        clock: Clock,
        ids: Ids,
        habits: Habits,
        history: usize,
        address: String,
    ) -> Self {
        let registry = Registry::built_in();
        let mut store = Store::new(history);
        store.reserve(registry.shelves());
        let touched = BTreeSet::new();
        let simulator = habits.simulate.map(Simulator::new);
        let tokens = HashMap::new();
        let addresses = Addresses::default();
        let mut machine = Self {
            registry,
            store,
            clock,
            ids,
            habits,
            address,
            simulator,
            addresses,
            tokens,
            touched,
        };
        machine.create_first_namespaces();
        if habits.simulate.is_some() {
            machine.create_node();
        }
        machine.create_first_roles();
        machine.settle();
        machine
    }

    pub(crate) fn answer(&mut self, request: &Request) -> Answer {
        self.catch_up();
        let known = match self.tokens.get(&request.token) {
            Some(user) if request.user.is_master() => {
                &Request { user: user.clone(), ..request.clone() }
            }
            _ => request,
        };
        self.try_answer(known).unwrap_or_else(|failure| Answer::Document(failure.into()))
    }

    /// The name of whoever sends a request.
    pub(crate) fn who(&self, request: &Request) -> String {
        let known = self.tokens.get(&request.token).filter(|_| request.user.is_master());
        known.unwrap_or(&request.user).name.clone()
    }

    fn try_answer(&mut self, request: &Request) -> Result<Answer, Failure> {
        let route = match route(&self.registry, &request.path) {
            Ok(route) => route,
            Err(NoRoute::Page) => return Ok(Answer::Text(404, "404 page not found\n")),
            Err(NoRoute::Resource) => return Err(Failure::no_such_resource()),
        };
        match route {
            Route::Target(target) => self.serve(request, target),
            route if matches!(request.method, Method::GET | Method::HEAD) => {
                self.document(&route, accept::form(&request.accept)?)
            }
            _ => Err(Failure::method_not_allowed()),
        }
    }

    fn document(&self, route: &Route, form: Form) -> Result<Answer, Failure> {
        let registry = &self.registry;
        let aggregated = form == Form::Aggregated;
        let document = match route {
            Route::Health => return Ok(Answer::Text(200, "ok")),
            Route::Version => Some(discovery::version()),
            Route::Legacy if aggregated => Some(discovery::aggregated(registry, true)),
            Route::Groups if aggregated => Some(discovery::aggregated(registry, false)),
            Route::Legacy => Some(discovery::legacy(&self.address)),
            Route::Groups => Some(discovery::groups(registry)),
            Route::Group(group) => discovery::group(registry, group),
            Route::GroupVersion(group, version) => discovery::resources(registry, group, version),
            Route::OpenApi => Some(openapi::index(registry)),
            Route::OpenApiOf(group, version) => openapi::document(registry, group, version),
            Route::Target(_) => None,
        };
        let document = document.ok_or_else(Failure::no_such_resource)?;
        let mut document = Document::new(200, &document);
        if aggregated && matches!(route, Route::Legacy | Route::Groups) {
            document.content_type = AGGREGATED;
        }
        Ok(Answer::Document(document))
    }

    fn serve(&mut self, request: &Request, target: Target) -> Result<Answer, Failure> {
        self.authorize(request, &target)?;
        let form = accept::form(&request.accept)?;
        if target.kind.posted {
            return self.serve_posted(request, target).map(Answer::Document);
        }
        if target.kind.told {
            return self.serve_components(request, &target, form).map(Answer::Document);
        }
        if let Some(answer) = self.connect(request, &target)? {
            return Ok(answer);
        }
        if target.kind.custom.as_ref().is_some_and(|custom| custom.needs_webhook) {
            return Err(Failure::no_conversion(&target.kind));
        }
        let on_object = target.name.is_some() && !target.watch;
        let finalize = target.subresource.as_deref() == Some("finalize");
        match (&request.method, on_object) {
            (&Method::GET | &Method::HEAD, true) if !finalize => {
                self.get(request, &target, form).map(Answer::Document)
            }
            (&Method::GET | &Method::HEAD, false) => self.read_collection(request, target, form),
            (&Method::PUT, true) => self.update(request, &target, form).map(Answer::Document),
            (&Method::PATCH, true) => self.patch(request, &target, form).map(Answer::Document),
            (&Method::POST, true) if target.subresource.is_some() => {
                self.post_to(request, &target).map(Answer::Document)
            }
            (&Method::POST, false) if target.namespace.is_some() == target.kind.namespaced() => {
                self.create(request, &target, form).map(Answer::Document)
            }
            (&Method::DELETE, true) if target.subresource.is_none() => {
                self.delete(request, &target, form).map(Answer::Document)
            }
            (&Method::DELETE, false) if target.kind.verbs().contains(&"deletecollection") => {
                self.delete_collection(request, &target, form)
            }
            _ => Err(Failure::method_not_allowed()),
        }
    }

    fn serve_posted(&mut self, request: &Request, target: Target) -> Result<Document, Failure> {
        let collection =
            target.name.is_none() && target.namespace.is_some() == target.kind.namespaced();
        if request.method != Method::POST || !collection {
            return Err(Failure::method_not_allowed());
        }
        if !target.kind.is("", "Binding") {
            return self.review(request, &target);
        }
        // A binding names its pod in itself.
        let binding = decode::object(&target.kind, &request.content_type, &request.body)?;
        let kind = self.registry.find("", "v1", "pods").ok_or_else(Failure::no_such_resource)?;
        let name = Some(meta::name(&binding).to_owned());
        let pod = Target { kind, name, ..target };
        let options = WriteOptions::parse(&request.query, Write::Create)?;
        self.bind(request, &pod, &options)
    }

    /// What a kubelet would answer: there is none.
    fn connect(&self, request: &Request, target: &Target) -> Result<Option<Answer>, Failure> {
        const CONNECTING: [&str; 5] = ["attach", "exec", "log", "portforward", "proxy"];
        let Some(subresource) = target.subresource.as_deref().filter(|s| CONNECTING.contains(s))
        else {
            return Ok(None);
        };
        let found = self.find(target)?;
        let node = found.field(&target.kind, "spec.nodeName").unwrap_or_default();
        if target.kind.is("", "Pod") && node.is_empty() {
            return Err(Failure::no_host(found.name()));
        }
        if subresource == "log" && request.method == Method::GET {
            return Ok(Some(Answer::Text(200, "")));
        }
        Err(Failure::internal(format!(
            "dial tcp: {subresource} needs a node, and this server has none"
        )))
    }

    /// The object a target names.
    pub(crate) fn find(&self, target: &Target) -> Result<Arc<Stored>, Failure> {
        let name = target.name.as_deref().unwrap_or_default();
        let key = crate::object::key(target.namespace.as_deref(), name);
        let found = self.store.get(target.kind.shelf, &key);
        found.cloned().ok_or_else(|| Failure::not_found(&target.kind, name))
    }

    /// The shelves that have news for their watchers.
    pub(crate) fn take_touched(&mut self) -> BTreeSet<usize> {
        std::mem::take(&mut self.touched)
    }
}
