//! How a connection speaks HTTP/2, and how its calls are carried out.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::http2::Builder;
use hyper::service::Service;
use hyper_util::rt::TokioTimer;
use tonic::body::Body;
use tower::ServiceExt as _;
use tower::util::Oneshot;

use super::accept::Layered;
use super::peer::Peer;
use crate::telemetry::CutShort;

/// Calls under way on one connection.
const STREAMS_MAX: u32 = 1_024;
/// Calls that one connection may take back before they were looked at; one more ends the connection with all its calls.
/// A gateway takes back every call that it has under way when its own callers leave: the default of 20 is far less.
const STREAMS_TAKEN_BACK_MAX: usize = STREAMS_MAX as usize;
/// Streams that one connection may have ended by errors of its own; one more ends it. A call that is refused before all of it has
/// arrived is taken back (RFC 9113, section 8.1), and what then arrives of it counts as such an error: who is refused for
/// hours, because a token has expired, should not lose its connection every thousandth time, which is the default.
const STREAMS_IN_ERROR_MAX: usize = 64 << 10;
/// The largest headers that are read.
const HEADER_BYTES_MAX: u32 = 16 << 10;
/// How often an idle connection is asked whether it is still there.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(30);
/// Flow-control windows: small ones make a busy connection stutter, and what a peer may send unread is kept here for every
/// stream whose answers are not taken. The window of all is far larger than a stream's, because the library ends a connection
/// whose unread frames of less than 256 bytes would waste more than half of it: imports send a frame for each row, and leave them
/// unread while a batch is stored. How many streams a caller may have is limited elsewhere.
const STREAM_WINDOW_BYTES: u32 = 64 << 10;
const CONNECTION_WINDOW_BYTES: u32 = 256 * STREAM_WINDOW_BYTES;

/// What every connection is told, and held to.
pub(super) fn protocol() -> Builder<Eager> {
    let mut builder = Builder::new(Eager);
    builder
        .timer(TokioTimer::new())
        // Nobody reads it, and another one each second fills the table of headers, which every answer looks through.
        .auto_date_header(false)
        .max_concurrent_streams(STREAMS_MAX)
        .max_pending_accept_reset_streams(STREAMS_TAKEN_BACK_MAX)
        .max_local_error_reset_streams(STREAMS_IN_ERROR_MAX)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .max_header_list_size(HEADER_BYTES_MAX)
        .keep_alive_interval(KEEP_ALIVE_EVERY);
    builder
}

/// The calls of a connection, each of which knows who is at its other end.
pub(super) struct Calls {
    pub(super) router: Layered,
    pub(super) peer: Peer,
}

impl Service<http::Request<Incoming>> for Calls {
    type Response = <Layered as tower::Service<http::Request<Body>>>::Response;
    type Error = <Layered as tower::Service<http::Request<Body>>>::Error;
    type Future = Oneshot<Layered, http::Request<Body>>;

    fn call(&self, request: http::Request<Incoming>) -> Self::Future {
        let (head, body) = request.into_parts();
        let body = Arrived::look(body);
        IS_WHOLE.set(body.is_whole());
        let cut_short = body.cut_short.clone();
        let mut request = http::Request::from_parts(head, Body::new(body));
        request.extensions_mut().insert(self.peer.clone());
        if let Some(cut_short) = cut_short {
            request.extensions_mut().insert(cut_short);
        }
        self.router.clone().oneshot(request)
    }
}

/// What a caller sends, of which the first piece may be there already.
struct Arrived {
    first: Option<Bytes>,
    rest: Incoming,
    /// None: nothing follows.
    cut_short: Option<CutShort>,
}

impl Arrived {
    fn look(mut rest: Incoming) -> Self {
        // Nothing has to wake anybody: whoever reads on looks again.
        let first = match Pin::new(&mut rest).poll_frame(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(Ok(frame))) => frame.into_data().ok(),
            // A failure shows itself to the reader.
            Poll::Ready(_) | Poll::Pending => None,
        };
        let cut_short = (!rest.is_end_stream()).then(CutShort::default);
        Self { first, rest, cut_short }
    }

    /// Whether nothing follows.
    fn is_whole(&self) -> bool {
        self.cut_short.is_none()
    }
}

impl http_body::Body for Arrived {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Self { first, rest, cut_short } = self.get_mut();
        if let Some(first) = first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        let polled = Pin::new(&mut *rest).poll_frame(context);
        let is_cut = match &polled {
            Poll::Ready(Some(Err(_))) => true,
            // The library makes an end of it where a call is taken back with some reasons.
            Poll::Ready(None) => !rest.is_end_stream(),
            Poll::Ready(Some(Ok(_))) | Poll::Pending => false,
        };
        if let Some(cut_short) = cut_short.as_ref().filter(|_| is_cut) {
            cut_short.note();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

thread_local! {
    /// Whether the call that is carried out next has arrived as a whole.
    static IS_WHOLE: Cell<bool> = const { Cell::new(false) };
}

/// Carries out a call that has arrived as a whole at once, as far as it goes: most orders are answered by then, and a task of
/// their own would cost them more than the decision. What waits for something becomes one, and so does a call of which more is
/// to come: to answer it before would be to take its stream back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Eager;

impl<F> Executor<F> for Eager
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, call: F) {
        if !IS_WHOLE.take() {
            return drop(tokio::spawn(call));
        }
        let mut call = Box::pin(call);
        // Nothing has to wake it: a task that begins is looked at.
        let mut first = Context::from_waker(Waker::noop());
        // As in a task of its own, a call that panics takes no other one along; its stream is reset.
        let polled = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(&mut first)));
        if let Ok(Poll::Pending) = polled {
            drop(tokio::spawn(call));
        }
    }
}
