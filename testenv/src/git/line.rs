//! Packet lines: four hexadecimal digits of length, then that many bytes.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// One packet line of a client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Text, without its line feed.
    Text(String),
    /// `0000`: the message is over.
    Flush,
    /// `0001`: the section is over.
    Delimiter,
}

/// The next line, or `None` where the client has nothing more to say.
pub(crate) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Line>> {
    let mut digits = [0; 4];
    match from.read_exact(&mut digits).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    };
    let length =
        std::str::from_utf8(&digits).ok().and_then(|hex| usize::from_str_radix(hex, 16).ok());
    match length {
        Some(0) => Ok(Some(Line::Flush)),
        Some(1) => Ok(Some(Line::Delimiter)),
        Some(length @ 4..) => {
            let mut line = vec![0; length - 4];
            from.read_exact(&mut line).await?;
            let mut line = String::from_utf8(line).map_err(io::Error::other)?;
            if line.ends_with('\n') {
                line.pop();
            }
            Ok(Some(Line::Text(line)))
        }
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Adds a line of text.
pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    data(out, &[text.as_bytes(), b"\n"].concat());
}

/// Adds a line of bytes.
pub(crate) fn data(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(format!("{:04x}", bytes.len() + 4).as_bytes());
    out.extend_from_slice(bytes);
}

pub(crate) const FLUSH: &[u8] = b"0000";
pub(crate) const DELIMITER: &[u8] = b"0001";
