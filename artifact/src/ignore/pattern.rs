//! One rule of an ignore file.

use super::glob::Glob;
use crate::TreePath;

/// What a rule says of a path that it speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Verdict {
    Exclude,
    Include,
}

/// A rule, as `gitignore.ParsePattern` of Flux (once go-git) understands it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pattern {
    /// The folder in which the rule holds.
    domain: TreePath,
    domain_depth: usize,
    verdict: Verdict,
    /// The last name must be a folder.
    folder_only: bool,
    shape: Shape,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Shape {
    /// Without a slash: any name on the way may match.
    Name(Glob),
    /// With one: names match from the domain downwards.
    Path(Vec<Step>),
    /// It is not well-formed, and matches nothing.
    Never,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// An empty name, as before a leading slash.
    Nothing,
    /// `**`
    AnyDepth,
    Name(Glob),
}

impl Pattern {
    pub(super) fn parse(line: &[u8], domain: &TreePath) -> Self {
        let (verdict, rest) = match line.strip_prefix(b"!") {
            Some(rest) => (Verdict::Include, rest),
            None => (Verdict::Exclude, line),
        };
        let rest = without_spaces_at_the_end(rest);
        let (folder_only, rest) = match rest.strip_suffix(b"/") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let domain_depth = domain.names().count();
        Self { domain: domain.clone(), domain_depth, verdict, folder_only, shape: shape(rest) }
    }

    pub(super) fn includes(&self) -> bool {
        self.verdict == Verdict::Include
    }

    /// What the rule says of the path with these names, or `None` if it does not speak of it.
    pub(super) fn judge(&self, names: &[&[u8]], is_directory: bool) -> Option<Verdict> {
        if names.len() <= self.domain_depth {
            return None;
        }
        let (outer, inner) = names.split_at(self.domain_depth);
        let in_domain = self.domain_depth == 0 || self.domain.names().eq(outer.iter().copied());
        let matches = in_domain
            && match &self.shape {
                Shape::Name(glob) => self.name_matches(glob, inner, is_directory),
                Shape::Path(steps) => self.path_matches(steps, inner, is_directory),
                Shape::Never => false,
            };
        matches.then_some(self.verdict)
    }

    fn name_matches(&self, glob: &Glob, names: &[&[u8]], is_directory: bool) -> bool {
        let found = names.iter().position(|name| glob.matches(name));
        found.is_some_and(|index| self.fits(is_directory, index + 1 == names.len()))
    }

    fn path_matches(&self, steps: &[Step], names: &[&[u8]], is_directory: bool) -> bool {
        let mut rest = names;
        let mut matched = false;
        let mut any_depth = false;
        for (index, step) in steps.iter().enumerate() {
            match step {
                Step::Nothing => any_depth = false,
                Step::AnyDepth if index + 1 == steps.len() => break,
                Step::AnyDepth => any_depth = true,
                Step::Name(glob) => {
                    let reach = if any_depth { rest.len() } else { rest.len().min(1) };
                    let found = rest[..reach].iter().position(|name| glob.matches(name));
                    // The first name that fits is taken for good: no later one is tried.
                    let Some(found) = found else { return false };
                    rest = &rest[found + 1..];
                    matched = true;
                    any_depth = false;
                }
            }
        }
        matched && self.fits(is_directory, rest.is_empty())
    }

    /// Whether a match that ends at the last name or before it may count.
    fn fits(&self, is_directory: bool, at_the_end: bool) -> bool {
        !self.folder_only || is_directory || !at_the_end
    }
}

/// An escaped space at the end keeps all spaces before it, too.
fn without_spaces_at_the_end(rule: &[u8]) -> &[u8] {
    if rule.ends_with(b"\\ ") {
        return rule;
    }
    let end = rule.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
    &rule[..end]
}

fn shape(rule: &[u8]) -> Shape {
    if !rule.contains(&b'/') {
        return Glob::parse(rule).map_or(Shape::Never, Shape::Name);
    }
    let steps = rule.split(|&byte| byte == b'/').map(step);
    steps.collect::<Option<_>>().map_or(Shape::Never, Shape::Path)
}

fn step(name: &[u8]) -> Option<Step> {
    match name {
        b"" => Some(Step::Nothing),
        b"**" => Some(Step::AnyDepth),
        name if name.windows(2).any(|pair| pair == b"**") => None,
        name => Glob::parse(name).map(Step::Name),
    }
}
