//! What can be asked of both sides, one file per room.

mod ignore;
mod kstatus;
mod kustomize;
mod merge;
mod semver;
mod substitution;
mod yaml;

use super::Room;
use crate::Error;

/// All rooms.
pub(crate) fn all() -> Vec<Room> {
    vec![
        ignore::ROOM,
        kstatus::ROOM,
        kustomize::ROOM,
        merge::ROOM,
        semver::ROOM,
        substitution::ROOM,
        yaml::ROOM,
    ]
}

pub(crate) fn named(name: &str) -> Result<Room, Error> {
    let found = all().into_iter().find(|room| room.name == name);
    found.ok_or_else(|| Error::UnknownRow(name.to_owned()))
}

/// For rooms where upstream gives no reason to differ.
fn no_excuse(
    _: &serde_json::Value,
    _: &serde_json::Value,
    _: &serde_json::Value,
) -> Option<&'static str> {
    None
}
