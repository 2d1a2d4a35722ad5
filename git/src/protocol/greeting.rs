//! The first message of a server: which protocol it speaks, and in versions 0 and 1 its references.

use std::io;

use crate::id::{Algorithm, ObjectId};
use crate::protocol::line::{Lines, NOT_TEXT, malformed};
use crate::protocol::listing::{Listing, RemoteRef};

/// What a server can do.
#[derive(Clone, Debug)]
pub(crate) struct Greeting {
    pub(crate) version: Version,
    pub(crate) algorithm: Algorithm,
    capabilities: Vec<String>,
}

/// Protocol 2 asks for references; protocols 0 and 1 begin with all of them.
#[derive(Clone, Debug)]
pub(crate) enum Version {
    Two,
    Zero(Listing),
}

impl Greeting {
    /// Reads the message of a server that was asked for protocol 2.
    pub(crate) async fn read(lines: &mut Lines, limit: usize) -> io::Result<Self> {
        match lines.text().await? {
            Some("version 2") => Self::read_two(lines).await,
            Some("version 1") => {
                let first = lines.text().await?.map(str::to_owned);
                Self::read_zero(lines, first, limit).await
            }
            first => {
                let first = first.map(str::to_owned);
                Self::read_zero(lines, first, limit).await
            }
        }
    }

    async fn read_two(lines: &mut Lines) -> io::Result<Self> {
        let mut capabilities = Vec::new();
        while let Some(line) = lines.text().await? {
            if capabilities.len() == MOST_CAPABILITIES {
                return Err(malformed("more capabilities than any server has"));
            }
            capabilities.push(line.to_owned());
        }
        let algorithm = algorithm(&capabilities)?;
        Ok(Self { version: Version::Two, algorithm, capabilities })
    }

    /// Each line is `<id> <name>`, the first one followed by NUL and capabilities. An empty
    /// repository sends one line for `capabilities^{}`, or none.
    async fn read_zero(lines: &mut Lines, first: Option<String>, limit: usize) -> io::Result<Self> {
        let first = first.unwrap_or_default();
        let (first, capabilities) = first.split_once('\0').unwrap_or((&first, ""));
        let capabilities: Vec<_> =
            capabilities.split_ascii_whitespace().map(str::to_owned).collect();
        let algorithm = algorithm(&capabilities)?;
        let mut listing = Listing::new(limit);
        if !first.is_empty() {
            add_zero(&mut listing, first)?;
            while let Some(line) = lines.text().await? {
                add_zero(&mut listing, line)?;
            }
        }
        for target in capabilities.iter().filter_map(|c| c.strip_prefix("symref=")) {
            if let Some((name, target)) = target.split_once(':') {
                listing.set_symref(name, target);
            }
        }
        Ok(Self { version: Version::Zero(listing), algorithm, capabilities })
    }

    /// Whether a capability is offered, with or without a value.
    pub(crate) fn offers(&self, capability: &str) -> bool {
        self.value(capability).is_some()
    }

    /// Whether protocol 2's `command` knows `feature`.
    pub(crate) fn command_offers(&self, command: &str, feature: &str) -> bool {
        self.value(command).is_some_and(|features| features.split(' ').any(|f| f == feature))
    }

    fn value(&self, capability: &str) -> Option<&str> {
        self.capabilities.iter().find_map(|offered| match offered.split_once('=') {
            Some((name, value)) if name == capability => Some(value),
            None if offered == capability => Some(""),
            _ => None,
        })
    }
}

fn add_zero(listing: &mut Listing, line: &str) -> io::Result<()> {
    if line == NOT_TEXT {
        return Ok(()); // a name that is not UTF-8 cannot be asked for
    }
    let (id, name) =
        line.split_once(' ').ok_or_else(|| malformed("a line that lists no reference"))?;
    if name == "capabilities^{}" || id == "shallow" {
        return Ok(());
    }
    let id = ObjectId::parse(id).ok_or_else(|| malformed("a reference without an id"))?;
    match name.strip_suffix("^{}") {
        Some(tag) => listing.set_peeled(tag, id),
        None => listing.add(RemoteRef { name: name.to_owned(), id, peeled: None, target: None })?,
    }
    Ok(())
}

fn algorithm(capabilities: &[String]) -> io::Result<Algorithm> {
    let named = capabilities.iter().find_map(|c| c.strip_prefix("object-format="));
    let named = named.unwrap_or("sha1");
    named
        .parse()
        .map_err(|()| malformed(format!("objects named by {named:?}, which is not known here")))
}

const MOST_CAPABILITIES: usize = 1000;
