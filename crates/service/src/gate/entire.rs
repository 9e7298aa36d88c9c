//! Messages that are handed on when they are there to their last byte.
//!
//! What reads them makes room for as much as a message says that it has, before any of it has come. So a client that begins
//! the longest message, and goes on with a byte a minute, would have megabytes kept for nothing.

use std::pin::Pin;
use std::task::{Context, Poll};

use assent_proto::convert::Violations;
use bytes::{Bytes, BytesMut};
use http_body::Frame;
use prost::encoding::{DecodeContext, decode_key, skip_field};
use tonic::Status;
use tonic::body::Body;

use super::frames::{Begins, Framed, PREFIX_BYTES, begins, claimed};
use super::unfinished::{CALL_BYTES, Kept};
use crate::error::Error;

/// How many fields a message may have: more than any method takes, with a list of a thousand. A field of two bytes becomes several
/// hundred when it is decoded, so that the longest message would become hundreds of megabytes.
const FIELDS_MAX: usize = 2_048;
/// A field has a key, and a value or its length.
const FIELD_BYTES_MIN: usize = 2;

/// The same body, in pieces of whole messages. What has come of one that is not whole takes its own length, no more, and is
/// counted as kept.
pub(crate) fn entire(body: Body, kept: Kept) -> Body {
    entire_within(usize::MAX, body, kept)
}

/// The same of a body of so many bytes in all. One that is longer ends with an error, and nothing of it is kept.
pub(crate) fn entire_within(bytes_max: usize, body: Body, kept: Kept) -> Body {
    let (held, rest) = (BytesMut::new(), Bytes::new());
    Body::new(Entire { held, rest, after: None, came: 0, bytes_max, body, kept })
}

struct Entire {
    /// What has come of a message that is not whole.
    held: BytesMut,
    /// What came in the same frame, and was not looked at.
    rest: Bytes,
    /// What came after it and is no data; none inside: the end.
    after: Option<Option<Framed>>,
    /// How many bytes have come, and how many may.
    came: usize,
    bytes_max: usize,
    body: Body,
    kept: Kept,
}

/// How many of these bytes make up whole messages. What is refused, whoever reads it has to see at once.
fn whole(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    loop {
        match begins(rest) {
            Begins::Message(_, after) => rest = after,
            Begins::Part => return bytes.len() - rest.len(),
            Begins::Refused => return bytes.len(),
        }
    }
}

/// Refuses whole messages of which one has too many fields.
fn check_fields(messages: &[u8]) -> Result<(), Error> {
    let mut rest = messages;
    while let Begins::Message(message, after) = begins(rest) {
        if message.len() > FIELDS_MAX * FIELD_BYTES_MIN && fields(message) > FIELDS_MAX {
            let why =
                format!("has more than {FIELDS_MAX} fields and items of lists, and no request has as many");
            return Err(Violations::one("message", why).into());
        }
        rest = after;
    }
    Ok(())
}

/// How many fields a message has, up to one too many; where it is none, those before: whoever decodes it gets no further.
fn fields(mut message: &[u8]) -> usize {
    let mut next = || {
        let (number, wire_type) = decode_key(&mut message).ok()?;
        skip_field(wire_type, number, &mut message, DecodeContext::default()).ok()
    };
    (0..=FIELDS_MAX).take_while(|_| next().is_some()).count()
}

impl Entire {
    /// Looks at what came: whole messages, as they are; or none, and what there is of one is held.
    fn take(&mut self, mut data: Bytes) -> Result<Option<Bytes>, Error> {
        if self.held.is_empty() {
            let whole = whole(&data);
            if whole > 0 {
                self.rest = data.split_off(whole);
                check_fields(&data)?;
                return Ok(Some(data));
            }
        }
        // No more than belongs to the message, so that what comes behind it is not copied.
        let end = claimed(&self.held).unwrap_or(PREFIX_BYTES);
        let more = data.split_to(data.len().min(end - self.held.len()));
        self.rest = data;
        self.hold(&more, end)?;
        let is_whole = whole(&self.held) > 0;
        if is_whole {
            check_fields(&self.held)?;
        }
        Ok(is_whole.then(|| std::mem::take(&mut self.held).freeze()))
    }

    /// Holds more of a message that ends there. Room is made for what has come, and as much again.
    fn hold(&mut self, more: &[u8], end: usize) -> Result<(), Error> {
        let needed = self.held.len() + more.len();
        if needed > self.held.capacity() {
            let room = needed.next_power_of_two().min(end);
            if room > CALL_BYTES {
                self.kept.at_least(room)?;
            }
            let mut larger = BytesMut::with_capacity(room);
            larger.extend_from_slice(&self.held);
            self.held = larger;
        }
        self.held.extend_from_slice(more);
        Ok(())
    }

    /// What was held is not handed on: whoever reads it would make room for all of its message.
    fn refused(&mut self, error: Error) -> Poll<Option<Framed>> {
        (self.held, self.rest) = (BytesMut::new(), Bytes::new());
        Poll::Ready(Some(Err(error.into())))
    }
}

