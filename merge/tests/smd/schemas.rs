//! The schemas that the tables name, and the Go files have.

use serde_json::{Value, json};

/// Types by name.
fn schema<const N: usize>(types: [(&str, Value); N]) -> Value {
    let named = types.into_iter().map(|(name, mut atom)| {
        atom["name"] = json!(name);
        atom
    });
    json!({ "types": named.collect::<Vec<_>>() })
}

fn scalar(name: &str) -> Value {
    json!({ "scalar": name })
}

fn named(name: &str) -> Value {
    json!({ "namedType": name })
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let fields = fields.map(|(name, mut of)| {
        let default = of.as_object_mut().and_then(|it| it.remove("default"));
        json!({ "name": name, "type": of, "default": default })
    });
    json!({ "map": { "fields": fields.to_vec() } })
}

fn with_default(mut of: Value, default: Value) -> Value {
    of["default"] = default;
    of
}

fn list(element: Value, keys: &[&str]) -> Value {
    json!({"list": {"elementType": element, "elementRelationship": "associative", "keys": keys}})
}

fn map_of(element: Value) -> Value {
    json!({ "map": { "elementType": element } })
}

fn atomic(mut of: Value) -> Value {
    for part in ["map", "list"] {
        if of.get(part).is_some() {
            of[part]["elementRelationship"] = json!("atomic");
        }
    }
    of
}

pub(crate) fn nested() -> Value {
    let pair = |value| fields([("name", scalar("string")), ("value", value)]);
    schema([
        (
            "type",
            fields([
                ("listOfLists", named("listOfLists")),
                ("listOfMaps", named("listOfMaps")),
                ("mapOfLists", map_of(named("list"))),
                ("mapOfMaps", map_of(named("map"))),
                ("mapOfMapsRecursive", named("mapOfMapsRecursive")),
                ("struct", pair(scalar("numeric"))),
            ]),
        ),
        ("listOfLists", list(pair(named("list")), &["name"])),
        ("listOfMaps", list(pair(named("map")), &["name"])),
        ("list", list(scalar("string"), &[])),
        ("map", map_of(scalar("string"))),
        ("mapOfMapsRecursive", map_of(named("mapOfMapsRecursive"))),
    ])
}

/// A type with a declared field of its own type, any other field of its own type, a list, a value.
pub(crate) fn nested_in_itself() -> Value {
    let mut root = fields([
        ("keyAStr", scalar("string")),
        ("keyBInt", scalar("numeric")),
        ("named", named("type")),
        ("list", list(named("type"), &["keyAStr", "keyBInt"])),
        ("a", named("type")),
        ("value", scalar("numeric")),
    ]);
    root["map"]["elementType"] = named("type");
    schema([("type", root)])
}

/// A list with one key, or with two.
pub(crate) fn keyed_values(keys: &[&str]) -> Value {
    let element = fields([
        ("keyAStr", scalar("string")),
        ("keyBInt", scalar("numeric")),
        ("value", scalar("numeric")),
    ]);
    schema([("type", fields([("values", list(element, keys))]))])
}

pub(crate) fn key_and_value() -> Value {
    let untyped = json!({
        "scalar": "untyped",
        "list": {"elementType": named("__untyped_atomic_"), "elementRelationship": "atomic"},
        "map": {"elementType": named("__untyped_atomic_"), "elementRelationship": "atomic"},
    });
    let pair = fields([("key", scalar("string")), ("value", named("__untyped_atomic_"))]);
    schema([("stringPair", pair), ("__untyped_atomic_", untyped)])
}

pub(crate) fn scalars_and_sets() -> Value {
    let set = |of| list(scalar(of), &[]);
    schema([(
        "myStruct",
        fields([
            ("numeric", scalar("numeric")),
            ("string", scalar("string")),
            ("bool", scalar("boolean")),
            ("setStr", set("string")),
            ("setBool", set("boolean")),
            ("setNumeric", set("numeric")),
        ]),
    )])
}

