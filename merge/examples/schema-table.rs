//! Writes the table of the built-in kinds from what an API server publishes.
//!
//! ```text
//! cargo run -p gotk-merge --example schema-table -- 1.37.1 merge/src/schema/builtin.bin v3/*.json
//! ```
//!
//! The documents are the answers to the paths that `GET /openapi/v3` lists, one file each.

#![expect(clippy::print_stdout, reason = "a program that talks to a person")]

use std::error::Error;
use std::fs;

use gotk_merge::Schema;
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(version), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("usage: schema-table <kubernetes version> <out> <document>...".into());
    };
    let mut documents = Vec::new();
    for path in arguments {
        let mut document: Value = serde_json::from_slice(&fs::read(&path)?)?;
        // Paths of mere discovery describe no types.
        if document.pointer("/components/schemas").is_some() {
            document["info"]["version"] = Value::from(version.as_str());
            documents.push(document);
        }
    }
    let schema = Schema::from_openapi(&documents)?;
    let table = schema.to_table();
    fs::write(&out, &table)?;
    let kinds = schema.kinds().len();
    println!(
        "{out}: Kubernetes {}, {} types, {kinds} kinds, {} bytes",
        schema.version(),
        schema.len(),
        table.len()
    );
    Ok(())
}
