//! What a hostile expression or a hostile object may cost.

use gotk_expr::Error;
use gotk_expr::cel::{Environment, Limits, Program, Type};
use serde_json::{Value as Json, json};

fn limit(error: Error) -> String {
    assert!(matches!(error, Error::Limit { .. }), "no limit but {error:?}");
    error.to_string()
}

fn refused(source: &str) -> String {
    limit(Program::compile(source, &Environment::flux()).expect_err("it is too much"))
}

fn stopped(source: &str, object: &Json) -> String {
    let program =
        Program::compile(source, &Environment::kubernetes().with_variable("self", Type::Dyn));
    let program = program.expect("it is an expression");
    limit(program.evaluate([("self", object)]).expect_err("it is too much"))
}

#[test]
fn an_expression_is_at_most_four_kilobytes() {
    let source = format!("'{}' == ''", "a".repeat(4096));
    assert_eq!(refused(&source), "expression is longer than the limit of 4096 bytes");
    let limits = Limits::default().with_expression_bytes(8192);
    assert!(Program::compile(&source, &Environment::flux().with_limits(limits)).is_ok());
}

#[test]
fn nesting_is_bounded_however_it_is_written() {
    let deep = "expression is nested deeper than the limit of 250";
    for (open, middle, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{1: ", "1", "}"),
        ("f(", "1", ")"),
        ("a[", "1", "]"),
        ("!(", "true", ")"),
        ("true ? 1 : ", "1", ""),
        ("", "a", ".a"),
        ("", "a", "[1]"),
        ("", "1", " + 1"),
        ("", "a", ".b()"),
        ("", "1", " < 1"),
    ] {
        let source = format!("{}{middle}{}", open.repeat(300), close.repeat(300));
        assert_eq!(refused(&source), deep, "{open}{middle}{close}");
    }
}

#[test]
fn what_is_nested_just_within_the_limit_fits_a_small_stack() {
    let nested = |(open, middle, close): (&str, &str, &str)| {
        format!("{}{middle}{}", open.repeat(240), close.repeat(240))
    };
    let forms = [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{1: ", "1", "}"),
        ("self[", "1", "]"),
        ("!(", "true", ")"),
        ("true ? 1 : ", "1", ""),
        ("", "self", ".a"),
        ("", "1", " + 1"),
        ("int(", "1", ")"),
    ];
    let sources: Vec<String> = forms.into_iter().map(nested).collect();
    let run = move || {
        for source in sources {
            for environment in [Environment::flux(), Environment::kubernetes()] {
                let environment = environment.with_variable("self", Type::Dyn);
                if let Ok(program) = Program::compile(&source, &environment) {
                    let object = json!({});
                    drop(program.evaluate([("self", &object)]));
                }
            }
        }
    };
    let small = std::thread::Builder::new().stack_size(STACK).spawn(run).expect("a thread");
    small.join().expect("it fits");
}

/// What Rust and tokio give a thread.
const STACK: usize = 2 << 20;

#[test]
fn a_long_chain_of_and_is_not_deep() {
    let source = vec!["true"; 500].join(" && ");
    let program = Program::compile(&source, &Environment::flux()).expect("it is an expression");
    assert_eq!(program.evaluate_bool([]), Ok(true));
    assert!(Program::compile(&format!("{}true", "!".repeat(4000)), &Environment::flux()).is_ok());
}

#[test]
fn comprehensions_nest_only_so_deep() {
    let source = format!("{}true{}", "[1].all(x, ".repeat(13), ")".repeat(13));
    assert_eq!(refused(&source), "comprehensions are nested deeper than the limit of 12");
}

