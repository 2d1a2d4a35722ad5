//! The kustomization of a folder: its own or one made for it, with what the spec adds.

use gotk_artifact::{Kind, Tree, TreePath};

use super::spec::Spec;
use crate::Error;
use crate::fault::Fault;
use crate::kustomization::{FILE_NAMES, Kustomization};

/// The folder that a spec names.
pub(super) fn folder(tree: &Tree, spec: &Spec) -> Result<Tree, Error> {
    let found = tree.at(&spec.path);
    found.map_err(|error| fault(Fault::new(error.to_string()).at("spec.path")))
}

/// The kustomization of a folder.
pub(super) struct Root {
    pub(super) says: Kustomization,
    /// The name and text of its file, if there is one.
    pub(super) file: Option<(&'static str, Vec<u8>)>,
    /// What it was made from.
    pub(super) paths: Vec<TreePath>,
}

/// Finds or makes the kustomization of a folder, and adds what the spec says.
pub(super) fn kustomization(folder: &Tree, spec: &Spec) -> Result<Root, Error> {
    let files: Vec<&'static str> =
        FILE_NAMES.into_iter().filter(|name| is_file(folder, name)).collect();
    let mut root = match files.as_slice() {
        [] => generated(folder)?,
        [file] => own(folder, file)?,
        several => {
            let what = format!("there are several kustomization files: {}", several.join(", "));
            return Err(fault(Fault::new(what)));
        }
    };
    let looked_for = FILE_NAMES.iter().map(|name| folder.position().join(name));
    root.paths.extend(looked_for.flatten());
    overlay(&mut root.says, folder, spec).map_err(fault)?;
    Ok(root)
}

fn fault(fault: Box<Fault>) -> Error {
    Error::Build(fault)
}

fn is_file(folder: &Tree, name: &str) -> bool {
    folder.metadata(name).is_ok_and(|metadata| metadata.kind == Kind::File)
}

/// A kustomization as Flux reads it, and its text.
pub(super) fn read(folder: &Tree, file: &str) -> Result<(Kustomization, Vec<u8>), Error> {
    let read = || {
        let text = folder.read(file).map_err(|error| Fault::new(error.to_string()))?;
        let says = Kustomization::read_leniently(&text).map_err(|problem| problem.fault())?;
        Ok((says, text.to_vec()))
    };
    read().map_err(|problem: Box<Fault>| fault(problem.in_file(path_of(folder, file))))
}

fn own(folder: &Tree, file: &'static str) -> Result<Root, Error> {
    let (mut says, text) = read(folder, file)?;
    if says.resources.is_empty() {
        // As in the original, so that it is not taken for empty.
        says.build_metadata = vec!["originAnnotations".to_owned()];
    }
    Ok(Root { says, file: Some((file, text)), paths: Vec::new() })
}

/// A kustomization of all that lies in a folder.
fn generated(folder: &Tree) -> Result<Root, Error> {
    if folder.metadata(FILE_NAMES[0]).is_ok() {
        let what = format!("{} is no file", FILE_NAMES[0]);
        return Err(fault(Fault::new(what).in_file(path_of(folder, FILE_NAMES[0]))));
    }
    let mut paths = vec![folder.position().clone()];
    let resources = scan(folder, &mut paths).map_err(fault)?;
    let mut says = Kustomization::default();
    if resources.is_empty() {
        // As in the original, so that it is not taken for empty.
        "_placeholder".clone_into(&mut says.namespace);
    }
    says.resources = resources;
    Ok(Root { says, file: None, paths })
}

/// The manifests below a folder; a folder with a kustomization of its own stands for its contents.
fn scan(folder: &Tree, paths: &mut Vec<TreePath>) -> Result<Vec<String>, Box<Fault>> {
    let mut found = Vec::new();
    let mut walk = folder.walk();
    while let Some(walked) = walk.next() {
        let walked = walked.map_err(|error| Fault::new(error.to_string()))?;
        if walked.path.is_root() {
            continue;
        }
        let Some(path) = walked.path.as_str() else { continue };
        if walked.kind == Kind::Directory {
            paths.extend(folder.position().join(path));
            if FILE_NAMES.iter().any(|name| is_file(folder, &format!("{path}/{name}"))) {
                found.push(format!("./{path}"));
                walk.skip_folder();
            }
        } else if path.ends_with(".yaml") || path.ends_with(".yml") {
            check(folder, path).map_err(|fault| fault.in_file(path_of(folder, path)))?;
            found.push(format!("./{path}"));
        }
    }
    Ok(found)
}

/// Whether a file holds objects, which Flux wants to know before it builds.
fn check(folder: &Tree, path: &str) -> Result<(), Box<Fault>> {
    let bytes = folder.read(path).map_err(|error| Fault::new(error.to_string()))?;
    crate::load::parse(&bytes).map(drop)
}

fn path_of(folder: &Tree, path: &str) -> String {
    folder.position().join(path).map_or_else(|_| path.to_owned(), |path| path.to_string())
}

/// Adds what the spec says.
fn overlay(
    kustomization: &mut Kustomization,
    folder: &Tree,
    spec: &Spec,
) -> Result<(), Box<Fault>> {
    for (said, field) in [
        (&spec.target_namespace, &mut kustomization.namespace),
        (&spec.name_prefix, &mut kustomization.name_prefix),
        (&spec.name_suffix, &mut kustomization.name_suffix),
    ] {
        if let Some(said) = said {
            field.clone_from(said);
        }
    }
    kustomization.patches.extend(spec.patches.iter().cloned());
    for (index, component) in spec.components.iter().enumerate() {
        if !is_local(component) {
            let what = format!("component path {component:?} must be local and relative");
            return Err(Fault::new(what).at(format!("spec.components[{index}]")));
        }
        if !spec.ignore_missing_components || folder.metadata(component).is_ok() {
            kustomization.components.push(component.clone());
        }
    }
    let strategic = &mut kustomization.patches_strategic_merge;
    strategic.extend(spec.patches_strategic_merge.iter().cloned());
    kustomization.patches_json6902.extend(spec.patches_json6902.iter().cloned());
    images(kustomization, spec);
    if !spec.build_metadata.is_empty() {
        kustomization.build_metadata.clone_from(&spec.build_metadata);
    }
    Ok(())
}

/// Names are overridden one by one, tag and digest together.
fn images(kustomization: &mut Kustomization, spec: &Spec) {
    for said in &spec.images {
        let known = kustomization.images.iter_mut().find(|image| image.name == said.name);
        let Some(image) = known else {
            let mut image = said.clone();
            image.tag_suffix.clear();
            kustomization.images.push(image);
            continue;
        };
        if !said.new_name.is_empty() {
            image.new_name.clone_from(&said.new_name);
        }
        if !said.new_tag.is_empty() || !said.digest.is_empty() {
            image.new_tag.clone_from(&said.new_tag);
            image.digest.clone_from(&said.digest);
        }
    }
}

fn is_local(path: &str) -> bool {
    const REMOTE: [&str; 8] =
        ["git::", "gh:", "ssh://", "https://", "http://", "git@", "github.com:", "github.com/"];
    let lower = path.to_lowercase();
    let is_remote = |prefix: &&str| prefix.len() < path.len() && lower.starts_with(*prefix);
    !REMOTE.iter().any(is_remote)
        && !lower.strip_prefix("file://").unwrap_or(&lower).starts_with('/')
}
