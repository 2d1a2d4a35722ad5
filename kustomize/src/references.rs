//! Names of objects in other objects, mended after the objects were renamed.

use std::collections::{HashMap, HashSet};

use lean_string::LeanString;

use crate::edit;
use crate::fault::Fault;
use crate::field::{self, Create};
use crate::fieldspec::{FieldSpec, NameBackReference};
use crate::gvk::{Gvk, NO_NAMESPACE, ResId};
use crate::node::{Content, Node};
use crate::objects::Objects;
use crate::resource::{Past, Resource};
use crate::schema::Schema;
use crate::transform;

/// Mends all names that the table knows of.
pub(crate) fn fix(
    objects: &mut Objects,
    table: &[NameBackReference],
    schema: &Schema,
) -> Result<(), Box<Fault>> {
    let by_kind = ByKind::new(table);
    let by_name = objects.by_earlier_name();
    let moves = moves(objects, schema);
    let list = objects.as_mut_slice();
    for at in 0..list.len() {
        let specs = by_kind.of(&list[at].original_id(schema).gvk);
        if specs.is_empty() {
            continue;
        }
        let about = About::new(&list[at], schema);
        // The names of others are read while this one is changed.
        let mut node = std::mem::replace(&mut list[at].node, Node::null());
        let all = Everything { list, own: (at, &about), by_name: &by_name, moves: &moves, schema };
        let done = about.check().and_then(|()| {
            specs.iter().try_for_each(|(target, spec)| {
                let fixer = Fixer { about: &about, target, spec, all: &all };
                field::apply(spec, &mut node, Create::Nothing, &mut |field| fixer.set(field))
            })
        });
        list[at].node = node;
        done.map_err(|problem| transform::fault(problem, &list[at]))?;
    }
    Ok(())
}

/// The first namespaces of the objects that are in a namespace now.
type Moves = HashMap<LeanString, HashSet<LeanString>>;

fn moves(objects: &Objects, schema: &Schema) -> Moves {
    let mut moves = Moves::new();
    for resource in objects.as_slice() {
        let now = resource.id(schema).namespace;
        moves.entry(now).or_default().insert(resource.original_id(schema).namespace);
    }
    moves
}

/// The rows of the table, by the kind of the referrer.
struct ByKind<'t> {
    named: HashMap<&'t str, Vec<Row<'t>>>,
    any: Vec<Row<'t>>,
}

/// A row with its place in the table.
type Row<'t> = (usize, &'t Gvk, &'t FieldSpec);

impl<'t> ByKind<'t> {
    fn new(table: &'t [NameBackReference]) -> Self {
        let mut by_kind = Self { named: HashMap::new(), any: Vec::new() };
        let rows =
            table.iter().flat_map(|row| row.referrers.iter().map(move |spec| (&row.gvk, spec)));
        for (place, (target, spec)) in rows.enumerate() {
            match spec.gvk.kind.as_str() {
                "" => by_kind.any.push((place, target, spec)),
                kind => by_kind.named.entry(kind).or_default().push((place, target, spec)),
            }
        }
        by_kind
    }

    /// The rows for a kind, in the order of the table.
    fn of(&self, gvk: &Gvk) -> Vec<(&'t Gvk, &'t FieldSpec)> {
        let named = self.named.get(gvk.kind.as_str()).map(Vec::as_slice).unwrap_or_default();
        let rows = named.iter().chain(&self.any);
        let mut rows: Vec<&Row<'t>> =
            rows.filter(|(_, _, spec)| gvk.is_selected_by(&spec.gvk)).collect();
        rows.sort_unstable_by_key(|(place, _, _)| *place);
        rows.into_iter().map(|&(_, target, spec)| (target, spec)).collect()
    }
}

/// What has to be known about the object in which names are mended.
struct About {
    gvk: Gvk,
    id: ResId,
    name: LeanString,
    /// The namespace as it stands there.
    namespace: LeanString,
    /// What its `roleRef` says about the role.
    role: Option<Gvk>,
    /// The namespaces of the accounts that a role binding names.
    binds: Result<HashSet<String>, String>,
}

