//! The compact form that the schema of the built-in kinds is kept in.
//!
//! A header, the strings once each, then the types in order of their ids. Numbers are LEB128.
//! `examples/schema-table.rs` writes it from what an API server publishes.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use smol_str::SmolStr;

use super::{Atom, Field, FieldFacts, Gvk, ListType, MapType, ScalarType, Schema, TypeId};
use crate::error::Error;

const MAGIC: &[u8] = b"gotk-merge-schema\x01";
static BUILTIN: &[u8] = include_bytes!("builtin.bin");

/// The schema of the built-in kinds, read at first use.
pub(crate) fn builtin() -> &'static Arc<Schema> {
    static SCHEMA: OnceLock<Arc<Schema>> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let schema = Schema::from_table(BUILTIN);
        Arc::new(schema.expect("the committed table is read by a test"))
    })
}

impl Schema {
    /// The schema of the built-in kinds, as a kube-apiserver of [`version`](Self::version) has it.
    pub fn builtin() -> Arc<Self> {
        Arc::clone(builtin())
    }

    /// Writes the schema in a compact form for [`from_table`](Self::from_table).
    pub fn to_table(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.text(&self.version);
        let mut names: Vec<_> = self.names.iter().collect();
        names.sort();
        writer.number(self.atoms.len());
        self.atoms.iter().for_each(|atom| writer.atom(atom));
        writer.number(names.len());
        for (name, id) in names {
            writer.text(name);
            writer.number(*id as usize);
        }
        let kinds = self.kinds();
        writer.number(kinds.len());
        for gvk in kinds {
            for part in [&gvk.group, &gvk.version, &gvk.kind] {
                writer.text(part);
            }
            writer.number(self.kinds[gvk] as usize);
        }
        writer.finish()
    }

    /// Reads what [`to_table`](Self::to_table) wrote.
    ///
    /// # Errors
    ///
    /// When it is anything else.
    pub fn from_table(table: &[u8]) -> Result<Self, Error> {
        let bad = || Error::Schema { message: "not a schema table, or a damaged one".to_owned() };
        let rest = table.strip_prefix(MAGIC).ok_or_else(bad)?;
        let mut reader = Reader { rest, strings: Vec::new() };
        reader.schema().filter(Self::is_sound).ok_or_else(bad)
    }

    /// Whether every reference leads somewhere.
    fn is_sound(&self) -> bool {
        let known = |id: TypeId| (id as usize) < self.atoms.len();
        self.names.values().chain(self.kinds.values()).all(|id| known(*id))
            && self.atoms.iter().all(|atom| {
                atom.list.as_ref().is_none_or(|list| known(list.element))
                    && atom.map.as_ref().is_none_or(|map| {
                        map.element.is_none_or(known) && map.fields.iter().all(|it| known(it.of))
                    })
            })
    }
}

#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    strings: Vec<String>,
    known: HashMap<String, usize>,
}

impl Writer {
    fn number(&mut self, mut number: usize) {
        while number > 0x7f {
            self.out.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.out.push(number as u8);
    }

    fn text(&mut self, text: &str) {
        let next = self.strings.len();
        let id = *self.known.entry(text.to_owned()).or_insert(next);
        if id == next {
            self.strings.push(text.to_owned());
        }
        self.number(id);
    }

    fn optional(&mut self, text: Option<&SmolStr>) {
        self.out.push(u8::from(text.is_some()));
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn texts(&mut self, texts: &[SmolStr]) {
        self.number(texts.len());
        texts.iter().for_each(|text| self.text(text));
    }

    fn atom(&mut self, atom: &Atom) {
        let scalar = atom.scalar.map_or(0, |it| it as u8 + 1);
        let flags = [atom.list.is_some(), atom.map.is_some(), atom.missing];
        self.out.push(bits(&flags) << 3 | scalar);
        self.optional(atom.name.as_ref());
        if let Some(list) = &atom.list {
            self.out.push(u8::from(list.atomic));
            self.number(list.element as usize);
            self.texts(&list.keys);
        }
        if let Some(map) = &atom.map {
            self.out.push(u8::from(map.atomic));
            self.number(map.element.map_or(0, |id| id as usize + 1));
            self.number(map.fields.len());
            map.fields.iter().for_each(|field| self.field(field));
        }
    }

    fn field(&mut self, field: &Field) {
        self.text(&field.name);
        self.number(field.of as usize);
        let facts = &field.facts;
        self.out.push(bits(&[
            facts.required,
            facts.patch_merge,
            facts.patch_retain_keys,
            field.default.is_some(),
            facts.merge_key.is_some(),
            facts.format.is_some(),
            !facts.allowed.is_empty(),
        ]));
        if let Some(default) = &field.default {
            self.text(&default.to_string());
        }
        facts.merge_key.iter().chain(&facts.format).for_each(|text| self.text(text));
        if !facts.allowed.is_empty() {
            self.texts(&facts.allowed);
        }
    }

    fn finish(self) -> Vec<u8> {
        let mut head = Self::default();
        head.out.extend_from_slice(MAGIC);
        head.number(self.strings.len());
        for text in &self.strings {
            head.number(text.len());
            head.out.extend_from_slice(text.as_bytes());
        }
        head.out.extend_from_slice(&self.out);
        head.out
    }
}

fn bits(flags: &[bool]) -> u8 {
    flags.iter().rev().fold(0, |byte, flag| byte << 1 | u8::from(*flag))
}

struct Reader<'t> {
    rest: &'t [u8],
    strings: Vec<SmolStr>,
}

impl Reader<'_> {
    fn schema(&mut self) -> Option<Schema> {
        self.strings()?;
        let version = self.text()?.to_string();
        let atoms = self.many(Self::atom)?;
        let names = self.many(|it| Some((it.text()?, it.id()?)))?.into_iter().collect();
        let kinds = self.many(Self::kind)?.into_iter().collect();
        self.rest.is_empty().then_some(Schema { atoms, names, kinds, version })
    }

