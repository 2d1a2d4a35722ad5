//! Rows of `gotk-kustomize`.

use gotk_artifact::{Tree, TreeBuilder};
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
        input: || shop(8),
        ours: overlay,
    },
    Row {
        name: "kustomize/objects-1000",
        question: "what an overlay over 1,000 objects costs",
        peer: "kustomize",
        target: "20×",
        iterations: 5,
        input: || shop(1000),
        ours: overlay,
    },
    Row {
        name: "kustomize/objects-4000",
        question: "what an overlay over 4,000 objects (1.4 MB) costs, written away object by object",
        peer: "kustomize",
        target: "50×, peak ≤ 10× the input",
        iterations: 1,
        input: || shop(4000),
        ours: written_away,
    },
    Row {
        name: "kustomize/objects-16000",
        question: "what an overlay over 16,000 objects (5.7 MB) costs: for the growth",
        peer: "kustomize",
        target: "≤ 4.5× of 4,000, peak ≤ 10× the input",
        iterations: 1,
        input: || shop(16_000),
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

/// A base of so many objects in files of a hundred, and an overlay that touches all of them.
fn shop(objects: usize) -> Vec<u8> {
    let mut text = base("base", objects, "web:1");
    text.push_str(
        "%%% overlay/kustomization.yaml
namespace: shop
namePrefix: prod-
resources: [../base]
labels:
- pairs: {env: production}
  includeSelectors: true
commonAnnotations: {team: platform}
images:
- name: registry.example.com/web
  newTag: \"2\"
patches:
- target: {kind: Deployment}
  patch: '[{\"op\": \"add\", \"path\": \"/spec/paused\", \"value\": false}]'
- target: {kind: Deployment}
  patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: any}
    spec:
      template:
        spec:
          containers:
          - name: web
            env:
            - {name: REGION, value: eu}
configMapGenerator:
- name: settings
  literals: [a=b]
",
    );
    text.into_bytes()
}

fn base(folder: &str, objects: usize, image: &str) -> String {
    let files = objects.div_ceil(100);
    let names = (0..files).map(|file| format!("- objects-{file}.yaml\n")).collect::<String>();
    let mut text = format!("%%% {folder}/kustomization.yaml\nresources:\n{names}");
    for file in 0..files {
        text.push_str(&format!("%%% {folder}/objects-{file}.yaml\n"));
        let of = (file * 100..objects.min((file + 1) * 100)).map(|at| object(at, image));
        text.push_str(&of.collect::<Vec<_>>().join("---\n"));
    }
    text
}

/// A file, as every `ConfigMap` here holds it.
const SETTINGS: &str = "    # served to everybody
    listen = 0.0.0.0:8080
    root = /srv/www
    index = index.html
    log.format = json
    log.level = info
    cache.size = 64Mi
    cache.ttl = 10m
    compression = gzip, br
    timeout.read = 30s
    timeout.write = 30s
    header.cache-control = public, max-age=3600
";

/// Every fourth object is a Deployment, which names two of the others.
fn object(at: usize, image: &str) -> String {
    let app = at / 4;
    let head = |api: &str, kind: &str| {
        format!(
            "apiVersion: {api}\nkind: {kind}\nmetadata:\n  name: web-{app}\n  labels: {{app: web-{app}}}\n"
        )
    };
    match at % 4 {
        0 => head("v1", "ServiceAccount"),
        1 => format!(
            "{}data:\n  host: web-{app}.example.com\n  level: info\n  server.conf: |\n{}",
            head("v1", "ConfigMap"),
            SETTINGS
        ),
        2 => format!(
            "{}spec:\n  selector: {{app: web-{app}}}\n  ports:\n  - name: http\n    port: 80\n    \
             targetPort: 8080\n",
            head("v1", "Service")
        ),
        _ => format!(
            "{}spec:
  replicas: 2
  selector:
    matchLabels: {{app: web-{app}}}
  template:
    metadata:
      labels: {{app: web-{app}}}
    spec:
      serviceAccountName: web-{app}
      containers:
      - name: web
        image: registry.example.com/{image}
        args: [--listen=0.0.0.0:8080, --log=info]
        envFrom:
        - configMapRef: {{name: web-{app}}}
        ports:
        - containerPort: 8080
          name: http
        resources:
          requests: {{cpu: 10m, memory: 64Mi}}
          limits: {{memory: 128Mi}}
        readinessProbe:
          httpGet: {{path: /healthz, port: http}}
",
            head("apps/v1", "Deployment")
        ),
    }
}

fn tenants() -> Vec<u8> {
    let mut text = base("base", 40, "web:1");
    for tenant in 0..300 {
        text.push_str(&format!(
            "%%% overlays/{tenant}/kustomization.yaml\nnamespace: tenant-{tenant}\nresources: [../../base]\n\
             images:\n- name: registry.example.com/web\n  newTag: \"{tenant}\"\n"
        ));
    }
    text.into_bytes()
}

fn folder() -> Vec<u8> {
    let files = (0..250).map(|app| {
        let objects = (0..4).map(|at| object(app * 4 + at, "web:${tag}"));
        let text = objects.collect::<Vec<_>>().join("---\n");
        format!(
            "%%% apps/web-{app}.yaml\n{}",
            text.replace("level: info", "level: ${cluster:-none}")
        )
    });
    files.collect::<String>().into_bytes()
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
