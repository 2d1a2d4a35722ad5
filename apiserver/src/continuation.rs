//! The token that asks for the next page of a list.

use std::fmt;

use serde_json::{Value, json};

use crate::base64;
use crate::failure::Failure;

/// Where a list goes on, and at which version. Opaque to clients; upstream's form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Continuation {
    /// None in the token an expired one is answered with: go on with what is there now.
    pub(crate) version: Option<u64>,
    /// The first key that may be on the page.
    pub(crate) start: String,
    /// How many objects the pages so far held, where that is known.
    pub(crate) passed: Option<usize>,
}

impl Continuation {
    /// The keys after `last`.
    pub(crate) fn after(last: &str, version: u64) -> Self {
        Self { version: Some(version), start: format!("{last}\0"), passed: None }
    }

    pub(crate) fn having_passed(self, passed: Option<usize>) -> Self {
        Self { passed, ..self }
    }

    pub(crate) fn without_version(&self) -> Self {
        Self { version: None, start: self.start.clone(), passed: None }
    }

    pub(crate) fn parse(text: &str) -> Result<Option<Self>, Failure> {
        if text.is_empty() {
            return Ok(None);
        }
        let refused = |why: &str| {
            Failure::bad_request(format!(
                "invalid continue token: continue key is not valid: {why}"
            ))
        };
        let json = base64::decode(text)
            .map_err(|at| refused(&format!("illegal base64 data at input byte {at}")))?;
        let token: Value =
            serde_json::from_slice(&json).map_err(|error| refused(&error.to_string()))?;
        if token["v"] != "meta.k8s.io/v1" {
            return Err(refused(&format!(
                "server does not recognize this encoded version {}",
                token["v"]
            )));
        }
        let start = token["start"].as_str().and_then(|start| start.strip_prefix('/'));
        let start =
            start.ok_or_else(|| refused("encoded start key empty (version meta.k8s.io/v1)"))?;
        let version = token["rv"].as_i64().unwrap_or_default();
        Ok(Some(Self {
            version: u64::try_from(version).ok().filter(|v| *v > 0),
            start: start.to_owned(),
            passed: token["passed"].as_u64().and_then(|passed| usize::try_from(passed).ok()),
        }))
    }
}

impl fmt::Display for Continuation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.and_then(|v| i64::try_from(v).ok()).unwrap_or(-1);
        let mut token =
            json!({ "v": "meta.k8s.io/v1", "rv": version, "start": format!("/{}", self.start) });
        if let Some(passed) = self.passed {
            token["passed"] = passed.into();
        }
        f.write_str(&base64::encode(token.to_string().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_as_it_went_out() {
        let token = Continuation::after("default/a", 255).having_passed(Some(7));
        assert_eq!(Continuation::parse(&token.to_string()).unwrap(), Some(token.clone()));
        let open = token.without_version();
        assert_eq!(Continuation::parse(&open.to_string()).unwrap(), Some(open));
    }

    #[test]
    fn the_real_servers_token_is_read() {
        let token = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MjU4LCJzdGFydCI6Ii9hLXNuMjVoXHUwMDAwIn0";
        assert_eq!(Continuation::parse(token).unwrap(), Some(Continuation::after("a-sn25h", 258)));
    }

    #[test]
    fn nonsense_is_refused() {
        let refused = Continuation::parse("a").unwrap_err();
        assert_eq!(
            refused.message(),
            "invalid continue token: continue key is not valid: illegal base64 data at input byte 0"
        );
        assert!(Continuation::parse("zzz").is_err());
        assert!(Continuation::parse("").unwrap().is_none());
    }
}
