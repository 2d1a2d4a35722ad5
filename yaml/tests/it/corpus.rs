//! The recorded answers of the Go originals.

use gotk_yaml::{Document, Error, Format, Options, Typed};
use serde_json::{Value, json};

/// The originals read 10,000 levels; our own default is less.
fn sigs() -> Options {
    Options::sigs().max_depth(10_000)
}

fn kyaml() -> Options {
    Options::kyaml().max_depth(10_000)
}

/// What the original answered, or what we answer: a value, or the words of an error.
type Answer = Result<Value, String>;

fn original(error: &Error) -> String {
    error.original().to_owned()
}

fn answer(case: &Value) -> Option<Answer> {
    let input = input(case);
    let lib = case["lib"].as_str().unwrap();
    let op = case["op"].as_str().unwrap();
    Some(match (lib, op) {
        ("sigs-yaml", "parse") => gotk_yaml::from_slice(&input, &sigs()).map_err(|e| original(&e)),
        ("sigs-yaml", "parse-strict") => {
            gotk_yaml::from_slice(&input, &sigs().strict()).map_err(|e| original(&e))
        }
        ("sigs-yaml", "parse-map") => parse_map(&input),
        ("sigs-yaml", "emit") => text(gotk_yaml::json_to_yaml(text_of(&input))),
        ("sigs-yaml", "emit-f64") => floats(&input).and_then(|v| text(gotk_yaml::to_string(&v))),
        ("sigs-yaml", "roundtrip") => gotk_yaml::from_slice(&input, &sigs())
            .map_err(|e| original(&e))
            .and_then(|value| text(gotk_yaml::to_string(&value))),
        ("goyaml-v3", "emit") => emit3(&input, Format::goyaml3(4)),
        ("goyaml-v3", "emit-indent2") => emit3(&input, Format::goyaml3(2)),
        ("kyaml", "emit") => emit3(&input, Format::kyaml()),
        ("kyaml", "roundtrip") => parsed(&input).map(|document| document.to_string().into()),
        ("kyaml", "to-json") => parsed(&input).and_then(|document| value(&document)),
        ("kyaml", "as-yaml") => parsed(&input)
            .and_then(|document| value(&document))
            .and_then(|value| text(gotk_yaml::to_string(&value))),
        ("kyaml", "from-bytes") => Document::parse_all_with(text_of(&input), &kyaml())
            .map(|documents| documents.iter().map(|document| json!(document.to_string())).collect())
            .map_err(|e| original(&e)),
        ("k8s-yaml", "split") => gotk_yaml::split(&input)
            .map(|part| part.map(|part| String::from_utf8(part.bytes.into_owned()).unwrap().into()))
            .collect::<Result<Vec<Value>, Error>>()
            .map(Value::Array)
            .map_err(|e| original(&e)),
        ("k8s-yaml", "decode") => gotk_yaml::documents_from_slice(&input, sigs())
            .collect::<Result<Vec<Value>, Error>>()
            .map(Value::Array)
            .map_err(|e| original(&e)),
        ("goyaml-v2", "decode") => typed(&input, &sigs()),
        ("goyaml-v3", "decode") => typed(&input, &kyaml()),
        _ => return None,
    })
}

fn parsed(input: &[u8]) -> Result<Document, String> {
    let read = Document::parse_with(input, &kyaml()).map_err(|error| original(&error))?;
    read.ok_or_else(|| "EOF".to_owned())
}

fn value(document: &Document) -> Answer {
    document.to_value().map_err(|error| original(&error))
}

fn text_of(input: &[u8]) -> &str {
    std::str::from_utf8(input).unwrap()
}

fn text(written: Result<String, Error>) -> Answer {
    written.map(Value::String).map_err(|error| original(&error))
}

/// A JSON text with every number a float, as Go has it without types.
fn floats(input: &[u8]) -> Answer {
    fn float(value: Value) -> Answer {
        Ok(match value {
            Value::Number(number) => json!(number.as_f64().ok_or(OUT_OF_RANGE)?),
            Value::Array(items) => items.into_iter().map(float).collect::<Result<_, _>>()?,
            Value::Object(map) => {
                let entries = map.into_iter().map(|(key, value)| Ok((key, float(value)?)));
                Value::Object(entries.collect::<Result<_, String>>()?)
            }
            other => other,
        })
    }
    serde_json::from_slice(input).map_err(|_| OUT_OF_RANGE.to_owned()).and_then(float)
}

/// The recorder's own complaint, in short.
const OUT_OF_RANGE: &str = "json: cannot unmarshal number";

fn emit3(input: &[u8], format: Format) -> Answer {
    floats(input).and_then(|value| text(gotk_yaml::to_string_with(&value, format)))
}

/// Helm's values: the error of the conversion, or of the step into a map.
fn parse_map(input: &[u8]) -> Answer {
    let value = gotk_yaml::from_slice(input, &sigs())
        .map_err(|error| format!("error converting YAML to JSON: {}", error.original()))?;
    let found = match value {
        Value::Object(_) => return Ok(value),
        Value::Null => return Ok(json!({})),
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "bool",
    };
    Err(format!(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"
    ))
}

