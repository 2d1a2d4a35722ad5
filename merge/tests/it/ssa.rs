//! Scripts of writes by several managers, with the answers of apimachinery's field manager.

use std::sync::Arc;

use gotk_corpus::Tally;
use gotk_merge::{
    Error, FieldFilter, FieldManager, FieldSet, Gvk, Live, ObjectType, OnConflict, Path,
    PathElement, Schema, Unconvertible, Versions,
};
use jiff::Timestamp;
use serde_json::{Value, json};

#[test]
fn scripts_come_out_as_recorded() {
    let Some(path) = gotk_corpus::find("ssa/scripts.jsonl") else { return };
    let mut tally = Tally::new("ssa");
    for (_, script) in gotk_corpus::json_lines(&path) {
        tally.case(script["name"].as_str().unwrap(), play(&script));
    }
    tally.finish();
}

/// The versions of a script: all of one shape, some of which can no longer be converted to.
struct Served {
    gvk: Gvk,
    deduced: Option<ObjectType>,
    schema: Arc<Schema>,
    unconvertible: Vec<String>,
}

impl Served {
    fn of(script: &Value) -> Self {
        let text = |name: &str| script["gvk"][name].as_str().unwrap_or_default();
        let lost = script["unconvertible"].as_array().cloned().unwrap_or_default();
        Self {
            gvk: Gvk::new(text("group"), text("version"), text("kind")),
            deduced: (script["schema"] == "deduced").then(ObjectType::deduced),
            schema: Schema::builtin(),
            unconvertible: lost.iter().map(|it| it.as_str().unwrap().to_owned()).collect(),
        }
    }
}

impl Versions for Served {
    /// Versions that Kubernetes no longer serves are still in the corpus; their kinds have the
    /// shape that is served.
    fn type_in(&self, api_version: &str) -> Option<ObjectType> {
        let (_, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let Gvk { group, kind, .. } = &self.gvk;
        let served = |it: &&Gvk| it.group == *group && it.kind == *kind;
        self.deduced.clone().or_else(|| self.schema.kind(group, version, kind)).or_else(|| {
            let other = self.schema.kinds().into_iter().rfind(served)?;
            self.schema.kind(group, &other.version, kind)
        })
    }

    fn convert(&self, object: &Value, api_version: &str) -> Result<Value, Unconvertible> {
        if self.unconvertible.iter().any(|it| it == api_version) {
            return Err(Unconvertible::NoSuchVersion { api_version: api_version.to_owned() });
        }
        let mut object = object.clone();
        object["apiVersion"] = json!(api_version);
        Ok(object)
    }
}

fn play(script: &Value) -> Result<(), String> {
    let served = Served::of(script);
    let mut now = Timestamp::from_second(946_684_800).unwrap();
    let mut stored = script["start"].clone();
    let ops = script["ops"].as_array().unwrap();
    for (index, (op, expect)) in ops.iter().zip(script["expect"].as_array().unwrap()).enumerate() {
        let seconds = op["tick"].as_i64().unwrap_or(1);
        now = Timestamp::from_second(now.as_second() + seconds).unwrap();
        let at = |how: String| format!("operation {index}: {how}");
        match write(script, &served, op, &stored, now) {
            Ok(object) => {
                stored = object;
                check(&stored, expect).map_err(at)?;
            }
            Err(error) => check_error(&error, expect).map_err(at)?,
        }
    }
    Ok(())
}

fn write(
    script: &Value,
    served: &Served,
    op: &Value,
    stored: &Value,
    now: Timestamp,
) -> Result<Value, Error> {
    let subresource = op["subresource"].as_str().unwrap_or_default();
    let mut manager = FieldManager::new(Gvk::of(&op["object"]), served).subresource(subresource);
    if let Some(paths) = script["resetFields"][subresource].as_array() {
        manager =
            manager.owning(FieldFilter::exclude(paths.iter().map(path).collect::<FieldSet>()));
    }
    let live = match stored {
        Value::Null => Live::absent(&Gvk::of(&op["object"])),
        object => Live::new(object.clone()),
    };
    let by = op["manager"].as_str().unwrap_or_default();
    let object = &op["object"];
    let mut written = if op["op"] == "apply" {
        let force = op["force"] == true;
        let on_conflict = if force { OnConflict::Force } else { OnConflict::Fail };
        manager.apply(live, object, by, on_conflict, now)?
    } else {
        let mut new = object.clone();
        let uid = &live.object()["metadata"]["uid"];
        if new["metadata"]["uid"].is_null() && !uid.is_null() {
            new["metadata"]["uid"] = uid.clone();
        }
        manager.update(&live, Live::new(new), by, now)?
    };
    let metadata =
        written.object["metadata"].as_object_mut().expect("the corpus has named objects");
    metadata.entry("uid").or_insert_with(|| json!("5f2d6a10-0000-4000-8000-000000000001"));
    // Both ways out must say the same.
    let read: Value = serde_json::from_slice(&written.to_vec()).unwrap();
    let object = written.into_value();
    assert_eq!(read, object);
    Ok(object)
}

fn path(names: &Value) -> Path {
    let names = names.as_array().unwrap().iter();
    Path::from(names.map(|it| PathElement::field(it.as_str().unwrap())).collect::<Vec<_>>())
}

fn check(stored: &Value, expect: &Value) -> Result<(), String> {
    if let Some(error) = expect.get("error") {
        return Err(format!("no error\nrecorded {error}"));
    }
    let mut object = stored.clone();
    let managed = object["metadata"].as_object_mut().unwrap().remove("managedFields");
    let managed = managed.unwrap_or_else(|| json!([]));
    let recorded = expect
        .get("managedFields")
        .filter(|it| !it.is_null())
        .cloned()
        .unwrap_or_else(|| json!([]));
    if plain(&object) != plain(&expect["object"]) {
        return Err(format!("object   {object}\nrecorded {}", expect["object"]));
    }
    if managed != recorded {
        return Err(format!("managers {managed}\nrecorded {recorded}"));
    }
    Ok(())
}

/// With whole numbers as integers: Go writes 80.0 as 80.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => json!(float as i64),
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(map) => {
            map.iter().map(|(name, value)| (name.clone(), plain(value))).collect()
        }
        _ => value.clone(),
    }
}

