//! AuthorizeOrder: one message in, one out.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use assent_identity::Caller;
use assent_proto::direct;
use bytes::Bytes;
use http_body::Body as _;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tracing::Instrument;

use super::entire::entire;
use super::frames::{Begins, Begun, Framed, Whole, begins, next_frame, put_message, response};
use super::unfinished::Kept;
use super::{Gate, span};
use crate::app::App;
use crate::error::Error;
use crate::permission::caller_of;

pub(super) const PATH: &str = "/assent.v1.AuthorizationService/AuthorizeOrder";
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
        return Ok(response(Whole::Message(answer)));
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
    let mut first = frame(&mut rest, &mut kept, &keep).await?;
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
    let second = if rest.is_end_stream() { None } else { frame(&mut rest, &mut kept, &keep).await? };
    Ok(Begun { read: [first, second], rest })
}

/// The next frame, counted as kept where it has to be waited for.
async fn frame(
    body: &mut Body,
    kept: &mut Option<Kept>,
    keep: impl Fn() -> Kept,
) -> Result<Option<Framed>, Error> {
    poll_fn(|cx| match http_body::Body::poll_frame(Pin::new(&mut *body), cx) {
        Poll::Ready(frame) => Poll::Ready(Ok(frame)),
        Poll::Pending => match kept.get_or_insert_with(&keep).wait() {
            Ok(()) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        },
    })
    .await
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
