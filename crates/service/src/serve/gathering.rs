//! A connection whose answers go out in few pieces.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much is gathered: four frames of the usual length with their headers, which is about what the kernel takes apart for itself.
const GATHERED_BYTES_MAX: usize = 65 << 10;

thread_local! {
    /// The turns that connections' tasks of this thread have had.
    static TURNS: Cell<u64> = const { Cell::new(0) };
    /// Whether one of them has its turn. Outside of it nothing is kept: nobody would come back to it.
    static IN_TURN: Cell<bool> = const { Cell::new(false) };
}

/// A connection's task, whose turns [`Gathering`] tells apart.
pub(super) fn in_turns(task: impl Future<Output = ()>) -> impl Future<Output = ()> {
    let mut task = Box::pin(task);
    poll_fn(move |cx| {
        TURNS.set(TURNS.get() + 1);
        IN_TURN.set(true);
        let polled = task.as_mut().poll(cx);
        IN_TURN.set(false);
        polled
    })
}

/// A connection that keeps what is written until the next turn of its task, which it asks for at once: all calls that have arrived
/// together are carried out by then, and the callers of a commit have answered. HTTP/2 hands on each call's frames by themselves, and
/// what the kernel takes for one piece is several times what copying it does. Until the peer has said something, everything is
/// written at once.
#[derive(Debug)]
pub(super) struct Gathering<T> {
    stream: T,
    gathered: BytesMut,
    /// Whether the peer has said something.
    begun: bool,
    /// The turn in which the next one was asked for.
    kept_in: Option<u64>,
}

impl<T: AsyncWrite + Unpin> Gathering<T> {
    pub(super) fn new(stream: T) -> Self {
        Self { stream, gathered: BytesMut::new(), begun: false, kept_in: None }
    }

