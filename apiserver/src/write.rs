//! Create and update: what every write goes through, whichever verb it came by.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::accept::Form;
use crate::builtin;
use crate::decode::{self, Strictness};
use crate::failure::Failure;
use crate::kind::Kind;
use crate::machine::{Document, Machine, Request};
use crate::meta;
use crate::object::{self, Stored};
use crate::owning::Writer;
use crate::protection;
use crate::query::{Write, WriteOptions};
use crate::read;
use crate::route::Target;

/// One write on its way through the server.
#[derive(Debug)]
pub(crate) struct Edit {
    pub(crate) kind: Arc<Kind>,
    pub(crate) namespace: Option<String>,
    /// Empty for the object itself.
    pub(crate) subresource: String,
    pub(crate) writer: Writer,
    pub(crate) dry_run: bool,
}

/// An object after a write, stored or as it would have been.
#[derive(Debug)]
pub(crate) enum Outcome {
    Stored(Arc<Stored>),
    Pretended(Value),
}

impl Edit {
    pub(crate) fn new(target: &Target, options: &WriteOptions, writer: Writer) -> Self {
        Self {
            kind: Arc::clone(&target.kind),
            namespace: target.namespace.clone(),
            subresource: target.subresource.clone().unwrap_or_default(),
            writer,
            dry_run: options.dry_run,
        }
    }

    /// What would have been stored, as it would have been shown.
    fn pretended(&self, mut object: Value) -> Value {
        let Some(custom) = &self.kind.custom else { return object };
        let (version, complete) = custom.rest(&mut object);
        if !complete || !custom.rests_as_shown(&version) {
            custom.show(&version, &mut object);
        }
        object
    }

    pub(crate) fn document(&self, outcome: &Outcome, form: Form, code: u16) -> Document {
        match outcome {
            Outcome::Stored(stored) => read::document(&self.kind, stored, form, code),
            Outcome::Pretended(value) if form == Form::Partial => {
                Document::new(code, &read::partial_of(value.clone()))
            }
            Outcome::Pretended(value) => Document::new(code, value),
        }
    }
}

impl Outcome {
    pub(crate) fn value(&self, kind: &Kind) -> Value {
        match self {
            Self::Stored(stored) => stored.value(kind),
            Self::Pretended(value) => value.clone(),
        }
    }
}

impl Machine {
    pub(crate) fn create(
        &mut self,
        request: &Request,
        target: &Target,
        form: Form,
    ) -> Result<Document, Failure> {
        let options = WriteOptions::parse(&request.query, Write::Create)?;
        let mut object = decode::object(&target.kind, &request.content_type, &request.body)?;
        let strictness =
            Strictness::of(options.field_validation, &request.content_type, &request.body);
        let warnings = decode::fit(&target.kind, &mut object, &strictness)?;
        decode::check_identity(target, &object)?;
        self.check_escalation(request, target, &object)?;
        let edit = Edit::new(target, &options, Writer::put(&options, &request.user_agent));
        if object["metadata"]["resourceVersion"].as_str().is_some_and(|version| !version.is_empty())
        {
            return Err(Failure::internal(
                "resourceVersion should not be set on objects to be created",
            ));
        }
        let outcome = self.insert(&edit, object)?;
        self.settle();
        Ok(edit.document(&outcome, form, 201).warning(warnings))
    }

    pub(crate) fn update(
        &mut self,
        request: &Request,
        target: &Target,
        form: Form,
    ) -> Result<Document, Failure> {
        let options = WriteOptions::parse(&request.query, Write::Update)?;
        let writer = Writer::put(&options, &request.user_agent);
        let edit = Edit::new(target, &options, writer);
        if edit.subresource == "scale" {
            return self.write_scale(&edit, target, |_| {
                decode::json(&request.content_type, &request.body)
            });
        }
        let mut object = decode::object(&target.kind, &request.content_type, &request.body)?;
        let strictness =
            Strictness::of(options.field_validation, &request.content_type, &request.body);
        let warnings = decode::fit(&target.kind, &mut object, &strictness)?;
        decode::check_identity(target, &object)?;
        self.check_escalation(request, target, &object)?;
        let (outcome, code) = match self.find(target) {
            Ok(old) => (self.replace(&edit, &old, object)?, 200),
            Err(_) if target.kind.update_creates && edit.subresource.is_empty() => {
                self.authorize_as(request, target, "create")?;
                (self.insert(&edit, object)?, 201)
            }
            Err(missing) => return Err(missing),
        };
        self.settle();
        Ok(edit.document(&outcome, form, code).warning(warnings))
    }

