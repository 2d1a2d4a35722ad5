//! What upstream refuses in a pod's spec, wherever it stands.

use std::collections::HashSet;

use serde_json::Value;

use super::{policy, rules};
use crate::failure::Cause;
use crate::names;

const RESTART: &[&str] = &["Always", "OnFailure", "Never"];
const DNS: &[&str] = &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
const PULL: &[&str] = &["Always", "IfNotPresent", "Never"];

pub(super) fn causes(spec: &Value, path: &str) -> Vec<Cause> {
    let volumes: HashSet<&str> = list(spec, "volumes").iter().map(|it| text(it, "name")).collect();
    let mut causes = Vec::new();
    causes.extend(volume_causes(spec, path));
    let mut names = HashSet::new();
    if list(spec, "containers").is_empty() {
        causes.push(Cause::required(format!("{path}.containers"), ""));
    }
    for field in ["containers", "initContainers"] {
        for (at, container) in list(spec, field).iter().enumerate() {
            let path = format!("{path}.{field}[{at}]");
            causes.extend(container_causes(container, &path, &volumes));
            let name = text(container, "name");
            if !name.is_empty() && !names.insert(name) {
                causes.push(Cause::duplicate(format!("{path}.name"), &container["name"]));
            }
        }
    }
    causes.extend(one_of(spec, path, "restartPolicy", RESTART));
    causes.extend(one_of(spec, path, "dnsPolicy", DNS));
    causes
}

fn list<'v>(value: &'v Value, field: &str) -> &'v [Value] {
    value[field].as_array().map_or(&[], Vec::as_slice)
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_default()
}

fn one_of(value: &Value, path: &str, field: &str, known: &[&str]) -> Option<Cause> {
    let found = &value[field];
    let fits = found.is_null() || known.contains(&found.as_str().unwrap_or_default());
    (!fits).then(|| Cause::unsupported(format!("{path}.{field}"), found, known))
}

/// A name that has to be there, and a label.
fn name_causes(value: &Value, path: &str) -> Vec<Cause> {
    let field = format!("{path}.name");
    match text(value, "name") {
        "" => vec![Cause::required(field, "")],
        name => {
            let problems = names::label(name);
            problems.iter().map(|why| Cause::invalid(field.as_str(), &name.into(), why)).collect()
        }
    }
}

fn volume_causes(spec: &Value, path: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut names = HashSet::new();
    for (at, volume) in list(spec, "volumes").iter().enumerate() {
        let path = format!("{path}.volumes[{at}]");
        causes.extend(name_causes(volume, &path));
        if !names.insert(text(volume, "name")) {
            causes.push(Cause::duplicate(format!("{path}.name"), &volume["name"]));
        }
    }
    causes
}

fn container_causes(container: &Value, path: &str, volumes: &HashSet<&str>) -> Vec<Cause> {
    let mut causes = name_causes(container, path);
    if text(container, "image").is_empty() {
        causes.push(Cause::required(format!("{path}.image"), ""));
    }
    for (at, port) in list(container, "ports").iter().enumerate() {
        let field = format!("{path}.ports[{at}].containerPort");
        match port["containerPort"].as_i64().unwrap_or_default() {
            0 => causes.push(Cause::required(field, "")),
            _ => causes.extend(rules::port(&field, &port["containerPort"])),
        }
        let path = format!("{path}.ports[{at}]");
        causes.extend(one_of(port, &path, "protocol", &["SCTP", "TCP", "UDP"]));
    }
    for (at, variable) in list(container, "env").iter().enumerate() {
        if text(variable, "name").is_empty() {
            causes.push(Cause::required(format!("{path}.env[{at}].name"), ""));
        }
    }
    for (at, mount) in list(container, "volumeMounts").iter().enumerate() {
        let path = format!("{path}.volumeMounts[{at}]");
        match text(mount, "name") {
            "" => causes.push(Cause::required(format!("{path}.name"), "")),
            name if !volumes.contains(name) => {
                causes.push(Cause::not_found(format!("{path}.name"), &mount["name"]));
            }
            _ => {}
        }
        if text(mount, "mountPath").is_empty() {
            causes.push(Cause::required(format!("{path}.mountPath"), ""));
        }
    }
    causes.extend(one_of(container, path, "imagePullPolicy", PULL));
    causes.extend(policy::resource_causes(&container["resources"], &format!("{path}.resources")));
    causes
}
