//! One client's view of a shelf's log.
//!
//! A watch holds a version and no queue: it reads the log when it can. One that falls behind
//! the log's end is told so (`410` in the stream) and costs no memory meanwhile.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use serde_json::json;

use crate::failure::Failure;
use crate::kind::Kind;
use crate::list::Shape;
use crate::object::Stored;
use crate::selector::Selector;
use crate::store::{Change, Event, Expired};

/// What a watch still has to tell, and how.
#[derive(Debug)]
pub(crate) struct Watch {
    kind: Arc<Kind>,
    prefix: String,
    selector: Selector,
    shape: Shape,
    /// The version up to which the client knows everything.
    pub(crate) cursor: u64,
    initial: Vec<Arc<Stored>>,
    /// Whether the end of the initial objects is marked by a bookmark.
    pub(crate) mark_initial: bool,
    pub(crate) bookmarks: bool,
    pub(crate) timeout_seconds: Option<u64>,
    /// Whether there is more to tell already.
    pub(crate) behind: bool,
    /// Whether there is nothing more to tell, ever.
    pub(crate) over: bool,
}

impl Watch {
    pub(crate) fn new(
        kind: Arc<Kind>,
        prefix: String,
        selector: Selector,
        shape: Shape,
        cursor: u64,
        initial: Vec<Arc<Stored>>,
    ) -> Self {
        Self {
            kind,
            prefix,
            selector,
            shape,
            cursor,
            initial,
            mark_initial: false,
            bookmarks: false,
            timeout_seconds: None,
            behind: false,
            over: false,
        }
    }

    pub(crate) fn kind(&self) -> &Arc<Kind> {
        &self.kind
    }

    /// The objects that were there at the start, taken out in portions.
    pub(crate) fn next_initial(&mut self) -> Option<Bytes> {
        if self.initial.is_empty() {
            return std::mem::take(&mut self.mark_initial).then(|| self.bookmark(true));
        }
        let portion = self.initial.drain(..self.initial.len().min(64));
        let mut lines = BytesMut::new();
        for object in portion {
            write_line(&self.shape, Change::Added, &object, &mut lines);
        }
        Some(lines.freeze())
    }

    /// The line for `event`, if this watch is to see it.
    pub(crate) fn line(&self, event: &Event) -> Option<Bytes> {
        if !event.object.key().starts_with(&*self.prefix) {
            return None;
        }
        let matched =
            event.before.as_ref().is_some_and(|before| self.selector.matches(&self.kind, before));
        let matches =
            event.change != Change::Deleted && self.selector.matches(&self.kind, &event.object);
        let change = match (matched, matches) {
            (false, false) => return None,
            (false, true) => Change::Added,
            (true, true) => Change::Modified,
            (true, false) => Change::Deleted,
        };
        if change == event.change && self.shape.is_whole() {
            return Some(event.line(&self.kind, || self.encode(change, &event.object)));
        }
        match &event.before {
            // The object left the selection: the client gets the state it knew, at the new version.
            Some(before) if change == Change::Deleted && event.change != Change::Deleted => {
                let last =
                    Stored::encode(&self.kind, before.value(&self.kind), event.object.version);
                Some(self.encode(change, &last))
            }
            _ => Some(self.encode(change, &event.object)),
        }
    }

    fn encode(&self, change: Change, object: &Stored) -> Bytes {
        let mut line = BytesMut::new();
        write_line(&self.shape, change, object, &mut line);
        line.freeze()
    }

    /// Tells the client how far it is.
    pub(crate) fn bookmark(&self, initial_events_end: bool) -> Bytes {
        let mut metadata = json!({ "resourceVersion": self.cursor.to_string() });
        if initial_events_end {
            metadata["annotations"] = json!({ "k8s.io/initial-events-end": "true" });
        }
        let (kind, api_version) = if self.shape.is_whole() {
            (&*self.kind.kind, self.kind.api_version())
        } else {
            ("PartialObjectMetadata", "meta.k8s.io/v1".to_owned())
        };
        let object = json!({ "kind": kind, "apiVersion": api_version, "metadata": metadata });
        Bytes::from(format!("{}\n", json!({ "type": "BOOKMARK", "object": object })))
    }

    /// The last line of a watch whose version is forgotten.
    pub(crate) fn expired(&self, expired: &Expired) -> Bytes {
        let message = format!("too old resource version: {} ({})", self.cursor, expired.oldest);
        let status = Failure::expired(message).value();
        Bytes::from(format!("{}\n", json!({ "type": "ERROR", "object": status })))
    }
}

fn write_line(shape: &Shape, change: Change, object: &Stored, out: &mut BytesMut) {
    let name = match change {
        Change::Added => "ADDED",
        Change::Modified => "MODIFIED",
        Change::Deleted => "DELETED",
    };
    out.extend_from_slice(format!("{{\"type\":\"{name}\",\"object\":").as_bytes());
    shape.write(object, out);
    out.extend_from_slice(b"}\n");
}
