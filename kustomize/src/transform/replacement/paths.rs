//! All the places that a field path names.

use regex::Regex;

use super::structured::{self, Walk};
use crate::edit::{Make, Place, is_selector, selector};
use crate::pattern;

/// Where a path leads to.
#[derive(Default)]
pub(super) struct Found {
    pub(super) places: Vec<Place>,
    /// Places inside of a text: what is written there is lost, upstream too.
    lost: usize,
}

impl Found {
    pub(super) fn is_empty(&self) -> bool {
        self.count() == 0
    }

    fn count(&self) -> usize {
        self.places.len() + self.lost
    }
}

/// Finds the places that a path names; they are made where asked for.
///
/// All are found before the first is written, as upstream: the value may itself stand in one.
pub(super) fn find<N: Walk>(
    root: &mut N,
    path: &[String],
    create: Option<Make>,
) -> Result<Found, String> {
    let mut search = Search { create, here: Place::new(), found: Found::default() };
    search.go(root, path)?;
    Ok(search.found)
}

/// The node at a place.
pub(super) fn at<'n, N: Walk>(root: &'n mut N, place: &[usize]) -> Option<&'n mut N> {
    place.iter().try_fold(root, |node, &step| node.child_mut(step))
}

struct Search {
    create: Option<Make>,
    here: Place,
    found: Found,
}

impl Search {
    fn go<N: Walk>(&mut self, node: &mut N, path: &[String]) -> Result<(), String> {
        let Some((part, rest)) = path.split_first() else {
            self.found.places.push(self.here.clone());
            return Ok(());
        };
        if let Ok(index) = part.parse::<usize>() {
            return self.index(node, index, rest);
        }
        if is_selector(part) {
            return self.select(node, part, rest);
        }
        if part == "*" {
            return (0..length(node)?.unwrap_or(0)).try_for_each(|at| self.down(node, at, rest));
        }
        self.field(node, part, rest)
    }

    /// Goes on in an entry or an item.
    fn down<N: Walk>(&mut self, node: &mut N, at: usize, rest: &[String]) -> Result<(), String> {
        let Some(child) = node.child_mut(at) else { return Ok(()) };
        self.here.push(at);
        let result = self.go(child, rest);
        self.here.pop();
        result
    }

    fn field<N: Walk>(&mut self, node: &mut N, name: &str, rest: &[String]) -> Result<(), String> {
        if node.is_nothing() {
            return Ok(());
        }
        if name.is_empty() && node.is_text() {
            return self.go(node, rest);
        }
        if name.is_empty() {
            return Err("an empty name names no field".to_owned());
        }
        if !node.is_map() {
            return Err(format!("{name:?} is looked for in what is no mapping"));
        }
        if node.position(name).is_none() {
            let Some(make) = self.create else { return Ok(()) };
            node.push_field(name, N::made(before(rest, make)));
        }
        let Some(at) = node.position(name) else { return Ok(()) };
        match node.child_mut(at) {
            Some(field) if field.is_text() && !rest.is_empty() => self.inside(field.word(), rest),
            _ => self.down(node, at, rest),
        }
    }

    fn inside(&mut self, text: &str, rest: &[String]) -> Result<(), String> {
        let mut inner = structured::parsed(text).ok_or("it is no YAML")?;
        self.found.lost += find(&mut inner, rest, self.create)?.count();
        Ok(())
    }

    fn index<N: Walk>(&mut self, node: &mut N, at: usize, rest: &[String]) -> Result<(), String> {
        let missing = || format!("there is no item {at}");
        let length = length(node)?.ok_or_else(missing)?;
        if length == at
            && let Some(make) = self.create
        {
            node.push_item(N::made(before(rest, make)));
        } else if length <= at {
            return Err(missing());
        }
        self.down(node, at, rest)
    }

    fn select<N: Walk>(&mut self, node: &mut N, part: &str, rest: &[String]) -> Result<(), String> {
        let (field, wanted) = selector(part)?;
        let expression = pattern::compile(wanted)?;
        let Some(length) = length(node)? else { return Ok(()) };
        let before = self.found.count();
        // A selector that names no field means plain items, and ends the path.
        let rest = if field.is_empty() { &[] } else { rest };
        for at in 0..length {
            if node.child_mut(at).is_some_and(|item| is_selected(item, field, &expression)) {
                self.down(node, at, rest)?;
            }
        }
        if self.create.is_none() || self.found.count() > before {
            return Ok(());
        }
        node.push_item(match field {
            "" => N::text(wanted),
            field => {
                let mut item = N::made(Make::Mapping);
                item.push_field(field, N::text(wanted));
                item
            }
        });
        if node.child_mut(length).is_some_and(|item| is_selected(item, field, &expression)) {
            return self.down(node, length, rest);
        }
        // The original makes items without end here.
        Err(format!("an item made for {part} is not one that it selects"))
    }
}

/// What is made before the next step of a path.
fn before(rest: &[String], last: Make) -> Make {
    match rest.first().map(String::as_str) {
        None | Some("") => last,
        Some(next) if is_selector(next) || next.parse::<usize>().is_ok() => Make::Sequence,
        Some(_) => Make::Mapping,
    }
}

/// How many items a list has; none where there is nothing.
fn length<N: Walk>(node: &N) -> Result<Option<usize>, String> {
    if node.is_nothing() {
        return Ok(None);
    }
    node.length().map(Some).ok_or_else(|| "a list is expected on the way".to_owned())
}

/// Whether the item's field, or it itself, is what the pattern describes.
fn is_selected<N: Walk>(item: &mut N, field: &str, pattern: &Regex) -> bool {
    let printed = match field {
        "" => Some(item.printed()),
        field => item.position(field).and_then(|at| Some(item.child_mut(at)?.printed())),
    };
    printed.is_some_and(|printed| pattern.is_match(printed.trim()))
}
