//! The options of a request: from the query, or a delete's body.

use serde_json::{Value, json};

use crate::failure::{Cause, Failure};
use crate::structs;

/// The decoded query string, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        Self { pairs: form_urlencoded::parse(text.as_bytes()).into_owned().collect() }
    }

    /// The first value of `key`; empty when absent.
    pub(crate) fn get(&self, key: &str) -> &str {
        self.find(key).unwrap_or_default()
    }

    fn find(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(name, _)| name == key).map(|(_, value)| &**value)
    }

    fn all(&self, key: &str) -> Vec<&str> {
        self.pairs.iter().filter(|(name, _)| name == key).map(|(_, value)| &**value).collect()
    }

    /// `?watch`, `?watch=1` and `?watch=true` all say yes, as upstream's decoder has it.
    pub(crate) fn flag(&self, key: &str) -> bool {
        self.find(key).is_some_and(truth)
    }

    fn optional_flag(&self, key: &str) -> Option<bool> {
        self.find(key).map(truth)
    }

    fn integer(&self, key: &str) -> Result<Option<i64>, Failure> {
        let Some(text) = self.find(key).filter(|text| !text.is_empty()) else { return Ok(None) };
        let refused = || {
            Failure::bad_request(format!("strconv.ParseInt: parsing \"{text}\": invalid syntax"))
        };
        text.parse().map(Some).map_err(|_| refused())
    }
}

fn truth(text: &str) -> bool {
    !matches!(text.to_ascii_lowercase().as_str(), "false" | "0")
}

/// The options of a list or a watch.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListOptions {
    watch: bool,
    pub(crate) limit: usize,
    pub(crate) continue_token: String,
    pub(crate) version: String,
    pub(crate) version_match: VersionMatch,
    pub(crate) send_initial_events: Option<bool>,
    pub(crate) bookmarks: bool,
    pub(crate) timeout_seconds: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum VersionMatch {
    #[default]
    Unset,
    Exact,
    NotOlderThan,
}

impl ListOptions {
    pub(crate) fn parse(query: &Query, watch: bool) -> Result<Self, Failure> {
        let limit = query.integer("limit")?.unwrap_or_default();
        let timeout = query.integer("timeoutSeconds")?;
        let causes = list_causes(query, watch);
        if !causes.is_empty() {
            return Err(Failure::invalid_options("ListOptions", causes));
        }
        Ok(Self {
            watch,
            limit: usize::try_from(limit).unwrap_or_default(),
            continue_token: query.get("continue").to_owned(),
            version: query.get("resourceVersion").to_owned(),
            version_match: match query.get("resourceVersionMatch") {
                "Exact" => VersionMatch::Exact,
                "NotOlderThan" => VersionMatch::NotOlderThan,
                _ => VersionMatch::Unset,
            },
            send_initial_events: query.optional_flag("sendInitialEvents"),
            bookmarks: query.flag("allowWatchBookmarks"),
            timeout_seconds: timeout
                .and_then(|seconds| u64::try_from(seconds).ok())
                .filter(|s| *s > 0),
        })
    }

    /// The number in `resourceVersion`; none when it is not given.
    ///
    /// A list's refusal is typed, a watch's is not: so it is upstream.
    pub(crate) fn version_number(&self) -> Result<Option<u64>, Failure> {
        let text = &self.version;
        if text.is_empty() {
            return Ok(None);
        }
        let why = || {
            format!(
                "resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax"
            )
        };
        text.parse().map(Some).map_err(|_| match self.watch {
            true => Failure::internal(why()),
            false => Failure::bad_request(format!("invalid resource version: {}", why())),
        })
    }
}

