//! All the places that a field path names.

use regex::Regex;

use super::structured::Walk;
use crate::edit::{Make, is_selector, selector};
use crate::pattern;

/// Calls `change` for each place, and says how many there were; they are made where asked for.
pub(super) fn visit<N: Walk>(
    node: &mut N,
    path: &[String],
    create: Option<Make>,
    change: &mut dyn FnMut(&mut N) -> Result<(), String>,
) -> Result<usize, String> {
    let Some((part, rest)) = path.split_first() else {
        change(node)?;
        return Ok(1);
    };
    if let Ok(index) = part.parse::<usize>() {
        return at_index(node, index, rest, create, change);
    }
    if is_selector(part) {
        return at_selected(node, part, rest, create, change);
    }
    if part == "*" {
        let Some(items) = list(node)? else { return Ok(0) };
        let mut count = 0;
        for item in items {
            count += visit(item, rest, create, change)?;
        }
        return Ok(count);
    }
    at_field(node, part, rest, create, change)
}

/// What is made before the next step of a path.
fn before(rest: &[String], last: Make) -> Make {
    match rest.first().map(String::as_str) {
        None | Some("") => last,
        Some(next) if is_selector(next) || next.parse::<usize>().is_ok() => Make::Sequence,
        Some(_) => Make::Mapping,
    }
}

fn list<N: Walk>(node: &mut N) -> Result<Option<&mut [N]>, String> {
    if node.is_nothing() {
        return Ok(None);
    }
    node.list().map(Some).ok_or_else(|| "a list is expected on the way".to_owned())
}

fn at_field<N: Walk>(
    node: &mut N,
    name: &str,
    rest: &[String],
    create: Option<Make>,
    change: &mut dyn FnMut(&mut N) -> Result<(), String>,
) -> Result<usize, String> {
    if node.is_nothing() {
        return Ok(0);
    }
    if name.is_empty() && node.is_text() {
        return visit(node, rest, create, change);
    }
    if name.is_empty() {
        return Err("an empty name names no field".to_owned());
    }
    if !node.is_map() {
        return Err(format!("{name:?} is looked for in what is no mapping"));
    }
    if node.field(name).is_none() {
        let Some(make) = create else { return Ok(0) };
        node.push_field(name, N::made(before(rest, make)));
    }
    let Some(field) = node.field(name) else { return Ok(0) };
    if field.is_text() && !rest.is_empty() {
        // It is looked into, and what is changed there is lost, upstream too.
        let mut inner = super::structured::parsed(field.word()).ok_or("it is no YAML")?;
        return visit(&mut inner, rest, create, &mut |_| Ok(()));
    }
    visit(field, rest, create, change)
}

fn at_index<N: Walk>(
    node: &mut N,
    index: usize,
    rest: &[String],
    create: Option<Make>,
    change: &mut dyn FnMut(&mut N) -> Result<(), String>,
) -> Result<usize, String> {
    let missing = || format!("there is no item {index}");
    let length = list(node)?.ok_or_else(missing)?.len();
    if length == index
        && let Some(make) = create
    {
        node.push_item(N::made(before(rest, make)));
    }
    match list(node)?.and_then(|items| items.get_mut(index)) {
        Some(item) => visit(item, rest, create, change),
        None => Err(missing()),
    }
}

fn at_selected<N: Walk>(
    node: &mut N,
    part: &str,
    rest: &[String],
    create: Option<Make>,
    change: &mut dyn FnMut(&mut N) -> Result<(), String>,
) -> Result<usize, String> {
    let (field, wanted) = selector(part)?;
    let expression = pattern::compile(wanted)?;
    let Some(items) = list(node)? else { return Ok(0) };
    let mut count = 0;
    for item in items.iter_mut().filter_map(|item| selected(item, field, &expression)) {
        count += if field.is_empty() {
            change_plain(item, change)?
        } else {
            visit(item, rest, create, change)?
        };
    }
    let Some(_) = create.filter(|_| count == 0) else { return Ok(count) };
    node.push_item(match field {
        "" => N::text(wanted),
        field => {
            let mut item = N::made(Make::Mapping);
            item.push_field(field, N::text(wanted));
            item
        }
    });
    let made = list(node)?.and_then(|items| items.last_mut());
    match made.and_then(|item| selected(item, field, &expression)) {
        Some(item) if field.is_empty() => change_plain(item, change),
        Some(item) => visit(item, rest, create, change),
        // The original makes items without end here.
        None => Err(format!("an item made for {part} is not one that it selects")),
    }
}

fn change_plain<N>(
    item: &mut N,
    change: &mut dyn FnMut(&mut N) -> Result<(), String>,
) -> Result<usize, String> {
    change(item).map(|()| 1)
}

/// The item, if its field, or it itself, is what the pattern describes.
fn selected<'n, N: Walk>(item: &'n mut N, field: &str, pattern: &Regex) -> Option<&'n mut N> {
    let printed = if field.is_empty() { item.printed() } else { item.field(field)?.printed() };
    pattern.is_match(printed.trim()).then_some(item)
}
