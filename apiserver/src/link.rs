//! A wire to the server that can be frozen and cut.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A wire to the server that can be frozen and cut, made by
/// [`ApiServer::link`](crate::ApiServer::link).
///
/// What a client's connections must survive and a well-behaved server never does: silence without
/// an end (a router that forgot us, a suspended machine), and an end without a goodbye. Other
/// clients of the server notice nothing. Connections end when this is dropped.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    state: watch::Sender<State>,
    accepted: Arc<AtomicUsize>,
    listening: JoinHandle<()>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    frozen: bool,
    /// How often it was cut. A connection belongs to the count it was opened at.
    cuts: u64,
}

impl Link {
    pub(crate) async fn open(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (state, seen) = watch::channel(State::default());
        let accepted = Arc::new(AtomicUsize::new(0));
        let listening = tokio::spawn(listen(listener, server, seen, Arc::clone(&accepted)));
        Ok(Self { address, state, accepted, listening })
    }

    /// The URL of clients that are to go over this wire.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections were ever made over this wire.
    pub fn connections(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Nothing gets through any more, in either direction, and nothing is closed.
    pub fn freeze(&self) {
        self.state.send_modify(|state| state.frozen = true);
    }

    /// What was held back gets through, and all that follows.
    pub fn thaw(&self) {
        self.state.send_modify(|state| state.frozen = false);
    }

    /// Ends all connections there are. New ones can be made.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Its connections are children of this task's set and end with it.
        self.listening.abort();
    }
}

async fn listen(
    listener: TcpListener,
    server: SocketAddr,
    state: watch::Receiver<State>,
    accepted: Arc<AtomicUsize>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            client = listener.accept() => {
                // A failed accept is the client's or the system's; the next may succeed.
                if let Ok((client, _)) = client {
                    accepted.fetch_add(1, Ordering::SeqCst);
                    connections.spawn(connect(client, server, state.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connect(
    client: TcpStream,
    server: SocketAddr,
    mut state: watch::Receiver<State>,
) -> io::Result<()> {
    let cuts = state.borrow_and_update().cuts;
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let up = pump(from_client, to_server, state.clone());
    let down = pump(from_server, to_client, state.clone());
    tokio::select! {
        ended = async { tokio::try_join!(up, down) } => ended.map(|_| ()),
        _ = state.wait_for(|state| state.cuts != cuts) => Ok(()),
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        // An end is held back too: a frozen wire shows nothing at all.
        let thawed = state.wait_for(|state| !state.frozen).await.is_ok();
        if read == 0 || !thawed {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..read]).await?;
    }
}
