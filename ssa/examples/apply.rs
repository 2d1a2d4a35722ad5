//! `apply FOLDER [NAMESPACE [SET]]`: makes the cluster of the current kubeconfig hold the manifests of
//! a folder, and nothing that the set held before. The inventory is the `ConfigMap` NAMESPACE/SET.

#![expect(clippy::print_stdout, reason = "a program for people")]

mod folder;
mod told;

use std::time::Duration;

use gotk_client::Transport;
use gotk_ssa::{Applier, ConfigMapInventory, FieldManager, Owner};

use self::told::Told;

#[tokio::main]
pub(crate) async fn main() -> Result<(), Told> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: apply FOLDER [NAMESPACE [SET]]")?;
    let namespace = arguments.next().unwrap_or_else(|| "default".to_owned());
    let set = arguments.next().unwrap_or_else(|| "gotk".to_owned());

    let transport = Transport::new(&kube::Config::infer().await?, gotk_client::Options::default())?;
    let manager = FieldManager::new("gotk")?;
    let applier = Applier::new(&transport, manager.clone()).owned_by(Owner::flux(&namespace, &set));
    let inventory = ConfigMapInventory::new(transport.client(), &namespace, &set, manager);

    let plan = applier.plan(folder::read(folder.as_ref())?).await?;
    print!("{plan}");
    let applied = plan.record(&inventory).await?.apply().await?;
    print!("{}", applied.prune(&inventory).await?);
    applied.ready(Duration::from_secs(300)).await?;
    println!("ready, after {} requests", transport.counts().total());
    Ok(())
}
