//! AuthorizeOrder: one message in, one out.

use std::convert::Infallible;
use std::sync::Arc;

use assent_proto::direct;
use bytes::Bytes;
use http_body::Body as _;
use tonic::body::Body;
use tonic::codegen::Service;
use tracing::Instrument;

use super::frames::{Begins, Begun, Framed, Whole, begins, next_frame, put_message, response};
use super::{Ordinary, span};
use crate::app::App;

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
    let first = next_frame(&mut rest).await;
    // A client may say that it is done in a frame of its own.
    let second = if rest.is_end_stream() { None } else { next_frame(&mut rest).await };
    if second.is_none()
        && let Some(message) = only_message(first.as_ref())
        && let Some(answer) = app.answer_plain(message)
    {
        return Ok(response(Whole::Message(answer)));
    }
    let begun = Body::new(Begun { read: [first, second], rest });
    let request = http::Request::from_parts(parts, begun);
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
    /// Decides a plain order on what this replica has applied; none where that is not the whole answer.
    fn answer_plain(&self, message: &[u8]) -> Option<Bytes> {
        let direct::Order { asked, order_ref } = direct::order(message)?;
        self.check_trusted().ok()?;
        let index = self.index.read();
        let decided = self.decide(&index, &asked, self.instant(asked.effective_at)).ok()?;
        let mut out = Vec::with_capacity(ANSWER_BYTES);
        put_message(&mut out, |out| direct::response(&decided.answer(&self.ids, order_ref), out));
        Some(out.into())
    }
}
