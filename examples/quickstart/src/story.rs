//! What happens to a repository and its cluster, from the first commit to a broken one.

use std::collections::BTreeMap;
use std::path::Path;

use gotk_artifact::{Kind, Tree};
use gotk_git::{Credentials, Reference};
use gotk_ssa::ObjectId;
use gotk_testenv::git::{Change, GitServer, Repository};
use kube::Api;
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::json;

use crate::manifests::{self, Manifests};
use crate::place::Place;
use crate::screen::{Screen, Tone, say};
use crate::sync::Sync;
use crate::{Error, chain, tree};

struct Story<'p> {
    place: &'p Place,
    repository: Repository,
    /// What its branch holds.
    files: BTreeMap<String, String>,
    sync: Sync,
    screen: Screen,
}

pub(crate) async fn tell(place: &Place) -> Result<(), Error> {
    let server = GitServer::start().await?;
    let repository = server.create_repository("team/shop.git");
    say(&format!("A Git server in this process answers at {}.", repository.url()));
    let (url, nobody) = (repository.url().parse()?, Credentials::anonymous());
    let spec = manifests::spec("production", [("team", "Storefront")]);
    let manifests =
        Manifests::new("quickstart-story", url, nobody, Reference::branch("main"), &spec)?;
    let sync = Sync::new(manifests, place)?;
    let screen = Screen::new(place.transport.clone());
    let mut story = Story { place, repository, files: manifest_files()?, sync, screen };

    story.install().await?;
    story.upgrade().await?;
    story.nothing_new().await?;
    story.drift().await?;
    story.removal().await?;
    story.broken().await?;
    story.screen.begin("status", "what is in the cluster now");
    tree::print(&story.sync, place, &story.screen).await?;
    story.screen.costs();
    Ok(())
}

impl Story<'_> {
    async fn install(&mut self) -> Result<(), Error> {
        let all = self.files.iter().map(|(path, text)| (path.clone(), text.clone()));
        self.repository.commit("main", all)?;
        self.screen.begin("install", "the first commit");
        self.sync().await
    }

    async fn upgrade(&mut self) -> Result<(), Error> {
        let overlay = "apps/shop/production/kustomization.yaml";
        self.edit(overlay, "newTag: 1.4.2", "newTag: 1.5.0", "web 1.5.0")?;
        self.edit("apps/shop/base/settings.ini", "EUR", "CHF", "Prices in francs")?;
        self.screen.begin("upgrade", "a new image and a new setting");
        self.sync().await
    }

    async fn nothing_new(&mut self) -> Result<(), Error> {
        self.screen.begin("poll", "nothing was pushed, nothing is written");
        self.sync().await
    }

    /// Jane scales by hand. The plan finds it, and says whose field it is.
    async fn drift(&mut self) -> Result<(), Error> {
        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("apps", "v1", "Deployment"));
        let client = self.place.transport.client();
        let api: Api<DynamicObject> = Api::namespaced_with(client, "shop", &kind);
        let jane = PatchParams { field_manager: Some("jane".to_owned()), ..PatchParams::default() };
        let five = Patch::Merge(json!({"spec": {"replicas": 5}}));
        api.patch("web", &jane, &five).await?;
        self.screen.begin("drift", "jane scales the Deployment web to 5 by hand");
        let planned = self.sync.plan(self.sync.build().await?, &self.screen).await?;
        let web = ObjectId::new("apps", "Deployment", "shop", "web");
        for conflict in planned.plan.explain(&web).await?.conflicts.iter() {
            self.screen
                .line(format_args!("{} is {:?}'s work", conflict.path, conflict.manager.name));
        }
        self.sync.deploy(planned, &self.screen).await
    }

    async fn removal(&mut self) -> Result<(), Error> {
        let overlay = "apps/shop/production/kustomization.yaml";
        self.edit(overlay, "- banner.yaml\n", "", "The opening is over")?;
        self.screen.begin("removal", "a manifest leaves the repository");
        self.sync().await
    }

    /// A manifest that cannot be read. Nothing is written.
    async fn broken(&mut self) -> Result<(), Error> {
        self.edit("apps/shop/base/service.yaml", "port: 80", "port: [80", "Oops")?;
        self.screen.begin("broken", "a manifest that cannot be read");
        match self.sync().await {
            Ok(()) => Err("a broken manifest was applied".into()),
            Err(error) => {
                self.screen.toned(Tone::Bad, "refused", chain(&*error));
                Ok(())
            }
        }
    }

    async fn sync(&mut self) -> Result<(), Error> {
        self.sync.once(&mut self.screen, self.place).await
    }

    /// Somebody edits a file and pushes.
    fn edit(&mut self, path: &str, from: &str, to: &str, message: &str) -> Result<(), Error> {
        let text = self.files.get_mut(path).filter(|text| text.contains(from));
        let text = text.ok_or_else(|| format!("the repository has no {path} with {from:?}"))?;
        *text = text.replace(from, to);
        self.repository.apply(Change::on("main").write(path, text.as_str()).message(message))?;
        Ok(())
    }
}

/// The files of `repository/`, beside this program's source.
fn manifest_files() -> Result<BTreeMap<String, String>, Error> {
    let tree = Tree::directory(Path::new(env!("CARGO_MANIFEST_DIR")).join("repository"))?;
    let mut files = BTreeMap::new();
    for found in tree.walk() {
        let found = found?;
        if found.kind == Kind::File {
            let text = String::from_utf8(tree.read(found.path.as_bytes())?.to_vec())?;
            files.insert(found.path.to_string(), text);
        }
    }
    Ok(files)
}
