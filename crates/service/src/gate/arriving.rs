//! What arrives on a stream, in whatever pieces it comes.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use http_body::{Body as _, Frame};
use tonic::body::Body;

use super::frames::{Begins, Begun, Framed, begins};
use super::unfinished::{CALL_BYTES, Kept};
use crate::error::Error;

/// How many bytes are read before orders are decided; one message may be longer.
const BYTES_TOGETHER: usize = 64 << 10;

/// What has arrived of a stream, and is not answered.
pub(super) struct Arriving {
    buffer: BytesMut,
    /// How many bytes before them still take room, at most.
    passed: usize,
    /// What came after that and is no data; none inside: the end.
    other: Option<Option<Framed>>,
    body: Body,
    kept: Kept,
}

impl Arriving {
    /// Nothing yet.
    pub(super) fn new(body: Body, kept: Kept) -> Self {
        Self { buffer: BytesMut::new(), passed: 0, other: None, body, kept }
    }

    /// What has arrived, and is not answered.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer
    }

    /// So many bytes were answered.
    pub(super) fn answered(&mut self, bytes: usize) {
        self.buffer.advance(bytes);
        self.passed += bytes;
    }

    /// Whether there was nothing but data so far.
    pub(super) const fn goes_on(&self) -> bool {
        self.other.is_none()
    }

    /// Resolves when there is a whole message, with all that has arrived until then, or something else than data.
    pub(super) async fn more(&mut self) {
        poll_fn(|cx| self.poll_more(cx)).await;
    }

    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // A message that is larger than what is taken together is still read to its end.
        let has_room = |it: &Self| it.buffer.len() < BYTES_TOGETHER || begins(&it.buffer) == Begins::Part;
        while self.other.is_none() && has_room(self) {
            let frame = match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(frame) => frame,
                Poll::Pending if begins(&self.buffer) != Begins::Part => return Poll::Ready(()),
                Poll::Pending => match self.wait() {
                    Ok(()) => return Poll::Pending,
                    Err(error) => {
                        self.refuse(error);
                        return Poll::Ready(());
                    }
                },
            };
            match frame.map(|it| it.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => {
                    if let Err(error) = self.take(&data) {
                        self.refuse(error);
                    }
                }
                Some(Ok(Err(other))) => self.other = Some(Some(Ok(other))),
                Some(Err(status)) => self.other = Some(Some(Err(status))),
                None => self.other = Some(None),
            }
        }
        Poll::Ready(())
    }

    /// Takes what came. One message that is longer than what is taken together is counted as it grows.
    fn take(&mut self, data: &[u8]) -> Result<(), Error> {
        let needed = self.buffer.len() + data.len();
        // What is taken together is answered in a moment.
        if needed > 2 * BYTES_TOGETHER && needed > self.buffer.capacity() {
            let room = needed.next_power_of_two();
            self.kept.at_least(room)?;
            self.move_to(room);
        }
        self.buffer.extend_from_slice(data);
        Ok(())
    }

    /// Waits with no more room than what has come takes: a stream that had much to say may have nothing more for hours.
    fn wait(&mut self) -> Result<(), Error> {
        let small = 2 * self.buffer.len().max(CALL_BYTES);
        if self.buffer.capacity() + self.passed > small {
            self.move_to(self.buffer.len());
        }
        // In steps, so that a stream of short messages is counted once and not again with each.
        let room = self.buffer.capacity();
        self.kept.exactly(if room <= 2 * CALL_BYTES { CALL_BYTES } else { room.next_power_of_two() })
    }

    /// Moves what has come to where there is so much room.
    fn move_to(&mut self, room: usize) {
        let mut moved = BytesMut::with_capacity(room);
        moved.extend_from_slice(&self.buffer);
        (self.buffer, self.passed) = (moved, 0);
    }

    /// Ends the stream. What has come of a message is not handed on: whoever reads it would make room for all of it.
    fn refuse(&mut self, error: Error) {
        self.buffer = BytesMut::new();
        self.other = Some(Some(Err(error.into())));
    }

    /// The stream as it would be, had nothing been answered yet of what is left.
    pub(super) fn into_body(self) -> (Body, Kept) {
        let Self { buffer, passed: _, other, body, kept } = self;
        let data = (!buffer.is_empty()).then(|| Ok(Frame::data(buffer.freeze())));
        (Body::new(Begun { read: [data, other.flatten()], rest: body }), kept)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures::stream;
    use http::HeaderMap;
    use tonic::Status;

    use super::super::frames::{Streamed, next_frame, put_message};
    use super::super::unfinished::tests::kept;
    use super::*;

    fn body(frames: Vec<Framed>) -> Body {
        Body::new(Streamed(Box::pin(stream::iter(frames))))
    }

    fn data(bytes: &[u8]) -> Framed {
        Ok(Frame::data(Bytes::copy_from_slice(bytes)))
    }

    fn messages(count: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        (0..count).for_each(|it| put_message(&mut bytes, |out| out.push(it)));
        bytes
    }

    /// Everything that a body still has: its data in one piece, and how it ends.
    async fn rest(mut body: Body) -> (Vec<u8>, Option<String>) {
        let mut bytes = Vec::new();
        while let Some(frame) = next_frame(&mut body).await {
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) => bytes.extend(data),
                Ok(Err(_)) => return (bytes, Some("trailers".to_owned())),
                Err(status) => return (bytes, Some(status.message().to_owned())),
            }
        }
        (bytes, None)
    }

    #[tokio::test]
    async fn messages_in_pieces_are_put_together() {
        let bytes = messages(3);
        let mut arriving = Arriving::new(body(bytes.chunks(1).map(data).collect()), kept());
        arriving.more().await;
        assert_eq!((arriving.bytes(), arriving.goes_on()), (&*bytes, false));
    }

    #[tokio::test]
    async fn what_was_not_answered_goes_on_as_if_nothing_had_been_read() {
        let bytes = messages(2);
        let ends = [
            (None, None),
            (Some(Err(Status::internal("broken"))), Some("broken")),
            (Some(Ok(Frame::trailers(HeaderMap::new()))), Some("trailers")),
        ];
        for (end, said) in ends {
            let frames = [data(&bytes), data(&bytes[..3])].into_iter().chain(end).collect();
            let mut arriving = Arriving::new(body(frames), kept());
            arriving.more().await;
            arriving.answered(bytes.len() / 2);
            let left = [&bytes[bytes.len() / 2..], &bytes[..3]].concat();
            assert_eq!(rest(arriving.into_body().0).await, (left, said.map(str::to_owned)));
        }
    }

    #[tokio::test]
    async fn a_message_that_is_larger_than_what_is_taken_together_is_read_to_its_end() {
        for length in [BYTES_TOGETHER - 5, BYTES_TOGETHER, 3 * BYTES_TOGETHER] {
            let mut bytes = Vec::new();
            put_message(&mut bytes, |out| out.extend(std::iter::repeat_n(7, length)));
            let mut arriving = Arriving::new(body(bytes.chunks(1000).map(data).collect()), kept());
            arriving.more().await;
            assert_eq!(arriving.bytes().len(), bytes.len());
        }
    }

    #[tokio::test]
    async fn no_more_is_read_than_is_decided_together() {
        let many = vec![0; BYTES_TOGETHER];
        let mut arriving = Arriving::new(body(vec![data(&many), data(&many), data(&many)]), kept());
        arriving.more().await;
        assert_eq!((arriving.bytes().len(), arriving.goes_on()), (BYTES_TOGETHER, true));
        assert_eq!(rest(arriving.into_body().0).await.0.len(), 3 * BYTES_TOGETHER);
    }
}
