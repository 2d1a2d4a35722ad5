//! Get, list and watch.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::accept::Form;
use crate::continuation::Continuation;
use crate::failure::Failure;
use crate::kind::Kind;
use crate::list::{List, Shape};
use crate::machine::{Answer, Document, JSON, Machine, Request};
use crate::object::{self, Stored};
use crate::query::{ListOptions, VersionMatch};
use crate::route::Target;
use crate::scale;
use crate::selector::Selector;
use crate::store::Expired;
use crate::table::Printer;
use crate::watch::Watch;

impl Machine {
    pub(crate) fn get(
        &self,
        request: &Request,
        target: &Target,
        form: Form,
    ) -> Result<Document, Failure> {
        let stored = self.find(target)?;
        if target.subresource.as_deref() == Some("scale") {
            let scale = scale::of(&target.kind, &stored.value(&target.kind))?;
            return Ok(Document::new(200, &scale));
        }
        if form == Form::Table {
            let printer = Printer::new(&target.kind, &request.query)?;
            let table = printer.event(&target.kind, &stored, true, self.clock.now());
            return Ok(Document::new(200, &table));
        }
        Ok(document(&target.kind, &stored, form, 200))
    }

    pub(crate) fn read_collection(
        &self,
        request: &Request,
        target: Target,
        form: Form,
    ) -> Result<Answer, Failure> {
        let watch = target.watch || request.query.flag("watch");
        let options = ListOptions::parse(&request.query, watch)?;
        let selector = self.selector(request, &target)?;
        let kind = Arc::clone(&target.kind);
        if watch {
            let shape = match form {
                Form::Table => {
                    let printer = Printer::new(&kind, &request.query)?;
                    Shape::table(&kind, printer, self.clock.clone())
                }
                form => Shape::of(&kind, form),
            };
            return self.watch(target, selector, &options, shape).map(Answer::Watch);
        }
        let (meta, page) = self.page(&target, &selector, &options)?;
        if form == Form::Table {
            let printer = Printer::new(&kind, &request.query)?;
            let table = printer.table(&kind, meta, &page, self.clock.now());
            return Ok(Answer::Document(Document::new(200, &table)));
        }
        Ok(Answer::List(List::new(&kind, Shape::of(&kind, form), meta, page)))
    }

    /// The selectors of the query; a watched object's name becomes one.
    pub(crate) fn selector(&self, request: &Request, target: &Target) -> Result<Selector, Failure> {
        let fields = request.query.get("fieldSelector");
        let fields = match &target.name {
            Some(name) => format!("{fields},metadata.name={name}"),
            None => fields.to_owned(),
        };
        Selector::parse(&target.kind, request.query.get("labelSelector"), &fields)
    }

    /// The objects of a list or of a page of it, and its metadata.
    fn page(
        &self,
        target: &Target,
        selector: &Selector,
        options: &ListOptions,
    ) -> Result<(Value, Vec<Arc<Stored>>), Failure> {
        let kind = &target.kind;
        let version = options.version_number()?;
        let token = Continuation::parse(&options.continue_token)?;
        let current = self.store.version();
        if let Some(asked) = version.filter(|asked| *asked > current) {
            return Err(Failure::future_version(asked, current));
        }
        let at = match (&token, options.version_match, version) {
            (Some(token), _, _) => token.version.unwrap_or(current),
            (None, VersionMatch::Exact, Some(version)) => version,
            _ => current,
        };
        let prefix = target.prefix();
        let start = token.as_ref().map(|token| &*token.start).unwrap_or_default();
        let objects = self.store.scan_at(kind.shelf, &prefix, start, at);
        let objects = objects.map_err(|_| too_old(token.as_ref()))?;
        let mut objects = objects.filter(|object| selector.matches(kind, object)).cloned();
        if options.limit == 0 {
            return Ok((list_meta(at, None, None), objects.collect()));
        }
        let page: Vec<_> = objects.by_ref().take(options.limit).collect();
        let (Some(last), Some(_)) = (page.last(), objects.next()) else {
            return Ok((list_meta(at, None, None), page));
        };
        let before = token.as_ref().map_or(Some(0), |token| token.passed);
        let passed = before.map(|before| before.saturating_add(page.len()));
        // Upstream does not count what a selector may still drop.
        let remaining = selector.is_everything().then(|| {
            let all = passed.and_then(|_| self.store.count_at(kind.shelf, &prefix, at).ok());
            let counted = all.zip(passed).map(|(all, passed)| all.saturating_sub(passed).max(1));
            // A token of another server does not say how much was passed.
            counted.unwrap_or_else(|| objects.count() + 1)
        });
        let next = Continuation::after(last.key(), at).having_passed(passed).to_string();
        Ok((list_meta(at, Some(next), remaining), page))
    }