impl About {
    fn new(of: &Resource, schema: &Schema) -> Self {
        Self {
            gvk: of.gvk(),
            id: of.id(schema),
            name: of.name().into(),
            namespace: of.namespace().into(),
            role: role(&of.node),
            binds: bound_namespaces(&of.node, of.kind()),
        }
    }

    fn check(&self) -> Result<(), String> {
        match &self.binds {
            Err(problem) if !self.id.is_cluster_scoped() => Err(problem.clone()),
            _ => Ok(()),
        }
    }

    /// Whether an object in a namespace can be referred to at all.
    fn reaches(&self, id: &ResId, namespace: &str) -> bool {
        self.id.is_cluster_scoped()
            || id.is_cluster_scoped()
            || id.namespace == self.id.namespace
            || self.binds.as_ref().is_ok_and(|binds| binds.contains(namespace))
    }
}

fn role(node: &Node) -> Option<Gvk> {
    let role = node.get("roleRef")?;
    let (group, kind) = (role.get("apiGroup")?, role.get("kind")?);
    Some(Gvk {
        group: group.text().into(),
        version: LeanString::default(),
        kind: kind.text().into(),
    })
}

fn bound_namespaces(node: &Node, kind: &str) -> Result<HashSet<String>, String> {
    let mut namespaces = HashSet::new();
    if kind != "RoleBinding" {
        return Ok(namespaces);
    }
    for subject in node.get("subjects").map(Node::items).unwrap_or_default() {
        let is_account = subject.get("kind").is_some_and(|kind| kind.text() == "ServiceAccount");
        let Some(namespace) = subject.get("namespace").filter(|_| is_account) else { continue };
        if namespace.kind() != crate::node::Tag::Str {
            return Err("subjects: a namespace is blank".to_owned());
        }
        namespaces.insert(namespace.text().to_owned());
    }
    Ok(namespaces)
}

/// All objects, of which one is being changed.
struct Everything<'a> {
    list: &'a [Resource],
    own: (usize, &'a About),
    by_name: &'a HashMap<LeanString, Vec<usize>>,
    moves: &'a Moves,
    schema: &'a Schema,
}

/// What is known about an object that a name may mean.
struct Candidate<'a> {
    id: ResId,
    name: &'a str,
    namespace: &'a str,
    past: &'a Past,
    gvk: Gvk,
}

impl Everything<'_> {
    fn candidate(&self, at: usize) -> Candidate<'_> {
        let (own, about) = self.own;
        let resource = &self.list[at];
        if at == own {
            return Candidate {
                id: about.id.clone(),
                name: &about.name,
                namespace: &about.namespace,
                past: &resource.past,
                gvk: about.gvk.clone(),
            };
        }
        Candidate {
            id: resource.id(self.schema),
            name: resource.name(),
            namespace: resource.namespace(),
            past: &resource.past,
            gvk: resource.gvk(),
        }
    }

    /// Whether something that can be referred to was in a namespace at first.
    fn was_inhabited(&self, namespace: &str) -> bool {
        let (_, about) = self.own;
        self.moves.iter().any(|(now, firsts)| {
            let id = ResId { namespace: now.clone(), ..ResId::default() };
            firsts.contains(namespace) && about.reaches(&id, now)
        })
    }
}

/// Mends one field.
struct Fixer<'f> {
    about: &'f About,
    target: &'f Gvk,
    spec: &'f FieldSpec,
    all: &'f Everything<'f>,
}

