//! Asking for a pack, and taking it out of the answer.

use std::io;

use bytes::Bytes;
use tokio::sync::mpsc::Sender;

use crate::id::ObjectId;
use crate::protocol::AGENT;
use crate::protocol::greeting::{Greeting, Version};
use crate::protocol::line::{self, Line, Lines, Refusal, malformed};

/// Which objects are wanted, and which are here already.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) wants: Vec<ObjectId>,
    /// Commits that are here with their whole trees.
    pub(crate) haves: Vec<ObjectId>,
    /// Those of them whose parents are not here.
    pub(crate) shallow: Vec<ObjectId>,
    pub(crate) depth: Depth,
    /// Whether what the commits hold is wanted too; a server may send it all the same.
    pub(crate) trees: bool,
}

/// How much history comes with what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// The commits alone.
    One,
    /// Everything they grew from.
    Whole,
}

impl Wish {
    /// Whether the server can cut history off.
    pub(crate) fn can_be_shallow(greeting: &Greeting) -> bool {
        match greeting.version {
            Version::Two => greeting.command_offers("fetch", "shallow"),
            Version::Zero(_) => greeting.offers("shallow"),
        }
    }

    /// Whether the pack may build on what is here. A server leaves out what a commit without its
    /// parents has in common with one that is here only when it may do that.
    pub(crate) fn is_thin(&self) -> bool {
        self.trees && !self.haves.is_empty()
    }

    /// Everything in one message: what is here is known beforehand, so nothing is negotiated.
    pub(crate) fn request(&self, greeting: &Greeting) -> Vec<u8> {
        match greeting.version {
            Version::Two => self.request_two(greeting),
            Version::Zero(_) => self.request_zero(greeting),
        }
    }

    fn request_two(&self, greeting: &Greeting) -> Vec<u8> {
        let mut out = Vec::new();
        line::write(&mut out, "command=fetch\n");
        super::write_identity(&mut out, greeting);
        out.extend_from_slice(line::DELIMITER);
        line::write(&mut out, "ofs-delta\n");
        if self.is_thin() {
            line::write(&mut out, "thin-pack\n");
        }
        line::write(&mut out, "no-progress\n");
        self.write_limits(&mut out);
        if !self.trees && greeting.command_offers("fetch", "filter") {
            line::write(&mut out, "filter tree:0\n");
        }
        for want in &self.wants {
            line::write(&mut out, &format!("want {want}\n"));
        }
        self.write_haves(&mut out);
        out.extend_from_slice(line::FLUSH);
        out
    }

    fn request_zero(&self, greeting: &Greeting) -> Vec<u8> {
        let mut out = Vec::new();
        let mut capabilities = String::new();
        for capability in
            ["side-band-64k", "side-band", "ofs-delta", "no-progress", "shallow", "thin-pack"]
        {
            let second_band = capability == "side-band" && greeting.offers("side-band-64k");
            let useless = capability == "thin-pack" && !self.is_thin();
            if greeting.offers(capability) && !second_band && !useless {
                capabilities += &format!(" {capability}");
            }
        }
        if greeting.offers("agent") {
            capabilities += &format!(" agent={AGENT}");
        }
        if greeting.offers("object-format") {
            capabilities += &format!(" object-format={}", greeting.algorithm);
        }
        for want in &self.wants {
            line::write(&mut out, &format!("want {want}{}\n", std::mem::take(&mut capabilities)));
        }
        self.write_limits(&mut out);
        out.extend_from_slice(line::FLUSH);
        self.write_haves(&mut out);
        out
    }

    fn write_limits(&self, out: &mut Vec<u8>) {
        for id in &self.shallow {
            line::write(out, &format!("shallow {id}\n"));
        }
        if self.depth == Depth::One {
            line::write(out, "deepen 1\n");
        }
    }

    fn write_haves(&self, out: &mut Vec<u8>) {
        for id in &self.haves {
            line::write(out, &format!("have {id}\n"));
        }
        line::write(out, "done\n");
    }
}

/// Reads the answer to a [`Wish`]: hands the pack to `pack`, and returns where history was cut.
///
/// It ends early, without an error, when nobody takes the pack any more: whoever stopped taking
/// it knows why.
pub(crate) async fn receive(
    lines: &mut Lines,
    greeting: &Greeting,
    depth: Depth,
    pack: Sender<Bytes>,
) -> io::Result<Vec<ObjectId>> {
    let shallow = match greeting.version {
        Version::Two => sections_before_pack(lines).await?,
        Version::Zero(_) => lines_before_pack(lines, greeting, depth, &pack).await?,
    };
    while let Some(bytes) = band(lines).await? {
        if pack.send(bytes).await.is_err() {
            break;
        }
    }
    Ok(shallow)
}

/// Protocol 2: named sections, the last of which is the pack.
async fn sections_before_pack(lines: &mut Lines) -> io::Result<Vec<ObjectId>> {
    let mut shallow = Vec::new();
    loop {
        match lines.text().await? {
            Some("packfile") => return Ok(shallow),
            Some("shallow-info" | "acknowledgments" | "wanted-refs" | "packfile-uris") => {}
            Some(line) => add_shallow(&mut shallow, line)?,
            None => {}
        }
    }
}

/// Protocol 0: the lines about history end with a flush, if any history was to be cut; then
/// acknowledgements; then the pack, which starts in the first line of another kind.
async fn lines_before_pack(
    lines: &mut Lines,
    greeting: &Greeting,
    depth: Depth,
    pack: &Sender<Bytes>,
) -> io::Result<Vec<ObjectId>> {
    let mut shallow = Vec::new();
    if depth == Depth::One {
        while let Some(line) = lines.text().await? {
            add_shallow(&mut shallow, line)?;
        }
    }
    if !greeting.offers("side-band-64k") && !greeting.offers("side-band") {
        return Err(malformed("packs without a side band, which is not supported"));
    }
    loop {
        match lines.next().await? {
            Line::Data(line) if line.starts_with(b"ACK ") || line.starts_with(b"NAK") => {}
            Line::Data(line) => {
                if let Some(bytes) = of_band(line)? {
                    // Its end is noticed by the caller's next line.
                    let _ = pack.send(bytes).await;
                }
                return Ok(shallow);
            }
            _ => return Err(malformed("an answer without a pack")),
        }
    }
}

fn add_shallow(shallow: &mut Vec<ObjectId>, line: &str) -> io::Result<()> {
    if shallow.len() == MOST_SHALLOW {
        return Err(malformed("more shallow commits than were asked for"));
    }
    if let Some(id) = line.strip_prefix("shallow ") {
        shallow
            .push(ObjectId::parse(id).ok_or_else(|| malformed("a shallow commit without an id"))?);
    }
    Ok(())
}

/// The next bytes of the pack, or `None` after the last ones.
async fn band(lines: &mut Lines) -> io::Result<Option<Bytes>> {
    loop {
        let Line::Data(line) = lines.next().await? else { return Ok(None) };
        if let Some(bytes) = of_band(line)? {
            return Ok(Some(bytes));
        }
    }
}

/// The first byte of a line says what it carries: 1 the pack, 2 progress, 3 why it ends here.
fn of_band(line: &[u8]) -> io::Result<Option<Bytes>> {
    match line.split_first() {
        Some((1, bytes)) => Ok(Some(Bytes::copy_from_slice(bytes))),
        Some((2, _)) => Ok(None),
        Some((3, message)) => Err(io::Error::other(Refusal::new(message))),
        _ => Err(malformed("a pack outside of its side band")),
    }
}

const MOST_SHALLOW: usize = 1_000_000;
