//! `size`: characters of text, bytes, elements, entries.

use crate::cel::eval::Outcome;
use crate::cel::functions::mismatch;
use crate::cel::meter::Meter;
use crate::cel::signature::{Declaration, function, member};
use crate::cel::value::Value;

pub(crate) const TABLE: &[Declaration] = &[
    function("size", "(bytes) int", size),
    function("size", "(list(A)) int", size),
    function("size", "(map(A, B)) int", size),
    function("size", "(string) int", size),
    member("size", "(bytes) int", size),
    member("size", "(list(A)) int", size),
    member("size", "(map(A, B)) int", size),
    member("size", "(string) int", size),
];

fn size<'a>(meter: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let size = match arguments {
        [Value::Bytes(bytes)] => bytes.len(),
        [Value::List(list)] => list.len(),
        [Value::Map(map)] => map.len(),
        [Value::String(text)] => {
            meter.scan(text.len())?;
            text.chars().count()
        }
        _ => return Err(mismatch()),
    };
    Ok(Value::Int(size as i64))
}
