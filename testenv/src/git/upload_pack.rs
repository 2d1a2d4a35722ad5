//! The server's side of a conversation about references and packs.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use gix::ObjectId;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use super::line::{self, DELIMITER, FLUSH, Line};
use super::options::{GitOptions, Protocol};
use super::pack;
use super::repository::Repository;
use super::select::{LeaveOut, Wish, select};
use super::store::Store;

/// One question of protocol 2.
#[derive(Debug, Default)]
pub(crate) struct Question {
    pub(crate) command: String,
    pub(crate) lines: Vec<String>,
}

/// Who answers, and what about.
pub(crate) struct Conversation<'a> {
    pub(crate) repository: &'a Repository,
    pub(crate) options: &'a GitOptions,
}

impl Conversation<'_> {
    /// The first message: what is offered and, before protocol 2, every reference.
    pub(crate) fn greeting(&self, protocol: Protocol) -> Vec<u8> {
        let mut out = Vec::new();
        let store = self.repository.read();
        if protocol == Protocol::Two {
            line::text(&mut out, "version 2");
            line::text(&mut out, AGENT);
            line::text(&mut out, "ls-refs=unborn");
            line::text(
                &mut out,
                if self.options.shallow { "fetch=shallow filter" } else { "fetch" },
            );
            line::text(&mut out, &format!("object-format={}", store.kind));
            out.extend_from_slice(FLUSH);
            return out;
        }
        if protocol == Protocol::One {
            line::text(&mut out, "version 1");
        }
        let mut capabilities = self.capabilities(&store);
        for (name, id) in listed(&store) {
            let capabilities = std::mem::take(&mut capabilities);
            line::text(&mut out, &format!("{id} {name}{capabilities}"));
            if let Some(peeled) = store.peeled(&id) {
                line::text(&mut out, &format!("{peeled} {name}^{{}}"));
            }
        }
        if !capabilities.is_empty() {
            line::text(&mut out, &format!("{} capabilities^{{}}{capabilities}", store.kind.null()));
        }
        out.extend_from_slice(FLUSH);
        out
    }

    fn capabilities(&self, store: &Store) -> String {
        let shallow = if self.options.shallow { " shallow filter" } else { "" };
        let any = if self.options.only_tips {
            ""
        } else {
            " allow-tip-sha1-in-want allow-reachable-sha1-in-want"
        };
        let head = match store.refs.contains_key(&store.head) {
            true => format!(" symref=HEAD:{}", store.head),
            false => String::new(),
        };
        let kind = store.kind;
        format!(
            "\0side-band-64k ofs-delta no-progress{shallow}{any}{head} object-format={kind} {AGENT}"
        )
    }

    /// Answers a question of protocol 2.
    pub(crate) async fn answer(
        &self,
        question: &Question,
        to: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<()> {
        match question.command.as_str() {
            "ls-refs" => to.write_all(&self.references(&question.lines)).await,
            "fetch" => self.fetch(&question.lines, to).await,
            other => refuse(to, &format!("unknown command {other:?}")).await,
        }
    }

    fn references(&self, lines: &[String]) -> Vec<u8> {
        let mut out = Vec::new();
        let asks = |word: &str| lines.iter().any(|line| line == word);
        let prefixes: Vec<_> =
            lines.iter().filter_map(|line| line.strip_prefix("ref-prefix ")).collect();
        let store = self.repository.read();
        let wanted =
            |name: &str| prefixes.is_empty() || prefixes.iter().any(|p| name.starts_with(p));
        if asks("unborn") && !store.refs.contains_key(&store.head) && wanted("HEAD") {
            line::text(&mut out, &format!("unborn HEAD symref-target:{}", store.head));
        }
        for (name, id) in listed(&store).into_iter().filter(|(name, _)| wanted(name)) {
            let mut text = format!("{id} {name}");
            if name == "HEAD" && asks("symrefs") {
                text += &format!(" symref-target:{}", store.head);
            }
            if let Some(peeled) = store.peeled(&id).filter(|_| asks("peel")) {
                text += &format!(" peeled:{peeled}");
            }
            line::text(&mut out, &text);
        }
        out.extend_from_slice(FLUSH);
        out
    }

    async fn fetch(&self, lines: &[String], to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let wish = match self.wish(lines) {
            Ok(wish) => wish,
            Err(reason) => return refuse(to, &reason).await,
        };
        let done = lines.iter().any(|line| line == "done");
        let (selection, kind, common) = self.select(&wish);
        let mut out = Vec::new();
        if !done {
            line::text(&mut out, "acknowledgments");
            for id in &common {
                line::text(&mut out, &format!("ACK {id}"));
            }
            if common.is_empty() {
                line::text(&mut out, "NAK");
                out.extend_from_slice(FLUSH);
                return to.write_all(&out).await;
            }
            line::text(&mut out, "ready");
            out.extend_from_slice(DELIMITER);
        }
        if wish.depth.is_some() {
            line::text(&mut out, "shallow-info");
            boundaries(&mut out, &selection.shallow, &selection.unshallow);
            out.extend_from_slice(DELIMITER);
        }
        line::text(&mut out, "packfile");
        to.write_all(&out).await?;
        pack::write(&selection.objects, kind, Some(LONGEST_LINE), to).await?;
        to.write_all(FLUSH).await
    }

    /// The conversation of protocols 0 and 1, after the greeting.
    pub(crate) async fn answer_zero(
        &self,
        from: &mut (impl AsyncRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
        sent: impl FnOnce(&[String]),
    ) -> io::Result<()> {
        let mut lines = Vec::new();
        while let Some(Line::Text(text)) = line::read(from).await? {
            lines.push(text);
        }
        if lines.is_empty() {
            return Ok(());
        }
        sent(&lines);
        let mut wish = match self.wish(&lines) {
            Ok(wish) => wish,
            Err(reason) => return refuse(to, &reason).await,
        };
        if wish.depth.is_some() {
            let (selection, ..) = self.select(&wish);
            let mut out = Vec::new();
            boundaries(&mut out, &selection.shallow, &selection.unshallow);
            out.extend_from_slice(FLUSH);
            to.write_all(&out).await?;
        }
        if !self.negotiate(&mut wish, from, to).await? {
            return Ok(());
        }
        let (selection, kind, _) = self.select(&wish);
        let banded = lines[0].contains("side-band-64k");
        pack::write(&selection.objects, kind, banded.then_some(LONGEST_LINE), to).await?;
        if banded { to.write_all(FLUSH).await } else { Ok(()) }
    }

    /// Hears what the client has, and returns whether it wants its pack now.
    async fn negotiate(
        &self,
        wish: &mut Wish,
        from: &mut (impl AsyncRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<bool> {
        let mut agreed = false;
        loop {
            let mut out = Vec::new();
            match line::read(from).await? {
                None => return Ok(false),
                Some(Line::Flush | Line::Delimiter) if agreed => {}
                Some(Line::Flush | Line::Delimiter) => line::text(&mut out, "NAK"),
                Some(Line::Text(text)) if text == "done" => {
                    if !agreed {
                        line::text(&mut out, "NAK");
                    }
                    to.write_all(&out).await?;
                    return Ok(true);
                }
                Some(Line::Text(text)) => {
                    let id = text.strip_prefix("have ").and_then(parse);
                    if let Some(id) = id.filter(|id| self.repository.read().object(id).is_some()) {
                        wish.haves.push(id);
                        if !std::mem::replace(&mut agreed, true) {
                            line::text(&mut out, &format!("ACK {id}"));
                        }
                    }
                }
            }
            to.write_all(&out).await?;
            to.flush().await?;
        }
    }

    fn select(&self, wish: &Wish) -> (super::select::Selection, gix::hash::Kind, Vec<ObjectId>) {
        let store = self.repository.read();
        let common = wish.haves.iter().filter(|id| store.object(id).is_some()).copied().collect();
        (select(&store, wish), store.kind, common)
    }

    fn wish(&self, lines: &[String]) -> Result<Wish, String> {
        let mut wish = Wish::default();
        for line in lines {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            let id = rest.split([' ', '\0']).next().and_then(parse);
            match (word, id) {
                ("want", Some(id)) => wish.wants.push(id),
                ("have", Some(id)) => wish.haves.push(id),
                ("shallow", Some(id)) => wish.shallow.push(id),
                ("deepen", _) => wish.depth = rest.parse().ok().filter(|depth| *depth > 0),
                ("filter", _) if rest == "tree:0" => wish.leave_out = LeaveOut::Trees,
                ("filter", _) if rest == "blob:none" => wish.leave_out = LeaveOut::Blobs,
                ("filter", _) => return Err(format!("filter {rest:?} is not supported")),
                ("deepen-since" | "deepen-not" | "want" | "have", _) => {
                    return Err(format!("{line:?} is not supported"));
                }
                _ => {}
            }
        }
        if wish.depth.is_some() && !self.options.shallow {
            return Err("this server does not cut history off".to_owned());
        }
        let store = self.repository.read();
        let is_tip = |id: &ObjectId| store.refs.values().any(|tip| tip == id);
        match wish.wants.iter().find(|id| match self.options.only_tips {
            true => !is_tip(id),
            false => store.object(id).is_none(),
        }) {
            Some(id) => Err(format!("upload-pack: not our ref {id}")),
            None => Ok(wish),
        }
    }
}

/// The next question of protocol 2, or `None` where there are no more.
pub(crate) async fn question(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Question>> {
    let mut question = Question::default();
    loop {
        match line::read(from).await? {
            None => return Ok(None),
            Some(Line::Flush) if question.command.is_empty() => return Ok(None),
            Some(Line::Flush) => return Ok(Some(question)),
            Some(Line::Delimiter) => {}
            Some(Line::Text(text)) => match text.strip_prefix("command=") {
                Some(command) => question.command = command.to_owned(),
                None => question.lines.push(text),
            },
        }
    }
}

/// `HEAD` and all others, by name.
fn listed(store: &Store) -> Vec<(String, ObjectId)> {
    let head = store.refs.get(&store.head).map(|id| ("HEAD".to_owned(), *id));
    head.into_iter().chain(store.refs.iter().map(|(name, id)| (name.clone(), *id))).collect()
}

fn boundaries(out: &mut Vec<u8>, shallow: &[ObjectId], unshallow: &[ObjectId]) {
    for id in shallow {
        line::text(out, &format!("shallow {id}"));
    }
    for id in unshallow {
        line::text(out, &format!("unshallow {id}"));
    }
}

async fn refuse(to: &mut (impl AsyncWrite + Unpin), reason: &str) -> io::Result<()> {
    let mut out = Vec::new();
    line::text(&mut out, &format!("ERR {reason}"));
    to.write_all(&out).await
}

fn parse(hex: &str) -> Option<ObjectId> {
    ObjectId::from_hex(hex.as_bytes()).ok()
}

/// Counts what goes through it.
pub(crate) struct Counted<W> {
    pub(crate) to: W,
    pub(crate) sent: std::sync::Arc<AtomicU64>,
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Counted<W> {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<io::Result<usize>> {
        let written = std::pin::Pin::new(&mut self.to).poll_write(context, bytes);
        if let std::task::Poll::Ready(Ok(count)) = written {
            self.sent.fetch_add(count as u64, Ordering::Relaxed);
        }
        written
    }

    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::pin::Pin::new(&mut self.to).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::pin::Pin::new(&mut self.to).poll_shutdown(context)
    }
}

const AGENT: &str = concat!("agent=gotk-testenv/", env!("CARGO_PKG_VERSION"));
const LONGEST_LINE: usize = 65520;
