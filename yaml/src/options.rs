//! How a text is to be read, and how much of it.

/// Whose rules apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// Kubernetes' and Helm's: sigs.k8s.io/yaml on goyaml.v2. `yes` is `true`, and a key that is
    /// set twice has the last value.
    #[default]
    Sigs,
    /// kustomize's: kyaml on goyaml.v3. `yes` is a string, and a key may be set only once.
    Kyaml,
}

/// What a reader accepts.
///
/// # Defaults
///
/// Kubernetes' dialect, the last of equal keys wins, and limits that no honest manifest meets:
/// 64 MiB of text, 400 levels, 100,000 documents, 16 MiB copied by aliases. Beside them the
/// originals' own limit on aliases holds (a document may not consist of them by more than 99 %).
#[derive(Clone, Debug)]
#[must_use]
pub struct Options {
    pub(crate) dialect: Dialect,
    pub(crate) strict: bool,
    pub(crate) max_bytes: u32,
    pub(crate) max_depth: usize,
    pub(crate) max_documents: usize,
    pub(crate) max_alias_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dialect: Dialect::default(),
            strict: false,
            max_bytes: 64 << 20,
            max_depth: 400,
            max_documents: 100_000,
            max_alias_bytes: 16 << 20,
        }
    }
}

impl Options {
    /// Reads as Kubernetes does: the default.
    pub fn sigs() -> Self {
        Self::default()
    }

    /// Reads as kustomize does.
    pub fn kyaml() -> Self {
        Self { dialect: Dialect::Kyaml, ..Self::default() }
    }

    /// Refuses keys that are set twice, as [`from_str_strict`](crate::from_str_strict) does.
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Reads at most this many bytes of text.
    pub fn max_bytes(mut self, bytes: u32) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Reads at most this many levels of collections.
    ///
    /// The originals' limit is 10,000. A value that deep needs megabytes of stack, if only to be dropped.
    pub fn max_depth(mut self, levels: usize) -> Self {
        self.max_depth = levels;
        self
    }

    /// Reads at most this many documents of a stream.
    pub fn max_documents(mut self, documents: usize) -> Self {
        self.max_documents = documents;
        self
    }

    /// Copies at most this many bytes where aliases stand for what they name.
    pub fn max_alias_bytes(mut self, bytes: usize) -> Self {
        self.max_alias_bytes = bytes;
        self
    }
}
