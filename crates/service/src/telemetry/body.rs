//! A call as it is counted, and its answer on the way out.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName};
use http_body::{Frame, SizeHint};
use tonic::body::Body;
use tonic::{Code, Status};
use tracing::Span;

use super::cut_short::CutShort;
use super::layer::Counting;
use super::request_id::RequestId;
use super::trace::{self, LaterSpan};

/// From which part of its deadline on a call that is taken back counts as one that took too long.
const LATE_FROM: f64 = 0.9;

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// A call under way. One that nobody ends was given up: by its caller, or because its time was over.
pub(super) struct Call {
    pub(super) counting: &'static Counting,
    pub(super) method: usize,
    /// What the clock of its worker said.
    pub(super) began: u64,
    /// How long its caller waits for the answer to begin.
    pub(super) deadline: Option<Duration>,
    pub(super) request_id: RequestId,
    /// None: all of it had arrived when it began.
    pub(super) cut_short: Option<CutShort>,
    /// None on the short way, where that is not sampled.
    pub(super) traced: Option<Box<Traced>>,
    pub(super) has_ended: bool,
}

/// The span of a call.
pub(super) enum Traced {
    /// Of one that is sampled, or that logs.
    Now(Span),
    /// Of one that is sampled if its caller is let in.
    Later(LaterSpan),
}

impl Call {
    /// The call's answer: named, and counted when it ends.
    pub(super) fn answered(
        mut self: Box<Self>,
        mut response: http::Response<Body>,
    ) -> http::Response<Answer> {
        let Some(code) = code(response.headers()) else {
            return response.map(|body| Answer { body, call: Some(self) });
        };
        // No body: these headers are the trailers.
        self.request_id.name(response.headers_mut());
        self.end(code);
        response.map(Answer::uncounted)
    }

    /// Counts the call, if nobody has.
    pub(super) fn end(&mut self, code: Code) {
        if std::mem::replace(&mut self.has_ended, true) {
            return;
        }
        let is_cut = self.cut_short.as_ref().is_some_and(CutShort::is_so);
        let code = if is_cut { self.given_up() } else { code };
        self.counting.shard.end(self.method, code, self.lasted());
        if let Some(span) = self.span() {
            trace::ended(span, code);
        }
    }

    /// What a call counts as that its caller does not wait for any more.
    fn given_up(&self) -> Code {
        // The caller's clock began before the call was here, so that it takes the call back before its time is over here.
        let is_late = self.deadline.is_some_and(|it| self.lasted() >= it.mul_f64(LATE_FROM));
        if is_late { Code::DeadlineExceeded } else { Code::Cancelled }
    }

    /// How long ago it began.
    pub(super) fn lasted(&self) -> Duration {
        self.counting.since(self.began)
    }

    /// Its span, if it has begun one.
    pub(super) fn span(&self) -> Option<&Span> {
        match self.traced.as_deref()? {
            Traced::Now(span) => Some(span),
            Traced::Later(span) => span.get(),
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.has_ended {
            self.end(self.given_up());
        }
    }
}

/// The status in headers or trailers. There are few of them: to look at each is faster than to hash the name.
fn code(headers: &HeaderMap) -> Option<Code> {
    let (_, status) = headers.iter().find(|(name, _)| **name == GRPC_STATUS)?;
    Some(Code::from_bytes(status.as_bytes()))
}

/// An answer's body.
pub(crate) struct Answer {
    body: Body,
    /// The call that ends with it, if one does that is counted.
    call: Option<Box<Call>>,
}

impl Answer {
    /// Of a call that is not counted, or no more.
    pub(super) const fn uncounted(body: Body) -> Self {
        Self { body, call: None }
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Self { body, call } = self.get_mut();
        let body = Pin::new(body);
        let Some(call) = call else { return body.poll_frame(context) };
        call.request_id.worked_on();
        let polled = {
            let _entered = call.span().map(Span::enter);
            body.poll_frame(context)
        };
        polled.map(|frame| match frame {
            Some(Ok(frame)) if frame.is_data() => Some(Ok(frame)),
            Some(Ok(mut frame)) => {
                if let Some(trailers) = frame.trailers_mut() {
                    call.request_id.name(trailers);
                    call.end(code(trailers).unwrap_or(Code::Unknown));
                }
                Some(Ok(frame))
            }
            Some(Err(status)) => {
                call.end(status.code());
                Some(Err(status))
            }
            None => {
                call.end(Code::Unknown);
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
