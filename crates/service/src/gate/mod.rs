//! AuthorizeOrder and StreamAuthorizeOrders on the short way: from the wire's bytes to the decision and back, past
//! the generated messages and tonic's streams of them, which cost several times what deciding does.
//!
//! The short way answers plain orders. All else goes to the generated service with everything that has arrived, as if
//! nothing had been looked at: errors, recorded decisions, waiting for a position, compressed messages, the end of a
//! stream. So there is one place that says what those are. Limits of time and of the connection are layers above both.

mod arriving;
mod decide;
mod entire;
mod frames;
mod stream;
mod unary;

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use assent_proto::v1::authorization_service_server::AuthorizationServiceServer;
use http::header::HeaderMap;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service};
use tonic::server::NamedService;

pub(crate) use decide::Decided;
pub(crate) use entire::entire;

use crate::app::App;
use crate::handlers::Handlers;

/// The generated service, for everything that is not plain.
type Ordinary = AuthorizationServiceServer<Handlers>;

/// AuthorizationService, with a short way for plain orders.
#[derive(Clone)]
pub(crate) struct Gate {
    app: Arc<App>,
    ordinary: Ordinary,
}

impl Gate {
    /// The short way beside the generated service.
    pub(crate) fn new(app: Arc<App>, ordinary: Ordinary) -> Self {
        Self { app, ordinary }
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
                Box::pin(unary::authorize_order(Arc::clone(&self.app), self.ordinary.clone(), request))
            }
            stream::PATH if is_plain(request.headers()) => {
                let response = stream::authorize(Arc::clone(&self.app), self.ordinary.clone(), request);
                Box::pin(std::future::ready(Ok(response)))
            }
            _ => self.ordinary.call(request.map(entire)),
        }
    }
}

/// Whether the call's messages are not compressed.
fn is_plain(headers: &HeaderMap) -> bool {
    headers.get("grpc-encoding").is_none_or(|it| it == "identity")
}
