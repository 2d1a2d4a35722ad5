//! Ingresses and their classes.

use serde_json::Value;

use crate::failure::Cause;
use crate::names;

pub(super) fn causes(spec: &Value) -> Vec<Cause> {
    let rules = spec["rules"].as_array().map_or(&[][..], Vec::as_slice);
    if rules.is_empty() && !spec["defaultBackend"].is_object() {
        let why = "either `defaultBackend` or `rules` must be specified";
        return vec![Cause::invalid("spec", &Value::Null, why)];
    }
    let mut causes = Vec::new();
    if spec["defaultBackend"].is_object() {
        causes.extend(backend_causes(&spec["defaultBackend"], "spec.defaultBackend"));
    }
    for (at, rule) in rules.iter().enumerate() {
        let path = format!("spec.rules[{at}]");
        causes.extend(host_causes(&rule["host"], &path));
        let paths = rule["http"]["paths"].as_array().into_iter().flatten().enumerate();
        for (at, entry) in paths {
            causes.extend(path_causes(entry, &format!("{path}.http.paths[{at}]")));
        }
    }
    causes
}

fn host_causes(host: &Value, path: &str) -> Vec<Cause> {
    let text = host.as_str().unwrap_or_default();
    if text.is_empty() {
        return Vec::new();
    }
    let problems = names::subdomain(text.strip_prefix("*.").unwrap_or(text));
    problems.iter().map(|why| Cause::invalid(format!("{path}.host"), host, why)).collect()
}

fn path_causes(entry: &Value, path: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    let found = entry["path"].as_str().unwrap_or_default();
    match entry["pathType"].as_str() {
        None | Some("") => {
            causes.push(Cause::required(format!("{path}.pathType"), "pathType must be specified"));
        }
        Some("Exact" | "Prefix") if !found.starts_with('/') => {
            let why = "must be an absolute path";
            causes.push(Cause::invalid(format!("{path}.path"), &found.into(), why));
        }
        Some("Exact" | "Prefix" | "ImplementationSpecific") => {}
        Some(_) => {
            let known = ["Exact", "ImplementationSpecific", "Prefix"];
            causes.push(Cause::unsupported(format!("{path}.pathType"), &entry["pathType"], &known));
        }
    }
    causes.extend(backend_causes(&entry["backend"], &format!("{path}.backend")));
    causes
}

fn backend_causes(backend: &Value, path: &str) -> Vec<Cause> {
    let (service, resource) = (&backend["service"], &backend["resource"]);
    match (service.is_object(), resource.is_object()) {
        (false, false) => {
            let why = "resource or service backend is required";
            vec![Cause::invalid(path, &"".into(), why)]
        }
        (true, true) => {
            let why = "cannot set both resource and service backends";
            vec![Cause::invalid(path, &"".into(), why)]
        }
        (true, false) if service["name"].as_str().unwrap_or_default().is_empty() => {
            vec![Cause::required(format!("{path}.service.name"), "")]
        }
        _ => Vec::new(),
    }
}

pub(super) fn class_causes(spec: &Value) -> Option<Cause> {
    let controller = spec["controller"].as_str().unwrap_or_default();
    if controller.is_empty() {
        return None;
    }
    let (domain, rest) = controller.split_once('/').unwrap_or((controller, ""));
    let fits = !rest.is_empty() && names::subdomain(domain).is_empty();
    let why = "must be a domain-prefixed path (such as \"acme.io/foo\")";
    (!fits).then(|| Cause::invalid("spec.controller", &spec["controller"], why))
}
