//! A scenario, performed by us and by the others it tells of.

use std::collections::BTreeMap;
use std::sync::Arc;

use gotk_ssa::{
    Applier, ChangeSet, DeletionPolicy, Error, FieldManager, IgnoreRule, MemoryInventory, Owner,
    PlanOptions, Target, manifests,
};
use http::Request;
use serde_json::{Value, json};

use crate::scenario::{Outcome, Scenario};
use crate::server::Site;
use crate::state;

pub(crate) async fn perform(site: Site, scenario: &Scenario) -> Outcome {
    let text = scenario.text.replace("$ns", &site.namespace);
    let script = gotk_yaml::from_str_strict(&text).unwrap();
    let mut run = Run { site, inventories: BTreeMap::new(), touched: Vec::new() };
    run.make_namespace().await;
    let mut outcome = Outcome::default();
    for step in script["steps"].as_array().unwrap() {
        let done = run.step(step).await;
        outcome.steps.push(state::anonymous(&done, &run.site.namespace));
    }
    for (name, object) in run.state().await {
        let name = state::anonymous(&name.into(), &run.site.namespace);
        let object = state::anonymous(&object, &run.site.namespace);
        outcome.objects.insert(name.as_str().unwrap().to_owned(), object);
    }
    outcome
}

struct Run {
    site: Site,
    inventories: BTreeMap<String, Arc<MemoryInventory>>,
    touched: Vec<Value>,
}

