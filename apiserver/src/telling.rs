//! A watch at work: what was written goes to the client, as fast as the client takes it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::fault::Harm;
use crate::http::Shared;
use crate::store::Expired;
use crate::watch::Watch;

/// How often a quiet watch is told how far it is.
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);

/// How long a watch lives when the client does not say. Upstream takes 30 to 60 minutes.
const LIFETIME: Duration = Duration::from_secs(45 * 60);

/// What a test wants to happen to a watch after so many events.
#[derive(Debug)]
pub(crate) struct Limit {
    left: usize,
    harm: Harm,
    cut: Arc<Notify>,
}

impl Limit {
    pub(crate) fn new(harm: &Harm, cut: Arc<Notify>) -> Option<Self> {
        let (Harm::CutAfter(left) | Harm::FreezeAfter(left) | Harm::ExpireAfter(left)) = *harm
        else {
            return None;
        };
        Some(Self { left, harm: harm.clone(), cut })
    }
}

/// What a watch says to its connection.
#[derive(Debug)]
pub(crate) enum Told {
    Lines(Bytes),
    /// The connection is to end here.
    Cut(Arc<Notify>),
}

/// Why a watch has nothing more to say.
struct Over;

/// The client's end, and what is to go wrong with it.
struct Client {
    lines: mpsc::Sender<Told>,
    limit: Option<Limit>,
}

impl Client {
    async fn send(&mut self, lines: Bytes, watch: &Watch) -> Result<(), Over> {
        let Some(limit) = &mut self.limit else {
            return self.tell(Told::Lines(lines)).await;
        };
        // A line is an event: JSON has no other line breaks.
        let ends = lines.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
        let ends: Vec<usize> = ends.take(limit.left).collect();
        limit.left -= ends.len();
        let told = lines.slice(..ends.last().map_or(0, |end| end + 1));
        if !told.is_empty() {
            self.tell(Told::Lines(told)).await?;
        }
        match self.limit.as_ref().is_some_and(|limit| limit.left == 0) {
            true => self.harm(watch).await,
            false => Ok(()),
        }
    }

    async fn tell(&self, told: Told) -> Result<(), Over> {
        self.lines.send(told).await.map_err(|_| Over)
    }

    /// Before anything is sent: some harms wait for no event.
    async fn begin(&mut self, watch: &Watch) -> Result<(), Over> {
        if self.limit.as_ref().is_some_and(|limit| limit.left == 0) {
            return self.harm(watch).await;
        }
        Ok(())
    }

    async fn harm(&mut self, watch: &Watch) -> Result<(), Over> {
        let Some(limit) = self.limit.take() else { return Ok(()) };
        match limit.harm {
            Harm::ExpireAfter(_) => {
                let expired = watch.expired(&Expired { oldest: watch.cursor.saturating_add(1) });
                self.tell(Told::Lines(expired)).await?;
                return Err(Over);
            }
            Harm::CutAfter(_) => self.tell(Told::Cut(limit.cut)).await?,
            _ => {}
        }
        // The end of the stream would be an answer.
        self.lines.closed().await;
        Err(Over)
    }
}

/// Runs a watch until its client leaves, its time is up, or it fell behind.
pub(crate) fn tell(
    shared: Arc<Shared>,
    mut watch: Watch,
    limit: Option<Limit>,
) -> mpsc::Receiver<Told> {
    // One line in flight: a slow client is waited for here and costs nothing in the store.
    let (lines, receiver) = mpsc::channel(1);
    let lifetime = watch.timeout_seconds.map_or(LIFETIME, Duration::from_secs);
    tokio::spawn(async move {
        let end = Instant::now().checked_add(lifetime);
        let end = end.unwrap_or_else(|| Instant::now() + LIFETIME);
        let mut client = Client { lines, limit };
        let told = follow(&shared, &mut watch, &mut client);
        let over = tokio::time::timeout_at(end, told).await;
        if over.is_err() && watch.bookmarks {
            // A client that has left does not need to be told.
            let _told = client.lines.try_send(Told::Lines(watch.bookmark(false)));
        }
    });
    receiver
}

async fn follow(shared: &Shared, watch: &mut Watch, client: &mut Client) -> Result<(), Over> {
    let mut news = shared.sender(watch.kind().shelf).subscribe();
    client.begin(watch).await?;
    while let Some(lines) = watch.next_initial() {
        client.send(lines, watch).await?;
    }
    loop {
        news.mark_unchanged();
        let lines = match shared.with(|machine| machine.poll(watch)) {
            Ok(lines) => lines,
            Err(expired) => return client.send(watch.expired(&expired), watch).await,
        };
        for line in lines {
            client.send(line, watch).await?;
        }
        if watch.over {
            return Ok(());
        }
        if watch.behind {
            continue;
        }
        tokio::select! {
            changed = news.changed() => changed.map_err(|_| Over)?,
            () = client.lines.closed() => return Err(Over),
            () = tokio::time::sleep(BOOKMARK_EVERY) => {
                if watch.bookmarks {
                    client.send(watch.bookmark(false), watch).await?;
                }
            }
        }
    }
}
