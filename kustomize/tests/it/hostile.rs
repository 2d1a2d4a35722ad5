//! Input that nobody means well: it ends, in an error or in a result, and nothing panics.

use gotk_artifact::{Tree, TreeBuilder};
use gotk_kustomize::flux::{self, Spec, Substitution, Variables};
use gotk_kustomize::{Error, Limits, LoadRestrictions, Options, build_with};
use serde_json::json;

/// Pseudo-random numbers that are the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }

    pub(crate) fn pick<'t>(&mut self, words: &[&'t str]) -> &'t str {
        words[self.roll(words.len())]
    }
}

pub(crate) fn cases(usual: usize) -> usize {
    std::env::var("GOTK_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// What stands in kustomizations, patches and objects, and what is often mistaken for it.
pub(crate) const WORDS: &[&str] = &[
    "resources:",
    "components:",
    "patches:",
    "images:",
    "replacements:",
    "vars:",
    "labels:",
    "configMapGenerator:",
    "secretGenerator:",
    "transformers:",
    "generators:",
    "validators:",
    "namespace: ",
    "namePrefix: ",
    "nameSuffix: ",
    "commonLabels: ",
    "commonAnnotations: ",
    "patchesStrategicMerge:",
    "patchesJson6902:",
    "replicas:",
    "openapi:",
    "crds:",
    "configurations:",
    "sortOptions: ",
    "buildMetadata: ",
    "generatorOptions: ",
    "helmCharts:",
    "- a.yaml",
    "- .",
    "- ..",
    "- ../b",
    "- /",
    "- ''",
    "- b",
    "- https://x.y/z",
    "- |",
    "path: a.yaml",
    "path: spec/template",
    "patch: |",
    "target: ",
    "kind: Deployment",
    "kind: Component",
    "kind: List",
    "kind: ConfigMap",
    "apiVersion: v1",
    "apiVersion: apps/v1",
    "apiVersion: builtin",
    "name: web",
    "name: ''",
    "metadata: ",
    "spec: ",
    "data: ",
    "items:",
    "source: ",
    "targets:",
    "select: ",
    "fieldPaths:",
    "- spec.a.[x=y].b",
    "- metadata.name",
    "options: ",
    "delimiter: '/'",
    "index: 99",
    "create: true",
    "objref: ",
    "fieldref: ",
    "literals: ['a=b', a]",
    "files: [a.yaml, x=y=z]",
    "envs: [a.yaml]",
    "behavior: merge",
    "{op: add, path: /a/0/-, value: 1}",
    "{op: move, from: /a, path: /a/b}",
    "$patch: delete",
    "$patch: replace",
    "$(NAME)",
    "$$(",
    "${x:-${y}}",
    "&a",
    "*a",
    "<<: *a",
    "!!binary x",
    "containers:",
    "- name: web",
    "image: web:1",
    "image: ':@'",
    "count: 3",
    "pairs: {a: b}",
    "includeSelectors: true",
    "fields: [{path: a[]/b}]",
    "null",
    "~",
    "[]",
    "{}",
    "[",
    "{",
    "\"",
    "'",
    "|",
    ">",
    "---",
    "...",
    "\t",
    "\0",
    "é\u{85}\u{feff}",
    "9999999999999999999999",
    "0x1F",
];

fn text(dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..dice.roll(14) {
        let indent = 2 * dice.roll(4);
        text.push_str(&" ".repeat(indent));
        for _ in 0..=dice.roll(2) {
            text.push_str(dice.pick(WORDS));
        }
        if dice.roll(8) > 0 {
            text.push('\n');
        }
    }
    text
}

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    \
                   spec:\n      containers:\n      - name: web\n        image: web:1\n";

fn build(tree: &Tree, options: &Options) {
    if let Ok(build) = build_with(tree, options) {
        let _ = build.to_yaml();
        build.objects().for_each(drop);
    }
}

#[test]
fn no_kustomization_panics() {
    let mut dice = Dice(5);
    let options = Options::default().load_restrictions(LoadRestrictions::None);
    for _ in 0..cases(1500) {
        let mut own = text(&mut dice);
        if dice.roll(2) == 0 {
            own = format!("resources: [a.yaml]\n{own}");
        }
        let object = if dice.roll(3) == 0 { text(&mut dice) } else { WEB.to_owned() };
        let tree = TreeBuilder::new()
            .file("kustomization.yaml", own)
            .and_then(|tree| tree.file("a.yaml", object))
            .and_then(|tree| tree.file("b/kustomization.yaml", text(&mut dice)))
            .and_then(|tree| tree.file("b/a.yaml", WEB))
            .expect("new paths");
        build(&tree.build(), &options);
    }
}

/// Fields that are right, filled with what is not.
#[test]
fn no_field_panics() {
    let fields = [
        ("patches", "[{patch: ?}, {path: ?, target: {kind: ?}}]"),
        (
            "patches",
            "[{target: {name: ?, labelSelector: ?}, patch: '[{\"op\": \"replace\", \"path\": ?, \"value\": 1}]'}]",
        ),
        ("patchesStrategicMerge", "[?]"),
        ("images", "[{name: ?, newName: ?, newTag: ?, digest: ?}]"),
        (
            "replacements",
            "[{source: {kind: ?, fieldPath: ?}, targets: [{select: {kind: ?}, fieldPaths: [?], options: {delimiter: ?, index: 3, create: true}}]}]",
        ),
        (
            "vars",
            "[{name: ?, objref: {kind: ?, name: ?, apiVersion: ?}, fieldref: {fieldpath: ?}}]",
        ),
        ("labels", "[{pairs: {a: ?}, fields: [{path: ?, create: true}]}]"),
        ("replicas", "[{name: ?, count: 3}]"),
        ("configMapGenerator", "[{name: ?, literals: [?], files: [?], envs: [?], behavior: ?}]"),
        ("secretGenerator", "[{name: ?, type: ?, literals: [?]}]"),
        ("transformers", "[?]"),
        ("openapi", "{path: ?}"),
        ("crds", "[?]"),
        ("configurations", "[?]"),
        ("sortOptions", "{order: ?, legacySortOptions: {orderFirst: [?]}}"),
        ("buildMetadata", "[?, originAnnotations, transformerAnnotations]"),
    ];
    let values = [
        "a.yaml",
        "web",
        "Deployment",
        "''",
        "'('",
        "'['",
        "'a.[b=c].*'",
        "'/a/b/-'",
        "'~1~0/'",
        "'spec.template.spec.containers.[name=web].image'",
        "'a=b=c'",
        "'='",
        "'a'",
        "'*'",
        "'é'",
        "'\\u0000'",
        "b.json",
        "'{kind: X}'",
        "'- op: test'",
        "' '",
        "'.'",
        "'a//b'",
        "'[]'",
        "'metadata/name'",
        "'9999999999999999999999'",
        "'$(A)'",
        "'^$'",
        "'!a,b in (c)'",
    ];
    let mut dice = Dice(7);
    for _ in 0..cases(1500) {
        let (field, shape) = fields[dice.roll(fields.len())];
        let mut filled = String::new();
        for (index, part) in shape.split('?').enumerate() {
            if index > 0 {
                filled.push_str(dice.pick(&values));
            }
            filled.push_str(part);
        }
        let tree = TreeBuilder::new()
            .file("kustomization.yaml", format!("resources: [a.yaml]\n{field}: {filled}\n"))
            .and_then(|tree| tree.file("a.yaml", WEB))
            .and_then(|tree| {
                tree.file("b.json", "{\"definitions\": {\"a\": {\"$ref\": \"#/definitions/a\"}}}")
            })
            .expect("new paths");
        build(&tree.build(), &Options::default());
    }
}

#[test]
fn no_patch_panics() {
    let mut dice = Dice(11);
    let pieces = [
        "spec:\n",
        "  template:\n",
        "    spec:\n",
        "      containers:\n",
        "      - name: web\n",
        "      - $patch: replace\n",
        "      - {}\n",
        "      - null\n",
        "        image: x\n",
        "        ports: [{containerPort: 1}, {}, {protocol: TCP}]\n",
        "        $patch: delete\n",
        "        env: [{name: a, $patch: delete}, {name: a}, {value: b}, a]\n",
        "      - a\n",
        "  strategy: null\n",
        "  template: []\n",
        "$patch: delete\n",
        "$patch: x\n",
        "metadata: {name: web}\n",
    ];
    for _ in 0..cases(1500) {
        let lines = dice.roll(10);
        let body: String = (0..lines).map(|_| dice.pick(&pieces)).collect();
        let patch =
            format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\n{body}");
        let tree = TreeBuilder::new()
            .file("kustomization.yaml", "resources: [a.yaml]\npatches: [{path: p.yaml}]\n")
            .and_then(|tree| tree.file("a.yaml", WEB))
            .and_then(|tree| tree.file("p.yaml", patch))
            .expect("new paths");
        build(&tree.build(), &Options::default());
    }
}

#[test]
fn no_substitution_panics() {
    let mut dice = Dice(13);
    let pieces = [
        "${a}", "${b:-", "}", "$$", "\"", "'", "\n", "  ", ": ", "- ", "x", "${#a}", "{", "[",
        "# ", "é",
    ];
    let values =
        ["", "1", "yes", "a: b", "\"", "{", "- x", "---", "\u{0}", "é", "&a", "!!int", "0x"];
    for _ in 0..cases(1500) {
        let length = dice.roll(8);
        let value: String = (0..length).map(|_| dice.pick(&pieces)).collect();
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"},
                            "data": {"k": value}});
        let tree = TreeBuilder::new().file("a.yaml", object.to_string()).expect("a path").build();
        let spec = json!({"spec": {"postBuild": {"substitute": {"a": dice.pick(&values)}}}});
        let spec = Spec::read(&spec).expect("a spec");
        for substitution in [Substitution::Text, Substitution::Typed] {
            let options = flux::Options::default().substitution(substitution);
            if let Ok(draft) = flux::build(&tree, &spec, &options) {
                let _ = draft.substitute(Variables::default()).map(|build| build.to_yaml());
            }
        }
    }
}

