//! A commit as a tree: what every other reader sees of it.

use gotk_artifact::Tree;
use gotk_artifact::contract::{Given, tree_source};
use gotk_git::Reference;

use crate::fetch::cache;
use crate::git::Lab;
use crate::listing::remote;
use crate::server::{Behaviour, Server};

#[test]
fn a_commit_keeps_the_contract_of_trees() {
    if Lab::new().is_none() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut labs = Vec::new();
    tree_source(|given| {
        let lab = Lab::new().unwrap();
        let tree = runtime.block_on(committed(&lab, given));
        labs.push(lab);
        tree
    });
}

/// Commits what is given, serves it, fetches it.
async fn committed(lab: &Lab, given: &[Given<'_>]) -> Tree {
    let repository = lab.repository("a.git");
    for given in given {
        match given {
            Given::File(path, contents) | Given::Executable(path, contents) => {
                repository.write(path, contents);
            }
            Given::Link(path, target) => {
                let path = repository.work.join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::os::unix::fs::symlink(target, path).unwrap();
            }
            _ => unreachable!(),
        }
    }
    repository.git(&["add", "-A"]);
    for given in given {
        if let Given::Executable(path, _) = given {
            repository.git(&["update-index", "--chmod=+x", path]);
        }
    }
    repository.git(&["commit", "-q", "--allow-empty", "-m", "given"]);
    repository.push();
    let server = Server::start(lab.root.path().into(), Behaviour::default()).await;
    let commit =
        cache(lab).fetch(&remote(&server.url("a.git")), &Reference::branch("main")).await.unwrap();
    commit.tree()
}
