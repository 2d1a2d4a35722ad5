//! Source to tokens.

use std::sync::Arc;

use crate::cel::ast::Literal;
use crate::cel::fault::Fault;
use crate::cel::literal;

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// Byte offset into the source.
    pub(crate) at: u32,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    End,
    /// `` `a.b` ``, without the quotes; only fields may be written so.
    Escaped(String),
    Ident(String),
    Literal(Literal),
    /// Digits are kept as text, because `-9223372036854775808` only fits with its sign.
    Int(String),
    Float(String),
    /// An operator, a bracket, or `in`.
    Symbol(&'static str),
}

/// Longest first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 24] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!",
    "?", ":", "+", "*", "/", "%",
];

/// All tokens of `source`, with [`Kind::End`] as the last.
pub(crate) fn tokens(source: &str) -> Result<Vec<Token>, Fault> {
    let mut lexer = Lexer { source, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blank();
        let at = lexer.at;
        let kind = lexer.token()?;
        let end = matches!(kind, Kind::End);
        tokens.push(Token { kind, at: at as u32 });
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    /// Takes the longest run of characters that `wanted` accepts.
    fn run(&mut self, wanted: impl Fn(char) -> bool) -> &'s str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn skip_blank(&mut self) {
        loop {
            self.run(|c| matches!(c, '\t' | ' ' | '\r' | '\n' | '\u{c}'));
            if !self.rest().starts_with("//") {
                return;
            }
            self.run(|c| c != '\n');
        }
    }

    fn token(&mut self) -> Result<Kind, Fault> {
        let Some(first) = self.rest().chars().next() else {
            return Ok(Kind::End);
        };
        if let Some(text) = self.quoted()? {
            return Ok(Kind::Literal(text));
        }
        if first.is_ascii_digit() || self.starts_fraction() {
            return self.number();
        }
        if first.is_ascii_alphabetic() || first == '_' {
            return Ok(word(self.run(|c| c.is_ascii_alphanumeric() || c == '_')));
        }
        if first == '`' {
            return self.escaped();
        }
        let symbol = SYMBOLS.into_iter().find(|symbol| self.rest().starts_with(symbol));
        let symbol = symbol.ok_or_else(|| self.unrecognised(first))?;
        self.at += symbol.len();
        Ok(Kind::Symbol(symbol))
    }

    fn starts_fraction(&self) -> bool {
        let mut bytes = self.rest().bytes();
        bytes.next() == Some(b'.') && bytes.next().is_some_and(|byte| byte.is_ascii_digit())
    }

    fn number(&mut self) -> Result<Kind, Fault> {
        let start = self.at;
        if self.rest().starts_with("0x") {
            let digits = self.rest()[2..].bytes().take_while(u8::is_ascii_hexdigit).count();
            if digits > 0 {
                self.at += 2 + digits;
                return self.integer(start);
            }
        }
        self.run(|c| c.is_ascii_digit());
        let whole = self.at;
        if self.starts_fraction() {
            self.at += 1;
            self.run(|c| c.is_ascii_digit());
        }
        self.exponent();
        if self.at > whole || whole == start {
            return Ok(Kind::Float(self.source[start..self.at].to_owned()));
        }
        self.integer(start)
    }

    fn exponent(&mut self) {
        let rest = self.rest();
        let Some(tail) = rest.strip_prefix(['e', 'E']) else { return };
        let digits = tail.strip_prefix(['+', '-']).unwrap_or(tail);
        let count = digits.bytes().take_while(u8::is_ascii_digit).count();
        if count > 0 {
            self.at += rest.len() - digits.len() + count;
        }
    }

    fn integer(&mut self, start: usize) -> Result<Kind, Fault> {
        let digits = &self.source[start..self.at];
        if !self.rest().starts_with(['u', 'U']) {
            return Ok(Kind::Int(digits.to_owned()));
        }
        self.at += 1;
        let value = match digits.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16),
            None => digits.parse(),
        };
        let value = value.map_err(|_| Fault::at(start, "invalid uint literal"))?;
        Ok(Kind::Literal(Literal::Uint(value)))
    }

    /// A string or bytes literal, if one starts here.
    fn quoted(&mut self) -> Result<Option<Literal>, Fault> {
        let rest = self.rest();
        let bytes = rest.starts_with(['b', 'B']);
        let tail = if bytes { &rest[1..] } else { rest };
        let raw = tail.starts_with(['r', 'R']);
        let tail = if raw { &tail[1..] } else { tail };
        let Some(quote) = literal::quote(tail) else { return Ok(None) };
        let start = self.at;
        let body = &tail[quote.len()..];
        let end = literal::end(body, quote, raw)
            .ok_or_else(|| Fault::at(start, "token recognition error: the string does not end"))?;
        self.at += rest.len() - tail.len() + 2 * quote.len() + end;
        let body = &body[..end];
        let place = |why| Fault::at(start, why);
        Ok(Some(match (bytes, raw) {
            (true, true) => Literal::Bytes(Arc::from(body.as_bytes())),
            (true, false) => Literal::Bytes(literal::bytes(body).map_err(place)?.into()),
            (false, true) => Literal::String(Arc::from(body)),
            (false, false) => Literal::String(literal::text(body).map_err(place)?.into()),
        }))
    }

    fn escaped(&mut self) -> Result<Kind, Fault> {
        let start = self.at;
        self.at += 1;
        let name =
            self.run(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | ' '));
        if name.is_empty() || !self.rest().starts_with('`') {
            return Err(Fault::at(start, "token recognition error at: '`'"));
        }
        self.at += 1;
        Ok(Kind::Escaped(name.to_owned()))
    }

    fn unrecognised(&self, found: char) -> Fault {
        Fault::at(self.at, format!("token recognition error at: {found:?}"))
    }
}

fn word(text: &str) -> Kind {
    match text {
        "true" => Kind::Literal(Literal::Bool(true)),
        "false" => Kind::Literal(Literal::Bool(false)),
        "null" => Kind::Literal(Literal::Null),
        "in" => Kind::Symbol("in"),
        _ => Kind::Ident(text.to_owned()),
    }
}
