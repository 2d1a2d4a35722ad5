//! What Flux's build adds, case by case.

use std::sync::Mutex;

use gotk_artifact::{Tree, TreeBuilder};
use gotk_kustomize::flux::{self, Decryptor, Format, Options, Spec, Substitution, Variables};
use gotk_kustomize::{BoxError, Build, Error, Missing};
use serde_json::{Value, json};

fn tree(files: &[(&str, &str)]) -> Tree {
    let add = |builder: TreeBuilder, (path, text): &(&str, &str)| {
        builder.file(path, (*text).to_owned()).expect("a new path")
    };
    files.iter().fold(TreeBuilder::new(), add).build()
}

fn config(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n")
}

fn build(files: &[(&str, &str)], spec: Value, options: &Options) -> Result<Build, Error> {
    let spec = Spec::read(&json!({ "spec": spec }))?;
    flux::build(&tree(files), &spec, options)?.substitute(Variables::default())
}

fn objects(build: &Build) -> Vec<Value> {
    build.objects().collect::<Result<_, _>>().expect("JSON")
}

fn names(build: &Build) -> Vec<String> {
    let name = |object: &Value| object["metadata"]["name"].as_str().expect("a name").to_owned();
    objects(build).iter().map(name).collect()
}

// === What is built ===

#[test]
fn a_folder_without_a_kustomization_is_built_in_the_order_of_its_paths() {
    let [a, b, c, d] = ["a", "b", "c", "d"].map(config);
    let files = [
        ("z.yaml", a.as_str()),
        ("b/two.yml", &b),
        ("b/one.yaml", &c),
        ("b/notes.txt", "kind: [no"),
        ("base/kustomization.yaml", "resources: [web.yaml]\nnamePrefix: x-\n"),
        ("base/web.yaml", &d),
        ("base/not-named.yaml", "kind: [no"),
    ];
    let build = build(&files, json!({}), &Options::default()).unwrap();
    assert_eq!(names(&build), ["c", "b", "x-d", "a"]);
    // Something new in any of these folders changes the result.
    let paths: Vec<_> = build.paths().iter().map(ToString::to_string).collect();
    assert!(paths.contains(&"b".to_owned()) && paths.contains(&"z.yaml".to_owned()), "{paths:?}");
}

#[test]
fn an_empty_folder_builds_nothing() {
    let build = build(&[("notes.txt", "")], json!({"path": "./"}), &Options::default()).unwrap();
    assert!(build.is_empty());
}

#[test]
fn a_manifest_that_cannot_be_read_fails_the_build_and_is_named() {
    let files = [("ok.yaml", ""), ("b/bad.yaml", "kind: Pod\nmetadata: {}\n")];
    let error = build(&files, json!({}), &Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "b/bad.yaml:1: a Pod has no metadata.name");
}

#[test]
fn the_spec_is_added_to_what_is_there() {
    let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: \
               {spec: {containers: [{name: web, image: web:1}, {name: log, image: log:1}]}}}\n";
    let own = "namePrefix: a-\nnameSuffix: -z\nresources: [web.yaml]\nnewField: 3\n\
               images:\n- {name: web, newName: registry/web, newTag: \"2\"}\n\
               patches:\n- patch: '[{\"op\": \"add\", \"path\": \"/spec/replicas\", \"value\": 2}]'\n  \
               target: {kind: Deployment}\n";
    let files = [
        ("app/kustomization.yaml", own),
        ("app/web.yaml", web),
        (
            "parts/team/kustomization.yaml",
            "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n\
             commonAnnotations: {team: shop}\n",
        ),
    ];
    let spec = json!({
        "path": "./app",
        "targetNamespace": "shop",
        "namePrefix": "b-",
        "components": ["../parts/team", "../parts/none"],
        "ignoreMissingComponents": true,
        "images": [{"name": "web", "digest": "sha256:ab"}, {"name": "log", "newTag": "7"}],
        "patches": [{"patch": "- op: add\n  path: /spec/replicas\n  value: 5\n",
                     "target": {"kind": "Deployment", "name": "web"}}],
    });
    let build = build(&files, spec, &Options::default()).unwrap();
    let object = &objects(&build)[0];
    assert_eq!(
        object["metadata"],
        json!({"name": "b-web-z", "namespace": "shop", "annotations": {"team": "shop"}})
    );
    assert_eq!(object["spec"]["replicas"], 5);
    let containers = &object["spec"]["template"]["spec"]["containers"];
    assert_eq!(containers[0]["image"], "registry/web@sha256:ab");
    assert_eq!(containers[1]["image"], "log:7");
}

