//! Reads the manifests of a folder.

use std::error::Error;
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
            objects.extend(read.map_err(|error| format!("{}: {error}", path.display()))?);
        }
    }
    Ok(objects)
}
