//! A Go original that is asked questions, a line of JSON each.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

use serde_json::{Value, json};

use super::Room;
use crate::{Error, peer};

/// A running peer.
pub(crate) struct Oracle {
    program: std::path::PathBuf,
    room: &'static str,
    process: Process,
}

struct Process {
    child: Child,
    /// Taken while another thread writes.
    questions: Option<BufWriter<ChildStdin>>,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    pub(crate) fn start(room: &Room) -> Result<Self, Error> {
        let program = peer::build(room.peer)?;
        let process = Process::start(&program, room.name)?;
        Ok(Self { program, room: room.name, process })
    }

    pub(crate) fn ask(&mut self, question: &Value) -> Result<Value, Error> {
        let answers = self.ask_all(std::slice::from_ref(question))?;
        Ok(answers.into_iter().next().unwrap_or_default())
    }

    /// The answer to each question. One that kills the peer is answered with a panic.
    pub(crate) fn ask_all(&mut self, questions: &[Value]) -> Result<Vec<Value>, Error> {
        let mut answers = Vec::with_capacity(questions.len());
        while answers.len() < questions.len() {
            let left = &questions[answers.len()..];
            self.process.converse(left, &mut answers);
            if answers.len() < questions.len() {
                // The next question was its last.
                answers.push(json!({ "panic": "the process died" }));
                self.process = Process::start(&self.program, self.room)?;
            }
        }
        Ok(answers)
    }
}

impl Process {
    fn start(program: &std::path::Path, room: &str) -> Result<Self, Error> {
        let failed =
            |source| Error::File { action: "run", path: program.display().to_string(), source };
        let mut child = Command::new(program)
            .args(["diff", room])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(std::io::ErrorKind::BrokenPipe.into()));
        };
        let (questions, answers) = (Some(BufWriter::new(questions)), BufReader::new(answers));
        Ok(Self { child, questions, answers })
    }

    /// Asks and listens at once, as pipes are short; ends early where the peer does.
    fn converse(&mut self, questions: &[Value], answers: &mut Vec<Value>) {
        let Self { questions: pipe, answers: lines, .. } = self;
        let wanted = answers.len() + questions.len();
        let Some(mut writer) = pipe.take() else { return };
        *pipe = thread::scope(|scope| {
            let write = scope.spawn(move || {
                for question in questions {
                    serde_json::to_writer(&mut writer, question).ok()?;
                    writer.write_all(b"\n").ok()?;
                }
                writer.flush().ok()?;
                Some(writer)
            });
            while answers.len() < wanted {
                let mut line = String::new();
                let read = lines.read_line(&mut line).unwrap_or(0);
                match serde_json::from_str(&line) {
                    Ok(answer) if read > 0 => answers.push(answer),
                    _ => break,
                }
            }
            write.join().ok().flatten()
        });
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.questions = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
