//! Objects that name each other.

use serde_json::{Value, json};

use crate::diff::dice::Dice;
use crate::diff::sparse::Sparse;

/// What objects are called; few names, so that they meet.
pub(super) const NAMES: [&str; 3] = ["web", "db", "cache"];

/// Texts, some of which YAML would take for something else.
pub(super) const TEXTS: [&str; 14] = [
    "info",
    "12",
    "yes",
    "true",
    "1e3",
    "null",
    "",
    "a: b",
    "two words",
    "line\nother\n",
    "0x1F",
    "$(NAME)",
    "eu/$(NAME)/x",
    "2020-01-01",
];

pub(super) const KINDS: [(&str, &str); 24] = [
    ("apps/v1", "Deployment"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("v1", "Service"),
    ("v1", "Service"),
    ("v1", "ConfigMap"),
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "ServiceAccount"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "Namespace"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("networking.k8s.io/v1", "Ingress"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("policy/v1", "PodDisruptionBudget"),
    ("acme.test/v1", "Widget"),
];

pub(super) const IMAGES: [&str; 6] = [
    "nginx",
    "nginx:1.2",
    "registry.test:5000/shop/web:1",
    "shop/web@sha256:2222222222222222222222222222222222222222222222222222222222222222",
    "web:$(NAME)",
    "nginx:1.2@sha256:1111111111111111111111111111111111111111111111111111111111111111",
];

pub(super) fn name(dice: &mut Dice) -> Value {
    json!(dice.of(&NAMES))
}

pub(super) fn text(dice: &mut Dice) -> Value {
    json!(dice.of(&TEXTS))
}

/// Some texts by name.
pub(super) fn texts(dice: &mut Dice, keys: &[&str]) -> Value {
    let first = dice.of(keys);
    keys.iter()
        .fold(Sparse::new(dice), |map, key| {
            map.maybe(if *key == first { 100 } else { 40 }, key, text)
        })
        .done()
}

pub(super) fn labels(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .always("app", name)
        .maybe(30, "tier", |dice| json!(dice.of(&["front", "back"])))
        .done()
}

fn metadata(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .always("name", name)
        .maybe(25, "namespace", |dice| json!(dice.of(&["shop", "default", "other"])))
        .maybe(50, "labels", labels)
        .maybe(30, "annotations", |dice| texts(dice, &["note", "acme.test/owner", "other"]))
        .done()
}

pub(super) fn object(dice: &mut Dice) -> Value {
    let (api_version, kind) = dice.of(&KINDS);
    let head = Sparse::new(dice)
        .always("apiVersion", |_| json!(api_version))
        .always("kind", |_| json!(kind))
        .always("metadata", metadata);
    match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" => {
            head.always("spec", |dice| workload(dice, kind))
        }
        "Job" => head.always("spec", job),
        "CronJob" => head.always(
            "spec",
            |dice| json!({ "schedule": "0 * * * *", "jobTemplate": { "spec": job(dice) } }),
        ),
        "Service" => head.always("spec", service),
        "ConfigMap" => head
            .maybe(90, "data", |dice| texts(dice, &["level", "region", "file.txt"]))
            .maybe(10, "binaryData", |_| json!({ "blob": "aGVsbG8=" })),
        "Secret" => head
            .maybe(80, "data", |_| json!({ "password": "aGVsbG8=" }))
            .maybe(20, "stringData", |dice| texts(dice, &["user", "token"]))
            .maybe(50, "type", |_| json!("Opaque")),
        "ServiceAccount" => head
            .maybe(30, "imagePullSecrets", |dice| json!([{ "name": name(dice) }]))
            .maybe(30, "secrets", |dice| json!([{ "name": name(dice) }])),
        "PersistentVolumeClaim" => head.always(
            "spec",
            |dice| json!({ "accessModes": ["ReadWriteOnce"], "volumeName": name(dice) }),
        ),
        "Role" | "ClusterRole" => head.always("rules", rules),
        "RoleBinding" | "ClusterRoleBinding" => {
            head.always("roleRef", |dice| role(dice, kind)).always("subjects", subjects)
        }
        "Ingress" => head.always("spec", ingress),
        "NetworkPolicy" | "PodDisruptionBudget" => head.always("spec", selecting),
        "HorizontalPodAutoscaler" => head.always("spec", |dice| {
            let kind = dice.of(&["Deployment", "StatefulSet"]);
            let target = json!({ "apiVersion": "apps/v1", "kind": kind, "name": name(dice) });
            json!({ "scaleTargetRef": target, "maxReplicas": 3 })
        }),
        "Widget" => head.always("spec", widget),
        _ => head,
    }
    .done()
}

