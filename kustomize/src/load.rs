//! Files and folders, as a kustomization may name them.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use gotk_artifact::{Bytes, Kind, Tree, TreePath};

use crate::fault::Fault;
use crate::node::Node;
use crate::options::{LoadRestrictions, Options};
use crate::remote;
use crate::schema::Schema;

/// What all folders of one build have in common.
pub(crate) struct Context<'o> {
    pub(crate) options: &'o Options,
    schema: RefCell<Schema>,
    schema_is_set: Cell<bool>,
    looked_at: RefCell<BTreeSet<TreePath>>,
    pub(crate) warnings: RefCell<Vec<String>>,
    objects: Cell<usize>,
    bytes: Cell<u64>,
}

impl<'o> Context<'o> {
    pub(crate) fn new(options: &'o Options) -> Self {
        Self {
            options,
            schema: RefCell::new(Schema::builtin()),
            schema_is_set: Cell::new(false),
            looked_at: RefCell::default(),
            warnings: RefCell::default(),
            objects: Cell::new(0),
            bytes: Cell::new(0),
        }
    }

    /// What is known about kinds.
    pub(crate) fn schema(&self) -> Schema {
        self.schema.borrow().clone()
    }

    /// Sets what is known about kinds; the first who says something has the say.
    pub(crate) fn set_schema(&self, schema: Schema) {
        self.schema.replace(schema);
        self.schema_is_set.set(true);
    }

    pub(crate) fn schema_is_set(&self) -> bool {
        self.schema_is_set.get()
    }

    pub(crate) fn warn(&self, text: String) {
        self.warnings.borrow_mut().push(text);
    }

    /// Counts objects that were read or made.
    pub(crate) fn count_objects(&self, more: usize) -> Result<(), Box<Fault>> {
        let limit = self.options.limits.objects;
        self.objects.set(self.objects.get().saturating_add(more));
        if self.objects.get() > limit {
            return Err(Fault::new(format!("there are more than {limit} objects")));
        }
        Ok(())
    }

    fn count_bytes(&self, more: usize) -> Result<(), Box<Fault>> {
        let limit = self.options.limits.bytes;
        self.bytes.set(self.bytes.get().saturating_add(more as u64));
        if self.bytes.get() > limit {
            return Err(Fault::new(format!("more than {limit} bytes are read")));
        }
        Ok(())
    }

    pub(crate) fn into_parts(self) -> (BTreeSet<TreePath>, Vec<String>) {
        (self.looked_at.into_inner(), self.warnings.into_inner())
    }
}

/// A file that was read.
pub(crate) struct File {
    /// Its path from the root of the tree, or its URL.
    pub(crate) name: Arc<str>,
    pub(crate) bytes: Bytes,
}

/// A folder from which files and other folders are named.
#[derive(Clone)]
pub(crate) struct Loader<'c> {
    pub(crate) context: &'c Context<'c>,
    tree: Tree,
    root: TreePath,
    is_restricted: bool,
    /// The URL, if the tree came from one.
    repository: Option<Rc<str>>,
    parent: Option<Rc<Self>>,
    depth: usize,
}

/// What a name leads to.
pub(crate) enum Found<'c> {
    File(File),
    Folder(Loader<'c>),
}

impl<'c> Loader<'c> {
    /// The folder where a tree stands.
    pub(crate) fn new(context: &'c Context<'c>, tree: &Tree) -> Result<Self, Box<Fault>> {
        let root = tree.resolve(".").map_err(|error| Fault::new(error.to_string()))?;
        Ok(Self {
            context,
            tree: tree.clone(),
            root,
            is_restricted: context.options.load_restrictions == LoadRestrictions::RootOnly,
            repository: None,
            parent: None,
            depth: 1,
        })
    }

    /// Where it is, for messages.
    pub(crate) fn name(&self) -> String {
        match (&self.repository, self.root.is_root()) {
            (Some(url), true) => url.to_string(),
            (Some(url), false) => format!("{url}//{}", self.root),
            (None, true) => ".".to_owned(),
            (None, false) => self.root.to_string(),
        }
    }

