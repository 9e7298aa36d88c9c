//! The outermost layer of every call.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::header::{HeaderMap, HeaderName};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service};
use tower::Layer;
use tracing::Instrument;

use super::body::Call;
use super::figures::{Figures, Shard};
use super::request_id::{RequestId, span_of};
use super::trace::{Sampling, Traces};
use crate::error::too_slow;
use crate::gate;

/// Counts, names and traces the calls of one worker, and answers those whose time is over.
#[derive(Clone)]
pub(crate) struct TelemetryLayer {
    figures: Arc<Figures>,
    shard: Arc<Shard>,
    traces: Traces,
    call_max: Duration,
}

impl TelemetryLayer {
    /// For the worker of this number; a call may take so long to begin to answer.
    pub(crate) fn new(figures: &Arc<Figures>, worker: usize, traces: Traces, call_max: Duration) -> Self {
        Self { figures: Arc::clone(figures), shard: figures.shard(worker), traces, call_max }
    }
}

impl<S> Layer<S> for TelemetryLayer {
    type Service = Telemetry<S>;

    fn layer(&self, inner: S) -> Telemetry<S> {
        Telemetry { layer: self.clone(), inner }
    }
}

/// A service whose calls are counted.
#[derive(Clone)]
pub(crate) struct Telemetry<S> {
    layer: TelemetryLayer,
    inner: S,
}

impl<S> Service<http::Request<Body>> for Telemetry<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<Self::Response, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let TelemetryLayer { figures, shard, traces, call_max } = &self.layer;
        // The clock is read once: what it takes is a hundredth of what an order takes.
        let began = Instant::now();
        let method = figures.methods.at(request.uri().path());
        shard.begin(method);
        let request_id = RequestId::new(request.headers(), shard);
        request.extensions_mut().insert(request_id.clone());
        let (span, later) = match traces.sampling(shard, &mut request) {
            Sampling::Now(span) => (Some(span), None),
            Sampling::IfLetIn(span) => (None, Some(span)),
            Sampling::No => {
                // A plain order logs nothing: where it takes the ordinary way, that way begins the span.
                ((!gate::is_short(request.uri().path())).then(|| span_of(&request)), None)
            }
        };
        let call = Call {
            shard: Arc::clone(shard),
            method,
            began,
            deadline: deadline(request.headers()),
            request_id,
            span,
            later,
            has_ended: false,
        };
        let call_max = *call_max;
        let answer = match &call.span {
            Some(span) => {
                let answer = span.in_scope(|| self.inner.call(request));
                futures::future::Either::Left(answer.instrument(span.clone()))
            }
            None => futures::future::Either::Right(self.inner.call(request)),
        };
        Box::pin(async move {
            let response = match tokio::time::timeout_at((began + call_max).into(), answer).await {
                Ok(answer) => answer?,
                Err(_) => too_slow(call_max).into_http(),
            };
            Ok(call.answered(response))
        })
    }
}

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
/// What the protocol allows before the unit of a deadline.
const DEADLINE_DIGITS_MAX: usize = 8;

/// How long the caller waits (`grpc-timeout`: at most eight digits and a unit), for counting what becomes of the call.
fn deadline(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(GRPC_TIMEOUT)?.to_str().ok()?;
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
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", text.parse().unwrap());
            deadline(&headers)
        };
        assert_eq!(of("100m"), Some(Duration::from_millis(100)));
        assert_eq!(of("2S"), Some(Duration::from_secs(2)));
        assert_eq!((of(""), of("m"), of("5"), of("5x")), (None, None, None, None));
        assert_eq!(of("99999999H"), Some(Duration::from_secs(99_999_999 * 3_600)));
        assert_eq!((of("999999999S"), of("18446744073709551615H")), (None, None));
    }
}
