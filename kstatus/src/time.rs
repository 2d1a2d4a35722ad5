//! Times as Kubernetes writes them: RFC 3339, in whole seconds, in UTC.

use jiff::Timestamp;

/// Reads a time. Stricter than ISO 8601, as Kubernetes is: `T` and `Z` or an offset have to be there.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let shaped = separators.iter().all(|&(at, byte)| bytes.get(at) == Some(&byte));
    let plain = bytes.iter().all(|byte| !matches!(byte, b'z' | b'['));
    (shaped && plain).then(|| text.parse().ok())?
}

/// Cuts the fraction of a second off.
pub(crate) fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// `lastTransitionTime` on the wire.
pub(crate) mod wire {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(
        time: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.collect_str(&super::whole_seconds(*time)),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let malformed = || de::Error::custom(format_args!("{text:?} is not an RFC 3339 time"));
        super::parse(&text).map(Some).ok_or_else(malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubernetes_times_are_read() {
        for text in
            ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05+02:00"]
        {
            assert!(parse(text).is_some(), "{text}");
        }
    }

    #[test]
    fn other_forms_of_iso_8601_are_not() {
        for text in
            ["", "2026-01-02", "2026-01-02 03:04:05Z", "2026-01-02T03:04:05", "20260102T030405Z"]
        {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
