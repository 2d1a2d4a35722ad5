//! The manifests: a tree of files, packed as an artifact, read as objects.

use gotk_artifact::{PackOptions, Packed, Tree, TreeBuilder, UnpackOptions, pack, unpack};
use gotk_kustomize::{Missing, Template};
use serde_json::Value;

use crate::Error;

/// A packed tree, as a source would publish it.
pub(crate) struct Artifact {
    pub(crate) packed: Packed,
    archive: Vec<u8>,
}

impl Artifact {
    /// The first revision has a banner, the second has none.
    pub(crate) fn new(with_banner: bool) -> Result<Self, Error> {
        let mut files = TreeBuilder::new()
            .file("namespace.yaml", include_str!("../manifests/namespace.yaml"))?
            .file("settings.yaml", include_str!("../manifests/settings.yaml"))?
            .file("web.yaml", include_str!("../manifests/web.yaml"))?;
        if with_banner {
            files = files.file("banner.yaml", include_str!("../manifests/banner.yaml"))?;
        }
        let mut archive = Vec::new();
        let packed = pack(&files.build(), &mut archive, &PackOptions::default())?;
        Ok(Self { packed, archive })
    }

    /// What a consumer sees: the digest is checked before a byte is.
    pub(crate) fn tree(&self) -> Result<Tree, Error> {
        Ok(unpack(&self.archive[..], &self.packed.digest, &UnpackOptions::default())?)
    }
}

/// The objects of a tree, variables substituted, a namespace before what lives in it.
pub(crate) fn objects(tree: &Tree, variables: &[(&str, &str)]) -> Result<Vec<Value>, Error> {
    let mut objects = Vec::new();
    for file in tree.list("")? {
        let text = String::from_utf8(tree.read(file.name.as_bytes())?.to_vec())?;
        let variable = |name: &str| {
            variables.iter().find_map(|(known, value)| (*known == name).then_some(*value))
        };
        let text = Template::parse(&text)?.expand(variable, Missing::Refuse)?;
        for object in gotk_yaml::documents(&text) {
            let object = object.map_err(|error| format!("{}: {error}", file.name))?;
            objects.push(object);
        }
    }
    objects.sort_by_key(|object| object["kind"] != "Namespace");
    Ok(objects)
}
