//! Refuses by scope and by the caller's limits before a message is read. It comes behind the layer that says who calls.

use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::future::{Either, Ready, ready};
use http_body::{Frame, SizeHint};
use prost::Message;
use prost_types::FileDescriptorSet;
use rustc_hash::FxHashMap;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};
use tracing::{Instrument as _, Span};

use super::limits::{CallerLimits, Streaming};
use super::table::{Row, TABLE};
use super::{caller_of, opened_by};
use crate::error::Error;
use crate::gate::{Keeper, entire_within};
use crate::identity::HEALTH;
use crate::telemetry::let_in;

/// Goes on for as long as whoever asks likes.
const HEALTH_WATCH: &str = "/grpc.health.v1.Health/Watch";
/// All that a question about health may say: the name of a service. Nobody has to be anybody for it, so that it is not kept
/// as what a caller sends is.
const HEALTH_BYTES_MAX: usize = 1 << 10;
/// Every version of the contract. What the table does not know of it is not served.
const CONTRACT: &str = "/assent.v";

/// The service that reads its messages by itself.
const GATE: &str = "/assent.v1.AuthorizationService/";

/// Refuses by scope and by the caller's limits.
#[derive(Clone)]
pub(crate) struct PermissionLayer {
    limits: Arc<CallerLimits>,
    keeper: Arc<Keeper>,
}

impl PermissionLayer {
    /// The layer, which counts with all others that were given these limits.
    pub(crate) fn new(limits: Arc<CallerLimits>, keeper: Arc<Keeper>) -> Self {
        Self { limits, keeper }
    }
}

impl<S> Layer<S> for PermissionLayer {
    type Service = Permission<S>;

    fn layer(&self, inner: S) -> Permission<S> {
        Permission { inner, layer: self.clone() }
    }
}

/// What the layer makes of a service.
#[derive(Clone)]
pub(crate) struct Permission<S> {
    inner: S,
    layer: PermissionLayer,
}

type Answer<E> = Result<http::Response<Body>, E>;
type Boxed<E> = Pin<Box<dyn Future<Output = Answer<E>> + Send>>;

impl<S> Service<http::Request<Body>> for Permission<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    /// Boxed for streams, and for calls that are sampled: any other costs nothing here.
    type Future = Either<S::Future, Either<Boxed<S::Error>, Ready<Answer<S::Error>>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let PermissionLayer { limits, keeper } = &self.layer;
        let streaming = match admit(limits, &request) {
            Ok(streaming) => streaming,
            Err(error) => return Either::Right(Either::Right(ready(Ok(Status::from(error).into_http())))),
        };
        // Strangers may ask about health, and have nothing made for it.
        let span = caller_of(request.extensions()).ok().and_then(|_| let_in(&request));
        let request = in_whole_messages(keeper, request);
        if streaming.is_none() && span.is_none() {
            return Either::Left(self.inner.call(request));
        }
        let span = span.unwrap_or_else(Span::current);
        let answered = span.in_scope(|| self.inner.call(request)).instrument(span.clone());
        Either::Right(Either::Left(Box::pin(async move {
            let answer = answered.await?;
            Ok(match streaming {
                Some(streaming) => answer.map(|body| Body::new(Counted { body, _streaming: streaming })),
                None => answer,
            })
        })))
    }
}

/// The same call, whose messages are handed on when they are whole, and counted until then.
fn in_whole_messages(keeper: &Arc<Keeper>, request: http::Request<Body>) -> http::Request<Body> {
    let path = request.uri().path();
    // The gate reads orders by itself, and hands on whole messages only.
    if path.starts_with(GATE) {
        return request;
    }
    let bytes_max = if path.starts_with(HEALTH) { HEALTH_BYTES_MAX } else { usize::MAX };
    let kept = keeper.keep(request.extensions());
    request.map(|it| entire_within(bytes_max, it, kept))
}

/// Lets a call in, and counts it, whatever becomes of it; a stream is counted for as long as what is returned is kept.
fn admit(limits: &Arc<CallerLimits>, request: &http::Request<Body>) -> Result<Option<Streaming>, Error> {
    let path = request.uri().path();
    if path.starts_with(HEALTH) {
        return (path == HEALTH_WATCH).then(|| limits.health_watch()).transpose();
    }
    let caller = caller_of(request.extensions())?;
    limits.call(&caller.user_id)?;
    let streams = match CALLED.get(path) {
        Some(called) => {
            opened_by(caller, called.row)?;
            called.streams
        }
        None if path.starts_with(CONTRACT) => {
            return Err(Error::NotBuiltYet {
                what: "be a method of the contract, if a later version has it",
            });
        }
        // Reflection streams; whatever else is served beside the contract may.
        None => true,
    };
    streams.then(|| limits.stream(&caller.user_id)).transpose()
}

/// A method, by its path.
struct Called {
    row: &'static Row,
    /// Whether it has many messages, either way.
    streams: bool,
}

static CALLED: LazyLock<FxHashMap<String, Called>> = LazyLock::new(|| {
    let described = FileDescriptorSet::decode(assent_proto::DESCRIPTORS);
    let described = described.expect("the committed descriptors are valid: a test regenerates them");
    let services = described.file.iter().filter(|it| it.package() == "assent.v1").flat_map(|it| &it.service);
    let methods = services.flat_map(|service| service.method.iter().map(move |it| (service.name(), it)));
    let called = methods.filter_map(|(service, method)| {
        let row = TABLE.iter().find(|it| (it.service, it.name) == (service, method.name()))?;
        let streams = method.client_streaming() || method.server_streaming();
        Some((format!("/assent.v1.{service}/{}", method.name()), Called { row, streams }))
    });
    called.collect()
});

/// The body of a stream that is counted until it ends.
struct Counted {
    body: Body,
    _streaming: Streaming,
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