fn refused(tree: &Tree, options: &Options) -> String {
    let error: Error = build_with(tree, options).expect_err("refused");
    error.to_string()
}

#[test]
fn folders_may_not_build_upon_each_other_without_end() {
    let mut builder = TreeBuilder::new();
    for depth in 0..100 {
        let next = format!("resources: [../d{}]\n", depth + 1);
        builder = builder.file(format!("d{depth}/kustomization.yaml"), next).expect("a new path");
    }
    let tree = builder.build().at("d0").expect("a folder");
    let words = refused(&tree, &Options::default());
    assert!(words.contains("more than 64 folders build upon each other"), "{words}");
}

#[test]
fn a_base_of_bases_of_bases_is_bounded_by_its_objects() {
    let mut builder = TreeBuilder::new().file("d0/a.yaml", WEB).expect("a new path");
    builder = builder.file("d0/kustomization.yaml", "resources: [a.yaml]\n").expect("a new path");
    for depth in 1..30 {
        // Every level has the one below it twice, under other names.
        let below = depth - 1;
        for (side, prefix) in [("l", "a-"), ("r", "b-")] {
            let text = format!("resources: [../d{below}]\nnamePrefix: {prefix}\n");
            let path = format!("d{depth}{side}/kustomization.yaml");
            builder = builder.file(path, text).expect("a new path");
        }
        let both = format!("resources: [../d{depth}l, ../d{depth}r]\n");
        builder = builder.file(format!("d{depth}/kustomization.yaml"), both).expect("a new path");
    }
    let mut limits = Limits::default();
    limits.objects = 500;
    let tree = builder.build().at("d29").expect("a folder");
    let words = refused(&tree, &Options::default().limits(limits));
    assert!(
        words.contains("more than 500 objects") || words.contains("folders build upon"),
        "{words}"
    );
}

#[test]
fn what_is_read_is_bounded() {
    let mut limits = Limits::default();
    limits.bytes = 1000;
    let tree = TreeBuilder::new()
        .file("kustomization.yaml", "configMapGenerator: [{name: a, files: [big]}]\n")
        .and_then(|tree| tree.file("big", "x".repeat(2000)))
        .expect("new paths")
        .build();
    let words = refused(&tree, &Options::default().limits(limits));
    assert!(words.contains("more than 1000 bytes are read"), "{words}");
}

#[test]
fn aliases_and_depth_are_bounded() {
    let laugh = (1..12).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| {
        let below = level - 1;
        let list = vec![format!("*a{below}"); 10].join(", ");
        format!("{text}a{level}: &a{level} [{list}]\n")
    });
    let deep = format!("a: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    for body in [laugh, deep] {
        let object = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n{body}");
        let tree = TreeBuilder::new()
            .file("kustomization.yaml", "resources: [a.yaml]\n")
            .and_then(|tree| tree.file("a.yaml", object))
            .expect("new paths")
            .build();
        assert!(build_with(&tree, &Options::default()).is_err());
    }
}
