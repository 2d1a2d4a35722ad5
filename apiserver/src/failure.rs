//! What the server answers when it does not do what was asked: `Status` objects.

use serde_json::{Map, Value, json};

use crate::convert::Foreign;
use crate::kind::Kind;

/// A `Status` with `status: Failure`, before it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    pub(crate) code: u16,
    reason: &'static str,
    message: String,
    details: Option<Box<Details>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Details {
    name: String,
    group: String,
    kind: String,
    uid: String,
    causes: Vec<Cause>,
    retry_after: u32,
    /// Not a detail upstream: it stands in `metadata`.
    continue_token: String,
}

/// One line of `details.causes`, and one bracketed part of an `Invalid` message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cause {
    reason: &'static str,
    message: String,
    field: String,
}

impl Cause {
    pub(crate) fn new(
        reason: &'static str,
        field: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { reason, message: message.into(), field: field.into() }
    }

    pub(crate) fn required(field: impl Into<String>, detail: &str) -> Self {
        Self::with_detail("FieldValueRequired", field, "Required value".to_owned(), detail)
    }

    pub(crate) fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Self::with_detail("FieldValueForbidden", field, "Forbidden".to_owned(), detail)
    }

    pub(crate) fn invalid(field: impl Into<String>, value: &Value, detail: &str) -> Self {
        let found = format!("Invalid value: {}", go_value(value));
        Self::with_detail("FieldValueInvalid", field, found, detail)
    }

    /// The same with a value that is shown as it is.
    pub(crate) fn invalid_text(field: impl Into<String>, shown: &str, detail: &str) -> Self {
        Self::with_detail("FieldValueInvalid", field, format!("Invalid value: {shown}"), detail)
    }

    /// The same with a value that is shown as it is.
    pub(crate) fn unsupported_text(field: impl Into<String>, shown: &str, known: &[&str]) -> Self {
        let list: Vec<String> = known.iter().map(|s| go_quoted(s)).collect();
        let found = format!("Unsupported value: {shown}");
        let detail = format!("supported values: {}", list.join(", "));
        Self::with_detail("FieldValueNotSupported", field, found, &detail)
    }

    pub(crate) fn unsupported(field: impl Into<String>, value: &Value, supported: &[&str]) -> Self {
        let list: Vec<String> = supported.iter().map(|s| go_quoted(s)).collect();
        let found = format!("Unsupported value: {}", go_value(value));
        let detail = format!("supported values: {}", list.join(", "));
        Self::with_detail("FieldValueNotSupported", field, found, &detail)
    }

    pub(crate) fn duplicate(field: impl Into<String>, value: &Value) -> Self {
        Self::new("FieldValueDuplicate", field, format!("Duplicate value: {}", go_value(value)))
    }

    /// A name that leads to nothing.
    pub(crate) fn not_found(field: impl Into<String>, value: &Value) -> Self {
        Self::new("FieldValueNotFound", field, format!("Not found: {}", go_value(value)))
    }

    /// A value of a type or format that the schema does not have.
    pub(crate) fn type_invalid(field: impl Into<String>, value: &Value, detail: &str) -> Self {
        let found = format!("Invalid value: {}", go_value(value));
        Self::with_detail("FieldValueTypeInvalid", field, found, detail)
    }

    #[cfg(test)]
    pub(crate) fn field(&self) -> &str {
        &self.field
    }

    fn with_detail(
        reason: &'static str,
        field: impl Into<String>,
        found: String,
        detail: &str,
    ) -> Self {
        let message = if detail.is_empty() { found } else { format!("{found}: {detail}") };
        Self { reason, message, field: field.into() }
    }

    fn sentence(&self) -> String {
        format!("{}: {}", self.field, self.message)
    }

    fn value(&self) -> Value {
        let mut cause = json!({ "reason": self.reason, "message": self.message });
        if !self.field.is_empty() {
            cause["field"] = self.field.as_str().into();
        }
        cause
    }
}