pub(crate) fn keyed_and_atomic() -> Value {
    let mut atomic_map = atomic(fields([("id", scalar("string"))]));
    atomic_map["map"]["elementType"] = scalar("string");
    let element = fields([
        ("key", scalar("string")),
        ("id", scalar("numeric")),
        ("value", map_of(scalar("string"))),
        ("bv", scalar("boolean")),
        ("nv", scalar("numeric")),
    ]);
    schema([
        (
            "myRoot",
            fields([
                ("list", list(element, &["key", "id"])),
                ("atomicList", atomic(list(scalar("string"), &[]))),
                ("atomicMap", named("atomicMap")),
                ("atomicElementList", list(named("atomicMap"), &["id"])),
            ]),
        ),
        ("atomicMap", atomic_map),
    ])
}

/// A keyed list beside other fields.
fn keyed(root: &str, keys: &[&str], element: Value) -> Value {
    schema([(root, fields([("list", list(element, keys))]))])
}

/// The schema that the tests of a function in `merge` use.
pub(crate) fn of_scripts(function: &str) -> Option<Value> {
    let name = || scalar("string");
    let number = || scalar("numeric");
    Some(match function {
        "TestDeduced"
        | "TestMultipleAppliersDeducedType"
        | "TestIgnoreFilter"
        | "TestIgnoredFields" => Value::Null,
        "TestUpdateLeaf" => schema([(
            "type",
            fields([("numeric", number()), ("string", name()), ("bool", scalar("boolean"))]),
        )]),
        "TestUpdateSet" => keyed("type", &[], name()),
        "TestExtractApply" => schema([(
            "type",
            fields([
                ("list", list(name(), &[])),
                ("atomicList", atomic(list(name(), &[]))),
                ("map", map_of(name())),
                ("atomicMap", atomic(map_of(name()))),
            ]),
        )]),
        "TestDefaultKeysFlat" | "TestDefaultKeysFlatErrors" => {
            let port = fields([
                ("port", number()),
                ("protocol", with_default(name(), json!("TCP"))),
                ("name", name()),
            ]);
            schema([("type", fields([("containerPorts", list(port, &["port", "protocol"]))]))])
        }
        "TestDefaultKeysNested" => {
            let sentence = fields([
                ("page", with_default(number(), json!(2.0))),
                ("line", with_default(number(), json!(3))),
                ("text", name()),
            ]);
            let chapter = fields([
                ("chapter", with_default(number(), json!(1))),
                ("section", with_default(name(), json!("A"))),
                ("sentences", list(sentence, &["page", "line"])),
            ]);
            schema([("type", fields([("book", list(chapter, &["chapter", "section"]))]))])
        }
        "TestDuplicates" => {
            let element = fields([("name", name()), ("value1", number()), ("value2", number())]);
            let root = fields([
                ("list", list(element, &["name"])),
                ("unrelated", number()),
                ("set", list(number(), &[])),
            ]);
            schema([("type", root)])
        }
        "TestFieldLevelOverrides" => overrides(),
        "TestUpdateAssociativeLists"
        | "TestMultipleAppliersSet"
        | "TestAssociativeListSchemaChanges" => {
            keyed("type", &["name"], fields([("name", name()), ("value", number())]))
        }
        "TestPromoteFieldToAssociativeListKey" => keyed(
            "type",
            &["name"],
            fields([("name", name()), ("id", number()), ("value", number())]),
        ),
        "TestUpdateNestedType"
        | "TestMultipleAppliersNestedType"
        | "TestMultipleAppliersRealConversion"
        | "TestFilteredFieldsUsesVersions" => nested(),
        "testMultipleAppliersFieldUnsetting" | "testMultipleAppliersFieldRenameConversions" => {
            versions()
        }
        "TestMultipleApplierAtomicMaps" => {
            let map = fields([("field1", name()), ("field2", name())]);
            schema([("type", fields([("atomicMap", atomic(map))]))])
        }
        "TestMultipleAppliersReliantFieldsConversions" => schema([
            ("v1", fields([("field_foo_rely_on_bar", name()), ("common_field", name())])),
            ("v2", fields([("required_field_bar", name()), ("common_field", name())])),
        ]),
        "TestPreserveUnknownFields" => {
            let mut root = fields([("num", number())]);
            root["map"]["elementType"] = name();
            schema([("type", root)])
        }
        "TestGranularToAtomicSchemaChanges" => pair(false),
        "TestAtomicToGranularSchemaChanges" => pair(true),
        _ => return None,
    })
}