    fn watch(
        &self,
        target: Target,
        selector: Selector,
        options: &ListOptions,
        shape: Shape,
    ) -> Result<Watch, Failure> {
        let version = options.version_number()?.unwrap_or_default();
        let prefix = target.prefix();
        let from_now = version == 0 || options.send_initial_events == Some(true);
        let initial = if from_now && options.send_initial_events != Some(false) {
            let all = self.store.scan(target.kind.shelf, &prefix);
            all.filter(|object| selector.matches(&target.kind, object)).cloned().collect()
        } else {
            Vec::new()
        };
        let cursor = if from_now { self.store.version() } else { version };
        let mut watch = Watch::new(target.kind, prefix, selector, shape, cursor, initial);
        watch.mark_initial = from_now && options.bookmarks;
        watch.bookmarks = options.bookmarks;
        watch.timeout_seconds = options.timeout_seconds;
        Ok(watch)
    }

    /// A portion of the lines a watch has not seen, and the version up to which it has now: what a
    /// slow client still has to be told is in the log, and nowhere else.
    ///
    /// A watch of a kind that is no longer served as it was is over, as upstream has it.
    pub(crate) fn poll(&self, watch: &mut Watch) -> Result<Vec<Bytes>, Expired> {
        const PORTION: usize = 256;
        let mut events = self.store.since(watch.kind().shelf, watch.cursor)?;
        let mut lines = Vec::new();
        for event in events.by_ref().take(PORTION) {
            lines.extend(watch.line(event));
            watch.cursor = event.object.version;
        }
        watch.behind = events.next().is_some();
        if !watch.behind {
            watch.cursor = watch.cursor.max(self.store.version());
            watch.over = !self.registry.serves(watch.kind());
        }
        Ok(lines)
    }
}

fn too_old(token: Option<&Continuation>) -> Failure {
    let Some(token) = token else {
        return Failure::expired("The resourceVersion for the provided list is too old.");
    };
    Failure::expired_continue(&token.without_version().to_string())
}

fn list_meta(version: u64, next: Option<String>, remaining: Option<usize>) -> Value {
    let mut meta = json!({ "resourceVersion": version.to_string() });
    if let Some(next) = next {
        meta["continue"] = next.into();
    }
    if let Some(remaining) = remaining {
        meta["remainingItemCount"] = remaining.into();
    }
    meta
}

/// One object as an answer.
pub(crate) fn document(kind: &Kind, stored: &Stored, form: Form, code: u16) -> Document {
    let body = match form {
        Form::Partial => Bytes::from(partial(stored).to_string()),
        _ => {
            let head = object::head(&kind.kind, &kind.api_version());
            Bytes::from([&head[..], &stored.bare(kind)[1..]].concat())
        }
    };
    Document { code, body, warnings: Vec::new(), retry_after: None, content_type: JSON }
}

/// Only the metadata of an object.
pub(crate) fn partial(stored: &Stored) -> Value {
    partial_of(stored.resting())
}

pub(crate) fn partial_of(mut object: Value) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": object["metadata"].take(),
    })
}
