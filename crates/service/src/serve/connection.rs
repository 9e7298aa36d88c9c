//! A connection that calls are served on.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::transport::server::Connected;

use super::places::Place;
use super::stream::{Peer, Stream};

/// What a client of HTTP/2 begins with (RFC 9113, section 3.4).
const PREFACE_BYTES: usize = 24;

/// A connection that calls are served on. One that does not begin to speak HTTP/2 in time ends.
pub(super) struct Connection {
    stream: Stream,
    peer: Peer,
    new: Option<New>,
    place: Place,
}

/// A connection that has not begun to speak HTTP/2, and when it must have.
struct New {
    bytes: usize,
    end: Pin<Box<Sleep>>,
}

impl Connection {
    pub(super) fn new(stream: Stream, peer: Peer, place: Place, end: Instant) -> Self {
        let new = Some(New { bytes: 0, end: Box::pin(sleep_until(end)) });
        Self { stream, peer, new, place }
    }
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let Some(new) = &mut self.new else { return polled };
        new.bytes += buffer.filled().len() - before;
        if new.bytes >= PREFACE_BYTES {
            self.new = None;
            self.place.settle();
        } else if polled.is_pending() && new.end.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        polled
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