    /// Stores an object that is not there yet.
    pub(crate) fn insert(&mut self, edit: &Edit, mut object: Value) -> Result<Outcome, Failure> {
        let kind = &*edit.kind;
        for field in meta::SERVER_FIELDS.into_iter().chain(["selfLink", "resourceVersion"]) {
            meta::remove(&mut object, field);
        }
        if let Some(namespace) = &edit.namespace {
            meta::set(&mut object, "namespace", namespace.as_str());
        } else {
            meta::remove(&mut object, "namespace");
        }
        self.choose_name(edit, &mut object);
        self.check_namespace(edit, meta::name(&object))?;
        meta::set(&mut object, "creationTimestamp", self.clock.seconds());
        if kind.counts_generation {
            meta::set(&mut object, "generation", 1);
        }
        builtin::default(kind, &mut object);
        meta::tidy(&mut object);
        let mut object = edit.writer.create(kind, object, self.clock.now())?;
        if kind.has("status") {
            put_part(&mut object, "status", None);
        }
        if let Some(custom) = &kind.custom {
            // What is read has its defaults, and a status that nobody wrote may have one.
            custom.default(&mut object);
        }
        meta::set(&mut object, "uid", self.ids.uid());
        builtin::decide(kind, &mut object, None);
        protection::protect(kind, &mut object);
        protection::time_phase(kind, None, &mut object, &self.clock.seconds());
        if is_service(kind) {
            builtin::allocate(&mut object["spec"], &self.addresses);
        }
        decode::settle(kind, &mut object)?;
        let name = meta::name(&object).to_owned();
        let mut causes = meta::causes(kind, &object);
        causes.extend(builtin::causes(kind, &object, None));
        if !causes.is_empty() {
            return Err(Failure::invalid(kind, &name, causes));
        }
        if let Some(there) =
            self.store.get(kind.shelf, &object::key(edit.namespace.as_deref(), &name))
        {
            return Err(Failure::already_exists(kind, &name, there.deleting));
        }
        Ok(self.commit(edit, object))
    }

    /// Puts `new` in the place of `old`, as far as the subresource lets it.
    pub(crate) fn replace(
        &mut self,
        edit: &Edit,
        old: &Arc<Stored>,
        new: Value,
    ) -> Result<Outcome, Failure> {
        let kind = &*edit.kind;
        let before = old.value(kind);
        let mut new = new;
        self.check_version(edit, old, &new)?;
        if new["metadata"]["uid"].is_null() || new["metadata"]["uid"] == "" {
            meta::copy(&before, &mut new, "uid");
        }
        for field in meta::SERVER_FIELDS.into_iter().skip(1).chain(["resourceVersion", "namespace"])
        {
            meta::copy(&before, &mut new, field);
        }
        meta::remove(&mut new, "selfLink");
        isolate(kind, &edit.subresource, &before, &mut new);
        builtin::carry_over(kind, &before, &mut new);
        builtin::default(kind, &mut new);
        builtin::decide(kind, &mut new, Some(&before));
        protection::time_phase(kind, Some(&before), &mut new, &self.clock.seconds());
        if is_service(kind) {
            builtin::allocate(&mut new["spec"], &self.addresses);
        }
        decode::settle(kind, &mut new)?;
        meta::tidy(&mut new);
        if kind.counts_generation && spec_changed(kind, &before, &new) {
            let generation = before["metadata"]["generation"].as_i64().unwrap_or_default();
            meta::set(&mut new, "generation", generation.saturating_add(1));
        }
        let new =
            edit.writer.update_managed(kind, &edit.subresource, &before, new, self.clock.now())?;
        let mut causes = meta::causes(kind, &new);
        causes.extend(meta::update_causes(&before, &new));
        causes.extend(builtin::causes(kind, &new, Some(&before)));
        causes.extend(builtin::update_causes(kind, &edit.subresource, &before, &new));
        if !causes.is_empty() {
            return Err(Failure::invalid(kind, old.name(), causes));
        }
        if crate::owning::same(&before, &new) && !old.would_change(kind, &new) {
            return Ok(Outcome::Stored(Arc::clone(old)));
        }
        Ok(self.commit_update(edit, old, new))
    }

    /// Stores a changed object, or lets go of one whose last finalizer went.
    fn commit_update(&mut self, edit: &Edit, old: &Arc<Stored>, mut new: Value) -> Outcome {
        let kind = &*edit.kind;
        let leaves =
            old.deleting && meta::finalizers(&new).is_empty() && builtin::may_leave(kind, &new);
        if !leaves {
            return self.commit(edit, new);
        }
        // Upstream answers with the version the object had, the watchers get the deletion's.
        meta::set(&mut new, "resourceVersion", old.version.to_string());
        if !edit.dry_run {
            self.remove(kind, new.clone());
        }
        Outcome::Pretended(new)
    }

    fn commit(&mut self, edit: &Edit, object: Value) -> Outcome {
        if edit.dry_run {
            return Outcome::Pretended(edit.pretended(object));
        }
        Outcome::Stored(self.put(&edit.kind, object))
    }

