//! What an evaluation has used up.

use std::collections::HashMap;

use regex::Regex;

use crate::cel::fault::Fault;
use crate::cel::limits::Limits;
use crate::cel::pattern;

/// Counts steps and bytes, and keeps the patterns that were compiled.
#[derive(Debug)]
pub(crate) struct Meter<'p> {
    steps: u64,
    bytes: u64,
    /// Patterns that are literals of the expression.
    compiled: &'p HashMap<String, Regex>,
    /// Patterns that the evaluation came by.
    found: HashMap<String, Regex>,
    limits: &'p Limits,
}

impl<'p> Meter<'p> {
    pub(crate) fn new(limits: &'p Limits, compiled: &'p HashMap<String, Regex>) -> Self {
        Self { steps: 0, bytes: 0, compiled, found: HashMap::new(), limits }
    }

    /// Steps taken so far.
    pub(crate) fn used(&self) -> u64 {
        self.steps
    }

    /// Counts work that was done or is about to be.
    pub(crate) fn step(&mut self, count: u64) -> Result<(), Fault> {
        self.steps = self.steps.saturating_add(count);
        if self.steps > self.limits.steps {
            let limit = self.limits.steps;
            return Err(Fault::limit(format!(
                "evaluation takes more than the limit of {limit} steps"
            )));
        }
        Ok(())
    }

    /// Counts text that is looked at: ten bytes are a step.
    pub(crate) fn scan(&mut self, bytes: usize) -> Result<(), Fault> {
        self.step(bytes as u64 / 10)
    }

    /// Counts bytes of a new value before it is built.
    pub(crate) fn produce(&mut self, bytes: usize) -> Result<(), Fault> {
        self.scan(bytes)?;
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if self.bytes > self.limits.produced_bytes {
            let limit = self.limits.produced_bytes;
            return Err(Fault::limit(format!(
                "evaluation produces more than the limit of {limit} bytes"
            )));
        }
        Ok(())
    }

    /// A pattern, compiled at most once in an evaluation.
    pub(crate) fn regex(&mut self, pattern: &str) -> Result<&Regex, Fault> {
        if let Some(regex) = self.compiled.get(pattern) {
            return Ok(regex);
        }
        if !self.found.contains_key(pattern) {
            // Compiling costs far more than a look at the text.
            self.step(2_000 + pattern.len() as u64 * 100)?;
            let regex = pattern::compile(pattern).map_err(Fault::new)?;
            self.found.insert(pattern.to_owned(), regex);
        }
        self.found.get(pattern).ok_or_else(|| Fault::new("pattern was not kept"))
    }
}
