//! `componentstatuses`: how the parts of a control plane are. Deprecated, and stored nowhere.
//!
//! A part is healthy where this server does its work itself.

use serde_json::{Value, json};

use crate::accept::Form;
use crate::failure::Failure;
use crate::kind::Kind;
use crate::machine::{Document, Machine, Request};
use crate::object::Stored;
use crate::query::ListOptions;
use crate::read;
use crate::route::Target;
use crate::table::Printer;

const DEPRECATED: &str = "v1 ComponentStatus is deprecated in v1.19+";

impl Machine {
    /// Answers a get or a list; there is no watch and nothing is written.
    pub(crate) fn serve_components(
        &self,
        request: &Request,
        target: &Target,
        form: Form,
    ) -> Result<Document, Failure> {
        if target.watch {
            return Err(Failure::no_such_resource());
        }
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            return Err(Failure::method_not_allowed());
        }
        let answer = match &target.name {
            Some(name) => self.component(request, &target.kind, name, form),
            None => self.components(request, target, form),
        };
        let document = answer.map_or_else(Document::from, |it| Document::new(200, &it));
        Ok(document.warning(vec![DEPRECATED.to_owned()]))
    }

    fn component(
        &self,
        request: &Request,
        kind: &Kind,
        name: &str,
        form: Form,
    ) -> Result<Value, Failure> {
        let found = self.all_components().into_iter().find(|it| it["metadata"]["name"] == name);
        let found = headed(kind, found.ok_or_else(|| Failure::no_component(name))?);
        Ok(match form {
            Form::Table => self.component_table(request, kind, vec![found])?,
            Form::Partial => read::partial_of(found),
            _ => found,
        })
    }

    fn components(&self, request: &Request, target: &Target, form: Form) -> Result<Value, Failure> {
        let kind = &target.kind;
        if request.query.flag("watch") {
            return Err(Failure::no_watch(kind));
        }
        ListOptions::parse(&request.query, false)?;
        let selector = self.selector(request, target)?;
        let mut items = self.all_components();
        items.retain(|item| selector.matches(kind, &Stored::encode(kind, item.clone(), 0)));
        Ok(match form {
            Form::Table => {
                let items = items.into_iter().map(|item| headed(kind, item)).collect();
                self.component_table(request, kind, items)?
            }
            Form::Partial => {
                let items = items.into_iter().map(read::partial_of).collect();
                list("PartialObjectMetadataList", "meta.k8s.io/v1", items)
            }
            _ => list(&kind.list_kind, &kind.api_version(), items),
        })
    }

    fn component_table(
        &self,
        request: &Request,
        kind: &Kind,
        components: Vec<Value>,
    ) -> Result<Value, Failure> {
        let printer = Printer::new(kind, &request.query)?;
        Ok(printer.table_of(kind, json!({}), components, self.clock.now()))
    }

    fn all_components(&self) -> Vec<Value> {
        vec![
            component("scheduler", self.habits.simulate.is_some()),
            component("controller-manager", self.habits.collect_garbage),
            component("etcd-0", true),
        ]
    }
}

fn component(name: &str, healthy: bool) -> Value {
    let (status, message) =
        if healthy { ("True", "ok") } else { ("False", "not a part of this server") };
    json!({
        "metadata": { "name": name },
        "conditions": [{ "type": "Healthy", "status": status, "message": message }],
    })
}

fn list(kind: &str, api_version: &str, items: Vec<Value>) -> Value {
    json!({ "kind": kind, "apiVersion": api_version, "metadata": {}, "items": items })
}

fn headed(kind: &Kind, mut object: Value) -> Value {
    object["apiVersion"] = kind.api_version().into();
    object["kind"] = (&*kind.kind).into();
    object
}
