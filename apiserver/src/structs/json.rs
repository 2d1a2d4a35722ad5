//! JSON into a struct and out again.

use serde_json::{Map, Value};

use super::{Field, Settled, Structs, Type, quantity, time};
use crate::base64;

pub(super) fn settle(structs: &Structs, root: usize, object: Value) -> Result<Settled, String> {
    let mut walk = Walk { structs, path: Vec::new(), unknown: Vec::new() };
    let object = walk.object(root, object, "")?;
    let Walk { unknown, .. } = walk;
    Ok(Settled { object, unknown })
}

struct Walk<'s> {
    structs: &'s Structs,
    /// Go's: the names of the fields, without the places in lists and maps.
    path: Vec<&'static str>,
    unknown: Vec<String>,
}

/// Where a value stands: the struct and its Go name, for refusals.
#[derive(Clone, Copy)]
struct Place<'p> {
    within: &'static str,
    /// As people write it: `spec.ports[0]`.
    at: &'p str,
}

impl Walk<'_> {
    fn object(&mut self, of: usize, value: Value, at: &str) -> Result<Value, String> {
        let Value::Object(mut members) = value else { return Ok(self.zero(of)) };
        let mut out = Map::new();
        self.members(of, &mut members, &mut out, at)?;
        let prefix = if at.is_empty() { String::new() } else { format!("{at}.") };
        self.unknown.extend(members.into_iter().map(|(name, _)| format!("{prefix}{name}")));
        Ok(Value::Object(out))
    }

    /// Moves the members a struct knows from `from` to `to`.
    fn members(
        &mut self,
        of: usize,
        from: &mut Map<String, Value>,
        to: &mut Map<String, Value>,
        at: &str,
    ) -> Result<(), String> {
        let structs = self.structs;
        let it = &structs.all[of];
        for field in &it.fields {
            if let (true, Type::Struct(inner)) = (field.is_inline(), pointed(&field.of)) {
                self.members(*inner, from, to, at)?;
                continue;
            }
            let value = from.remove(field.name).unwrap_or_default();
            let inner =
                if at.is_empty() { field.name.to_owned() } else { format!("{at}.{}", field.name) };
            self.path.push(field.name);
            let value = self.value(&field.of, value, Place { within: it.short(), at: &inner })?;
            self.path.pop();
            if !left_out(field, &value) {
                to.insert(field.name.to_owned(), value);
            }
        }
        Ok(())
    }

    /// A value of the type, or what Go has where there is none.
    fn value(&mut self, of: &Type, value: Value, place: Place<'_>) -> Result<Value, String> {
        if value.is_null() {
            return Ok(self.none(of));
        }
        match of {
            Type::Pointer(of) => self.value(of, value, place),
            Type::Struct(id) if value.is_object() => self.object(*id, value, place.at),
            Type::List(of) => match value {
                Value::Array(items) => self.list(of, items, place),
                other => Err(self.mismatch(&other, &self.go_name_of_list(of), place)),
            },
            Type::Map(of) => match value {
                Value::Object(map) => self.map(of, map, place),
                other => {
                    Err(self.mismatch(&other, &format!("map[string]{}", self.go_name(of)), place))
                }
            },
            Type::Bool(_) if value.is_boolean() => Ok(value),
            Type::Text(_) if value.is_string() => Ok(value),
            Type::Float if value.is_number() => Ok(value),
            Type::Int32(_) | Type::Int64(_) if value.is_number() => self.integer(of, value, place),
            Type::Raw | Type::Json => Ok(value),
            Type::SchemaOrArray | Type::SchemaOrBool | Type::SchemaOrStrings => Ok(value),
            Type::Quantity => quantity_of(&value),
            Type::IntOrString => match value {
                Value::String(_) => Ok(value),
                Value::Number(number)
                    if number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) =>
                {
                    Ok(number.into())
                }
                other => Err(format!(
                    "json: cannot unmarshal {} into Go value of type int32",
                    found(&other)
                )),
            },
            Type::Time => time::seconds(&value),
            Type::MicroTime => time::micros(&value),
            Type::Duration if value.is_string() => Ok(value),
            Type::Bytes if value.is_string() => {
                let text = value.as_str().unwrap_or_default();
                match base64::check_standard(text) {
                    Ok(()) => Ok(value),
                    Err(at) => Err(format!("illegal base64 data at input byte {at}")),
                }
            }
            other => Err(self.mismatch(&value, &self.go_name(other), place)),
        }
    }

    fn list(&mut self, of: &Type, items: Vec<Value>, place: Place<'_>) -> Result<Value, String> {
        if items.is_empty() {
            // Protobuf, in which it is stored, knows no empty list.
            return Ok(Value::Null);
        }
        let each = items.into_iter().enumerate().map(|(at, item)| {
            let at = format!("{}[{at}]", place.at);
            self.value(of, item, Place { at: &at, ..place })
        });
        each.collect::<Result<Vec<_>, _>>().map(Value::Array)
    }

    fn map(
        &mut self,
        of: &Type,
        map: Map<String, Value>,
        place: Place<'_>,
    ) -> Result<Value, String> {
        let mut out = Map::new();
        for (key, value) in map {
            let at = format!("{}.{key}", place.at);
            let value = self.value(of, value, Place { at: &at, ..place })?;
            out.insert(key, value);
        }
        Ok(Value::Object(out))
    }

    fn integer(&self, of: &Type, value: Value, place: Place<'_>) -> Result<Value, String> {
        let small = matches!(of, Type::Int32(_));
        let fits = value.as_i64().is_some_and(|n| !small || i32::try_from(n).is_ok());
        if fits {
            return Ok(value);
        }
        Err(self.refusal(&format!("number {value}"), &self.go_name(of), place))
    }

    fn mismatch(&self, value: &Value, wanted: &str, place: Place<'_>) -> String {
        self.refusal(found(value), wanted, place)
    }

    fn refusal(&self, found: &str, wanted: &str, place: Place<'_>) -> String {
        let path = self.path.join(".");
        format!(
            "json: cannot unmarshal {found} into Go struct field {}.{path} of type {wanted}",
            place.within
        )
    }

    /// What a struct is written as when nothing is in it.
    fn zero(&self, of: usize) -> Value {
        let mut out = Map::new();
        self.zeros(of, &mut out);
        Value::Object(out)
    }

    fn zeros(&self, of: usize, out: &mut Map<String, Value>) {
        for field in &self.structs.all[of].fields {
            match (field.is_inline(), &field.of) {
                (true, Type::Struct(inner)) => self.zeros(*inner, out),
                (true, _) => {}
                _ => {
                    let none = self.none(&field.of);
                    if !left_out(field, &none) {
                        out.insert(field.name.to_owned(), none);
                    }
                }
            }
        }
    }

    fn none(&self, of: &Type) -> Value {
        match of {
            Type::Bool(_) => false.into(),
            Type::Int32(_) | Type::Int64(_) | Type::Float | Type::IntOrString => 0.into(),
            Type::Text(_) => "".into(),
            Type::Quantity => "0".into(),
            Type::Duration => "0s".into(),
            Type::Struct(id) => self.zero(*id),
            _ => Value::Null,
        }
    }

    fn go_name(&self, of: &Type) -> String {
        match of {
            Type::Bool(own) | Type::Int32(own) | Type::Int64(own) | Type::Text(own) => {
                (*own).to_owned()
            }
            Type::Float => "float64".to_owned(),
            Type::Bytes => "[]uint8".to_owned(),
            Type::Struct(id) => {
                let name = self.structs.all[*id].name;
                name.rsplit('/').next().unwrap_or(name).to_owned()
            }
            Type::Pointer(of) => self.go_name(of),
            Type::List(of) => self.go_name_of_list(of),
            Type::Map(of) => format!("map[string]{}", self.go_name(of)),
            _ => "string".to_owned(),
        }
    }

    fn go_name_of_list(&self, of: &Type) -> String {
        format!("[]{}", self.go_name(of))
    }
}

