//! What a person sees: words, colours on a terminal only, and what every step cost.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _, stdout};
use std::time::{Duration, Instant};

use gotk_client::{Counts, Transport};

/// Where everything is printed, and the stop-watch of the steps.
pub(crate) struct Screen {
    coloured: bool,
    transport: Transport,
    began: (Instant, Counts),
    steps: Vec<Step>,
}

/// What a step cost.
struct Step {
    name: String,
    time: Duration,
    requests: u64,
    bytes: u64,
}

/// How a word is shown on a terminal.
#[derive(Clone, Copy)]
pub(crate) enum Tone {
    Good,
    Changed,
    Bad,
    Faint,
    Strong,
}

impl Screen {
    pub(crate) fn new(transport: Transport) -> Self {
        // https://no-color.org
        let coloured = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { coloured, transport, began: (Instant::now(), Counts::default()), steps: Vec::new() }
    }

    /// Begins a step: what follows is counted for it.
    pub(crate) fn begin(&mut self, name: &str, words: &str) {
        self.finish();
        say(&format!("\n{} {words}", self.paint(Tone::Strong, &format!("# {name}"))));
        let step = Step { name: name.to_owned(), time: Duration::ZERO, requests: 0, bytes: 0 };
        self.steps.push(step);
        self.began = (Instant::now(), self.transport.counts());
    }

    /// Counts what was transferred for the step that is under way.
    pub(crate) fn add_bytes(&mut self, bytes: u64) {
        if let Some(step) = self.steps.last_mut() {
            step.bytes += bytes;
        }
    }

    pub(crate) fn line(&self, words: impl Display) {
        say(&format!("  {words}"));
    }

    pub(crate) fn toned(&self, tone: Tone, word: &str, words: impl Display) {
        say(&format!("  {} {words}", self.paint(tone, &format!("{word:<11}"))));
    }

    /// Ends the last step and prints what each one took.
    pub(crate) fn costs(&mut self) {
        self.finish();
        say(&format!("\n{}", self.paint(Tone::Strong, "# what it took")));
        for Step { name, time, requests, bytes } in &self.steps {
            let milliseconds = time.as_secs_f64() * 1e3;
            say(&format!("  {name:<9}{milliseconds:>9.1} ms {bytes:>7} bytes {requests:>4} API requests"));
        }
        let total = self.transport.counts().total();
        say(&format!("  {:<9}{total:>42} API requests", "in all"));
    }

    fn finish(&mut self) {
        let (instant, counts) = &self.began;
        let requests = self.transport.counts().since(counts).total();
        if let Some(step) = self.steps.last_mut().filter(|step| step.time.is_zero()) {
            (step.time, step.requests) = (instant.elapsed(), requests);
        }
    }

    fn paint(&self, tone: Tone, word: &str) -> String {
        let code = match tone {
            Tone::Good => "32",
            Tone::Changed => "33",
            Tone::Bad => "31",
            Tone::Faint => "2",
            Tone::Strong => "1",
        };
        if self.coloured { format!("\x1b[{code}m{word}\x1b[0m") } else { word.to_owned() }
    }
}

/// A reader that has seen enough is no reason to stop.
pub(crate) fn say(line: &str) {
    let _ = writeln!(stdout(), "{line}");
}
