//! Kubernetes' named formats: `format.dns1123Label().validate(name)`.

use std::sync::Arc;

use crate::cel::eval::Outcome;
use crate::cel::functions::{Url, mismatch, text};
use crate::cel::meter::Meter;
use crate::cel::opaque::{Kind, Opaque};
use crate::cel::optional;
use crate::cel::signature::{Declaration, function, member};
use crate::cel::time::Timestamp;
use crate::cel::value::Value;

pub(crate) const TABLE: &[Declaration] = &[
    function("format.named", "(string) optional(kubernetes.NamedFormat)", named),
    member("validate", "(kubernetes.NamedFormat, string) optional(list(string))", validate),
    function("format.dns1123Label", "() kubernetes.NamedFormat", |_, _| by_name("dns1123Label")),
    function("format.dns1123LabelPrefix", "() kubernetes.NamedFormat", |_, _| {
        by_name("dns1123LabelPrefix")
    }),
    function("format.dns1123Subdomain", "() kubernetes.NamedFormat", |_, _| {
        by_name("dns1123Subdomain")
    }),
    function("format.dns1123SubdomainPrefix", "() kubernetes.NamedFormat", |_, _| {
        by_name("dns1123SubdomainPrefix")
    }),
    function("format.dns1035Label", "() kubernetes.NamedFormat", |_, _| by_name("dns1035Label")),
    function("format.dns1035LabelPrefix", "() kubernetes.NamedFormat", |_, _| {
        by_name("dns1035LabelPrefix")
    }),
    function("format.qualifiedName", "() kubernetes.NamedFormat", |_, _| by_name("qualifiedName")),
    function("format.labelValue", "() kubernetes.NamedFormat", |_, _| by_name("labelValue")),
    function("format.uri", "() kubernetes.NamedFormat", |_, _| by_name("uri")),
    function("format.uuid", "() kubernetes.NamedFormat", |_, _| by_name("uuid")),
    function("format.byte", "() kubernetes.NamedFormat", |_, _| by_name("byte")),
    function("format.date", "() kubernetes.NamedFormat", |_, _| by_name("date")),
    function("format.datetime", "() kubernetes.NamedFormat", |_, _| by_name("datetime")),
];

/// A format by its name.
#[derive(Clone, Debug)]
pub(crate) struct Format(&'static str);

const NAMES: [&str; 13] = [
    "byte",
    "date",
    "datetime",
    "dns1035Label",
    "dns1035LabelPrefix",
    "dns1123Label",
    "dns1123LabelPrefix",
    "dns1123Subdomain",
    "dns1123SubdomainPrefix",
    "labelValue",
    "qualifiedName",
    "uri",
    "uuid",
];

impl Format {
    fn find(name: &str) -> Option<Self> {
        NAMES.into_iter().find(|&known| known == name).map(Self)
    }

    pub(crate) fn name(&self) -> &'static str {
        self.0
    }

    /// What is wrong with a text; nothing when it is well formed.
    fn complaints(&self, text: &str) -> Vec<String> {
        let one = |fine: bool, why: &str| if fine { Vec::new() } else { vec![why.to_owned()] };
        match self.0 {
            "byte" => one(is_base64(text), "invalid base64"),
            "date" => one(is_date(text), "invalid date"),
            "datetime" => one(is_datetime(text), "invalid datetime"),
            "dns1035Label" => dns1035_label(text),
            "dns1035LabelPrefix" => dns1035_label(&masked(text)),
            "dns1123Label" => dns1123_label(text),
            "dns1123LabelPrefix" => dns1123_label(&masked(text)),
            "dns1123Subdomain" => dns1123_subdomain(text),
            "dns1123SubdomainPrefix" => dns1123_subdomain(&masked(text)),
            "labelValue" => label_value(text),
            "qualifiedName" => qualified_name(text),
            "uri" => uri(text),
            _ => one(is_uuid(text), "does not match the UUID format"),
        }
    }
}

fn value<'a>(format: Format) -> Value<'a> {
    Value::Opaque(Arc::new(Opaque(Kind::Format(format))))
}

fn by_name<'a>(name: &'static str) -> Outcome<'a> {
    Ok(value(Format(name)))
}

fn named<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let found = Format::find(text(arguments, 0)?);
    Ok(found.map_or(Value::Optional(None), |format| optional::of(value(format))))
}

fn validate<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let Some(Value::Opaque(opaque)) = arguments.first() else { return Err(mismatch()) };
    let Kind::Format(format) = &opaque.0 else { return Err(mismatch()) };
    let text = text(arguments, 1)?;
    meter.produce(text.len() + 256)?;
    let complaints = format.complaints(text);
    if complaints.is_empty() {
        return Ok(Value::Optional(None));
    }
    Ok(optional::of(Value::from(complaints.into_iter().map(Value::from).collect::<Vec<_>>())))
}

/// A name that is to be completed may end in a dash.
fn masked(text: &str) -> String {
    match text.strip_suffix('-').and_then(|rest| rest.char_indices().next_back()) {
        Some((at, _)) => format!("{}a", &text[..at]),
        None => text.to_owned(),
    }
}

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";

fn too_long(text: &str, limit: usize, unit: &str) -> Option<String> {
    (text.len() > limit).then(|| format!("must be no more than {limit} {unit}"))
}

