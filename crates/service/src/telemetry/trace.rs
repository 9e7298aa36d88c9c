//! Spans of sampled calls, under the trace of whoever called (W3C Trace Context).
//!
//! What is not sampled has no such span: the decision is made from one header, before anything is made. A caller that
//! sends `traceparent` has decided, once it was let in: a span costs more than an order, so that strangers have none made, and
//! callers so many a second. Of the calls without one a share is taken.

use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tonic::Code;
use tracing::Span;

use super::figures::Shard;
#[cfg(feature = "otlp")]
use super::request_id::span_of;
#[cfg(feature = "otlp")]
use crate::gate;

/// The target of spans that leave the process.
const TARGET: &str = "assent_trace";

/// How many spans a second callers may have made by what they send, on one worker.
const ASKED_FOR_PER_SECOND: NonZeroU32 = NonZeroU32::new(100).expect("it is not zero");

/// Which calls of a worker are sampled.
#[derive(Clone, Debug)]
pub(crate) struct Traces {
    /// None: nobody collects spans. Else the share of the calls without a caller's decision, of 2^64.
    share: Option<u64>,
    asked_for: Arc<DefaultDirectRateLimiter>,
}

/// Whether a call is sampled.
pub(super) enum Sampling {
    /// It is not.
    No,
    /// It is, and this is its span.
    #[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "there is nobody to send spans to"))]
    Now(Span),
    /// It is, if its caller is let in. Then its span is there.
    #[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "there is nobody to send spans to"))]
    IfLetIn(LaterSpan),
}

/// A span that begins when its call's caller was let in.
pub(super) type LaterSpan = Arc<OnceLock<Span>>;

impl Traces {
    /// A share from 0 to 1 of the calls whose callers did not decide; none: no spans at all.
    pub(crate) fn new(ratio: Option<f64>) -> Self {
        // The conversion saturates at both ends.
        let share = ratio.map(|it| (it * u64::MAX as f64) as u64);
        let asked_for = Arc::new(RateLimiter::direct(Quota::per_second(ASKED_FOR_PER_SECOND)));
        Self { share, asked_for }
    }

    /// Whether a call is sampled; one that is, if its caller is let in, says so in its extensions.
    #[cfg(feature = "otlp")]
    pub(super) fn sampling<B>(&self, shard: &Shard, request: &mut http::Request<B>) -> Sampling {
        let Some(share) = self.share else { return Sampling::No };
        match request.headers().get("traceparent").and_then(|it| parent::of(it.as_bytes())) {
            Some(parent) if parent.is_sampled() => {
                let (span, rate) = (LaterSpan::default(), Arc::clone(&self.asked_for));
                request.extensions_mut().insert(AskedFor { parent, rate, span: Arc::clone(&span) });
                Sampling::IfLetIn(span)
            }
            None if share == u64::MAX || chance(shard) < share => Sampling::Now(begun(request, None)),
            Some(_) | None => Sampling::No,
        }
    }

    /// Without the feature there is nobody to send spans to.
    #[cfg(not(feature = "otlp"))]
    pub(super) fn sampling<B>(&self, _: &Shard, _: &mut http::Request<B>) -> Sampling {
        let _ = (self.share, &self.asked_for);
        Sampling::No
    }
}

/// A span that a call's caller asked for, in the call's extensions.
#[cfg(feature = "otlp")]
#[derive(Clone)]
struct AskedFor {
    parent: opentelemetry::trace::SpanContext,
    rate: Arc<DefaultDirectRateLimiter>,
    span: LaterSpan,
}

/// Begins the span that a call's caller has asked for, which was let in; none, where it has asked for none.
#[cfg(feature = "otlp")]
pub(crate) fn let_in<B>(request: &http::Request<B>) -> Option<Span> {
    let AskedFor { parent, rate, span } = request.extensions().get()?;
    let path = request.uri().path();
    let begun = match rate.check() {
        Ok(()) => begun(request, Some(parent.clone())),
        Err(_) if gate::is_short(path) => return None,
        Err(_) => span_of(request),
    };
    Some(span.get_or_init(|| begun).clone())
}