fn list_causes(query: &Query, watch: bool) -> Vec<Cause> {
    const MATCH: &str = "resourceVersionMatch";
    let found = query.get(MATCH);
    let initial = query.optional_flag("sendInitialEvents");
    if watch {
        return watch_causes(found, initial);
    }
    let mut causes = Vec::new();
    if !found.is_empty() {
        if query.get("resourceVersion").is_empty() {
            causes.push(Cause::forbidden(
                MATCH,
                "resourceVersionMatch is forbidden unless resourceVersion is provided",
            ));
        }
        if !query.get("continue").is_empty() {
            causes.push(Cause::forbidden(
                MATCH,
                "resourceVersionMatch is forbidden when continue is provided",
            ));
        }
        if !matches!(found, "Exact" | "NotOlderThan") {
            causes.push(Cause::unsupported(MATCH, &found.into(), &["Exact", "NotOlderThan", ""]));
        }
        if found == "Exact" && query.get("resourceVersion") == "0" {
            causes.push(Cause::forbidden(
                MATCH,
                "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
            ));
        }
    }
    if initial.is_some() {
        causes
            .push(Cause::forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
    }
    causes
}

fn watch_causes(found: &str, initial: Option<bool>) -> Vec<Cause> {
    const MATCH: &str = "resourceVersionMatch";
    match (found, initial) {
        ("", None) | ("NotOlderThan", Some(_)) => Vec::new(),
        (_, None) => vec![Cause::forbidden(
            MATCH,
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        )],
        (_, Some(_)) => vec![Cause::forbidden(
            MATCH,
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        )],
    }
}

/// The options of a create, an update or a patch.
#[derive(Clone, Debug)]
pub(crate) struct WriteOptions {
    pub(crate) dry_run: bool,
    /// Empty when the client gave none.
    pub(crate) field_manager: String,
    pub(crate) force: bool,
    pub(crate) field_validation: FieldValidation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldValidation {
    Ignore,
    Warn,
    Strict,
}

/// Which write the options belong to; each is its own object in refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    Create,
    Update,
    Patch,
    Apply,
}

impl WriteOptions {
    pub(crate) fn parse(query: &Query, write: Write) -> Result<Self, Failure> {
        let options = match write {
            Write::Create => "CreateOptions",
            Write::Update => "UpdateOptions",
            Write::Patch | Write::Apply => "PatchOptions",
        };
        let causes = write_causes(query, write);
        if !causes.is_empty() {
            return Err(Failure::invalid_options(options, causes));
        }
        Ok(Self {
            dry_run: !query.all("dryRun").is_empty(),
            field_manager: query.get("fieldManager").to_owned(),
            force: query.flag("force"),
            field_validation: match query.get("fieldValidation") {
                "Ignore" => FieldValidation::Ignore,
                "Strict" => FieldValidation::Strict,
                _ => FieldValidation::Warn,
            },
        })
    }
}

fn write_causes(query: &Query, write: Write) -> Vec<Cause> {
    let mut causes = Vec::new();
    let manager = query.get("fieldManager");
    if write == Write::Apply && manager.is_empty() {
        causes.push(Cause::required("fieldManager", "is required for apply patch"));
    }
    if write == Write::Patch && query.find("force").is_some() {
        causes.push(Cause::forbidden("force", "may not be specified for non-apply patch"));
    }
    causes.extend(manager_cause(manager));
    causes.extend(dry_run_cause(query.all("dryRun").into_iter().map(Value::from).collect()));
    let validation = query.get("fieldValidation");
    if !matches!(validation, "" | "Ignore" | "Strict" | "Warn") {
        causes.push(Cause::unsupported(
            "fieldValidation",
            &validation.into(),
            &["", "Ignore", "Strict", "Warn"],
        ));
    }
    causes
}

fn manager_cause(manager: &str) -> Option<Cause> {
    if manager.len() > 128 {
        return Some(Cause::new(
            "FieldValueTooLong",
            "fieldManager",
            "Too long: may not be more than 128 bytes",
        ));
    }
    let (at, bad) = manager.char_indices().find(|(_, c)| c.is_control())?;
    let why = format!("invalid character U+{:04X} (at position {at})", bad as u32);
    Some(Cause::invalid("fieldManager", &manager.into(), &why))
}

fn dry_run_cause(found: Vec<Value>) -> Option<Cause> {
    let known = found.iter().all(|value| value == "All");
    (!known).then(|| Cause::unsupported("dryRun", &Value::Array(found), &["All"]))
}

/// The options of a delete: the body's when there is one, else the query's.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct DeleteOptions {
    pub(crate) dry_run: bool,
    pub(crate) propagation: Option<Propagation>,
    pub(crate) uid: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) grace_seconds: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Propagation {
    Background,
    Foreground,
    Orphan,
}

impl DeleteOptions {
    pub(crate) fn parse(query: &Query, body: &[u8]) -> Result<Self, Failure> {
        let body: Value = if body.is_empty() {
            from_query(query)?
        } else if body.starts_with(structs::PROTOBUF_MAGIC) {
            structs::from_protobuf(body).map_err(Failure::bad_request)?
        } else {
            serde_json::from_slice(body).map_err(|error| Failure::bad_request(error.to_string()))?
        };
        Self::of(&body)
    }

