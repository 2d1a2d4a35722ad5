//! The objects that are applied.

use std::fmt::Write;

/// A stream of so many objects, a quarter of each kind.
pub(crate) fn manifests(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        let object = match number % 4 {
            0 => config_map(number),
            1 => secret(number),
            2 => service(number),
            _ => deployment(number),
        };
        let _ = writeln!(text, "{object}---"); // a String takes everything
    }
    text
}

fn config_map(number: usize) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings-{number}\n  labels: {{ app: web-{number} }}\n\
         data:\n  serial: \"{number}\"\n  settings.yaml: |\n    level: info\n    interval: 30s\n    endpoints:\n{}",
        "    - https://example.com\n".repeat(10)
    )
}

fn secret(number: usize) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: login-{number}\n  labels: {{ app: web-{number} }}\n\
         type: Opaque\nstringData:\n  user: web\n  password: hush-{number}\n"
    )
}

fn service(number: usize) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web-{number}\n  labels: {{ app: web-{number} }}\n\
         spec:\n  clusterIP: None\n  selector: {{ app: web-{number} }}\n  ports:\n  - {{ name: http, port: 80, targetPort: http }}\n\
         \x20 - {{ name: metrics, port: 9090, targetPort: metrics }}\n"
    )
}

fn deployment(number: usize) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{number}\n  labels: {{ app: web-{number} }}\n\
         spec:\n  replicas: 0\n  strategy: {{ type: Recreate }}\n  selector: {{ matchLabels: {{ app: web-{number} }} }}\n\
         \x20 template:\n    metadata: {{ labels: {{ app: web-{number} }} }}\n    spec:\n      containers:\n      - name: web\n\
         \x20       image: registry.example.com/web:1.0.{number}\n        ports:\n        - {{ name: http, containerPort: 8080 }}\n\
         \x20       - {{ name: metrics, containerPort: 9090 }}\n        readinessProbe: {{ httpGet: {{ path: /readyz, port: http }} }}\n\
         \x20       resources: {{ requests: {{ cpu: 100m, memory: 64Mi }}, limits: {{ memory: 512Mi }} }}\n"
    )
}