fn pointed(of: &Type) -> &Type {
    match of {
        Type::Pointer(of) => pointed(of),
        of => of,
    }
}

/// Whether `omitempty` or `omitzero` leaves the member out. An empty struct stays.
fn left_out(field: &Field, value: &Value) -> bool {
    if field.omit_zero && value.is_null() {
        return true;
    }
    if !field.omit_empty {
        return false;
    }
    match &field.of {
        Type::Pointer(_) | Type::Raw | Type::Json => value.is_null(),
        Type::List(_) => value.as_array().is_none_or(Vec::is_empty),
        Type::Map(_) => value.as_object().is_none_or(Map::is_empty),
        Type::Bytes | Type::Text(_) => value.as_str().is_none_or(str::is_empty),
        Type::Bool(_) => value == false,
        Type::Int32(_) | Type::Int64(_) | Type::Float => value.as_f64() == Some(0.0),
        _ => false,
    }
}

fn quantity_of(value: &Value) -> Result<Value, String> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    quantity::canonical(&text).map(Value::from)
}

/// What Go's decoder calls a JSON value.
fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::TABLE;
    use super::*;

    fn settled(kind: [&str; 3], object: Value) -> Result<Settled, String> {
        settle(&TABLE, TABLE.of(kind[0], kind[1], kind[2]).unwrap(), object)
    }

    const DEPLOYMENT: [&str; 3] = ["apps", "v1", "Deployment"];

    #[test]
    fn what_go_leaves_out_is_left_out_and_what_it_writes_is_written() {
        let object = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": { "name": "a", "labels": {}, "creationTimestamp": null },
            "spec": { "replicas": 0, "minReadySeconds": 0, "paused": false, "template": { "spec": {
                "containers": [{ "name": "c", "image": "", "ports": [] }],
            } } },
        });
        let settled = settled(DEPLOYMENT, object).unwrap();
        assert!(settled.unknown.is_empty());
        assert_eq!(
            settled.object,
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": { "name": "a" },
                "spec": {
                    "replicas": 0, "selector": null, "strategy": {},
                    "template": { "metadata": {}, "spec": { "containers": [{ "name": "c", "resources": {} }] } },
                },
                "status": {},
            })
        );
    }

    #[test]
    fn refusals_name_the_field_as_go_does() {
        let spec = |spec: Value| json!({ "spec": spec });
        let rows = [
            (
                spec(json!({ "replicas": "3" })),
                "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
            ),
            (
                spec(json!({ "replicas": 3_000_000_000u32 })),
                "json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32",
            ),
            (
                spec(json!({ "template": { "spec": { "containers": {} } } })),
                "json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
            ),
            (
                json!({ "metadata": { "labels": { "a": 1 } } }),
                "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
            ),
            (
                json!({ "metadata": 1 }),
                "json: cannot unmarshal number into Go struct field Deployment.metadata of type v1.ObjectMeta",
            ),
        ];
        for (object, message) in rows {
            assert_eq!(settled(DEPLOYMENT, object).unwrap_err(), message);
        }
        let secret = json!({ "data": { "a": "=" } });
        let why = settled(["", "v1", "Secret"], secret).unwrap_err();
        assert_eq!(why, "illegal base64 data at input byte 0");
    }

    #[test]
    fn unknown_fields_are_named_where_they_stand() {
        let object = json!({ "foo": 1, "spec": { "template": { "spec": { "containers": [{}, { "bar": 1 }] } } } });
        let mut unknown = settled(DEPLOYMENT, object).unwrap().unknown;
        unknown.sort();
        assert_eq!(unknown, ["foo", "spec.template.spec.containers[1].bar"]);
    }

    #[test]
    fn values_are_spelt_one_way() {
        let object = json!({ "spec": { "containers": [{
            "resources": { "limits": { "cpu": "1000m", "memory": 1024 } },
            "readinessProbe": { "httpGet": { "port": 80 } },
        }], "volumes": [{ "name": "v", "emptyDir": {} }] } });
        let pod = settled(["", "v1", "Pod"], object).unwrap().object;
        assert_eq!(
            pod["spec"]["containers"][0]["resources"]["limits"],
            json!({ "cpu": "1", "memory": "1024" })
        );
        assert_eq!(
            pod["spec"]["containers"][0]["readinessProbe"],
            json!({ "httpGet": { "port": 80 } })
        );
        assert_eq!(pod["spec"]["volumes"], json!([{ "name": "v", "emptyDir": {} }]));
    }
}
