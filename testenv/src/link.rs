//! A wire to the API server that can be frozen and cut.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use kube::{Client, Config};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::Error;

/// A wire to the API server that can be frozen and cut, made by
/// [`ControlPlane::link`](crate::ControlPlane::link).
///
/// What a client's connections must survive and a well-behaved server never does: silence without
/// an end (a router that forgot us, a suspended machine), and an end without a goodbye.
///
/// Connections end when this is dropped.
#[derive(Debug)]
pub struct Link {
    config: Config,
    state: watch::Sender<State>,
    accepted: Arc<AtomicUsize>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    frozen: bool,
    /// How often it was cut. A connection belongs to the count it was opened at.
    cuts: u64,
}

impl Link {
    /// Listens on a port of its own; `config` says where the server is.
    pub(crate) fn open(mut config: Config, server: SocketAddr) -> Result<Self, Error> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(Error::client("listen on a loopback port"))?;
        let address = listener.local_addr().map_err(Error::client("listen on a loopback port"))?;
        config.cluster_url =
            format!("https://{address}").parse().map_err(Error::client("make a client"))?;
        let (state, seen) = watch::channel(State::default());
        // A thread of its own: a test's runtime stops when the test does, or is paused by it.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .map_err(Error::client("start a link"))?;
        let accepted = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&accepted);
        thread::spawn(move || runtime.block_on(serve(listener, server, seen, &counter)));
        Ok(Self { config, state, accepted })
    }

    /// A client whose connections all go over this wire.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn client(&self) -> Result<Client, Error> {
        Client::try_from(self.config.clone()).map_err(Error::client("make a client"))
    }

    /// How to connect over this wire.
    #[must_use]
    pub fn config(&self) -> Config {
        self.config.clone()
    }

    /// How many connections were ever made over this wire.
    #[must_use]
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

/// Ends with the [`Link`], and everything on its runtime with it.
async fn serve(
    listener: std::net::TcpListener,
    server: SocketAddr,
    mut state: watch::Receiver<State>,
    accepted_so_far: &AtomicUsize,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (client, _) = accepted?;
                accepted_so_far.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(connect(client, server, state.clone()));
            }
            dropped = closed(&mut state) => return dropped,
        }
    }
}

async fn closed(state: &mut watch::Receiver<State>) -> io::Result<()> {
    while state.changed().await.is_ok() {}
    Ok(())
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
        let _ = state.wait_for(|state| !state.frozen).await;
        if read == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..read]).await?;
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;

    /// A server that answers each line with itself.
    fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || io::copy(&mut &stream, &mut &stream));
            }
        });
        address
    }

    fn open() -> (Link, TcpStream) {
        let link = Link::open(Config::new("https://unused".parse().unwrap()), echo()).unwrap();
        let authority = link.config.cluster_url.authority().unwrap().to_string();
        let stream = TcpStream::connect(authority).unwrap();
        (link, stream)
    }

    fn says(stream: &mut TcpStream, text: &str) -> io::Result<String> {
        stream.write_all(text.as_bytes())?;
        hears(stream)
    }

    /// What comes, however slow the machine.
    fn hears(stream: &mut TcpStream) -> io::Result<String> {
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut buffer = [0; 64];
        let read = stream.read(&mut buffer)?;
        Ok(String::from_utf8_lossy(&buffer[..read]).into_owned())
    }

    fn has_ended(stream: &mut TcpStream) -> bool {
        match hears(stream) {
            Ok(text) => text.is_empty(),
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }

    fn is_silent(stream: &mut TcpStream) -> bool {
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        stream.read(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    #[test]
    fn a_frozen_link_keeps_what_was_said_until_it_thaws() {
        let (link, mut stream) = open();
        assert_eq!(says(&mut stream, "one").unwrap(), "one");
        link.freeze();
        stream.write_all(b"two").unwrap();
        assert!(is_silent(&mut stream));
        link.thaw();
        assert_eq!(hears(&mut stream).unwrap(), "two");
    }

    #[test]
    fn a_cut_ends_even_a_frozen_connection_and_the_next_one_works() {
        let (link, mut stream) = open();
        assert_eq!(says(&mut stream, "one").unwrap(), "one");
        link.freeze();
        link.cut();
        assert!(has_ended(&mut stream));
        link.thaw();
        let mut next = TcpStream::connect(stream.peer_addr().unwrap()).unwrap();
        assert_eq!(says(&mut next, "two").unwrap(), "two");
    }

    #[test]
    fn a_dropped_link_ends_its_connections() {
        let (link, mut stream) = open();
        assert_eq!(says(&mut stream, "one").unwrap(), "one");
        drop(link);
        assert!(has_ended(&mut stream));
    }
}