impl Run {
    async fn make_namespace(&self) {
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.site.namespace}});
        self.send("POST", "/api/v1/namespaces?fieldManager=scenario", JSON, &object).await.unwrap();
    }

    async fn step(&mut self, step: &Value) -> Value {
        if step["edit"].is_string() {
            self.edit(step).await;
            return json!({});
        }
        let result = match step["teardown"].as_bool() {
            Some(true) => self.teardown(step).await,
            _ => self.apply(step).await,
        };
        result.unwrap_or_else(|error| json!({"error": chain(&error)}))
    }

    fn inventory(&mut self, step: &Value) -> (String, Arc<MemoryInventory>) {
        let set = step["set"].as_str().unwrap_or("app").to_owned();
        let inventory = Arc::clone(self.inventories.entry(set.clone()).or_default());
        (set, inventory)
    }

    fn applier(&self, set: &str) -> Applier {
        let manager = FieldManager::new("kustomize-controller").unwrap();
        let owner = Owner::flux(&self.site.namespace, set);
        Applier::new(&self.site.transport, manager).owned_by(owner).sharing(&self.site.discovery)
    }

    async fn apply(&mut self, step: &Value) -> Result<Value, Error> {
        let (set, inventory) = self.inventory(step);
        let objects: Vec<Value> =
            step["apply"].as_array().into_iter().flatten().map(|it| self.place(it)).collect();
        self.touched.extend(objects.iter().cloned());
        let plan = self.applier(&set).plan_with(objects, options(step)).await?;
        let applied = plan.record(&*inventory).await?.apply().await?;
        let mut done = report("changes", applied.changes());
        if step["keep"] != true {
            let pruned = applied.prune(&*inventory).await?;
            done.extend(report("deleted", &pruned));
        }
        Ok(Value::Object(done))
    }

    async fn teardown(&mut self, step: &Value) -> Result<Value, Error> {
        let (set, inventory) = self.inventory(step);
        let policy = DeletionPolicy::MirrorPrune { prune: true };
        let deleted = self.applier(&set).delete(&*inventory, policy).await?;
        Ok(Value::Object(report("deleted", &deleted)))
    }

    /// What somebody else does.
    async fn edit(&mut self, step: &Value) {
        let mut object = self.place(&step["object"]);
        if step["edit"] == "probe" {
            return self.probe(&object, step["until"].as_str().unwrap()).await;
        }
        if step["unseen"] != true {
            self.touched.push(object.clone());
        }
        let path = self.path(&object).await.expect("the kind is served");
        let by = step["by"].as_str().unwrap();
        let (collection, _) = path.rsplit_once('/').unwrap();
        let sent = match step["edit"].as_str().unwrap() {
            "create" => {
                self.send("POST", &format!("{collection}?fieldManager={by}"), JSON, &object).await
            }
            "apply" => {
                let path = format!("{path}?fieldManager={by}&force=true");
                self.send("PATCH", &path, "application/apply-patch+yaml", &object).await
            }
            "merge" => {
                self.send("PATCH", &format!("{path}?fieldManager={by}"), MERGE, &object).await
            }
            "json" => {
                let path = format!("{path}?fieldManager={by}");
                self.send("PATCH", &path, "application/json-patch+json", &step["patch"]).await
            }
            "status" => {
                object["metadata"].as_object_mut().unwrap().remove("resourceVersion");
                self.send("PATCH", &format!("{path}/status?fieldManager={by}"), MERGE, &object)
                    .await
            }
            "delete" => {
                self.send("DELETE", &path, JSON, &json!({"propagationPolicy": "Background"})).await
            }
            other => panic!("an edit is not called {other:?}"),
        };
        sent.unwrap_or_else(|error| panic!("{step}: {error}"));
    }

    /// Waits until an object, were it created, would have a field in its spec: a server takes a moment
    /// to serve what a definition says.
    async fn probe(&self, object: &Value, field: &str) {
        loop {
            self.site.discovery.expire();
            if let Some(path) = self.path(object).await {
                let (collection, _) = path.rsplit_once('/').unwrap();
                let path = format!("{collection}?dryRun=All");
                let answer = self.send("POST", &path, JSON, object).await.unwrap_or_default();
                if !answer["spec"][field].is_null() {
                    return;
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// Gives an object its namespace, unless its kind has none or it says one itself.
    fn place(&self, object: &Value) -> Value {
        let mut placed = object.clone();
        let kind = placed["kind"].as_str().unwrap();
        let says = placed["metadata"].get("namespace").is_some();
        if !says && !CLUSTER_WIDE.contains(&kind) {
            manifests::set_namespace(&mut placed, &self.site.namespace);
        }
        placed
    }

    /// Every object that a step was about, as it is now; null if it is not there.
    async fn state(&self) -> BTreeMap<String, Value> {
        let mut objects = BTreeMap::new();
        for touched in &self.touched {
            let text =
                |pointer| touched.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let (api_version, kind) = (text("/apiVersion"), text("/kind"));
            let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
            let key = format!("{api_version} {kind}/{namespace}/{name}");
            let nowhere = namespace.is_empty() && !CLUSTER_WIDE.contains(&kind);
            let path = if nowhere { None } else { self.path(touched).await };
            let live = match path {
                Some(path) => self.send("GET", &path, JSON, &Value::Null).await.ok(),
                None => None,
            };
            objects.insert(key, live.filter(stays).map(state::comparable).unwrap_or_default());
        }
        objects
    }

    /// Where an object is; nowhere when its kind is not served.
    async fn path(&self, object: &Value) -> Option<String> {
        let (api_version, kind) = (object["apiVersion"].as_str()?, object["kind"].as_str()?);
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let served = self.site.discovery.resolve(group, Some(version), kind).await.ok()?;
        let root =
            if group.is_empty() { "/api/v1".to_owned() } else { format!("/apis/{api_version}") };
        let name = object["metadata"]["name"].as_str()?;
        let plural = &served.resource.plural;
        Some(match served.is_namespaced() {
            true => {
                let namespace = object["metadata"]["namespace"].as_str()?;
                format!("{root}/namespaces/{namespace}/{plural}/{name}")
            }
            false => format!("{root}/{plural}/{name}"),
        })
    }

    async fn send(
        &self,
        verb: &str,
        path: &str,
        media: &str,
        body: &Value,
    ) -> Result<Value, kube::Error> {
        let request = Request::builder().method(verb).uri(path).header("Content-Type", media);
        let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(body).unwrap() };
        self.site.client.request(request.body(body).unwrap()).await
    }
}

/// A definition that the server is about to remove is as good as gone.
fn stays(live: &Value) -> bool {
    if live["metadata"]["deletionTimestamp"].is_null() {
        return true;
    }
    let finalizers = live["metadata"]["finalizers"].as_array();
    !finalizers.into_iter().flatten().any(|it| it == "customresourcecleanup.apiextensions.k8s.io")
}

fn options(step: &Value) -> PlanOptions {
    let manager = FieldManager::new("kustomize-controller").unwrap();
    let rules = step["ignore"].as_array().into_iter().flatten().map(|rule| {
        let paths = rule["paths"].as_array().unwrap().iter().map(|path| path.as_str().unwrap());
        let text = |key: &str| rule["target"][key].as_str().unwrap_or_default().to_owned();
        let mut target = Target::default();
        (target.group, target.version, target.kind) =
            (text("group"), text("version"), text("kind"));
        (target.namespace, target.name) = (text("namespace"), text("name"));
        (target.labels, target.annotations) = (text("labelSelector"), text("annotationSelector"));
        IgnoreRule::new(paths).for_target(target)
    });
    let early = step["early"].as_array().into_iter().flatten().map(|kind| {
        let (kind, group) = kind.as_str().unwrap().split_once('.').unwrap();
        (group, kind)
    });
    PlanOptions::for_manager(&manager)
        .recreate_immutable(step["force"] == true)
        .migrate_versions(step["migrate"] == true)
        .ignore(rules)
        .first_kinds(early)
}

fn report(key: &str, changes: &ChangeSet) -> serde_json::Map<String, Value> {
    let lines: Vec<Value> = changes
        .iter()
        .map(|change| format!("{} {}", change.object, change.action.as_str()).into())
        .collect();
    let mut report = serde_json::Map::new();
    if !lines.is_empty() {
        report.insert(key.to_owned(), lines.into());
    }
    report
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";

const CLUSTER_WIDE: [&str; 12] = [
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterThing",
    "CustomResourceDefinition",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "PersistentVolume",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingWebhookConfiguration",
];
