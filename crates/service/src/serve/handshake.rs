//! From a connection that was accepted to one that calls are served on: each in a task of its own, in bounded time.

use std::net::TcpStream as StdStream;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::{Instant, timeout_at};
use tracing::debug;

use super::connection::{Connection, Ends};
use super::peer::Peer;
use super::places::Place;
use super::stream::{Stream, encrypted};
use crate::identity::Identity;

/// How long a connection may take until it speaks HTTP/2, with TLS before it.
const BEGIN_MAX: Duration = Duration::from_secs(10);

/// Hands over each connection when it is ready; ends when no more are accepted. How many are new at a time is bounded by
/// their places.
pub(super) async fn shake_hands(
    mut accepted: Receiver<(StdStream, Place)>,
    identity: Identity,
    first_call_within: Duration,
    ready: Sender<Connection>,
) {
    while let Some((stream, place)) = accepted.recv().await {
        let now = Instant::now();
        let ends = Ends { silent: now + BEGIN_MAX, unknown: now + first_call_within };
        let Ok(stream) = TcpStream::from_std(stream) else { continue };
        let from = place.network();
        let Some(tls) = &identity.tls else {
            let connection = Connection::new(Stream::plain(stream), Peer::new(from, None), place, ends);
            // An error means that the worker stops.
            let _ = ready.send(connection).await;
            continue;
        };
        let (config, authority, ready) = (tls.grpc(), identity.authority.clone(), ready.clone());
        tokio::spawn(async move {
            match timeout_at(ends.silent, encrypted(config, stream, authority.as_deref(), from)).await {
                Ok(Ok((stream, peer))) => {
                    let _ = ready.send(Connection::new(stream, peer, place, ends)).await;
                }
                // Who speaks no TLS, or shows a certificate of strangers: nobody here has to act on it.
                Ok(Err(error)) => debug!(%error, "a connection did not get through its handshake"),
                Err(_) => debug!("a connection took too long for its handshake"),
            }
        });
    }
}
