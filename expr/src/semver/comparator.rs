//! One constraint: an operator and a version that may have gaps.

use std::cmp::Ordering;

use crate::semver::grammar::Pattern;
use crate::semver::version::{Version, compare_pre};

#[derive(Clone, Debug)]
pub(crate) struct Comparator {
    operator: &'static str,
    text: String,
    numbers: [u64; 3],
    pre: String,
    gap: Gap,
}

/// The first number that was left out or is a wildcard.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Gap {
    None,
    Major,
    Minor,
    Patch,
}

impl Comparator {
    /// `None` when what looks like a version is none: `xx`, `1.2.3-01`.
    pub(crate) fn new(operator: &'static str, pattern: &Pattern<'_>) -> Option<Self> {
        let open = |part: &str| matches!(part, "" | "x" | "X" | "*");
        let [major, minor, _] = pattern.numbers;
        let gap = match pattern.numbers.map(open) {
            [true, ..] => Gap::Major,
            [_, true, _] => Gap::Minor,
            [_, _, true] => Gap::Patch,
            _ => Gap::None,
        };
        let dash = if pattern.pre.is_empty() { "" } else { "-" };
        let pre = pattern.pre;
        let filled = match gap {
            Gap::None => pattern.text.to_owned(),
            Gap::Major => format!("0.0.0{dash}{pre}"),
            Gap::Minor => format!("{major}.0.0{dash}{pre}"),
            Gap::Patch => format!("{major}.{minor}.0{dash}{pre}"),
        };
        let version = Version::parse(&filled).ok()?;
        Some(Self {
            operator,
            text: pattern.text.to_owned(),
            numbers: [version.major(), version.minor(), version.patch()],
            pre: version.pre_release().to_owned(),
            gap,
        })
    }

    pub(crate) fn names_pre_release(&self) -> bool {
        !self.pre.is_empty()
    }

    /// The operator and the version as they were written, without the blanks between them.
    pub(crate) fn text(&self) -> [&str; 2] {
        [self.operator, &self.text]
    }

    fn version(&self) -> Version<'_> {
        Version::from_parts(self.numbers, &self.pre)
    }

    /// Whether a version passes; that pre-releases are welcome was decided before.
    pub(crate) fn matches(&self, version: &Version<'_>) -> bool {
        let order = version.precedence(&self.version());
        match self.operator {
            "!=" => self.differs(version, order),
            ">" => self.is_below(version, order),
            "<" => order.is_lt(),
            ">=" | "=>" => order.is_ge(),
            "<=" | "=<" => self.is_at_or_above(version, order),
            "~" | "~>" => self.tilde(version, order),
            "^" => self.caret(version, order),
            _ if self.gap == Gap::None => order.is_eq(),
            _ => self.tilde(version, order),
        }
    }

    fn same_major(&self, version: &Version<'_>) -> bool {
        version.major() == self.numbers[0]
    }

    fn same_minor(&self, version: &Version<'_>) -> bool {
        version.minor() == self.numbers[1]
    }

    fn differs(&self, version: &Version<'_>, order: Ordering) -> bool {
        match self.gap {
            Gap::None => order.is_ne(),
            Gap::Minor => !self.same_major(version),
            Gap::Patch => {
                let same = self.same_major(version) && self.same_minor(version);
                !same || compare_pre(version.pre_release(), &self.pre).is_ne()
            }
            // `!=*` is `!=0.0.0` upstream.
            Gap::Major => order.is_ne(),
        }
    }

    fn is_below(&self, version: &Version<'_>, order: Ordering) -> bool {
        match self.gap {
            Gap::None => order.is_gt(),
            _ if !self.same_major(version) => version.major() > self.numbers[0],
            Gap::Minor => false,
            Gap::Patch => version.minor() > self.numbers[1],
            Gap::Major => order.is_gt(),
        }
    }

    fn is_at_or_above(&self, version: &Version<'_>, order: Ordering) -> bool {
        match self.gap {
            Gap::None => order.is_le(),
            Gap::Minor => version.major() <= self.numbers[0],
            Gap::Major | Gap::Patch => {
                let beyond = self.same_major(version) && version.minor() > self.numbers[1];
                version.major() <= self.numbers[0] && !beyond
            }
        }
    }

    fn tilde(&self, version: &Version<'_>, order: Ordering) -> bool {
        if order.is_lt() {
            return false;
        }
        // `~0.0.0` and `*` take everything from there on.
        if self.numbers == [0; 3] && matches!(self.gap, Gap::None | Gap::Major) {
            return true;
        }
        self.same_major(version) && (self.gap == Gap::Minor || self.same_minor(version))
    }

    fn caret(&self, version: &Version<'_>, order: Ordering) -> bool {
        if order.is_lt() {
            return false;
        }
        if self.numbers[0] > 0 || self.gap == Gap::Minor {
            return self.same_major(version);
        }
        if version.major() > 0 {
            return false;
        }
        if self.numbers[1] > 0 || self.gap == Gap::Patch {
            return self.same_minor(version);
        }
        version.minor() == 0 && version.patch() == self.numbers[2]
    }
}
