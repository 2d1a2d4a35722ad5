//! The form of the answer: what `Accept` asks for and we can give.

use crate::failure::Failure;

/// A form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    /// `as=PartialObjectMetadata`, or its list.
    Partial,
    /// `as=APIGroupDiscoveryList` in version `v2`.
    Aggregated,
    /// `as=Table`: rows for people.
    Table,
}

/// The first form in `accept` that we know; protobuf is passed over.
pub(crate) fn form(accept: &str) -> Result<Form, Failure> {
    if accept.trim().is_empty() {
        return Ok(Form::Json);
    }
    accept.split(',').find_map(one).ok_or_else(Failure::not_acceptable)
}

fn one(range: &str) -> Option<Form> {
    let mut parts = range.split(';').map(str::trim);
    if !matches!(parts.next()?, "application/json" | "application/*" | "*/*") {
        return None;
    }
    let parameters: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
    let value =
        |name: &str| parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    match (value("as"), value("g"), value("v")) {
        (None, _, _) => Some(Form::Json),
        (
            Some("PartialObjectMetadata" | "PartialObjectMetadataList"),
            Some("meta.k8s.io"),
            Some("v1"),
        ) => Some(Form::Partial),
        (Some("APIGroupDiscoveryList"), Some("apidiscovery.k8s.io"), Some("v2")) => {
            Some(Form::Aggregated)
        }
        (Some("Table"), Some("meta.k8s.io"), Some("v1")) => Some(Form::Table),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_form_wins() {
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
        assert_eq!(form(table).unwrap(), Form::Table);
        let old = "application/json;as=Table;v=v1alpha1;g=meta.k8s.io,application/json";
        assert_eq!(form(old).unwrap(), Form::Json);
        assert_eq!(form("application/vnd.kubernetes.protobuf, */*").unwrap(), Form::Json);
        assert_eq!(
            form("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1").unwrap(),
            Form::Partial
        );
        assert!(form("text/plain").is_err());
    }
}