fn typed(input: &[u8], options: &Options) -> Answer {
    gotk_yaml::typed_from_slice(input, options)
        .map(|value| tagged(&value))
        .map_err(|e| original(&e))
}

/// A typed value in the form of the corpus.
fn tagged(value: &Typed) -> Value {
    let with = |tag: &str, value: Value| json!({ "t": tag, "v": value });
    match value {
        Typed::Null => json!({ "t": "null" }),
        Typed::Bool(bool) => with("bool", json!(bool.to_string())),
        Typed::Int(int) => with("int", json!(int.to_string())),
        Typed::Uint(uint) => with("uint64", json!(uint.to_string())),
        Typed::Float(float) => with("float", json!(format!("{float:?}"))),
        Typed::String(text) => with("string", json!(text)),
        Typed::Timestamp(time) => with("time", json!(time)),
        Typed::Sequence(items) => with("seq", items.iter().map(tagged).collect()),
        Typed::Mapping(entries) => {
            let mut pairs: Vec<(String, Value)> = entries
                .iter()
                .map(|(key, value)| (tagged(key).to_string(), json!([tagged(key), tagged(value)])))
                .collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            with("map", pairs.into_iter().map(|(_, pair)| pair).collect())
        }
        _ => unreachable!("no other types"),
    }
}

fn input(case: &Value) -> Vec<u8> {
    match case["in_b64"].as_str() {
        Some(text) => base64(text),
        None => case["in"].as_str().unwrap().as_bytes().to_vec(),
    }
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<u8> = text.bytes().filter(|&byte| byte != b'=').collect();
    let bits: Vec<u32> =
        digits.iter().map(|d| DIGITS.iter().position(|known| known == d).unwrap() as u32).collect();
    let bytes = bits.chunks(4).flat_map(|chunk| {
        let value =
            chunk.iter().fold(0, |value, bits| value << 6 | bits) << (6 * (4 - chunk.len()));
        value.to_be_bytes()[1..chunk.len()].to_vec()
    });
    bytes.collect()
}

/// The recorded answer, in the form of ours.
fn recorded(case: &Value) -> Answer {
    if let Some(error) = case["err"].as_str() {
        let error = if error.starts_with(OUT_OF_RANGE) { OUT_OF_RANGE } else { error };
        return Err(error.to_owned());
    }
    let out = &case["out"];
    let is_json =
        matches!(case["op"].as_str().unwrap(), "parse" | "parse-strict" | "parse-map" | "to-json");
    Ok(match out.as_str() {
        Some(text) if is_json => serde_json::from_str(text).unwrap(),
        _ => sorted(out.clone(), case["op"] == "decode" && case["lib"] != "k8s-yaml"),
    })
}

/// Typed maps are compared in one order, whichever the recorder chose.
fn sorted(mut value: Value, typed: bool) -> Value {
    if !typed || value["t"] == "null" {
        return value;
    }
    if value["t"] == "float" {
        let float: f64 = value["v"].as_str().unwrap().parse().unwrap();
        value["v"] = json!(format!("{float:?}"));
    }
    if let Some(items) = value["v"].as_array_mut() {
        for item in items.iter_mut() {
            let one = std::mem::take(item);
            *item = match one {
                Value::Array(pair) => pair.into_iter().map(|side| sorted(side, true)).collect(),
                other => sorted(other, true),
            };
        }
        if value["t"] == "map" {
            let pairs = value["v"].as_array_mut().unwrap();
            pairs.sort_by_key(|pair| pair[0].to_string());
        }
    }
    value
}

/// Numbers by their value: with `arbitrary_precision` they compare as text.
fn canonical(value: Value) -> Value {
    match value {
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(int), ..) => json!(format!("int {int}")),
            (_, Some(uint), _) => json!(format!("int {uint}")),
            // Go writes -0 for a negative zero, which is a float to some and an integer to others.
            (.., Some(0.0)) => json!("int 0"),
            (.., float) => json!(format!("float {float:?}")),
        },
        Value::Array(items) => items.into_iter().map(canonical).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, canonical(value))).collect(),
        other => other,
    }
}

#[test]
fn the_corpus() {
    let Some(path) = gotk_corpus::find("yaml/cases.jsonl") else { return };
    // A value of 10,000 levels needs more stack to be dropped than a test has.
    let run = move || {
        let mut tally = gotk_corpus::Tally::new("yaml");
        for (_, case) in gotk_corpus::json_lines(&path) {
            let ours = answer(&case).unwrap_or_else(|| Err("no such operation".to_owned()));
            let name = case["name"].as_str().unwrap();
            if case.get("unstable").is_some() {
                // The original's answer changes from run to run; ours must not.
                tally.equal(name, &ours, &answer(&case).unwrap());
                continue;
            }
            tally.equal(name, &ours.map(canonical), &recorded(&case).map(canonical));
        }
        tally.finish();
    };
    std::thread::Builder::new().stack_size(256 << 20).spawn(run).unwrap().join().unwrap();
}
