//! Whether a name matches a pattern, as Go's `filepath.Match` decides it.

/// A pattern for one name, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Glob {
    /// Matches this name only.
    Literal(Vec<u8>),
    /// Matches names that end so: by far the most common of the rest.
    Suffix(Vec<u8>),
    /// Anything else.
    Pieces(Vec<Piece>),
}

/// What stands between two stars.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Piece {
    /// Whether a star is before it.
    star: bool,
    units: Vec<Unit>,
}

/// What takes one character, or one byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Unit {
    Byte(u8),
    AnyCharacter,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Glob {
    /// Takes a pattern apart; `None` if it is not well-formed, and then it matches nothing.
    pub(super) fn parse(pattern: &[u8]) -> Option<Self> {
        let mut pieces = vec![Piece { star: false, units: Vec::new() }];
        let mut rest = pattern;
        while let Some((&first, after)) = rest.split_first() {
            rest = after;
            if first == b'*' {
                pieces.push(Piece { star: true, units: Vec::new() });
                continue;
            }
            let unit = match first {
                b'?' => Unit::AnyCharacter,
                b'[' => class(&mut rest)?,
                b'\\' => {
                    let (&escaped, after) = rest.split_first()?;
                    rest = after;
                    Unit::Byte(escaped)
                }
                byte => Unit::Byte(byte),
            };
            pieces.last_mut()?.units.push(unit);
        }
        Some(Self::simplest(pieces))
    }

    fn simplest(mut pieces: Vec<Piece>) -> Self {
        // `**` is `*`, and a star at the beginning needs nothing before it.
        let last = pieces.len() - 1;
        let mut index = 0;
        pieces.retain(|piece| {
            index += 1;
            !piece.units.is_empty() || index - 1 == last
        });
        match pieces.as_slice() {
            [Piece { star: false, units }] => {
                literal(units).map_or(Self::Pieces(pieces), Self::Literal)
            }
            [Piece { star: true, units }] => {
                literal(units).map_or(Self::Pieces(pieces), Self::Suffix)
            }
            _ => Self::Pieces(pieces),
        }
    }

    pub(super) fn matches(&self, name: &[u8]) -> bool {
        match self {
            Self::Literal(literal) => literal == name,
            Self::Suffix(suffix) => name.ends_with(suffix),
            Self::Pieces(pieces) => pieces_match(pieces, name),
        }
    }
}

/// Takes the pieces in order, each at the first place where it fits, the last one at the end.
///
/// Nothing is tried twice, so the time is at most the length of the name times that of the pattern.
fn pieces_match(pieces: &[Piece], name: &[u8]) -> bool {
    let Some((last, others)) = pieces.split_last() else { return name.is_empty() };
    let mut rest = name;
    for piece in others {
        let reach = if piece.star { rest.len() } else { 0 };
        let after = (0..=reach).find_map(|skip| piece.take(&rest[skip..]));
        let Some(after) = after else { return false };
        rest = after;
    }
    if last.star && last.units.is_empty() {
        return true;
    }
    let reach = if last.star { rest.len() } else { 0 };
    (0..=reach).any(|skip| last.take(&rest[skip..]).is_some_and(<[u8]>::is_empty))
}

impl Piece {
    /// The rest of a name that begins with this piece.
    fn take<'a>(&self, name: &'a [u8]) -> Option<&'a [u8]> {
        if self.units.len() > name.len() {
            return None;
        }
        self.units.iter().try_fold(name, |rest, unit| unit.take(rest))
    }
}

impl Unit {
    fn take<'a>(&self, name: &'a [u8]) -> Option<&'a [u8]> {
        let (&first, after) = name.split_first()?;
        match self {
            Self::Byte(byte) => (*byte == first).then_some(after),
            Self::AnyCharacter => Some(&name[decode(name).1..]),
            Self::Class { negated, ranges } => {
                let (character, length) = decode(name);
                let within = ranges.iter().any(|(low, high)| (low..=high).contains(&&character));
                (within != *negated).then_some(&name[length..])
            }
        }
    }
}

/// Reads a class after its bracket. It has a member, and no member is a bare `-` or `]`.
fn class(rest: &mut &[u8]) -> Option<Unit> {
    let negated = rest.starts_with(b"^");
    if negated {
        *rest = &rest[1..];
    }
    let mut ranges = Vec::new();
    while ranges.is_empty() || !rest.starts_with(b"]") {
        let low = member(rest)?;
        let mut high = low;
        if rest.starts_with(b"-") {
            *rest = &rest[1..];
            high = member(rest)?;
        }
        ranges.push((low, high));
    }
    *rest = &rest[1..];
    Some(Unit::Class { negated, ranges })
}

fn member(rest: &mut &[u8]) -> Option<char> {
    if matches!(rest.first()?, b'-' | b']') {
        return None;
    }
    if rest.starts_with(b"\\") {
        *rest = &rest[1..];
    }
    let (character, length) = decode(rest);
    if length == 0 || (character == char::REPLACEMENT_CHARACTER && length == 1) {
        return None;
    }
    *rest = &rest[length..];
    Some(character)
}

/// The first character and its length; a byte that begins none counts as U+FFFD of length one.
fn decode(bytes: &[u8]) -> (char, usize) {
    let first = |length: usize| {
        let text = std::str::from_utf8(bytes.get(..length)?).ok()?;
        text.chars().next().map(|character| (character, length))
    };
    let broken = (char::REPLACEMENT_CHARACTER, bytes.len().min(1));
    (1..=4).find_map(first).unwrap_or(broken)
}

fn literal(units: &[Unit]) -> Option<Vec<u8>> {
    let byte = |unit: &Unit| match unit {
        Unit::Byte(byte) => Some(*byte),
        _ => None,
    };
    units.iter().map(byte).collect()
}
