//! Which names are URLs.

/// Whether a name is fetched as a file.
pub(crate) fn is_file_url(name: &str) -> bool {
    let scheme = name.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
}

/// Whether a name is that of a Git repository, by the rules of kustomize.
pub(crate) fn is_repository(name: &str) -> bool {
    if name.starts_with('/') {
        return false;
    }
    let name = name.split_once('?').map_or(name, |(name, _)| name);
    let name = without(name, "git::").unwrap_or(name);
    let schemes = ["ssh://", "https://", "http://", "file://"];
    let scheme = schemes.into_iter().find_map(|scheme| Some((scheme, without(name, scheme)?)));
    let (scheme, rest) = scheme.unwrap_or(("", name));
    let (has_user, rest) = user(rest).map_or((false, rest), |rest| (true, rest));
    let is_github = without(rest, "github.com/").or_else(|| without(rest, "github.com:")).is_some();
    let is_scp = scheme.is_empty() && (has_user || is_github);
    if scheme.is_empty() && !is_scp {
        return false;
    }
    if scheme == "file://" {
        return !rest.is_empty();
    }
    let slash = rest.find('/');
    let colon = rest.find(':').filter(|&colon| is_scp && colon > 0);
    let end = match (slash, colon) {
        (Some(slash), Some(colon)) => Some(slash.min(colon)),
        (slash, colon) => slash.or(colon),
    };
    let Some(path) = end.map(|end| &rest[end + 1..]) else { return false };
    let explicit = path.find("_git/").is_some_and(|_| true)
        || path.find("//").is_some_and(|at| at > 0)
        || path.contains(".git");
    explicit || (path.contains('/') && !path.starts_with("//"))
}

/// What follows a prefix in any case.
fn without<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// What follows `user@`.
fn user(text: &str) -> Option<&str> {
    let (user, rest) = text.split_once('@')?;
    let mut chars = user.chars();
    let is_user = chars.next()?.is_ascii_alphabetic()
        && chars.all(|char| char.is_ascii_alphanumeric() || char == '-');
    is_user.then_some(rest)
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
        for name in ["../base", "base", "github.com", "/abs", "gitlab.com/org/repo", "a@b", "a:b/c"] {
            assert!(!is_repository(name), "{name}");
        }
    }

    #[test]
    fn what_is_printed_holds_no_password() {
        assert_eq!(shown("https://user:pass@host/x?token=1"), "https://host/x");
        assert_eq!(shown("git@host:x"), "git@host:x");
    }
}
