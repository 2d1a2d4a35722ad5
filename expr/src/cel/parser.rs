//! Tokens to a tree, with the macros expanded.

use std::mem;

use crate::cel::ast::{Access, Element, Entry, Expr, Literal, Node, Operator};
use crate::cel::fault::Fault;
use crate::cel::lexer::{self, Kind, Token};
use crate::cel::limits::Limits;
use crate::cel::macros::{self, Macros};

/// Words that CEL keeps for the languages it is embedded in; they are fine as field names.
const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "namespace",
    "package",
    "return",
    "var",
    "void",
    "while",
];

pub(crate) fn parse(source: &str, macros: Macros, limits: &Limits) -> Result<Expr, Fault> {
    if source.len() > limits.expression_bytes {
        let limit = limits.expression_bytes;
        return Err(Fault::limit(format!("expression is longer than the limit of {limit} bytes")));
    }
    let tokens = lexer::tokens(source)?;
    let mut parser = Parser { tokens, next: 0, depth: 0, macros, limits };
    let expr = parser.expression()?;
    parser.end()?;
    Ok(expr)
}

/// `||` binds loosest.
const OR: u8 = 0;

#[derive(Clone, Copy)]
enum Infix {
    And,
    Binary(Operator),
    Or,
}

struct Parser<'l> {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    macros: Macros,
    limits: &'l Limits,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        // The last token is `End`, and it is never consumed.
        &self.tokens[self.next]
    }

    fn at(&self) -> u32 {
        self.peek().at
    }

    fn take(&mut self) -> Token {
        let end = Token { kind: Kind::End, at: self.at() };
        if self.next + 1 == self.tokens.len() {
            return end;
        }
        self.next += 1;
        mem::replace(&mut self.tokens[self.next - 1], end)
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(self.peek().kind, Kind::Symbol(found) if found == symbol)
    }

    fn skip(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        if found {
            self.take();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), Fault> {
        if self.skip(symbol) { Ok(()) } else { Err(self.unexpected(&format!("'{symbol}'"))) }
    }

    fn end(&self) -> Result<(), Fault> {
        if matches!(self.peek().kind, Kind::End) { Ok(()) } else { Err(self.unexpected("the end")) }
    }

    fn unexpected(&self, wanted: &str) -> Fault {
        let found = match &self.peek().kind {
            Kind::End => "the end".to_owned(),
            Kind::Escaped(name) => format!("'`{name}`'"),
            Kind::Ident(text) | Kind::Int(text) | Kind::Float(text) => format!("'{text}'"),
            Kind::Literal(_) => "a literal".to_owned(),
            Kind::Symbol(symbol) => format!("'{symbol}'"),
        };
        Fault::at(self.at() as usize, format!("syntax error: found {found}, expected {wanted}"))
    }

    fn build(&self, node: Node, at: u32) -> Result<Expr, Fault> {
        Expr::new(node, at, self.limits)
    }

    /// Runs `parse` one level deeper, so that brackets cannot exhaust the stack.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth >= self.limits.depth {
            return Err(Limits::too_deep(self.limits.depth).or_at(self.at()));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn expression(&mut self) -> Result<Expr, Fault> {
        self.nested(Self::conditional)
    }

    fn conditional(&mut self) -> Result<Expr, Fault> {
        let condition = self.infix(OR)?;
        let at = self.at();
        if !self.skip("?") {
            return Ok(condition);
        }
        let yes = self.infix(OR)?;
        self.expect(":")?;
        let no = self.expression()?;
        self.build(Node::Conditional(Box::new([condition, yes, no])), at)
    }

    /// Operands between operators that bind at least as tightly as `least`.
    fn infix(&mut self, least: u8) -> Result<Expr, Fault> {
        let mut left = self.unary()?;
        while let Some((level, operator)) = self.operator().filter(|&(level, _)| level >= least) {
            let at = self.take().at;
            let right = self.infix(level + 1)?;
            left = self.join(operator, left, right, at)?;
        }
        Ok(left)
    }

    /// Chains of `&&` and of `||` stay flat.
    fn join(&self, with: Infix, mut left: Expr, right: Expr, at: u32) -> Result<Expr, Fault> {
        match (with, &mut left.node) {
            (Infix::And, Node::And(_)) | (Infix::Or, Node::Or(_)) => left.push(right, self.limits),
            (Infix::And, _) => self.build(Node::And(vec![left, right]), at),
            (Infix::Or, _) => self.build(Node::Or(vec![left, right]), at),
            (Infix::Binary(operator), _) => {
                self.build(Node::Binary(operator, Box::new(left), Box::new(right)), at)
            }
        }
    }

    /// The operator that comes next, and how tightly it binds.
    fn operator(&self) -> Option<(u8, Infix)> {
        let Kind::Symbol(symbol) = self.peek().kind else { return None };
        let (level, operator) = match symbol {
            "||" => return Some((OR, Infix::Or)),
            "&&" => return Some((OR + 1, Infix::And)),
            "==" => (OR + 2, Operator::Equal),
            "!=" => (OR + 2, Operator::NotEqual),
            "<" => (OR + 2, Operator::Less),
            "<=" => (OR + 2, Operator::LessOrEqual),
            ">" => (OR + 2, Operator::Greater),
            ">=" => (OR + 2, Operator::GreaterOrEqual),
            "in" => (OR + 2, Operator::In),
            "+" => (OR + 3, Operator::Add),
            "-" => (OR + 3, Operator::Subtract),
            "*" => (OR + 4, Operator::Multiply),
            "/" => (OR + 4, Operator::Divide),
            "%" => (OR + 4, Operator::Remainder),
            _ => return None,
        };
        Some((level, Infix::Binary(operator)))
    }

    fn unary(&mut self) -> Result<Expr, Fault> {
        match self.peek().kind {
            Kind::Symbol("!") => self.signed("!", Node::Not),
            // A sign directly before digits belongs to the number.
            Kind::Symbol("-") if !self.is_negative_number() => self.signed("-", Node::Negate),
            _ => self.member(),
        }
    }

    /// A run of signs is as good as none or as one.
    fn signed(&mut self, sign: &str, node: fn(Box<Expr>) -> Node) -> Result<Expr, Fault> {
        let at = self.at();
        let mut odd = false;
        while self.is(sign) && !self.is_negative_number() {
            self.take();
            odd = !odd;
        }
        let operand = self.member()?;
        if odd { self.build(node(Box::new(operand)), at) } else { Ok(operand) }
    }

    fn is_negative_number(&self) -> bool {
        let next = self.tokens.get(self.next + 1).map(|token| &token.kind);
        self.is("-") && matches!(next, Some(Kind::Int(_) | Kind::Float(_)))
    }

    fn member(&mut self) -> Result<Expr, Fault> {
        let mut operand = self.primary()?;
        loop {
            operand = match self.peek().kind {
                Kind::Symbol(".") => self.select(operand)?,
                Kind::Symbol("[") => self.index(operand)?,
                _ => return Ok(operand),
            };
        }
    }

    fn index(&mut self, operand: Expr) -> Result<Expr, Fault> {
        let at = self.take().at;
        let optional = self.skip("?");
        let index = Box::new(self.expression()?);
        self.expect("]")?;
        self.build(Node::Index { operand: Box::new(operand), index, optional }, at)
    }

    fn select(&mut self, operand: Expr) -> Result<Expr, Fault> {
        let at = self.take().at;
        let optional = self.skip("?");
        let (field, callable) = match &self.peek().kind {
            Kind::Ident(name) => (name.clone(), !optional),
            Kind::Escaped(name) => (name.clone(), false),
            _ => return Err(self.unexpected("a field name")),
        };
        self.take();
        if callable && self.is("(") {
            return self.call(Some(operand), field, at);
        }
        let access = if optional { Access::Optional } else { Access::Value };
        self.build(Node::Select { operand: Box::new(operand), field, access }, at)
    }

    fn call(&mut self, target: Option<Expr>, function: String, at: u32) -> Result<Expr, Fault> {
        let at = if target.is_some() { self.at() } else { at };
        self.expect("(")?;
        let arguments = self.items(")", Self::expression)?;
        let node = macros::expand(self.macros, target, function, arguments)?;
        self.build(node, at)
    }

    /// Items between commas, up to and with the closing bracket.
    fn items<T>(
        &mut self,
        close: &str,
        mut item: impl FnMut(&mut Self) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut items = Vec::new();
        let trailing_comma = close != ")";
        if trailing_comma && self.skip(",") {
            self.expect(close)?;
            return Ok(items);
        }
        while !self.is(close) || (!trailing_comma && !items.is_empty()) {
            items.push(item(self)?);
            if !self.skip(",") {
                break;
            }
        }
        self.expect(close)?;
        Ok(items)
    }

    /// One function a form, so that the stack holds no more than the one that is being read.
    fn primary(&mut self) -> Result<Expr, Fault> {
        match &self.peek().kind {
            Kind::Symbol("(") => self.grouped(),
            Kind::Symbol("[") => self.list(),
            Kind::Symbol("{") => self.map(),
            Kind::Symbol("-") | Kind::Int(_) | Kind::Float(_) => self.number(),
            Kind::Symbol(".") | Kind::Ident(_) => self.name(),
            Kind::Literal(_) => self.literal(),
            _ => Err(self.unexpected("an expression")),
        }
    }

    fn grouped(&mut self) -> Result<Expr, Fault> {
        self.take();
        let expr = self.expression()?;
        self.expect(")")?;
        Ok(expr)
    }

    fn list(&mut self) -> Result<Expr, Fault> {
        let at = self.take().at;
        let elements = self.items("]", Self::element)?;
        self.build(Node::List(elements), at)
    }

    fn map(&mut self) -> Result<Expr, Fault> {
        let at = self.take().at;
        let entries = self.items("}", Self::entry)?;
        self.build(Node::Map(entries), at)
    }

    fn literal(&mut self) -> Result<Expr, Fault> {
        let Token { kind, at } = self.take();
        match kind {
            Kind::Literal(literal) => self.build(Node::Literal(literal), at),
            _ => Err(Fault::at(at as usize, "syntax error: expected a literal")),
        }
    }

    fn element(&mut self) -> Result<Element, Fault> {
        let optional = self.skip("?");
        Ok(Element { value: self.expression()?, optional })
    }

    fn entry(&mut self) -> Result<Entry, Fault> {
        let optional = self.skip("?");
        let key = self.expression()?;
        self.expect(":")?;
        Ok(Entry { key, value: self.expression()?, optional })
    }

    fn number(&mut self) -> Result<Expr, Fault> {
        let at = self.at();
        let sign = if self.skip("-") { "-" } else { "" };
        let literal = match self.take().kind {
            Kind::Int(digits) => integer(sign, &digits).map(Literal::Int),
            Kind::Float(digits) => double(sign, &digits).map(Literal::Double),
            _ => return Err(Fault::at(at as usize, "syntax error: expected a number")),
        };
        self.build(Node::Literal(literal.map_err(|why| Fault::at(at as usize, why))?), at)
    }

    /// A variable, a call of a function, or a message.
    fn name(&mut self) -> Result<Expr, Fault> {
        let at = self.at();
        let dot = if self.skip(".") { "." } else { "" };
        let Kind::Ident(name) = self.peek().kind.clone() else {
            return Err(self.unexpected("a name"));
        };
        if self.is_message() {
            return self.message(at);
        }
        if RESERVED.contains(&name.as_str()) {
            return Err(Fault::at(at as usize, format!("reserved identifier: {name}")));
        }
        self.take();
        if self.is("(") {
            return self.call(None, format!("{dot}{name}"), at);
        }
        self.build(Node::Ident(format!("{dot}{name}")), at)
    }

    /// Whether a dotted name and an opening brace come next.
    fn is_message(&self) -> bool {
        let mut kinds = self.tokens[self.next..].iter().map(|token| &token.kind);
        loop {
            if !matches!(kinds.next(), Some(Kind::Ident(_))) {
                return false;
            }
            match kinds.next() {
                Some(Kind::Symbol(".")) => {}
                Some(Kind::Symbol("{")) => return true,
                _ => return false,
            }
        }
    }

    fn message(&mut self, at: u32) -> Result<Expr, Fault> {
        let mut name = String::new();
        loop {
            match self.take().kind {
                Kind::Ident(part) => name.push_str(&part),
                Kind::Symbol(".") => name.push('.'),
                _ => break,
            }
        }
        self.items("}", |parser| {
            parser.skip("?");
            if !matches!(parser.peek().kind, Kind::Ident(_) | Kind::Escaped(_)) {
                return Err(parser.unexpected("a field name"));
            }
            parser.take();
            parser.expect(":")?;
            parser.expression()
        })?;
        self.build(Node::Message(name), at)
    }
}

fn integer(sign: &str, digits: &str) -> Result<i64, &'static str> {
    let value = match digits.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(&format!("{sign}{hex}"), 16),
        None => format!("{sign}{digits}").parse(),
    };
    value.map_err(|_| "invalid int literal")
}

fn double(sign: &str, digits: &str) -> Result<f64, &'static str> {
    let value: f64 = format!("{sign}{digits}").parse().map_err(|_| "invalid double literal")?;
    if value.is_finite() { Ok(value) } else { Err("invalid double literal") }
}
