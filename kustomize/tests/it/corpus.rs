//! Builds against what kustomize 5.8.1 and Flux's `pkg/kustomize` answered.

use std::fs;
use std::path::{Path, PathBuf};

use gotk_artifact::{Tree, TreeBuilder};
use gotk_corpus::{Tally, find, read};
use gotk_kustomize::flux::{self, Spec, Variables};
use gotk_kustomize::{BoxError, LoadRestrictions, Missing, Options, Order, build_with};
use serde_json::Value;

type Outcome = Result<String, BoxError>;

/// A case: its folder, and what is said about it.
struct Case {
    name: String,
    folder: PathBuf,
    about: Value,
}

impl Case {
    fn json(&self, file: &str) -> Option<Value> {
        let path = self.folder.join(file);
        path.exists().then(|| serde_json::from_str(&read(&path)).expect("JSON"))
    }

    fn text(&self, field: &str) -> &str {
        self.about[field].as_str().unwrap_or_default()
    }

    /// What was printed, or `None` if it failed.
    fn expected(&self) -> Option<String> {
        let failed = match self.about.get("outcome") {
            Some(outcome) => outcome != "yaml",
            None => self.about["err"] == true,
        };
        // kustomize's own tests are literals that begin on a line of their own.
        let text = || read(&self.folder.join("expected.yaml"));
        (!failed).then(|| text().trim_start_matches('\n').to_owned())
    }

    /// The input, with the links that the file system of the corpus could not keep.
    fn tree(&self) -> Tree {
        let links = &self.about["symlinks"];
        let mut builder = TreeBuilder::new();
        let root = self.folder.join("in");
        let mut open = vec![root.clone()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("entry"))
            {
                let path = entry.path();
                let name = bytes(path.strip_prefix(&root).expect("below the root"));
                let target = str::from_utf8(&name).ok().and_then(|name| links[name].as_str());
                builder = match target {
                    Some(target) => builder.link(name, target),
                    None if path.is_dir() => {
                        open.push(path);
                        builder.directory(name)
                    }
                    None => builder.file(name, fs::read(&path).expect("a file")),
                }
                .expect("a new path");
            }
        }
        builder.build()
    }

    fn compare(&self, tally: &mut Tally, ours: Outcome) {
        match (self.expected(), ours) {
            (Some(theirs), Ok(ours)) => tally.case(&self.name, same(&ours, &theirs)),
            (Some(_), Err(error)) => tally.case(&self.name, Err(chain(&*error))),
            (None, Ok(ours)) => {
                tally.case(&self.name, Err(format!("not refused:\n{ours}")));
            }
            (None, Err(error)) => {
                let words = chain(&*error);
                let is_message = !words.is_empty() && !words.contains("panic");
                tally.case(&self.name, is_message.then_some(()).ok_or(words));
            }
        }
    }
}

/// Where two texts begin to differ.
fn same(ours: &str, theirs: &str) -> Result<(), String> {
    if ours == theirs {
        return Ok(());
    }
    let differs = |(ours, theirs): &(&str, &str)| ours != theirs;
    let line = ours.lines().zip(theirs.lines()).take_while(|pair| !differs(pair)).count();
    let shown = |text: &str| -> String {
        text.lines().skip(line.saturating_sub(4)).take(12).collect::<Vec<_>>().join("\n")
    };
    let line = line + 1;
    Err(format!("from line {line}\n--- ours\n{}\n--- recorded\n{}", shown(ours), shown(theirs)))
}

