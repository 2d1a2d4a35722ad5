//! What can be posted to an object: a token is made, a pod is bound or evicted.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::base64;
use crate::conditions;
use crate::decode;
use crate::failure::Failure;
use crate::identity::User;
use crate::kind::Kind;
use crate::machine::{Document, Machine, Request};
use crate::meta;
use crate::object::Stored;
use crate::owning::Writer;
use crate::query::{DeleteOptions, Write, WriteOptions};
use crate::route::Target;
use crate::selector::Selector;
use crate::table;
use crate::write::Edit;

const AUDIENCE: &str = "https://kubernetes.default.svc";

impl Machine {
    pub(crate) fn post_to(
        &mut self,
        request: &Request,
        target: &Target,
    ) -> Result<Document, Failure> {
        let options = WriteOptions::parse(&request.query, Write::Create)?;
        match target.subresource.as_deref() {
            Some("token") => self.issue_token(request, target),
            Some("binding") => self.bind(request, target, &options),
            Some("eviction") => self.evict(request, target, options.dry_run),
            _ => Err(Failure::method_not_allowed()),
        }
    }

    /// A token that this server knows again: nothing else does, it is signed by nobody.
    fn issue_token(&mut self, request: &Request, target: &Target) -> Result<Document, Failure> {
        let account = self.find(target)?;
        let asked = decode::json(&request.content_type, &request.body)?;
        let seconds = asked["spec"]["expirationSeconds"].as_i64().unwrap_or(3600);
        if seconds < 600 {
            let cause = crate::failure::Cause::invalid(
                "spec.expirationSeconds",
                &seconds.into(),
                "may not specify a duration less than 10 minutes",
            );
            return Err(Failure::invalid_kind(
                "authentication.k8s.io",
                "TokenRequest",
                "",
                vec![cause],
            ));
        }
        let audiences = asked["spec"]["audiences"].as_array().filter(|list| !list.is_empty());
        let audiences = audiences.cloned().unwrap_or_else(|| vec![AUDIENCE.into()]);
        let namespace = account.namespace().unwrap_or_default();
        let user = User::service_account(namespace, account.name());
        let now = self.clock.now();
        let end = now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now);
        let claims = json!({
            "aud": audiences,
            "exp": end.as_second(),
            "iat": now.as_second(),
            "nbf": now.as_second(),
            "iss": AUDIENCE,
            "jti": self.ids.uid(),
            "sub": user.name,
            "kubernetes.io": {
                "namespace": namespace,
                "serviceaccount": { "name": account.name(), "uid": account.uid },
            },
        });
        let head = base64::encode(br#"{"alg":"none","typ":"JWT"}"#);
        let token = format!(
            "{head}.{}.{}",
            base64::encode(claims.to_string().as_bytes()),
            base64::encode(self.ids.uid().as_bytes())
        );
        self.tokens.insert(token.clone(), user);
        let answer = json!({
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {
                "name": account.name(), "namespace": namespace, "creationTimestamp": self.clock.seconds(),
            },
            "spec": {
                "audiences": audiences, "expirationSeconds": seconds,
                "boundObjectRef": asked["spec"]["boundObjectRef"],
            },
            "status": {
                "token": token,
                "expirationTimestamp": end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            },
        });
        Ok(Document::new(201, &answer))
    }

    /// Puts a pod on a node, as a scheduler does.
    pub(crate) fn bind(
        &mut self,
        request: &Request,
        target: &Target,
        options: &WriteOptions,
    ) -> Result<Document, Failure> {
        let binding = decode::json(&request.content_type, &request.body)?;
        let node = binding["target"]["name"].as_str().unwrap_or_default().to_owned();
        if node.is_empty() {
            let cause = crate::failure::Cause::required("target.name", "");
            return Err(Failure::invalid_kind("", "Binding", meta::name(&binding), vec![cause]));
        }
        let pod = self.find(target)?;
        let kind = Arc::clone(&target.kind);
        let mut object = pod.value(&kind);
        let on = object["spec"]["nodeName"].as_str().unwrap_or_default();
        if !on.is_empty() {
            let why = format!("pod {} is already assigned to node \"{on}\"", pod.name());
            return Err(Failure::conflict_on(&kind, "pods/binding", pod.name(), &why));
        }
        object["spec"]["nodeName"] = node.into();
        conditions::set(&mut object, "PodScheduled", true, "", "", &self.clock.seconds());
        let edit = Edit {
            subresource: "binding".to_owned(),
            ..Edit::new(target, options, Writer::patch(options, &request.user_agent))
        };
        self.replace(&edit, &pod, object)?;
        self.settle();
        Ok(Document::new(201, &success()))
    }

    /// Deletes a pod when its budget allows it.
    fn evict(
        &mut self,
        request: &Request,
        target: &Target,
        dry_run: bool,
    ) -> Result<Document, Failure> {
        let eviction = decode::json(&request.content_type, &request.body)?;
        let pod = self.find(target)?;
        let options = match &eviction["deleteOptions"] {
            Value::Null => DeleteOptions { dry_run, ..DeleteOptions::default() },
            options => DeleteOptions::of(options)?,
        };
        let phase = pod.field(&target.kind, "status.phase").unwrap_or_default();
        if !matches!(&*phase, "Succeeded" | "Failed" | "Pending") {
            self.spend_budget(&pod, options.dry_run || dry_run)?;
        }
        self.delete_object(&target.kind, &pod, &options)?;
        self.settle();
        Ok(Document::new(201, &success()))
    }

    fn spend_budget(&mut self, pod: &Stored, dry_run: bool) -> Result<(), Failure> {
        let Some(kind) = self.registry.find("policy", "v1", "poddisruptionbudgets") else {
            return Ok(());
        };
        let prefix = format!("{}/", pod.namespace().unwrap_or_default());
        let budgets: Vec<Arc<Stored>> = self.store.scan(kind.shelf, &prefix).cloned().collect();
        let of_pod: Vec<Arc<Stored>> =
            budgets.into_iter().filter(|budget| selects(&kind, budget, pod)).collect();
        if of_pod.len() > 1 {
            return Err(Failure::internal(
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
            ));
        }
        for budget in of_pod {
            let mut object = budget.value(&kind);
            let left = object["status"]["disruptionsAllowed"].as_i64().unwrap_or_default();
            if left <= 0 {
                let status = &object["status"];
                let number = |field: &str| status[field].as_i64().unwrap_or_default();
                return Err(Failure::budget_spent(&format!(
                    "The disruption budget {} needs {} healthy pods and has {} currently",
                    budget.name(),
                    number("desiredHealthy"),
                    number("currentHealthy")
                )));
            }
            if !dry_run {
                object["status"]["disruptionsAllowed"] = (left - 1).into();
                let now = self.clock.seconds();
                object["status"]["disruptedPods"][pod.name()] = now.into();
                self.put(&kind, object);
            }
        }
        Ok(())
    }
}

fn selects(kind: &Kind, budget: &Stored, pod: &Stored) -> bool {
    let selector = &budget.value(kind)["spec"]["selector"];
    let terms = table::selector_text(selector);
    selector.is_object()
        && Selector::parse(kind, &terms, "").is_ok_and(|terms| terms.matches(kind, pod))
}

fn success() -> Value {
    json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 })
}
