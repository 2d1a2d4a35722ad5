//! What the server said against a request.

use std::error::Error as StdError;
use std::fmt;

use kube::Error;
use kube::core::Status;
use serde_json::Value;

use crate::object;

/// What the server said against a request, or why it said nothing.
#[derive(Debug)]
pub struct Refusal(Error);

impl Refusal {
    /// Content of a Secret that the server quotes is masked.
    pub(crate) fn new(mut error: Error, desired: Option<&Value>) -> Self {
        if let (Error::Api(status), Some(desired)) = (&mut error, desired)
            && object::is_secret(desired)
        {
            mask(status, desired);
        }
        Self(error)
    }

    /// The server's answer; none where there was no answer.
    pub fn status(&self) -> Option<&Status> {
        match &self.0 {
            Error::Api(status) => Some(status),
            _ => None,
        }
    }

    /// The error as `kube` gave it.
    pub fn error(&self) -> &Error {
        &self.0
    }
}

/// The server's own sentence.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Error::Api(status) if !status.message.is_empty() => f.write_str(&status.message),
            Error::Service(error) => error.fmt(f),
            error => error.fmt(f),
        }
    }
}

impl StdError for Refusal {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            Error::Api(_) => None,
            Error::Service(error) => error.source(),
            error => error.source(),
        }
    }
}

fn mask(status: &mut Status, secret: &Value) {
    let maps = [&secret["data"], &secret["stringData"]];
    let content: Vec<String> = maps
        .into_iter()
        .filter_map(Value::as_object)
        .flat_map(serde_json::Map::values)
        .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        .filter(|text| !text.is_empty())
        .collect();
    let causes = status.details.iter_mut().flat_map(|details| &mut details.causes);
    let texts = causes.map(|cause| &mut cause.message).chain([&mut status.message]);
    for text in texts {
        for content in &content {
            *text = text.replace(content.as_str(), "***");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_server_quotes_of_a_secret_is_masked() {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "data": {"password": "hunter2"}});
        let status = Status::failure("data[password]: Invalid value: \"hunter2\"", "Invalid");
        let refusal = Refusal::new(Error::Api(Box::new(status.with_code(422))), Some(&secret));
        assert_eq!(refusal.to_string(), "data[password]: Invalid value: \"***\"");
        assert!(!format!("{refusal:?}").contains("hunter2"));
    }
}
