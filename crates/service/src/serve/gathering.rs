//! A connection whose long answers go out in few pieces.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A frame is not longer unless the client asks for it (RFC 9113, section 4.2), and HTTP/2 writes what is longer frame by frame.
const FRAME_BYTES: usize = 16 << 10;
/// How much is gathered: four such frames with their headers, which is about what the kernel takes apart for itself.
const GATHERED_BYTES_MAX: usize = 65 << 10;

thread_local! {
    /// Whether a call was answered in this turn of the connection's task, which looks for the next one then.
    static ANSWERED: Cell<bool> = const { Cell::new(false) };
}

/// A call of the connection whose turn it is was answered: others may be, before it ends.
pub(super) fn answered() {
    ANSWERED.set(true);
}

/// A connection that keeps full frames back until what follows them is there, and answers until all calls that have arrived
/// together are carried out: to hand a frame to the kernel costs several times what copying it does. What else is shorter is
/// written at once, as is all before it.
///
/// Nothing is kept for longer than until the connection's task has its next turn, which it asks for at once.
#[derive(Debug)]
pub(super) struct Gathering<T> {
    stream: T,
    gathered: BytesMut,
    /// Whether a full frame was written last, or what ends it, behind which the call's trailers come.
    goes_on: bool,
}

impl<T: AsyncWrite + Unpin> Gathering<T> {
    pub(super) fn new(stream: T) -> Self {
        Self { stream, gathered: BytesMut::new(), goes_on: false }
    }

    /// Writes all that was gathered. Its room is given back: most connections are idle.
    fn poll_gathered(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.gathered.is_empty() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.gathered))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.gathered.advance(written),
            }
        }
        self.gathered = BytesMut::new();
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Gathering<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Gathering<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let bytes = pieces.iter().map(|it| it.len()).sum();
        if self.gathered.len() + bytes > GATHERED_BYTES_MAX {
            ready!(self.poll_gathered(cx))?;
        }
        self.goes_on = bytes >= FRAME_BYTES || self.gathered.len() >= FRAME_BYTES;
        let is_gathered = !self.gathered.is_empty() || self.goes_on || ANSWERED.get();
        if !is_gathered || bytes > GATHERED_BYTES_MAX {
            return Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        }
        if self.gathered.is_empty() {
            self.gathered.reserve(GATHERED_BYTES_MAX);
        }
        pieces.iter().for_each(|it| self.gathered.extend_from_slice(it));
        Poll::Ready(Ok(bytes))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Each frame is flushed, whatever follows. Where nothing does, the next turn finds that out.
        let goes_on = std::mem::take(&mut self.goes_on) | ANSWERED.take();
        if goes_on && !self.gathered.is_empty() {
            cx.waker().wake_by_ref();
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_gathered(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_gathered(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    /// Counts how often its task is woken.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Keeps each piece that is written.
    #[derive(Default)]
    struct Pieces(Vec<Vec<u8>>);

    impl AsyncWrite for Pieces {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.0.push(bytes.to_vec());
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    /// Writes pieces of these lengths, each of which is flushed, as HTTP/2 does; then a turn without anything new, where the task
    /// was woken for it. Gives the lengths in which they got out, before that turn and after it.
    fn written(lengths: &[usize]) -> (Vec<usize>, Vec<usize>) {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let cx = &mut Context::from_waker(&waker);
        let mut gathering = Gathering::new(Pieces::default());
        for length in lengths {
            let wrote = Pin::new(&mut gathering).poll_write(cx, &vec![7; *length]);
            assert!(matches!(wrote, Poll::Ready(Ok(it)) if it == *length), "{wrote:?}");
            assert!(Pin::new(&mut gathering).poll_flush(cx).is_ready());
        }
        let lengths = |it: &Gathering<Pieces>| it.stream.0.iter().map(Vec::len).collect();
        let before = lengths(&gathering);
        if woken.0.load(Ordering::Relaxed) > 0 {
            assert!(Pin::new(&mut gathering).poll_flush(cx).is_ready());
        }
        (before, lengths(&gathering))
    }

    #[test]
    fn full_frames_go_out_with_what_follows_them_and_short_ones_at_once() {
        const FULL: usize = FRAME_BYTES + 9;
        assert_eq!(written(&[100, 20]), (vec![100, 20], vec![100, 20]));
        let (before, after) = written(&[50, FULL, FULL, 30, 40]);
        assert_eq!((before, after), (vec![50], vec![50, 2 * FULL + 30 + 40]));
        let (before, after) = written(&[FULL; 6]);
        assert_eq!((before, after), (vec![4 * FULL], vec![4 * FULL, 2 * FULL]));
        // A client that takes longer frames is handed them as they are.
        assert_eq!(written(&[FULL, 2 * GATHERED_BYTES_MAX]).1, [FULL, 2 * GATHERED_BYTES_MAX]);
    }

    #[tokio::test]
    async fn whatever_is_written_arrives_however_slowly_it_is_taken() {
        let bytes: Vec<u8> = (0..1 << 20).map(|it: u32| (it % 251) as u8).collect();
        let (near, mut far) = duplex(1_000);
        let sent = bytes.clone();
        let sending = tokio::spawn(async move {
            let (mut gathering, mut rest) = (Gathering::new(near), &sent[..]);
            for length in [1, 20_000, 16 << 10, 5, 64 << 10, 70_000, 3, 16 << 10].into_iter().cycle() {
                let (piece, after) = rest.split_at(length.min(rest.len()));
                gathering.write_all(piece).await.expect("it is taken");
                gathering.flush().await.expect("it is taken");
                rest = after;
                if rest.is_empty() {
                    return gathering.shutdown().await.expect("it is taken");
                }
            }
        });
        let mut read = Vec::new();
        far.read_to_end(&mut read).await.expect("it ends");
        sending.await.expect("it ends well");
        assert!(read == bytes);
    }
}
