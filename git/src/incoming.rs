//! A pack on its way: from a server to a file, read and written at once.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::{Buf as _, Bytes};
use tokio::sync::mpsc::{self, Receiver};

use crate::error::Error;
use crate::id::ObjectId;
use crate::objects::Objects;
use crate::pack::{self, Refused};
use crate::protocol::fetch::Wish;
use crate::session::Session;

/// Asks for a pack, writes it into `directory` while it arrives, and returns where history was cut
/// off.
pub(crate) async fn receive(
    session: &mut Session<'_>,
    wish: &Wish,
    directory: PathBuf,
    bases: Option<Arc<Objects>>,
) -> Result<Vec<ObjectId>, Error> {
    let (pack, incoming) = mpsc::channel(IN_FLIGHT);
    let stop = StopOnDrop(Arc::default());
    let (flag, kind) = (Arc::clone(&stop.0), session.greeting().algorithm.kind());
    let (limits, shown) = (session.remote().options().limits.clone(), directory.clone());
    let writing = tokio::task::spawn_blocking(move || {
        let bytes = Arriving { incoming, current: Bytes::new() };
        pack::index(bytes, bases.as_deref(), &directory, kind, &limits, &flag)
    });
    let received = session.fetch(wish, pack).await;
    let written = writing
        .await
        .unwrap_or_else(|_| Err(Refused::Damaged("it could not be read to its end".into())));
    let url = session.remote().url().clone();
    match (received, written) {
        (_, Err(Refused::TooLarge(what, limit))) => Err(Error::TooLarge { url, what, limit }),
        (_, Err(Refused::Storage(error))) => Err(Error::storage(shown, "write a pack")(error)),
        (Err(error), _) => Err(error),
        (Ok(_), Err(Refused::Damaged(why))) => Err(Error::Corrupt {
            url,
            reason: format!("the server sent a pack that is damaged: {why}"),
        }),
        (Ok(shallow), Ok(())) => Ok(shallow),
    }
}

/// Bytes from an asynchronous sender, read by a thread. The end of the sender is the end of the file.
struct Arriving {
    incoming: Receiver<Bytes>,
    current: Bytes,
}

impl io::Read for Arriving {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.incoming.blocking_recv() {
                Some(bytes) => self.current = bytes,
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.current.len());
        self.current.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

/// Stops a thread when nobody waits for it any more.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Pieces of a pack on their way to the thread that writes it, 64 KiB each at most.
const IN_FLIGHT: usize = 32;
