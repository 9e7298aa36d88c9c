//! AuthorizeOrder, BatchAuthorizeOrders and StreamAuthorizeOrders on the short way: from the wire's bytes to the decision and back, past
//! the generated messages and tonic's streams of them, which cost several times what deciding does.
//!
//! The short way answers plain orders. All else goes to the generated service with everything that has arrived, as if
//! nothing had been looked at: errors, recorded decisions, waiting for a position, compressed messages, the end of a
//! stream. So there is one place that says what those are. Limits of time and of the connection are layers above both.

mod arriving;
mod batch;
mod decide;
mod entire;
mod first;
mod frames;
mod stream;
mod together;
mod unary;
mod unfinished;

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use assent_proto::v1::authorization_service_server::AuthorizationServiceServer;
use http::header::{HeaderMap, HeaderName};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service};
use tonic::server::NamedService;
use tracing::{Instrument, Span};

pub(crate) use decide::Decided;
use entire::entire;
pub(crate) use entire::entire_within;
pub(crate) use first::GateLayer;
pub(crate) use unary::PATH as ORDER;
pub(crate) use unfinished::{Keeper, Unfinished};

use crate::app::App;
use crate::handlers::Handlers;
use crate::telemetry::span_of;

/// The generated service, for everything that is not plain.
type Ordinary = AuthorizationServiceServer<Handlers>;

/// AuthorizationService, with a short way for plain orders.
#[derive(Clone)]
pub(crate) struct Gate {
    app: Arc<App>,
    ordinary: Ordinary,
    keeper: Arc<Keeper>,
}

impl Gate {
    /// The short way beside the generated service.
    pub(crate) fn new(app: Arc<App>, ordinary: Ordinary, keeper: Arc<Keeper>) -> Self {
        Self { app, ordinary, keeper }
    }
}

impl NamedService for Gate {
    const NAME: &'static str = <Ordinary as NamedService>::NAME;
}

impl Service<http::Request<Body>> for Gate {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        match request.uri().path() {
            unary::PATH if is_plain(request.headers()) => {
                Box::pin(unary::answered(self.clone(), request, App::answer_plain))
            }
            batch::PATH if is_plain(request.headers()) => {
                Box::pin(unary::answered(self.clone(), request, App::answer_batch))
            }
            stream::PATH if is_plain(request.headers()) => {
                Box::pin(std::future::ready(Ok(stream::authorize(self.clone(), request))))
            }
            path if is_short(path) => {
                let span = span(&request);
                let kept = self.keeper.keep(request.extensions());
                let request = request.map(|it| entire(it, kept));
                Box::pin(span.in_scope(|| self.ordinary.call(request)).instrument(span.clone()))
            }
            _ => {
                let kept = self.keeper.keep(request.extensions());
                self.ordinary.call(request.map(|it| entire(it, kept)))
            }
        }
    }
}

/// Whether a method has a short way.
pub(crate) fn is_short(path: &str) -> bool {
    [unary::PATH, batch::PATH, stream::PATH].contains(&path)
}

/// The span of a call that leaves the short way: from here on it may log.
fn span(request: &http::Request<Body>) -> Span {
    let current = Span::current();
    if current.is_none() { span_of(request) } else { current }
}

const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");

/// Whether the call's messages are not compressed.
fn is_plain(headers: &HeaderMap) -> bool {
    headers.get(GRPC_ENCODING).is_none_or(|it| it == "identity")
}