fn workload(dice: &mut Dice, kind: &str) -> Value {
    Sparse::new(dice)
        .maybe(if kind == "DaemonSet" { 0 } else { 60 }, "replicas", |dice| json!(dice.below(4)))
        .maybe(70, "selector", |dice| json!({ "matchLabels": labels(dice) }))
        .always("template", template)
        .maybe(if kind == "StatefulSet" { 60 } else { 0 }, "serviceName", name)
        .maybe(if kind == "StatefulSet" { 40 } else { 0 }, "volumeClaimTemplates", |dice| {
            json!([{ "metadata": { "name": "data", "labels": labels(dice) },
                     "spec": { "accessModes": ["ReadWriteOnce"] } }])
        })
        .done()
}

fn job(dice: &mut Dice) -> Value {
    Sparse::new(dice).always("template", template).maybe(20, "backoffLimit", |_| json!(2)).done()
}

fn template(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .maybe(70, "metadata", |dice| json!({ "labels": labels(dice) }))
        .always("spec", pod)
        .done()
}

fn pod(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .always("containers", |dice| {
            let names = if dice.chance(30) { &["main", "side"][..] } else { &["main"] };
            names.iter().map(|name| container(dice, name)).collect()
        })
        .maybe(20, "initContainers", |dice| json!([container(dice, "init")]))
        .maybe(40, "serviceAccountName", name)
        .maybe(10, "imagePullSecrets", |dice| json!([{ "name": name(dice) }]))
        .maybe(40, "volumes", |dice| dice.several(3, volume).into())
        .maybe(10, "topologySpreadConstraints", |dice| {
            json!([{ "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
                     "labelSelector": { "matchLabels": labels(dice) } }])
        })
        .maybe(10, "tolerations", |_| json!([{ "key": "a", "operator": "Exists" }]))
        .done()
}

pub(super) fn container(dice: &mut Dice, container: &str) -> Value {
    Sparse::new(dice)
        .always("name", |_| json!(container))
        .maybe(95, "image", |dice| json!(dice.of(&IMAGES)))
        .maybe(40, "env", |dice| dice.several(3, variable).into())
        .maybe(25, "envFrom", |dice| dice.several(2, source).into())
        .maybe(40, "ports", |dice| dice.several(3, port).into())
        .maybe(25, "args", |dice| dice.several(3, text).into())
        .maybe(25, "volumeMounts", |dice| {
            json!([{ "name": volume_name(dice), "mountPath": dice.of(&["/data", "/etc/x"]) }])
        })
        .maybe(20, "resources", |_| json!({ "limits": { "cpu": "1", "memory": "64Mi" } }))
        .done()
}

fn variable(dice: &mut Dice) -> Value {
    let named = Sparse::new(dice).always("name", |dice| json!(dice.of(&["A", "B", "C"])));
    let key = |dice: &mut Dice| json!({ "name": name(dice), "key": "level" });
    match named.dice.below(4) {
        0 => named.always("valueFrom", |dice| json!({ "configMapKeyRef": key(dice) })),
        1 => named.always("valueFrom", |dice| json!({ "secretKeyRef": key(dice) })),
        _ => named.always("value", text),
    }
    .done()
}

fn source(dice: &mut Dice) -> Value {
    let of = dice.of(&["configMapRef", "secretRef"]);
    json!({ of: { "name": name(dice) } })
}

