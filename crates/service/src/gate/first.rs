//! Where a call is about orders, it goes to the gate at once: the router costs more than deciding does.

use std::convert::Infallible;
use std::task::{Context, Poll};

use futures::future::Either;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service};
use tonic::server::NamedService;
use tower::Layer;

use super::Gate;

/// Hands calls of AuthorizationService to the gate, and all others on.
#[derive(Clone)]
pub(crate) struct GateLayer(pub(crate) Gate);

impl<S> Layer<S> for GateLayer {
    type Service = GateFirst<S>;

    fn layer(&self, others: S) -> GateFirst<S> {
        GateFirst { gate: self.0.clone(), others }
    }
}

/// The gate before all other services.
#[derive(Clone)]
pub(crate) struct GateFirst<S> {
    gate: Gate,
    others: S,
}

impl<S> Service<http::Request<Body>> for GateFirst<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Either<BoxFuture<Self::Response, Infallible>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // The gate is always ready.
        self.others.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        if is_about_orders(request.uri().path()) {
            Either::Left(self.gate.call(request))
        } else {
            Either::Right(self.others.call(request))
        }
    }
}

/// Whether a path is one of the gate's service, as a router reads it.
fn is_about_orders(path: &str) -> bool {
    let of_service = path.strip_prefix('/').and_then(|it| it.strip_prefix(Gate::NAME));
    of_service.is_some_and(|it| it.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_gets_the_methods_of_its_own_service() {
        for (path, is_its_own) in [
            ("/assent.v1.AuthorizationService/AuthorizeOrder", true),
            ("/assent.v1.AuthorizationService/NoMethod", true),
            ("/assent.v1.AuthorizationService", false),
            ("/assent.v1.AuthorizationServices/AuthorizeOrder", false),
            ("/assent.v1.AcceptanceService/ConfirmAcceptance", false),
            ("assent.v1.AuthorizationService/AuthorizeOrder", false),
        ] {
            assert_eq!(is_about_orders(path), is_its_own, "{path}");
        }
    }
}