#[test]
fn common_metadata_comes_last() {
    let spec =
        json!({"spec": {"commonMetadata": {"labels": {"a": "1"}, "annotations": {"b": "2"}}}});
    let spec = Spec::read(&spec).unwrap();
    let mut object = json!({"metadata": {"name": "x", "labels": {"a": "0", "c": "3"}}});
    spec.set_common_metadata(&mut object);
    let metadata = json!({"name": "x", "labels": {"a": "1", "c": "3"}, "annotations": {"b": "2"}});
    assert_eq!(object["metadata"], metadata);
}

#[test]
fn the_digest_is_that_of_the_printed_text() {
    let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(flux::digest(""), empty);
}

// === Variables ===

fn substituted(text: &str, variables: &[(&str, &str)], options: &Options) -> Result<Value, Error> {
    let post_build = json!({"substituteStrategy": "Always"});
    let spec = Spec::read(&json!({"spec": {"postBuild": post_build}}))?;
    let draft = flux::build(&tree(&[("a.yaml", text)]), &spec, options)?;
    let mut all = Variables::default();
    variables.iter().for_each(|(name, value)| all.set(*name, value));
    Ok(objects(&draft.substitute(all)?)[0].clone())
}

const DATA: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
  labels: {port: \"${port}\"}
data:
  plain: ${port}
  quoted: \"${port}\"
  url: http://web:${port}/
";

#[test]
fn text_takes_the_type_that_it_looks_like() {
    let object = substituted(DATA, &[("port", "0123")], &Options::default()).unwrap();
    assert_eq!(object["data"], json!({"plain": 83, "quoted": 83, "url": "http://web:0123/"}));
    let object = substituted(DATA, &[("port", "yes")], &Options::default()).unwrap();
    assert_eq!(object["data"]["quoted"], true);
}

#[test]
fn typed_strings_stay_strings() {
    let typed = Options::default().substitution(Substitution::Typed);
    for value in ["0123", "yes", "80", "null", "a: b", "{x}", "\"", "- # '"] {
        let object = substituted(DATA, &[("port", value)], &typed).unwrap();
        let url = format!("http://web:{value}/");
        assert_eq!(object["data"], json!({"plain": value, "quoted": value, "url": url}), "{value}");
        assert_eq!(object["metadata"]["labels"]["port"], value);
    }
}

#[test]
fn typed_values_that_stand_alone_are_numbers_and_booleans() {
    let typed = Options::default().substitution(Substitution::Typed);
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: \"${name}\"}\n\
                spec:\n  replicas: ${count}\n  paused: ${paused:-true}\n  text: \"${count}\"\n  \
                both: ${count}${count}\n  args:\n  - --n\n  - \"${count}\"\n  - x-${name}\n  cost: $$5\n  \
                yes: ${word}\n";
    let set = [("count", "3"), ("name", "5"), ("word", "yes")];
    let object = substituted(text, &set, &typed).unwrap();
    assert_eq!(object["metadata"]["name"], "5");
    let spec = json!({
        "replicas": 3, "paused": true, "text": "3", "both": "33", "args": ["--n", "3", "x-5"],
        "cost": "$5", "yes": "yes",
    });
    assert_eq!(object["spec"], spec);
}

#[test]
fn an_error_names_variable_object_and_place() {
    let chain = |options: &Options| {
        let error = substituted(DATA, &[], options).unwrap_err();
        let source = std::error::Error::source(&error).expect("a cause").to_string();
        (error.to_string(), source)
    };
    let unset = "variable not set (strict mode): \"port\"".to_owned();
    let place =
        "v1 ConfigMap web: variables could not be replaced in line 3, column 10 of its text";
    assert_eq!(chain(&Options::default()), (place.to_owned(), unset.clone()));
    let place =
        "v1 ConfigMap web: variables could not be replaced in metadata.labels.port (a.yaml:5)";
    let typed = Options::default().substitution(Substitution::Typed);
    assert_eq!(chain(&typed), (place.to_owned(), unset));
    let lenient = Options::default().missing(Missing::Empty);
    assert_eq!(substituted(DATA, &[], &lenient).unwrap()["data"]["plain"], Value::Null);
}

#[test]
fn objects_opt_out() {
    for opt in ["labels", "annotations"] {
        let text = DATA.replace(
            "labels: {port: \"${port}\"}",
            &format!("{opt}: {{kustomize.toolkit.fluxcd.io/substitute: disabled}}"),
        );
        for substitution in [Substitution::Text, Substitution::Typed] {
            let options = Options::default().substitution(substitution);
            let object = substituted(&text, &[("port", "1")], &options).unwrap();
            assert_eq!(object["data"]["plain"], "${port}");
        }
    }
}

#[test]
fn without_variables_nothing_is_replaced() {
    let text = format!("{}data: {{price: $$5}}\n", config("web"));
    let files = [("a.yaml", text.as_str())];
    for (spec, price) in [
        (json!({}), "$$5"),
        (json!({"postBuild": {}}), "$$5"),
        (json!({"postBuild": {"substituteStrategy": "Always"}}), "$5"),
        (json!({"postBuild": {"substitute": {"a": "b"}}}), "$5"),
    ] {
        let build = build(&files, spec.clone(), &Options::default()).unwrap();
        assert_eq!(objects(&build)[0]["data"]["price"], price, "{spec}");
    }
}

#[test]
fn later_sources_override_earlier_ones_and_the_spec_all_of_them() {
    let text = format!("{}data: {{all: \"${{a}} ${{b}} ${{c}}\"}}\n", config("web"));
    let spec = Spec::read(&json!({"spec": {"postBuild": {
        "substitute": {"c": "spec"},
        "substituteFrom": [
            {"kind": "ConfigMap", "name": "one"},
            {"kind": "Secret", "name": "two"},
            {"kind": "Secret", "name": "none", "optional": true},
        ],
    }}}))
    .unwrap();
    let draft = flux::build(&tree(&[("a.yaml", &text)]), &spec, &Options::default()).unwrap();
    let one = json!({"data": {"a": "o\nne", "b": "one", "c": "one"}});
    let two = json!({"data": {"b": "dHdv", "c": "dHdv"}});
    let mut variables = Variables::default();
    for (reference, object) in draft.references().iter().zip([Some(&one), Some(&two), None]) {
        variables.load(reference, object).unwrap();
    }
    assert_eq!(format!("{variables:?}"), r#"{"a", "b", "c"}"#, "values are not shown");
    let build = draft.substitute(variables).unwrap();
    assert_eq!(objects(&build)[0]["data"]["all"], "one two spec");
}

#[test]
fn nobody_asks_for_variables_that_no_object_wants() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n    \
                kustomize.toolkit.fluxcd.io/substitute: disabled\n";
    let from = json!([{"kind": "ConfigMap", "name": "gone"}]);
    let spec = Spec::read(&json!({"spec": {"postBuild": {"substituteFrom": from}}})).unwrap();
    let draft = flux::build(&tree(&[("a.yaml", text)]), &spec, &Options::default()).unwrap();
    assert_eq!(draft.references(), []);
}

#[test]
fn variables_may_not_make_one_object_of_two() {
    let text = format!("{}---\n{}", config("${x}"), config("b"));
    let files = [("a.yaml", text.as_str())];
    let spec = json!({"postBuild": {"substitute": {"x": "b"}}});
    let error = build(&files, spec, &Options::default()).unwrap_err().to_string();
    let wanted = "v1 ConfigMap ${x}: another object is called what its variables make of this one";
    assert_eq!(error, wanted);
}

// === Decryption ===

/// Turns what begins with `enc:` around.
#[derive(Default)]
struct Mirror {
    asked: Mutex<Vec<String>>,
}

fn mirrored(text: &str) -> Option<String> {
    text.trim_end().strip_prefix("enc:").map(|text| text.chars().rev().collect())
}

impl Decryptor for &'static Mirror {
    fn file(&self, path: &str, format: Format, bytes: &[u8]) -> Result<Option<Vec<u8>>, BoxError> {
        self.asked.lock().expect("unspoilt").push(format!("{path} {format:?}"));
        let text = String::from_utf8_lossy(bytes);
        if text.starts_with("enc:?") {
            return Err("no key fits".into());
        }
        Ok(mirrored(&text).map(String::into_bytes))
    }

    fn object(&self, object: &Value) -> Result<Option<Value>, BoxError> {
        let Some(plain) = object["data"]["secret"].as_str().and_then(mirrored) else {
            return Ok(None);
        };
        let mut object = object.clone();
        object["data"]["secret"] = plain.into();
        Ok(Some(object))
    }
}

