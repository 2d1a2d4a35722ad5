//! What OpenAPI definitions of custom kinds say about names, labels and annotations in them.

use serde_json::{Map, Value};

use crate::fieldspec::{FieldSpec, FieldSpecs, NameBackReference, merge_one};
use crate::gvk::Gvk;

/// Definitions may name each other, but not for ever.
const MAX_DEPTH: usize = 32;
/// How many fields one file may describe.
const MAX_FIELDS: usize = 20_000;

/// Reads the file of an entry of `crds`.
pub(crate) fn read(bytes: &[u8]) -> Result<FieldSpecs, String> {
    let value = gotk_yaml::from_slice(bytes, &gotk_yaml::Options::default())
        .map_err(|error| error.to_string())?;
    let mut specs = FieldSpecs::default();
    let definitions = match &value {
        Value::Object(definitions) => definitions,
        Value::Null => return Ok(specs),
        _ => return Err("definitions are a mapping".to_owned()),
    };
    let mut names: Vec<&String> = definitions.keys().collect();
    names.sort_unstable();
    let mut left = MAX_FIELDS;
    for name in names {
        let Some(properties) = properties(definitions, name) else { continue };
        if ["kind", "apiVersion", "metadata"].iter().all(|key| properties.contains_key(*key)) {
            let kind = name.rsplit('.').next().unwrap_or_default();
            let mut reader = Reader {
                definitions,
                gvk: Gvk { kind: kind.into(), ..Gvk::default() },
                specs: &mut specs,
                left: &mut left,
            };
            reader.read(name, &mut Vec::new())?;
        }
    }
    Ok(specs)
}

fn properties<'d>(
    definitions: &'d Map<String, Value>,
    name: &str,
) -> Option<&'d Map<String, Value>> {
    let definition = definitions.get(name)?.as_object()?;
    let schema = definition.iter().find(|(key, _)| key.eq_ignore_ascii_case("schema"))?.1;
    schema.get("properties")?.as_object()
}

struct Reader<'d> {
    definitions: &'d Map<String, Value>,
    gvk: Gvk,
    specs: &'d mut FieldSpecs,
    left: &'d mut usize,
}

impl Reader<'_> {
    fn read(&mut self, name: &str, path: &mut Vec<String>) -> Result<(), String> {
        if path.len() > MAX_DEPTH {
            return Err(format!("definitions refer to each other more than {MAX_DEPTH} deep"));
        }
        let Some(properties) = properties(self.definitions, name) else { return Ok(()) };
        let mut fields: Vec<(&String, &Value)> = properties.iter().collect();
        fields.sort_unstable_by_key(|(field, _)| *field);
        for (field, schema) in fields {
            *self.left = self.left.checked_sub(1).ok_or("too many fields are described")?;
            path.push(field.clone());
            self.field(schema, path)?;
            path.pop();
        }
        Ok(())
    }

    fn field(&mut self, schema: &Value, path: &mut Vec<String>) -> Result<(), String> {
        let says = |name: &str| {
            let found = schema.as_object()?.iter();
            let mut found = found.filter(|(key, _)| key.eq_ignore_ascii_case(name));
            found.next().and_then(|(_, value)| value.as_str())
        };
        let spec = |path: &[String]| FieldSpec {
            gvk: self.gvk.clone(),
            path: path.join("/"),
            create: false,
        };
        if says("x-kubernetes-annotation").is_some() {
            merge_one(&mut self.specs.common_annotations, spec(path))?;
        }
        if says("x-kubernetes-label-selector").is_some() {
            merge_one(&mut self.specs.common_labels, spec(path))?;
        }
        if says("x-kubernetes-identity").is_some() {
            merge_one(&mut self.specs.name_prefix, spec(path))?;
        }
        let version = says("x-kubernetes-object-ref-api-version");
        if let (Some(version), Some(kind)) = (version, says("x-kubernetes-object-ref-kind")) {
            let key = says("x-kubernetes-object-ref-name-key").unwrap_or("name");
            path.push(key.to_owned());
            let referrers = vec![spec(path)];
            path.pop();
            let gvk = Gvk { group: Default::default(), version: version.into(), kind: kind.into() };
            self.specs.merge_name_reference(NameBackReference { gvk, referrers })?;
        }
        match schema.get("$ref").and_then(Value::as_str) {
            Some(name) => self.read(name, path),
            None => Ok(()),
        }
    }
}
