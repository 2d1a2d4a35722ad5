//! Which names are URLs.

/// Whether a name is fetched as a file.
pub(crate) fn is_file_url(name: &str) -> bool {
    let scheme = name.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
}

/// What a name says about a Git repository.
#[derive(Debug, PartialEq)]
pub(crate) struct Parts {
    /// What is cloned.
    pub(crate) repository: String,
    /// The folder in it.
    pub(crate) path: String,
    /// The branch, tag or commit; empty if none is named.
    pub(crate) reference: String,
}

/// Whether a name is that of a Git repository, by the rules of kustomize.
pub(crate) fn is_repository(name: &str) -> bool {
    parts(name).is_some()
}

/// Takes the name of a repository apart, by the rules of kustomize.
pub(crate) fn parts(name: &str) -> Option<Parts> {
    if name.starts_with('/') {
        return None;
    }
    let (name, query) = name.split_once('?').unwrap_or((name, ""));
    let name = without(name, "git::").unwrap_or(name);
    let schemes = ["ssh://", "https://", "http://", "file://"];
    let scheme = schemes.into_iter().find_map(|scheme| Some((scheme, without(name, scheme)?)));
    let (scheme, rest) = scheme.unwrap_or(("", name));
    let (user, rest) = user(rest).unwrap_or(("", rest));
    let is_github = without(rest, "github.com/").or_else(|| without(rest, "github.com:")).is_some();
    let is_scp = scheme.is_empty() && (!user.is_empty() || is_github);
    if scheme.is_empty() && !is_scp {
        return None;
    }
    let (host, rest) = match scheme {
        "file://" => (
            format!("file://{}", if user.is_empty() { String::new() } else { format!("{user}@") }),
            rest,
        ),
        _ => {
            let (host, rest) = host(rest, is_scp)?;
            let user = if user.is_empty() { String::new() } else { format!("{user}@") };
            let host = match (is_github, scheme == "ssh://" || !user.is_empty()) {
                (true, true) => format!("{user}github.com:"),
                (true, false) => "https://github.com/".to_owned(),
                (false, _) => format!("{scheme}{user}{host}"),
            };
            (host, rest)
        }
    };
    let (repository, path) = split(rest, scheme == "file://")?;
    let path = path.trim_start_matches('/');
    if repository.is_empty() || path.split('/').next() == Some("..") {
        return None;
    }
    let of = |key: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
            .filter(|value| !value.is_empty())
    };
    let reference = of("ref").or_else(|| of("version")).unwrap_or_default().to_owned();
    Some(Parts { repository: format!("{host}{repository}"), path: path.to_owned(), reference })
}

/// The host with the sign behind it, and the path.
fn host(rest: &str, is_scp: bool) -> Option<(&str, &str)> {
    let slash = rest.find('/');
    let colon = rest.find(':').filter(|&colon| is_scp && colon > 0);
    let end = match (slash, colon) {
        (Some(slash), Some(colon)) => Some(slash.min(colon)),
        (slash, colon) => slash.or(colon),
    }?;
    (end > 0).then(|| rest.split_at(end + 1))
}

/// The path of the repository, and the path in it.
fn split(path: &str, is_whole: bool) -> Option<(&str, &str)> {
    if let Some(at) = path.find("_git/") {
        let begin = at + "_git/".len();
        let end = path[begin..].find('/').map_or(path.len(), |slash| begin + slash);
        return Some(path.split_at(end));
    }
    if let Some(at) = path.find("//") {
        return Some((&path[..at], &path[at + 2..]));
    }
    if let Some(at) = path.find(".git") {
        return Some(path.split_at(at + ".git".len()));
    }
    if is_whole {
        return Some((path, ""));
    }
    let first = path.find('/')?;
    let end = path[first + 1..].find('/').map_or(path.len(), |slash| first + 1 + slash);
    Some(path.split_at(end))
}

/// What follows a prefix in any case.
fn without<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// The user before `@`, and what follows.
fn user(text: &str) -> Option<(&str, &str)> {
    let (user, rest) = text.split_once('@')?;
    let mut chars = user.chars();
    let is_user = chars.next()?.is_ascii_alphabetic()
        && chars.all(|char| char.is_ascii_alphanumeric() || char == '-');
    is_user.then_some((user, rest))
}

/// A URL without what might be secret in it.
pub(crate) fn shown(url: &str) -> String {
    let url = url.split_once('?').map_or(url, |(url, _)| url);
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let host = rest.find('/').unwrap_or(rest.len());
    match rest[..host].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kustomize_would_clone_is_a_repository() {
        for name in [
            "https://github.com/org/repo//deploy?ref=v1",
            "github.com/org/repo",
            "git@github.com:org/repo.git",
            "ssh://git@host.example/org/repo",
            "git::https://host.example/org/repo.git//x",
            "file:///tmp/repo",
        ] {
            assert!(is_repository(name), "{name}");
        }
        for name in ["../base", "base", "github.com", "/abs", "gitlab.com/org/repo", "a@b", "a:b/c"]
        {
            assert!(!is_repository(name), "{name}");
        }
    }

    #[test]
    fn what_is_printed_holds_no_password() {
        assert_eq!(shown("https://user:pass@host/x?token=1"), "https://host/x");
        assert_eq!(shown("git@host:x"), "git@host:x");
    }
}