    /// The last name of where it is.
    pub(crate) fn base_name(&self) -> String {
        String::from_utf8_lossy(self.root.name()).into_owned()
    }

    /// The tree, standing here.
    pub(crate) fn folder(&self) -> Result<Tree, Box<Fault>> {
        self.tree.at(absolute(&self.root)).map_err(|error| Fault::new(error.to_string()))
    }

    /// The name of a file in messages.
    pub(crate) fn file_name(&self, path: &str) -> String {
        match (&self.repository, self.join(path)) {
            (Some(url), Ok(path)) => format!("{url}//{path}"),
            (None, Ok(path)) => path.to_string(),
            (_, Err(_)) => path.to_owned(),
        }
    }

    /// A path from here. As the original does it, `..` takes a name away before links are followed.
    fn join(&self, path: &str) -> Result<TreePath, Box<Fault>> {
        if path.starts_with('/') {
            return Err(Fault::new(format!("path {path:?} is absolute; name it from here")));
        }
        let mut names: Vec<&[u8]> = self.root.names().collect();
        for name in path.split('/') {
            match name {
                "" | "." => {}
                ".." => {
                    let out = || Fault::new(format!("path {path:?} leaves the tree"));
                    names.pop().ok_or_else(out)?;
                }
                name => names.push(name.as_bytes()),
            }
        }
        TreePath::new(names.join(&b'/')).map_err(|error| Fault::new(error.to_string()))
    }

    fn look_at(&self, path: &TreePath) {
        if self.repository.is_none() {
            self.context.looked_at.borrow_mut().insert(path.clone());
        }
    }

    /// Whether a file of this name can be read here.
    pub(crate) fn read_if_there(&self, name: &str) -> Result<Option<File>, Box<Fault>> {
        let path = self.join(name)?;
        self.look_at(&path);
        match self.tree.metadata(absolute(&path)) {
            Ok(metadata) if metadata.kind == Kind::File => self.read(name).map(Some),
            _ => Ok(None),
        }
    }

    /// The file that is named.
    pub(crate) fn read(&self, path: &str) -> Result<File, Box<Fault>> {
        if path.is_empty() {
            return Err(Fault::new("no file is named"));
        }
        if remote::is_file_url(path) {
            return self.fetch(path);
        }
        let at = self.join(path)?;
        self.look_at(&at);
        let failed = |error: gotk_artifact::Error| Fault::new(error.to_string());
        let target = self.tree.resolve(absolute(&at)).map_err(failed)?;
        if target != at {
            self.look_at(&target);
        }
        let folder = target.parent().unwrap_or_default();
        if self.is_restricted && folder != self.root && folder.below(&self.root).is_none() {
            let here = self.name();
            return Err(Fault::new(format!(
                "file {target:?} is neither in {here:?} nor below it; move it there or make its \
                 folder a base"
            )));
        }
        let bytes = self.tree.read(absolute(&target)).map_err(failed)?;
        self.context.count_bytes(bytes.len())?;
        Ok(File { name: self.file_name(path).into(), bytes })
    }

    fn fetch(&self, url: &str) -> Result<File, Box<Fault>> {
        let shown = remote::shown(url);
        let Some(fetcher) = &self.context.options.fetcher else {
            let what = format!("{shown} is a URL, and nothing is fetched in this build");
            return Err(Fault::new(what));
        };
        let bytes = fetcher
            .file(url)
            .map_err(|error| Fault::new(format!("{shown} could not be fetched: {error}")))?;
        self.context.count_bytes(bytes.len())?;
        Ok(File { name: shown.into(), bytes })
    }

