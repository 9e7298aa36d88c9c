//! Messages in the frames of a body, and bodies that are made here.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http_body::Frame;
use tonic::Status;
use tonic::body::Body;

use crate::serve::MESSAGE_BYTES_MAX;
use crate::telemetry::Made;

/// What stands before each message: whether it is compressed, and its length.
pub(super) const PREFIX_BYTES: usize = 5;
const NOT_COMPRESSED: u8 = 0;
/// The trailer that says how a call ended.
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const OK: HeaderValue = HeaderValue::from_static("0");
/// The type of every answer.
const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// A frame, or why there is none.
pub(super) type Framed = Result<Frame<Bytes>, Status>;

/// What some bytes begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begins<'a> {
    /// A message, and what comes after it.
    Message(&'a [u8], &'a [u8]),
    /// A part of one.
    Part,
    /// Something that is refused.
    Refused,
}

/// Looks at what bytes begin with.
pub(super) fn begins(bytes: &[u8]) -> Begins<'_> {
    let Some((&[compressed, length @ ..], rest)) = bytes.split_first_chunk::<PREFIX_BYTES>() else {
        return Begins::Part;
    };
    let length = u32::from_be_bytes(length) as usize;
    if compressed != NOT_COMPRESSED || length > MESSAGE_BYTES_MAX {
        return Begins::Refused;
    }
    match rest.split_at_checked(length) {
        Some((message, rest)) => Begins::Message(message, rest),
        None => Begins::Part,
    }
}

/// How many bytes the message takes that these begin with, by its own word; none: it has not said so yet.
pub(super) fn claimed(bytes: &[u8]) -> Option<usize> {
    let (&[_, length @ ..], _) = bytes.split_first_chunk::<PREFIX_BYTES>()?;
    Some(PREFIX_BYTES + u32::from_be_bytes(length) as usize)
}

/// Appends a message with what stands before it.
pub(super) fn put_message(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[NOT_COMPRESSED; PREFIX_BYTES]);
    write(out);
    let length = u32::try_from(out.len() - at - PREFIX_BYTES).expect("an answer is far shorter");
    out[at + 1..at + PREFIX_BYTES].copy_from_slice(&length.to_be_bytes());
}

/// The next frame of a body; none at its end.
pub(super) async fn next_frame(body: &mut Body) -> Option<Framed> {
    poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut *body), cx)).await
}

/// A response with this body.
pub(super) fn response(
    body: impl http_body::Body<Data = Bytes, Error = Status> + Send + 'static,
) -> http::Response<Body> {
    let mut response = http::Response::new(Body::new(body));
    response.headers_mut().insert(CONTENT_TYPE, GRPC);
    response
}

/// A body of one message that ends well, and says what its call is called, where nobody else does.
#[derive(Debug)]
pub(super) enum Whole {
    Message(Bytes, Option<Made>),
    Trailers(Option<Made>),
    Ended,
}

impl http_body::Body for Whole {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Framed>> {
        match std::mem::replace(&mut *self, Self::Ended) {
            Self::Message(message, name) => {
                *self = Self::Trailers(name);
                Poll::Ready(Some(Ok(Frame::data(message))))
            }
            Self::Trailers(name) => {
                // Room for the call's name, too: a map that grows costs more than all else here.
                let mut trailers = HeaderMap::with_capacity(2);
                trailers.insert(GRPC_STATUS, OK);
                if let Some(name) = name {
                    name.name(&mut trailers);
                }
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
            Self::Ended => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Ended)
    }
}

/// A body of frames as a stream gives them.
pub(super) struct Streamed<S>(pub(super) Pin<Box<S>>);

impl<S: Stream<Item = Framed>> http_body::Body for Streamed<S> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Framed>> {
        self.0.as_mut().poll_next(cx)
    }
}

/// A body of which some was read: it begins anew with that.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) read: [Option<Framed>; 2],
    pub(super) rest: Body,
}

impl http_body::Body for Begun {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Framed>> {
        match self.read.iter_mut().find_map(Option::take) {
            Some(frame) => Poll::Ready(Some(frame)),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_what_its_prefix_says() {
        let mut bytes = Vec::new();
        put_message(&mut bytes, |out| out.extend(b"one"));
        put_message(&mut bytes, |_| {});
        let Begins::Message(one, rest) = begins(&bytes) else { panic!("a message was put there") };
        assert_eq!((one, begins(rest)), (&b"one"[..], Begins::Message(b"", b"")));
        assert!((0..8).all(|it| begins(&bytes[..it]) == Begins::Part));
    }

    #[test]
    fn what_is_compressed_or_too_long_is_refused_before_it_is_read() {
        let too_long = u32::try_from(MESSAGE_BYTES_MAX + 1).expect("it fits").to_be_bytes();
        assert_eq!(begins(&[&[0], &too_long[..]].concat()), Begins::Refused);
        assert_eq!(begins(&[1, 0, 0, 0, 1, 7]), Begins::Refused);
    }
}
