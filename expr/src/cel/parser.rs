//! Tokens to a tree, with the macros expanded.

use std::mem;
use std::sync::Arc;

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
        self.nested(|parser| {
            let condition = parser.or()?;
            let at = parser.at();
            if !parser.skip("?") {
                return Ok(condition);
            }
            let yes = parser.or()?;
            parser.expect(":")?;
            let no = parser.expression()?;
            parser.build(Node::Conditional(Box::new([condition, yes, no])), at)
        })
    }

    fn or(&mut self) -> Result<Expr, Fault> {
        self.chain("||", Self::and, Node::Or)
    }

    fn and(&mut self) -> Result<Expr, Fault> {
        self.chain("&&", |parser| parser.binary(0), Node::And)
    }

    fn chain(
        &mut self,
        symbol: &str,
        mut operand: impl FnMut(&mut Self) -> Result<Expr, Fault>,
        node: impl FnOnce(Vec<Expr>) -> Node,
    ) -> Result<Expr, Fault> {
        let first = operand(self)?;
        let at = self.at();
        if !self.is(symbol) {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.skip(symbol) {
            operands.push(operand(self)?);
        }
        self.build(node(operands), at)
    }

    /// Comparisons (0), sums (1) and products (2), each from left to right.
    fn binary(&mut self, level: usize) -> Result<Expr, Fault> {
        if level == 3 {
            return self.unary();
        }
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = self.operator(level) {
            let at = self.take().at;
            let right = self.binary(level + 1)?;
            left = self.build(Node::Binary(operator, Box::new(left), Box::new(right)), at)?;
        }
        Ok(left)
    }

    fn operator(&self, level: usize) -> Option<Operator> {
        let Kind::Symbol(symbol) = self.peek().kind else { return None };
        let (of, operator) = match symbol {
            "==" => (0, Operator::Equal),
            "!=" => (0, Operator::NotEqual),
            "<" => (0, Operator::Less),
            "<=" => (0, Operator::LessOrEqual),
            ">" => (0, Operator::Greater),
            ">=" => (0, Operator::GreaterOrEqual),
            "in" => (0, Operator::In),
            "+" => (1, Operator::Add),
            "-" => (1, Operator::Subtract),
            "*" => (2, Operator::Multiply),
            "/" => (2, Operator::Divide),
            "%" => (2, Operator::Remainder),
            _ => return None,
        };
        (of == level).then_some(operator)
    }

    fn unary(&mut self) -> Result<Expr, Fault> {
        for (symbol, node) in [("!", Node::Not as fn(Box<Expr>) -> Node), ("-", Node::Negate)] {
            let at = self.at();
            // A sign directly before digits belongs to the number.
            if !self.is(symbol) || (symbol == "-" && self.is_negative_number()) {
                continue;
            }
            let mut count = 0_usize;
            while self.is(symbol) && !(symbol == "-" && count > 0 && self.is_negative_number()) {
                self.take();
                count += 1;
            }
            let operand = self.member()?;
            return if count.is_multiple_of(2) {
                Ok(operand)
            } else {
                self.build(node(Box::new(operand)), at)
            };
        }
        self.member()
    }

    fn is_negative_number(&self) -> bool {
        let next = self.tokens.get(self.next + 1).map(|token| &token.kind);
        self.is("-") && matches!(next, Some(Kind::Int(_) | Kind::Float(_)))
    }

    fn member(&mut self) -> Result<Expr, Fault> {
        let mut operand = self.primary()?;
        loop {
            let at = self.at();
            operand = if self.skip(".") {
                self.select(operand, at)?
            } else if self.skip("[") {
                let optional = self.skip("?");
                let index = self.expression()?;
                self.expect("]")?;
                let (operand, index) = (Box::new(operand), Box::new(index));
                self.build(Node::Index { operand, index, optional }, at)?
            } else {
                return Ok(operand);
            };
        }
    }

    fn select(&mut self, operand: Expr, at: u32) -> Result<Expr, Fault> {
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

    fn primary(&mut self) -> Result<Expr, Fault> {
        let at = self.at();
        if self.skip("(") {
            let expr = self.expression()?;
            self.expect(")")?;
            return Ok(expr);
        }
        if self.skip("[") {
            let elements = self.items("]", Self::element)?;
            return self.build(Node::List(elements), at);
        }
        if self.skip("{") {
            let entries = self.items("}", Self::entry)?;
            return self.build(Node::Map(entries), at);
        }
        if self.is("-") || matches!(self.peek().kind, Kind::Int(_) | Kind::Float(_)) {
            return self.number(at);
        }
        if self.is(".") || matches!(self.peek().kind, Kind::Ident(_)) {
            return self.name(at);
        }
        let Kind::Literal(literal) = self.peek().kind.clone() else {
            return Err(self.unexpected("an expression"));
        };
        self.take();
        self.build(Node::Literal(literal), at)
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

    fn number(&mut self, at: u32) -> Result<Expr, Fault> {
        let sign = if self.skip("-") { "-" } else { "" };
        let literal = match self.take().kind {
            Kind::Int(digits) => integer(sign, &digits).map(Literal::Int),
            Kind::Float(digits) => double(sign, &digits).map(Literal::Double),
            _ => return Err(Fault::at(at as usize, "syntax error: expected a number")),
        };
        self.build(Node::Literal(literal.map_err(|why| Fault::at(at as usize, why))?), at)
    }

    /// A variable, a call of a function, or a message.
    fn name(&mut self, at: u32) -> Result<Expr, Fault> {
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

impl Expr {
    /// Builds a node over finished ones, and refuses what is nested too deep to walk.
    pub(crate) fn new(node: Node, at: u32, limits: &Limits) -> Result<Self, Fault> {
        let mut depth = 0;
        let mut folds = 0;
        node.each_child(&mut |child| {
            depth = depth.max(child.depth);
            folds = folds.max(child.folds);
        });
        let folds = folds + u32::from(node.is_fold());
        if depth as usize >= limits.depth {
            return Err(Limits::too_deep(limits.depth).or_at(at));
        }
        if folds as usize > limits.comprehensions {
            let limit = limits.comprehensions;
            let why = format!("comprehensions are nested deeper than the limit of {limit}");
            return Err(Fault::limit(why).or_at(at));
        }
        Ok(Self { node, at, depth: depth + 1, folds })
    }
}

impl From<&str> for Literal {
    fn from(text: &str) -> Self {
        Self::String(Arc::from(text))
    }
}
