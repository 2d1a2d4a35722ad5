//! Roles and their bindings: who may do what.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::identity::User;
use crate::kind::Kind;
use crate::machine::{Machine, Request};
use crate::meta;
use crate::owning::Writer;
use crate::route::Target;
use crate::write::Edit;

const GROUP: &str = "rbac.authorization.k8s.io";

/// What somebody wants to do, in the words of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) verb: String,
    pub(crate) group: String,
    pub(crate) resource: String,
    pub(crate) subresource: String,
    /// Empty at the cluster scope.
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// Of what is no resource: `/metrics`.
    pub(crate) path: Option<String>,
}

impl Attributes {
    pub(crate) fn of(target: &Target, verb: &str) -> Self {
        Self {
            verb: verb.to_owned(),
            group: target.kind.group.to_string(),
            resource: target.kind.plural.to_string(),
            subresource: target.subresource.clone().unwrap_or_default(),
            namespace: target.namespace.clone().unwrap_or_default(),
            name: target.name.clone().unwrap_or_default(),
            path: None,
        }
    }

    fn full_resource(&self) -> String {
        match self.subresource.as_str() {
            "" => self.resource.clone(),
            subresource => format!("{}/{subresource}", self.resource),
        }
    }

    fn refusal(&self, user: &User, target: &Target) -> Failure {
        let scope = match self.namespace.as_str() {
            "" => "at the cluster scope".to_owned(),
            namespace => format!("in the namespace \"{namespace}\""),
        };
        let why = format!(
            "User \"{}\" cannot {} resource \"{}\" in API group \"{}\" {scope}",
            user.name,
            self.verb,
            self.full_resource(),
            self.group
        );
        Failure::unauthorized(&target.kind, &self.name, &why)
    }
}

/// The verb of a request, as rules name it.
fn verb(request: &Request, target: &Target) -> &'static str {
    use hyper::Method;
    let one = target.name.is_some();
    match request.method {
        Method::GET | Method::HEAD if target.watch || request.query.flag("watch") => "watch",
        Method::GET | Method::HEAD if one => "get",
        Method::GET | Method::HEAD => "list",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if one => "delete",
        Method::DELETE => "deletecollection",
        _ => "get",
    }
}

impl Machine {
    /// Refuses what the user of a request may not do.
    pub(crate) fn authorize(&self, request: &Request, target: &Target) -> Result<(), Failure> {
        self.authorize_as(request, target, verb(request, target))
    }

    /// The same for a verb that follows from what is stored: an apply or update that creates.
    pub(crate) fn authorize_as(
        &self,
        request: &Request,
        target: &Target,
        verb: &str,
    ) -> Result<(), Failure> {
        let wanted = Attributes::of(target, verb);
        if self.allows(&request.user, &wanted).is_some() {
            return Ok(());
        }
        Err(wanted.refusal(&request.user, target))
    }

    /// Why the user may: empty for who needs no role.
    pub(crate) fn allows(&self, user: &User, wanted: &Attributes) -> Option<String> {
        if user.is_master() {
            return Some(String::new());
        }
        let everybody_asks =
            matches!(wanted.group.as_str(), "authorization.k8s.io" | "authentication.k8s.io")
                && wanted.resource.starts_with("selfsubject")
                && wanted.verb == "create";
        if everybody_asks || wanted.path.as_deref().is_some_and(public) && wanted.verb == "get" {
            let role = if everybody_asks { "system:basic-user" } else { "system:discovery" };
            return Some(format!(
                "RBAC: allowed by ClusterRoleBinding \"{role}\" of ClusterRole \"{role}\" to Group \"system:authenticated\""
            ));
        }
        let namespace = Some(wanted.namespace.as_str()).filter(|namespace| !namespace.is_empty());
        self.grants(user, namespace).into_iter().find_map(|grant| {
            grant.rules.iter().any(|rule| covers(rule, wanted)).then_some(grant.why)
        })
    }

    /// The rules a user has in a namespace, or everywhere.
    fn grants(&self, user: &User, namespace: Option<&str>) -> Vec<Grant> {
        let mut grants = Vec::new();
        let places = [("clusterrolebindings", None), ("rolebindings", namespace)];
        for (plural, place) in places {
            if plural == "rolebindings" && place.is_none() {
                continue;
            }
            let Some(kind) = self.registry.find(GROUP, "v1", plural) else { continue };
            let prefix = place.map(|place| format!("{place}/")).unwrap_or_default();
            for stored in self.store.scan(kind.shelf, &prefix) {
                let binding = stored.value(&kind);
                let mut subjects = binding["subjects"].as_array().into_iter().flatten();
                let Some(subject) = subjects.find(|subject| user.is_subject(subject, place)) else {
                    continue;
                };
                let role = &binding["roleRef"];
                let Some(rules) = self.rules(role, place) else { continue };
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let named = match place {
                    Some(place) => format!("\"{}/{place}\"", stored.name()),
                    None => format!("\"{}\"", stored.name()),
                };
                let why = format!(
                    "RBAC: allowed by {} {named} of {} \"{}\" to {} \"{}\"",
                    kind.kind,
                    text(&role["kind"]),
                    text(&role["name"]),
                    text(&subject["kind"]),
                    text(&subject["name"]),
                );
                grants.push(Grant { rules, why });
            }
        }
        grants
    }

