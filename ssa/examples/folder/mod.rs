//! Reads the manifests of a folder.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use gotk_ssa::manifests;
use serde_json::Value;

/// Every object in every `.yaml`, `.yml` and `.json` file, folders within it included.
pub(crate) fn read(folder: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, std::io::Error>>()?;
    entries.sort();
    let mut objects = Vec::new();
    for path in entries {
        if path.is_dir() {
            objects.extend(read(&path)?);
        } else if ["yaml", "yml", "json"].iter().any(|it| path.extension() == Some(it.as_ref())) {
            let read = manifests::read(&std::fs::read_to_string(&path)?);
            objects.extend(read.map_err(|source| NotRead { path, source })?);
        }
    }
    Ok(objects)
}

/// A file that is no manifest. The cause has the line.
#[derive(Debug)]
struct NotRead {
    path: PathBuf,
    source: gotk_ssa::Error,
}

impl fmt::Display for NotRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())
    }
}

impl Error for NotRead {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
