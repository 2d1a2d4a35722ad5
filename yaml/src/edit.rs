//! Changes to a text that touch no other byte.

mod find;
mod insert;
mod replace;

use serde_json::Value;

use crate::document::Document;
use crate::error::Error;
use crate::json;
use crate::read;
use crate::token::Quoting;

/// Sets values in a text: comments, quotes, indentation, blank lines and line ends stay.
///
/// A value is named by its document and a JSON pointer (RFC 6901). Scalars are replaced in the
/// style they have, as far as the new value allows; a key that is missing is added at the end of
/// its mapping.
///
/// ```
/// use gotk_yaml::Edit;
/// use serde_json::json;
///
/// let text = "spec:\n    image: 'shop:1.0'   # pinned\n\n    replicas: 2\n";
/// let mut edit = Edit::new(text)?;
/// edit.set(0, "/spec/image", &json!("shop:1.1"))?;
/// edit.set(0, "/spec/paused", &json!(true))?;
/// assert_eq!(
///     edit.finish()?,
///     "spec:\n    image: 'shop:1.1'   # pinned\n\n    replicas: 2\n    paused: true\n",
/// );
/// # Ok::<(), gotk_yaml::Error>(())
/// ```
///
/// # Guarantees
///
/// [`finish`](Self::finish) reads what it made: if anything but the named values would read
/// differently (an alias elsewhere names a scalar that was set), it is an error and nothing is
/// handed out.
#[derive(Debug)]
pub struct Edit<'a> {
    text: &'a str,
    /// With what added lines end.
    line_end: &'static str,
    documents: Vec<Document>,
    wanted: Vec<Value>,
    changes: Vec<Change>,
}

/// A part of the text, and what is to stand there.
#[derive(Debug)]
struct Change {
    start: usize,
    end: usize,
    text: String,
    /// What comes before it if something else was added at its place.
    separator: &'static str,
}

impl<'a> Edit<'a> {
    /// Reads a text of one or more documents.
    ///
    /// # Errors
    ///
    /// When it is no YAML.
    pub fn new(text: &'a str) -> Result<Self, Error> {
        let documents = read::all_documents(text)?;
        let wanted = read::all_values(text)?;
        let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Ok(Self { text, line_end, documents, wanted, changes: Vec::new() })
    }

    /// The documents as they were read.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Sets the value at a JSON pointer of a document, counted from 0.
    ///
    /// # Errors
    ///
    /// When the document or all but the last step of the pointer does not exist, when a mapping
    /// or sequence stands at the pointer, or when a key that was missing is set again.
    pub fn set(&mut self, document: usize, pointer: &str, value: &Value) -> Result<(), Error> {
        let root = self.documents.get(document).map(|document| &document.root);
        let root = root.ok_or_else(|| Error::edit(format!("there is no document {document}")))?;
        let steps = steps(pointer)?;
        let (found, missing_key) = match (find::node(root, &steps), steps.split_last()) {
            (Some(found), _) => (Some(found), None),
            (None, Some((last, above))) => (find::node(root, above), Some(last)),
            (None, None) => (None, None),
        };
        let missing = || missing(pointer);
        let mut found = found.ok_or_else(missing)?;
        let change = match missing_key {
            None => replace::scalar(self.text, found.node, found.in_flow, value)?,
            Some(key) => {
                found.path.push(key.clone());
                insert::entry(self.text, self.line_end, found.node, key, value)
                    .ok_or_else(missing)??
            }
        };
        let path = found.path;
        self.want(document, &path, missing_key.is_some(), value)?;
        self.changes.push(change);
        Ok(())
    }

    /// Makes the changes.
    ///
    /// # Errors
    ///
    /// When two changes are about the same place, or the text would not say what is wanted.
    pub fn finish(mut self) -> Result<String, Error> {
        self.changes.sort_by_key(|change| (change.start, change.end));
        let mut text = String::with_capacity(self.text.len() + 64);
        let mut from = 0;
        let mut added = None;
        for change in &self.changes {
            text.push_str(self.text.get(from..change.start).ok_or_else(at_one_place)?);
            if added == Some(change.start) {
                text.push_str(change.separator);
            }
            added = (change.start == change.end).then_some(change.start);
            text.push_str(&change.text);
            from = change.end;
        }
        text.push_str(&self.text[from..]);
        match read::all_values(&text) {
            Ok(values) if values == self.wanted => Ok(text),
            _ => Err(Error::edit("the text cannot say this without other changes")),
        }
    }

    /// Notes what the text is to say in the end.
    fn want(
        &mut self,
        document: usize,
        path: &[String],
        adds: bool,
        value: &Value,
    ) -> Result<(), Error> {
        // As it will be read: 1.0 is 1.
        let value = json::as_go_reads(value.clone());
        let Some(mut place) = self.wanted.get_mut(document) else { return Ok(()) };
        let Some((last, above)) = path.split_last() else {
            *place = value;
            return Ok(());
        };
        for step in above {
            let below = match place {
                Value::Array(items) => step.parse().ok().and_then(|at: usize| items.get_mut(at)),
                other => other.get_mut(step.as_str()),
            };
            place = below.ok_or_else(|| Error::edit(format!("key {step:?} is not a string")))?;
        }
        match place {
            // A key that was missing may have been added since.
            Value::Object(map) if adds && map.contains_key(last) => return Err(at_one_place()),
            Value::Object(map) => {
                map.insert(last.clone(), value);
            }
            Value::Array(items) => {
                let item = last.parse().ok().and_then(|at: usize| items.get_mut(at));
                *item.ok_or_else(|| Error::edit(format!("there is no item {last}")))? = value;
            }
            _ => return Err(Error::edit(format!("there is no key {last:?}"))),
        }
        Ok(())
    }
}

fn at_one_place() -> Error {
    Error::edit("two changes are at one place")
}

fn missing(pointer: &str) -> Error {
    Error::edit(format!("{pointer} does not exist, and cannot be added in place"))
}

fn steps(pointer: &str) -> Result<Vec<String>, Error> {
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    let steps = pointer.strip_prefix('/');
    let steps = steps.ok_or_else(|| Error::edit(format!("{pointer:?} does not begin with /")))?;
    Ok(steps.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect())
}

/// A scalar on one line: in the wanted style if the value allows it, else in another.
fn one_line(value: &Value, wanted: Quoting, in_flow: bool) -> Result<String, Error> {
    let Value::String(text) = value else {
        let plain = crate::to_string(value)?;
        return Ok(plain.trim_end_matches('\n').to_owned());
    };
    let is_plain = |format| {
        crate::to_string_with(value, format).is_ok_and(|yaml| yaml.strip_suffix('\n') == Some(text))
    };
    let fits_flow = !in_flow || !text.contains([',', '[', ']', '{', '}', '?', '"', '\'']);
    let single = crate::emit::fits_single_quotes(text);
    Ok(match wanted {
        Quoting::Single if single => format!("'{}'", text.replace('\'', "''")),
        Quoting::Plain | Quoting::Literal | Quoting::Folded
            if fits_flow
                && is_plain(crate::Format::kyaml())
                && is_plain(crate::Format::unfolded()) =>
        {
            text.clone()
        }
        _ => crate::emit::in_double_quotes(text),
    })
}
