//! URLs, read as Go reads them.

use std::sync::Arc;

use crate::cel::eval::Outcome;
use crate::cel::fault::Fault;
use crate::cel::functions::{mismatch, text};
use crate::cel::map::{Key, Map};
use crate::cel::meter::Meter;
use crate::cel::opaque::{Kind, Opaque};
use crate::cel::signature::{Declaration, function, member};
use crate::cel::value::{Text, Value};

pub(crate) const TABLE: &[Declaration] = &[
    function("url", "(string) kubernetes.URL", url),
    function("isURL", "(string) bool", is_url),
    member("getScheme", "(kubernetes.URL) string", |_, given| part(given, |url| &url.scheme)),
    member("getHost", "(kubernetes.URL) string", |_, given| part(given, |url| &url.host)),
    member("getHostname", "(kubernetes.URL) string", |_, given| part(given, Url::hostname)),
    member("getPort", "(kubernetes.URL) string", |_, given| part(given, Url::port)),
    member("getEscapedPath", "(kubernetes.URL) string", escaped_path),
    member("getQuery", "(kubernetes.URL) map(string, list(string))", query),
];

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Url {
    scheme: String,
    user: Option<String>,
    host: String,
    /// What follows the scheme when that is no path: `mailto:a@b`.
    opaque: String,
    path: String,
    query: String,
    fragment: String,
}

impl Url {
    /// Reads an absolute URL or an absolute path. `None` is Go's error.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // A request URI has no fragment: `#` is just another character of it.
        Self::without_fragment(text, true)?;
        let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
        let url = Self::without_fragment(text, false)?;
        unescape(fragment)?;
        Some(Self { fragment: fragment.to_owned(), ..url })
    }

    /// `request`: as the line of an HTTP request has it, where `//host` is a path.
    fn without_fragment(text: &str, request: bool) -> Option<Self> {
        if (request && text.is_empty()) || text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return None;
        }
        let mut url = Self::of_path(text);
        if text == "*" {
            return Some(url);
        }
        let (scheme, rest) = split_scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        url.query = query.to_owned();
        if !rest.starts_with('/') {
            url.opaque = rest.to_owned();
            url.path = String::new();
            return (!scheme.is_empty() || !request).then_some(url);
        }
        let mut path = rest;
        let hosted = !scheme.is_empty() || (!request && !rest.starts_with("///"));
        if let Some(tail) = rest.strip_prefix("//").filter(|_| hosted) {
            let end = tail.find('/').unwrap_or(tail.len());
            let (authority, rest) = tail.split_at(end);
            (url.user, url.host) = parse_authority(authority)?;
            path = rest;
        }
        unescape(path)?;
        url.path = path.to_owned();
        Some(url)
    }

    fn of_path(text: &str) -> Self {
        let none = String::new;
        let path = text.to_owned();
        Self {
            scheme: none(),
            user: None,
            host: none(),
            opaque: none(),
            path,
            query: none(),
            fragment: none(),
        }
    }

    fn hostname(&self) -> &str {
        let host = self.without_port();
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    fn without_port(&self) -> &str {
        match self.host.rfind(':') {
            Some(colon) if is_port(&self.host[colon + 1..]) => &self.host[..colon],
            _ => &self.host,
        }
    }

    fn port(&self) -> &str {
        self.host[self.without_port().len()..].trim_start_matches(':')
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The scheme, perhaps empty, and the rest; `None` when there is a colon but no scheme.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' => return (at > 0).then(|| (&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Some(("", text))
}

fn parse_authority(authority: &str) -> Option<(Option<String>, String)> {
    let Some((user, host)) = authority.rsplit_once('@') else {
        return Some((None, parse_host(authority)?));
    };
    let host = parse_host(host)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
    if !user.bytes().all(allowed) {
        return None;
    }
    unescape(user)?;
    Some((Some(user.to_owned()), host))
}

fn parse_host(host: &str) -> Option<String> {
    let port = if host.starts_with('[') {
        &host[host.rfind(']')? + 1..]
    } else {
        host.find(':').map_or("", |colon| &host[colon..])
    };
    if !port.is_empty() && !port.strip_prefix(':').is_some_and(is_port) {
        return None;
    }
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
        let (address, _zone) = address.split_once("%25").unwrap_or((address, ""));
        address.parse::<std::net::Ipv6Addr>().ok()?;
    }
    let allowed = |byte: u8| {
        byte >= 0x80 || byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"%".contains(&byte)
    };
    if !host.bytes().all(allowed) {
        return None;
    }
    // Only bytes that cannot be written otherwise may be escaped in a name.
    let escapes = host.match_indices('%').map(|(at, _)| host.get(at + 1..at + 3));
    for escape in escapes {
        let byte = u8::from_str_radix(escape?, 16).ok()?;
        if byte < 0x80 && byte != b'%' {
            return None;
        }
    }
    unescape(host)
}

/// Replaces escapes; `None` when one is broken.
fn unescape(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, tail @ ..] = tail else { return None };
        let digit = |byte: u8| char::from(byte).to_digit(16);
        bytes.push((digit(*high)? * 16 + digit(*low)?) as u8);
        rest = tail;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The path as it has to be written: kept if it is written well, escaped anew if not.
fn escape_path(raw: &str) -> String {
    let well = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:@[]%/".contains(&byte);
    if raw.bytes().all(well) {
        return raw.to_owned();
    }
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte);
    let mut escaped = String::new();
    for byte in unescape(raw).unwrap_or_default().bytes() {
        if kept(byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

fn url<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = text(arguments, 0)?;
    meter.produce(2 * text.len())?;
    let why = "URL parse error during conversion from string";
    let url = Url::parse(text).ok_or_else(|| Fault::new(why))?;
    Ok(Value::Opaque(Arc::new(Opaque(Kind::Url(url)))))
}

fn is_url<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = text(arguments, 0)?;
    meter.produce(2 * text.len())?;
    Ok(Value::Bool(Url::without_fragment(text, true).is_some()))
}

fn of<'v>(arguments: &'v [Value<'_>]) -> Result<&'v Url, Fault> {
    match arguments {
        [Value::Opaque(opaque)] => match &opaque.0 {
            Kind::Url(url) => Ok(url),
            _ => Err(mismatch()),
        },
        _ => Err(mismatch()),
    }
}

fn part<'a>(arguments: &[Value<'a>], part: fn(&Url) -> &str) -> Outcome<'a> {
    Ok(Value::from(part(of(arguments)?).to_owned()))
}

fn escaped_path<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let url = of(arguments)?;
    meter.produce(3 * url.path.len())?;
    Ok(Value::from(escape_path(&url.path)))
}

fn query<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let url = of(arguments)?;
    meter.produce(url.query.len() + 64)?;
    let mut values: std::collections::BTreeMap<String, Vec<Value<'a>>> = Default::default();
    for pair in url.query.split('&').filter(|pair| !pair.is_empty() && !pair.contains(';')) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decode = |text: &str| unescape(&text.replace('+', " "));
        if let (Some(key), Some(value)) = (decode(key), decode(value)) {
            values.entry(key).or_default().push(Value::from(value));
        }
    }
    let entry = |(key, values): (String, Vec<Value<'a>>)| {
        (Key::String(Text::Shared(Arc::from(key))), Value::from(values))
    };
    Ok(Value::Map(Map::built(values.into_iter().map(entry).collect())))
}
