//! Where the manifests come from, and how they are built.

use std::path::Path;

use gotk_artifact::Digest;
use gotk_git::{Cache, CacheOptions, Credentials, Reference, Remote, RemoteOptions, RepositoryUrl};
use gotk_kustomize::flux::Spec;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Error;
use crate::arguments::Arguments;

/// A repository, what of it is wanted, and how that is built.
pub(crate) struct Manifests {
    /// What the set is called in the cluster.
    pub(crate) name: String,
    pub(crate) remote: Remote,
    pub(crate) reference: Reference,
    pub(crate) spec: Spec,
    pub(crate) cache: Cache,
    _folder: TempDir,
}

impl Manifests {
    /// A repository as the command line names it.
    pub(crate) fn of(repository: &RepositoryUrl, arguments: &Arguments) -> Result<Self, Error> {
        let credentials = match (&arguments.identity, &arguments.known_hosts) {
            (Some(key), Some(hosts)) => Credentials::ssh_key(read(key)?, read(hosts)?),
            _ => Credentials::anonymous(),
        };
        let variables = arguments.variables.iter().map(|(name, value)| (&**name, &**value));
        let mut spec = spec(&arguments.path, variables);
        spec["spec"]["targetNamespace"] = json!(arguments.namespace);
        // Another repository or directory is another set: it deletes nothing of this one.
        let place = Digest::sha256(format!("{repository} {}", arguments.path).as_bytes()).hex();
        let name = format!("quickstart-{}", &place[..10]);
        Self::new(&name, repository.clone(), credentials, arguments.reference(), &spec)
    }

    /// A repository, and the Flux `Kustomization` whose fields say how to build it.
    pub(crate) fn new(
        name: &str,
        repository: RepositoryUrl,
        credentials: Credentials,
        reference: Reference,
        spec: &Value,
    ) -> Result<Self, Error> {
        let options = RemoteOptions::default()
            .credentials(credentials)
            .dangerous(|dangerous| dangerous.allow_http()); // whoever wrote http:// meant it
        let remote = Remote::new(repository, options)?;
        let folder = tempfile::tempdir()?;
        let cache = Cache::open(folder.path(), CacheOptions::default())?;
        let (name, spec) = (name.to_owned(), Spec::read(spec)?);
        Ok(Self { name, remote, reference, spec, cache, _folder: folder })
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()).into())
}

/// What of a Flux `Kustomization` is needed here.
pub(crate) fn spec<'v>(
    path: &str,
    variables: impl IntoIterator<Item = (&'v str, &'v str)>,
) -> Value {
    let substitute: serde_json::Map<String, Value> =
        variables.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    json!({"spec": {"path": path, "postBuild": {"substitute": substitute}}})
}
