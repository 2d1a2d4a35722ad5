//! Members that a JSON text has twice: a parser keeps the last and says nothing.

use std::collections::HashMap;

/// Where the members of a text stand.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Paths such as `spec.ports[0].name` in the order of the text.
    places: HashMap<String, usize>,
    /// What was there before already, with its place.
    pub(crate) twice: Vec<(usize, String)>,
}

impl Seen {
    /// The place of a path; the end for one that is not in the text.
    pub(crate) fn place(&self, path: &str) -> usize {
        self.places.get(path).copied().unwrap_or(usize::MAX)
    }
}

/// Looks through a text that a parser has found to be JSON. One that is none has nothing twice.
pub(crate) fn find(text: &[u8]) -> Seen {
    let mut seen = Seen::default();
    let mut scan = Scan { text, at: 0, seen: &mut seen };
    // The parser has bounded the depth; what ends early is simply not looked at further.
    let _end = scan.value("", 0);
    seen
}

const DEPTH: usize = 128;

struct Scan<'t> {
    text: &'t [u8],
    at: usize,
    seen: &'t mut Seen,
}

impl Scan<'_> {
    fn next(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then(|| self.at += 1)
    }

    fn value(&mut self, path: &str, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        match self.next()? {
            b'{' => self.object(path, depth),
            b'[' => self.array(path, depth),
            b'"' => self.string().map(drop),
            _ => {
                let rest = &self.text[self.at..];
                let ends = |b: &u8| matches!(b, b',' | b']' | b'}') || b.is_ascii_whitespace();
                self.at += rest.iter().position(ends).unwrap_or(rest.len());
                Some(())
            }
        }
    }

    fn object(&mut self, path: &str, depth: usize) -> Option<()> {
        self.take(b'{')?;
        if self.take(b'}').is_some() {
            return Some(());
        }
        // How often a name was seen; it is told once, however often it is repeated.
        let mut names: HashMap<String, usize> = HashMap::new();
        loop {
            let name = self.string()?;
            let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let place = self.seen.places.len() + self.seen.twice.len();
            let count = names.entry(name).or_default();
            *count += 1;
            if *count == 2 {
                self.seen.twice.push((place, inner.clone()));
            }
            self.seen.places.entry(inner.clone()).or_insert(place);
            self.take(b':')?;
            self.value(&inner, depth + 1)?;
            if self.take(b',').is_none() {
                return self.take(b'}');
            }
        }
    }

    fn array(&mut self, path: &str, depth: usize) -> Option<()> {
        self.take(b'[')?;
        if self.take(b']').is_some() {
            return Some(());
        }
        for at in 0.. {
            self.value(&format!("{path}[{at}]"), depth + 1)?;
            if self.take(b',').is_none() {
                break;
            }
        }
        self.take(b']')
    }

    fn string(&mut self) -> Option<String> {
        self.next()?;
        let start = self.at;
        self.at += 1;
        loop {
            match self.text.get(self.at)? {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        serde_json::from_slice(self.text.get(start..self.at)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_twice_is_named_once_where_it_stands() {
        let text = br#"{"a":{"b":1,"b":2,"b":3},"l":[{"x":"}\"","x":[]},{"x":null}],"a":{"b":1}}"#;
        let seen = find(text);
        let names: Vec<&str> = seen.twice.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["a.b", "l[0].x", "a"]);
        assert!(seen.place("a.b") < seen.place("l[1].x"));
        assert_eq!(seen.place("nope"), usize::MAX);
    }

    #[test]
    fn broken_texts_end_the_search() {
        for text in ["", "{", r#"{"a"#, r#"{"a":"#, "[[", r#"{"a":"\"#, &"[".repeat(1000)] {
            assert!(find(text.as_bytes()).twice.is_empty());
        }
    }
}
