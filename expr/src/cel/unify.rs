//! Which types fit which, and what that says about the types still to be found.

use std::collections::HashMap;

use crate::cel::types::Type;

/// What is known of the types that stand for another: `T` of `list(T)`.
#[derive(Debug, Default)]
pub(crate) struct Substitution {
    known: HashMap<u32, Type>,
    /// What stood there before, for what was learned since the last decision.
    changes: Vec<(u32, Option<Type>)>,
    work: u32,
}

/// More than any expression needs; types that contain themselves twice grow without bound.
const WORK_LIMIT: u32 = 200_000;

impl Substitution {
    /// Whether every type fits its counterpart. What was learned is kept only if they all do.
    pub(crate) fn fit_all(&mut self, given: &[Type], wanted: &[Type]) -> bool {
        if given.len() != wanted.len() {
            return false;
        }
        self.changes.clear();
        let fits = given.iter().zip(wanted).all(|(given, wanted)| self.fits(given, wanted));
        if !fits {
            while let Some((param, before)) = self.changes.pop() {
                match before {
                    Some(known) => self.known.insert(param, known),
                    None => self.known.remove(&param),
                };
            }
        }
        fits
    }

    fn learn(&mut self, param: u32, known: Type) {
        let before = self.known.insert(param, known);
        self.changes.push((param, before));
    }

    /// Whether the types have outgrown what can be worked with.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.work > WORK_LIMIT
    }

    fn tire(&mut self) -> bool {
        self.work = self.work.saturating_add(1);
        self.is_exhausted()
    }

    pub(crate) fn fit(&mut self, given: &Type, wanted: &Type) -> bool {
        self.fit_all(std::slice::from_ref(given), std::slice::from_ref(wanted))
    }

    fn fits(&mut self, given: &Type, wanted: &Type) -> bool {
        if self.tire() {
            return false;
        }
        if let Type::Param(param) = wanted {
            match self.substitutes(given, *param) {
                Verdict::Fits => return true,
                Verdict::Clashes => return false,
                Verdict::Recursive => {}
            }
        }
        if let Type::Param(param) = given {
            return matches!(self.substitutes(wanted, *param), Verdict::Fits);
        }
        match (given, wanted) {
            (Type::Dyn, _) | (_, Type::Dyn) => true,
            (Type::Null, other) | (other, Type::Null) => nullable(other),
            (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => {
                self.fits(a, b)
            }
            (Type::Map(a, b), Type::Map(c, d)) => self.fits(a, c) && self.fits(b, d),
            (Type::Type(_), Type::Type(_)) => true,
            (a, b) => a == b,
        }
    }

    /// Whether `given` can be what `param` stands for.
    fn substitutes(&mut self, given: &Type, param: u32) -> Verdict {
        if *given == Type::Param(param) {
            return Verdict::Fits;
        }
        let Some(known) = self.known.get(&param).cloned() else {
            if self.occurs(param, given) {
                return Verdict::Recursive;
            }
            self.learn(param, given.clone());
            return Verdict::Fits;
        };
        if *given == known {
            return Verdict::Fits;
        }
        if !self.fits(given, &known) {
            return Verdict::Clashes;
        }
        let general = if is_general(given, &known) { given.clone() } else { known };
        if !self.occurs(param, &general) {
            self.learn(param, general);
        }
        Verdict::Fits
    }

    /// Whether `param` is part of `within`, which it must not come to stand for.
    fn occurs(&mut self, param: u32, within: &Type) -> bool {
        if self.tire() {
            return true;
        }
        match within {
            Type::Param(other) if *other == param => true,
            Type::Param(other) => {
                let known = self.known.get(other).cloned();
                known.is_some_and(|known| self.occurs(param, &known))
            }
            Type::List(inner) | Type::Optional(inner) | Type::Type(inner) => {
                self.occurs(param, inner)
            }
            Type::Map(key, value) => self.occurs(param, key) || self.occurs(param, value),
            _ => false,
        }
    }

    /// The type with everything that is known put in.
    pub(crate) fn resolve(&mut self, kind: &Type) -> Type {
        if self.tire() {
            return Type::Dyn;
        }
        match kind {
            Type::Param(param) => match self.known.get(param).cloned() {
                Some(known) => self.resolve(&known),
                None => kind.clone(),
            },
            Type::List(inner) => Type::list(self.resolve(inner)),
            Type::Map(key, value) => Type::map(self.resolve(key), self.resolve(value)),
            Type::Optional(inner) => Type::optional(self.resolve(inner)),
            Type::Type(inner) => Type::Type(self.resolve(inner).into()),
            plain => plain.clone(),
        }
    }
}

enum Verdict {
    Fits,
    Clashes,
    /// It would stand for something that it is part of.
    Recursive,
}

/// Whether `null` can be given where the type is wanted.
fn nullable(kind: &Type) -> bool {
    matches!(
        kind,
        Type::Null | Type::Opaque(_) | Type::Optional(_) | Type::Duration | Type::Timestamp
    )
}

/// Whether the first type says as much as the second or less.
fn is_general(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Dyn | Type::Param(_), _) => true,
        (_, Type::Dyn | Type::Param(_)) => false,
        (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => is_general(a, b),
        (Type::Map(a, b), Type::Map(c, d)) => is_general(a, c) && is_general(b, d),
        (Type::Type(_), Type::Type(_)) => true,
        (a, b) => a == b,
    }
}

/// The more general of two types that fit each other.
pub(crate) fn general(a: &Type, b: &Type) -> Type {
    if is_general(a, b) { a.clone() } else { b.clone() }
}

/// Renames the parameters of a signature, so that two calls do not share them.
pub(crate) fn rename(kind: &Type, first: u32) -> Type {
    match kind {
        Type::Param(param) => Type::Param(first + param),
        Type::List(inner) => Type::list(rename(inner, first)),
        Type::Map(key, value) => Type::map(rename(key, first), rename(value, first)),
        Type::Optional(inner) => Type::optional(rename(inner, first)),
        Type::Type(inner) => Type::Type(rename(inner, first).into()),
        plain => plain.clone(),
    }
}