    pub(crate) fn put(&mut self, kind: &Kind, object: Value) -> Arc<Stored> {
        self.touched.insert(kind.shelf);
        let spec = is_service(kind).then(|| object["spec"].clone());
        let stored = Stored::encode(kind, object, self.store.next_version());
        if let Some(spec) = spec {
            self.addresses.hold(stored.key(), &spec);
        }
        self.store.put(kind.shelf, stored)
    }

    /// Takes an object out; `last` is the state its watchers see at the end.
    pub(crate) fn remove(&mut self, kind: &Kind, last: Value) {
        self.touched.insert(kind.shelf);
        let last = Stored::encode(kind, last, self.store.next_version());
        if is_service(kind) {
            self.addresses.release(last.key());
        }
        self.store.remove(kind.shelf, last);
    }

    fn choose_name(&mut self, edit: &Edit, object: &mut Value) {
        let prefix = object["metadata"]["generateName"].as_str().unwrap_or_default().to_owned();
        if !meta::name(object).is_empty() || prefix.is_empty() {
            return;
        }
        // Eight tries, as upstream: the ninth name is taken as it comes and refused when it exists.
        for _ in 0..8 {
            let name = self.ids.name(&prefix);
            let taken = self
                .store
                .get(edit.kind.shelf, &object::key(edit.namespace.as_deref(), &name))
                .is_some();
            meta::set(object, "name", name);
            if !taken {
                break;
            }
        }
    }

    /// Optimistic concurrency: the request's version and uid have to be the stored ones.
    pub(crate) fn check_version(
        &self,
        edit: &Edit,
        old: &Stored,
        new: &Value,
    ) -> Result<(), Failure> {
        let kind = &*edit.kind;
        let text = |field: &str| new["metadata"][field].as_str().unwrap_or_default();
        let (uid, version) = (text("uid"), text("resourceVersion"));
        if !uid.is_empty() && uid != &*old.uid && edit.writer.is_put() {
            let why = format!(
                "StorageError: invalid object, Code: 4, Key: {}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
                kind.storage_key(old.key()),
                old.uid
            );
            return Err(Failure::conflict(kind, old.name(), &why));
        }
        if version.is_empty() {
            return match edit.writer.is_put() && kind.update_needs_version {
                true => Err(Failure::unconditional(kind, old.name())),
                false => Ok(()),
            };
        }
        let number: u64 = version.parse().map_err(|_| {
            Failure::internal(format!("strconv.ParseUint: parsing \"{version}\": invalid syntax"))
        })?;
        if number == old.version || number == 0 {
            return Ok(());
        }
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Err(Failure::conflict(kind, old.name(), why))
    }
}

fn is_service(kind: &Kind) -> bool {
    kind.is("", "Service")
}

/// Lets a write change only what its subresource is for.
fn isolate(kind: &Kind, subresource: &str, before: &Value, new: &mut Value) {
    match subresource {
        "status" => {
            let status = new.get("status").cloned();
            let managed = new["metadata"].get("managedFields").cloned();
            let wanted = new["metadata"].clone();
            *new = before.clone();
            put_part(new, "status", status);
            if kind.built_in {
                // Built-in strategies keep the spec and let annotations and the like through.
                new["metadata"] = wanted;
                meta::copy(before, new, "labels");
            }
            match managed {
                Some(managed) => meta::set(new, "managedFields", managed),
                None => meta::remove(new, "managedFields"),
            }
        }
        "finalize" => {
            let finalizers = new["spec"]["finalizers"].take();
            *new = before.clone();
            new["spec"] = match finalizers.as_array().is_some_and(|list| !list.is_empty()) {
                true => json!({ "finalizers": finalizers }),
                false => json!({}),
            };
        }
        "approval" => {
            let conditions = new["status"].get("conditions").cloned();
            let meta = new["metadata"].clone();
            *new = before.clone();
            new["metadata"] = meta;
            if let Some(conditions) = conditions {
                new["status"]["conditions"] = conditions;
            }
        }
        "ephemeralcontainers" | "resize" => {
            put_part(new, "status", before.get("status").cloned());
        }
        "" if kind.is("", "Namespace") => {
            put_part(new, "status", before.get("status").cloned());
            put_part(new, "spec", before.get("spec").cloned());
        }
        "" if kind.has("status") => put_part(new, "status", before.get("status").cloned()),
        _ => {}
    }
}

fn put_part(object: &mut Value, part: &str, value: Option<Value>) {
    if let Some(root) = object.as_object_mut() {
        match value {
            Some(value) => root.insert(part.to_owned(), value),
            None => root.remove(part),
        };
    }
}

/// Whether anything but metadata, and the status where it is a subresource, differs.
fn spec_changed(kind: &Kind, before: &Value, new: &Value) -> bool {
    let status_counts = !kind.has("status");
    let relevant = |object: &Value| -> Map<String, Value> {
        let members = object.as_object().into_iter().flatten();
        members
            .filter(|(key, _)| *key != "metadata" && (status_counts || *key != "status"))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    relevant(before) != relevant(new)
}
