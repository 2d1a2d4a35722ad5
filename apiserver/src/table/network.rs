//! Cells of what is reached over a network.

use serde_json::Value;

use crate::table::text::{first_of, items, or, text};

pub(super) fn cell(function: &str, cell: &str, object: &Value) -> String {
    match (function, cell) {
        ("service", "external") => external(object),
        ("service", _) => ports(object),
        ("ingress", "hosts") => hosts(object),
        ("ingress", _) => {
            if items(&object["spec"]["tls"]).is_empty() { "80" } else { "80, 443" }.to_owned()
        }
        ("balancer", _) => balancer(object),
        ("endpoints", _) => endpoints(object),
        ("slice", "ports") => slice_ports(object),
        ("slice", _) => {
            let endpoints = items(&object["endpoints"]).iter();
            let addresses = endpoints.flat_map(|endpoint| items(&endpoint["addresses"]));
            let addresses: Vec<String> =
                addresses.filter_map(Value::as_str).map(str::to_owned).collect();
            match addresses.is_empty() {
                true => "<unset>".to_owned(),
                false => first_of(&addresses, 3),
            }
        }
        _ => parameters(object),
    }
}

fn balancer(object: &Value) -> String {
    let ingress = items(&object["status"]["loadBalancer"]["ingress"]).iter();
    let mut places: Vec<&str> = ingress
        .map(|at| or(text(at, "ip"), text(at, "hostname")))
        .filter(|at| !at.is_empty())
        .collect();
    places.sort_unstable();
    places.dedup();
    places.join(",")
}

fn external(service: &Value) -> String {
    let spec = &service["spec"];
    let own: Vec<&str> = items(&spec["externalIPs"]).iter().filter_map(Value::as_str).collect();
    let own = own.join(",");
    match text(spec, "type") {
        "ClusterIP" | "NodePort" => or(&own, "<none>").to_owned(),
        "LoadBalancer" => {
            let given = balancer(service);
            let both: Vec<&str> = [given.as_str(), own.as_str()]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect();
            or(&both.join(","), "<pending>").to_owned()
        }
        "ExternalName" => text(spec, "externalName").to_owned(),
        _ => "<unknown>".to_owned(),
    }
}

fn ports(service: &Value) -> String {
    let one = |port: &Value| {
        let (number, protocol) =
            (port["port"].as_i64().unwrap_or_default(), text(port, "protocol"));
        match port["nodePort"].as_i64().filter(|node| *node > 0) {
            Some(node) => format!("{number}:{node}/{protocol}"),
            None => format!("{number}/{protocol}"),
        }
    };
    let ports: Vec<String> = items(&service["spec"]["ports"]).iter().map(one).collect();
    or(&ports.join(","), "<none>").to_owned()
}

fn hosts(ingress: &Value) -> String {
    let rules = items(&ingress["spec"]["rules"]);
    let hosts: Vec<&str> =
        rules.iter().map(|rule| text(rule, "host")).filter(|host| !host.is_empty()).collect();
    let shown = hosts[..hosts.len().min(3)].join(",");
    match hosts.len() {
        0 => "*".to_owned(),
        4.. => format!("{shown} + {} more...", rules.len() - 3),
        _ => shown,
    }
}

fn endpoints(endpoints: &Value) -> String {
    let mut all = Vec::new();
    for subset in items(&endpoints["subsets"]) {
        let addresses = items(&subset["addresses"]).iter().map(|at| text(at, "ip"));
        match items(&subset["ports"]) {
            [] => all.extend(addresses.map(str::to_owned)),
            ports => {
                for port in ports {
                    let number = port["port"].as_i64().unwrap_or_default();
                    all.extend(addresses.clone().map(|at| match at.contains(':') {
                        true => format!("[{at}]:{number}"),
                        false => format!("{at}:{number}"),
                    }));
                }
            }
        }
    }
    first_of(&all, 3)
}

fn slice_ports(slice: &Value) -> String {
    let one = |port: &Value| match (port["port"].as_i64(), port["name"].as_str()) {
        (Some(number), _) => number.to_string(),
        (None, Some(name)) => name.to_owned(),
        (None, None) => "*".to_owned(),
    };
    let ports: Vec<String> = items(&slice["ports"]).iter().map(one).collect();
    if ports.is_empty() { "<unset>".to_owned() } else { first_of(&ports, 3) }
}

fn parameters(class: &Value) -> String {
    let parameters = &class["spec"]["parameters"];
    if !parameters.is_object() {
        return "<none>".to_owned();
    }
    let group = parameters["apiGroup"].as_str().map(|group| format!(".{group}"));
    format!(
        "{}{}/{}",
        text(parameters, "kind"),
        group.unwrap_or_default(),
        text(parameters, "name")
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_service_shows_where_it_is_reached() {
        let mut service = json!({ "spec": { "type": "LoadBalancer", "ports": [{ "port": 80, "nodePort": 30080, "protocol": "TCP" }] } });
        assert_eq!(cell("service", "external", &service), "<pending>");
        assert_eq!(cell("service", "ports", &service), "80:30080/TCP");
        service["status"] =
            json!({ "loadBalancer": { "ingress": [{ "ip": "1.2.3.4" }, { "hostname": "a.b" }] } });
        assert_eq!(cell("service", "external", &service), "1.2.3.4,a.b");
    }

    #[test]
    fn an_ingress_shows_three_hosts() {
        let rules = |hosts: &[&str]| {
            let rules: Vec<Value> = hosts.iter().map(|host| json!({ "host": host })).collect();
            json!({ "spec": { "rules": rules } })
        };
        assert_eq!(hosts(&rules(&[])), "*");
        assert_eq!(hosts(&rules(&["a", "b", "c", "d"])), "a,b,c + 1 more...");
    }

    #[test]
    fn endpoints_are_addresses_with_ports() {
        let subsets = json!({ "subsets": [{ "addresses": [{ "ip": "10.0.0.1" }, { "ip": "fd::1" }], "ports": [{ "port": 80 }] }] });
        assert_eq!(endpoints(&subsets), "10.0.0.1:80,[fd::1]:80");
        assert_eq!(endpoints(&json!({})), "<none>");
    }
}
