//! The facts.

mod path;
mod policies;
mod programs;
mod prune;
mod ready;
mod requests;
mod rights;
mod stages;
mod stores;
mod versions;

use crate::Fact;

/// Names functions as facts.
macro_rules! facts {
    ($($name:ident),* $(,)?) => {
        vec![$((
            concat!(module_path!(), "::", stringify!($name)),
            (|site| Box::pin($name(site))) as fn(_) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>>,
        )),*]
    };
}
pub(crate) use facts;

pub(crate) fn all() -> Vec<Fact> {
    [
        path::facts(),
        policies::facts(),
        programs::facts(),
        prune::facts(),
        ready::facts(),
        requests::facts(),
        stages::facts(),
        stores::facts(),
        versions::facts(),
    ]
    .concat()
}

/// What only a server with rights and policies can show.
pub(crate) fn of_a_real_server() -> Vec<Fact> {
    rights::facts()
}
