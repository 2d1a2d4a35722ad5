//! Builds as Flux's kustomize-controller does it: a kustomization is made where there is none, the
//! spec of the Flux `Kustomization` is added, the result is decrypted and its variables are replaced.
//!
//! ```
//! use gotk_artifact::TreeBuilder;
//! use gotk_kustomize::flux::{self, Spec, Variables};
//! use serde_json::json;
//!
//! let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {host: \"${host}\"}\n";
//! let tree = TreeBuilder::new().file("apps/web.yaml", text)?.build();
//! let spec = Spec::read(&json!({"spec": {
//!     "path": "./apps",
//!     "targetNamespace": "shop",
//!     "postBuild": {"substituteFrom": [{"kind": "ConfigMap", "name": "cluster"}]},
//! }}))?;
//!
//! let draft = flux::build(&tree, &spec, &flux::Options::default())?;
//! let mut variables = Variables::default();
//! for reference in draft.references() {
//!     // A controller asks its cluster.
//!     let found = json!({"kind": "ConfigMap", "data": {"host": "shop.example.com"}});
//!     variables.load(reference, Some(&found))?;
//! }
//! let build = draft.substitute(variables)?;
//!
//! let object = build.objects().next().expect("an object")?;
//! assert_eq!(object["metadata"]["namespace"], "shop");
//! assert_eq!(object["data"]["host"], "shop.example.com");
//! assert!(flux::digest(&build.to_yaml()?).starts_with("sha256:"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nothing is written: neither the generated kustomization nor decrypted files leave memory, and
//! builds of one tree may run side by side.

mod decrypt;
mod generate;
mod metadata;
mod spec;
mod substitute;
mod typed;
mod variables;

use std::fmt;
use std::sync::Arc;

use gotk_artifact::Tree;
use sha2::Digest;

pub use self::decrypt::{Decryptor, Format};
pub use self::spec::{Reference, Spec};
pub use self::substitute::Draft;
pub use self::variables::Variables;
use crate::options::LoadRestrictions;
use crate::{Error, Missing};

/// How to build for Flux.
#[derive(Clone)]
#[must_use]
pub struct Options {
    build: crate::Options,
    missing: Missing,
    substitution: Substitution,
    decryptor: Option<Arc<dyn Decryptor>>,
}

/// What variables are replaced in.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Substitution {
    /// The printed text of every object, which is read again: what Flux does.
    ///
    /// `"${port}"` becomes a number if the variable looks like one, `yes` becomes `true`, and a
    /// variable may hold YAML.
    #[default]
    Text,
    /// The values of every object. What is a string stays one.
    ///
    /// A plain `replicas: ${count}` becomes the number or boolean that the variable is in JSON. All
    /// that stands in quotes, in metadata, or in the data of a `ConfigMap` or `Secret` is a string,
    /// and so is every text in which the expression is not alone. Keys are left as they are.
    Typed,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            build: crate::Options::default(),
            missing: Missing::Refuse,
            substitution: Substitution::default(),
            decryptor: None,
        }
    }
}

impl Options {
    /// With limits, cache, fetcher and charts of a build; restrictions and schemas are Flux's.
    pub fn new(build: crate::Options) -> Self {
        Self { build, ..Self::default() }
    }

    /// What a variable that is not set stands for. Refusing it is the default, as in Flux.
    pub fn missing(mut self, missing: Missing) -> Self {
        self.missing = missing;
        self
    }

    /// What variables are replaced in.
    pub fn substitution(mut self, substitution: Substitution) -> Self {
        self.substitution = substitution;
        self
    }

    /// Who decrypts; without, what is encrypted stays as it is.
    pub fn decryptor(mut self, decryptor: impl Decryptor + 'static) -> Self {
        self.decryptor = Some(Arc::new(decryptor));
        self
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("build", &self.build)
            .field("missing", &self.missing)
            .field("substitution", &self.substitution)
            .field("decryptor", &self.decryptor.is_some())
            .finish()
    }
}

/// Builds what a spec names in an artifact's tree, up to the variables.
///
/// # Errors
///
/// [`Error::Build`] with the place of what is wrong: in the tree, or in the spec.
pub fn build(tree: &Tree, spec: &Spec, options: &Options) -> Result<Draft, Error> {
    let folder = generate::folder(tree, spec)?;
    let root = generate::kustomization(&folder, spec)?;
    let folder = match &options.decryptor {
        Some(decryptor) => decrypt::files(&folder, &root.says, &**decryptor)?,
        None => folder,
    };
    let build = options.build.clone().load_restrictions(LoadRestrictions::None).openapi_adds(true);
    let mut built = crate::build::build_as(&folder, root.says, root.file, &build)?;
    built.depends_on(root.paths);
    if let Some(decryptor) = &options.decryptor {
        decrypt::objects(&mut built, &**decryptor)?;
    }
    Ok(Draft::new(built, spec.post_build.clone(), options.missing, options.substitution))
}

/// The digest of a result that Flux notes in the history of a `Kustomization`.
pub fn digest(text: &str) -> String {
    let digest = sha2::Sha256::digest(text.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
