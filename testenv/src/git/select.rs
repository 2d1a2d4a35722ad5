//! Which objects answer a wish.

use std::collections::{HashMap, HashSet, VecDeque};

use gix::ObjectId;
use gix::objs::Kind;

use super::store::{Object, Store, TREE};

/// What a client wants, and what it says it has.
#[derive(Debug, Default)]
pub(crate) struct Wish {
    pub(crate) wants: Vec<ObjectId>,
    pub(crate) haves: Vec<ObjectId>,
    /// Commits of the client whose parents it does not have.
    pub(crate) shallow: Vec<ObjectId>,
    pub(crate) depth: Option<u32>,
    pub(crate) leave_out: LeaveOut,
}

/// Partial clones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LeaveOut {
    #[default]
    Nothing,
    Blobs,
    Trees,
}

/// What is sent.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    pub(crate) objects: Vec<Object>,
    pub(crate) shallow: Vec<ObjectId>,
    pub(crate) unshallow: Vec<ObjectId>,
}

/// Selects what `wish` asks for, without what the client has already.
pub(crate) fn select(store: &Store, wish: &Wish) -> Selection {
    let known = ancestors(store, &wish.haves, &wish.shallow);
    let mut search = Search { store, seen: HashSet::new(), found: Selection::default() };
    // What the client has of the same files is not sent again.
    for have in &wish.haves {
        if let Some((tree, _)) = store.commit(have) {
            search.tree(tree, LeaveOut::Nothing);
        }
    }
    search.found.objects.clear();
    search.commits(wish, &known);
    search.found
}

/// All commits the client has.
fn ancestors(store: &Store, haves: &[ObjectId], shallow: &[ObjectId]) -> HashSet<ObjectId> {
    let mut known = HashSet::new();
    let mut open: Vec<_> = haves.to_vec();
    while let Some(id) = open.pop() {
        let Some((_, parents)) = store.commit(&id) else { continue };
        if known.insert(id) && !shallow.contains(&id) {
            open.extend(parents);
        }
    }
    known
}

struct Search<'a> {
    store: &'a Store,
    seen: HashSet<ObjectId>,
    found: Selection,
}

impl Search<'_> {
    /// Walks from what is wanted towards its history, nearest first.
    fn commits(&mut self, wish: &Wish, known: &HashSet<ObjectId>) {
        let mut open = VecDeque::from_iter(wish.wants.iter().map(|id| (*id, 1)));
        let mut levels = HashMap::new();
        while let Some((id, level)) = open.pop_front() {
            if let Some(tagged) = self.store.tagged(&id) {
                self.add(id);
                open.push_back((tagged, level));
                continue;
            }
            let Some((tree, parents)) = self.store.commit(&id) else {
                self.whatever(id, wish.leave_out);
                continue;
            };
            if levels.insert(id, level).is_some() || (wish.depth.is_none() && known.contains(&id)) {
                continue;
            }
            if !known.contains(&id) {
                self.add(id);
                self.tree(tree, wish.leave_out);
            }
            match wish.depth {
                Some(depth) if level >= depth => {
                    if !parents.is_empty() {
                        self.found.shallow.push(id);
                    }
                }
                _ => {
                    if wish.depth.is_some() && wish.shallow.contains(&id) {
                        self.found.unshallow.push(id);
                    }
                    open.extend(parents.into_iter().map(|parent| (parent, level + 1)));
                }
            }
        }
    }

    /// A tag may point at a tree or a file.
    fn whatever(&mut self, id: ObjectId, leave_out: LeaveOut) {
        match self.store.object(&id).map(|object| object.kind) {
            Some(Kind::Tree) => self.tree(id, leave_out),
            _ => drop(self.add(id)),
        }
    }

    fn tree(&mut self, root: ObjectId, leave_out: LeaveOut) {
        if leave_out == LeaveOut::Trees {
            return;
        }
        let mut open = vec![root];
        while let Some(tree) = open.pop() {
            if !self.add(tree) {
                continue;
            }
            for (mode, id) in self.store.tree(&tree).into_values() {
                match mode {
                    TREE => open.push(id),
                    SUBMODULE => {}
                    _ if leave_out == LeaveOut::Blobs => {}
                    _ => drop(self.add(id)),
                }
            }
        }
    }

    /// Whether it is new.
    fn add(&mut self, id: ObjectId) -> bool {
        let new = self.seen.insert(id);
        if let Some(object) = self.store.object(&id).filter(|_| new) {
            self.found.objects.push(object.clone());
        }
        new
    }
}

const SUBMODULE: u16 = 0o160_000;
