//! The limits that decisions are measured against: methods with their messages that do nothing, shaped like the
//! generated code of the ledger's own services.

use std::pin::Pin;

use assent_proto::v1::{
    AuthorizeOrderRequest, AuthorizeOrderResponse, AuthorizeOrderResult, BatchAuthorizeOrdersRequest,
    BatchAuthorizeOrdersResponse, StreamAuthorizeOrdersRequest, authorize_order_result,
};
use tokio_stream::{Stream, StreamExt as _};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Context, Poll, Service, http};
use tonic::server::{Grpc, NamedService, StreamingService, UnaryService};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

/// The path of the method with one order.
pub(crate) const PATH: &str = "/assent.bench.NoOpService/AuthorizeOrder";
/// The path of the method with a stream of them.
pub(crate) const STREAM_PATH: &str = "/assent.bench.NoOpService/StreamAuthorizeOrders";
/// The path of the method with many at once.
pub(crate) const BATCH_PATH: &str = "/assent.bench.NoOpService/BatchAuthorizeOrders";
/// The same limit as the ledger's services have.
const MESSAGE_BYTES_MAX: usize = 2 << 20;

/// Decodes requests, and answers each order with nothing; of a stream with the order itself: an echo.
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

impl UnaryService<BatchAuthorizeOrdersRequest> for NoOp {
    type Response = BatchAuthorizeOrdersResponse;
    type Future = BoxFuture<Response<Self::Response>, Status>;

    fn call(&mut self, request: Request<BatchAuthorizeOrdersRequest>) -> Self::Future {
        Box::pin(async move {
            let results = request.into_inner().orders.iter().map(|_| nothing()).collect();
            Ok(Response::new(BatchAuthorizeOrdersResponse { results }))
        })
    }
}

impl StreamingService<StreamAuthorizeOrdersRequest> for NoOp {
    type Response = StreamAuthorizeOrdersRequest;
    type ResponseStream = Pin<Box<dyn Stream<Item = Result<Self::Response, Status>> + Send>>;
    type Future = BoxFuture<Response<Self::ResponseStream>, Status>;

    fn call(&mut self, request: Request<Streaming<StreamAuthorizeOrdersRequest>>) -> Self::Future {
        Box::pin(async move {
            let answers = request.into_inner().map(std::hint::black_box);
            Ok(Response::new(Box::pin(answers) as Self::ResponseStream))
        })
    }
}

fn nothing() -> AuthorizeOrderResult {
    let nothing = AuthorizeOrderResponse::default();
    AuthorizeOrderResult { result: Some(authorize_order_result::Result::Response(nothing.into())) }
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
            Ok(match request.uri().path() {
                STREAM_PATH => {
                    let grpc = Grpc::new(ProstCodec::default());
                    limited(grpc).streaming(Self, request).await
                }
                BATCH_PATH => {
                    let codec: ProstCodec<BatchAuthorizeOrdersResponse, BatchAuthorizeOrdersRequest> =
                        ProstCodec::default();
                    limited(Grpc::new(codec)).unary(Self, request).await
                }
                _ => {
                    let codec: ProstCodec<AuthorizeOrderResponse, AuthorizeOrderRequest> =
                        ProstCodec::default();
                    limited(Grpc::new(codec)).unary(Self, request).await
                }
            })
        })
    }
}

fn limited<T: tonic::codec::Codec>(grpc: Grpc<T>) -> Grpc<T> {
    grpc.apply_max_message_size_config(Some(MESSAGE_BYTES_MAX), None)
}