    /// The rules of the role that a binding refers to.
    fn rules(&self, role: &Value, namespace: Option<&str>) -> Option<Vec<Value>> {
        let name = role["name"].as_str()?;
        let (plural, namespace) = match role["kind"].as_str()? {
            "ClusterRole" => ("clusterroles", None),
            "Role" => ("roles", Some(namespace?)),
            _ => return None,
        };
        let kind = self.registry.find(GROUP, "v1", plural)?;
        let stored = self.store.get(kind.shelf, &crate::object::key(namespace, name))?;
        Some(stored.value(&kind)["rules"].as_array().cloned().unwrap_or_default())
    }

    /// All rules a user has, for who asks what they may do.
    pub(crate) fn rules_of(&self, user: &User, namespace: &str) -> Vec<Value> {
        if user.is_master() {
            return vec![everything()[0].clone(), everything()[1].clone()];
        }
        self.grants(user, Some(namespace)).into_iter().flat_map(|grant| grant.rules).collect()
    }

    /// Nobody gives rights they do not have: not by a role, and not by a binding to one.
    pub(crate) fn check_escalation(
        &self,
        request: &Request,
        target: &Target,
        object: &Value,
    ) -> Result<(), Failure> {
        let user = &request.user;
        if user.is_master() || &*target.kind.group != GROUP || target.subresource.is_some() {
            return Ok(());
        }
        let namespace = target.namespace.as_deref();
        let (rules, verb, granted) = if target.kind.kind.ends_with("Binding") {
            let role = &object["roleRef"];
            let name = role["name"].as_str().unwrap_or_default();
            let plural = if role["kind"] == "Role" { "roles" } else { "clusterroles" };
            let asked = Attributes {
                verb: "bind".to_owned(),
                group: GROUP.to_owned(),
                resource: plural.to_owned(),
                namespace: namespace.unwrap_or_default().to_owned(),
                name: name.to_owned(),
                ..Attributes::default()
            };
            if self.allows(user, &asked).is_some() {
                return Ok(());
            }
            // Upstream says the binding's resource and the role's name.
            let missing = || Failure::not_found(&target.kind, name);
            let rules = self.rules(role, namespace).ok_or_else(missing)?;
            (rules, "bind", name.to_owned())
        } else {
            let rules = object["rules"].as_array().cloned().unwrap_or_default();
            (rules, "escalate", meta::name(object).to_owned())
        };
        if verb == "escalate"
            && self
                .allows(user, &Attributes { name: granted, ..Attributes::of(target, verb) })
                .is_some()
        {
            return Ok(());
        }
        let held: Vec<Value> =
            self.grants(user, namespace).into_iter().flat_map(|grant| grant.rules).collect();
        let missing: Vec<String> =
            rules.iter().filter(|rule| !holds(&held, rule)).map(as_go_prints).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let groups: Vec<String> = user.groups.iter().map(|group| format!("{group:?}")).collect();
        let why = format!(
            "user \"{}\" (groups=[{}]) is attempting to grant RBAC permissions not currently held:\n{}",
            user.name,
            groups.join(" "),
            missing.join("\n")
        );
        Err(Failure::forbidden(&target.kind, meta::name(object), &why))
    }

    /// The role that every cluster has.
    pub(crate) fn create_first_roles(&mut self) {
        let role = json!({
            "apiVersion": format!("{GROUP}/v1"), "kind": "ClusterRole",
            "metadata": first_metadata(), "rules": everything(),
        });
        let binding = json!({
            "apiVersion": format!("{GROUP}/v1"), "kind": "ClusterRoleBinding",
            "metadata": first_metadata(),
            "roleRef": { "apiGroup": GROUP, "kind": "ClusterRole", "name": "cluster-admin" },
            "subjects": [{ "apiGroup": GROUP, "kind": "Group", "name": "system:masters" }],
        });
        for (plural, object) in [("clusterroles", role), ("clusterrolebindings", binding)] {
            let Some(kind) = self.registry.find(GROUP, "v1", plural) else { continue };
            let edit = Edit {
                kind: Arc::<Kind>::clone(&kind),
                namespace: None,
                subresource: String::new(),
                writer: Writer::named("kube-apiserver"),
                dry_run: false,
            };
            // Nothing in these objects can be refused.
            let _created = self.insert(&edit, object);
        }
    }
}

struct Grant {
    rules: Vec<Value>,
    why: String,
}

fn first_metadata() -> Value {
    json!({
        "name": "cluster-admin",
        "annotations": { "rbac.authorization.kubernetes.io/autoupdate": "true" },
        "labels": { "kubernetes.io/bootstrapping": "rbac-defaults" },
    })
}

fn everything() -> Value {
    json!([
        { "apiGroups": ["*"], "resources": ["*"], "verbs": ["*"] },
        { "nonResourceURLs": ["*"], "verbs": ["*"] },
    ])
}