/// The part of a message that is Kubernetes' own: not Go's rendering of a struct, nor the words of
/// its JSON reader, nor the name of a Go file.
fn own_words(message: &str) -> &str {
    let ends = [
        "error decoding versioned set from {",
        "error decoding set",
        "no kind \"",
        "no corresponding type",
    ];
    let end = ends.iter().filter_map(|it| message.find(it)).min();
    message[..end.unwrap_or(message.len())].trim_end_matches("error decoding versioned set: ")
}

fn check_error(error: &Error, expect: &Value) -> Result<(), String> {
    let recorded = expect.get("error").and_then(Value::as_str);
    let recorded = recorded.ok_or_else(|| format!("error    {error}\nrecorded none"))?;
    if own_words(&error.to_string()) != own_words(recorded) {
        return Err(format!("error    {error}\nrecorded {recorded}"));
    }
    if let Some(code) = expect.get("code")
        && (*code != json!(error.code()) || expect["reason"] != json!(error.reason()))
    {
        return Err(format!("code {} {}", error.code(), error.reason()));
    }
    if let Error::Conflicts(conflicts) = error {
        // On the wire a cause's type is called its reason; the corpus keeps Go's name.
        let named = |cause: &Value, kind: &str| {
            [kind, "message", "field"].map(|it| cause[it].as_str().unwrap_or_default().to_owned())
        };
        let order = |causes: Vec<Value>, kind: &str| {
            let mut causes: Vec<_> = causes.iter().map(|cause| named(cause, kind)).collect();
            causes.sort();
            causes
        };
        let recorded = order(expect["causes"].as_array().cloned().unwrap_or_default(), "type");
        let ours = order(conflicts.causes(), "reason");
        if ours != recorded {
            return Err(format!("causes   {ours:?}\nrecorded {recorded:?}"));
        }
    }
    Ok(())
}
