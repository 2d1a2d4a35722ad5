//! One case for every rule of `kustomize build`, so that a clone proves them without the corpora.

use gotk_artifact::{Bytes, Tree, TreeBuilder};
use gotk_kustomize::{
    BoxError, Build, Error, Fetcher, HelmChart, HelmRenderer, Limits, LoadRestrictions, Options,
    Order, build, build_with,
};

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    \
                   spec:\n      containers:\n      - {name: main, image: \"nginx:1\"}\n";
const CONF: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {a: \"1\"}\n";

fn tree(files: &[(&str, &str)]) -> Tree {
    let add = |builder: TreeBuilder, (path, text): &(&str, &str)| {
        builder.file(path, text.as_bytes().to_vec()).expect("a new path")
    };
    files.iter().fold(TreeBuilder::new(), add).build()
}

fn yaml(build: Result<Build, Error>) -> Result<String, String> {
    build.and_then(|build| build.to_yaml()).map_err(|error| error.to_string())
}

/// Builds `k` at the root, beside a Deployment and a `ConfigMap`.
fn built(k: &str) -> Result<String, String> {
    yaml(build(&tree(&[("kustomization.yaml", k), ("web.yaml", WEB), ("conf.yaml", CONF)])))
}

#[track_caller]
fn holds(k: &str, parts: &[&str]) {
    let text = built(k).expect("it builds");
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[track_caller]
fn fails(k: &str, part: &str) {
    let error = built(k).expect_err("it fails");
    assert!(error.contains(part), "{part:?} is not in\n{error}");
}

#[test]
fn names_and_references_follow_prefixes_and_hashes() {
    holds(
        "resources: [web.yaml]\nnamePrefix: p-\nnameSuffix: -s\nconfigMapGenerator:\n\
         - {name: gen, literals: [a=b]}\npatches:\n- patch: |-\n    apiVersion: apps/v1\n    \
         kind: Deployment\n    metadata: {name: web}\n    spec: {template: {spec: {volumes: \
         [{name: v, configMap: {name: gen}}]}}}\n",
        &[
            "name: p-web-s",
            "name: p-gen-s-4h2mbtbbt6\n        name: v",
            "\n  name: p-gen-s-4h2mbtbbt6\n",
        ],
    );
}

#[test]
fn namespaces_go_to_what_has_one() {
    let text = yaml(build(&tree(&[
        ("kustomization.yaml", "resources: [r.yaml]\nnamespace: prod\n"),
        (
            "r.yaml",
            "{apiVersion: v1, kind: Namespace, metadata: {name: old}}\n---\n\
             {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: c}}\n---\n\
             {apiVersion: x.io/v1, kind: Thing, metadata: {name: t}}\n---\n\
             {apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: b}, \
             subjects: [{kind: ServiceAccount, name: default}, {kind: User, name: u}]}\n",
        ),
    ])))
    .unwrap();
    assert!(text.contains("kind: Namespace\nmetadata:\n  name: prod\n"), "{text}");
    assert!(text.contains("kind: ClusterRole\nmetadata:\n  name: c\n---"), "{text}");
    assert!(text.contains("name: t\n  namespace: prod\n"), "{text}");
    assert!(text.contains("name: default\n  namespace: prod\n- kind: User"), "{text}");
}

#[test]
fn a_replacement_without_targets_is_refused() {
    let says = "resources: [conf.yaml]\nreplacements: [{source: {kind: ConfigMap}, targets: []}]\n";
    fails(says, "it needs a source, and targets");
}

/// The original does not copy the value before: where it is written over, it is another one.
#[test]
fn a_replacement_may_change_what_it_copies() {
    holds(
        "resources: [conf.yaml]\nreplacements:\n- source: {kind: ConfigMap}\n  targets:\n  - select: {kind: ConfigMap}\n    \
         fieldPaths: [metadata.name, metadata.name]\n    options: {delimiter: '-', index: 1}\n",
        &["name: conf-conf-conf\n"],
    );
}

/// All places are found before the first is written, and each write reads the value anew.
#[test]
fn a_replacement_reads_its_value_anew_for_each_place() {
    let list = "kind: List2\nmetadata: {name: l}\nspec: {items: [{image: a}, {image: b}]}\n";
    let says = "resources: [l.yaml]\nreplacements:\n- source: {kind: List2, fieldPath: spec.items.0.image}\n  \
                targets:\n  - select: {kind: List2}\n    fieldPaths: [spec.items.*.image]\n    options: \
                {delimiter: /, index: 9}\n";
    let text = yaml(build(&tree(&[("kustomization.yaml", says), ("l.yaml", list)]))).unwrap();
    assert!(text.contains("- image: a/a\n  - image: b/a/a\n"), "{text}");
}

/// What is made for a target is there before the value is copied into it.
#[test]
fn a_value_that_its_own_target_is_made_in_has_it() {
    let object = "kind: Thing\nmetadata: {name: t}\nspec: {a: 1}\n";
    let says = "resources: [t.yaml]\nreplacements:\n- source: {kind: Thing, fieldPath: spec}\n  targets:\n  \
                - select: {kind: Thing}\n    fieldPaths: [spec.b]\n    options: {create: true}\n";
    let text = yaml(build(&tree(&[("kustomization.yaml", says), ("t.yaml", object)]))).unwrap();
    assert!(text.contains("spec:\n  a: 1\n  b:\n    a: 1\n    b: {}\n"), "{text}");
}

/// Of what it stood in only the contents are replaced: the value itself is as it was.
#[test]
fn a_value_whose_surroundings_are_replaced_stays_what_it_was() {
    let object = "kind: Thing\nmetadata: {name: t}\nspec: {a: {a: {x: 1}}, b: {}}\n";
    let says = "resources: [t.yaml]\nreplacements:\n- source: {kind: Thing, fieldPath: spec.a.a}\n  targets:\n  \
                - select: {kind: Thing}\n    fieldPaths: [spec.a, spec.b]\n";
    let text = yaml(build(&tree(&[("kustomization.yaml", says), ("t.yaml", object)]))).unwrap();
    assert!(text.contains("  a:\n    x: 1\n  b:\n    x: 1\n"), "{text}");
}

/// A mapping copied over a name leaves an empty one, and what is renamed without a name is lost.
#[test]
fn a_replacement_refuses_objects_whose_earlier_names_are_lost() {
    let copy = "replacements:\n- source: {kind: ConfigMap, fieldPath: data}\n  targets: [{select: {kind: \
                Deployment}}]\n";
    let copy_only = format!("resources: [web.yaml, conf.yaml]\nnamePrefix: a-\n{copy}");
    let text = yaml(build(
        &tree(&[
            ("base/kustomization.yaml", &copy_only),
            ("base/web.yaml", WEB),
            ("base/conf.yaml", CONF),
            ("over/kustomization.yaml", &format!("resources: [../base]\nnamePrefix: b-\n{copy}")),
        ])
        .at("over")
        .unwrap(),
    ));
    let error = text.expect_err("the original counts names, namespaces and kinds");
    assert!(error.contains("what it was called is lost"), "{error}");
}

/// A patch with a target is given its name anew, as a word without a type.
#[test]
fn a_name_that_a_patch_brought_is_what_is_written_over_it() {
    holds(
        "resources: [web.yaml, conf.yaml]\npatches:\n- patch: '{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \
         \"metadata\": {\"name\": \"db\"}}'\n  target: {kind: Deployment}\n  options: {allowNameChange: \
         true}\nreplacements:\n- sourceValue: '1e3'\n  targets: [{select: {kind: Deployment}}]\n",
        &["  name: 1000\n"],
    );
}

/// Between brackets the original writes nothing as '', and reads that again as a text.
#[test]
fn nothing_is_a_text_between_brackets_and_null_elsewhere() {
    let says = "resources: [t.yaml]\nreplacements:\n- sourceValue: ''\n  targets:\n  - select: {kind: Thing}\n    \
                fieldPaths: [spec.a, flow.a]\n    options: {create: true}\n";
    let object = "kind: Thing\nmetadata: {name: t}\nspec:\n  b:\nflow: {b: }\n";
    let text = yaml(build(&tree(&[("kustomization.yaml", says), ("t.yaml", object)]))).unwrap();
    assert!(text.contains("flow:\n  a: \"\"\n  b: \"\"\n"), "{text}");
    assert!(text.contains("spec:\n  a: null\n  b: null\n"), "{text}");
}

#[test]
fn a_label_that_is_added_twice_in_one_place_is_one_with_the_others() {
    holds(
        "resources: [web.yaml]\nlabels:\n- pairs: {env: a}\n  includeSelectors: true\n  fields: [{path: \
         spec/template/metadata/labels, create: true}]\n- pairs: {env: b}\n",
        &["    matchLabels:\n      env: b\n", "      labels:\n        env: b\n"],
    );
}

#[test]
fn an_empty_field_path_names_no_field() {
    let says = "resources: [conf.yaml]\nreplacements:\n- source: {kind: ConfigMap}\n  targets: [{select: \
                {kind: ConfigMap}, fieldPaths: [''], options: {create: true}}]\n";
    fails(says, "an empty name names no field");
}

/// The label in the template is the same text, written last.
#[test]
fn of_two_patched_places_of_a_shared_label_the_last_one_counts() {
    let patch = "apiVersion: apps/v1, kind: Deployment, metadata: {name: web, labels: {app: other}}, \
                 spec: {template: {metadata: {labels: {app: cache}}}}";
    let text = yaml(build(
        &tree(&[
            (
                "base/kustomization.yaml",
                "resources: [web.yaml]\nlabels: [{pairs: {app: cache}, includeTemplates: true}]\n",
            ),
            ("base/web.yaml", WEB),
            (
                "over/kustomization.yaml",
                &format!("resources: [../base]\npatches: [{{patch: '{{{patch}}}'}}]\n"),
            ),
        ])
        .at("over")
        .unwrap(),
    ))
    .unwrap();
    assert_eq!(text.matches("app: cache").count(), 2, "{text}");
}

#[test]
fn a_patch_does_not_merge_empty_keys() {
    let says = "resources: [conf.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: '{kind: ConfigMap, \
                metadata: {name: x}, data: {\"\": y}}'\n";
    fails(says, "a mapping with an empty key cannot be merged");
}

/// It looks even where the namespace is the one that was there.
#[test]
fn a_namespace_finds_objects_that_are_called_the_same() {
    let says = "namespace: shop\nconfigMapGenerator: [{name: a, namespace: shop}, {name: b, namespace: shop}]\n\
                patches:\n- target: {kind: ConfigMap}\n  \
                patch: '[{\"op\": \"replace\", \"path\": \"/metadata/name\", \"value\": \"c\"}]'\n";
    fails(says, "two objects are called this");
}

/// Between patches nobody looks whether names are taken; a patch with a target does.
#[test]
fn a_patch_with_a_target_finds_objects_that_are_called_the_same() {
    let says = "configMapGenerator: [{name: a}, {name: b}]\npatches:\n\
                - {target: {kind: ConfigMap}, patch: '[{\"op\": \"replace\", \"path\": \"/metadata/name\", \"value\": \"c\"}]'}\n\
                - {target: {kind: Pod}, patch: '{kind: Pod, metadata: {name: x}}'}\n";
    fails(says, "two objects are called this now");
}

/// One text stands in both places, and the second is none that the table of variables knows.
#[test]
fn a_variable_in_a_shared_annotation_is_replaced_in_the_template_too() {
    holds(
        "resources: [web.yaml, conf.yaml]\ncommonAnnotations: {note: 'x/$(NAME)'}\nvars:\n\
         - {name: NAME, objref: {apiVersion: v1, kind: ConfigMap, name: conf}}\n",
        &["  template:\n    metadata:\n      annotations:\n        note: x/conf\n"],
    );
}

/// What the original remembers, it keeps in annotations, so these are there.
#[test]
fn labels_find_annotations_where_a_name_was_changed() {
    let says = "resources: [conf.yaml]\nlabels:\n- pairs: {team: a}\n  fields: [{path: metadata/annotations}]\n";
    let text = built(says).expect("it builds");
    assert!(!text.contains("annotations:"), "{text}");
    let base = format!("{says}namePrefix: p-\n");
    holds(&base, &["  annotations:\n    team: a\n  labels:\n    team: a\n  name: p-conf\n"]);
}

#[test]
fn labels_go_where_they_are_told_to() {
    let label =
        |more: &str| format!("resources: [web.yaml]\nlabels: [{{pairs: {{l: \"1\"}}{more}}}]\n");
    let count = |k: &str| built(k).unwrap().matches("l: \"1\"").count();
    assert_eq!(count(&label("")), 1);
    assert_eq!(count(&label(", includeTemplates: true")), 2);
    assert_eq!(count(&label(", includeSelectors: true")), 3);
    assert_eq!(count(&label(", fields: [{path: spec/l, create: true}]")), 2);
    assert_eq!(count("resources: [web.yaml]\ncommonLabels: {l: \"1\"}\n"), 3);
}

#[test]
fn images_and_replicas_are_set() {
    holds(
        "resources: [web.yaml]\nimages: [{name: nginx, newName: r.io/n, newTag: \"2\"}]\n\
         replicas: [{name: web, count: 3}]\n",
        &["image: r.io/n:2", "replicas: 3"],
    );
    holds(
        "resources: [web.yaml]\nimages: [{name: n.inx, digest: \"sha256:ab\"}]\n",
        &["image: nginx@sha256:ab"],
    );
    fails("resources: [web.yaml]\nreplicas: [{name: x, count: 3}]\n", "is called \"x\"");
}

#[test]
fn patches_find_their_objects() {
    let patch =
        "apiVersion: apps/v1\\nkind: Deployment\\nmetadata: {name: NAME}\\nspec: {replicas: 4}\\n";
    let entry = |name: &str, more: &str| {
        let patch = patch.replace("NAME", name);
        format!("resources: [web.yaml, conf.yaml]\npatches: [{{patch: \"{patch}\"{more}}}]\n")
    };
    holds(&entry("web", ""), &["replicas: 4"]);
    fails(&entry("x", ""), "the patch names an object that is not there");
    holds(&entry("x", ", target: {name: we., kind: Deployment}"), &["name: web\n", "replicas: 4"]);
    let text = built(&entry("x", ", target: {name: we, kind: Deployment}")).unwrap();
    assert!(!text.contains("replicas"), "the pattern is for the whole name\n{text}");
    holds(
        &entry("x", ", target: {kind: Deployment}, options: {allowNameChange: true}"),
        &["name: x\n"],
    );
    holds(
        "resources: [web.yaml]\npatches: [{target: {kind: Deployment}, patch: '[{\"op\": \"add\", \
         \"path\": \"/spec/template/spec/containers/-\", \"value\": {\"name\": \"z\"}}]'}]\n",
        &["- name: z\n"],
    );
    fails(
        "resources: [web.yaml]\npatches: [{patch: '- {op: remove, path: /x}'}]\n",
        "needs a target",
    );
    fails("resources: [web.yaml]\npatches: [{path: x.yaml, patch: 'a'}]\n", "exclude each other");
}

#[test]
fn a_patch_may_delete_its_object() {
    let k = "resources: [web.yaml, conf.yaml]\npatches:\n- target: {kind: Deployment}\n  patch: |-\n    \
             {apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, $patch: delete}\n";
    assert_eq!(
        built(k).unwrap(),
        "apiVersion: v1\ndata:\n  a: \"1\"\nkind: ConfigMap\nmetadata:\n  name: conf\n"
    );
}

#[test]
fn replacements_copy_values_and_parts_of_them() {
    let replace = |source: &str, target: &str| {
        format!(
            "resources: [web.yaml, conf.yaml]\nreplacements:\n- source: {{{source}}}\n  targets:\n  \
             - {{select: {{kind: Deployment}}, {target}}}\n"
        )
    };
    let data = "kind: ConfigMap, fieldPath: data.a";
    holds(
        &replace(
            data,
            "fieldPaths: ['spec.template.spec.containers.[name=main].image'], \
                        options: {delimiter: ':', index: 1}",
        ),
        &["image: nginx:1"],
    );
    holds(
        &replace(data, "fieldPaths: [spec.x.y], options: {create: true}"),
        &["x:\n    \"y\": 1\n"],
    );
    fails(&replace(data, "fieldPaths: [spec.x.y]"), "set create");
    fails(&replace("kind: Secret", "fieldPaths: [spec.x]"), "no object is called Secret");
}

#[test]
fn a_field_may_lie_within_a_text() {
    let text = yaml(build(&tree(&[
        (
            "kustomization.yaml",
            "resources: [c.yaml]\nreplacements:\n- sourceValue: new\n  targets:\n  \
             - {select: {kind: ConfigMap}, fieldPaths: ['data.j\\.json.a.b']}\n",
        ),
        ("c.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {j.json: '{\"a\": {\"b\": \"old\"}}'}}\n"),
    ])))
    .unwrap();
    assert!(text.contains("j.json: '{\"a\":{\"b\":\"new\"}}'"), "{text}");
}

#[test]
fn variables_keep_their_types() {
    let text = yaml(build(&tree(&[
        (
            "kustomization.yaml",
            "resources: [web.yaml]\nvars:\n- {name: NAME, objref: {apiVersion: apps/v1, kind: Deployment, name: web}}\n\
             configurations: [c.yaml]\nnamePrefix: p-\n",
        ),
        ("c.yaml", "varReference: [{path: spec/template/spec/hostname}]\n"),
        ("web.yaml", &WEB.replace("      containers", "      hostname: $(NAME)-x\n      containers")),
    ])))
    .unwrap();
    assert!(text.contains("hostname: p-web-x"), "{text}");
}

#[test]
fn components_work_on_what_is_there() {
    let files = [
        ("app/kustomization.yaml", "resources: [web.yaml]\ncomponents: [../c]\nnamePrefix: p-\n"),
        ("app/web.yaml", WEB),
        (
            "c/kustomization.yaml",
            "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\ncommonAnnotations: {c: d}\n",
        ),
        ("wrong/kustomization.yaml", "resources: [../c]\n"),
    ];
    let tree = tree(&files);
    let text = yaml(build(&tree.at("app").unwrap())).unwrap();
    assert!(text.contains("c: d\n") && text.contains("name: p-web"), "{text}");
    let error = yaml(build(&tree.at("wrong").unwrap())).unwrap_err();
    assert!(error.contains("name it in components"), "{error}");
}

#[test]
fn generators_create_merge_and_replace() {
    let overlay = |behavior: &str| {
        yaml(build(
            &tree(&[
                ("b/kustomization.yaml", "configMapGenerator: [{name: g, literals: [a=1, b=1]}]\n"),
                (
                    "o/kustomization.yaml",
                    &format!(
                        "resources: [../b]\nconfigMapGenerator: [{{name: g, literals: [b=2]{behavior}}}]\n\
                         generatorOptions: {{disableNameSuffixHash: true}}\n"
                    ),
                ),
            ])
            .at("o")
            .unwrap(),
        ))
    };
    assert!(overlay(", behavior: merge").unwrap().contains("data:\n  a: \"1\"\n  b: \"2\"\n"));
    assert!(overlay(", behavior: replace").unwrap().contains("data:\n  b: \"2\"\n"));
    assert!(overlay("").unwrap_err().contains("set behavior to merge or replace"));
    fails("configMapGenerator: [{name: g, behavior: merge}]\n", "so it cannot be merged");
}

#[test]
fn files_outside_are_refused_unless_allowed() {
    let tree = tree(&[
        ("a/kustomization.yaml", "resources: [../web.yaml]\n"),
        ("web.yaml", WEB),
        ("loop/kustomization.yaml", "resources: [../loop]\n"),
        ("out/kustomization.yaml", "resources: [../../x]\n"),
    ]);
    let error = |folder: &str| yaml(build(&tree.at(folder).unwrap())).unwrap_err();
    assert!(error("a").contains("neither in \"a\" nor below it"), "{}", error("a"));
    assert!(error("loop").contains("is being built already"), "{}", error("loop"));
    assert!(error("out").contains("leaves the tree"), "{}", error("out"));
    let options = Options::default().load_restrictions(LoadRestrictions::None);
    assert!(yaml(build_with(&tree.at("a").unwrap(), &options)).is_ok());
}

#[test]
fn what_was_looked_at_is_told() {
    let tree = tree(&[
        ("b/kustomization.yaml", "resources: [web.yaml]\n"),
        ("b/web.yaml", WEB),
        ("o/kustomization.yml", "resources: [../b]\n"),
        ("other", "x"),
    ]);
    let build = build(&tree.at("o").unwrap()).unwrap();
    let paths: Vec<_> = build.paths().iter().map(ToString::to_string).collect();
    assert_eq!(
        paths,
        [
            "b",
            "b/Kustomization",
            "b/kustomization.yaml",
            "b/kustomization.yml",
            "b/web.yaml",
            "o/Kustomization",
            "o/kustomization.yaml",
            "o/kustomization.yml",
        ]
    );
}

#[test]
fn the_order_is_that_of_reading_or_of_kinds() {
    let files = [
        ("kustomization.yaml", "resources: [web.yaml, conf.yaml]\n"),
        ("web.yaml", WEB),
        ("conf.yaml", CONF),
    ];
    let first = |options: &Options| {
        let text = yaml(build_with(&tree(&files), options)).unwrap();
        text.lines().find(|line| line.starts_with("kind")).unwrap().to_owned()
    };
    assert_eq!(first(&Options::default()), "kind: Deployment");
    assert_eq!(first(&Options::default().order(Order::Legacy)), "kind: ConfigMap");
    holds(
        "resources: [web.yaml, conf.yaml]\nsortOptions: {order: legacy}\n",
        &["kind: ConfigMap\nmetadata:\n  name: conf\n---"],
    );
    fails("resources: [web.yaml]\nsortOptions: {order: x}\n", "neither legacy nor fifo");
}

#[test]
fn origins_and_history_are_written_if_asked_for() {
    holds(
        "resources: [web.yaml]\nnamePrefix: p-\nbuildMetadata: [originAnnotations, transformerAnnotations]\n",
        &[
            "config.kubernetes.io/origin: |\n      path: web.yaml\n",
            "- configuredIn: kustomization.yaml\n",
        ],
    );
}

#[test]
fn nothing_is_run_rendered_or_fetched_unless_somebody_does_it() {
    fails(
        "transformers: ['{apiVersion: x.io/v1, kind: T, metadata: {name: t}}']\n",
        "no program is run",
    );
    fails("helmCharts: [{name: c}]\n", "not rendered in this build");
    fails("resources: ['https://u:secret@host/x.yaml?token=y']\n", "https://host/x.yaml is a URL");
    fails("resources: ['github.com/a/b?ref=v1']\n", "is a remote base");
}

struct Helper;

impl HelmRenderer for Helper {
    fn render(&self, chart: &HelmChart, _: &Tree, home: &str) -> Result<String, BoxError> {
        let (name, namespace) = (&chart.name, &chart.namespace);
        Ok(format!(
            "{{apiVersion: v1, kind: Service, metadata: {{name: {name}-{namespace}-{home}}}}}\n"
        ))
    }
}

impl Fetcher for Helper {
    fn file(&self, url: &str) -> Result<Bytes, BoxError> {
        if url.ends_with(".yaml") {
            Ok(Bytes::from_static(CONF.as_bytes()))
        } else {
            Err("404".into())
        }
    }

    fn repository(&self, _: &str) -> Result<Tree, BoxError> {
        Ok(tree(&[("kustomization.yaml", "resources: [web.yaml]\n"), ("web.yaml", WEB)]))
    }
}

#[test]
fn helpers_render_and_fetch() {
    let k = "resources: ['https://host/x.yaml', 'https://host/a/b']\nhelmCharts: [{name: c}]\nnamespace: ns\n";
    let options = Options::default().helm(Helper).fetcher(Helper);
    let text = yaml(build_with(&tree(&[("kustomization.yaml", k)]), &options)).unwrap();
    for part in ["name: conf\n  namespace: ns", "name: web\n  namespace: ns", "name: c-ns-charts\n"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn limits_hold() {
    let mut limits = Limits::default();
    limits.objects = 1;
    let files = [
        ("kustomization.yaml", "resources: [web.yaml, conf.yaml]\n"),
        ("web.yaml", WEB),
        ("conf.yaml", CONF),
    ];
    let build = |limits| yaml(build_with(&tree(&files), &Options::default().limits(limits)));
    assert!(build(limits).unwrap_err().contains("more than 1 objects"));
    limits = Limits::default();
    limits.bytes = 40;
    assert!(build(limits).unwrap_err().contains("more than 40 bytes"));
}

#[test]
fn local_objects_and_bookkeeping_are_left_out() {
    let text = yaml(build(&tree(&[
        ("kustomization.yaml", "resources: [r.yaml]\nnamePrefix: p-\n"),
        (
            "r.yaml",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, annotations: \
             {config.kubernetes.io/local-config: \"true\"}}}\n---\n\
             {apiVersion: v1, kind: ConfigMap, metadata: {name: b, annotations: {n: 1}}}\n",
        ),
    ])))
    .unwrap();
    let expected = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    \"n\": \"1\"\n  name: p-b\n";
    assert_eq!(text, expected);
}
