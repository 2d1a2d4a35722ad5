//! Which files of a source stay out of its artifact.

mod glob;
mod pattern;

use self::pattern::{Pattern, Verdict};
use crate::{Error, Kind, Tree, TreePath};

/// Rules that keep files out of an artifact, as Flux reads and applies them.
///
/// ```
/// use gotk_artifact::{IgnoreRules, Kind, TreeBuilder, TreePath};
///
/// let tree = TreeBuilder::new().file(".sourceignore", "docs/\n!docs/crd.yaml\n")?.build();
/// let rules = IgnoreRules::of_tree(&tree, None)?;
/// let kept = |path| Ok::<_, gotk_artifact::Error>(!rules.excludes(&TreePath::new(path)?, Kind::File));
/// assert!(!kept("docs/readme.md")?);
/// // Git would not look below an excluded folder. Flux does.
/// assert!(kept("docs/crd.yaml")?);
/// # Ok::<(), gotk_artifact::Error>(())
/// ```
///
/// # How it decides
///
/// The last rule that speaks of a path wins. Rules come in this order: Git's own files; then *either*
/// the defaults (pictures, archives, CI files) *or* every rule of the source, which are those of the
/// `.sourceignore` in each folder, a folder's before those of the folders in it, and last `spec.ignore`.
/// One rule of the source is enough to drop the defaults.
///
/// Rules look like those of `.gitignore` and are not: `!` brings back what lies in an excluded
/// folder, `a/**` excludes the folder `a` too, `[!a]` is a set of two characters and `[^a]` the
/// negation, `a**b` matches like `a*b` where the rule has no slash, and never where it has one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct IgnoreRules {
    patterns: Vec<Pattern>,
}

impl IgnoreRules {
    /// The name of the files that hold rules.
    pub const FILE: &'static str = ".sourceignore";

    /// No rule: nothing is excluded.
    pub fn none() -> Self {
        Self::default()
    }

    /// The rules that always hold: Git's own files are excluded.
    pub fn vcs() -> Self {
        let mut rules = Self::none();
        rules.extend(&[VCS]);
        rules
    }

    /// The rules that hold where a source has none of its own.
    pub fn defaults() -> Self {
        let mut rules = Self::vcs();
        rules.extend(&[EXTENSIONS, CI, TOOLS]);
        rules
    }

