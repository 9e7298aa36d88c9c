//! One connection through the proxy.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{oneshot, watch};

/// How much is passed on at once, in bytes: more than any message that a tripwire waits for.
const PIECE_BYTES: usize = 64 * 1024;

/// What the connections of a proxy share.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) target: SocketAddr,
    pub(super) stalled: watch::Sender<bool>,
    /// Every send cuts what is open.
    pub(super) cuts: watch::Sender<()>,
    pub(super) open: watch::Sender<usize>,
    pub(super) tripwire: Mutex<Option<Tripwire>>,
}

/// What befalls the connection that these bytes pass on.
#[derive(Debug)]
pub(super) struct Tripwire {
    pub(super) side: Side,
    pub(super) bytes: Vec<u8>,
    pub(super) then: Then,
    pub(super) sprung: oneshot::Sender<()>,
}

/// What happens at a tripwire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Both sides see a reset, and the bytes arrive nowhere.
    Cut,
    /// The bytes arrive, and whatever the server says from then on does not.
    Swallow,
}

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Client,
    Server,
}

/// Why a connection ends.
enum End {
    /// One side has closed it, or it broke.
    Over,
    /// Both sides are to see a reset.
    Cut(Option<oneshot::Sender<()>>),
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Over
    }
}

impl Line {
    /// Carries a connection to its end. It counts as open from the call on.
    pub(super) fn connection(self: &Arc<Self>, client: TcpStream) -> impl Future<Output = ()> + use<> {
        let (line, mut cuts) = (Arc::clone(self), self.cuts.subscribe());
        let open = Open::begin(Arc::clone(self));
        async move {
            let (mut client, mut server) = (client, None);
            let end = tokio::select! {
                // The sender is dropped with the proxy, which cuts everything, too.
                _ = cuts.changed() => End::Cut(None),
                end = line.carry(&mut client, &mut server) => end,
            };
            if let End::Cut(sprung) = end {
                for stream in [Some(client), server].into_iter().flatten() {
                    // A stream that is broken already needs no reset.
                    let _ = stream.set_zero_linger();
                    drop(stream);
                }
                drop(open);
                let _ = sprung.map(|it| it.send(()));
            }
        }
    }

    async fn carry(&self, client: &mut TcpStream, server: &mut Option<TcpStream>) -> End {
        let carried = async {
            self.flowing().await;
            let server = server.insert(TcpStream::connect(self.target).await?);
            // Neither side is to wait for more than it would without a proxy.
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let (from_client, to_client) = client.split();
            let (from_server, to_server) = server.split();
            let swallows = AtomicBool::new(false);
            tokio::try_join!(
                self.pass(Side::Client, from_client, to_server, &swallows),
                self.pass(Side::Server, from_server, to_client, &swallows),
            )
        };
        match carried.await {
            Ok(((), ())) => End::Over,
            Err(end) => end,
        }
    }

    async fn pass(
        &self,
        side: Side,
        mut from: ReadHalf<'_>,
        mut to: WriteHalf<'_>,
        swallows: &AtomicBool,
    ) -> Result<(), End> {
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let length = from.read(&mut piece).await?;
            self.flowing().await;
            if length == 0 {
                to.shutdown().await?;
                return Ok(());
            }
            if side == Side::Server && swallows.load(Ordering::Relaxed) {
                continue;
            }
            match self.springs(side, &piece[..length]) {
                Some(Tripwire { then: Then::Cut, sprung, .. }) => return Err(End::Cut(Some(sprung))),
                Some(Tripwire { then: Then::Swallow, sprung, .. }) => {
                    swallows.store(true, Ordering::Relaxed);
                    // Nobody may wait for it.
                    let _ = sprung.send(());
                }
                None => {}
            }
            to.write_all(&piece[..length]).await?;
        }
    }

    async fn flowing(&self) {
        let mut stalled = self.stalled.subscribe();
        let flows = stalled.wait_for(|it| !it).await;
        flows.expect("the sender lives in the line");
    }

    /// Takes the tripwire where these bytes pass over it.
    fn springs(&self, side: Side, piece: &[u8]) -> Option<Tripwire> {
        let mut tripwire = self.tripwire.lock().unwrap_or_else(PoisonError::into_inner);
        let passes = |it: &mut Tripwire| {
            it.side == side && piece.windows(it.bytes.len()).any(|window| window == it.bytes)
        };
        tripwire.take_if(passes)
    }
}

/// Counts a connection for as long as it lives.
struct Open {
    line: Arc<Line>,
}

impl Open {
    fn begin(line: Arc<Line>) -> Self {
        line.open.send_modify(|it| *it += 1);
        Self { line }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.line.open.send_modify(|it| *it -= 1);
    }
}