impl Failure {
    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: None }
    }

    fn about(mut self, group: &str, kind: &str, name: &str) -> Self {
        let details = self.details.get_or_insert_default();
        (details.group, details.kind, details.name) =
            (group.to_owned(), kind.to_owned(), name.to_owned());
        self
    }

    fn caused_by(mut self, causes: Vec<Cause>) -> Self {
        self.details.get_or_insert_default().causes = causes;
        self
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// An error upstream does not type: it answers 500 without a reason.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "", message)
    }

    /// Objects of this kind are stored in another version, and a webhook would have to convert them.
    pub(crate) fn no_conversion(kind: &Kind) -> Self {
        let (version, name) = (kind.api_version(), &kind.kind);
        Self::internal(format!(
            "conversion webhook for {version}, Kind={name} failed: this server calls no webhooks"
        ))
    }

    pub(crate) fn no_such_resource() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource")
            .about("", "", "")
    }

    pub(crate) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(405, "MethodNotAllowed", message).about("", "", "")
    }

    pub(crate) fn no_watch(kind: &Kind) -> Self {
        let resource = kind.qualified();
        let message =
            format!("watch is not supported on resources of kind {}", go_quoted(&resource));
        Self::new(405, "MethodNotAllowed", message).about(&kind.group, &kind.plural, "")
    }

    pub(crate) fn unsupported_patch() -> Self {
        let message = "415: Unsupported Media Type";
        Self::new(415, "UnsupportedMediaType", message).about("", "", "")
    }

    /// Custom kinds have no lists that are merged by directive.
    pub(crate) fn unsupported_custom_patch() -> Self {
        let message = "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
        Self::new(415, "UnsupportedMediaType", message)
    }

    pub(crate) fn unsupported_body() -> Self {
        let message = "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml";
        Self::new(415, "UnsupportedMediaType", message)
    }

    pub(crate) fn not_acceptable() -> Self {
        let message = "406: Not Acceptable\n\nAvailable representations: application/json, application/json;stream=watch";
        Self::new(406, "NotAcceptable", message).about("", "", "")
    }

    pub(crate) fn body_too_large(limit: usize) -> Self {
        let message = format!("Request entity too large: limit is {limit}");
        Self::new(413, "RequestEntityTooLarge", message).about("", "", "")
    }

    pub(crate) fn not_found(kind: &Kind, name: &str) -> Self {
        let message = format!("{} {} not found", kind.qualified(), go_quoted(name));
        Self::new(404, "NotFound", message).about(&kind.group, &kind.plural, name)
    }

    /// Upstream names the kind here, not the resource.
    pub(crate) fn no_component(name: &str) -> Self {
        let message = format!("componentstatus {} not found", go_quoted(name));
        Self::new(404, "NotFound", message).about("", "componentstatus", name)
    }

    pub(crate) fn no_namespace(name: &str) -> Self {
        let message = format!("namespaces {} not found", go_quoted(name));
        Self::new(404, "NotFound", message).about("", "namespaces", name)
    }

    /// The name is taken, be it by an object that is about to go.
    pub(crate) fn already_exists(kind: &Kind, name: &str, deleting: bool) -> Self {
        let going = if deleting { "object is being deleted: " } else { "" };
        let message = format!("{going}{} {} already exists", kind.qualified(), go_quoted(name));
        Self::new(409, "AlreadyExists", message).about(&kind.group, &kind.plural, name)
    }

    /// The resource version or uid in the request is not the stored one.
    pub(crate) fn conflict(kind: &Kind, name: &str, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} {}: {why}",
            kind.qualified(),
            go_quoted(name)
        );
        Self::new(409, "Conflict", message).about(&kind.group, &kind.plural, name)
    }

    /// A delete's precondition does not hold. Upstream names the kind here, not the resource.
    pub(crate) fn precondition(kind: &Kind, name: &str, why: &str) -> Self {
        let qualified = kind.qualified_kind();
        let message =
            format!("Operation cannot be fulfilled on {qualified} {}: {why}", go_quoted(name));
        Self::new(409, "Conflict", message).about(&kind.group, &kind.kind, name)
    }

    /// Another field manager owns what this one applies.
    pub(crate) fn apply_conflict(message: String, causes: Vec<Cause>) -> Self {
        Self::new(409, "Conflict", message).caused_by(causes)
    }

    pub(crate) fn forbidden(kind: &Kind, name: &str, why: &str) -> Self {
        let message = format!("{} {} is forbidden: {why}", kind.qualified(), go_quoted(name));
        Self::new(403, "Forbidden", message).about(&kind.group, &kind.plural, name)
    }

    /// Roles do not allow it.
    pub(crate) fn unauthorized(kind: &Kind, name: &str, why: &str) -> Self {
        let named = if name.is_empty() { String::new() } else { format!(" {}", go_quoted(name)) };
        let message = format!("{}{named} is forbidden: {why}", kind.qualified());
        Self::new(403, "Forbidden", message).about(&kind.group, &kind.plural, name)
    }

    /// A conflict that is about a subresource.
    pub(crate) fn conflict_on(kind: &Kind, resource: &str, name: &str, why: &str) -> Self {
        let message =
            format!("Operation cannot be fulfilled on {resource} {}: {why}", go_quoted(name));
        Self::new(409, "Conflict", message).about(&kind.group, resource, name)
    }

    /// An eviction that a disruption budget does not allow now.
    pub(crate) fn budget_spent(why: &str) -> Self {
        let message = "Cannot evict pod as it would violate the pod's disruption budget.";
        let cause = Cause::new("DisruptionBudget", "", why);
        Self::new(429, "TooManyRequests", message).caused_by(vec![cause])
    }

    /// A pod that runs nowhere has no logs and takes no connections.
    pub(crate) fn no_host(pod: &str) -> Self {
        Self::bad_request(format!("pod {pod} does not have a host assigned"))
    }

    pub(crate) fn namespace_terminating(kind: &Kind, name: &str, namespace: &str) -> Self {
        let why = format!(
            "unable to create new content in namespace {namespace} because it is being terminated"
        );
        let cause = Cause::new(
            "NamespaceTerminating",
            "metadata.namespace",
            format!("namespace {namespace} is being terminated"),
        );
        Self::forbidden(kind, name, &why).caused_by(vec![cause])
    }

    pub(crate) fn invalid(kind: &Kind, name: &str, causes: Vec<Cause>) -> Self {
        // Upstream validates events of either group as those of the core group.
        let group = if kind.foreign == Some(Foreign::Event) { "" } else { &*kind.group };
        Self::invalid_of(group, &kind.kind, name, causes)
    }

    /// The body of a subresource is invalid.
    pub(crate) fn invalid_kind(group: &str, kind: &str, name: &str, causes: Vec<Cause>) -> Self {
        Self::invalid_of(group, kind, name, causes)
    }

    /// An update that names no version, of a kind that demands one. Upstream names the resource.
    pub(crate) fn unconditional(kind: &Kind, name: &str) -> Self {
        let cause = Cause::invalid(
            "metadata.resourceVersion",
            &0.into(),
            "must be specified for an update",
        );
        Self::invalid_of(&kind.group, &kind.plural, name, vec![cause])
    }

    /// The query or the body of a request, seen as an object, is invalid.
    pub(crate) fn invalid_options(options: &str, causes: Vec<Cause>) -> Self {
        Self::invalid_of("meta.k8s.io", options, "", causes)
    }

    fn invalid_of(group: &str, kind: &str, name: &str, causes: Vec<Cause>) -> Self {
        let qualified = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let mut sentences: Vec<String> = Vec::with_capacity(causes.len());
        for cause in &causes {
            let sentence = cause.sentence();
            if !sentences.contains(&sentence) {
                sentences.push(sentence);
            }
        }
        let what = match sentences.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let message = format!("{qualified} {} is invalid: {what}", go_quoted(name));
        Self::new(422, "Invalid", message).about(group, kind, name).caused_by(causes)
    }

    /// A patch that is well formed and does not fit the object.
    pub(crate) fn patch_does_not_fit() -> Self {
        let message = "the server rejected our request due to an error in our request";
        Self::new(422, "Invalid", message).about("", "", "")
    }

    pub(crate) fn too_many_operations(message: String) -> Self {
        Self::new(413, "RequestEntityTooLarge", message)
    }

    pub(crate) fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// The next page's version is forgotten; `token` goes on with the objects as they are now.
    pub(crate) fn expired_continue(token: &str) -> Self {
        let mut failure = Self::expired(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
        );
        failure.details.get_or_insert_default().continue_token = token.to_owned();
        failure
    }

    /// A version that has not been written yet.
    pub(crate) fn future_version(asked: u64, current: u64) -> Self {
        let cause = Cause::new("ResourceVersionTooLarge", "", "Too large resource version");
        let message = format!("Timeout: Too large resource version: {asked}, current: {current}");
        let mut failure = Self::new(504, "Timeout", message).caused_by(vec![cause]);
        failure.details.get_or_insert_default().retry_after = 1;
        failure
    }

    /// What a busy server says.
    pub(crate) fn too_many_requests(seconds: u32) -> Self {
        let mut failure =
            Self::new(429, "TooManyRequests", "Too many requests, please try again later.");
        failure.details.get_or_insert_default().retry_after = seconds;
        failure
    }

    /// The conflict of an update with one that was quicker.
    pub(crate) fn modified(group: &str, plural: &str, qualified: &str, name: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {qualified} {}: the object has been modified; please apply your changes to the latest version and try again",
            go_quoted(name)
        );
        Self::new(409, "Conflict", message).about(group, plural, name)
    }

    /// A code that a test asked for, with the reason it has upstream.
    pub(crate) fn injected(code: u16) -> Self {
        let (reason, message) = match code {
            401 => ("Unauthorized", "Unauthorized"),
            403 => ("Forbidden", "forbidden: injected fault"),
            404 => ("NotFound", "the server could not find the requested resource"),
            409 => ("AlreadyExists", "the server reported a conflict"),
            410 => ("Expired", "The resourceVersion for the provided watch is too old."),
            422 => ("Invalid", "the server rejected our request due to an error in our request"),
            429 => ("TooManyRequests", "Too many requests, please try again later."),
            500 => ("InternalError", "Internal error occurred: injected fault"),
            503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
            504 => ("Timeout", "the server was unable to return a response in the time allotted"),
            _ => ("", "injected fault"),
        };
        Self::new(code, reason, message)
    }

    pub(crate) fn retry_after(&self) -> Option<u32> {
        self.details.as_ref().map(|d| d.retry_after).filter(|seconds| *seconds > 0)
    }

    #[cfg(test)]
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn value(&self) -> Value {
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "code": self.code,
        });
        if !self.reason.is_empty() {
            status["reason"] = self.reason.into();
        }
        if let Some(details) = &self.details {
            if !details.continue_token.is_empty() {
                status["metadata"]["continue"] = details.continue_token.as_str().into();
            } else {
                status["details"] = details.value();
            }
        }
        status
    }
}

