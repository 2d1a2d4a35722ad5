//! What a person is told about an expression that is wrong.

use gotk_expr::Error;
use gotk_expr::cel::{Environment, Program, Type};
use serde_json::json;

fn refusal(source: &str, environment: &Environment) -> String {
    let error = Program::compile(source, environment).expect_err("it is wrong");
    let shown = error.position().map(|position| position.pointing()).unwrap_or_default();
    format!("{error}\n{shown}")
}

#[test]
fn a_syntax_error_points_at_what_was_found() {
    let flux = Environment::flux();
    assert_eq!(
        refusal("status.phase == 'Ready\n", &flux),
        "1:17: token recognition error: the string does not end\n\
         status.phase == 'Ready\n                ^"
    );
    assert_eq!(
        refusal("a &&\n  b b", &flux),
        "2:5: syntax error: found 'b', expected the end\n  b b\n    ^"
    );
    assert_eq!(
        refusal("has(status)", &flux),
        "1:5: invalid argument to has() macro\nhas(status)\n    ^"
    );
}

#[test]
fn a_type_error_points_at_the_operator() {
    let environment = Environment::flux().with_variable("self", Type::object());
    assert_eq!(
        refusal("self.a == 1 && 1 == 'a'", &environment),
        "1:18: found no matching overload for '_==_' applied to '(int, string)'\n\
         self.a == 1 && 1 == 'a'\n                 ^"
    );
    assert_eq!(
        refusal("dep.status", &environment),
        "1:1: undeclared reference to 'dep' (in container '')\ndep.status\n^"
    );
}

#[test]
fn what_no_input_could_mend_is_refused_when_compiled() {
    let flux = Environment::flux();
    for (source, why) in [
        ("int('x') == 1", "type conversion error from 'string' to 'int'"),
        ("self.a.matches('(')", "error parsing regexp: \"(\""),
        ("unknown()", "no such overload: unknown(0 arguments)"),
    ] {
        let error = Program::compile(source, &flux).expect_err(source);
        assert!(matches!(error, Error::Constant { .. }), "{source}: {error:?}");
        assert_eq!(error.to_string(), why);
    }
}

#[test]
fn an_evaluation_error_says_what_upstream_says_and_where() {
    let object = json!({ "status": {} });
    let source = "has(self.status) && self.status.conditions.exists(c, c.type == 'Ready')";
    let program = Program::compile(source, &Environment::flux()).expect("it is an expression");
    let error = program.evaluate_bool([("self", &object)]).expect_err("there are no conditions");
    assert_eq!(error.to_string(), "no such key: conditions");
    let position = error.position().expect("a place");
    assert_eq!((position.line, position.column), (1, 32));
    assert!(error.is_transient());
}
