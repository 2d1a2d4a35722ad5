//! One true sentence from each published crate.

fn main() {
    assert_eq!(substituted(), "image: web:1.4.2");
    println!("every published crate works from its package");
}

fn substituted() -> String {
    use gotk_kustomize::{Missing, Template};

    let template = Template::parse("image: web:${tag}").expect("a template");
    template.expand(|_| Some("1.4.2"), Missing::Refuse).expect("one variable")
}
