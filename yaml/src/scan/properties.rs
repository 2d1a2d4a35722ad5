//! Anchors, aliases, tags and directives.

use super::{Scanned, Scanner};
use crate::token::{Kind, Mark, TagParts};

impl<'a> Scanner<'a> {
    pub(super) fn fetch_anchor(&mut self, alias: bool) -> Scanned {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark();
        self.cursor.skip_ascii(1);
        let name = self.name();
        let ends = self.cursor.is_blank_or_end(self.cursor.pos)
            || matches!(self.cursor.at(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            return Err(
                self.problem(start, "did not find expected alphabetic or numeric character")
            );
        }
        self.push(if alias { Kind::Alias(name) } else { Kind::Anchor(name) }, start)
    }

    pub(super) fn fetch_tag(&mut self) -> Scanned {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark();
        let parts = if self.cursor.at(1) == b'<' {
            self.cursor.skip_ascii(2);
            let rest = self.tag_uri("", start)?;
            if self.cursor.at(0) != b'>' {
                return Err(self.problem(start, "did not find the expected '>'"));
            }
            self.cursor.skip_ascii(1);
            TagParts { handle: String::new(), rest }
        } else {
            self.tag_with_handle(start)?
        };
        if !self.cursor.is_blank_or_end(self.cursor.pos) {
            return Err(self.problem(start, "did not find expected whitespace or line break"));
        }
        self.push(Kind::Tag(Box::new(parts)), start)
    }

    /// `!handle!suffix`, `!suffix` or `!`.
    fn tag_with_handle(&mut self, start: Mark) -> Scanned<TagParts> {
        let handle = self.tag_handle(false, start)?;
        if handle.len() > 1 && handle.ends_with('!') {
            let rest = self.tag_uri("", start)?;
            return Ok(TagParts { handle: handle.to_owned(), rest });
        }
        let rest = self.tag_uri(handle, start)?;
        if rest.is_empty() {
            return Ok(TagParts { handle: String::new(), rest: "!".to_owned() });
        }
        Ok(TagParts { handle: "!".to_owned(), rest })
    }

    fn tag_handle(&mut self, directive: bool, start: Mark) -> Scanned<&'a str> {
        let from = self.cursor.pos;
        if self.cursor.at(0) != b'!' {
            return Err(self.problem(start, "did not find expected '!'"));
        }
        self.cursor.skip_ascii(1);
        self.name();
        if self.cursor.at(0) == b'!' {
            self.cursor.skip_ascii(1);
        } else if directive && self.cursor.pos - from > 1 {
            return Err(self.problem(start, "did not find expected '!'"));
        }
        Ok(&self.cursor.text[from..self.cursor.pos])
    }

    fn tag_uri(&mut self, head: &str, start: Mark) -> Scanned<String> {
        let mut uri = head.get(1..).unwrap_or_default().as_bytes().to_vec();
        let mut found = !head.is_empty();
        loop {
            match self.cursor.at(0) {
                b'%' => self.uri_escape(&mut uri, start)?,
                byte if is_name(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte) => {
                    uri.push(byte);
                    self.cursor.skip_ascii(1);
                }
                _ => break,
            }
            found = true;
        }
        if !found {
            return Err(self.problem(start, "did not find expected tag URI"));
        }
        // The escapes were checked to make whole characters; overlong ones are replaced.
        Ok(String::from_utf8_lossy(&uri).into_owned())
    }

    fn uri_escape(&mut self, uri: &mut Vec<u8>, start: Mark) -> Scanned {
        let mut left = None;
        while left != Some(0) {
            let digits = [self.cursor.at(1), self.cursor.at(2)];
            let hex = digits.map(|digit| char::from(digit).to_digit(16));
            let (b'%', [Some(high), Some(low)]) = (self.cursor.at(0), hex) else {
                return Err(self.problem(start, "did not find URI escaped octet"));
            };
            let octet = (high << 4 | low) as u8;
            left = Some(match (left, octet) {
                (None, ..0x80) => 0,
                (None, 0xC0..0xE0) => 1,
                (None, 0xE0..0xF0) => 2,
                (None, 0xF0..0xF8) => 3,
                (None, _) => {
                    return Err(self.problem(start, "found an incorrect leading UTF-8 octet"));
                }
                (Some(more), 0x80..0xC0) => more - 1,
                (Some(_), _) => {
                    return Err(self.problem(start, "found an incorrect trailing UTF-8 octet"));
                }
            });
            uri.push(octet);
            self.cursor.skip_ascii(3);
        }
        Ok(())
    }

    pub(super) fn fetch_directive(&mut self) -> Scanned {
        self.unroll_indent(-1, self.cursor.mark());
        self.remove_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark();
        self.cursor.skip_ascii(1);
        let kind = self.directive(start)?;
        self.push(kind, start)?;
        self.cursor.skip_blanks();
        if self.cursor.at(0) == b'#' {
            let (to, continued) = self.cursor.rest_of_line();
            self.cursor.jump(to, continued);
        }
        if !self.cursor.is_break_or_end(self.cursor.pos) {
            return Err(self.problem(start, "did not find expected comment or line break"));
        }
        self.cursor.skip_line();
        Ok(())
    }

    fn directive(&mut self, start: Mark) -> Scanned<Kind<'a>> {
        let name = self.name();
        if name.is_empty() {
            return Err(self.problem(start, "could not find expected directive name"));
        }
        if !self.cursor.is_blank_or_end(self.cursor.pos) {
            return Err(self.problem(start, "found unexpected non-alphabetical character"));
        }
        match name {
            "YAML" => self.version(start),
            "TAG" => self.tag_directive(start),
            _ => Err(self.problem(start, "found unknown directive name")),
        }
    }

    fn version(&mut self, start: Mark) -> Scanned<Kind<'a>> {
        self.cursor.skip_blanks();
        let major = self.version_number(start)?;
        if self.cursor.at(0) != b'.' {
            return Err(self.problem(start, "did not find expected digit or '.' character"));
        }
        self.cursor.skip_ascii(1);
        let minor = self.version_number(start)?;
        Ok(Kind::VersionDirective(major, minor))
    }

    fn version_number(&mut self, start: Mark) -> Scanned<u8> {
        let mut number = 0;
        let mut digits = 0;
        while let digit @ b'0'..=b'9' = self.cursor.at(0) {
            digits += 1;
            if digits > 2 {
                return Err(self.problem(start, "found extremely long version number"));
            }
            number = number * 10 + (digit - b'0');
            self.cursor.skip_ascii(1);
        }
        if digits == 0 {
            return Err(self.problem(start, "did not find expected version number"));
        }
        Ok(number)
    }

    fn tag_directive(&mut self, start: Mark) -> Scanned<Kind<'a>> {
        self.cursor.skip_blanks();
        let handle = self.tag_handle(true, start)?.to_owned();
        if !self.cursor.is_blank(self.cursor.pos) {
            return Err(self.problem(start, "did not find expected whitespace"));
        }
        self.cursor.skip_blanks();
        let rest = self.tag_uri("", start)?;
        if !self.cursor.is_blank_or_end(self.cursor.pos) {
            return Err(self.problem(start, "did not find expected whitespace or line break"));
        }
        Ok(Kind::TagDirective(Box::new(TagParts { handle, rest })))
    }

    fn name(&mut self) -> &'a str {
        let from = self.cursor.pos;
        let length = (0..).take_while(|&at| is_name(self.cursor.at(at))).count();
        if length > 0 {
            self.cursor.skip_ascii(length);
        }
        &self.cursor.text[from..self.cursor.pos]
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}
