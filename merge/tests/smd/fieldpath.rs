//! Path elements, paths, sets and their text.

use std::path::Path as File;

use crate::{
    Entry, FieldFilter, FieldSet, ManagedFields, Manager, Operation, Path, PathElement, Step,
};
use gotk_corpus::Tally;
use serde_json::{Value, json};

use super::schemas;
use super::table::{arguments, call, element, kind, path, plain, same, set, tables, type_of, yaml};

pub(crate) fn run(folder: &File, tally: &mut Tally) {
    for file in [
        "element_test.json",
        "fromvalue_test.json",
        "less_test.json",
        "managers_test.json",
        "path_test.json",
        "serialize-pe_test.json",
        "serialize_test.json",
        "set_test.json",
    ] {
        for table in tables(folder, file) {
            if table.function == "TestSetInsertHas" {
                has(&table.cases, tally);
            }
            let Some(check) = checker(&table.function) else { continue };
            // Go's zero values, which no JSON decodes to.
            let is_zero = |case: &Value| case.to_string().contains("InvalidValue");
            for (name, case) in table.cases.into_iter().filter(|(_, case)| !is_zero(case)) {
                tally.case(&name, check(&case));
            }
        }
    }
}

type Check = fn(&Value) -> Result<(), String>;

fn checker(function: &str) -> Option<Check> {
    Some(match function {
        "TestPathElementLess" => element_order,
        "TestValueLess" => value_order,
        "TestPathString" => path_text,
        "TestPathElementRoundTrip" => element_round_trip,
        "TestDeserializePathElementError" => element_error,
        "TestDeserializePathElementSuccess" => element_success,
        "TestSerializeV1GoldenData" => set_round_trip,
        "TestDeserializeForValidNonNormalized" => non_normalized,
        "TestSetFromJSONTokenTypeErrors" => token_errors,
        "TestSetFromJSON" => from_json,
        "TestFromValue" => guessed,
        "TestManagersDifference" => managers_equal,
        "TestManagersEquals" => managers_differ,
        "TestSetEquals" => equals,
        "TestSetLeaves" => leaves,
        "TestSetDifference" => difference,
        "TestFilterByPattern" => pattern,
        "TestEnsureNamedFieldsAreMembers" => named_fields,
        // Benchmarks.
        _ => return None,
    })
}

fn ordered<T: Ord>(a: &T, b: &T, equal: bool) -> Result<(), String> {
    let order = a.cmp(b);
    let back = b.cmp(a);
    let expected = if equal { std::cmp::Ordering::Equal } else { std::cmp::Ordering::Less };
    if order == expected && back == expected.reverse() {
        return Ok(());
    }
    Err(format!("{order:?}, and the other way {back:?}"))
}

fn element_order(case: &Value) -> Result<(), String> {
    if type_of(&case["a"]) == "PathElement" || type_of(&case["b"]) == "PathElement" {
        return Ok(()); // Go's empty struct, which is no path element.
    }
    ordered(&element(&case["a"]), &element(&case["b"]), case["eq"] == true)
}

fn value_order(case: &Value) -> Result<(), String> {
    let read = |name: &str| PathElement::value(&plain(&case[name]));
    ordered(&read("a"), &read("b"), case["eq"] == true)
}

fn path_text(case: &Value) -> Result<(), String> {
    let (shown, text) =
        if case.is_array() { (&case[1], &case[2]) } else { (&case["fp"], &case["expect"]) };
    same("text", &path(shown).to_string(), &text.as_str().unwrap().to_owned())
}

/// The text of a set that has one member, which is that element.
fn text_of(element: PathElement) -> String {
    FieldSet::from_iter([Path::from(vec![element])]).to_string()
}

fn parse(key: &str) -> Result<FieldSet, String> {
    FieldSet::parse(&json!({ key: {} }).to_string())
}

fn element_round_trip(case: &Value) -> Result<(), String> {
    let text = json!({ case[0].as_str().unwrap(): {} }).to_string();
    same("written", &text_of(element(&case[1])), &text)?;
    same("read", &FieldSet::parse(&text)?.to_string(), &text)
}

fn element_error(case: &Value) -> Result<(), String> {
    match parse(case.as_str().unwrap()) {
        Err(_) => Ok(()),
        // An element of a kind that is not known is an error to Go's function, and dropped by its
        // caller.
        Ok(set) if set.is_empty() => Ok(()),
        Ok(set) => Err(format!("read as {set}")),
    }
}

fn element_success(case: &Value) -> Result<(), String> {
    same("read", &parse(case[0].as_str().unwrap())?.to_string(), &text_of(element(&case[1])))
}

fn set_round_trip(case: &Value) -> Result<(), String> {
    let text = case.as_str().unwrap();
    same("text", &FieldSet::parse(text)?.to_string(), &text.to_owned())
}

fn non_normalized(case: &Value) -> Result<(), String> {
    let read = FieldSet::parse(case["nonNormalizedString"].as_str().unwrap())?;
    let recorded = case["normalizedString"].as_str().unwrap();
    let recorded: String = recorded.lines().map(str::trim).collect();
    same("text", &read.to_string(), &FieldSet::parse(&recorded)?.to_string())
}