    /// Writes all that was gathered. Its room is given back: most connections are idle.
    fn poll_gathered(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.gathered.is_empty() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.gathered))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.gathered.advance(written),
            }
        }
        (self.gathered, self.kept_in) = (BytesMut::new(), None);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Gathering<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.begun |= buffer.filled().len() > before;
        polled
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
        let keeps = self.begun && IN_TURN.get();
        if bytes > GATHERED_BYTES_MAX || self.gathered.is_empty() && !keeps {
            return Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        }
        // Where a part of it was taken, its room is not made larger: the rest moves to the front of as much.
        if self.gathered.capacity() - self.gathered.len() < bytes {
            let mut moved = BytesMut::with_capacity(GATHERED_BYTES_MAX);
            moved.extend_from_slice(&self.gathered);
            self.gathered = moved;
        }
        pieces.iter().for_each(|it| self.gathered.extend_from_slice(it));
        Poll::Ready(Ok(bytes))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // HTTP/2 flushes each frame, whatever follows.
        let turn = TURNS.get();
        let is_kept = IN_TURN.get() && self.kept_in.is_none_or(|it| it == turn);
        if !self.gathered.is_empty() && is_kept {
            if self.kept_in.replace(turn).is_none() {
                cx.waker().wake_by_ref();
            }
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

    impl AsyncRead for Pieces {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            buffer.put_slice(b"PRI");
            Poll::Ready(Ok(()))
        }
    }

    /// A connection whose peer has said something.
    fn begun() -> Gathering<Pieces> {
        let mut gathering = Gathering::new(Pieces::default());
        let read = Pin::new(&mut gathering)
            .poll_read(&mut Context::from_waker(Waker::noop()), &mut ReadBuf::new(&mut [0; 8]));
        assert!(read.is_ready());
        gathering
    }

    /// One turn of a connection's task, which writes pieces of these lengths, and flushes after each of them and at its end.
    fn turn(gathering: &mut Gathering<Pieces>, woken: &Arc<Woken>, lengths: &[usize]) {
        let writing = poll_fn(|cx| {
            for length in lengths {
                let wrote = Pin::new(&mut *gathering).poll_write(cx, &vec![7; *length]);
                assert!(matches!(wrote, Poll::Ready(Ok(it)) if it == *length), "{wrote:?}");
                assert!(Pin::new(&mut *gathering).poll_flush(cx).is_ready());
            }
            assert!(Pin::new(&mut *gathering).poll_flush(cx).is_ready());
            Poll::Ready(())
        });
        let waker = Waker::from(Arc::clone(woken));
        assert!(std::pin::pin!(in_turns(writing)).poll(&mut Context::from_waker(&waker)).is_ready());
    }

    /// Writes pieces of these lengths in one turn, and nothing in the one that it asked for. Gives the lengths in which they got out,
    /// before that turn and after it.
    fn written(lengths: &[usize]) -> (Vec<usize>, Vec<usize>) {
        let (mut gathering, woken) = (begun(), Arc::default());
        let lengths_out = |it: &Gathering<Pieces>| it.stream.0.iter().map(Vec::len).collect();
        turn(&mut gathering, &woken, lengths);
        let before = lengths_out(&gathering);
        if woken.0.load(Ordering::Relaxed) > 0 {
            turn(&mut gathering, &woken, &[]);
        }
        (before, lengths_out(&gathering))
    }

    #[test]
    fn what_is_written_in_one_turn_goes_out_in_one_piece_in_the_next() {
        assert_eq!(written(&[]), (vec![], vec![]));
        assert_eq!(written(&[100, 20, 3]), (vec![], vec![123]));
        let full = (16 << 10) + 9;
        assert_eq!(written(&[full; 6]), (vec![4 * full], vec![4 * full, 2 * full]));
        // A client that takes longer frames is handed them as they are.
        assert_eq!(written(&[full, 2 * GATHERED_BYTES_MAX]).1, [full, 2 * GATHERED_BYTES_MAX]);
    }

    #[test]
    fn nothing_is_kept_for_a_second_turn_and_each_piece_asks_for_one_turn() {
        let (mut gathering, woken) = (begun(), Arc::default());
        for number in 1..6 {
            turn(&mut gathering, &woken, &[6, 4]);
            assert_eq!(gathering.stream.0.concat().len() + gathering.gathered.len(), number * 10);
            assert_eq!(woken.0.load(Ordering::Relaxed), number, "once a turn");
        }
        assert_eq!(gathering.stream.0.iter().map(Vec::len).collect::<Vec<_>>(), [16, 10, 10, 10]);
    }

    #[test]
    fn outside_of_a_turn_and_before_the_peer_has_said_something_all_is_written_at_once() {
        let cx = &mut Context::from_waker(Waker::noop());
        let mut outside = begun();
        assert!(Pin::new(&mut outside).poll_write(cx, &[7; 10]).is_ready());
        assert_eq!(outside.stream.0, [[7; 10]]);
        let mut silent = Gathering::new(Pieces::default());
        turn(&mut silent, &Arc::default(), &[10]);
        assert_eq!(silent.stream.0, [[7; 10]]);
    }

    #[tokio::test]
    async fn what_is_kept_is_written_before_the_connection_is_shut_down() {
        let mut gathering = begun();
        turn(&mut gathering, &Arc::default(), &[10]);
        assert!(gathering.stream.0.is_empty());
        gathering.shutdown().await.expect("it is taken");
        assert_eq!(gathering.stream.0, [[7; 10]]);
    }

    #[tokio::test]
    async fn whatever_is_written_arrives_however_slowly_it_is_taken() {
        let bytes: Vec<u8> = (0..1 << 20).map(|it: u32| (it % 251) as u8).collect();
        let (near, mut far) = duplex(1_000);
        let sent = bytes.clone();
        let sending = tokio::spawn(in_turns(async move {
            let (mut gathering, mut rest) = (Gathering::new(near), &sent[..]);
            gathering.read_exact(&mut [0; 3]).await.expect("the peer begins");
            for length in [1, 20_000, 16 << 10, 5, 64 << 10, 70_000, 3, 16 << 10].into_iter().cycle() {
                let (piece, after) = rest.split_at(length.min(rest.len()));
                gathering.write_all(piece).await.expect("it is taken");
                gathering.flush().await.expect("it is taken");
                rest = after;
                if rest.is_empty() {
                    return gathering.shutdown().await.expect("it is taken");
                }
            }
        }));
        far.write_all(b"PRI").await.expect("it is taken");
        let mut read = Vec::new();
        far.read_to_end(&mut read).await.expect("it ends");
        sending.await.expect("it ends well");
        assert!(read == bytes);
    }
}