fn port(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .always("containerPort", |dice| json!(dice.of(&[80, 443, 8080])))
        .maybe(50, "name", |dice| json!(dice.of(&["http", "https"])))
        .maybe(40, "protocol", |dice| json!(dice.of(&["TCP", "UDP"])))
        .done()
}

fn volume_name(dice: &mut Dice) -> &'static str {
    dice.of(&["data", "config"])
}

fn volume(dice: &mut Dice) -> Value {
    let named = Sparse::new(dice).always("name", |dice| json!(volume_name(dice)));
    match named.dice.below(5) {
        0 => named.always("configMap", |dice| json!({ "name": name(dice) })),
        1 => named.always("secret", |dice| json!({ "secretName": name(dice) })),
        2 => named.always("persistentVolumeClaim", |dice| json!({ "claimName": name(dice) })),
        3 => named.always("projected", |dice| {
            json!({ "sources": [{ "configMap": { "name": name(dice) } },
                                { "secret": { "name": name(dice) } }] })
        }),
        _ => named.always("emptyDir", |_| json!({})),
    }
    .done()
}

fn service(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .maybe(70, "selector", labels)
        .maybe(80, "ports", |dice| {
            dice.several(2, |dice| {
                Sparse::new(dice)
                    .always("port", |dice| json!(dice.of(&[80, 443])))
                    .maybe(50, "name", |dice| json!(dice.of(&["http", "https"])))
                    .maybe(30, "protocol", |dice| json!(dice.of(&["TCP", "UDP"])))
                    .maybe(30, "targetPort", |dice| dice.of(&[80, 8080]).into())
                    .done()
            })
            .into()
        })
        .maybe(20, "type", |_| json!("ClusterIP"))
        .done()
}

fn rules(dice: &mut Dice) -> Value {
    json!([{ "apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"],
             "resourceNames": [name(dice)] }])
}

fn role(dice: &mut Dice, kind: &str) -> Value {
    let cluster = kind == "ClusterRoleBinding" || dice.chance(30);
    let role = if cluster { "ClusterRole" } else { "Role" };
    json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": role, "name": name(dice) })
}

fn subjects(dice: &mut Dice) -> Value {
    dice.several(2, |dice| {
        Sparse::new(dice)
            .always("kind", |dice| json!(dice.of(&["ServiceAccount", "ServiceAccount", "Group"])))
            .always("name", |dice| json!(dice.of(&["web", "db", "default"])))
            .maybe(60, "namespace", |dice| json!(dice.of(&["shop", "default", "other"])))
            .done()
    })
    .into()
}

fn ingress(dice: &mut Dice) -> Value {
    let backend = json!({ "service": { "name": name(dice), "port": { "number": 80 } } });
    let path = json!({ "path": "/", "pathType": "Prefix", "backend": backend });
    Sparse::new(dice)
        .always(
            "rules",
            |dice| json!([{ "host": dice.of(&["a.test", "b.test"]), "http": { "paths": [path] } }]),
        )
        .maybe(40, "tls", |dice| json!([{ "secretName": name(dice), "hosts": ["a.test"] }]))
        .maybe(20, "defaultBackend", |dice| json!({ "service": { "name": name(dice) } }))
        .done()
}

fn selecting(dice: &mut Dice) -> Value {
    let field = dice.of(&["selector", "podSelector"]);
    json!({ field: { "matchLabels": labels(dice) } })
}

/// An object of a kind that nobody knows.
fn widget(dice: &mut Dice) -> Value {
    Sparse::new(dice)
        .maybe(50, "size", |dice| dice.of(&[1, 2, 300]).into())
        .maybe(50, "list", |dice| {
            dice.several(3, |dice| json!({ "name": name(dice), "value": text(dice) })).into()
        })
        .maybe(30, "image", |dice| json!(dice.of(&IMAGES)))
        .maybe(30, "configMapRef", |dice| json!({ "name": name(dice) }))
        .maybe(20, "ratio", |dice| json!(dice.of(&[0.5, 1e21, 3.0])))
        .maybe(20, "document", |_| json!("{\"a\": {\"b\": \"c\"}}"))
        .done()
}
