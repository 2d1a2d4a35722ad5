//! Validation, field sets, merge, compare, remove and extract, reconciliation.

use std::path::Path as File;

use crate::{FieldSet, ObjectType};
use gotk_corpus::Tally;
use serde_json::{Value, json};

use super::schemas;
use super::table::{arguments, call, equal, kind, same, set, tables, yaml};
use crate::typed::{Changes, Duplicates};

pub(crate) fn run(folder: &File, tally: &mut Tally) {
    for file in [
        "merge",
        "symdiff",
        "toset",
        "validate",
        "remove",
        "reconcile_schema",
        "deduced",
        "comparison",
    ] {
        for table in tables(folder, &format!("{file}_test.json")) {
            // Benchmarks have no answers.
            if !table.function.starts_with("Benchmark") {
                table
                    .cases
                    .iter()
                    .for_each(|(name, case)| run_case(&table.variable, name, case, tally));
            }
        }
    }
}

fn run_case(variable: &str, name: &str, case: &Value, tally: &mut Tally) {
    let of = type_of(case);
    let list = |key: &str| case[key].as_array().cloned().unwrap_or_default();
    let mut each = |key: &str, check: &dyn Fn(&Value) -> Result<(), String>| {
        let items = if case.is_object() && case.get(key).is_some() {
            list(key)
        } else {
            vec![case.clone()]
        };
        for (index, item) in items.iter().enumerate() {
            tally.case(&format!("{name}/{index}"), check(item));
        }
    };
    match variable {
        "mergeCases" | "triplets" => each("triplets", &|it| merge(&of, it)),
        "symdiffCases" | "quints" => each("quints", &|it| compare(&of, it)),
        "fieldsetCases" => each("pairs", &|it| fields(&of, it)),
        "tests" if case.is_array() => each("", &|it| fields(&of, it)),
        "tests" => each("", &|it| valid(&of, it)),
        "removeCases" => each("quadruplets", &|it| remove(&of, it)),
        "reversibleExtractCases" => each("pairs", &|it| reverse(&of, it)),
        "extractWithKeysCases" => each("triplets", &|it| extract_with_keys(&of, it)),
        "reconcileCases" => each("", &reconcile),
        "cases" => each("", &excluded),
        "validationCases" => {
            each("validObjects", &|it| valid(&of, it));
            each("invalidObjects", &|it| invalid(&of, it));
            if case.get("duplicatesObjects").is_some() {
                each("duplicatesObjects", &|it| twice(&of, it));
            }
        }
        other => panic!("no such table: {other}"),
    }
}

/// The type a case is about. Those without a schema are about deduced types.
fn type_of(case: &Value) -> ObjectType {
    let schema = match &case["schema"] {
        Value::String(text) => yaml(text),
        Value::Null => return ObjectType::deduced(),
        named => match arguments(named)[0]["$id"].as_str() {
            Some("nestedTypesSchema") => schemas::nested(),
            Some("simplePairSchema") => schemas::key_and_value(),
            Some("structGrabBagSchema") => schemas::scalars_and_sets(),
            Some("associativeAndAtomicSchema") => schemas::keyed_and_atomic(),
            other => panic!("no such schema: {other:?}"),
        },
    };
    kind(&schema, case["rootTypeName"].as_str().unwrap())
}

fn text(value: &Value) -> Value {
    yaml(value.as_str().unwrap())
}

fn merge(of: &ObjectType, case: &Value) -> Result<(), String> {
    let merged = of.merge(text(&case[0]), &text(&case[1])).map_err(|it| it.to_string())?;
    equal("merged", &merged, &text(&case[2]))
}

fn compare(of: &ObjectType, case: &Value) -> Result<(), String> {
    let changes = of.compare(&text(&case["lhs"]), &text(&case["rhs"]));
    same("removed", &changes.removed, &set(&case["removed"]))?;
    same("modified", &changes.modified, &set(&case["modified"]))?;
    same("added", &changes.added, &set(&case["added"]))
}

fn fields(of: &ObjectType, case: &Value) -> Result<(), String> {
    let value = text(&case[0]);
    of.check(&value, Duplicates::Allowed).map_err(|it| it.to_string())?;
    same("fields", &of.fields_of(&value), &set(&case[1]))
}

fn valid(of: &ObjectType, case: &Value) -> Result<(), String> {
    of.validate(&text(case)).map_err(|errors| format!("{case}: {errors}"))
}

fn invalid(of: &ObjectType, case: &Value) -> Result<(), String> {
    of.check(&text(case), Duplicates::Allowed).err().map(drop).ok_or_else(|| format!("{case} fits"))
}

fn twice(of: &ObjectType, case: &Value) -> Result<(), String> {
    of.check(&text(case), Duplicates::Allowed).map_err(|it| format!("{case}: {it}"))?;
    of.validate(&text(case)).err().map(drop).ok_or_else(|| format!("{case}: duplicates fit"))
}

fn remove(of: &ObjectType, case: &Value) -> Result<(), String> {
    let (object, fields) = (text(&case[0]), set(&case[1]));
    if case[2] != "unparseable" {
        equal("removed", &of.remove(object.clone(), &fields), &text(&case[2]))?;
    }
    if case[3] != "unparseable" {
        equal("extracted", &of.extract(&object, &fields), &text(&case[3]))?;
    }
    Ok(())
}

/// What was merged in can be extracted, and merged in again.
fn reverse(of: &ObjectType, case: &Value) -> Result<(), String> {
    let (object, config) = (text(&case[0]), text(&case[1]));
    let merged = of.merge(object, &config).map_err(|it| it.to_string())?;
    let extracted = of.extract(&merged, &of.fields_of(&config).leaves());
    equal("extracted", &extracted, &config)
}

fn extract_with_keys(of: &ObjectType, case: &Value) -> Result<(), String> {
    let object = text(&case["object"]);
    let wanted = &case["wantOutput"];
    let extracted = of.extract_with_keys(&object, &set(&case["set"]));
    match wanted.as_str().or_else(|| arguments(wanted).first().and_then(Value::as_str)) {
        Some(wanted) => equal("extracted", &extracted, &yaml(wanted)),
        // Go's value, which the table spells out.
        None => equal("extracted", &extracted, &super::table::plain(wanted)),
    }
}

fn reconcile(case: &Value) -> Result<(), String> {
    let schema = &case["newSchema"];
    let name = arguments(schema)[0].as_str().unwrap();
    let whole = call(schema) == "atomicSchema";
    let of = kind(&schemas::reconciled(name, whole), case["rootTypeName"].as_str().unwrap());
    let old = set(&case["oldFields"]);
    let fixed = if case["fixedFields"].is_null() { old.clone() } else { set(&case["fixedFields"]) };
    same("reconciled", &of.reconcile(old), &fixed)
}

fn excluded(case: &Value) -> Result<(), String> {
    let read = |it: &Value| Changes {
        added: set(&it["Added"]),
        modified: set(&it["Modified"]),
        removed: set(&it["Removed"]),
    };
    let without = |fields: FieldSet| fields.recursive_difference(&set(&case["Remove"]));
    let Changes { added, modified, removed } = read(&case["Comparison"]);
    let left =
        Changes { added: without(added), modified: without(modified), removed: without(removed) };
    let recorded = read(&case["Expect"]);
    if left == recorded {
        Ok(())
    } else {
        Err(format!("{left:?}\nrecorded {recorded:?} {}", json!(case)))
    }
}
