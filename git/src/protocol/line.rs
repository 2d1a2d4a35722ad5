//! Packet lines: four hexadecimal digits of length, then that many bytes.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// What a server sends, whatever carries it.
pub(crate) type Incoming = Box<dyn AsyncRead + Send + Unpin>;

/// One packet line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// Bytes, as they were sent.
    Data(&'a [u8]),
    /// `0000`: the message is over.
    Flush,
    /// `0001`: the section is over.
    Delimiter,
    /// `0002`: the response is over.
    End,
}

/// Reads packet lines; one line is in memory at a time, and none is longer than the protocol allows.
pub(crate) struct Lines {
    from: Incoming,
    line: Vec<u8>,
    digits: [u8; 4],
    /// The last line is to be returned once more.
    unread: bool,
}

impl Lines {
    pub(crate) fn new(from: Incoming) -> Self {
        Self { from, line: Vec::new(), digits: *b"0000", unread: false }
    }

    /// The next line; a stream that ends before one is an `UnexpectedEof`.
    pub(crate) async fn next(&mut self) -> io::Result<Line<'_>> {
        if !std::mem::take(&mut self.unread) {
            self.fill().await?;
        }
        match length(self.digits)? {
            0 => return Ok(Line::Flush),
            1 => return Ok(Line::Delimiter),
            2 => return Ok(Line::End),
            _ => {}
        }
        match self.line.strip_prefix(b"ERR ") {
            Some(message) => Err(io::Error::other(Refusal::new(message))),
            None => Ok(Line::Data(&self.line)),
        }
    }

    /// Makes [`next`](Self::next) return the line once more that it returned last.
    pub(crate) fn unread(&mut self) {
        self.unread = true;
    }

    async fn fill(&mut self) -> io::Result<()> {
        self.from.read_exact(&mut self.digits).await?;
        match length(self.digits)? {
            0..=2 => Ok(()),
            3 => Err(malformed("a packet line of length 3")),
            length => {
                self.line.resize(length - 4, 0);
                self.from.read_exact(&mut self.line).await.map(|_| ())
            }
        }
    }

    /// The next line as text without its line feed, or `None` at the end of the message.
    pub(crate) async fn text(&mut self) -> io::Result<Option<&str>> {
        match self.next().await? {
            Line::Data(bytes) => {
                let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
                Ok(Some(std::str::from_utf8(bytes).unwrap_or(NOT_TEXT)))
            }
            Line::Flush | Line::Delimiter | Line::End => Ok(None),
        }
    }
}

/// The server's own words for not doing what was asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refusal(String);

impl Refusal {
    /// Keeps what a person can read of `message`, and not too much of it.
    pub(crate) fn new(message: &[u8]) -> Self {
        let text = String::from_utf8_lossy(message);
        let printable = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
        Self(printable.take(300).collect())
    }

    pub(crate) fn message(&self) -> &str {
        &self.0
    }
}

/// Appends a line of data.
pub(crate) fn write(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(format!("{:04x}", text.len() + 4).as_bytes());
    out.extend_from_slice(text.as_bytes());
}

pub(crate) const FLUSH: &[u8] = b"0000";
pub(crate) const DELIMITER: &[u8] = b"0001";

/// Stands for a line that is not UTF-8; no keyword and no id equals it.
pub(crate) const NOT_TEXT: &str = "\u{fffd}";

fn length(digits: [u8; 4]) -> io::Result<usize> {
    let mut length = 0;
    for digit in digits {
        let value = (digit as char)
            .to_digit(16)
            .ok_or_else(|| malformed("bytes that are no packet line"))?;
        length = length * 16 + value as usize;
    }
    Ok(length)
}

pub(crate) fn malformed(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &'static [u8]) -> Lines {
        Lines::new(Box::new(bytes))
    }

    #[tokio::test]
    async fn lines_and_markers_are_told_apart() {
        let mut read = lines(b"0006a\n0004000000010002000bfoobar\n");
        assert_eq!(read.next().await.unwrap(), Line::Data(b"a\n"));
        assert_eq!(read.next().await.unwrap(), Line::Data(b""));
        assert_eq!(read.next().await.unwrap(), Line::Flush);
        assert_eq!(read.next().await.unwrap(), Line::Delimiter);
        assert_eq!(read.next().await.unwrap(), Line::End);
        assert_eq!(read.text().await.unwrap(), Some("foobar"));
        assert_eq!(read.next().await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[tokio::test]
    async fn what_is_no_line_is_an_error() {
        for bytes in [b"0003".as_slice(), b"00g0", b"<htm", b"+001"] {
            assert_eq!(lines(bytes).next().await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
        assert_eq!(
            lines(b"00ffshort").next().await.unwrap_err().kind(),
            io::ErrorKind::UnexpectedEof
        );
    }

    #[tokio::test]
    async fn a_refusal_keeps_the_servers_words_on_one_line() {
        let error = lines(b"0013ERR no\x1b[0m way\n").next().await.unwrap_err();
        let refusal = error.get_ref().and_then(|e| e.downcast_ref::<Refusal>()).unwrap();
        assert_eq!(refusal.message(), "no [0m way");
    }

    #[test]
    fn written_lines_carry_their_length() {
        let mut out = Vec::new();
        write(&mut out, "command=ls-refs\n");
        assert_eq!(out, b"0014command=ls-refs\n");
    }
}
