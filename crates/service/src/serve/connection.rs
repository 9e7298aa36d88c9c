//! A connection that calls are served on.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::gathering::Gathering;
use super::peer::Peer;
use super::places::Place;
use super::stream::Stream;

/// What a client of HTTP/2 begins with (RFC 9113, section 3.4).
const PREFACE_BYTES: usize = 24;
/// How long a connection that was told to go away may still take.
const GO_AWAY_MAX: Duration = Duration::from_secs(10);

/// A connection that calls are served on. One that does not begin to speak HTTP/2 in time ends, and so does one on which
/// nobody was let in in time.
pub(super) struct Connection {
    stream: Gathering<Stream>,
    peer: Peer,
    trial: Option<Trial>,
    ends: Ends,
    place: Place,
}

/// When a connection has to have got somewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    /// It speaks HTTP/2.
    pub(super) silent: Instant,
    /// Somebody was let in on it, or it is told to go away.
    pub(super) unknown: Instant,
}

/// A connection on which nobody was let in yet, and when it ends.
struct Trial {
    /// How much it has said; none: it speaks HTTP/2.
    preface: Option<usize>,
    end: Pin<Box<Sleep>>,
}

impl Connection {
    pub(super) fn new(stream: Stream, peer: Peer, place: Place, ends: Ends) -> Self {
        let trial = Some(Trial { preface: Some(0), end: Box::pin(sleep_until(ends.silent)) });
        Self { stream: Gathering::new(stream), peer, trial, ends, place }
    }

    /// Who is at its other end.
    pub(super) fn peer(&self) -> Peer {
        self.peer.clone()
    }

    /// Resolves when it is time to tell the connection to go away, because nobody was let in on it; else never.
    pub(super) fn stays_unknown(&self) -> impl Future<Output = ()> + use<> {
        let (peer, end) = (self.peer.clone(), self.ends.unknown);
        async move {
            sleep_until(end).await;
            if peer.is_known() {
                std::future::pending().await
            }
        }
    }

    /// Looks whether the connection has got somewhere, after so many bytes more were read; `Ready` where its time is over.
    fn poll_trial(&mut self, bytes: usize, cx: &mut Context<'_>) -> Poll<()> {
        let Some(trial) = &mut self.trial else { return Poll::Pending };
        if let Some(said) = &mut trial.preface {
            *said += bytes;
            if *said >= PREFACE_BYTES {
                trial.preface = None;
                // Whoever ends it in good manners is gone by then.
                trial.end.as_mut().reset(self.ends.unknown + GO_AWAY_MAX);
                self.place.settle();
            }
        }
        if self.peer.is_known() {
            self.trial = None;
            return Poll::Pending;
        }
        trial.end.as_mut().poll(cx)
    }

    /// What came of writing; an error, where the connection's time is over. Whoever speaks HTTP/2 does not read while its own
    /// frames (answers to pings) do not get out, so that to look when it reads is not enough.
    fn in_time<R>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if self.poll_trial(0, cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        written
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
        if self.trial.is_some() {
            let bytes = buffer.filled().len() - before;
            if self.poll_trial(bytes, cx).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        polled
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.in_time(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.in_time(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(cx);
        self.in_time(cx, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.in_time(cx, polled)
    }
}