    /// The rules for the source whose files are in `tree` and whose spec says `spec_ignore`.
    pub fn of_tree(tree: &Tree, spec_ignore: Option<&str>) -> Result<Self, Error> {
        let mut own = Self::none();
        for folder in folders_with_rules(tree)? {
            let file = folder.join(Self::FILE)?;
            match tree.read(&file) {
                Ok(text) => own.add_lines(&text, &folder, &file.to_string())?,
                // A link to nothing, and a folder of that name, hold no rules.
                Err(Error::NotFound { .. } | Error::WrongKind { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        if let Some(text) = spec_ignore {
            own.add_lines(text.as_bytes(), &TreePath::root(), "spec.ignore")?;
        }
        if own.patterns.is_empty() {
            return Ok(Self::defaults());
        }
        let mut rules = Self::vcs();
        rules.patterns.append(&mut own.patterns);
        Ok(rules)
    }

    /// These rules and, after them, those of `text`, which hold in the folder `domain`.
    ///
    /// A line is a rule; an empty one, and one that begins with `#`, is none.
    pub fn and(mut self, text: impl AsRef<[u8]>, domain: &TreePath) -> Result<Self, Error> {
        self.add_lines(text.as_ref(), domain, Self::FILE)?;
        Ok(self)
    }

    /// Whether `path` is kept out. Where the path is a folder this says nothing of what is in it.
    pub fn excludes(&self, path: &TreePath, kind: Kind) -> bool {
        let names: Vec<&[u8]> = path.names().collect();
        let is_directory = kind == Kind::Directory;
        let verdict =
            self.patterns.iter().rev().find_map(|pattern| pattern.judge(&names, is_directory));
        verdict == Some(Verdict::Exclude)
    }

    /// Whether something in an excluded folder may be included again.
    ///
    /// Without a rule that includes, whatever matches a folder matches all that is in it.
    pub(crate) fn can_bring_back(&self) -> bool {
        self.patterns.iter().any(Pattern::includes)
    }

    fn add_lines(&mut self, text: &[u8], domain: &TreePath, file: &str) -> Result<(), Error> {
        for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
            let invalid =
                |problem| Error::InvalidIgnore { file: file.to_owned(), line: index + 1, problem };
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.len() > MAX_LINE {
                return Err(invalid("the line is longer than 65535 bytes"));
            }
            if line.starts_with(b"#") || String::from_utf8_lossy(line).trim().is_empty() {
                continue;
            }
            if self.patterns.len() >= MAX_RULES {
                return Err(invalid("there are more than 10000 rules"));
            }
            self.patterns.push(Pattern::parse(line, domain));
        }
        Ok(())
    }

    fn extend(&mut self, groups: &[&[&str]]) {
        let parse = |rule: &&str| Pattern::parse(rule.as_bytes(), &TreePath::root());
        self.patterns.extend(groups.iter().copied().flatten().map(parse));
    }
}

/// The folders that have an ignore file, those around a folder before it.
///
/// Folders called `.git` are not looked into; excluded ones are.
fn folders_with_rules(tree: &Tree) -> Result<Vec<TreePath>, Error> {
    let mut folders = Vec::new();
    let mut walk = tree.walk();
    while let Some(walked) = walk.next() {
        let walked = walked?;
        if walked.kind == Kind::Directory && walked.path.name() == b".git" {
            walk.skip_folder();
        } else if walked.path.name() == IgnoreRules::FILE.as_bytes() {
            folders.extend(walked.path.parent());
        }
    }
    // The walk meets `.github/` before `.sourceignore`, but the rules of the outer folder come first.
    folders.sort_by(|one, other| one.names().cmp(other.names()));
    Ok(folders)
}

/// A line is one token of Go's scanner, which takes no more.
const MAX_LINE: usize = (64 << 10) - 1;
/// Every path is held against every rule.
const MAX_RULES: usize = 10_000;

const VCS: &[&str] = &[".git/", ".gitignore", ".gitmodules", ".gitattributes"];
const EXTENSIONS: &[&str] =
    &["*.jpg", "*.jpeg", "*.gif", "*.png", "*.wmv", "*.flv", "*.tar.gz", "*.zip"];
const CI: &[&str] = &[
    ".github/",
    ".circleci/",
    ".travis.yml",
    ".gitlab-ci.yml",
    "appveyor.yml",
    ".drone.yml",
    "cloudbuild.yaml",
    "codeship-services.yml",
    "codeship-steps.yml",
];
const TOOLS: &[&str] = &["**/.goreleaser.yml", "**/.sops.yaml", "**/.flux.yaml"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TreeBuilder;

    fn excludes(rules: &IgnoreRules, path: &str) -> bool {
        let (path, kind) = match path.strip_suffix('/') {
            Some(folder) => (folder, Kind::Directory),
            None => (path, Kind::File),
        };
        rules.excludes(&TreePath::new(path).unwrap(), kind)
    }

    /// Rules, a path (a folder ends with a slash), and whether Go's matcher excludes it.
    #[test]
    fn rules_decide_as_the_original_does() {
        for (rules, path, expected) in [
            ("foo/", "foo/", true),
            ("foo/", "foo", false),
            ("foo/", "a/foo/b", true),
            ("/foo", "a/foo", false),
            ("a/b", "a/b/c", true),
            ("a/b", "x/a/b", false),
            ("docs/**", "docs/", true),
            ("docs/**", "docs/a/b", true),
            ("**/x", "a/b/x", true),
            ("**/x", "x", true),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/y/b", true),
            ("a/**/b", "a/x/y/c", false),
            // The first folder that fits is taken for good.
            ("**/a/b", "a/x/a/b", false),
            ("a**b", "axxb", true),
            ("x/a**b", "x/axxb", false),
            ("[!a]", "!", true),
            ("[!a]", "b", false),
            ("[^a]", "b", true),
            ("[^a]", "a", false),
            ("*\n!keep", "keep", false),
            ("foo/\n!foo/keep.yaml", "foo/keep.yaml", false),
            ("/*\n!/charts/a/crds", "charts/a/crds/x.yaml", false),
            ("/*\n!/charts/a/crds", "charts/a/x.yaml", true),
            ("foo  ", "foo", true),
            ("foo\\ ", "foo ", true),
            ("foo\\  ", "foo ", false),
            ("\\#h", "#h", true),
            ("#h", "#h", false),
            ("\\!h", "!h", true),
            ("!", "x", false),
            ("/", "x", false),
            ("a\r", "a", true),
            ("*/\n!*/", "a/", false),
            ("a//b", "a/b", true),
            ("[", "[", false),
            ("[]", "]", false),
            ("a[", "a", false),
            ("\\", "\\", false),
            ("[a-c]", "b", true),
            ("[c-a]", "b", false),
            ("[\\]]", "]", true),
            ("[-a]", "a", false),
            ("?", "é", true),
            ("[é]", "é", true),
            ("*\u{e9}", "xé", true),
            ("*a*b*c", "xxaxxbxxc", true),
            ("*a*b*c", "xxaxxbxxcx", false),
            ("FOO", "foo", false),
        ] {
            let rules_read = IgnoreRules::none().and(rules, &TreePath::root()).unwrap();
            assert_eq!(excludes(&rules_read, path), expected, "{rules:?} {path:?}");
        }
    }

    #[test]
    fn one_own_rule_drops_the_defaults_and_keeps_git_out() {
        let tree = TreeBuilder::new().file("a/b.png", "").unwrap().build();
        let rules = IgnoreRules::of_tree(&tree, None).unwrap();
        assert!(excludes(&rules, "a/b.png") && excludes(&rules, ".github/x"));
        for nothing in ["", "# a comment\n", "  \n\u{a0}\r\n"] {
            let rules = IgnoreRules::of_tree(&tree, Some(nothing)).unwrap();
            assert!(excludes(&rules, "a/b.png"), "{nothing:?}");
        }
        let rules = IgnoreRules::of_tree(&tree, Some("own")).unwrap();
        assert!(!excludes(&rules, "a/b.png") && !excludes(&rules, ".github/x"));
        assert!(excludes(&rules, ".git/config") && excludes(&rules, "own"));
    }

    #[test]
    fn inner_files_follow_outer_ones_and_the_spec_is_last() {
        let tree = TreeBuilder::new()
            .file("-first/.sourceignore", "!keep\n!kept-by-spec")
            .and_then(|tree| tree.file(".sourceignore", "keep\nkept-by-spec\n"))
            .and_then(|tree| tree.file(".git/.sourceignore", "never-read"))
            .unwrap()
            .build();
        let rules = IgnoreRules::of_tree(&tree, Some("kept-by-spec")).unwrap();
        assert!(!excludes(&rules, "-first/keep"));
        assert!(excludes(&rules, "other/keep"));
        assert!(excludes(&rules, "-first/kept-by-spec"));
        assert!(!excludes(&rules, ".git/never-read") || excludes(&rules, ".git/other"));
        assert!(!excludes(&rules, "never-read"));
    }

    #[test]
    fn a_rule_file_that_is_no_file_holds_none() {
        let tree = TreeBuilder::new()
            .link(".sourceignore", "nowhere")
            .and_then(|tree| tree.file("a/.sourceignore/x", ""))
            .and_then(|tree| tree.link("b/.sourceignore", "../rules"))
            .and_then(|tree| tree.file("rules", "x"))
            .unwrap()
            .build();
        let rules = IgnoreRules::of_tree(&tree, None).unwrap();
        assert!(excludes(&rules, "b/x") && !excludes(&rules, "x"));
    }

    #[test]
    fn what_cannot_be_obeyed_names_the_line() {
        let long = format!("ok\n{}", "x".repeat(65536));
        let error = IgnoreRules::none().and(long, &TreePath::root()).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"".sourceignore" line 2: the line is longer than 65535 bytes"#
        );
        let many = "x\n".repeat(10_001);
        assert!(IgnoreRules::none().and(many, &TreePath::root()).is_err());
    }
}