fn bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// All cases below a folder, in the order of their names.
fn cases(set: &str) -> Vec<Case> {
    let Some(root) = find(set) else { return Vec::new() };
    let mut cases = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        let about = folder.join("case.json");
        if about.exists() {
            let name = folder.strip_prefix(&root).expect("below").display().to_string();
            let about = serde_json::from_str(&read(&about)).expect("JSON");
            cases.push(Case { name, folder, about });
            continue;
        }
        let entries = fs::read_dir(&folder).expect("a folder");
        open.extend(entries.map(|entry| entry.expect("entry").path()).filter(|path| path.is_dir()));
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

fn options(case: &Case) -> Options {
    let flags = case.about["flags"].as_array().cloned().unwrap_or_default();
    let has = |flag: &str| flags.iter().any(|known| known == flag);
    let mut options = Options::default().managed_by("kustomize-(devel)");
    if has("-load-none") {
        options = options.load_restrictions(LoadRestrictions::None);
    }
    if has("-legacy") {
        options = options.order(Order::Legacy);
    }
    options
}

fn built(case: &Case, tree: &Tree) -> Outcome {
    let folder = tree.at(case.text("dir").trim_start_matches('/'))?;
    Ok(build_with(&folder, &options(case))?.to_yaml()?)
}

/// Cases that need a program, which we refuse by design.
const RUN_A_PROGRAM: &[&str] = &["transformerplugin/TestSedTransformer"];

fn run(set: &'static str, tree: impl Fn(&Case) -> Tree) {
    let cases = cases(set);
    if cases.is_empty() {
        return;
    }
    let mut tally = Tally::new(set);
    for case in &cases {
        let built = built(case, &tree(case));
        if RUN_A_PROGRAM.contains(&case.name.as_str()) {
            let words = built.map_or_else(|error| error.to_string(), |_| "built".to_owned());
            let is_clear = words.contains("no program is run in a build");
            tally.case(&case.name, is_clear.then_some(()).ok_or(words));
        } else {
            case.compare(&mut tally, built);
        }
    }
    tally.finish();
}

#[test]
fn krusty() {
    // There they are built in `/`, above which `..` is `/` again; a tree has nothing above it.
    run("kustomize/krusty", |case| {
        let tree = case.tree();
        tree.overlay("twin", &tree).and_then(|tree| tree.at("twin")).expect("a folder")
    });
}

#[test]
fn own() {
    run("kustomize/own", Case::tree);
}

/// From disk, where names, links and folders are the file system's.
#[test]
fn real() {
    run("kustomize/real", |case| Tree::directory(case.folder.join("in")).expect("a folder"));
}

fn flux_built(case: &Case) -> Result<(String, Vec<Value>), BoxError> {
    let tree = TreeBuilder::new().build().overlay("", &case.tree().at(case.text("root"))?)?;
    let mut kustomization = case.json("kustomization.json").expect("a kustomization");
    kustomization["spec"]["path"] = case.text("path").into();
    let spec = Spec::read(&kustomization)?;
    let strict = case.about["strict"] == true;
    let missing = if strict { Missing::Refuse } else { Missing::Empty };
    let flux_options = flux::Options::new(Options::default().managed_by("kustomize-(devel)"));
    let draft = flux::build(&tree, &spec, &flux_options.missing(missing))?;
    let objects = case.json("objects.json").unwrap_or_default();
    let objects = objects.as_array().cloned().unwrap_or_default();
    let mut variables = Variables::default();
    for reference in draft.references() {
        let namespace = &kustomization["metadata"]["namespace"];
        let object = objects.iter().find(|object| {
            object["kind"] == reference.kind.as_str()
                && object["metadata"]["name"] == reference.name.as_str()
                && object["metadata"]["namespace"] == *namespace
        });
        variables.load(reference, object)?;
    }
    let build = draft.substitute(variables)?;
    let mut values = build.objects().collect::<Result<Vec<_>, _>>()?;
    values.iter_mut().for_each(|object| spec.set_common_metadata(object));
    Ok((build.to_yaml()?, values))
}

#[test]
fn flux() {
    let cases = cases("kustomize/flux");
    if cases.is_empty() {
        return;
    }
    let mut tally = Tally::new("kustomize/flux");
    for case in &cases {
        let built = flux_built(case);
        let with_metadata = case.folder.join("expected-with-common-metadata.yaml");
        if let (true, Ok((_, values))) = (with_metadata.exists(), &built) {
            let ours: Result<Vec<_>, _> = values.iter().map(gotk_yaml::to_string).collect();
            let ours = ours.expect("YAML").join("---\n");
            let name = format!("{} with common metadata", case.name);
            tally.case(&name, same(&ours, &read(&with_metadata)));
        }
        case.compare(&mut tally, built.map(|(text, _)| text));
    }
    tally.finish();
}
