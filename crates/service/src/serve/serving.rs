//! A worker's connections: each is served by a task of its own, until either side ends it.

use std::net::TcpStream as StdStream;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use hyper_util::rt::TokioIo;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::{debug, warn};

use super::DRAIN_MAX;
use super::accept::Layered;
use super::connection::Connection;
use super::gathering::in_turns;
use super::handshake::shake_hands;
use super::places::Place;
use super::protocol::{Calls, protocol};
use crate::identity::Identity;
use crate::telemetry::{Counted, Figures};

/// Connections that have shaken hands, and wait to be served.
const CONNECTIONS_READY_MAX: usize = 64;
/// How long those that wait, or still shake hands, keep the others from being told that the server ends.
const HAND_OVER_MAX: Duration = Duration::from_millis(500);

/// What a worker serves its connections with.
pub(super) struct Serving {
    pub(super) identity: Identity,
    pub(super) figures: Arc<Figures>,
    /// How long a connection may stay on which no call was let in.
    pub(super) first_call_within: Duration,
    pub(super) stopping: watch::Receiver<bool>,
}

impl Serving {
    /// Serves until told to stop, then finishes what is under way.
    pub(super) async fn work(
        self,
        router: impl Future<Output = Layered>,
        accepted: mpsc::Receiver<(StdStream, Place)>,
    ) {
        let Self { identity, figures, first_call_within, stopping } = self;
        let router = router.await;
        let (ready, mut connections) = mpsc::channel(CONNECTIONS_READY_MAX);
        tokio::spawn(shake_hands(accepted, identity, first_call_within, ready));
        let (leave, leaving) = watch::channel(false);
        let mut served = JoinSet::new();
        // Connections are told to go away once the last one was taken over: when nobody hands on any more.
        let mut stopped = std::pin::pin!(told(stopping.clone()).then(|()| sleep(HAND_OVER_MAX)));
        loop {
            tokio::select! {
                connection = connections.recv() => match connection {
                    Some(it) => {
                        let serve = serve(router.clone(), it, figures.clone(), leaving.clone());
                        served.spawn(in_turns(serve));
                    }
                    None => break,
                },
                Some(_) = served.join_next() => {}
                () = &mut stopped => break,
            }
        }
        leave.send_replace(true);
        // A peer that is silent never confirms that its connection ends, and is waited for no longer than this. The
        // worker's runtime ends with this task, and takes what is left of the connections and their handlers along.
        let overdue = told(stopping).then(|()| sleep(DRAIN_MAX));
        tokio::select! {
            () = async { while served.join_next().await.is_some() {} } => {}
            () = overdue => warn!("connections were still open when the time to finish them was over"),
        }
    }
}

/// Serves one connection until it is gone. It is told to go away when the server leaves, and when nobody was let in on it in
/// time: a place that nobody uses is kept from whoever would.
async fn serve(
    router: Layered,
    connection: Connection,
    figures: Arc<Figures>,
    leaving: watch::Receiver<bool>,
) {
    let unknown = connection.stays_unknown();
    let told = async {
        tokio::select! {
            () = told(leaving) => {}
            () = unknown => debug!("a connection on which no call was let in is told to go away"),
        }
    };
    let calls = Calls { router, peer: connection.peer() };
    let connection = TokioIo::new(Counted::new(connection, figures));
    let mut connection = std::pin::pin!(protocol().serve_connection(connection, calls));
    let served = tokio::select! {
        biased;
        served = connection.as_mut() => served,
        () = told => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        debug!(%error, "a connection ended");
    }
}

async fn told(mut stopping: watch::Receiver<bool>) {
    // An error means that the sender is gone: nobody is left to serve for.
    let _ = stopping.wait_for(|it| *it).await;
}
