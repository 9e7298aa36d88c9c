//! A call as it is counted, and its answer on the way out.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName};
use http_body::{Frame, SizeHint};
use tonic::body::Body;
use tonic::{Code, Status};
use tracing::Span;

use super::figures::Shard;
use super::request_id::{REQUEST_ID, RequestId};
use super::trace::{self, LaterSpan};

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// A call under way. One that nobody ends was given up: by its caller, or because its time was over.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) shard: Arc<Shard>,
    pub(super) method: usize,
    pub(super) began: Instant,
    /// How long its caller waits for the answer to begin.
    pub(super) deadline: Option<Duration>,
    pub(super) request_id: RequestId,
    /// Of a call that is sampled, or that logs; none on the short way.
    pub(super) span: Option<Span>,
    /// Of a call that is sampled if its caller is let in.
    pub(super) later: Option<LaterSpan>,
    pub(super) has_ended: bool,
}

impl Call {
    /// The call's answer: named, and counted when it ends.
    pub(super) fn answered(mut self, response: http::Response<Body>) -> http::Response<Body> {
        let (mut parts, body) = response.into_parts();
        if let Some(code) = code(&parts.headers) {
            // No body: these headers are the trailers.
            parts.headers.insert(REQUEST_ID, self.request_id.header());
            self.end(code);
            return http::Response::from_parts(parts, body);
        }
        http::Response::from_parts(parts, Body::new(Answer { body, call: self }))
    }

    fn end(&mut self, code: Code) {
        if std::mem::replace(&mut self.has_ended, true) {
            return;
        }
        self.shard.end(self.method, code, self.began.elapsed());
        if let Some(span) = self.span() {
            trace::ended(span, code);
        }
    }

    fn span(&self) -> Option<&Span> {
        self.span.as_ref().or_else(|| self.later.as_ref()?.get())
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let is_late = self.deadline.is_some_and(|it| self.began.elapsed() >= it);
        self.end(if is_late { Code::DeadlineExceeded } else { Code::Cancelled });
    }
}

/// The status in headers or trailers.
fn code(headers: &HeaderMap) -> Option<Code> {
    headers.get(GRPC_STATUS).map(|it| Code::from_bytes(it.as_bytes()))
}

/// An answer's body.
struct Answer {
    body: Body,
    call: Call,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Self { body, call } = self.get_mut();
        let polled = {
            let _entered = call.span().map(Span::enter);
            Pin::new(body).poll_frame(context)
        };
        polled.map(|frame| match frame {
            Some(Ok(frame)) => match frame.into_trailers() {
                Ok(mut trailers) => {
                    trailers.insert(REQUEST_ID, call.request_id.header());
                    call.end(code(&trailers).unwrap_or(Code::Unknown));
                    Some(Ok(Frame::trailers(trailers)))
                }
                Err(data) => Some(Ok(data)),
            },
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
