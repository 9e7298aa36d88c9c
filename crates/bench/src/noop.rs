//! The limit that AuthorizeOrder is measured against: a method with its messages that does nothing, shaped like the
//! generated code of the ledger's own services.

use assent_proto::v1::{AuthorizeOrderRequest, AuthorizeOrderResponse};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Context, Poll, Service, http};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

/// The path of the method.
pub(crate) const PATH: &str = "/assent.bench.NoOpService/AuthorizeOrder";
/// The same limit as the ledger's services have.
const MESSAGE_BYTES_MAX: usize = 2 << 20;

/// Decodes the request, and answers nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoOp;

impl NamedService for NoOp {
    const NAME: &'static str = "assent.bench.NoOpService";
}

impl UnaryService<AuthorizeOrderRequest> for NoOp {
    type Response = AuthorizeOrderResponse;
    type Future = BoxFuture<Response<Self::Response>, Status>;

    fn call(&mut self, request: Request<AuthorizeOrderRequest>) -> Self::Future {
        Box::pin(async move {
            std::hint::black_box(request.into_inner());
            Ok(Response::new(AuthorizeOrderResponse::default()))
        })
    }
}

impl Service<http::Request<Body>> for NoOp {
    type Response = http::Response<Body>;
    type Error = std::convert::Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let mut grpc =
                Grpc::new(ProstCodec::default()).apply_max_message_size_config(Some(MESSAGE_BYTES_MAX), None);
            Ok(grpc.unary(Self, request).await)
        })
    }
}
