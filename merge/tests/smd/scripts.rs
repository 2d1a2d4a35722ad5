//! Scripts of applies and updates, at the level of the updater.

use std::cell::RefCell;
use std::path::Path as File;

use gotk_corpus::Tally;
use serde_json::Value;

use super::schemas;
use super::table::{arguments, call, equal, kind, path, same, set, tables, type_of, yaml};
use crate::error::Error;
use crate::filter::{FieldFilter, Filters};
use crate::managers::{Entry, ManagedFields, Manager, Operation};
use crate::schema::ObjectType;
use crate::set::FieldSet;
use crate::typed::Duplicates;
use crate::updater::{OnConflict, Updater};
use crate::versions::{Unconvertible, Versions};

const FILES: [&str; 14] = [
    "deduced",
    "default_keys",
    "duplicates",
    "extract_apply",
    "field_level_overrides",
    "ignore",
    "key",
    "leaf",
    "multiple_appliers",
    "nested",
    "preserve_unknown",
    "schema_change",
    "set",
    "real",
];

pub(crate) fn run(folder: &File, tally: &mut Tally) {
    for file in FILES {
        for table in tables(folder, &format!("{file}_test.json")) {
            // The benchmarks of real objects have no answers.
            let Some(schema) = schemas::of_scripts(&table.function) else { continue };
            for (name, case) in &table.cases {
                for versions in version_lists(&table.function) {
                    let case = &filled(case, versions);
                    let script = Script { case, function: &table.function };
                    let name = format!("{name}{}", versions.join("-"));
                    let played = script.play(&schema);
                    let fails = table.function.ends_with("Errors");
                    tally.case(&name, if fails { expect_error(played) } else { played });
                }
            }
        }
    }
}

fn expect_error(played: Result<(), String>) -> Result<(), String> {
    played.err().map(drop).ok_or_else(|| "no error".to_owned())
}

/// Tests that are functions of versions are run with several.
fn version_lists(function: &str) -> &'static [&'static [&'static str]] {
    match function {
        "testMultipleAppliersFieldUnsetting" => {
            &[&["v1", "v1", "v1"], &["v1", "v1", "v2"], &["v1", "v2", "v1"], &["v1", "v2", "v2"]]
        }
        "testMultipleAppliersFieldRenameConversions" => &[
            &["v1", "v1", "v1"],
            &["v1", "v1", "v2"],
            &["v1", "v2", "v1"],
            &["v1", "v2", "v2"],
            &["v1", "v2", "v3"],
        ],
        _ => &[&[]],
    }
}

/// The case with the versions of this run in place of Go's variables.
fn filled(value: &Value, versions: &[&str]) -> Value {
    if let Some(index) =
        value["$id"].as_str().and_then(|it| it.strip_prefix('v')?.parse::<usize>().ok())
    {
        return Value::from(versions[index - 1]);
    }
    match value {
        Value::Object(map) => {
            let filled: Value =
                map.iter().map(|(name, it)| (name.clone(), filled(it, versions))).collect();
            match call(&filled) {
                "Sprintf" => arguments(&filled)[1..].iter().fold(
                    arguments(&filled)[0].clone(),
                    |text, it| {
                        Value::from(text.as_str().unwrap().replacen("%s", it.as_str().unwrap(), 1))
                    },
                ),
                "YAMLObject" => arguments(&filled)[0].clone(),
                _ => filled,
            }
        }
        Value::Array(items) => items.iter().map(|it| filled(it, versions)).collect(),
        other => other.clone(),
    }
}

/// A literal, or nothing.
fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

struct Script<'c> {
    case: &'c Value,
    function: &'c str,
}

/// What the Go tests call a converter: the same object, repeated names, renamed fields.
struct Converter<'f> {
    function: &'f str,
    schema: RefCell<Value>,
    /// The version the object is in. Objects of these tests do not say it.
    current: RefCell<String>,
}

impl Versions for Converter<'_> {
    fn type_in(&self, api_version: &str) -> Option<ObjectType> {
        let schema = self.schema.borrow();
        if schema.is_null() {
            return Some(ObjectType::deduced());
        }
        let has =
            |name: &str| schema["types"].as_array().unwrap().iter().any(|it| it["name"] == name);
        let name = if has(api_version) { api_version } else { "type" };
        let mut schema = schema.clone();
        for of in schema["types"].as_array_mut().unwrap().iter_mut().filter(|it| it["name"] == name)
        {
            let said = serde_json::json!({"name": "apiVersion", "type": {"scalar": "string"}});
            of["map"]["fields"].as_array_mut().unwrap().push(said);
        }
        Some(kind(&schema, name))
    }

    fn convert(&self, object: &Value, api_version: &str) -> Result<Value, Unconvertible> {
        let mut converted = self.converted(object, api_version)?;
        if self.converts() && converted.is_object() {
            converted["apiVersion"] = Value::from(api_version);
        }
        Ok(converted)
    }
}

