//! Files that are not here: Git LFS keeps them elsewhere and leaves a pointer.

use gix::objs::Kind;

use crate::commit::{Commit, Seen};
use crate::error::Error;
use crate::snapshot::Node;

/// What a repository holds instead of a large file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LfsPointer {
    /// Where the file belongs.
    pub path: String,
    /// The SHA-256 of its contents, in hexadecimal.
    pub sha256: String,
    /// The length of its contents in bytes.
    pub size: u64,
}

/// Looks into every file that is as short as a pointer.
pub(crate) fn find(commit: &Commit) -> Result<Vec<LfsPointer>, Error> {
    let mut found = Vec::new();
    for Seen { path, node, objects } in commit.nodes() {
        let Node::File { id, .. } = node else { continue };
        if objects.size(id)?.is_none_or(|size| size >= LONGEST) {
            continue;
        }
        if let Some((sha256, size)) = parse(&objects.read(id, Kind::Blob)?) {
            let path = String::from_utf8_lossy(&path).into_owned();
            found.push(LfsPointer { path, sha256: sha256.to_owned(), size });
        }
    }
    Ok(found)
}

/// `version`, then keys in alphabetical order, each on a line of its own.
fn parse(bytes: &[u8]) -> Option<(&str, u64)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut lines = text.lines();
    let version = lines.next()?.strip_prefix("version ")?;
    if !VERSIONS.contains(&version) {
        return None;
    }
    let (mut sha256, mut size) = (None, None);
    for line in lines {
        match line.split_once(' ')? {
            ("oid", oid) => sha256 = oid.strip_prefix("sha256:"),
            ("size", digits) => size = digits.parse().ok(),
            _ => {}
        }
    }
    let is_hash =
        |text: &&str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some((sha256.filter(is_hash)?, size?))
}

/// The specification calls anything longer no pointer.
const LONGEST: u64 = 1024;
/// The second is the name from before Git LFS was called that.
const VERSIONS: [&str; 2] =
    ["https://git-lfs.github.com/spec/v1", "https://hawser.github.com/spec/v1"];

#[cfg(test)]
mod tests {
    use super::parse;

    const HASH: &str = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";

    #[test]
    fn pointers_are_told_from_files() {
        let pointer =
            |version: &str, rest: &str| format!("version https://{version}/spec/v1\n{rest}");
        let oid = format!("oid sha256:{HASH}\nsize 12345\n");
        for version in ["git-lfs.github.com", "hawser.github.com"] {
            assert_eq!(parse(pointer(version, &oid).as_bytes()), Some((HASH, 12345)));
        }
        let extended = format!("ext-0-foo sha256:{HASH}\n{oid}");
        assert_eq!(parse(pointer("git-lfs.github.com", &extended).as_bytes()), Some((HASH, 12345)));
        for text in [
            "",
            "version 1\n",
            &pointer("example.com", &oid),
            &pointer("git-lfs.github.com", "size 1\n"),
            &oid,
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