fn token_errors(case: &Value) -> Result<(), String> {
    match FieldSet::parse(case[1].as_str().unwrap()) {
        Err(_) => Ok(()),
        Ok(set) => Err(format!("read as {set}")),
    }
}

fn from_json(case: &Value) -> Result<(), String> {
    let read = FieldSet::parse(case[1].as_str().unwrap());
    match (&case[2], read) {
        (Value::Bool(true), read) => read.map(drop),
        (Value::Bool(false), Ok(set)) => Err(format!("read as {set}")),
        (Value::Null | Value::String(_), read) => read.map(drop),
        _ => Ok(()),
    }
}

/// The set under test stands in the Go file: it has the paths that are recorded as its members.
fn has(cases: &[(String, Value)], tally: &mut Tally) {
    let members = cases.iter().filter(|(_, case)| case[2] == true);
    let set: FieldSet = members.map(|(_, case)| path(&case[1])).collect();
    for (name, case) in cases {
        tally.equal(name, &set.has(&path(&case[1])), &(case[2] == true));
    }
}

fn equals(case: &Value) -> Result<(), String> {
    let (a, b) = (set(&case["a"]), set(&case["b"]));
    same("equal", &(a == b), &(case["equal"] == true))
}

fn leaves(case: &Value) -> Result<(), String> {
    same("leaves", &set(&case["input"]).leaves(), &set(&case["expected"]))
}

fn difference(case: &Value) -> Result<(), String> {
    let (a, b) = (set(&case["a"]), set(&case["b"]));
    same("difference", &a.clone().difference(&b), &set(&case["expectDifference"]))?;
    let recursive = a.recursive_difference(&b);
    same("recursive difference", &recursive, &set(&case["expectRecursiveDifference"]))
}

fn pattern(case: &Value) -> Result<(), String> {
    let filters = &case["filter"];
    assert_eq!(call(filters), "NewIncludeMatcherFilter", "{filters}");
    let step = |it: &Value| match call(it) {
        "MatchAnyPathElement" => Step::Any,
        _ => Step::Element(element(it)),
    };
    let patterns =
        arguments(filters).iter().map(|it| arguments(it).iter().map(step).collect::<Vec<_>>());
    let filter = FieldFilter::include(patterns);
    same("kept", &filter.filter(set(&case["input"])), &set(&case["expect"]))
}

fn named_fields(case: &Value) -> Result<(), String> {
    let of = |name: &Value| match name["$id"].as_str().unwrap() {
        "nestedSchema" => kind(&schemas::nested_in_itself(), "type"),
        "oldAssociativeListSchema" => kind(&schemas::keyed_values(&["keyAStr"]), "type"),
        _ => kind(&schemas::keyed_values(&["keyAStr", "keyBInt"]), "type"),
    };
    let (old, value) = (of(&case["schemaFn"]), yaml(case["value"].as_str().unwrap()));
    let new = if case["newSchemaFn"].is_null() { old.clone() } else { of(&case["newSchemaFn"]) };
    let before = old.fields_of(&value);
    same("before", &before, &set(&case["expectedBefore"]))?;
    same("after", &new.with_named_fields(before), &set(&case["expectedAfter"]))
}

fn guessed(case: &Value) -> Result<(), String> {
    same("fields", &FieldSet::guess(&yaml(case[0].as_str().unwrap())), &set(&case[1]))
}

/// The managers of a case. Upstream keeps them in a map.
fn managers(value: &Value) -> ManagedFields {
    let mut managed = ManagedFields::default();
    let named = value.as_object().into_iter().flatten();
    for (name, versioned) in named.filter(|(_, it)| it.is_object()) {
        let [fields, version, applied] = arguments(versioned) else { panic!("{versioned}") };
        let operation = if *applied == true { Operation::Apply } else { Operation::Update };
        assert_eq!(operation, Operation::Update, "no case applies");
        // A name is all that tells these apart, as it does appliers.
        let manager = Manager::new(name, Operation::Apply, version.as_str().unwrap());
        managed.insert(Entry::new(manager, set(fields)));
    }
    managed.entries.sort_by(|a, b| a.manager.name.cmp(&b.manager.name));
    managed
}

/// The two functions have each other's names upstream.
fn managers_equal(case: &Value) -> Result<(), String> {
    let (a, b) = (managers(&case["lhs"]), managers(&case["rhs"]));
    same("equal", &(a == b), &(case["equal"] == true))
}

fn managers_differ(case: &Value) -> Result<(), String> {
    let mut told = managers(&case["lhs"]).difference(&managers(&case["rhs"]));
    told.entries.sort_by(|a, b| a.manager.name.cmp(&b.manager.name));
    let recorded = managers(&case["out"]);
    if told == recorded { Ok(()) } else { Err(format!("{told:?}\nrecorded {recorded:?}")) }
}