    /// From a `DeleteOptions` object.
    pub(crate) fn of(body: &Value) -> Result<Self, Failure> {
        let mut causes = Vec::new();
        let policy = &body["propagationPolicy"];
        let orphan = body["orphanDependents"].as_bool();
        let propagation = match policy.as_str() {
            Some("Background") => Some(Propagation::Background),
            Some("Foreground") => Some(Propagation::Foreground),
            Some("Orphan") => Some(Propagation::Orphan),
            Some(_) => {
                let supported = ["Foreground", "Background", "Orphan", "nil"];
                causes.push(Cause::unsupported("propagationPolicy", policy, &supported));
                None
            }
            None => orphan
                .map(|orphan| if orphan { Propagation::Orphan } else { Propagation::Background }),
        };
        if policy.is_string() && orphan.is_some() {
            let why = "orphanDependents and deletionPropagation cannot be both set";
            causes.push(Cause::invalid("propagationPolicy", policy, why));
        }
        let dry_run = body["dryRun"].as_array().cloned().unwrap_or_default();
        let dry = !dry_run.is_empty();
        causes.extend(dry_run_cause(dry_run));
        if !causes.is_empty() {
            return Err(Failure::invalid_options("DeleteOptions", causes));
        }
        let wanted = |key: &str| body["preconditions"][key].as_str().map(str::to_owned);
        Ok(Self {
            dry_run: dry,
            propagation,
            uid: wanted("uid"),
            version: wanted("resourceVersion"),
            grace_seconds: body["gracePeriodSeconds"].as_i64(),
        })
    }
}

fn from_query(query: &Query) -> Result<Value, Failure> {
    Ok(json!({
        "propagationPolicy": query.find("propagationPolicy"),
        "orphanDependents": query.optional_flag("orphanDependents"),
        "dryRun": query.all("dryRun"),
        "gracePeriodSeconds": query.integer("gracePeriodSeconds")?,
        "preconditions": { "uid": query.find("preconditions.uid"), "resourceVersion": query.find("preconditions.resourceVersion") },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(query: &str, watch: bool) -> String {
        let found = ListOptions::parse(&Query::parse(query), watch);
        found.map(|_| String::new()).unwrap_or_else(|failure| failure.message().to_owned())
    }

    #[test]
    fn a_version_match_needs_a_version_and_no_token() {
        let prefix = "ListOptions.meta.k8s.io \"\" is invalid: ";
        let rows = [
            (
                "resourceVersionMatch=Exact",
                "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
            ),
            (
                "resourceVersionMatch=Exact&resourceVersion=0",
                "resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
            ),
            (
                "resourceVersionMatch=Foo&resourceVersion=0",
                "resourceVersionMatch: Unsupported value: \"Foo\": supported values: \"Exact\", \"NotOlderThan\", \"\"",
            ),
            (
                "sendInitialEvents=true",
                "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list",
            ),
        ];
        for (query, message) in rows {
            assert_eq!(list(query, false), format!("{prefix}{message}"), "{query}");
        }
        assert_eq!(list("resourceVersionMatch=NotOlderThan&resourceVersion=0&limit=5", false), "");
    }

    #[test]
    fn a_watch_takes_a_match_only_with_initial_events() {
        assert!(
            list("resourceVersionMatch=NotOlderThan", true)
                .contains("unless sendInitialEvents is provided")
        );
        assert!(
            list("sendInitialEvents=true", true)
                .contains("requires setting resourceVersionMatch to NotOlderThan")
        );
        assert_eq!(list("sendInitialEvents=true&resourceVersionMatch=NotOlderThan", true), "");
    }

    #[test]
    fn write_options_are_refused_by_name() {
        let refused = |query: &str, write| {
            WriteOptions::parse(&Query::parse(query), write).unwrap_err().message().to_owned()
        };
        assert_eq!(
            refused("", Write::Apply),
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch"
        );
        assert_eq!(
            refused("dryRun=foo", Write::Create),
            "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"foo\"]: supported values: \"All\""
        );
        assert_eq!(
            refused("fieldManager=me%00", Write::Apply),
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Invalid value: \"me\\x00\": invalid character U+0000 (at position 2)"
        );
    }

    #[test]
    fn a_delete_reads_its_body_before_its_query() {
        let query = Query::parse("propagationPolicy=Orphan");
        let orphan = DeleteOptions::parse(&query, b"").unwrap();
        assert_eq!(orphan.propagation, Some(Propagation::Orphan));
        let body = br#"{"propagationPolicy":"Foreground","preconditions":{"uid":"u"}}"#;
        let foreground = DeleteOptions::parse(&query, body).unwrap();
        assert_eq!(
            (foreground.propagation, foreground.uid.as_deref()),
            (Some(Propagation::Foreground), Some("u"))
        );
        assert!(DeleteOptions::parse(&Query::parse("propagationPolicy=Foo"), b"").is_err());
    }
}
