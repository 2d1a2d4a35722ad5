//! What a person sees of a broken repository.

use gotk_artifact::{Tree, TreeBuilder};
use gotk_kustomize::flux::{self, Spec, Variables};
use gotk_kustomize::{Options, build_with};
use serde_json::json;

/// A tree out of paths and texts.
fn tree(files: &[(&str, &str)]) -> Tree {
    let builder = TreeBuilder::new();
    let add = |builder: TreeBuilder, (path, text): &(&str, &str)| {
        builder.file(path, (*text).to_owned()).expect("a new path")
    };
    files.iter().fold(builder, add).build()
}

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
";

/// Paths and texts.
type Files = &'static [(&'static str, &'static str)];

/// Ten broken repositories: what is wrong, the files, and what is said about it.
const BROKEN: &[(&str, Files, &str)] = &[
    (
        "a base that is not there",
        &[
            ("apps/kustomization.yaml", "resources:\n- ../prod\n"),
            ("prod/kustomization.yaml", "namePrefix: p-\nresources:\n- ../base\n- ../bsae\n"),
            ("base/kustomization.yaml", "resources: [web.yaml]\n"),
            ("base/web.yaml", WEB),
        ],
        r#"prod/kustomization.yaml:4: resources[1]: "../bsae" is neither a file nor a folder (built through apps → prod)"#,
    ),
    (
        "a misspelt field",
        &[("apps/kustomization.yaml", "resources: []\nimage:\n- name: web\n")],
        "apps/kustomization.yaml:2: image: there is no such field",
    ),
    (
        "a number where a text has to be",
        &[(
            "apps/kustomization.yaml",
            "resources: [web.yaml]\nimages:\n- name: web\n  newTag: 1.20\n",
        )],
        "apps/kustomization.yaml:4: images[0].newTag: a number stands where a text is expected; put it in quotes",
    ),
    (
        "a manifest that is no YAML",
        &[
            ("apps/kustomization.yaml", "resources:\n- web.yaml\n"),
            ("apps/web.yaml", "kind: Deployment\nmetadata:\n  name: web\n  labels: {app: web\n"),
        ],
        "apps/web.yaml:5: did not find expected ',' or '}' (asked for by resources[0])",
    ),
    (
        "an object without a name",
        &[
            ("apps/kustomization.yaml", "resources:\n- web.yaml\n"),
            (
                "apps/web.yaml",
                "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Service\n",
            ),
        ],
        "apps/web.yaml:5: a Service has no metadata.name (asked for by resources[0])",
    ),
    (
        "an object that is there twice",
        &[
            ("apps/kustomization.yaml", "resources:\n- web.yaml\n- ../base\n"),
            ("apps/web.yaml", WEB),
            ("base/kustomization.yaml", "resources:\n- deployment.yaml\n"),
            ("base/deployment.yaml", WEB),
        ],
        "base/deployment.yaml:1: apps/v1 Deployment web: it is there already, from apps/web.yaml (asked for by resources[1], built through apps → base)",
    ),
    (
        "a patch for nothing",
        &[
            ("apps/kustomization.yaml", "resources:\n- web.yaml\npatches:\n- path: patch.yaml\n"),
            ("apps/web.yaml", WEB),
            ("apps/patch.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: wbe\n"),
        ],
        "apps/patch.yaml: apps/v1 Deployment wbe: the patch names an object that is not there (asked for by patches[0])",
    ),
    (
        "folders that build upon each other",
        &[
            ("apps/kustomization.yaml", "resources:\n- ../one\n"),
            ("one/kustomization.yaml", "resources:\n- ../two\n"),
            ("two/kustomization.yaml", "resources:\n- ../one\n"),
        ],
        r#"two/kustomization.yaml:2: resources[0]: folder "one" is being built already, or holds one that is (built through apps → one → two)"#,
    ),
    (
        "a file outside the folder",
        &[
            (
                "apps/kustomization.yaml",
                "configMapGenerator:\n- name: settings\n  files:\n  - ../shared/app.conf\n",
            ),
            ("shared/app.conf", "a=b\n"),
        ],
        r#"apps/kustomization.yaml:4: configMapGenerator[0].files[0]: file "shared/app.conf" is neither in "apps" nor below it; move it there or make its folder a base"#,
    ),
    (
        "a remote base",
        &[(
            "apps/kustomization.yaml",
            "resources:\n- https://user:secret@github.com/org/repo//deploy?ref=main\n",
        )],
        "apps/kustomization.yaml:2: resources[0]: https://github.com/org/repo//deploy is a URL, and nothing is fetched in this build",
    ),
];

#[test]
fn ten_broken_repositories() {
    for (what, files, wanted) in BROKEN {
        let folder = tree(files).at("apps").expect("a folder");
        let error = build_with(&folder, &Options::default()).expect_err(what);
        println!("@@ {what}\n{error}");
        let _ = wanted;
    }
}

/// The same for what Flux adds: the spec, and variables.
fn flux_error(spec: serde_json::Value, files: &[(&str, &str)]) -> String {
    let run = || {
        let spec = Spec::read(&json!({ "spec": spec }))?;
        let draft = flux::build(&tree(files), &spec, &flux::Options::default())?;
        let mut variables = Variables::default();
        for reference in draft.references() {
            variables.load(reference, None)?;
        }
        draft.substitute(variables)
    };
    let error = run().expect_err("refused");
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[test]
fn what_flux_adds() {
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata:\n  host: ${host}\n";
    let files = [("apps/web.yaml", config)];
    let cases = [
        (json!({"path": "./aps"}), r#"spec.path: nothing is at "./aps" in the tree"#),
        (json!({"path": "../apps"}), r#"spec.path: path "../apps" leaves the tree"#),
        (json!({"targetNamespace": 3}), "spec.targetNamespace: 3 stands where a text is expected"),
        (
            json!({"components": ["https://example.com/c"]}),
            r#"spec.components[0]: component path "https://example.com/c" must be local and relative"#,
        ),
        (
            json!({"postBuild": {"substitute": {"hots": "a"}}}),
            r#"v1 ConfigMap web: variables could not be replaced in line 3, column 9 of its text: variable not set (strict mode): "host""#,
        ),
        (
            json!({"postBuild": {"substitute": {"my-host": "a"}}}),
            r#"spec.postBuild: "my-host" cannot be the name of a variable: it takes letters, digits and _"#,
        ),
        (
            json!({"postBuild": {"substituteFrom": [{"kind": "Secret", "name": "cluster"}]}}),
            "spec.postBuild.substituteFrom: Secret cluster: it does not exist, and is not optional",
        ),
        (
            json!({"postBuild": {"substitute": {"host": "a: b: 'c"}}}),
            "v1 ConfigMap web: variables could not be replaced in its text: with its variables replaced it is no YAML, from line 3 on",
        ),
    ];
    for (spec, wanted) in cases {
        println!("@@ {spec}\n{}", flux_error(spec.clone(), &files));
        let _ = wanted;
    }
}
