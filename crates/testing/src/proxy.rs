//! What stands between a client and its server, and fails when a test says so.

mod connection;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use self::connection::{Line, Side, Then, Tripwire};
use crate::ports::free_port;

/// How long connections take to be gone, unless new ones have come already.
const CUT_MAX: Duration = Duration::from_secs(1);

/// A TCP proxy on loopback. All its connections are cut when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    line: Arc<Line>,
    /// None while it refuses.
    listening: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Listens, and passes everything on to `target`.
    pub async fn to(target: SocketAddr) -> Self {
        // A port that nobody takes while it refuses.
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let listener = TcpListener::bind(address).await.expect("the port is free");
        let line = Arc::new(Line {
            target,
            stalled: watch::Sender::new(false),
            cuts: watch::Sender::new(()),
            open: watch::Sender::new(0),
            tripwire: Mutex::new(None),
        });
        let listening = tokio::spawn(accept(listener, Arc::clone(&line)));
        Self { address, line, listening: Some(listening) }
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections go through it.
    pub fn open(&self) -> usize {
        *self.line.open.borrow()
    }

    /// Resets every connection, on both sides, and waits until all are gone. New ones are taken as before: where clients
    /// are back faster than that, it waits no longer than a moment.
    pub async fn cut(&self) {
        self.line.cuts.send_replace(());
        let mut open = self.line.open.subscribe();
        let none = open.wait_for(|it| *it == 0);
        if let Ok(none) = timeout(CUT_MAX, none).await {
            none.expect("the sender lives as long as the proxy");
        }
    }

    /// Refuses new connections, as a host does on which nothing listens. Those that are open stay.
    pub async fn refuse(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.abort();
            // Only then is its port closed.
            let _ = listening.await;
        }
    }

    /// Takes new connections again, at the same address.
    pub async fn admit(&mut self) {
        if self.listening.is_none() {
            let listener = TcpListener::bind(self.address).await.expect("its port is still free");
            self.listening = Some(tokio::spawn(accept(listener, Arc::clone(&self.line))));
        }
    }

    /// Swallows everything, as a network does that loses all packets: nothing moves on open connections, and new ones
    /// are taken and hear nothing. What was under way is held back until [`Proxy::flow`].
    pub fn stall(&self) {
        self.line.stalled.send_replace(true);
    }

    /// Lets everything pass again.
    pub fn flow(&self) {
        self.line.stalled.send_replace(false);
    }

    /// Resets the next connection whose client sends these bytes in one piece, before the server gets them: whatever
    /// they ask for does not happen. Resolves when it was done; a later tripwire takes the place of this one.
    pub fn cut_at_request(&self, bytes: &[u8]) -> oneshot::Receiver<()> {
        self.trip(Side::Client, bytes, Then::Cut)
    }

    /// Resets the next connection whose server answers these bytes in one piece, before the client gets them: it has
    /// happened, and the client cannot know. PostgreSQL answers a commit with `COMMIT\0`.
    pub fn cut_at_answer(&self, bytes: &[u8]) -> oneshot::Receiver<()> {
        self.trip(Side::Server, bytes, Then::Cut)
    }

    /// Passes on the next request with these bytes in one piece, and swallows all that the server says on that
    /// connection from then on: what was asked for happens, and the client does not hear of it until [`Proxy::cut`].
    /// Resolves when the request passes.
    pub fn swallow_answer_to(&self, bytes: &[u8]) -> oneshot::Receiver<()> {
        self.trip(Side::Client, bytes, Then::Swallow)
    }

    fn trip(&self, side: Side, bytes: &[u8], then: Then) -> oneshot::Receiver<()> {
        let (sprung, is_sprung) = oneshot::channel();
        let tripwire = Tripwire { side, bytes: bytes.to_owned(), then, sprung };
        *self.line.tripwire.lock().unwrap_or_else(PoisonError::into_inner) = Some(tripwire);
        is_sprung
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.abort();
        }
        self.line.cuts.send_replace(());
    }
}

async fn accept(listener: TcpListener, line: Arc<Line>) {
    while let Ok((client, _)) = listener.accept().await {
        // From here on it counts and can be cut, not only once its task has begun.
        tokio::spawn(line.connection(client));
    }
}
