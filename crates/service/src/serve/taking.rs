//! A connection whose peer takes what is written to it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a peer may take nothing at all of what is to be written. Without it a client that was let in once, and never reads,
/// would keep its connection for ever: whoever speaks HTTP/2 reads nothing more while its answers to pings do not get out, not
/// even that there are none to its own.
const TAKES_NOTHING_MAX: Duration = Duration::from_secs(60);

/// A connection that ends where its peer has taken nothing for too long. What it takes, however little, gives it that time
/// again: a slow peer is no silent one. It stands below TLS, where taking is seen.
pub(crate) struct Taking<T> {
    stream: T,
    patience: Duration,
    /// Running while nothing of what is to be written is taken.
    end: Option<Pin<Box<Sleep>>>,
}

impl<T> Taking<T> {
    pub(crate) const fn new(stream: T) -> Self {
        Self { stream, patience: TAKES_NOTHING_MAX, end: None }
    }

    /// What came of writing; an error, where it would wait and has waited long enough.
    fn in_time<R>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if written.is_ready() {
            self.end = None;
            return written;
        }
        let patience = self.patience;
        let end = self.end.get_or_insert_with(|| Box::pin(sleep(patience)));
        end.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Taking<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Taking<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.in_time(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.in_time(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Of a socket this is done at once, and says nothing of what its peer takes.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// As [`Self::poll_flush`].
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    /// What stands between the two ends until it is taken.
    const BETWEEN_BYTES: usize = 8;
    const DEADLINE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_given_up_and_one_that_takes_a_little_is_not() {
        let (near, mut far) = duplex(BETWEEN_BYTES);
        let mut stream = Taking { stream: near, patience: Duration::from_millis(50), end: None };
        for _ in 0..10 {
            // The first writing begins to wait, and what is taken lets the second one end.
            stream.write_all(&[0; BETWEEN_BYTES]).await.expect("there is room");
            assert!(futures::poll!(std::pin::pin!(stream.write_all(&[0]))).is_pending());
            far.read_exact(&mut [0; BETWEEN_BYTES]).await.expect("it was written");
            stream.write_all(&[0; BETWEEN_BYTES]).await.expect("there is room again");
            assert!(stream.end.is_none(), "it was taken");
            far.read_exact(&mut [0; BETWEEN_BYTES]).await.expect("it was written");
        }
        let untaken = tokio::time::timeout(DEADLINE, stream.write_all(&[0; 2 * BETWEEN_BYTES])).await;
        assert_eq!(untaken.expect("it ends").map_err(|it| it.kind()), Err(io::ErrorKind::TimedOut));
    }
}
