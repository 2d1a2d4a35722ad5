//! `delete [NAMESPACE [SET]]`: deletes what `apply` has put into the cluster of the current kubeconfig,
//! and waits until it is gone.

#![expect(clippy::print_stdout, reason = "a program for people")]

mod told;

use gotk_client::Transport;
use gotk_ssa::{Applier, ConfigMapInventory, DeletionPolicy, FieldManager, Owner};

use self::told::Told;

#[tokio::main]
pub(crate) async fn main() -> Result<(), Told> {
    let mut arguments = std::env::args().skip(1);
    let namespace = arguments.next().unwrap_or_else(|| "default".to_owned());
    let set = arguments.next().unwrap_or_else(|| "gotk".to_owned());

    let transport = Transport::new(&kube::Config::infer().await?, gotk_client::Options::default())?;
    let manager = FieldManager::new("gotk")?;
    let applier = Applier::new(&transport, manager.clone()).owned_by(Owner::flux(&namespace, &set));
    let inventory = ConfigMapInventory::new(transport.client(), &namespace, &set, manager);

    let deleted = applier.delete(&inventory, DeletionPolicy::WaitForTermination).await?;
    print!("{deleted}");
    Ok(())
}