#[test]
fn a_loop_in_a_loop_ends() {
    let object = json!((0..1000).collect::<Vec<_>>());
    let steps = "evaluation takes more than the limit of 1000000 steps";
    for source in [
        "self.all(a, self.all(b, self.all(c, a + b + c >= 0)))",
        "self.map(a, self.map(b, a)).size() == 1000 && self.all(a, self.all(b, true))",
        "self.exists(a, self.exists(b, self == [a] || false))",
        "self.map(x, self).map(y, y.distinct()).size() == 0",
        "sets.equivalent(self.map(x, self), self.map(x, self))",
    ] {
        assert_eq!(stopped(source, &object), steps, "{source}");
    }
}

#[test]
fn a_map_is_not_walked_for_free() {
    let fields = (0..20_000).map(|n| (n.to_string(), json!(n)));
    let object = Json::Object(fields.collect());
    for source in [
        "lists.range(1000).all(a, self.exists(k, true))",
        "lists.range(1000).all(a, self != {'a': 1} && self == self)",
        "lists.range(1000).all(a, self.map(k, k).size() > 0)",
    ] {
        assert!(stopped(source, &object).contains("steps"), "{source}");
    }
}

#[test]
fn nothing_absorbs_a_limit() {
    let object = json!((0..2000).collect::<Vec<_>>());
    let source = "self.exists(a, self.exists(b, self.exists(c, c == a + b + 2000))) || true";
    assert!(stopped(source, &object).contains("steps"));
}

#[test]
fn text_that_doubles_is_stopped() {
    let object = json!(["x".repeat(100_000)]);
    let doubled = format!("self{}.size() == 1", ".map(a, a + a)".repeat(12));
    assert!(stopped(&doubled, &object).contains("limit"));
    let replaced = "self.map(a, a.replace('x', a))";
    assert!(stopped(replaced, &object).contains("limit"));
    assert!(stopped("lists.range(2000000000)", &object).contains("limit"));
    assert!(stopped("('%.1001' + 'f').format([1.0])", &object).contains("precision"));
}

#[test]
fn a_value_that_holds_itself_twice_is_compared_within_the_budget() {
    let pairs = ".map(a, [a, a])".repeat(40);
    let source = format!("self{pairs} == self{pairs}");
    assert!(stopped(&source, &json!([1])).contains("steps"));
}

#[test]
fn types_that_hold_themselves_twice_are_refused() {
    let environment = Environment::kubernetes();
    let source = format!("[1]{}.size() == 1", ".map(a, {[a]: a})".repeat(100));
    let error = Program::compile(&source, &environment).expect_err("its type is too large");
    assert_eq!(limit(error), "types of the expression are too large to be checked");
}

#[test]
fn a_deep_object_is_walked_only_so_far() {
    let mut object = json!(1);
    for _ in 0..600 {
        object = json!([object]);
    }
    assert!(stopped("self == self", &object).contains("too deep"));
    assert!(stopped("'%s'.format([self]) == ''", &object).contains("too deep"));
}

#[test]
fn a_pattern_is_bounded_in_size_and_never_backtracks() {
    let object = json!("a".repeat(2000));
    let environment = Environment::flux();
    let program = Program::compile("self.matches('^(a+)+$')", &environment).expect("a pattern");
    assert_eq!(program.evaluate_bool([("self", &object)]), Ok(true));
    assert!(Program::compile("'a'.matches('((a{1000}){1000}){1000}')", &environment).is_err());
}

#[test]
fn what_people_write_costs_little() {
    let condition = |index| json!({ "type": format!("C{index}"), "status": "True" });
    let conditions: Vec<Json> = (0..20).map(condition).collect();
    let object = json!({ "status": { "conditions": conditions } });
    let source = "self.status.conditions.filter(e, e.type == 'C19').all(e, e.status == 'True')";
    let program = Program::compile(source, &Environment::flux()).expect("it is an expression");
    let (verdict, steps) = program.evaluate_counting([("self", &object)]);
    assert_eq!(verdict.map(|verdict| verdict.as_bool()), Ok(Some(true)));
    assert!(steps < 200, "{steps} steps");
}