impl Converter<'_> {
    /// Whether versions differ. Objects then say which one they are in, as Kubernetes' do.
    fn converts(&self) -> bool {
        [
            "RealConversion",
            "UsesVersions",
            "FieldUnsetting",
            "RenameConversions",
            "ReliantFieldsConversions",
        ]
        .iter()
        .any(|it| self.function.ends_with(it))
    }

    fn said(&self, mut object: Value, api_version: &str) -> Value {
        if self.converts() && object.is_object() {
            object["apiVersion"] = Value::from(api_version);
        }
        object
    }

    fn converted(&self, object: &Value, api_version: &str) -> Result<Value, Unconvertible> {
        let missing = || Unconvertible::NoSuchVersion { api_version: api_version.to_owned() };
        match self.function {
            "TestMultipleAppliersRealConversion" | "TestFilteredFieldsUsesVersions" => {
                let times = api_version.strip_prefix('v').and_then(|it| it.parse().ok());
                Ok(repeated(object, times.ok_or_else(missing)?))
            }
            "testMultipleAppliersFieldUnsetting" | "testMultipleAppliersFieldRenameConversions" => {
                Ok(renamed(object, api_version))
            }
            "TestMultipleAppliersReliantFieldsConversions" => relying(object, api_version),
            _ => Ok(object.clone()),
        }
    }
}

/// Every name below the root is its first letter, as often as the version's number.
fn repeated(object: &Value, times: usize) -> Value {
    // Of names that become one the last has its way, so they come in order.
    fn names(value: &Value, times: usize) -> Value {
        let Some(map) = value.as_object() else { return value.clone() };
        let entries = crate::value::sorted(map);
        entries.map(|(name, value)| (name[..1].repeat(times), names(value, times))).collect()
    }
    let Some(root) = object.as_object() else { return object.clone() };
    let content = root.iter().filter(|(name, _)| *name != "apiVersion");
    content.map(|(name, value)| (name.clone(), names(value, times))).collect()
}

/// Names that end in a version end in this one.
fn renamed(value: &Value, version: &str) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| {
                let stem = ["v1", "v2", "v3"].iter().find_map(|it| name.strip_suffix(it));
                let name = stem.map_or_else(|| name.clone(), |stem| format!("{stem}{version}"));
                (name, renamed(value, version))
            })
            .collect(),
        other => other.clone(),
    }
}

/// The old field can only be told from the new one.
fn relying(object: &Value, version: &str) -> Result<Value, Unconvertible> {
    let (from, to) = ("required_field_bar", "field_foo_rely_on_bar");
    let Some(map) = object.as_object() else { return Ok(object.clone()) };
    let rename = |from: &str, to: &str| {
        let entries = map.iter().map(|(name, value)| (name.replace(from, to), value.clone()));
        Ok(entries.collect())
    };
    match version {
        "v1" if map.contains_key(to) => Ok(object.clone()),
        "v1" if !map.contains_key(from) => {
            Err(Unconvertible::Failed { message: "missing the field".to_owned() })
        }
        "v1" => rename(from, to),
        _ => rename(to, from),
    }
}

struct State<'f> {
    converter: Converter<'f>,
    live: Value,
    managed: ManagedFields,
}