fn mirror() -> &'static Mirror {
    Box::leak(Box::default())
}

#[test]
fn files_are_decrypted_before_the_build_and_objects_behind_it() {
    let files = [
        (
            "app/kustomization.yaml",
            "resources: [../base, a.yaml]\nsecretGenerator:\n- name: s\n  \
             files: [key.txt, .dockerconfigjson=docker.txt]\n  envs: [s.env]\n\
             generatorOptions: {disableNameSuffixHash: true}\npatches: [{path: p.yaml}]\n",
        ),
        ("app/key.txt", "enc:yek"),
        ("app/docker.txt", "enc:}{"),
        ("app/s.env", "enc:1=A"),
        ("app/p.yaml", "enc:}c :b{ :atad\n}a :eman{ :atadatem\npaMgifnoC :dnik\n1v :noisreVipa"),
        (
            "app/a.yaml",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {secret: 'enc:ba'}}",
        ),
        (
            "base/kustomization.yaml",
            "resources: [b.yaml]\nsecretGenerator: [{name: t, files: [k]}]\n",
        ),
        (
            "base/b.yaml",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: b, annotations: \
                         {kustomize.toolkit.fluxcd.io/decrypt: Disabled}}, data: {secret: 'enc:ba'}}",
        ),
        ("base/k", "plain"),
    ];
    let mirror = mirror();
    let options = Options::default().decryptor(mirror);
    let build = build(&files, json!({"path": "app"}), &options).unwrap();
    let all = objects(&build);
    let find = |name: &str| all.iter().find(|object| object["metadata"]["name"] == name).unwrap();
    assert_eq!(find("a")["data"], json!({"secret": "ab", "b": "c"}));
    assert_eq!(find("b")["data"]["secret"], "enc:ba", "it opts out");
    let made = json!({"key.txt": "a2V5", ".dockerconfigjson": "e30=", "A": "MQ=="});
    assert_eq!(find("s")["data"], made);
    let mut asked = mirror.asked.lock().unwrap().clone();
    asked.sort();
    let wanted = [
        "app/docker.txt Json",
        "app/key.txt Binary",
        "app/p.yaml Yaml",
        "app/s.env Dotenv",
        "base/k Binary",
    ];
    assert_eq!(asked, wanted);
}

#[test]
fn what_cannot_be_decrypted_is_named() {
    let files =
        [("kustomization.yaml", "secretGenerator: [{name: s, files: [key]}]\n"), ("key", "enc:?")];
    let options = Options::default().decryptor(mirror());
    let error = build(&files, json!({}), &options).unwrap_err();
    assert_eq!(error.to_string(), "key: it could not be decrypted: no key fits");
}