impl http_body::Body for Entire {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Framed>> {
        loop {
            if !self.rest.is_empty() {
                let rest = std::mem::take(&mut self.rest);
                match self.take(rest) {
                    Ok(Some(messages)) => return Poll::Ready(Some(Ok(Frame::data(messages)))),
                    Ok(None) => continue,
                    Err(error) => return self.refused(error),
                }
            }
            if let Some(after) = self.after.take() {
                if self.held.is_empty() {
                    return Poll::Ready(after);
                }
                self.after = Some(after);
                return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.held).freeze()))));
            }
            let frame = match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(frame) => frame,
                Poll::Pending => {
                    return match self.kept.wait() {
                        Ok(()) => Poll::Pending,
                        Err(error) => self.refused(error),
                    };
                }
            };
            match frame.map(|it| it.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => {
                    self.came = self.came.saturating_add(data.len());
                    if self.came > self.bytes_max {
                        let bytes_max = self.bytes_max;
                        return self.refused(Error::MessageTooLarge { bytes_max });
                    }
                    self.rest = data;
                }
                Some(Ok(Err(other))) => self.after = Some(Some(Ok(other))),
                Some(Err(status)) => self.after = Some(Some(Err(status))),
                None => self.after = Some(None),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        let has_more = !self.held.is_empty() || !self.rest.is_empty() || self.after.is_some();
        !has_more && self.body.is_end_stream()
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use http::HeaderMap;

    use super::super::frames::{Streamed, next_frame, put_message};
    use super::super::unfinished::tests::kept;
    use super::*;

    fn pieces(bytes: &[u8], length: usize) -> Body {
        let data = |it: &[u8]| Ok(Frame::data(Bytes::copy_from_slice(it)));
        let frames: Vec<Framed> = bytes.chunks(length).map(data).collect();
        Body::new(Streamed(Box::pin(stream::iter(frames))))
    }

    /// The data of each frame.
    async fn read(body: Body) -> Vec<Bytes> {
        let (mut body, mut read) = (entire(body, kept()), Vec::new());
        while let Some(Ok(frame)) = next_frame(&mut body).await {
            read.extend(frame.into_data().ok());
        }
        read
    }

    fn messages(count: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        (0..count).for_each(|it| put_message(&mut bytes, |out| out.extend(std::iter::repeat_n(it, 300))));
        bytes
    }

    #[tokio::test]
    async fn every_frame_ends_where_a_message_does_and_nothing_is_lost() {
        let bytes = messages(7);
        for length in [1, 4, 5, 304, 305, 306, 700, bytes.len()] {
            let read = read(pieces(&bytes, length)).await;
            assert!(read.iter().all(|it| it.len() % 305 == 0), "{length}");
            assert_eq!(read.concat(), bytes, "{length}");
        }
    }

    #[tokio::test]
    async fn a_part_at_the_end_and_what_is_refused_are_handed_on_as_they_are() {
        let part = &messages(2)[..400];
        assert_eq!(read(pieces(part, 7)).await.concat(), part);
        let too_long = [0, 0xff, 0, 0, 0, 1];
        assert_eq!(read(pieces(&too_long, 5)).await.first().map(Bytes::len), Some(5));
    }

    #[tokio::test]
    async fn a_body_that_is_longer_than_it_may_be_ends_with_an_error_and_nothing_of_it() {
        let bytes = messages(2);
        for length in [1, 304, 305, 306, bytes.len()] {
            let mut body = entire_within(bytes.len(), pieces(&bytes, length), kept());
            while next_frame(&mut body).await.is_some_and(|it| it.expect("it fits").is_data()) {}
            let mut body = entire_within(304, pieces(&bytes, length), kept());
            let first = next_frame(&mut body).await.expect("it does not end well");
            assert_eq!(first.err().map(|it| it.code()), Some(tonic::Code::ResourceExhausted), "{length}");
        }
    }

    #[tokio::test]
    async fn a_message_of_more_fields_than_any_request_has_is_not_handed_on() {
        let empty_lists = |count: usize| {
            let mut bytes = Vec::new();
            put_message(&mut bytes, |out| out.extend([0x0a, 0].repeat(count)));
            bytes
        };
        for (count, is_taken) in [(FIELDS_MAX, true), (FIELDS_MAX + 1, false), (1 << 20, false)] {
            let bytes = empty_lists(count);
            for length in [1_000, bytes.len()] {
                let mut body = entire(pieces(&bytes, length), kept());
                let first = next_frame(&mut body).await.expect("there is something");
                assert_eq!(first.is_ok(), is_taken, "{count} in pieces of {length}");
            }
        }
    }

    #[tokio::test]
    async fn trailers_come_after_what_came_before_them() {
        let bytes = messages(1);
        let frames: Vec<Framed> =
            vec![Ok(Frame::data(Bytes::copy_from_slice(&bytes[..9]))), Ok(Frame::trailers(HeaderMap::new()))];
        let mut body = entire(Body::new(Streamed(Box::pin(stream::iter(frames)))), kept());
        let first = next_frame(&mut body).await.and_then(Result::ok).and_then(|it| it.into_data().ok());
        assert_eq!(first.as_deref(), Some(&bytes[..9]));
        assert!(next_frame(&mut body).await.is_some_and(|it| it.is_ok_and(|it| it.is_trailers())));
        assert!(next_frame(&mut body).await.is_none());
    }
}
