//! AuthorizeOrder: one message in, one out.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use assent_identity::Caller;
use assent_proto::direct;
use bytes::Bytes;
use http_body::{Body as _, Frame};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tracing::Instrument;

use super::entire::entire;
use super::frames::{Begins, Begun, Framed, Whole, begins, next_frame, put_message, response};
use super::unfinished::{CALL_BYTES, Kept};
use super::{Gate, span};
use crate::app::App;
use crate::error::Error;
use crate::permission::caller_of;
use crate::telemetry::answered_well;

pub(crate) const PATH: &str = "/assent.v1.AuthorizationService/AuthorizeOrder";
/// More than nearly every answer takes: its bytes are allocated once.
const ANSWER_BYTES: usize = 384;

/// The answer to a message of a caller's; none where that is for the ordinary way to give.
type Answer = fn(&App, &[u8], &Caller) -> Option<Bytes>;

/// Answers a message that comes alone; all else is left to the ordinary way.
pub(super) async fn answered(
    gate: Gate,
    request: http::Request<Body>,
    answer: Answer,
) -> Result<http::Response<Body>, Infallible> {
    let Gate { app, mut ordinary, keeper } = gate;
    let (parts, rest) = request.into_parts();
    let caller = caller_of(&parts.extensions).ok();
    let arrived = match arrived(rest, || keeper.keep(&parts.extensions)).await {
        Ok(arrived) => arrived,
        Err(error) => return Ok(Status::from(error).into_http()),
    };
    if arrived.read[1].is_none()
        && let Some(message) = only_message(arrived.read[0].as_ref())
        && let Some(caller) = caller
        && let Some(answer) = answer(&app, message, caller)
    {
        return Ok(response(Whole::Message(answer, answered_well())));
    }
    let kept = keeper.keep(&parts.extensions);
    let request = http::Request::from_parts(parts, entire(Body::new(arrived), kept));
    let span = span(&request);
    span.in_scope(|| ordinary.call(request)).instrument(span.clone()).await
}

/// Waits for what a body begins with: a whole message, where it begins with one, and what comes behind it. `keep` is asked only
/// where something has to be waited for.
async fn arrived(mut rest: Body, keep: impl Fn() -> Kept) -> Result<Begun, Error> {
    let mut kept = None;
    let mut first = frame(&mut rest, 0, &mut kept, &keep).await?;
    let has_come = |it: &Option<Framed>| {
        !matches!(it, Some(Ok(frame)) if frame.is_data()) || only_message(it.as_ref()).is_some()
    };
    if !has_come(&first) {
        // In several frames, as batches are, or in pieces.
        let begun = Body::new(Begun { read: [first, None], rest });
        rest = entire(begun, kept.take().unwrap_or_else(&keep));
        first = next_frame(&mut rest).await;
    }
    // A client may say that it is done in a frame of its own.
    let second =
        if rest.is_end_stream() { None } else { frame(&mut rest, bytes(&first), &mut kept, &keep).await? };
    Ok(Begun { read: [first, second], rest })
}

/// The next frame. Where it has to be waited for, the bytes that have come before it are counted as kept.
async fn frame(
    body: &mut Body,
    came: usize,
    kept: &mut Option<Kept>,
    keep: impl Fn() -> Kept,
) -> Result<Option<Framed>, Error> {
    poll_fn(|cx| match http_body::Body::poll_frame(Pin::new(&mut *body), cx) {
        Poll::Ready(frame) => Poll::Ready(Ok(frame)),
        Poll::Pending => match kept.get_or_insert_with(&keep).at_least(came.max(CALL_BYTES)) {
            Ok(()) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        },
    })
    .await
}

/// How many bytes of data a frame has.
fn bytes(frame: &Option<Framed>) -> usize {
    let data = frame.as_ref().and_then(|it| it.as_ref().ok()).and_then(Frame::data_ref);
    data.map_or(0, Bytes::len)
}

/// The message that makes up a whole frame.
fn only_message(frame: Option<&Framed>) -> Option<&[u8]> {
    match begins(frame?.as_ref().ok()?.data_ref()?) {
        Begins::Message(message, []) => Some(message),
        Begins::Message(..) | Begins::Part | Begins::Refused => None,
    }
}

impl App {
    /// Decides a plain order of the caller's on what this replica has applied; none where that is not the whole answer.
    pub(super) fn answer_plain(&self, message: &[u8], caller: &Caller) -> Option<Bytes> {
        let direct::Order { asked, order_ref } = direct::order(message)?;
        if !caller.acts_for(&asked.order.partner) {
            return None;
        }
        self.check_trusted().ok()?;
        let index = self.index.read();
        let decided = self.decide(&index, &asked, self.instant(asked.effective_at)).ok()?;
        let mut out = Vec::with_capacity(ANSWER_BYTES);
        put_message(&mut out, |out| direct::response(&decided.answer(&self.ids, order_ref), out));
        Some(out.into())
    }
}

#[cfg(test)]
mod tests {
    use futures::{StreamExt as _, stream};

    use super::super::frames::Streamed;
    use super::super::unfinished::tests::keeper_of;
    use super::*;
    use crate::error::Limit;

    /// What a caller may have kept, and the longest frame that a client sends without being asked (RFC 9113, section 4.2).
    const SHARE_BYTES: usize = 32 << 20;
    const FRAME_BYTES: usize = 16 << 10;

    /// A message that takes so many bytes, and a stream that does not end.
    fn open_ended(length: usize) -> Body {
        let mut bytes = Vec::new();
        put_message(&mut bytes, |out| out.resize(length, 0));
        let frame: Framed = Ok(Frame::data(bytes.into()));
        Body::new(Streamed(Box::pin(stream::iter([frame]).chain(stream::pending()))))
    }

    #[tokio::test]
    async fn a_whole_message_whose_stream_goes_on_is_counted_as_long_as_it_is() {
        let keep = keeper_of("somebody");
        let mut waiting = Vec::new();
        let refused = loop {
            let mut call = Box::pin(arrived(open_ended(FRAME_BYTES), &keep));
            match futures::poll!(&mut call) {
                Poll::Pending => waiting.push(call),
                Poll::Ready(it) => break it.err(),
            }
        };
        assert!(
            matches!(refused, Some(Error::RateLimited { limit: Limit::Unfinished, retry_after: _ })),
            "{refused:?}"
        );
        assert_eq!(waiting.len(), SHARE_BYTES / FRAME_BYTES);
        waiting.pop();
        let mut small = Box::pin(arrived(open_ended(100), &keep));
        assert!(futures::poll!(&mut small).is_pending(), "there is room again");
    }
}
