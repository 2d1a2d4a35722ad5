//! Rows of `gotk-kustomize`.

use gotk_artifact::{Tree, TreeBuilder};
use gotk_corpus::shop::{self, File};
use gotk_kustomize::flux::{self, Spec, Variables};
use gotk_kustomize::{Build, Cache, Error, Missing, Options, Template, build, build_with};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::row::{Outcome, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "kustomize/overlay",
        question: "what a small overlay costs: 8 objects, patches, images, labels, a generator",
        peer: "kustomize",
        target: "≤ 1 ms, 20×",
        iterations: 100,
        input: || shop_of(8),
        ours: overlay,
    },
    Row {
        name: "kustomize/objects-1000",
        question: "what an overlay over 1,000 objects costs",
        peer: "kustomize",
        target: "20×",
        iterations: 5,
        input: || shop_of(1000),
        ours: overlay,
    },
    Row {
        name: "kustomize/objects-4000",
        question: "what an overlay over 4,000 objects (1.4 MB) costs, written away object by object",
        peer: "kustomize",
        target: "50×, peak ≤ 10× the input",
        iterations: 1,
        input: || shop_of(4000),
        ours: written_away,
    },
    Row {
        name: "kustomize/objects-16000",
        question: "what an overlay over 16,000 objects (5.7 MB) costs: for the growth",
        peer: "kustomize",
        target: "≤ 4.5× of 4,000, peak ≤ 10× the input",
        iterations: 1,
        input: || shop_of(16_000),
        ours: written_away,
    },
    Row {
        name: "kustomize/overlays-300",
        question: "what 300 overlays over one base of 40 objects cost in one process",
        peer: "kustomize",
        target: "parsed once",
        iterations: 1,
        input: tenants,
        ours: |input| {
            let tree = tree(input);
            let options = Options::default().cache(&Cache::default());
            let one = |index| -> Result<String, Error> {
                let folder = tree.at(format!("overlays/{index}")).map_err(|_| Error::NotText)?;
                build_with(&folder, &options)?.to_yaml()
            };
            let all: Result<String, Error> = (0..300).map(one).collect();
            Outcome::Bytes(all.unwrap_or_default().into_bytes())
        },
    },
    Row {
        name: "kustomize/flux",
        question: "what Flux's build of 1,000 objects without a kustomization costs, variables replaced",
        peer: "kustomize",
        target: "20×",
        iterations: 3,
        input: folder,
        ours: |input| Outcome::Bytes(flux_build(input).unwrap_or_default().into_bytes()),
    },
    Row {
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
    },
];

/// The tree of an input: `%%% path`, and its text from the next line on.
fn tree(input: &[u8]) -> Tree {
    let text = String::from_utf8_lossy(input);
    let add = |builder: TreeBuilder, part: &str| {
        let (path, text) = part.split_once('\n').unwrap_or((part, ""));
        builder.file(path, text.to_owned()).unwrap_or_default()
    };
    text.split("%%% ").skip(1).fold(TreeBuilder::new(), add).build()
}

fn overlay(input: &[u8]) -> Outcome {
    let folder = tree(input).at("overlay");
    let built = folder.map(|folder| build(&folder).and_then(|build| build.to_yaml()));
    Outcome::Bytes(built.ok().and_then(Result::ok).unwrap_or_default().into_bytes())
}

/// As the program does it that writes to a pipe: the text is never there as a whole.
fn written_away(input: &[u8]) -> Outcome {
    let mut digest = Sha256::new();
    let folder = tree(input).at("overlay");
    let built = folder.ok().and_then(|folder| build(&folder).ok());
    for document in built.into_iter().flat_map(Build::into_documents) {
        digest.update(document.unwrap_or_default());
    }
    Outcome::Digest(digest.finalize().into())
}

fn flux_build(input: &[u8]) -> Result<String, Error> {
    let spec = json!({"spec": {
        "targetNamespace": "shop",
        "postBuild": {"substitute": {"cluster": "eu-west-1", "tag": "1.42.7"}},
    }});
    let draft = flux::build(&tree(input), &Spec::read(&spec)?, &flux::Options::default())?;
    draft.substitute(Variables::default())?.to_yaml()
}

/// Files as one input: `%%% path`, and the text from the next line on.
fn packed(files: impl IntoIterator<Item = File>) -> Vec<u8> {
    let texts = files.into_iter().map(|(path, text)| format!("%%% {path}\n{text}"));
    texts.collect::<String>().into_bytes()
}

pub(crate) fn shop_of(objects: usize) -> Vec<u8> {
    packed(shop::shop(objects, 100))
}

fn tenants() -> Vec<u8> {
    let tenant = |tenant: usize| {
        let path = format!("overlays/{tenant}/kustomization.yaml");
        let says = format!(
            "namespace: tenant-{tenant}\nresources: [../../base]\nimages:\n- name: \
             registry.example.com/web\n  newTag: \"{tenant}\"\n"
        );
        (path, says)
    };
    packed(shop::base(40, 100).into_iter().chain((0..300).map(tenant)))
}

fn folder() -> Vec<u8> {
    packed((0..250).map(|app| {
        let objects = (0..4).map(|at| shop::object(app * 4 + at, "web:${tag}"));
        let text = objects.collect::<Vec<_>>().join("---\n");
        (format!("apps/web-{app}.yaml"), text.replace("level: info", "level: ${cluster:-none}"))
    }))
}

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
