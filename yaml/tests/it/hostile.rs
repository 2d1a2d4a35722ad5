//! Inputs made to hurt: bounded memory, bounded depth, no quadratic path.

use allocation_counter::measure;
use gotk_yaml::{Document, Edit, Error, Format, Options};

use crate::shapes::shapes;

fn limit(text: &str) -> String {
    let error = gotk_yaml::from_str(text).unwrap_err();
    assert!(matches!(error, Error::Limit(_)), "{error}");
    error.fault().message.clone()
}

#[test]
fn depth_is_bounded_in_every_notation() {
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
        (0..2000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect(),
    ] {
        let error = gotk_yaml::from_str(&text).unwrap_err();
        assert_eq!(error.fault().message, "exceeded max depth of 400");
        Document::parse(&text).unwrap_err();
        Edit::new(&text).unwrap_err();
    }
}

#[test]
fn aliases_cannot_deepen_a_document_without_end() {
    let mut text = "x0: &x0 [1]\n".to_owned();
    for index in 1..3000 {
        text.push_str(&format!("x{index}: &x{index} [*x{}]\n", index - 1));
    }
    assert_eq!(limit(&text), "exceeded max depth of 400");
    Document::parse_all(&text).unwrap_err();
}

#[test]
fn laughing_a_billion_times_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for index in 1..10 {
        let last = format!("*a{}", index - 1);
        text.push_str(&format!("a{index}: &a{index} [{}]\n", vec![last; 9].join(", ")));
    }
    assert_eq!(limit(&text), "document contains excessive aliasing");
    assert!(matches!(Document::parse_all(&text), Err(Error::Limit(_))));
}

#[test]
fn few_aliases_of_a_long_text_are_bounded_by_bytes() {
    let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 40].join(","));
    assert_eq!(limit(&text), "aliases stand for more than 16777216 bytes");
    let more = Options::default().max_alias_bytes(64 << 20);
    assert!(gotk_yaml::from_slice(text.as_bytes(), &more).is_ok());
}

#[test]
fn an_anchor_cannot_hold_itself() {
    let error = gotk_yaml::from_str("a: &a [*a]\n").unwrap_err();
    assert_eq!(error.original(), "yaml: anchor 'a' value contains itself");
    Document::parse_all("a: &a [*a]\n").unwrap_err();
}

#[test]
fn what_is_written_is_bounded_in_depth() {
    let nested =
        |levels| (0..levels).fold(serde_json::json!(1), |value, _| serde_json::json!([value]));
    assert!(gotk_yaml::to_string(&nested(1000)).is_ok());
    for format in [Format::sigs(), Format::kyaml()] {
        let error = gotk_yaml::to_string_with(&nested(1001), format).unwrap_err();
        assert_eq!(error.fault().message, "exceeded max depth of 1000");
    }
}

#[test]
fn an_edit_and_a_tree_have_the_bounds_of_a_reader() {
    let many = "---\na: 1\n".repeat(100_001);
    let large = format!("a: {}\n", "x".repeat(64 << 20));
    for text in [&many, &large] {
        assert!(matches!(Edit::new(text), Err(Error::Limit(_))), "{}", &text[..20]);
        assert!(matches!(Document::parse_all(text), Err(Error::Limit(_))), "{}", &text[..20]);
    }
}

#[test]
fn size_and_number_of_documents_are_bounded() {
    let small = Options::default().max_bytes(10);
    assert!(matches!(gotk_yaml::from_slice(b"a: 12345678", &small), Err(Error::Limit(_))));
    let few = Options::default().max_documents(2);
    let read: Vec<_> = gotk_yaml::documents_from_slice(b"a\n---\nb\n---\nc\n", few).collect();
    assert_eq!(read.len(), 3);
    assert!(matches!(read[2], Err(Error::Limit(_))));
}

#[test]
fn twice_the_input_is_about_twice_the_work() {
    for ((name, one), (_, two)) in shapes(4000).into_iter().zip(shapes(8000)) {
        let work = |text: &str| {
            let counted = measure(|| {
                let _ = gotk_yaml::from_str(text);
                let _ = Document::parse(text).map(|document| document.map(|it| it.to_string()));
                let _ = gotk_yaml::documents(text).count();
            });
            (counted.count_total, counted.bytes_total)
        };
        let ((count, bytes), (more_count, more_bytes)) = (work(&one), work(&two));
        assert!(more_count <= count * 5 / 2 + 500, "{name}: {count} to {more_count} allocations");
        assert!(more_bytes <= bytes * 5 / 2 + 65536, "{name}: {bytes} to {more_bytes} bytes");
    }
}

#[test]
fn nothing_makes_the_editor_panic() {
    for (_, text) in shapes(50) {
        let Ok(mut edit) = Edit::new(&text) else { continue };
        for pointer in ["", "/a", "/0", "/0/a", "/key1", "/new"] {
            let _ = edit.set(0, pointer, &"x".into());
        }
        let _ = edit.finish();
    }
}
