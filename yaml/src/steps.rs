//! Counts what is looked at: tests tell by it whether work grows as the text does.

/// So many bytes, nodes or entries are looked at. Outside of tests this is nothing.
#[inline]
pub(crate) fn count(steps: usize) {
    #[cfg(test)]
    tests::STEPS.with(|counted| counted.set(counted.get() + steps));
    #[cfg(not(test))]
    let _ = steps;
}

#[cfg(test)]
#[path = "../tests/it/shapes.rs"]
mod shapes;

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde_json::{Value, json};

    use super::shapes::shapes;
    use crate::{Document, Edit, Format, Options};

    thread_local! {
        pub(super) static STEPS: Cell<usize> = const { Cell::new(0) };
    }

    fn steps(work: impl FnOnce()) -> usize {
        STEPS.set(0);
        work();
        STEPS.get()
    }

    /// Twice as much, and some for the logarithm of a sort and for what comes once; not four times.
    #[track_caller]
    fn is_linear(name: &str, one: usize, two: usize) {
        assert!(one > 0, "{name}: nothing was counted");
        assert!(two <= one * 11 / 4 + 500, "{name}: {one} steps, and {two} for twice the input");
    }

    /// What is done with a text or a value, by its name.
    type Named<T> = (&'static str, fn(&T));

    const READERS: [Named<str>; 8] = [
        ("from_str", |text| drop(crate::from_str(text))),
        ("from_str_strict", |text| drop(crate::from_str_strict(text))),
        ("kustomize's dialect", |text| {
            drop(crate::from_slice(text.as_bytes(), &Options::kyaml()));
        }),
        ("typed", |text| drop(crate::typed_from_slice(text.as_bytes(), &Options::kyaml()))),
        ("documents", |text| assert!(crate::documents(text).count() > 0)),
        ("split", |text| assert!(crate::split(text.as_bytes()).count() > 0)),
        ("parse and print", |text| {
            let document = Document::parse(text).ok().flatten();
            drop(document.map(|document| (document.to_string(), document.to_value())));
        }),
        ("parse_all", |text| drop(Document::parse_all(text))),
    ];

    #[test]
    fn twice_the_text_is_twice_the_steps_of_every_reader() {
        for (reader, read) in READERS {
            for ((shape, one), (_, two)) in shapes(600).into_iter().zip(shapes(1200)) {
                let name = format!("{reader}, {shape}");
                is_linear(&name, steps(|| read(&one)), steps(|| read(&two)));
            }
        }
    }

    fn values(size: usize) -> Vec<(&'static str, Value)> {
        let map = |name: fn(usize) -> String| -> Value {
            (0..size)
                .map(|index| (name(index), index.into()))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        vec![
            ("keys", map(|index| format!("key{index}"))),
            ("keys without an order", map(|index| format!("v{index}{}", ["", "beta1"][index % 2]))),
            ("items", vec!["a"; size].into()),
            ("a folded text", "word ".repeat(size).into()),
            ("a long word", "x".repeat(size).into()),
            ("a quoted text", "\t\"\\ é".repeat(size).into()),
            ("lines", "a line\n".repeat(size).into()),
            ("empty lines", "\n".repeat(size).into()),
            ("lists in lists", vec![json!([[], [[]], {}]); size].into()),
        ]
    }

    const WRITERS: [Named<Value>; 4] = [
        ("to_string", |value| drop(crate::to_string(value))),
        ("kustomize's", |value| drop(crate::to_string_with(value, Format::kyaml()))),
        ("goyaml.v3's", |value| drop(crate::to_string_with(value, Format::goyaml3(4)))),
        ("json_to_yaml", |value| drop(crate::json_to_yaml(&value.to_string()))),
    ];

    #[test]
    fn twice_the_value_is_twice_the_steps_of_every_writer() {
        for (writer, write) in WRITERS {
            for ((shape, one), (_, two)) in values(1000).into_iter().zip(values(2000)) {
                let name = format!("{writer}, {shape}");
                is_linear(&name, steps(|| write(&one)), steps(|| write(&two)));
            }
        }
    }

    /// The first and the last keys of a text are set, and new ones are added.
    fn edit(text: &str) {
        let Ok(mut edit) = Edit::new(text) else { return };
        for pointer in ["", "/0", "/a", "/key1", "/key599", "/new", "/newer", "/0/new"] {
            let _ = edit.set(0, pointer, &"x".into());
        }
        let _ = edit.finish();
    }

    #[test]
    fn twice_the_text_is_twice_the_steps_of_an_edit() {
        for ((shape, one), (_, two)) in shapes(600).into_iter().zip(shapes(1200)) {
            is_linear(shape, steps(|| edit(&one)), steps(|| edit(&two)));
        }
    }

    #[test]
    fn twice_the_changes_are_twice_the_steps_of_an_edit() {
        let text: String = (0..100).map(|index| format!("a{index}: {{b: 1}}\n")).collect();
        let change = |count: usize| {
            let mut edit = Edit::new(&text).unwrap();
            for index in 0..count {
                edit.set(0, &format!("/a{index}/b"), &2.into()).unwrap();
                edit.set(0, &format!("/a{index}/c"), &3.into()).unwrap();
            }
            edit.finish().unwrap();
        };
        is_linear("changes", steps(|| change(50)), steps(|| change(100)));
    }
}