/// The schema that a script changes to.
pub(crate) fn by_name(id: &str) -> Value {
    let id_key = |default: Value| {
        let id = if default.is_null() {
            scalar("numeric")
        } else {
            with_default(scalar("numeric"), default)
        };
        fields([("name", scalar("string")), ("id", id), ("value", scalar("numeric"))])
    };
    match id {
        "structParser" => pair(false),
        "structWithAtomicParser" => pair(true),
        "associativeListParserNewKeyWithDefault" => {
            keyed("type", &["name", "id"], id_key(json!(1)))
        }
        "associativeListParserNewOptionalKey" | "associativeListParserPromoteKeyAfter" => {
            keyed("type", &["name", "id"], id_key(Value::Null))
        }
        other => panic!("no schema {other}"),
    }
}

fn pair(whole: bool) -> Value {
    let pair = fields([("numeric", scalar("numeric")), ("string", scalar("string"))]);
    schema([("type", fields([("struct", if whole { atomic(pair) } else { pair })]))])
}

fn overrides() -> Value {
    let refer = |name: &str, relationship: &str| json!({"namedType": name, "elementRelationship": relationship});
    let pair = || fields([("name", scalar("string")), ("value", scalar("numeric"))]);
    let mut inline = atomic(list(scalar("numeric"), &[]));
    inline["elementRelationship"] = json!("associative");
    schema([
        (
            "type",
            fields([
                ("associativeListReference", refer("associativeList", "atomic")),
                ("separableInlineList", inline),
                ("separableMapReference", refer("atomicMap", "separable")),
                ("atomicMapReference", refer("unspecifiedMap", "atomic")),
            ]),
        ),
        ("associativeList", list(refer("unspecifiedMap", "atomic"), &["name"])),
        ("unspecifiedMap", pair()),
        ("atomicMap", atomic(pair())),
    ])
}

/// One shape in three versions, whose field names end in the version.
fn versions() -> Value {
    let version = |version: &str| {
        let complex = fields([("name", scalar("string"))]);
        let inner = fields([
            ("name", scalar("string")),
            (&format!("scalarField_{version}"), scalar("string")),
            (&format!("complexField_{version}"), complex),
        ]);
        fields([("struct", inner), ("version", scalar("string"))])
    };
    schema([("v1", version("v1")), ("v2", version("v2")), ("v3", version("v3"))])
}

/// The schemas of the tables about granular and atomic types.
pub(crate) fn reconciled(name: &str, whole: bool) -> Value {
    let part = |of: Value| if whole { atomic(of) } else { of };
    let item = fields([
        ("keyA", scalar("string")),
        ("keyB", scalar("string")),
        ("value", scalar("string")),
    ]);
    let deduced = json!({
        "scalar": "untyped",
        "list": {"elementType": named("__untyped_atomic_"), "elementRelationship": "atomic"},
        "map": {"elementType": named("__untyped_deduced_"), "elementRelationship": "separable"},
    });
    let numbers = || fields([("numeric", scalar("numeric"))]);
    let free = map_of(deduced);
    let mut populated = fields([("list", part(list(scalar("string"), &[])))]);
    populated["map"]["elementType"] = named("__untyped_deduced_");
    schema([
        (
            name,
            fields([
                (
                    "struct",
                    part(fields([("numeric", scalar("numeric")), ("string", scalar("string"))])),
                ),
                ("list", part(list(scalar("string"), &[]))),
                ("objectList", part(list(item, &["keyA", "keyB"]))),
                ("stringMap", part(map_of(scalar("string")))),
                ("unchanged", numbers()),
            ]),
        ),
        ("empty", free.clone()),
        ("emptyWithPreserveUnknown", fields([("preserveField", free)])),
        ("populatedWithPreserveUnknown", fields([("preserveField", populated)])),
    ])
}