impl Script<'_> {
    fn play(&self, schema: &Value) -> Result<(), String> {
        let converter = Converter {
            function: self.function,
            schema: RefCell::new(schema.clone()),
            current: RefCell::new(String::new()),
        };
        let mut state = State { converter, live: Value::Null, managed: ManagedFields::default() };
        for (index, op) in self.case["Ops"].as_array().unwrap().iter().enumerate() {
            self.step(&mut state, op).map_err(|how| format!("operation {index}: {how}"))?;
        }
        if let Some(object) = text(&self.case["Object"]).filter(|it| !it.is_empty()) {
            let version = text(&self.case["APIVersion"]).unwrap_or_default();
            let mut live = state.converter.seen(&state.live, &version)?;
            if let Some(map) = live.as_object_mut() {
                map.remove("apiVersion");
            }
            equal("object", &live, &yaml(&object))?;
        }
        if !self.case["Managed"].is_null() {
            self.check_managers(&state.managed)?;
        }
        Ok(())
    }

    fn step(&self, state: &mut State<'_>, op: &Value) -> Result<(), String> {
        if type_of(op) == "ChangeParser" {
            *state.converter.schema.borrow_mut() =
                schemas::by_name(op["Parser"]["$id"].as_str().unwrap());
            return Ok(());
        }
        let version = text(&op["APIVersion"]).unwrap();
        let object = state.converter.said(yaml(&text(&op["Object"]).unwrap()), &version);
        let of = state.converter.type_in(&version).unwrap();
        let refused =
            if type_of(op) == "Update" { Duplicates::Allowed } else { Duplicates::Refused };
        of.check(&object, refused).map_err(|errors| errors.to_string())?;
        state.live = state.converter.seen(&state.live, &version)?;
        state.converter.current.replace(version.clone());
        let filters = self.filters();
        let manager = Manager::new(op["Manager"].as_str().unwrap(), Operation::Apply, &version);
        let outcome = state.write(type_of(op), object, &manager, &filters);
        state.forget_version();
        match (outcome, &op["Conflicts"]) {
            (Err(Error::Conflicts(ours)), recorded @ Value::Object(_)) => {
                let mut ours: Vec<_> =
                    ours.iter().map(|it| format!("{}{}", it.manager.name, it.path)).collect();
                let items = recorded["items"].as_array().unwrap().iter();
                let mut recorded: Vec<_> = items
                    .map(|it| format!("{}{}", it["Manager"].as_str().unwrap(), path(&it["Path"])))
                    .collect();
                ours.sort();
                recorded.sort();
                same("conflicts", &ours.join("\n"), &recorded.join("\n"))
            }
            (Ok(()), recorded) if recorded.is_null() => Ok(()),
            (Ok(()), _) => Err("no conflict".to_owned()),
            (Err(error), _) => Err(error.to_string()),
        }
    }

    fn filters(&self) -> Filters {
        let mut filters = Filters::default();
        for (name, wrapped) in [("IgnoreFilter", true), ("IgnoredFields", false)] {
            for (version, it) in self.case[name].as_object().into_iter().flatten() {
                let fields = if wrapped { arguments(it).first() } else { Some(it) };
                if let Some(fields) = fields.filter(|it| it.is_object()) {
                    filters.by_version.push((version.clone(), FieldFilter::exclude(set(fields))));
                }
            }
        }
        filters
    }

    fn check_managers(&self, managed: &ManagedFields) -> Result<(), String> {
        let recorded = self.case["Managed"].as_object().unwrap();
        for (name, versioned) in recorded.iter().filter(|(_, it)| it.is_object()) {
            let [fields, version, _] = arguments(versioned) else { panic!("{versioned}") };
            let ours = managed.applier(name).map(|it| it.fields.clone()).unwrap_or_default();
            same(name, &ours, &set(fields))?;
            if let Some(entry) = managed.applier(name) {
                same("version", &entry.manager.api_version, &text(version).unwrap())?;
            }
        }
        let extra = managed.iter().find(|entry| !recorded.contains_key(&entry.manager.name));
        extra.map_or(Ok(()), |entry| Err(format!("{} owns {}", entry.manager.name, entry.fields)))
    }
}

impl Converter<'_> {
    fn seen(&self, object: &Value, version: &str) -> Result<Value, String> {
        if *self.current.borrow() == version || object.is_null() {
            return Ok(object.clone());
        }
        self.convert(object, version).map_err(|error| error.to_string())
    }
}

impl State<'_> {
    fn write(
        &mut self,
        operation: &str,
        object: Value,
        manager: &Manager,
        filters: &Filters,
    ) -> Result<(), Error> {
        let version = manager.api_version.clone();
        let updater =
            Updater { versions: &self.converter, api_version: &version, kind: "", filters };
        if operation == "Update" {
            return self.update(object, manager, filters);
        }
        let on_conflict =
            if operation == "ForceApply" { OnConflict::Force } else { OnConflict::Fail };
        let config = match operation {
            "ExtractApply" => self.extracted(object, manager)?,
            _ => object,
        };
        let mut managed = self.managed.clone();
        let outcome =
            updater.apply(self.live.clone(), &config, &mut managed, manager, on_conflict)?;
        self.live = outcome.object;
        managed.entries.retain(|entry| !entry.fields.is_empty() || entry.manager.is(manager));
        self.managed = managed;
        Ok(())
    }

    /// Nobody owns what the Go tests do not have.
    fn forget_version(&mut self) {
        let version = FieldSet::from_iter([crate::path::Path::default().field("apiVersion")]);
        for entry in &mut self.managed.entries {
            entry.fields = std::mem::take(&mut entry.fields).difference(&version);
        }
        self.managed.entries.retain(|entry| !entry.fields.is_empty());
    }

    /// The manager's configuration as the object has it, with more merged in.
    fn extracted(&self, more: Value, manager: &Manager) -> Result<Value, Error> {
        let of = self.converter.type_in(&manager.api_version).unwrap();
        let Some(own) = self.managed.get(manager) else { return Ok(more) };
        let extracted = of.extract(&self.live, &own.fields.clone().leaves());
        of.merge(extracted, &more).map_err(|errors| errors.into_error(""))
    }

    /// At this level a manager is but a name: what it owned by apply it keeps.
    fn update(&mut self, object: Value, manager: &Manager, filters: &Filters) -> Result<(), Error> {
        let version = manager.api_version.clone();
        let updater =
            Updater { versions: &self.converter, api_version: &version, kind: "", filters };
        let own = self.managed.remove(manager).map(|it| it.fields).unwrap_or_default();
        let gained = updater.update(&self.live, &object, &mut self.managed)?;
        let changes = updater.type_in(&version)?.compare(&self.live, &object);
        let fields: FieldSet = own.difference(&changes.removed).union(&gained);
        if !fields.is_empty() {
            self.managed.insert(Entry { manager: manager.clone(), time: None, fields });
        }
        self.live = object;
        Ok(())
    }
}