    fn strings(&mut self) -> Option<()> {
        self.strings = self.many(|it| {
            let size = it.number()?;
            let (text, rest) = it.rest.split_at_checked(size)?;
            it.rest = rest;
            std::str::from_utf8(text).ok().map(SmolStr::new)
        })?;
        Some(())
    }

    fn kind(&mut self) -> Option<(Gvk, TypeId)> {
        let (group, version, kind) = (self.text()?, self.text()?, self.text()?);
        Some((Gvk::new(&group, &version, &kind), self.id()?))
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    fn number(&mut self) -> Option<usize> {
        let mut number = 0_usize;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn id(&mut self) -> Option<TypeId> {
        TypeId::try_from(self.number()?).ok()
    }

    fn text(&mut self) -> Option<SmolStr> {
        let id = self.number()?;
        self.strings.get(id).cloned()
    }

    fn texts(&mut self) -> Option<Vec<SmolStr>> {
        self.many(Self::text)
    }

    /// A counted run. Every item takes at least a byte, so the count cannot ask for more memory
    /// than the table has.
    fn many<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number().filter(|count| *count <= self.rest.len())?;
        (0..count).map(|_| item(self)).collect()
    }

    fn atom(&mut self) -> Option<Atom> {
        let head = self.byte()?;
        let scalar = match head & 7 {
            0 => None,
            1 => Some(ScalarType::Numeric),
            2 => Some(ScalarType::String),
            3 => Some(ScalarType::Boolean),
            _ => Some(ScalarType::Untyped),
        };
        let has_name = self.byte()? == 1;
        Some(Atom {
            scalar,
            name: if has_name { Some(self.text()?) } else { None },
            list: if head & 8 != 0 { Some(self.list()?) } else { None },
            map: if head & 16 != 0 { Some(self.map()?) } else { None },
            missing: head & 32 != 0,
        })
    }

    fn list(&mut self) -> Option<ListType> {
        let atomic = self.byte()? == 1;
        Some(ListType { atomic, element: self.id()?, keys: self.texts()? })
    }

    fn map(&mut self) -> Option<MapType> {
        let atomic = self.byte()? == 1;
        let element = self.id()?.checked_sub(1);
        Some(MapType { atomic, element, fields: self.many(Self::field)? })
    }

    fn field(&mut self) -> Option<Field> {
        let (name, of, flags) = (self.text()?, self.id()?, self.byte()?);
        let has = |bit: u8| flags >> bit & 1 == 1;
        let default: Option<Value> =
            if has(3) { Some(serde_json::from_str(&self.text()?).ok()?) } else { None };
        let facts = FieldFacts {
            required: has(0),
            patch_merge: has(1),
            patch_retain_keys: has(2),
            merge_key: if has(4) { Some(self.text()?) } else { None },
            format: if has(5) { Some(self.text()?) } else { None },
            allowed: if has(6) { self.texts()? } else { Vec::new() },
        };
        Some(Field { name, of, default, facts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_table_is_whole() {
        let schema = Schema::from_table(BUILTIN).unwrap();
        assert_eq!(schema.version(), "1.37.1");
        assert!(schema.kinds.contains_key(&Gvk::new("apps", "v1", "Deployment")));
        assert_eq!(schema.to_table(), BUILTIN);
        let missing: Vec<_> = schema.atoms.iter().filter(|it| it.missing).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn damage_is_an_error() {
        for end in (0..BUILTIN.len()).step_by(997) {
            assert!(Schema::from_table(&BUILTIN[..end]).is_err(), "{end}");
        }
        let mut table = BUILTIN.to_vec();
        table.push(0);
        assert!(Schema::from_table(&table).is_err());
    }
}
