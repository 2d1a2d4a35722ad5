//! The names of fields that a kind does not have.

/// The names without the dot they begin with.
pub(crate) fn bare(names: Vec<String>) -> impl Iterator<Item = String> {
    names.into_iter().map(|name| name.trim_start_matches('.').to_owned())
}