fn lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// `[edge]([inner or edge]*[edge])?`
fn spells(text: &str, edge: fn(u8) -> bool, inner: &[u8]) -> bool {
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    ends.into_iter().all(|end| end.is_some_and(|&end| edge(end)))
        && bytes.iter().all(|&byte| edge(byte) || inner.contains(&byte))
}

fn dns1123_label(text: &str) -> Vec<String> {
    let why = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \
               '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or \
               '123-abc', regex used for validation is '";
    let fine = spells(text, lower, b"-");
    let subdomain = text.split('.').all(|label| spells(label, lower, b"-"));
    let why = if subdomain && !fine {
        "must not contain dots".to_owned()
    } else {
        format!("{why}{LABEL}')")
    };
    too_long(text, 63, "characters").into_iter().chain((!fine).then_some(why)).collect()
}

fn dns1123_subdomain(text: &str) -> Vec<String> {
    let why = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric \
               characters, '-' or '.', and must start and end with an alphanumeric character \
               (e.g. 'example.com', regex used for validation is '";
    let fine = text.split('.').all(|label| spells(label, lower, b"-"));
    let why = (!fine).then(|| format!("{why}{SUBDOMAIN}')"));
    too_long(text, 253, "characters").into_iter().chain(why).collect()
}

fn dns1035_label(text: &str) -> Vec<String> {
    let why = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start \
               with an alphabetic character, and end with an alphanumeric character (e.g. \
               'my-name',  or 'abc-123', regex used for validation is \
               '[a-z]([-a-z0-9]*[a-z0-9])?')";
    let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
    let fine = starts && spells(text, lower, b"-");
    too_long(text, 63, "characters").into_iter().chain((!fine).then(|| why.to_owned())).collect()
}

fn label_value(text: &str) -> Vec<String> {
    let why = "a valid label must be an empty string or consist of alphanumeric characters, '-', \
               '_' or '.', and must start and end with an alphanumeric character (e.g. \
               'MyValue',  or 'my_value',  or '12345', regex used for validation is \
               '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    let fine = text.is_empty() || spells(text, |byte| byte.is_ascii_alphanumeric(), b"-_.");
    too_long(text, 63, "bytes").into_iter().chain((!fine).then(|| why.to_owned())).collect()
}

fn qualified_name(text: &str) -> Vec<String> {
    let rule = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end \
                with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', \
                regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    let mut complaints = Vec::new();
    let parts: Vec<&str> = text.split('/').collect();
    let name = match parts.as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                complaints.push("prefix part must be non-empty".to_owned());
            } else {
                let wrong = dns1123_subdomain(prefix);
                complaints.extend(wrong.into_iter().map(|why| format!("prefix part {why}")));
            }
            *name
        }
        _ => {
            return vec![format!(
                "a valid label key {rule} with an optional DNS subdomain prefix and '/' (e.g. \
                 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        complaints.push("name part must be non-empty".to_owned());
    } else if let Some(why) = too_long(name, 63, "bytes") {
        complaints.push(format!("name part {why}"));
    }
    if !spells(name, |byte| byte.is_ascii_alphanumeric(), b"-_.") {
        complaints.push(format!("name part {rule}"));
    }
    complaints
}

fn uri(text: &str) -> Vec<String> {
    if Url::parse(text).is_some() {
        return Vec::new();
    }
    let why = if text.is_empty() { "empty url" } else { "invalid URI for request" };
    vec![format!("parse {text:?}: {why}")]
}

fn is_uuid(text: &str) -> bool {
    let digits: Vec<u8> = text.bytes().filter(|&byte| byte != b'-').collect();
    if digits.len() != 32 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return false;
    }
    // Each of the four dashes may be left out, but none may stand elsewhere.
    let mut place = 0;
    for byte in text.bytes() {
        match byte {
            b'-' if matches!(place, 8 | 12 | 16 | 20) => {}
            b'-' => return false,
            _ => place += 1,
        }
    }
    !text.contains("--")
}

fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    !text.is_empty()
        && text.len().is_multiple_of(4)
        && padding <= 2
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && Timestamp::parse(&format!("{text}T00:00:00Z")).is_some()
}

/// A date and a time with a zone. The time is only looked at roughly, as upstream does.
fn is_datetime(text: &str) -> bool {
    let text = text.to_lowercase();
    let mut parts = text.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    let bytes = time.as_bytes();
    let number = |from: usize| -> Option<u8> {
        let digits = time.get(from..from + 2)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let clock = number(0).is_some_and(|hour| hour < 24)
        && number(3).is_some_and(|minute| minute < 60)
        && number(6).is_some_and(|second| second < 60)
        && bytes[2] == b':'
        && bytes[5] == b':';
    let zone = time.get(8..).unwrap_or_default();
    let fraction = zone.get(1..).unwrap_or_default().bytes().take_while(u8::is_ascii_digit).count();
    // Upstream's expression forgot to escape the dot before the fraction.
    let behind = zone.get(fraction + 1..).filter(|_| fraction > 0).unwrap_or_default();
    clock && is_date(date) && (is_zone(zone) || is_zone(behind))
}

fn is_zone(text: &str) -> bool {
    let offset = text.len() == 6
        && text.starts_with(['+', '-'])
        && text.bytes().enumerate().skip(1).all(|(at, byte)| match at {
            3 => byte == b':',
            _ => byte.is_ascii_digit(),
        });
    offset || text == "z"
}
