//! A server that answers orders alone, and UNAVAILABLE first.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use assent_proto::v1::authorization_service_server::{AuthorizationService, AuthorizationServiceServer};
use assent_proto::v1::{
    AuthorizeOrderRequest, AuthorizeOrderResponse, BatchAuthorizeOrdersRequest, BatchAuthorizeOrdersResponse,
    Decision, RecordOrderOutcomeRequest, RecordOrderOutcomeResponse, StreamAuthorizeOrdersRequest,
    StreamAuthorizeOrdersResponse,
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Identity, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

/// What an attempt brought along.
#[derive(Debug, PartialEq)]
pub(super) struct Attempt {
    pub(super) request_id: Option<String>,
    pub(super) has_deadline: bool,
    pub(super) authorization: Option<String>,
}

pub(super) type Attempts = Arc<Mutex<Vec<Attempt>>>;

/// Answers UNAVAILABLE this often, and ALLOWED from then on.
struct Unwell {
    failures: usize,
    attempts: Attempts,
}

#[tonic::async_trait]
impl AuthorizationService for Unwell {
    async fn authorize_order(
        &self,
        request: Request<AuthorizeOrderRequest>,
    ) -> Result<Response<AuthorizeOrderResponse>, Status> {
        let header = |name| {
            request.metadata().get(name).map(|it| it.to_str().expect("our clients send ASCII").to_owned())
        };
        let mut attempts = self.attempts.lock().expect("no attempt panics");
        attempts.push(Attempt {
            request_id: header("x-request-id"),
            has_deadline: header("grpc-timeout").is_some(),
            authorization: header("authorization"),
        });
        if attempts.len() <= self.failures {
            return Err(Status::unavailable("the replica is too stale"));
        }
        Ok(Response::new(AuthorizeOrderResponse { decision: Decision::Allowed.into(), ..Default::default() }))
    }

    async fn batch_authorize_orders(
        &self,
        _: Request<BatchAuthorizeOrdersRequest>,
    ) -> Result<Response<BatchAuthorizeOrdersResponse>, Status> {
        Err(Status::unimplemented("no client asks"))
    }

    type StreamAuthorizeOrdersStream = tokio_stream::Empty<Result<StreamAuthorizeOrdersResponse, Status>>;

    async fn stream_authorize_orders(
        &self,
        _: Request<Streaming<StreamAuthorizeOrdersRequest>>,
    ) -> Result<Response<Self::StreamAuthorizeOrdersStream>, Status> {
        Err(Status::unimplemented("no client asks"))
    }

    async fn record_order_outcome(
        &self,
        _: Request<RecordOrderOutcomeRequest>,
    ) -> Result<Response<RecordOrderOutcomeResponse>, Status> {
        Err(Status::unimplemented("no client asks"))
    }
}

/// Serves until the test ends, and answers the URL and what arrives.
pub(super) async fn unwell(failures: usize) -> (String, Attempts) {
    let (address, attempts) = serve(failures, None).await;
    (format!("http://{address}"), attempts)
}

/// The same with TLS and no failures.
pub(super) async fn encrypted(identity: Identity) -> (String, Attempts) {
    let (address, attempts) = serve(0, Some(identity)).await;
    (format!("https://{address}"), attempts)
}

async fn serve(failures: usize, identity: Option<Identity>) -> (SocketAddr, Attempts) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it listens");
    let attempts = Attempts::default();
    let service = AuthorizationServiceServer::new(Unwell { failures, attempts: attempts.clone() });
    let mut server = tonic::transport::Server::builder();
    if let Some(identity) = identity {
        server =
            server.tls_config(ServerTlsConfig::new().identity(identity)).expect("the certificate is whole");
    }
    let server = server.add_service(service);
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    (address, attempts)
}