/// What everybody may read: discovery, health and types.
fn public(path: &str) -> bool {
    const ROOTS: [&str; 8] =
        ["api", "apis", "openapi", "version", "healthz", "livez", "readyz", "openid"];
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    ROOTS.contains(&first)
}

fn names(rule: &Value, field: &str) -> Vec<String> {
    let names = rule[field].as_array().into_iter().flatten();
    names.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn has(rule: &Value, field: &str, wanted: &str) -> bool {
    let mut names = rule[field].as_array().into_iter().flatten().filter_map(Value::as_str);
    names.any(|name| name == "*" || name == wanted)
}

fn covers(rule: &Value, wanted: &Attributes) -> bool {
    if !has(rule, "verbs", &wanted.verb) {
        return false;
    }
    if let Some(path) = &wanted.path {
        return names(rule, "nonResourceURLs").iter().any(|url| match url.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => url == path,
        });
    }
    let any_of_it = format!("*/{}", wanted.subresource);
    let by_subresource =
        !wanted.subresource.is_empty() && names(rule, "resources").contains(&any_of_it);
    let only = names(rule, "resourceNames");
    has(rule, "apiGroups", &wanted.group)
        && (by_subresource || has(rule, "resources", &wanted.full_resource()))
        && (only.is_empty() || only.contains(&wanted.name))
}

/// Whether rules that somebody has cover all that another rule gives.
fn holds(held: &[Value], rule: &Value) -> bool {
    let verbs = names(rule, "verbs");
    let any = |wanted: &Attributes| held.iter().any(|own| covers(own, wanted));
    let paths = names(rule, "nonResourceURLs").into_iter().map(Some);
    let mut only = names(rule, "resourceNames");
    if only.is_empty() {
        only.push(String::new());
    }
    let mut all = Vec::new();
    for verb in &verbs {
        for path in paths.clone() {
            all.push(Attributes { verb: verb.clone(), path, ..Attributes::default() });
        }
        for group in names(rule, "apiGroups") {
            for resource in names(rule, "resources") {
                for name in &only {
                    let (resource, subresource) = match resource.split_once('/') {
                        Some((resource, sub)) => (resource.to_owned(), sub.to_owned()),
                        None => (resource.clone(), String::new()),
                    };
                    all.push(Attributes {
                        verb: verb.clone(),
                        group: group.clone(),
                        resource,
                        subresource,
                        name: name.clone(),
                        ..Attributes::default()
                    });
                }
            }
        }
    }
    all.iter().all(any)
}

/// `{APIGroups:[""], Resources:["configmaps"], Verbs:["get" "list"]}`
fn as_go_prints(rule: &Value) -> String {
    const FIELDS: [(&str, &str); 5] = [
        ("apiGroups", "APIGroups"),
        ("resources", "Resources"),
        ("resourceNames", "ResourceNames"),
        ("nonResourceURLs", "NonResourceURLs"),
        ("verbs", "Verbs"),
    ];
    let parts = FIELDS.iter().filter_map(|(field, name)| {
        let values: Vec<String> = names(rule, field).iter().map(|it| format!("{it:?}")).collect();
        (!values.is_empty()).then(|| format!("{name}:[{}]", values.join(" ")))
    });
    format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(verb: &str, resource: &str, name: &str) -> Attributes {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        Attributes {
            verb: verb.to_owned(),
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            name: name.to_owned(),
            ..Attributes::default()
        }
    }

    #[test]
    fn a_rule_covers_what_it_names_and_no_more() {
        let rule = json!({ "apiGroups": [""], "resources": ["pods", "*/scale"], "verbs": ["get"] });
        assert!(covers(&rule, &wanted("get", "pods", "a")));
        assert!(covers(&rule, &wanted("get", "services/scale", "a")));
        assert!(!covers(&rule, &wanted("list", "pods", "")));
        assert!(!covers(&rule, &wanted("get", "pods/status", "a")));
        let named = json!({ "apiGroups": ["*"], "resources": ["*"], "resourceNames": ["a"], "verbs": ["*"] });
        assert!(
            covers(&named, &wanted("get", "pods", "a"))
                && !covers(&named, &wanted("get", "pods", "b"))
        );
        let path = Attributes {
            verb: "get".to_owned(),
            path: Some("/metrics/a".to_owned()),
            ..Attributes::default()
        };
        assert!(covers(&json!({ "nonResourceURLs": ["/metrics/*"], "verbs": ["get"] }), &path));
    }

    #[test]
    fn a_rule_is_held_when_every_part_of_it_is() {
        let held = [
            json!({ "apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"] }),
            json!({ "apiGroups": [""], "resources": ["secrets"], "verbs": ["get"] }),
        ];
        let both =
            json!({ "apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["get"] });
        assert!(holds(&held, &both));
        let more = json!({ "apiGroups": [""], "resources": ["secrets"], "verbs": ["list"] });
        assert!(!holds(&held, &more));
        assert_eq!(
            as_go_prints(&more),
            r#"{APIGroups:[""], Resources:["secrets"], Verbs:["list"]}"#
        );
    }
}