    /// The file or folder that a resource names.
    pub(crate) fn find(&self, path: &str) -> Result<Found<'c>, Box<Fault>> {
        if remote::is_file_url(path) {
            return match self.fetch(path) {
                Ok(file) => Ok(Found::File(file)),
                Err(_) if self.context.options.fetcher.is_some() => {
                    self.folder_at(path).map(Found::Folder)
                }
                Err(fault) => Err(fault),
            };
        }
        if path.is_empty() || remote::is_repository(path) {
            return self.folder_at(path).map(Found::Folder);
        }
        let at = self.join(path)?;
        self.look_at(&at);
        match self.tree.metadata(absolute(&at)) {
            Ok(metadata) if metadata.kind == Kind::Directory => {
                self.folder_at(path).map(Found::Folder)
            }
            Ok(_) => self.read(path).map(Found::File),
            Err(gotk_artifact::Error::NotFound { .. }) => {
                Err(Fault::new(format!("{path:?} is neither a file nor a folder")))
            }
            Err(error) => Err(Fault::new(error.to_string())),
        }
    }

    /// Another folder, named from here.
    pub(crate) fn folder_at(&self, path: &str) -> Result<Self, Box<Fault>> {
        if path.is_empty() {
            return Err(Fault::new("no folder is named"));
        }
        let limit = self.context.options.limits.depth;
        if self.depth >= limit {
            return Err(Fault::new(format!("more than {limit} folders build upon each other")));
        }
        if remote::is_repository(path) {
            return self.repository_at(path);
        }
        let at = self.join(path)?;
        self.look_at(&at);
        let root = self
            .tree
            .at(absolute(&at))
            .map_err(|error| Fault::new(error.to_string()))?
            .resolve(".")
            .map_err(|error| Fault::new(error.to_string()))?;
        if root != at {
            self.look_at(&root);
        }
        let mut ancestor = Some(self);
        while let Some(loader) = ancestor.filter(|loader| loader.repository == self.repository) {
            if loader.root == root || loader.root.below(&root).is_some() {
                let shown = if root.is_root() { ".".to_owned() } else { root.to_string() };
                let what = format!("folder {shown:?} is being built already, or holds one that is");
                return Err(Fault::new(what));
            }
            ancestor = loader.parent.as_deref();
        }
        Ok(self.child(self.tree.clone(), root, self.is_restricted, self.repository.clone()))
    }

    fn repository_at(&self, url: &str) -> Result<Self, Box<Fault>> {
        let shown = remote::shown(url);
        let Some(fetcher) = &self.context.options.fetcher else {
            let what = format!(
                "{shown} is a remote base, and nothing is fetched in this build; copy it into the \
                 tree"
            );
            return Err(Fault::new(what));
        };
        let mut ancestor = Some(self);
        while let Some(loader) = ancestor {
            if loader.repository.as_deref().is_some_and(|known| known.starts_with(&*shown)) {
                return Err(Fault::new(format!("repository {shown} is being built already")));
            }
            ancestor = loader.parent.as_deref();
        }
        let failed = |error: &dyn std::fmt::Display| {
            Fault::new(format!("{shown} could not be fetched: {error}"))
        };
        let tree = fetcher.repository(url).map_err(|error| failed(&error))?;
        let root = tree.resolve(".").map_err(|error| failed(&error))?;
        Ok(self.child(tree, root, true, Some(shown.as_str().into())))
    }

    fn child(
        &self,
        tree: Tree,
        root: TreePath,
        is_restricted: bool,
        repository: Option<Rc<str>>,
    ) -> Self {
        let parent = Some(Rc::new(self.clone()));
        let depth = self.depth + 1;
        Self { context: self.context, tree, root, is_restricted, repository, parent, depth }
    }

    /// The documents of a file.
    pub(crate) fn parse(&self, file: &File) -> Result<Vec<Node>, Box<Fault>> {
        let parse = || parse(&file.bytes);
        let documents = match &self.context.options.cache {
            Some(cache) => cache.documents(&file.bytes, parse).map(|shared| shared.to_vec()),
            None => parse(),
        };
        documents.map_err(|fault| fault.in_file(&file.name))
    }
}

/// All documents of a text, lists taken apart.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Node>, Box<Fault>> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
        Fault::new("it is not UTF-8").at_line(line)
    })?;
    let documents = Node::parse_all(text).map_err(|error| Fault::yaml(&error))?;
    crate::lists::objects(documents)
}

fn absolute(path: &TreePath) -> Vec<u8> {
    [b"/", path.as_bytes()].concat()
}
