//! Every row there is, one file per room.

mod artifact;
pub(crate) mod expr;
mod git;
mod kstatus;
pub(crate) mod kustomize;
pub(crate) mod merge;
pub(crate) mod yaml;

use crate::Error;
use crate::row::Row;

/// All rows, in the order they are reported.
pub(crate) fn all() -> Vec<Row> {
    [artifact::ROWS, expr::ROWS, git::ROWS, kstatus::ROWS, kustomize::ROWS, merge::ROWS, yaml::ROWS]
        .concat()
}

/// The rows with these names or in these rooms.
pub(crate) fn named(names: &[&str]) -> Result<Vec<Row>, Error> {
    let mut chosen = Vec::new();
    for name in names {
        let matches = |row: &Row| row.name == *name || row.name.split('/').next() == Some(name);
        let rows: Vec<Row> = all().into_iter().filter(matches).collect();
        if rows.is_empty() {
            return Err(Error::UnknownRow((*name).to_owned()));
        }
        chosen.extend(rows);
    }
    Ok(chosen)
}
