//! What is wrong, gathered on the way out: the problem first, then the place, then who asked.

use std::fmt;

/// Why a folder could not be built: where, on whose behalf, and what to do about it.
///
/// It is boxed by [`Error::Build`](crate::Error::Build).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Fault {
    /// The file, from the root of the tree; empty where it is not about a file.
    pub file: String,
    /// The line in it, from 1.
    pub line: Option<usize>,
    /// The field of the kustomization: `patches[0].path`.
    pub field: String,
    /// The object: `apps/v1 Deployment web`.
    pub object: String,
    /// The folders that led here, the one that was asked for first.
    pub through: Vec<String>,
    /// What is wrong.
    pub problem: String,
}

impl Fault {
    pub(crate) fn new(problem: impl Into<String>) -> Box<Self> {
        Box::new(Self { problem: problem.into(), ..Self::default() })
    }

    /// Says in which file it is, unless something nearer was said.
    pub(crate) fn in_file(mut self: Box<Self>, file: impl fmt::Display) -> Box<Self> {
        if self.file.is_empty() {
            self.file = file.to_string();
        }
        self
    }

    pub(crate) fn at_line(mut self: Box<Self>, line: usize) -> Box<Self> {
        if self.line.is_none() && line > 0 {
            self.line = Some(line);
        }
        self
    }

    /// Says which field of the kustomization asked for it.
    pub(crate) fn at(mut self: Box<Self>, field: impl fmt::Display) -> Box<Self> {
        if self.field.is_empty() {
            self.field = field.to_string();
        }
        self
    }

    pub(crate) fn about(mut self: Box<Self>, object: impl fmt::Display) -> Box<Self> {
        if self.object.is_empty() {
            self.object = object.to_string();
        }
        self
    }

    /// Says that another folder asked for it.
    pub(crate) fn through(mut self: Box<Self>, folder: impl fmt::Display) -> Box<Self> {
        self.through.insert(0, folder.to_string());
        self
    }
}

impl From<String> for Box<Fault> {
    fn from(problem: String) -> Self {
        Fault::new(problem)
    }
}

impl From<&str> for Box<Fault> {
    fn from(problem: &str) -> Self {
        Fault::new(problem)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            f.write_str(&self.file)?;
            if let Some(line) = self.line {
                write!(f, ":{line}")?;
            }
            f.write_str(": ")?;
        }
        let (here, asked_by) = match self.is_in_kustomization() {
            true => (self.field.as_str(), ""),
            false => ("", self.field.as_str()),
        };
        for part in [here, &self.object] {
            if !part.is_empty() {
                write!(f, "{part}: ")?;
            }
        }
        f.write_str(&self.problem)?;
        let way = if self.through.len() > 1 { self.through.join(" → ") } else { String::new() };
        match (asked_by, way.as_str()) {
            ("", "") => Ok(()),
            ("", way) => write!(f, " (built through {way})"),
            (field, "") => write!(f, " (asked for by {field})"),
            (field, way) => write!(f, " (asked for by {field}, built through {way})"),
        }
    }
}

impl Fault {
    /// Whether the file is the one in which the field stands.
    fn is_in_kustomization(&self) -> bool {
        let name = self.file.rsplit('/').next().unwrap_or_default();
        name.is_empty() || crate::kustomization::FILE_NAMES.contains(&name)
    }

    /// What is wrong with a text.
    pub(crate) fn yaml(error: &gotk_yaml::Error) -> Box<Self> {
        let fault = error.fault();
        Self::new(&*fault.message).at_line(fault.place.map_or(0, |place| place.line))
    }
}
