//! What arrives on a stream, in whatever pieces it comes.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use http_body::{Body as _, Frame};
use tonic::body::Body;

use super::frames::{Begins, Begun, Framed, begins};

/// How many bytes are read before orders are decided; one message may be longer.
const BYTES_TOGETHER: usize = 64 << 10;

/// What has arrived of a stream, and is not answered.
pub(super) struct Arriving {
    buffer: BytesMut,
    /// What came after that and is no data; none inside: the end.
    other: Option<Option<Framed>>,
    body: Body,
}

impl Arriving {
    /// Nothing yet.
    pub(super) fn new(body: Body) -> Self {
        Self { buffer: BytesMut::new(), other: None, body }
    }

    /// What has arrived, and is not answered.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer
    }

    /// So many bytes were answered.
    pub(super) fn answered(&mut self, bytes: usize) {
        self.buffer.advance(bytes);
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
                Poll::Pending if begins(&self.buffer) == Begins::Part => return Poll::Pending,
                Poll::Pending => return Poll::Ready(()),
            };
            match frame.map(|it| it.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => self.buffer.extend_from_slice(&data),
                Some(Ok(Err(other))) => self.other = Some(Some(Ok(other))),
                Some(Err(status)) => self.other = Some(Some(Err(status))),
                None => self.other = Some(None),
            }
        }
        Poll::Ready(())
    }

    /// The stream as it would be, had nothing been answered yet of what is left.
    pub(super) fn into_body(self) -> Body {
        let Self { buffer, other, body } = self;
        let data = (!buffer.is_empty()).then(|| Ok(Frame::data(buffer.freeze())));
        Body::new(Begun { read: [data, other.flatten()], rest: body })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures::stream;
    use http::HeaderMap;
    use tonic::Status;

    use super::super::frames::{Streamed, next_frame, put_message};
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
        let mut arriving = Arriving::new(body(bytes.chunks(1).map(data).collect()));
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
            let mut arriving = Arriving::new(body(frames));
            arriving.more().await;
            arriving.answered(bytes.len() / 2);
            let left = [&bytes[bytes.len() / 2..], &bytes[..3]].concat();
            assert_eq!(rest(arriving.into_body()).await, (left, said.map(str::to_owned)));
        }
    }

    #[tokio::test]
    async fn a_message_that_is_larger_than_what_is_taken_together_is_read_to_its_end() {
        for length in [BYTES_TOGETHER - 5, BYTES_TOGETHER, 3 * BYTES_TOGETHER] {
            let mut bytes = Vec::new();
            put_message(&mut bytes, |out| out.extend(std::iter::repeat_n(7, length)));
            let mut arriving = Arriving::new(body(bytes.chunks(1000).map(data).collect()));
            arriving.more().await;
            assert_eq!(arriving.bytes().len(), bytes.len());
        }
    }

    #[tokio::test]
    async fn no_more_is_read_than_is_decided_together() {
        let many = vec![0; BYTES_TOGETHER];
        let mut arriving = Arriving::new(body(vec![data(&many), data(&many), data(&many)]));
        arriving.more().await;
        assert_eq!((arriving.bytes().len(), arriving.goes_on()), (BYTES_TOGETHER, true));
        assert_eq!(rest(arriving.into_body()).await.0.len(), 3 * BYTES_TOGETHER);
    }
}