/// Without the feature nobody asks.
#[cfg(not(feature = "otlp"))]
pub(crate) const fn let_in<B>(_: &http::Request<B>) -> Option<Span> {
    None
}

/// A call ended so.
pub(super) fn ended(span: &Span, code: Code) {
    if span.metadata().is_some_and(|it| it.target() == TARGET) {
        span.record("rpc.grpc.status_code", code as i32);
        // As the conventions for servers have it: what the caller did wrong is no error of this side.
        if matches!(
            code,
            Code::Unknown
                | Code::DeadlineExceeded
                | Code::Unimplemented
                | Code::Internal
                | Code::Unavailable
                | Code::DataLoss
        ) {
            span.record("otel.status_code", "ERROR");
        }
    }
}

/// A number that the ids of calls make, without their pattern (splitmix64).
#[cfg(feature = "otlp")]
fn chance(shard: &Shard) -> u64 {
    let count = shard.ids_made.load(std::sync::atomic::Ordering::Relaxed);
    let mut mixed = shard.ids_seed ^ count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(feature = "otlp")]
fn begun<B>(request: &http::Request<B>, parent: Option<opentelemetry::trace::SpanContext>) -> Span {
    use opentelemetry::trace::TraceContextExt as _;
    use tracing_opentelemetry::OpenTelemetrySpanExt as _;

    let path = request.uri().path().trim_start_matches('/');
    let (service, method) = path.split_once('/').unwrap_or((path, ""));
    let span = tracing::error_span!(
        target: TARGET,
        "call",
        request_id = super::request_id::text(request),
        method = path,
        otel.name = path,
        otel.kind = "server",
        otel.status_code = tracing::field::Empty,
        rpc.system = "grpc",
        rpc.service = service,
        rpc.method = method,
        rpc.grpc.status_code = tracing::field::Empty,
    );
    if let Some(parent) = parent {
        // It fails only where nobody collects spans.
        let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent));
    }
    span
}

#[cfg(feature = "otlp")]
mod parent {
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

    const VERSION: &str = "00";
    const UNKNOWN_VERSION: &str = "ff";

    /// The caller's span (W3C Trace Context, section 3.2): version, trace, span and flags. A later version may have more
    /// behind them.
    pub(super) fn of(header: &[u8]) -> Option<SpanContext> {
        let text = std::str::from_utf8(header).ok()?;
        let mut parts = text.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_hex = |it: &str, length: usize| {
            it.len() == length && it.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
        };
        let fits = is_hex(version, 2) && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2);
        if !fits || version == UNKNOWN_VERSION || (version == VERSION && parts.next().is_some()) {
            return None;
        }
        let context = SpanContext::new(
            TraceId::from_hex(trace).ok()?,
            SpanId::from_hex(span).ok()?,
            TraceFlags::new(u8::from_str_radix(flags, 16).ok()?),
            true,
            TraceState::NONE,
        );
        context.is_valid().then_some(context)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_callers_span_is_read_as_w3c_writes_it() {
            const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
            for (header, sampled) in [
                (format!("00-{TRACE}-00f067aa0ba902b7-01"), Some(true)),
                (format!("00-{TRACE}-00f067aa0ba902b7-00"), Some(false)),
                (format!("cc-{TRACE}-00f067aa0ba902b7-01-more"), Some(true)),
                (format!("00-{TRACE}-00f067aa0ba902b7-01-more"), None),
                (format!("ff-{TRACE}-00f067aa0ba902b7-01"), None),
                (format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)), None),
                (format!("00-{TRACE}-0000000000000000-01"), None),
                (format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()), None),
                ("nonsense".to_owned(), None),
            ] {
                assert_eq!(of(header.as_bytes()).map(|it| it.is_sampled()), sampled, "{header}");
            }
        }
    }
}
