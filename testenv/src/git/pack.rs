//! A pack of whole objects, written while it is sent.

use std::io;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::line;
use super::store::Object;
use gix::objs::Kind;

/// Writes a pack in pieces as the client takes them: on a side band, or bare.
pub(crate) async fn write(
    objects: &[Object],
    kind: gix::hash::Kind,
    band: Option<usize>,
    to: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let mut pack = Pack { hasher: gix::hash::hasher(kind), pending: Vec::new(), band };
    let count = u32::try_from(objects.len()).map_err(io::Error::other)?;
    pack.add(&[b"PACK".as_slice(), &2_u32.to_be_bytes(), &count.to_be_bytes()].concat());
    for object in objects {
        pack.add(&header(object));
        for piece in object.deflated.chunks(PIECE) {
            pack.add(piece);
            pack.send(to, PIECE).await?;
        }
    }
    let hash =
        pack.hasher.clone().try_finalize().map_err(|error| io::Error::other(error.to_string()))?;
    pack.pending.extend_from_slice(hash.as_slice());
    pack.send(to, 1).await
}

struct Pack {
    hasher: gix::hash::Hasher,
    pending: Vec<u8>,
    band: Option<usize>,
}

impl Pack {
    fn add(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.pending.extend_from_slice(bytes);
    }

    /// Sends what is pending where it is at least `least` bytes.
    async fn send(&mut self, to: &mut (impl AsyncWrite + Unpin), least: usize) -> io::Result<()> {
        if self.pending.len() < least {
            return Ok(());
        }
        match self.band {
            None => to.write_all(&self.pending).await?,
            Some(longest) => {
                let mut lines = Vec::with_capacity(self.pending.len() + 64);
                for piece in self.pending.chunks(longest - 5) {
                    line::data(&mut lines, &[&[1], piece].concat());
                }
                to.write_all(&lines).await?;
            }
        }
        self.pending.clear();
        Ok(())
    }
}

/// Three bits of kind and a length, seven bits a byte, the lowest first.
fn header(object: &Object) -> Vec<u8> {
    let kind = match object.kind {
        Kind::Commit => 1,
        Kind::Tree => 2,
        Kind::Blob => 3,
        Kind::Tag => 4,
    };
    let mut out = vec![(kind << 4) | (object.size & 0xf) as u8];
    let mut rest = object.size >> 4;
    while rest > 0 {
        if let Some(last) = out.last_mut() {
            *last |= 0x80;
        }
        out.push((rest & 0x7f) as u8);
        rest >>= 7;
    }
    out
}

const PIECE: usize = 1 << 16;
