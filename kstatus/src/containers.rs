//! Which containers of a Pod crash again and again.

use std::fmt;

use serde_json::{Map, Value};

use crate::error::Misfit;
use crate::fields::Fields;

/// The names of crash-looping containers. Prints them with commas between.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CrashLooping<'a>(&'a [Value]);

impl<'a> CrashLooping<'a> {
    /// Reads `status.containerStatuses`. `None` when no container crash-loops.
    ///
    /// Upstream crashes where a container's status has an odd type; here it is an error.
    pub(crate) fn of(status: Fields<'a>) -> Result<Option<Self>, Misfit> {
        let containers = match status.get("containerStatuses") {
            None => return Ok(None),
            Some(Value::Array(containers)) => containers,
            Some(other) => return Err(Misfit::new("status.containerStatuses", other, "a list")),
        };
        let mut any = false;
        for (index, container) in containers.iter().enumerate() {
            any |= name_if_crashing(container)
                .map_err(|(path, found, expected)| misfit(index, path, found, expected))?
                .is_some();
        }
        Ok(any.then_some(Self(containers)))
    }

    /// The names, in the order of the Pod's status.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.0.iter().filter_map(|container| name_if_crashing(container).ok().flatten())
    }
}

impl fmt::Display for CrashLooping<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.names().enumerate() {
            f.write_str(if index > 0 { "," } else { "" })?;
            f.write_str(name)?;
        }
        Ok(())
    }
}

/// Below a container's status: path, what is there, what should be.
type Odd<'a> = (&'static str, &'a Value, &'static str);

/// The container's name if it waits in `CrashLoopBackOff`. A container without a name is passed over.
fn name_if_crashing(container: &Value) -> Result<Option<&str>, Odd<'_>> {
    let fields = container.as_object().ok_or(("", container, "an object"))?;
    let Some(name) = text(fields, "name", ".name")? else { return Ok(None) };
    let Some(state) = object(fields, "state", ".state")? else { return Ok(None) };
    let Some(waiting) = object(state, "waiting", ".state.waiting")? else { return Ok(None) };
    let reason = text(waiting, "reason", ".state.waiting.reason")?;
    Ok((reason == Some("CrashLoopBackOff")).then_some(name))
}

fn text<'a>(
    fields: &'a Map<String, Value>,
    key: &str,
    path: &'static str,
) -> Result<Option<&'a str>, Odd<'a>> {
    match fields.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err((path, other, "a string")),
    }
}

fn object<'a>(
    fields: &'a Map<String, Value>,
    key: &str,
    path: &'static str,
) -> Result<Option<&'a Map<String, Value>>, Odd<'a>> {
    match fields.get(key) {
        None => Ok(None),
        Some(Value::Object(fields)) => Ok(Some(fields)),
        Some(other) => Err((path, other, "an object")),
    }
}

fn misfit(index: usize, path: &str, found: &Value, expected: &'static str) -> Misfit {
    Misfit::new(format!("status.containerStatuses[{index}]{path}"), found, expected)
}