impl Details {
    fn value(&self) -> Value {
        let mut map = Map::new();
        let texts = [
            ("name", &self.name),
            ("group", &self.group),
            ("kind", &self.kind),
            ("uid", &self.uid),
        ];
        for (key, text) in texts {
            if !text.is_empty() {
                map.insert(key.to_owned(), text.as_str().into());
            }
        }
        if !self.causes.is_empty() {
            map.insert("causes".to_owned(), self.causes.iter().map(Cause::value).collect());
        }
        if self.retry_after > 0 {
            map.insert("retryAfterSeconds".to_owned(), self.retry_after.into());
        }
        Value::Object(map)
    }
}

/// A delete that left nothing behind.
pub(crate) fn deleted(kind: &Kind, name: &str, uid: &str) -> Value {
    let details = Details {
        name: name.to_owned(),
        group: kind.group.to_string(),
        kind: kind.plural.to_string(),
        uid: uid.to_owned(),
        ..Details::default()
    };
    json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details.value(),
    })
}

/// Text as Go's `%q` prints it; JSON's escapes agree with it for all but control characters.
pub(crate) fn go_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                out.push_str(&format!("\\x{:02x}", c as u32));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn go_value(value: &Value) -> String {
    match value {
        Value::String(text) => go_quoted(text),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    fn deployments() -> std::sync::Arc<Kind> {
        Registry::built_in().find("apps", "v1", "deployments").unwrap()
    }

    #[test]
    fn a_missing_object_is_named_with_its_group() {
        let status = Failure::not_found(&deployments(), "web").value();
        assert_eq!(status["message"], "deployments.apps \"web\" not found");
        assert_eq!(
            status["details"],
            json!({ "name": "web", "group": "apps", "kind": "deployments" })
        );
    }

    #[test]
    fn one_cause_stands_alone_and_several_stand_in_brackets() {
        let cause = |field: &str| Cause::required(field, "");
        let one = Failure::invalid(&deployments(), "a", vec![cause("spec.selector")]);
        assert_eq!(
            one.message(),
            "Deployment.apps \"a\" is invalid: spec.selector: Required value"
        );
        let two = Failure::invalid(&deployments(), "a", vec![cause("x"), cause("y")]);
        assert_eq!(
            two.message(),
            "Deployment.apps \"a\" is invalid: [x: Required value, y: Required value]"
        );
    }

    #[test]
    fn an_untyped_error_has_no_reason() {
        assert_eq!(Failure::internal("x").value().get("reason"), None);
    }
}
