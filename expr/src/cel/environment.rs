//! Which functions and variables an expression may use, and how strictly it is read.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use crate::cel::functions;
use crate::cel::limits::Limits;
use crate::cel::macros::Macros;
use crate::cel::signature::{Declaration, Overload};
use crate::cel::types::Type;

/// The functions, variables and limits that expressions are compiled with.
///
/// | | [`flux`](Self::flux) | [`kubernetes`](Self::kubernetes) |
/// | --- | --- | --- |
/// | Written by | health checks, readiness, receivers | CRD rules, admission policies |
/// | Libraries | strings, sets, encoders, optionals | Kubernetes 1.37's: strings, sets, lists, regex, URL, IP, CIDR, quantity, semver, format, optionals, comprehensions of two variables |
/// | Types | found at evaluation | checked when compiled |
/// | `1 == 1.0` | true | refused |
///
/// Declaring a variable in Flux's environment turns the check of types on, as it does in Flux.
/// An environment is cheap to clone.
#[derive(Clone, Debug)]
pub struct Environment {
    pub(crate) library: Arc<Library>,
    pub(crate) variables: Option<BTreeMap<String, Type>>,
    pub(crate) limits: Limits,
}

impl Environment {
    /// What Flux evaluates: names are found when the expression is evaluated.
    pub fn flux() -> Self {
        static LIBRARY: LazyLock<Arc<Library>> = LazyLock::new(|| Arc::new(Library::flux()));
        Self { library: Arc::clone(&LIBRARY), variables: None, limits: Limits::default() }
    }

    /// What the API server of Kubernetes 1.37 evaluates: every variable has to be declared.
    pub fn kubernetes() -> Self {
        static LIBRARY: LazyLock<Arc<Library>> = LazyLock::new(|| Arc::new(Library::kubernetes()));
        let variables = Some(BTreeMap::new());
        Self { library: Arc::clone(&LIBRARY), variables, limits: Limits::default() }
    }

    /// Declares a variable. From then on expressions are checked and no other name is known.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, kind: Type) -> Self {
        self.variables.get_or_insert_default().insert(name.into(), kind);
        self
    }

    /// Sets the limits of expressions and their evaluation.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

/// Functions by name, and the macros that come with them.
#[derive(Debug)]
pub(crate) struct Library {
    functions: HashMap<&'static str, Arc<[Overload]>>,
    pub(crate) macros: Macros,
    pub(crate) dialect: Dialect,
}

/// Where the two environments differ beyond their functions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Dialect {
    Flux,
    Kubernetes,
}

impl Library {
    fn flux() -> Self {
        let macros = Macros { two_variables: false, sort_by: false };
        Self::new(functions::FLUX, macros, Dialect::Flux)
    }

    fn kubernetes() -> Self {
        let macros = Macros { two_variables: true, sort_by: true };
        Self::new(functions::KUBERNETES, macros, Dialect::Kubernetes)
    }

    fn new(tables: &[&[Declaration]], macros: Macros, dialect: Dialect) -> Self {
        let mut functions: HashMap<&'static str, Vec<Overload>> = HashMap::new();
        for declaration in tables.iter().chain(&functions::OPERATORS).copied().flatten() {
            functions.entry(declaration.name).or_default().extend(Overload::read(declaration));
        }
        let functions = functions.into_iter().map(|(name, all)| (name, all.into())).collect();
        Self { functions, macros, dialect }
    }

    pub(crate) fn function(&self, name: &str) -> Option<&Arc<[Overload]>> {
        self.functions.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declared_signature_is_well_formed() {
        for declaration in functions::FLUX
            .iter()
            .chain(functions::KUBERNETES)
            .chain(&functions::OPERATORS)
            .copied()
            .flatten()
        {
            let Declaration { name, signature, .. } = declaration;
            assert!(Overload::read(declaration).is_some(), "{name}: {signature}");
        }
    }
}
