//! One true sentence from each published crate.

use serde_json::json;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    artifact()?;
    expressions()?;
    git()?;
    kstatus()?;
    merge();
    substitution()?;
    kustomize()?;
    testenv();
    yaml()?;
    server_and_client().await?;
    println!("every published crate works from its package");
    Ok(())
}

fn artifact() -> Outcome {
    let tree = gotk_artifact::TreeBuilder::new().file("a/b.yaml", "kind: A\n")?.build();
    assert_eq!(tree.at("a")?.read("b.yaml")?, "kind: A\n");
    Ok(())
}

fn expressions() -> Outcome {
    let range = gotk_expr::semver::Constraint::parse(">=1.0.0, <2.0.0")?;
    let best = range.best(["0.9.0", "1.4.2", "2.0.0"]).ok_or("one fits")?;
    assert_eq!(best.original(), "1.4.2");
    Ok(())
}

fn git() -> Outcome {
    let url = gotk_git::RepositoryUrl::parse("https://bob:s3cret@git.example.com/app.git")?;
    assert_eq!(url.to_string(), "https://git.example.com/app.git");
    Ok(())
}

fn kstatus() -> Outcome {
    let settings = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" } });
    assert_eq!(gotk_kstatus::compute(&settings)?.status, gotk_kstatus::Status::Current);
    Ok(())
}

fn merge() {
    let patched = gotk_merge::patch::merge(json!({ "a": 1, "b": 2 }), &json!({ "b": null }));
    assert_eq!(patched, json!({ "a": 1 }));
}

fn substitution() -> Outcome {
    let template = gotk_kustomize::Template::parse("image: web:${tag}")?;
    let text = template.expand(|_| Some("1.4.2"), gotk_kustomize::Missing::Refuse)?;
    assert_eq!(text, "image: web:1.4.2");
    Ok(())
}

fn kustomize() -> Outcome {
    let web = "{apiVersion: v1, kind: Service, metadata: {name: web}}\n";
    let tree = gotk_artifact::TreeBuilder::new()
        .file("kustomization.yaml", "{resources: [web.yaml], namePrefix: prod-}\n")?
        .file("web.yaml", web)?
        .build();
    let build = gotk_kustomize::build(&tree)?;
    assert_eq!(build.to_yaml()?, "apiVersion: v1\nkind: Service\nmetadata:\n  name: prod-web\n");
    let spec = gotk_kustomize::flux::Spec::read(&json!({ "spec": { "targetNamespace": "shop" } }))?;
    let options = gotk_kustomize::flux::Options::default();
    let draft = gotk_kustomize::flux::build(&tree, &spec, &options)?;
    let build = draft.substitute(gotk_kustomize::flux::Variables::default())?;
    assert_eq!(build.objects().next().ok_or("an object")??["metadata"]["namespace"], "shop");
    Ok(())
}

fn testenv() {
    assert!(gotk_testenv::Assets::at("/there/is/nothing/here").is_err());
}

fn yaml() -> Outcome {
    assert_eq!(gotk_yaml::from_str("mode: 0644\non: yes\n")?, json!({ "mode": 420, "true": true }));
    Ok(())
}

async fn server_and_client() -> Outcome {
    let server = gotk_apiserver::ApiServer::start().await?;
    let config = kube::Config::new(server.url().parse()?);
    let transport = gotk_client::Transport::new(&config, gotk_client::Options::default())?;
    assert_eq!(transport.client().apiserver_version().await?.major, "1");
    assert_eq!(transport.counts().total(), 1);
    ssa(&transport).await
}

async fn ssa(transport: &gotk_client::Transport) -> Outcome {
    let applier = gotk_ssa::Applier::new(transport, gotk_ssa::FieldManager::new("consumer")?);
    let inventory = gotk_ssa::MemoryInventory::default();
    let objects = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: default}}";
    let plan = applier.plan(gotk_ssa::manifests::read(objects)?).await?;
    let applied = plan.record(&inventory).await?.apply().await?;
    assert_eq!(applied.changes().to_string(), "ConfigMap/default/a created\n");
    Ok(())
}
