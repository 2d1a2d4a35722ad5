//! Objects without what differs from run to run.

use serde_json::Value;

/// Leaves out what the server makes up, and brings managed fields into an order that does not depend
/// on the second in which they were written.
pub(crate) fn comparable(mut object: Value) -> Value {
    let headless = object["spec"]["clusterIP"] == "None";
    if object["kind"] == "Service"
        && !headless
        && let Some(spec) = object["spec"].as_object_mut()
    {
        spec.remove("clusterIP");
        spec.remove("clusterIPs");
    }
    let metadata = object["metadata"].as_object_mut().unwrap();
    for field in ["uid", "resourceVersion", "creationTimestamp"] {
        metadata.remove(field);
    }
    if let Some(Value::Array(entries)) = metadata.get_mut("managedFields") {
        for entry in entries.iter_mut() {
            entry.as_object_mut().unwrap().remove("time");
        }
        entries.sort_by_key(|entry| {
            ["manager", "operation", "subresource", "apiVersion"].map(|key| entry[key].to_string())
        });
    }
    object
}

/// A value with `$ns`, `$time` and `$uid` for what they stand for.
pub(crate) fn anonymous(value: &Value, namespace: &str) -> Value {
    let text = value.to_string().replace(namespace, "$ns");
    let text = without(&text, "dddd-dd-ddTdd:dd:ddZ", "$time");
    let text = without(&text, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh", "$uid");
    serde_json::from_str(&text).unwrap()
}

/// Replaces what has a shape: `d` stands for a digit, `h` for a hexadecimal one.
fn without(text: &str, shape: &str, word: &str) -> String {
    let fits = |at: usize| {
        text.as_bytes().get(at..at + shape.len()).is_some_and(|found| {
            found.iter().zip(shape.bytes()).all(|(found, wanted)| match wanted {
                b'd' => found.is_ascii_digit(),
                b'h' => matches!(found, b'0'..=b'9' | b'a'..=b'f'),
                other => *found == other,
            })
        })
    };
    let (mut plain, mut from) = (String::with_capacity(text.len()), 0);
    let mut at = 0;
    while at < text.len() {
        if fits(at) {
            plain.push_str(&text[from..at]);
            plain.push_str(word);
            at += shape.len();
            from = at;
        } else {
            at += 1;
        }
    }
    plain.push_str(&text[from..]);
    plain
}