impl Fixer<'_> {
    fn set(&self, field: &mut Node) -> Result<(), String> {
        if field.is_null() {
            return Ok(());
        }
        match &mut field.content {
            Content::Scalar(_) => self.set_name(field),
            Content::Mapping(_) => self.set_mapping(field),
            Content::Sequence(items) => items.iter_mut().try_for_each(|item| match item.content {
                _ if item.is_null() => Ok(()),
                Content::Scalar(_) => self.set_name(item),
                Content::Mapping(_) => self.set_mapping(item),
                Content::Sequence(_) => {
                    Err("a name or a mapping with a name is expected".to_owned())
                }
            }),
        }
    }

    fn set_name(&self, field: &mut Node) -> Result<(), String> {
        let found = self.find(field.text(), None, |one, other| one.0 == other.0)?;
        match found {
            Some((name, _)) if name != field.text() => edit::set_scalar(field, Node::plain(name)),
            _ => Ok(()),
        }
    }

    fn set_mapping(&self, field: &mut Node) -> Result<(), String> {
        let Some(name) = field.get("name") else {
            return Err("the mapping has no name".to_owned());
        };
        let namespace = field.get("namespace").map(|node| node.text().to_owned());
        let old = name.text().to_owned();
        let found = self.find(&old, namespace.as_deref(), |one, other| one == other)?;
        let Some((name, namespace)) = found else { return Ok(()) };
        if name == old && namespace.is_empty() {
            return Ok(());
        }
        edit::set_field(field, "name", Node::plain(name))?;
        if namespace.is_empty() {
            return Ok(());
        }
        edit::set_field(field, "namespace", Node::plain(namespace))
    }

    /// The present name and namespace of the object that a name means, if it is one of the build.
    fn find(
        &self,
        name: &str,
        namespace: Option<&str>,
        are_same: fn(&(String, String), &(String, String)) -> bool,
    ) -> Result<Option<(String, String)>, String> {
        let Some(places) = self.all.by_name.get(name) else { return Ok(None) };
        let candidates = places.iter().map(|&at| self.all.candidate(at));
        let mut fitting: Vec<_> = candidates
            .filter(|one| self.about.reaches(&one.id, one.namespace) && self.is_meant(one, name))
            .collect();
        if let Some(namespace) = namespace {
            let by_first = self.all.was_inhabited(namespace);
            fitting.retain(|candidate| {
                let is =
                    if by_first { candidate.first_namespace() } else { &candidate.id.namespace };
                is == namespace && *is != NO_NAMESPACE
            });
        }
        if fitting.len() > 1 {
            fitting.retain(|candidate| self.is_akin(candidate, true));
        }
        if fitting.len() > 1 {
            fitting.retain(|candidate| self.is_akin(candidate, false));
        }
        let found =
            |candidate: &Candidate<'_>| (candidate.name.to_owned(), candidate.namespace.to_owned());
        let found: Vec<_> = fitting.iter().map(found).collect();
        match found.as_slice() {
            [] => Ok(None),
            [first, others @ ..] if others.iter().all(|other| are_same(first, other)) => {
                Ok(Some(first.clone()))
            }
            _ => {
                let ids: Vec<_> = fitting.iter().map(|one| one.id.to_string()).collect();
                Err(format!("{name:?} may mean any of {}", ids.join(", ")))
            }
        }
    }

    /// Whether the name and kind are those that the field means.
    fn is_meant(&self, candidate: &Candidate<'_>, name: &str) -> bool {
        let was = |selector: &Gvk| {
            candidate.past.ids.iter().any(|earlier| {
                let gvk = Gvk { kind: earlier.kind.clone(), ..candidate.gvk.clone() };
                gvk.is_selected_by(selector)
            })
        };
        let is_role = self.spec.path.ends_with("roleRef/name");
        let own = &self.about.id;
        candidate.past.ids.iter().any(|earlier| earlier.name == name)
            && was(self.target)
            && (!is_role || self.about.role.as_ref().is_none_or(was))
            && (own.is_cluster_scoped()
                || candidate.id.is_cluster_scoped()
                || candidate.gvk.kind == "ServiceAccount"
                || candidate.id.namespace == own.namespace)
    }

    /// Whether it got its name by the same prefixes and suffixes.
    fn is_akin(&self, candidate: &Candidate<'_>, allow_none: bool) -> bool {
        let fits = |one: &[LeanString], other: &[LeanString]| {
            (allow_none && (one.is_empty() || other.is_empty())) || end_alike(one, other)
        };
        let (own, other) = (&self.all.list[self.all.own.0].past, candidate.past);
        fits(&own.prefixes, &other.prefixes) && fits(&own.suffixes, &other.suffixes)
    }
}

impl Candidate<'_> {
    fn first_namespace(&self) -> &LeanString {
        self.past.ids.first().map_or(&self.id.namespace, |earlier| &earlier.namespace)
    }
}

/// Whether the shorter of two lists is the end of the longer one.
fn end_alike(one: &[LeanString], other: &[LeanString]) -> bool {
    let (short, long) = if one.len() > other.len() { (other, one) } else { (one, other) };
    if short.is_empty() { long.is_empty() } else { long.ends_with(short) }
}
