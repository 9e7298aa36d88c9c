//! A connection whose peer takes what is written to it, in bounded time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// What a peer has to take to be given its time again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enough {
    /// Anything, however little: a slow peer is no silent one. For connections that go on.
    Something,
    /// All that was written, up to the flush: whoever takes a byte now and then gains nothing by it. For an answer that is
    /// small, and after which the connection ends.
    Everything,
}

/// A connection that ends where its peer leaves what is written untaken for too long (an error of the kind
/// [`io::ErrorKind::TimedOut`]). Below TLS, where taking is seen.
#[derive(Debug)]
pub struct Taking<T> {
    stream: T,
    enough: Enough,
    patience: Duration,
    /// Running while something is left untaken.
    end: Option<Pin<Box<Sleep>>>,
}

impl<T> Taking<T> {
    /// A connection whose peer may take so long.
    pub const fn new(stream: T, enough: Enough, patience: Duration) -> Self {
        Self { stream, enough, patience, end: None }
    }

    /// What came of writing; an error, where it would wait and has waited long enough.
    fn in_time<R>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if written.is_ready() && self.enough == Enough::Something {
            self.end = None;
        } else if written.is_pending() || self.end.is_some() {
            let end = self.end.get_or_insert_with(|| Box::pin(sleep(self.patience)));
            if end.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        written
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

    /// Whoever writes HTTP flushes when it has written all that it had. Of a socket this is done at once, and says nothing of
    /// what its peer takes; so only what waits in between is timed here, and a flush that is done is everything.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if self.enough == Enough::Something {
            return flushed;
        }
        if flushed.is_pending() {
            ready!(self.in_time::<()>(cx, Poll::Pending))?;
        }
        ready!(flushed)?;
        self.end = None;
        Poll::Ready(Ok(()))
    }

    /// There may be a last word to write, which a peer may leave untaken as well.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.in_time(cx, shut)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::timeout;

    use super::*;

    /// What stands between the two ends until it is taken.
    const BETWEEN_BYTES: usize = 8;
    const PATIENCE: Duration = Duration::from_millis(50);
    const DEADLINE: Duration = Duration::from_secs(60);

    /// Takes whatever is written, and never its last word.
    struct Unending;

    impl AsyncWrite for Unending {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_peer_that_does_not_take_the_last_word_is_left() {
        for enough in [Enough::Something, Enough::Everything] {
            let mut stream = Taking::new(Unending, enough, PATIENCE);
            let ended = timeout(DEADLINE, stream.shutdown()).await.expect("it ends");
            assert_eq!(ended.map_err(|it| it.kind()), Err(io::ErrorKind::TimedOut));
        }
    }

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_given_up_and_one_that_takes_a_little_is_not() {
        let (near, mut far) = duplex(BETWEEN_BYTES);
        let mut stream = Taking::new(near, Enough::Something, PATIENCE);
        for _ in 0..10 {
            // The first writing begins to wait, and what is taken lets the second one end.
            stream.write_all(&[0; BETWEEN_BYTES]).await.expect("there is room");
            assert!(futures::poll!(std::pin::pin!(stream.write_all(&[0]))).is_pending());
            far.read_exact(&mut [0; BETWEEN_BYTES]).await.expect("it was written");
            stream.write_all(&[0; BETWEEN_BYTES]).await.expect("there is room again");
            assert!(stream.end.is_none(), "it was taken");
            far.read_exact(&mut [0; BETWEEN_BYTES]).await.expect("it was written");
        }
        let untaken = timeout(DEADLINE, stream.write_all(&[0; 2 * BETWEEN_BYTES])).await;
        assert_eq!(untaken.expect("it ends").map_err(|it| it.kind()), Err(io::ErrorKind::TimedOut));
    }

    #[tokio::test]
    async fn a_peer_that_takes_a_little_of_an_answer_is_given_no_more_time_for_the_rest() {
        let (near, mut far) = duplex(BETWEEN_BYTES);
        let mut stream = Taking::new(near, Enough::Everything, PATIENCE);
        assert!(futures::poll!(std::pin::pin!(stream.write_all(&[0; 2 * BETWEEN_BYTES]))).is_pending());
        let end = stream.end.as_ref().expect("it waits").deadline();
        far.read_exact(&mut [0; BETWEEN_BYTES]).await.expect("it was written");
        stream.write_all(&[0; BETWEEN_BYTES]).await.expect("there is room again");
        assert_eq!(stream.end.as_ref().map(|it| it.deadline()), Some(end));
        far.read_exact(&mut [0; BETWEEN_BYTES]).await.expect("it was written");
        stream.flush().await.expect("all was taken");
        assert!(stream.end.is_none(), "all was taken");
    }
}
