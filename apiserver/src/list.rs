//! A list on its way out: encoded piece by piece, as the client takes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};

use crate::accept::Form;
use crate::clock::Clock;
use crate::kind::Kind;
use crate::object::{self, Stored};
use crate::read::partial;
use crate::table::Printer;

/// How one object is written inside a list or an event.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    partial: bool,
    table: Option<Arc<Rows>>,
    kind: Arc<Kind>,
    /// `{"kind":…,"apiVersion":…,` of a whole object.
    head: Bytes,
}

/// The tables of a watch: one for each event, and headers once.
#[derive(Debug)]
struct Rows {
    printer: Printer,
    clock: Clock,
    begun: AtomicBool,
}

impl Shape {
    pub(crate) fn of(kind: &Arc<Kind>, form: Form) -> Self {
        let head = object::head(&kind.kind, &kind.api_version());
        Self { partial: form == Form::Partial, table: None, kind: Arc::clone(kind), head }
    }

    /// Events as tables.
    pub(crate) fn table(kind: &Arc<Kind>, printer: Printer, clock: Clock) -> Self {
        let begun = AtomicBool::new(false);
        let rows = Rows { printer, clock, begun };
        Self { table: Some(Arc::new(rows)), ..Self::of(kind, Form::Json) }
    }

    pub(crate) fn is_whole(&self) -> bool {
        !self.partial && self.table.is_none()
    }

    /// Writes a whole object: alone, or in an event.
    pub(crate) fn write(&self, object: &Stored, out: &mut BytesMut) {
        if let Some(rows) = &self.table {
            let headers = !rows.begun.swap(true, Ordering::Relaxed);
            let table = rows.printer.event(&self.kind, object, headers, rows.clock.now());
            out.extend_from_slice(table.to_string().as_bytes());
        } else if self.partial {
            out.extend_from_slice(partial(object).to_string().as_bytes());
        } else {
            out.extend_from_slice(&self.head);
            out.extend_from_slice(&object.bare(&self.kind)[1..]);
        }
    }

    fn write_item(&self, object: &Stored, out: &mut BytesMut) {
        // Upstream leaves the kind out of the items of built-in lists, and only there.
        if self.kind.built_in && !self.partial {
            out.extend_from_slice(&object.bare(&self.kind));
        } else {
            self.write(object, out);
        }
    }
}

/// The objects of a page, shared with the store until they are written.
#[derive(Debug)]
pub(crate) struct List {
    shape: Shape,
    items: std::vec::IntoIter<Arc<Stored>>,
    opening: Option<Bytes>,
    first: bool,
    done: bool,
}

/// How much is encoded ahead of the client.
const PIECE: usize = 64 * 1024;

impl List {
    pub(crate) fn new(kind: &Kind, shape: Shape, meta: Value, items: Vec<Arc<Stored>>) -> Self {
        let (list_kind, api_version) = if shape.partial {
            ("PartialObjectMetadataList", "meta.k8s.io/v1".to_owned())
        } else {
            (&*kind.list_kind, kind.api_version())
        };
        let (list_kind, api_version) = (json!(list_kind), json!(api_version));
        let opening = format!(
            "{{\"kind\":{list_kind},\"apiVersion\":{api_version},\"metadata\":{meta},\"items\":["
        );
        Self {
            shape,
            items: items.into_iter(),
            opening: Some(opening.into()),
            first: true,
            done: false,
        }
    }

    /// The next piece, until none is left.
    pub(crate) fn next_piece(&mut self) -> Option<Bytes> {
        if self.done {
            return None;
        }
        let mut piece = BytesMut::from(self.opening.take().unwrap_or_default());
        while piece.len() < PIECE {
            let Some(item) = self.items.next() else {
                piece.extend_from_slice(b"]}");
                self.done = true;
                break;
            };
            if !std::mem::take(&mut self.first) {
                piece.extend_from_slice(b",");
            }
            self.shape.write_item(&item, &mut piece);
        }
        Some(piece.freeze())
    }
}
