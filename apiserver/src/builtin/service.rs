//! Services: what the server gives them, and what it refuses.

use std::collections::HashSet;
use std::net::IpAddr;

use serde_json::{Value, json};

use super::addresses::Addresses;
use super::pod::{fill, items};
use super::rules;
use crate::failure::Cause;

pub(super) fn default(spec: &mut Value) {
    fill(spec, "type", "ClusterIP");
    fill(spec, "sessionAffinity", "None");
    if spec["sessionAffinity"] == "ClientIP" {
        fill(spec, "sessionAffinityConfig", json!({ "clientIP": { "timeoutSeconds": 10_800 } }));
    }
    let of = spec["type"].as_str().unwrap_or_default().to_owned();
    if of != "ExternalName" {
        fill(spec, "internalTrafficPolicy", "Cluster");
    }
    if matches!(of.as_str(), "NodePort" | "LoadBalancer") {
        fill(spec, "externalTrafficPolicy", "Cluster");
    }
    if of == "LoadBalancer" {
        fill(spec, "allocateLoadBalancerNodePorts", true);
    }
    for port in items(spec, "ports") {
        fill(port, "protocol", "TCP");
        let nothing = match &port["targetPort"] {
            Value::Null => true,
            Value::Number(number) => number.as_i64() == Some(0),
            other => other == "",
        };
        if nothing {
            port["targetPort"] = port["port"].clone();
        }
    }
}

/// What a change keeps although it does not say it.
pub(super) fn carry_over(before: &Value, new: &mut Value) {
    if new["spec"]["type"] == "ExternalName" {
        return;
    }
    for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        let old = before["spec"][field].clone();
        if !old.is_null() && new["spec"].is_object() {
            fill(&mut new["spec"], field, old);
        }
    }
    if !matches!(new["spec"]["type"].as_str(), Some("NodePort" | "LoadBalancer")) {
        return;
    }
    let old = before["spec"]["ports"].as_array().cloned().unwrap_or_default();
    for port in items(&mut new["spec"], "ports") {
        let same = |it: &&Value| it["port"] == port["port"] && it["protocol"] == port["protocol"];
        let number = old.iter().find(same).and_then(|it| it["nodePort"].as_i64());
        if let (Some(number), true) = (number, port["nodePort"].as_i64().unwrap_or_default() == 0) {
            port["nodePort"] = number.into();
        }
    }
}

/// Gives a service addresses and ports that no other has.
pub(crate) fn allocate(spec: &mut Value, addresses: &Addresses) {
    let of = spec["type"].as_str().unwrap_or_default().to_owned();
    if of == "ExternalName" || !spec.is_object() {
        return;
    }
    if spec["clusterIP"].as_str().unwrap_or_default().is_empty() {
        let given = spec["clusterIPs"][0].as_str().map(str::to_owned);
        spec["clusterIP"] = given.unwrap_or_else(|| addresses.free_ip()).into();
    }
    let ip = spec["clusterIP"].clone();
    fill(spec, "clusterIPs", json!([ip]));
    let selectorless = ip == "None" && spec["selector"].as_object().is_none_or(|it| it.is_empty());
    fill(spec, "ipFamilies", if selectorless { json!(["IPv4", "IPv6"]) } else { json!(["IPv4"]) });
    fill(spec, "ipFamilyPolicy", if selectorless { "RequireDualStack" } else { "SingleStack" });
    let wants_ports =
        of == "NodePort" || of == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"] != false;
    let asked: Vec<i64> =
        items(spec, "ports").filter_map(|port| port["nodePort"].as_i64()).collect();
    let mut free = addresses.free_ports().filter(|port| !asked.contains(&i64::from(*port)));
    for port in items(spec, "ports").filter(|_| wants_ports) {
        if port["nodePort"].as_i64().unwrap_or_default() == 0
            && let Some(free) = free.next()
        {
            port["nodePort"] = free.into();
        }
    }
}

pub(super) fn causes(spec: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let ports = spec["ports"].as_array().map_or(&[][..], Vec::as_slice);
    let text = |field: &str| spec[field].as_str().unwrap_or_default();
    if text("type") == "ExternalName" {
        if text("externalName").is_empty() {
            causes.push(Cause::required("spec.externalName", ""));
        }
    } else if ports.is_empty() && text("clusterIP") != "None" {
        causes.push(Cause::required("spec.ports", ""));
    }
    let ip = text("clusterIP");
    if !ip.is_empty() && ip != "None" && ip.parse::<IpAddr>().is_err() {
        let why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
        causes.push(Cause::invalid("spec.clusterIPs[0]", &ip.into(), why));
    }
    let mut names = HashSet::new();
    for (at, port) in ports.iter().enumerate() {
        let path = format!("spec.ports[{at}]");
        match port["name"].as_str().unwrap_or_default() {
            "" if ports.len() > 1 => causes.push(Cause::required(format!("{path}.name"), "")),
            "" => {}
            name if !names.insert(name) => {
                causes.push(Cause::duplicate(format!("{path}.name"), &name.into()));
            }
            _ => {}
        }
        causes.extend(rules::port(&format!("{path}.port"), &port["port"]));
        let protocol = &port["protocol"];
        if !matches!(protocol.as_str(), None | Some("SCTP" | "TCP" | "UDP")) {
            let known = ["SCTP", "TCP", "UDP"];
            causes.push(Cause::unsupported(format!("{path}.protocol"), protocol, &known));
        }
        causes.extend(rules::port(&format!("{path}.targetPort"), &port["targetPort"]));
    }
    causes
}

pub(super) fn update_causes(before: &Value, new: &Value) -> Vec<Cause> {
    let ips = |object: &Value| object["spec"]["clusterIPs"].clone();
    let (old, now) = (&before["spec"]["clusterIP"], &new["spec"]["clusterIP"]);
    let kept = old == now || old.is_null() || new["spec"]["type"] == "ExternalName";
    if kept {
        return Vec::new();
    }
    let mut shown = ips(new);
    if ips(before) == shown {
        shown = json!([now]);
    }
    vec![Cause::invalid("spec.clusterIPs[0]", &shown, "may not change once set")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_ports_are_given_once() {
        let mut addresses = Addresses::default();
        let mut spec = json!({ "type": "NodePort", "selector": { "a": "b" }, "ports": [{ "port": 80 }, { "port": 81 }] });
        allocate(&mut spec, &addresses);
        assert_eq!(spec["clusterIPs"], json!(["10.96.0.10"]));
        assert_eq!(spec["ports"][1]["nodePort"], 30_001);
        addresses.hold("a", &spec);
        let mut other = json!({ "type": "ClusterIP" });
        allocate(&mut other, &addresses);
        assert_eq!(other["clusterIP"], "10.96.0.11");
    }

    #[test]
    fn a_change_keeps_the_address_and_cannot_have_another() {
        let before = json!({ "spec": { "clusterIP": "1.2.3.4", "clusterIPs": ["1.2.3.4"] } });
        let mut new = json!({ "spec": { "ports": [] } });
        carry_over(&before, &mut new);
        assert_eq!(new["spec"]["clusterIP"], "1.2.3.4");
        new["spec"]["clusterIP"] = "1.2.3.5".into();
        assert_eq!(update_causes(&before, &new).len(), 1);
    }
}
