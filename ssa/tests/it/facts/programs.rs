//! What a person sees of the examples.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use super::facts;
use crate::site::Site;
use crate::{Fact, examples};

pub(crate) fn facts() -> Vec<Fact> {
    facts![a_folder_is_applied_compared_and_deleted, a_manifest_with_a_fault_is_named_with_its_line]
}

async fn a_folder_is_applied_compared_and_deleted(site: Site) {
    let folder = Folder::at(&site);
    let (namespace, shop) = (&site.namespace, folder.path("shop"));
    folder.write("shop/sky.yaml", &config_map(namespace, "sky", "blue"));
    folder.write("shop/sun.json", &site.config_map("sun", json!({"x": "1"})).to_string());
    folder.write("shop/deep/login.yml", &secret(namespace, "hunter2"));
    folder.write("shop/README.md", "no manifest");

    let told = folder.run("diff", &[&shop, namespace, "shop"]).await;
    let expected = format!(
        "+ ConfigMap/{namespace}/sky created\n+ ConfigMap/{namespace}/sun created\n\
         + Secret/{namespace}/login created\n3 created, 0 configured, 0 unchanged, 0 skipped\n"
    );
    assert_eq!(told, expected);
    assert_eq!(site.config_map_data("sky").await, None, "a diff writes nothing");

    let told = folder.run("apply", &[&shop, namespace, "shop"]).await;
    assert!(told.starts_with(&expected) && told.contains("\nready, after "), "{told}");
    assert_eq!(site.config_map_data("sky").await, Some(json!({"colour": "blue"})));

    folder.write("shop/sky.yaml", &config_map(namespace, "sky", "grey"));
    folder.write("shop/deep/login.yml", &secret(namespace, "hunter3"));
    fs::remove_file(folder.path("shop/sun.json")).unwrap();
    let told = folder.run("diff", &[&shop, namespace, "shop"]).await;
    let changes = format!(
        "~ ConfigMap/{namespace}/sky configured\n    ~ .data.colour: \"blue\" -> \"grey\"\n\
         ~ Secret/{namespace}/login configured\n    ~ .data.password: \"*** (before)\" -> \"*** (after)\"\n\
         0 created, 2 configured, 0 unchanged, 0 skipped\n"
    );
    assert_eq!(told, format!("{changes}- ConfigMap/{namespace}/sun to be pruned\n"));

    let told = folder.run("apply", &[&shop, namespace, "shop"]).await;
    let pruned = format!("{changes}ConfigMap/{namespace}/sun deleted\nready, after ");
    assert!(told.starts_with(&pruned), "{told}");
    let told = folder.run("diff", &[&shop, namespace, "shop"]).await;
    assert!(told.ends_with("\n0 created, 0 configured, 2 unchanged, 0 skipped\n"), "{told}");

    let told = folder.run("delete", &[namespace, "shop"]).await;
    let deleted = ["Secret/{}/login deleted\n", "ConfigMap/{}/sky deleted\n"];
    let deleted = deleted.map(|line| line.replace("{}", namespace));
    assert!(deleted.iter().all(|line| told.contains(line)), "{told}");
    assert_eq!(site.config_map_data("sky").await, None);
    assert_eq!(site.get(&site.path("secrets", "login")).await, None);
    let inventory = site.config_map_data("shop").await.unwrap();
    assert_eq!(inventory["entries"], "[]", "an empty inventory stays");
}

async fn a_manifest_with_a_fault_is_named_with_its_line(site: Site) {
    let folder = Folder::at(&site);
    folder.write("shop/a.yaml", &config_map(&site.namespace, "a", "blue"));
    folder.write("shop/b.yaml", "kind: ConfigMap\nmetadata: [\n");
    let output = folder.output("apply", &[&folder.path("shop"), &site.namespace, "shop"]).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("b.yaml: ") && said.contains("line "), "{said}");
    assert_eq!(site.config_map_data("a").await, None);
}

/// A folder with manifests, and a kubeconfig for the fact's server.
struct Folder(TempDir);

impl Folder {
    fn at(site: &Site) -> Self {
        let folder = Self(TempDir::new().unwrap());
        folder.write("kubeconfig", &site.kubeconfig());
        folder
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    async fn output(&self, example: &str, arguments: &[&str]) -> std::process::Output {
        examples::run(example, self.path("kubeconfig").as_ref(), arguments).await
    }

    async fn run(&self, example: &str, arguments: &[&str]) -> String {
        let output = self.output(example, arguments).await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{example}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }
}

fn config_map(namespace: &str, name: &str, colour: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: {name}, namespace: {namespace} }}\n\
         data: {{ colour: {colour} }}\n"
    )
}

fn secret(namespace: &str, password: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{ name: login, namespace: {namespace} }}\n\
         stringData: {{ password: {password} }}\n"
    )
}
