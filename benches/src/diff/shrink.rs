//! Makes an input small.

use std::ops::Range;

use serde_json::Value;

use crate::Error;

/// Enough for any input that is generated here.
const MOST_TRIES: usize = 3_000;

/// A step towards a smaller input: at a place, something less.
struct Cut {
    place: Vec<Step>,
    how: How,
}

#[derive(Clone)]
enum Step {
    Member(String),
    Item(usize),
}

enum How {
    /// Items of a list, or bytes of a text.
    Without(Range<usize>),
    WithoutMember(String),
    Become(Value),
}

/// The smallest input found for which `fails` still holds.
pub(crate) fn smallest(
    input: &Value,
    mut fails: impl FnMut(&Value) -> Result<bool, Error>,
) -> Result<Value, Error> {
    let (mut best, mut tries) = (input.clone(), 0);
    'smaller: loop {
        for cut in cuts(&best) {
            if tries == MOST_TRIES {
                break 'smaller;
            }
            tries += 1;
            let mut candidate = best.clone();
            if cut.apply(&mut candidate) && fails(&candidate)? {
                best = candidate;
                continue 'smaller;
            }
        }
        break;
    }
    Ok(best)
}

/// Every cut, the largest first. The members of the input itself stay: they are its shape.
fn cuts(input: &Value) -> Vec<Cut> {
    let mut cuts = Vec::new();
    collect(input, &mut Vec::new(), &mut cuts);
    cuts.sort_by_key(|cut| std::cmp::Reverse(cut.weight()));
    cuts
}

fn collect(value: &Value, place: &mut Vec<Step>, cuts: &mut Vec<Cut>) {
    let mut add = |how| cuts.push(Cut { place: place.clone(), how });
    match value {
        Value::String(text) => ranges(text.len()).for_each(|range| add(How::Without(range))),
        Value::Array(items) => ranges(items.len()).for_each(|range| add(How::Without(range))),
        Value::Object(map) if !place.is_empty() => {
            map.keys().for_each(|name| add(How::WithoutMember(name.clone())));
        }
        Value::Number(number) if number.as_f64() != Some(0.0) => add(How::Become(Value::from(0))),
        _ => {}
    }
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                place.push(Step::Item(index));
                collect(item, place, cuts);
                place.pop();
            }
        }
        Value::Object(map) => {
            for (name, member) in map {
                place.push(Step::Member(name.clone()));
                collect(member, place, cuts);
                place.pop();
            }
        }
        _ => {}
    }
}

/// Halves, quarters and so on, down to one by one.
fn ranges(length: usize) -> impl Iterator<Item = Range<usize>> {
    let widths = std::iter::successors(Some(length), |width| Some(width / 2));
    let widths = widths.take_while(|width| *width > 0);
    widths.flat_map(move |width| {
        (0..length).step_by(width).map(move |from| from..length.min(from + width))
    })
}

impl Cut {
    fn weight(&self) -> usize {
        match &self.how {
            How::Without(range) => range.len(),
            How::WithoutMember(_) => 8,
            How::Become(_) => 0,
        }
    }

    /// Performs the cut, unless it falls inside a character.
    fn apply(&self, input: &mut Value) -> bool {
        let mut at = input;
        for step in &self.place {
            let next = match step {
                Step::Member(name) => at.get_mut(name),
                Step::Item(index) => at.get_mut(index),
            };
            let Some(next) = next else { return false };
            at = next;
        }
        match (&self.how, at) {
            (How::Without(range), Value::String(text)) => {
                let whole = text.is_char_boundary(range.start) && text.is_char_boundary(range.end);
                if whole {
                    text.replace_range(range.clone(), "");
                }
                whole
            }
            (How::Without(range), Value::Array(items)) => {
                items.drain(range.clone());
                true
            }
            (How::WithoutMember(name), Value::Object(map)) => map.remove(name).is_some(),
            (How::Become(other), at) => {
                *at = other.clone();
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_matter_goes() {
        let input = json!({ "text": "aaaaXbbbbé", "list": [1, { "a": 2, "b": "needle" }, 3] });
        let fails = |it: &Value| {
            let text = it["text"].as_str().is_some_and(|text| text.contains('X'));
            Ok(text && it["list"].to_string().contains("needle"))
        };
        let small = smallest(&input, fails).unwrap();
        assert_eq!(small, json!({ "text": "X", "list": [{ "b": "needle" }] }));
    }

    #[test]
    fn the_members_of_an_input_stay() {
        let small = smallest(&json!({ "a": "xyz", "b": [1] }), |_| Ok(true)).unwrap();
        assert_eq!(small, json!({ "a": "", "b": [] }));
    }
}
