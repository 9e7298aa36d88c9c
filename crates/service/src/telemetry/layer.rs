//! The outermost layer of every call.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use pin_project_lite::pin_project;
use quanta::Clock;
use tokio::time::{Sleep, sleep};
use tonic::Code;
use tonic::body::Body;
use tonic::codegen::Service;
use tower::Layer;
use tracing::Span;

use super::body::{Answer, Call, Traced};
use super::figures::{Figures, Shard};
use super::request_id::{Names, REQUEST_ID, is_answered, span_of};
use super::trace::{Sampling, Traces};
use crate::error::{overdue, too_slow};

/// Counts, names and traces the calls of one worker, and answers those whose time is over.
#[derive(Clone)]
pub(crate) struct TelemetryLayer(Option<&'static Counting>);

/// What the calls of a worker are counted with.
pub(super) struct Counting {
    figures: Arc<Figures>,
    pub(super) shard: Arc<Shard>,
    names: Names,
    traces: Traces,
    call_max: Duration,
    /// The processor's counter, where it counts evenly: it is read twice a call, at a third of what the kernel's clock takes.
    clock: Clock,
}

impl Counting {
    /// How long ago the clock was read.
    pub(super) fn since(&self, began: u64) -> Duration {
        self.clock.delta(began, self.clock.raw())
    }
}

impl TelemetryLayer {
    /// For the worker of this number; a call may take so long to begin to answer.
    ///
    /// What is counted with stays for as long as the process does, as its workers do: calls do not count who uses it.
    pub(crate) fn new(figures: &Arc<Figures>, worker: usize, traces: Traces, call_max: Duration) -> Self {
        let shard = figures.shard(worker);
        let names = Names::of(&shard);
        let figures = Arc::clone(figures);
        let counting = Counting { figures, shard, names, traces, call_max, clock: Clock::new() };
        Self(Some(Box::leak(Box::new(counting))))
    }

    /// Does nothing: what it costs is measured against that.
    pub(crate) const fn none() -> Self {
        Self(None)
    }
}

impl<S> Layer<S> for TelemetryLayer {
    type Service = Telemetry<S>;

    fn layer(&self, inner: S) -> Telemetry<S> {
        Telemetry { counting: self.0, inner }
    }
}

/// A service whose calls are counted.
#[derive(Clone)]
pub(crate) struct Telemetry<S> {
    counting: Option<&'static Counting>,
    inner: S,
}

impl<S> Service<http::Request<Body>> for Telemetry<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
{
    type Response = http::Response<Answer>;
    type Error = S::Error;
    type Future = Answering<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let call = self.counting.map(|it| begun(it, &mut request));
        let answer = {
            let _entered = call.as_ref().and_then(Call::span).map(Span::enter);
            self.inner.call(request)
        };
        Answering { answer, overdue: None, call }
    }
}

/// A call begins, and is worked on.
fn begun(counting: &'static Counting, request: &mut http::Request<Body>) -> Call {
    let Counting { figures, shard, names, traces, call_max: _, clock } = counting;
    let began = clock.raw();
    let method = figures.methods.at(request.uri().path());
    let number = shard.begin(method);
    let Said { name, timeout } = Said::by(request.headers());
    let deadline = timeout.and_then(deadline);
    let request_id = names.name(name, number);
    request_id.worked_on();
    let traced = match traces.sampling(shard, request) {
        Sampling::Now(span) => Some(Traced::Now(span)),
        Sampling::IfLetIn(span) => Some(Traced::Later(span)),
        // A plain order logs nothing: where it takes the ordinary way, that way begins the span.
        Sampling::No => (!figures.methods.is_short(method)).then(|| Traced::Now(span_of(request))),
    };
    let (cut_short, traced) = (request.extensions_mut().remove(), traced.map(Box::new));
    Call { counting, method, began, deadline, request_id, cut_short, traced, has_ended: false }
}

pin_project! {
    /// An answer that is awaited.
    pub(crate) struct Answering<F> {
        #[pin]
        answer: F,
        // When it is too late; none before it is waited for, which a plain order never is.
        overdue: Option<Pin<Box<Sleep>>>,
        // None where it is not counted.
        call: Option<Call>,
    }
}

impl<F, E> Future for Answering<F>
where
    F: Future<Output = Result<http::Response<Body>, E>>,
{
    type Output = Result<http::Response<Answer>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(call) = this.call else {
            let answer = ready!(this.answer.poll(context));
            return Poll::Ready(answer.map(|it| it.map(Answer::uncounted)));
        };
        call.request_id.worked_on();
        let polled = {
            let _entered = call.span().map(Span::enter);
            this.answer.poll(context)
        };
        let response = match polled {
            Poll::Ready(answer) => answer?,
            Poll::Pending => {
                let call_max = call.counting.call_max;
                // Also the caller's, where that is shorter.
                let deadline = call.deadline.filter(|it| *it < call_max);
                let left = || deadline.unwrap_or(call_max).saturating_sub(call.lasted());
                ready!(this.overdue.get_or_insert_with(|| Box::pin(sleep(left()))).as_mut().poll(context));
                let status = if deadline.is_some() { overdue() } else { too_slow(call_max) };
                return Poll::Ready(Ok(answered(this.call, status.into_http())));
            }
        };
        if is_answered() {
            call.end(Code::Ok);
            return Poll::Ready(Ok(response.map(Answer::uncounted)));
        }
        Poll::Ready(Ok(answered(this.call, response)))
    }
}

/// The answer of a call, if it is still there; it goes on as long as its answer does.
fn answered(call: &mut Option<Call>, response: http::Response<Body>) -> http::Response<Answer> {
    match call.take() {
        Some(call) => Box::new(call).answered(response),
        None => response.map(Answer::uncounted),
    }
}

/// What a caller says of its call.
#[derive(Default)]
struct Said<'a> {
    name: Option<&'a HeaderValue>,
    timeout: Option<&'a HeaderValue>,
}

impl<'a> Said<'a> {
    /// There are few headers: to look at each once is faster than to hash the names of those that are looked for.
    fn by(headers: &'a HeaderMap) -> Self {
        let mut said = Self::default();
        for (name, value) in headers {
            // What comes twice counts as it came first.
            if *name == REQUEST_ID {
                said.name.get_or_insert(value);
            } else if *name == GRPC_TIMEOUT {
                said.timeout.get_or_insert(value);
            }
        }
        said
    }
}

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
/// What the protocol allows before the unit of a deadline.
const DEADLINE_DIGITS_MAX: usize = 8;

/// How long the caller waits (`grpc-timeout`: at most eight digits and a unit).
fn deadline(timeout: &HeaderValue) -> Option<Duration> {
    let text = timeout.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let count: u64 = if digits.len() <= DEADLINE_DIGITS_MAX { digits.parse().ok()? } else { return None };
    match unit {
        "H" => Some(Duration::from_secs(count * 3_600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_deadline_is_digits_and_a_unit() {
        let of = |text: &str| deadline(&text.parse().unwrap());
        assert_eq!(of("100m"), Some(Duration::from_millis(100)));
        assert_eq!(of("2S"), Some(Duration::from_secs(2)));
        assert_eq!((of(""), of("m"), of("5"), of("5x")), (None, None, None, None));
        assert_eq!(of("99999999H"), Some(Duration::from_secs(99_999_999 * 3_600)));
        assert_eq!((of("999999999S"), of("18446744073709551615H")), (None, None));
    }
}
