//! `diff FOLDER [NAMESPACE [SET]]`: tells what `apply` would change in the cluster of the current
//! kubeconfig, and writes nothing.

#![expect(clippy::print_stdout, reason = "a program for people")]

mod folder;
mod told;

use gotk_client::Transport;
use gotk_ssa::{Applier, ConfigMapInventory, FieldManager, Owner};

use self::told::Told;

#[tokio::main]
pub(crate) async fn main() -> Result<(), Told> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: diff FOLDER [NAMESPACE [SET]]")?;
    let namespace = arguments.next().unwrap_or_else(|| "default".to_owned());
    let set = arguments.next().unwrap_or_else(|| "gotk".to_owned());

    let transport = Transport::new(&kube::Config::infer().await?, gotk_client::Options::default())?;
    let manager = FieldManager::new("gotk")?;
    let applier = Applier::new(&transport, manager.clone()).owned_by(Owner::flux(&namespace, &set));
    let inventory = ConfigMapInventory::new(transport.client(), &namespace, &set, manager);

    let plan = applier.plan(folder::read(folder.as_ref())?).await?;
    print!("{plan:#}");
    let leaving = plan.leaving(&inventory).await?;
    leaving.iter().for_each(|(object, _)| println!("- {object} to be pruned"));
    Ok(())
}
