//! AuthorizeOrder: one message in, one out.

use std::convert::Infallible;
use std::sync::Arc;

use assent_identity::Caller;
use assent_proto::direct;
use bytes::Bytes;
use http_body::Body as _;
use tonic::body::Body;
use tonic::codegen::Service;
use tracing::Instrument;

use super::entire::entire;
use super::frames::{Begins, Begun, Framed, Whole, begins, next_frame, put_message, response};
use super::{Ordinary, span};
use crate::app::App;
use crate::permission::caller_of;

pub(super) const PATH: &str = "/assent.v1.AuthorizationService/AuthorizeOrder";
/// More than nearly every answer takes: its bytes are allocated once.
const ANSWER_BYTES: usize = 384;

/// Answers a plain order that came in one frame; all else is left to the ordinary way.
pub(super) async fn authorize_order(
    app: Arc<App>,
    mut ordinary: Ordinary,
    request: http::Request<Body>,
) -> Result<http::Response<Body>, Infallible> {
    let (parts, mut rest) = request.into_parts();
    let caller = caller_of(&parts.extensions).ok();
    let first = next_frame(&mut rest).await;
    // A client may say that it is done in a frame of its own.
    let second = if rest.is_end_stream() { None } else { next_frame(&mut rest).await };
    if second.is_none()
        && let Some(message) = only_message(first.as_ref())
        && let Some(caller) = caller
        && let Some(answer) = app.answer_plain(message, caller)
    {
        return Ok(response(Whole::Message(answer)));
    }
    let begun = Body::new(Begun { read: [first, second], rest });
    let request = http::Request::from_parts(parts, entire(begun));
    let span = span(&request);
    span.in_scope(|| ordinary.call(request)).instrument(span.clone()).await
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
    fn answer_plain(&self, message: &[u8], caller: &Caller) -> Option<Bytes> {
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
