//! Trees that build, with a few lines gone wrong: they build or are refused, and nothing panics.

use gotk_artifact::{Tree, TreeBuilder};
use gotk_kustomize::{Options, build_with};

use crate::hostile::{Dice, WORDS, cases};

/// Files with all that a kustomization can say, and with the objects it says it about.
const FILES: &[(&str, &str)] = &[
    (
        "overlay/kustomization.yaml",
        "resources: [../base]
components: [../component]
namespace: shop
namePrefix: prod-
nameSuffix: -v2
commonLabels: {team: a}
commonAnnotations: {note: x/$(NAME)}
labels:
- pairs: {env: prod}
  includeSelectors: true
  fields:
  - path: spec/labels
    create: true
images:
- name: nginx
  newName: mirror/nginx
  newTag: '2'
replicas:
- name: web
  count: 3
patches:
- path: patch.yaml
- target:
    kind: Deployment
    name: w.*
    labelSelector: app in (web)
  patch: |-
    - op: replace
      path: /spec/replicas
      value: 4
    - op: add
      path: /spec/template/spec/containers/0/args/-
      value: --fast
    - {op: copy, from: /metadata/name, path: /metadata/labels/copy}
replacements:
- source:
    kind: ConfigMap
    name: settings
    fieldPath: data.host
    options: {delimiter: '.', index: 0}
  targets:
  - select: {kind: Deployment}
    reject:
    - name: other
    fieldPaths:
    - spec.template.spec.containers.[name=main].env.[name=HOST].value
    - metadata.annotations.[acme.test/host]
    options:
      create: true
vars:
- name: NAME
  objref: {kind: Service, name: web, apiVersion: v1}
  fieldref: {fieldpath: metadata.name}
configurations: [tables.yaml]
sortOptions:
  order: legacy
  legacySortOptions:
    orderFirst: [Service]
buildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]
transformers:
- |-
  apiVersion: builtin
  kind: PrefixTransformer
  metadata: {name: p}
  prefix: t-
  fieldSpecs: [{path: metadata/name}]
",
    ),
    (
        "overlay/patch.yaml",
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: main
        image: other:1
        ports:
        - containerPort: 80
          protocol: TCP
        - $patch: replace
        env:
        - name: A
          $patch: delete
        - name: B
          value: null
      volumes: null
",
    ),
    (
        "overlay/tables.yaml",
        "nameReference:
- kind: ConfigMap
  version: v1
  fieldSpecs:
  - path: spec/configMapRef/name
    kind: Widget
varReference:
- path: spec/list[]/value
  kind: Widget
images:
- path: spec/image
",
    ),
    (
        "component/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
configMapGenerator:
- name: settings
  behavior: merge
  literals: [extra=1]
generatorOptions:
  labels: {made: 'yes'}
  annotations: {a: b}
",
    ),
    (
        "base/kustomization.yaml",
        "resources: [objects.yaml]
configMapGenerator:
- name: settings
  literals: [host=a.test, level=info]
  files: [key=file.txt]
  envs: [file.txt]
secretGenerator:
- name: token
  type: Opaque
  literals: [t=1]
  options: {disableNameSuffixHash: true, immutable: true}
",
    ),
    ("base/file.txt", "a=b\nc=d\n"),
    (
        "base/objects.yaml",
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: &labels {app: web}
spec:
  replicas: 1
  selector: {matchLabels: *labels}
  template:
    metadata:
      labels: {app: web}
    spec:
      serviceAccountName: web
      containers:
      - name: main
        image: nginx:1@sha256:00
        args: [\"--name=$(NAME)\"]
        env:
        - {name: A, value: \"1\"}
        - name: HOST
          valueFrom:
            configMapKeyRef: {name: settings, key: host}
        ports:
        - containerPort: 80
          protocol: UDP
      volumes:
      - name: v
        secret: {secretName: token}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports:
  - port: 80
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web}
roleRef: {kind: Role, name: web, apiGroup: rbac.authorization.k8s.io}
subjects:
- kind: ServiceAccount
  name: default
---
kind: List
items:
- {apiVersion: acme.test/v1, kind: Widget, metadata: {name: w}, spec: {list: [{value: $(NAME)}], image: 'nginx:1'}}
",
    ),
];

/// Makes a few lines of a text wrong.
fn mutate(dice: &mut Dice, text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=dice.roll(3) {
        if lines.is_empty() {
            break;
        }
        let (at, other) = (dice.roll(lines.len()), dice.roll(lines.len()));
        match dice.roll(9) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[other].clone()),
            2 => lines.swap(at, other),
            3 => lines[at].insert_str(0, "  "),
            4 => lines[at] = lines[at].strip_prefix("  ").unwrap_or_default().to_owned(),
            5 => {
                let key = lines[at].split_once(':').map_or("", |(key, _)| key).to_owned();
                lines[at] = format!("{key}: {}", dice.pick(WORDS));
            }
            6 => lines[at].push_str(dice.pick(WORDS)),
            7 => {
                let value = lines[other].split_once(':').map_or("", |(_, value)| value).to_owned();
                let key = lines[at].split_once(':').map_or("", |(key, _)| key).to_owned();
                lines[at] = format!("{key}:{value}");
            }
            _ => {
                let indent = lines[at].len() - lines[at].trim_start().len();
                lines[at] = format!("{}{}", " ".repeat(indent), dice.pick(WORDS));
            }
        }
    }
    lines.join("\n") + "\n"
}

fn tree(dice: &mut Dice, is_wrong: impl Fn(&str) -> bool) -> Tree {
    let wrong: Vec<usize> = (0..FILES.len()).filter(|at| is_wrong(FILES[*at].0)).collect();
    let chosen = wrong[dice.roll(wrong.len())];
    let mut builder = TreeBuilder::new();
    for (at, (path, text)) in FILES.iter().enumerate() {
        let text = if at == chosen { mutate(dice, text) } else { (*text).to_owned() };
        builder = builder.file(*path, text).expect("a new path");
    }
    builder.build().at("overlay").expect("a folder")
}

/// Builds so many trees of which one file is wrong; says how many of them build, and how many there were.
fn build_all(seed: u64, usual: usize, is_wrong: impl Fn(&str) -> bool) -> (usize, usize) {
    let (mut dice, mut built) = (Dice(seed), 0);
    let all = cases(usual);
    for _ in 0..all {
        if let Ok(build) = build_with(&tree(&mut dice, &is_wrong), &Options::default()) {
            built += 1;
            build.objects().for_each(drop);
            build.into_documents().for_each(drop);
        }
    }
    (built, all)
}

#[test]
fn the_tree_builds_as_long_as_nothing_is_wrong() {
    let add = |builder: TreeBuilder, (path, text): &(&str, &str)| {
        builder.file(*path, (*text).to_owned()).expect("a new path")
    };
    let tree = FILES.iter().fold(TreeBuilder::new(), add).build().at("overlay").expect("a folder");
    let text = build_with(&tree, &Options::default()).and_then(|build| build.to_yaml());
    let text = text.expect("a build");
    assert!(text.contains("image: other:1"), "{text}");
}

#[test]
fn no_wrong_kustomization_panics() {
    let (built, all) = build_all(17, 300, |path| path.ends_with("kustomization.yaml"));
    assert!(built > 0 && built < all);
}

#[test]
fn no_wrong_patch_or_object_panics() {
    let (built, all) = build_all(19, 300, |path| !path.ends_with("kustomization.yaml"));
    assert!(built > 0 && built < all);
}
