//! Rows of `gotk-kustomize`.

use gotk_kustomize::{Missing, Template};

use crate::row::{Outcome, Row};

pub(super) const ROWS: &[Row] = &[Row {
    name: "kustomize/substitution",
    question: "what substituting 12 variables in 1,000 Deployments (1 MB of text) costs",
    peer: "envsubst",
    target: "5×",
    iterations: 50,
    input: deployments,
    ours: |input| {
        // Object by object, as a Flux build does it.
        let text = String::from_utf8_lossy(input);
        Outcome::Bytes(text.split("---\n").flat_map(expand).collect())
    },
}];

fn expand(object: &str) -> Vec<u8> {
    let template = Template::parse(object);
    let expanded = template.and_then(|it| it.expand_bytes(variable, Missing::Refuse));
    expanded.unwrap_or_default()
}

/// The peer knows the same ones.
fn variable(name: &str) -> Option<&'static str> {
    Some(match name {
        "cluster" => "production-eu-west-1",
        "registry" => "registry.example.com/platform",
        "tag" => "v1.42.7",
        "replicas" => "3",
        "empty" => "",
        _ => return None,
    })
}

fn deployments() -> Vec<u8> {
    let one = |index: usize| {
        format!(
            "---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{index}
  namespace: ${{namespace:-shop}}
  labels:
    cluster: ${{cluster}}
    region: ${{cluster#*-}}
    version: ${{tag#v}}
  annotations:
    price: $$5
    owner: ${{owner:=platform-${{cluster%%-*}}}}
spec:
  replicas: ${{replicas}}
  selector:
    matchLabels:
      app.kubernetes.io/name: web-{index}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: web-{index}
    spec:
      containers:
      - name: web
        image: ${{registry//platform/shop}}/web:${{tag}}
        args: [--cluster=${{cluster^^}}, --shard=${{replicas:0:1}}, --extra=${{empty:-none}}]
        env:
        - name: CLUSTER_NAME_LENGTH
          value: \"${{#cluster}}\"
        ports:
        - containerPort: 8080
          name: http
        resources:
          limits:
            memory: 128Mi
          requests:
            cpu: 10m
            memory: 64Mi
"
        )
    };
    (0..1000).map(one).collect::<String>().into_bytes()
}
