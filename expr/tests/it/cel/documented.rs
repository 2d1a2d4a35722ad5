//! The expressions that Flux's documentation shows, over objects that make them true and false.
//!
//! What an evaluation error means is the caller's choice: Flux's health checks give no verdict then
//! and go on waiting, whatever its RFC says; a receiver leaves the object out.

use gotk_expr::Error;
use gotk_expr::cel::{Bindings, Environment, Program, Type};
use serde_json::{Value as Json, json};

/// A health check sees the object's fields as variables, and its types are not checked.
fn health(source: &str, object: &Json) -> Result<bool, Error> {
    let program = Program::compile(source, &Environment::flux())?;
    program.evaluate_bool(Bindings::fields_of(object))
}

/// A readiness expression sees the dependency and the dependent, and has to be a boolean.
fn ready(source: &str, dep: &Json, this: &Json) -> Result<bool, Error> {
    let object = Type::object();
    let environment =
        Environment::flux().with_variable("dep", object.clone()).with_variable("self", object);
    let program = Program::compile(source, &environment)?;
    assert_eq!(*program.output_type(), Type::Bool, "Flux refuses {source}");
    program.evaluate_bool([("dep", dep), ("self", this)])
}

fn with_condition(kind: &str, status: &str) -> Json {
    json!({
        "metadata": { "generation": 2 },
        "status": {
            "observedGeneration": 2,
            "conditions": [
                { "type": kind, "status": status, "reason": "Reason", "observedGeneration": 2 },
                { "type": "Other", "status": "Unknown" },
            ],
        },
    })
}

#[test]
fn a_condition_decides_about_health() {
    let current = "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')";
    let failed = "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'False')";
    let (good, bad) = (with_condition("Ready", "True"), with_condition("Ready", "False"));
    assert_eq!((health(current, &good), health(failed, &good)), (Ok(true), Ok(false)));
    assert_eq!((health(current, &bad), health(failed, &bad)), (Ok(false), Ok(true)));
    // `all` over nothing holds: a condition that is not there yet is taken for healthy.
    assert_eq!(health(current, &with_condition("Synced", "False")), Ok(true));
}

#[test]
fn a_stale_condition_is_in_progress() {
    let in_progress = "!status.conditions.filter(e, e.type == 'Ready').all(e, \
                       e.observedGeneration == metadata.generation && e.status == 'True')";
    let good = with_condition("Ready", "True");
    assert_eq!(health(in_progress, &good), Ok(false));
    let mut stale = good;
    stale["metadata"]["generation"] = json!(3);
    assert_eq!(health(in_progress, &stale), Ok(true));
}

#[test]
fn a_field_that_is_missing_is_an_error_unless_it_is_asked_for() {
    let young = json!({ "metadata": { "generation": 1 } });
    let current = "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')";
    let error = health(current, &young).expect_err("there is no status");
    assert_eq!(error.to_string(), "no such attribute(s): status");
    assert_eq!(health("has(self.status)", &young).map_err(|error| error.is_transient()), Err(true));
    let asked = "has(metadata.annotations) && metadata.annotations['a'] == 'b'";
    assert_eq!(health(asked, &young), Ok(false));
}

#[test]
fn a_dependency_is_ready_when_it_runs_the_same_version() {
    let source = "dep.metadata.labels['app/version'] == self.metadata.labels['app/version'] && \
                  dep.status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True') && \
                  dep.metadata.generation == dep.status.observedGeneration";
    let labels = |version: &str| json!({ "app/version": version });
    let this = json!({ "metadata": { "labels": labels("v2") } });
    let mut dep = with_condition("Ready", "True");
    dep["metadata"]["labels"] = labels("v1");
    assert_eq!(ready(source, &dep, &this), Ok(false));
    dep["metadata"]["labels"] = labels("v2");
    assert_eq!(ready(source, &dep, &this), Ok(true));
}

#[test]
fn a_readiness_expression_is_checked_before_it_is_used() {
    let this = json!({});
    for source in ["dep.metadata.name == 1 + 'a'", "other.metadata.name == 'a'", "dep.size('a')"] {
        let error = ready(source, &this, &this).expect_err(source);
        assert!(matches!(error, Error::Types { .. }), "{source}: {error:?}");
    }
}

#[test]
fn a_receiver_filters_objects_by_the_request() {
    let source = "req.tag.contains(res.metadata.name) && has(res.metadata.annotations)";
    let object = Type::object();
    let environment =
        Environment::flux().with_variable("res", object.clone()).with_variable("req", object);
    let program = Program::compile(source, &environment).expect("it is an expression");
    let request = json!({ "action": "push", "tag": "ghcr.io/org/podinfo:6.5.0" });
    let named = |name: &str| json!({ "metadata": { "name": name, "annotations": {} } });
    for (name, wanted) in [("podinfo", true), ("other", false)] {
        let resource = named(name);
        let verdict = program.evaluate_bool([("res", &resource), ("req", &request)]);
        assert_eq!(verdict, Ok(wanted), "{name}");
    }
}

#[test]
fn a_value_that_is_no_boolean_is_an_error_of_its_own() {
    let object = with_condition("Ready", "True");
    let error = health("status.conditions", &object).expect_err("a list is no boolean");
    assert_eq!(error, Error::NotBool { found: "list" });
}
