//! Where what is encrypted becomes readable: files before the build, objects behind it.

use std::collections::BTreeSet;

use gotk_artifact::{Tree, TreeBuilder, TreePath};
use serde_json::Value;

use super::generate;
use crate::Error;
use crate::build::Build;
use crate::fault::Fault;
use crate::kustomization::{FILE_NAMES, Kustomization};
use crate::node::Node;
use crate::options::BoxError;

/// Decrypts what a repository holds encrypted; SOPS is one.
///
/// A decryptor is asked about everything and says `None` about what is not encrypted. Errors
/// should name the key that is missing, never what was found.
pub trait Decryptor: Send + Sync {
    /// The plain text of a file that a Secret is made of, or of a patch.
    ///
    /// # Errors
    ///
    /// When it is encrypted and cannot be decrypted.
    fn file(&self, path: &str, format: Format, bytes: &[u8]) -> Result<Option<Vec<u8>>, BoxError>;

    /// The plain form of an object of the result.
    ///
    /// # Errors
    ///
    /// When it is encrypted and cannot be decrypted.
    fn object(&self, object: &Value) -> Result<Option<Value>, BoxError>;
}

/// How a file is written, by its name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Format {
    /// `.yaml`, `.yml`
    Yaml,
    /// `.json`, and what becomes a `.dockerconfigjson`
    Json,
    /// `.ini`
    Ini,
    /// `.env`, and what `envs` names
    Dotenv,
    /// Everything else.
    Binary,
}

impl Format {
    /// The format of a file of this name.
    pub fn of(path: &str) -> Self {
        match path.rsplit_once('.').map(|(_, extension)| extension) {
            Some("yaml" | "yml") => Self::Yaml,
            Some("json") => Self::Json,
            Some("ini") => Self::Ini,
            Some("env") => Self::Dotenv,
            _ => Self::Binary,
        }
    }
}

/// What a label or annotation says about objects that are to be left as they are.
const OPT_OUT: &str = "kustomize.toolkit.fluxcd.io/decrypt";

/// The tree with the files decrypted that a build makes Secrets or patches of.
pub(super) fn files(
    folder: &Tree,
    root: &Kustomization,
    decryptor: &dyn Decryptor,
) -> Result<Tree, Error> {
    let mut search =
        Search { folder, decryptor, seen: BTreeSet::new(), done: BTreeSet::new(), plain: None };
    let here = folder.position().clone();
    search.seen.insert(here.clone());
    search.kustomization(&here, root, 0).map_err(Error::Build)?;
    match search.plain {
        None => Ok(folder.clone()),
        Some(plain) => {
            let all = folder.at("/").and_then(|tree| tree.overlay("", &plain.build()));
            let at = all.and_then(|tree| tree.at([b"/", here.as_bytes()].concat()));
            at.map_err(|error| Error::Build(Fault::new(error.to_string())))
        }
    }
}

struct Search<'t> {
    folder: &'t Tree,
    decryptor: &'t dyn Decryptor,
    seen: BTreeSet<TreePath>,
    done: BTreeSet<TreePath>,
    plain: Option<TreeBuilder>,
}

/// As deep as folders may build upon each other.
const MAX_DEPTH: usize = 64;

impl Search<'_> {
    fn kustomization(
        &mut self,
        here: &TreePath,
        kustomization: &Kustomization,
        depth: usize,
    ) -> Result<(), Box<Fault>> {
        for args in &kustomization.secret_generator {
            for source in &args.sources.files {
                let (key, path) = source.split_once('=').unwrap_or((source, source));
                let format = match key {
                    ".dockerconfigjson" => Format::Json,
                    _ => Format::of(path),
                };
                self.file(here, path, format)?;
            }
            let envs = args.sources.envs.iter().chain(Some(&args.sources.env));
            for path in envs.filter(|path| !path.is_empty()) {
                let format = match Format::of(path) {
                    Format::Binary => Format::Dotenv,
                    other => other,
                };
                self.file(here, path, format)?;
            }
        }
        for patch in kustomization.patches.iter().filter(|patch| !patch.path.is_empty()) {
            self.file(here, &patch.path, Format::of(&patch.path))?;
        }
        let folders = kustomization.resources.iter().chain(&kustomization.components);
        for path in folders {
            self.below(here, path, depth + 1)?;
        }
        Ok(())
    }

    /// Another folder, if it is one; what is wrong with it, the build will say.
    fn below(&mut self, here: &TreePath, path: &str, depth: usize) -> Result<(), Box<Fault>> {
        let Ok(folder) = self.at(here).and_then(|here| here.at(path)) else { return Ok(()) };
        let position = folder.position().clone();
        if depth > MAX_DEPTH || !self.seen.insert(position.clone()) {
            return Ok(());
        }
        for name in FILE_NAMES {
            if let Ok((kustomization, _)) = generate::read(&folder, name) {
                return self.kustomization(&position, &kustomization, depth);
            }
        }
        Ok(())
    }

    fn at(&self, path: &TreePath) -> Result<Tree, gotk_artifact::Error> {
        self.folder.at([b"/", path.as_bytes()].concat())
    }

    fn file(&mut self, here: &TreePath, path: &str, format: Format) -> Result<(), Box<Fault>> {
        let Ok(folder) = self.at(here) else { return Ok(()) };
        let Ok(target) = folder.resolve(path) else { return Ok(()) };
        if !self.done.insert(target.clone()) {
            return Ok(());
        }
        let Ok(bytes) = folder.read(path) else { return Ok(()) };
        let failed = |what: String| Fault::new(what).in_file(&target);
        let plain = self
            .decryptor
            .file(&target.to_string(), format, &bytes)
            .map_err(|error| failed(format!("it could not be decrypted: {error}")))?;
        if let Some(plain) = plain {
            let builder = self.plain.take().unwrap_or_default();
            let builder = builder.file(target.as_bytes(), plain);
            self.plain = Some(builder.map_err(|error| failed(error.to_string()))?);
        }
        Ok(())
    }
}

/// Decrypts the objects of a result.
pub(super) fn objects(build: &mut Build, decryptor: &dyn Decryptor) -> Result<(), Error> {
    for resource in build.resources_mut() {
        if super::substitute::says(&resource.node, OPT_OUT, |word| {
            word.eq_ignore_ascii_case("disabled")
        }) {
            continue;
        }
        let name = super::substitute::name(resource);
        let fault = |what: String| Error::Build(Fault::new(what).about(&name));
        let value = resource.node.to_value().map_err(fault)?;
        let plain = decryptor
            .object(&value)
            .map_err(|error| fault(format!("it could not be decrypted: {error}")))?;
        if let Some(plain) = plain {
            resource.node = Node::from_value(&plain);
        }
    }
    Ok(())
}
