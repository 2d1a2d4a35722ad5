//! Kinds that are posted and never stored: questions about who may do what, and who somebody is.

use serde_json::{Map, Value, json};

use crate::decode::{self, Strictness};
use crate::failure::Failure;
use crate::identity::User;
use crate::machine::{Document, Machine, Request};
use crate::query::{Write, WriteOptions};
use crate::rbac::Attributes;
use crate::route::Target;

impl Machine {
    /// Answers a question.
    pub(crate) fn review(&self, request: &Request, target: &Target) -> Result<Document, Failure> {
        let options = WriteOptions::parse(&request.query, Write::Create)?;
        let mut question = decode::object(&target.kind, &request.content_type, &request.body)?;
        let strictness =
            Strictness::of(options.field_validation, &request.content_type, &request.body);
        let warnings = decode::fit(&target.kind, &mut question, &strictness)?;
        decode::check_identity(target, &question)?;
        let spec = question["spec"].clone();
        question["status"] = match &*target.kind.kind {
            "SelfSubjectAccessReview" => self.access(&request.user, &spec),
            "SubjectAccessReview" | "LocalSubjectAccessReview" => {
                let namespace = target.namespace.as_deref();
                check_namespace(namespace, &spec)?;
                self.access(&asked_about(&spec), &spec)
            }
            "SelfSubjectRulesReview" => self.rules_review(&request.user, &spec),
            "SelfSubjectReview" => {
                question["metadata"]["creationTimestamp"] = self.clock.seconds().into();
                json!({ "userInfo": request.user.info() })
            }
            "TokenReview" => self.token_review(&spec),
            _ => return Err(Failure::method_not_allowed()),
        };
        Ok(Document::new(201, &question).warning(warnings))
    }

    fn access(&self, user: &User, spec: &Value) -> Value {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (resource, path) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
        let wanted = if resource.is_object() {
            Attributes {
                verb: text(&resource["verb"]),
                group: text(&resource["group"]),
                resource: text(&resource["resource"]),
                subresource: text(&resource["subresource"]),
                namespace: text(&resource["namespace"]),
                name: text(&resource["name"]),
                path: None,
            }
        } else {
            Attributes {
                verb: text(&path["verb"]),
                path: Some(text(&path["path"])),
                ..Attributes::default()
            }
        };
        match self.allows(user, &wanted) {
            Some(why) if why.is_empty() => json!({ "allowed": true }),
            Some(why) => json!({ "allowed": true, "reason": why }),
            None => json!({ "allowed": false }),
        }
    }

    fn rules_review(&self, user: &User, spec: &Value) -> Value {
        let namespace = spec["namespace"].as_str().unwrap_or_default();
        let part = |rule: &Value, fields: &[&str]| -> Value {
            let kept = fields.iter().filter_map(|field| {
                Some(((*field).to_owned(), rule.get(field).filter(|it| !it.is_null())?.clone()))
            });
            Value::Object(kept.collect::<Map<_, _>>())
        };
        let (mut resources, mut paths) = (Vec::new(), Vec::new());
        for rule in self.rules_of(user, namespace) {
            if rule["nonResourceURLs"].is_array() {
                paths.push(part(&rule, &["verbs", "nonResourceURLs"]));
            } else {
                resources.push(part(&rule, &["verbs", "apiGroups", "resources", "resourceNames"]));
            }
        }
        json!({ "resourceRules": resources, "nonResourceRules": paths, "incomplete": false })
    }

    fn token_review(&self, spec: &Value) -> Value {
        let token = spec["token"].as_str().unwrap_or_default();
        match self.tokens.get(token) {
            Some(user) => json!({
                "authenticated": true, "user": user.info(), "audiences": ["https://kubernetes.default.svc"],
            }),
            None => json!({ "user": {}, "error": "[invalid bearer token, token lookup failed]" }),
        }
    }
}

fn asked_about(spec: &Value) -> User {
    let groups = spec["groups"].as_array().into_iter().flatten().filter_map(Value::as_str);
    User {
        name: spec["user"].as_str().unwrap_or_default().to_owned(),
        groups: groups.map(str::to_owned).collect(),
    }
}

/// A local review is about its own namespace.
fn check_namespace(namespace: Option<&str>, spec: &Value) -> Result<(), Failure> {
    let asked = spec["resourceAttributes"]["namespace"].as_str();
    match namespace {
        Some(namespace) if asked != Some(namespace) => Err(Failure::bad_request(format!(
            "spec.resourceAttributes.namespace must match namespace: {namespace}"
        ))),
        _ => Ok(()),
    }
}
