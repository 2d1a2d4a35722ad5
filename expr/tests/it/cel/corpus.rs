//! Expressions over one object, with the answers of `cel-go` in Flux's and Kubernetes' clothes.

use gotk_corpus::Tally;
use gotk_expr::cel::Environment;

use crate::cel::answer::{answer, compare, kubernetes};

#[test]
fn cel_go_gives_the_same_answers_in_fluxs_environment() {
    run("cel (flux)", "flux", &Environment::flux());
}

#[test]
fn cel_go_gives_the_same_answers_in_kubernetes_environment() {
    run("cel (k8s)", "k8s", &kubernetes());
}

fn run(name: &'static str, wanted: &str, environment: &Environment) {
    let Some(path) = gotk_corpus::find("expr/cel.jsonl") else { return };
    let mut records = gotk_corpus::json_lines(&path).into_iter();
    let (_, first) = records.next().expect("the corpus starts with the object");
    let mut tally = Tally::new(name);
    for (line, record) in records.filter(|(_, record)| record["env"] == wanted) {
        let expression = record["expr"].as_str().expect("an expression");
        let ours = answer(expression, &first["object"], environment);
        tally.case(&format!("{line}: {expression}"), compare(&ours, &record));
    }
    tally.finish();
}
