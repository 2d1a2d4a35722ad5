//! Keys and values out of files, environments and literals.

use crate::fault::Fault;
use crate::kustomization::Sources;
use crate::load::Loader;

type Pair = (String, Vec<u8>);

/// Everything the sources name: environments first, then literals, then files.
pub(super) fn read(sources: &Sources, loader: &Loader<'_>) -> Result<Vec<Pair>, Box<Fault>> {
    let mut pairs = Vec::new();
    for (index, path) in sources.envs.iter().enumerate() {
        let at = |fault: Box<Fault>| fault.at(format!("envs[{index}]"));
        let file = loader.read(path).map_err(at)?;
        let lines = env(&file.bytes)
            .map_err(|(line, problem)| Fault::new(problem).in_file(&file.name).at_line(line));
        pairs.extend(lines.map_err(at)?);
    }
    for (index, source) in sources.literals.iter().enumerate() {
        let pair = literal(source).map_err(|fault| fault.at(format!("literals[{index}]")))?;
        pairs.push(pair);
    }
    for (index, source) in sources.files.iter().enumerate() {
        let at = |fault: Box<Fault>| fault.at(format!("files[{index}]"));
        let (key, path) = named_file(source).map_err(at)?;
        let file = loader.read(path).map_err(at)?;
        pairs.push((key.to_owned(), file.bytes.to_vec()));
    }
    Ok(pairs)
}

/// The longest line of an environment file, as Go's scanner has it.
const MAX_LINE: usize = 64 * 1024;

/// `KEY=value` lines; without `=` the value is empty.
fn env(bytes: &[u8]) -> Result<Vec<Pair>, (usize, String)> {
    let mut pairs = Vec::new();
    for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        if line.len() >= MAX_LINE {
            // The original stops reading here and says nothing.
            return Err((index + 1, format!("line is longer than {MAX_LINE} bytes")));
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text =
            std::str::from_utf8(line).map_err(|_| (index + 1, "line is not UTF-8".to_owned()))?;
        let text = if index == 0 { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text };
        let text = text.trim_start();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        if !key.is_empty() {
            pairs.push((key.to_owned(), value.as_bytes().to_vec()));
        }
    }
    Ok(pairs)
}

/// `key=value`, the value in quotes or not.
fn literal(source: &str) -> Result<Pair, Box<Fault>> {
    let pair = source.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) = pair.ok_or_else(|| Fault::new(format!("{source:?} is not key=value")))?;
    let inner = ['"', '\''].into_iter().find_map(|quote| {
        (value.len() > 1).then(|| value.strip_prefix(quote)?.strip_suffix(quote)).flatten()
    });
    Ok((key.to_owned(), inner.unwrap_or(value).as_bytes().to_vec()))
}

/// `path` or `key=path`; without a key it is the name of the file.
fn named_file(source: &str) -> Result<(&str, &str), Box<Fault>> {
    let problem = |what: &str| Err(Fault::new(format!("{source:?} {what}")));
    match source.split_once('=') {
        None => Ok((base_name(source), source)),
        Some((_, path)) if path.contains('=') => problem("has more than one ="),
        Some(("", _)) => problem("has no key before ="),
        Some((_, "")) => problem("has no path behind ="),
        Some(pair) => Ok(pair),
    }
}

/// The last name of a path, as Go's `path.Base` has it.
fn base_name(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit('/').next() {
        Some("") | None if path.is_empty() => ".",
        Some("") | None => "/",
        Some(name) => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pairs: Vec<Pair>) -> Vec<(String, String)> {
        pairs.into_iter().map(|(key, value)| (key, String::from_utf8(value).unwrap())).collect()
    }

    #[test]
    fn an_environment_is_lines() {
        let text = "\u{feff}A=1\r\n# x\n\n  B = 2=3 \nC\n'D'=\"e\"\n";
        let pairs = texts(env(text.as_bytes()).unwrap());
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| (&key[..], &value[..])).collect();
        assert_eq!(pairs, [("A", "1"), ("B ", " 2=3 "), ("C", ""), ("'D'", "\"e\"")]);
        assert_eq!(env(b"A=1\nB=\xff\n").unwrap_err().0, 2);
    }

    #[test]
    fn a_literal_loses_one_pair_of_quotes() {
        let value = |source| texts(vec![literal(source).unwrap()]).remove(0).1;
        assert_eq!(value("a=b=c"), "b=c");
        assert_eq!(value("a=\"b\""), "b");
        assert_eq!(value("a='b\""), "'b\"");
        assert_eq!(value("a=\""), "\"");
        assert!(literal("=b").is_err());
        assert!(literal("ab").is_err());
    }

    #[test]
    fn a_file_has_a_key_or_its_own_name() {
        assert_eq!(named_file("./a/b.txt").unwrap(), ("b.txt", "./a/b.txt"));
        assert_eq!(named_file("k=a/b.txt").unwrap(), ("k", "a/b.txt"));
        for source in ["=a", "a=", "a=b=c", "a==b"] {
            assert!(named_file(source).is_err(), "{source}");
        }
    }
}
