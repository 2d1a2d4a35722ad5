//! What a person sees: words, colours on a terminal only, and what every step cost.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _, stdout};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use gotk_client::{Counts, Transport};
use gotk_kstatus::Status;
use gotk_ssa::{Action, ChangeSet, Inventory, ObjectId, Plan};

use crate::sync::Built;

/// Where everything is printed, and the stop-watch of the steps.
pub(crate) struct Screen {
    paint: Paint,
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

/// Colours, on a terminal whose owner wants them.
#[derive(Clone, Copy)]
struct Paint(bool);

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
        let paint = Paint(stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none());
        Self { paint, transport, began: (Instant::now(), Counts::default()), steps: Vec::new() }
    }

    /// Begins a step: what follows is counted for it.
    pub(crate) fn begin(&mut self, name: &str, words: &str) {
        self.finish();
        say(&format!("\n{} {words}", self.paint.word(Tone::Strong, &format!("# {name}"))));
        let step = Step { name: name.to_owned(), time: Duration::ZERO, requests: 0, bytes: 0 };
        self.steps.push(step);
        self.began = (Instant::now(), self.transport.counts());
    }

    pub(crate) fn line(&self, words: impl Display) {
        say(&format!("  {words}"));
    }

    pub(crate) fn toned(&self, tone: Tone, word: &str, words: impl Display) {
        self.paint.line(tone, word, words);
    }

    /// Which revision it is, and the bytes it makes.
    pub(crate) fn built(&mut self, built: &Built) {
        if let Some(step) = self.steps.last_mut() {
            step.bytes += built.artifact.size;
        }
        self.line(format_args!("revision {}", built.revision));
        self.line(format_args!(
            "artifact {} ({} bytes)",
            built.artifact.digest, built.artifact.size
        ));
    }

    /// What has to change, as a person reads it.
    pub(crate) fn plan(&self, plan: &Plan) {
        for line in plan.to_string().lines() {
            let tone = match line.trim_start().as_bytes().first() {
                Some(b'+') => Tone::Good,
                Some(b'~') => Tone::Changed,
                Some(b'-') => Tone::Bad,
                _ => Tone::Faint,
            };
            say(&format!("  {}", self.paint.word(tone, line)));
        }
    }

    /// What leaves the set and will be deleted.
    pub(crate) fn leaving(&self, objects: &Inventory) {
        for (object, _) in objects.iter() {
            say(&format!(
                "  {}",
                self.paint.word(Tone::Bad, &format!("- {object} left the repository"))
            ));
        }
    }

    /// What was done; what stayed as it was is counted.
    pub(crate) fn changes(&self, changes: &ChangeSet) {
        for change in changes.iter().filter(|change| change.action != Action::Keep) {
            let tone = match change.action {
                Action::Create => Tone::Good,
                Action::Configure => Tone::Changed,
                Action::Delete => Tone::Bad,
                _ => Tone::Faint,
            };
            self.toned(tone, change.action.as_str(), &change.object);
        }
        let unchanged = changes.count(Action::Keep);
        if unchanged > 0 {
            self.toned(Tone::Faint, "unchanged", format_args!("{unchanged} objects"));
        }
    }

    /// Prints what is waited for, and that it came; what is ready at once is not news.
    pub(crate) fn progress(
        &self,
    ) -> impl Fn(&ObjectId, Status, &dyn Display) + Send + Sync + 'static {
        let paint = self.paint;
        let awaited = Mutex::new(BTreeSet::new());
        move |object, status, words| {
            let mut awaited = awaited.lock().unwrap_or_else(PoisonError::into_inner);
            match status {
                Status::Current if awaited.remove(object) => {
                    paint.line(Tone::Good, "ready", object);
                }
                Status::Current => {}
                Status::Failed => {
                    paint.line(Tone::Bad, "failed", format_args!("{object}: {words}"));
                }
                _ => {
                    awaited.insert(object.clone());
                    paint.line(Tone::Faint, "waiting", format_args!("{object}: {words}"));
                }
            }
        }
    }

    /// All of the set is as it should be.
    pub(crate) fn ready(&self, objects: usize) {
        self.toned(Tone::Good, "ready", format_args!("all {objects} objects"));
    }

    /// An object, at its depth in a tree of owners, and what is said of it.
    pub(crate) fn status(&self, status: Status, depth: usize, name: &str, words: impl Display) {
        let tone = match status {
            Status::Current => Tone::Good,
            Status::Failed => Tone::Bad,
            _ => Tone::Changed,
        };
        let indented = format!("{:width$}{name}", "", width = 2 * depth);
        self.toned(tone, &status.to_string(), format_args!("{indented:<48} {words}"));
    }

    /// Ends the last step and prints what each one took.
    pub(crate) fn costs(&mut self) {
        self.finish();
        say(&format!("\n{}", self.paint.word(Tone::Strong, "# what it took")));
        for Step { name, time, requests, bytes } in &self.steps {
            let milliseconds = time.as_secs_f64() * 1e3;
            say(&format!(
                "  {name:<9}{milliseconds:>9.1} ms {bytes:>7} bytes {requests:>4} API requests"
            ));
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
}

impl Paint {
    fn line(self, tone: Tone, word: &str, words: impl Display) {
        say(&format!("  {} {words}", self.word(tone, &format!("{word:<11}"))));
    }

    fn word(self, tone: Tone, word: &str) -> String {
        let code = match tone {
            Tone::Good => "32",
            Tone::Changed => "33",
            Tone::Bad => "31",
            Tone::Faint => "2",
            Tone::Strong => "1",
        };
        if self.0 { format!("\x1b[{code}m{word}\x1b[0m") } else { word.to_owned() }
    }
}

/// A reader that has seen enough is no reason to stop.
pub(crate) fn say(line: &str) {
    let _ = writeln!(stdout(), "{line}");
}
