//! The layer through which every call goes: it puts the [`Caller`] into the request's extensions, or refuses.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use assent_identity::Caller;
use futures::future::{BoxFuture, Either, FutureExt as _};
use http::header::AUTHORIZATION;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use super::door::Door;
use crate::error::Error;

/// Whoever looks after servers may ask how this one is, without being anybody: it tells nothing but whether the server
/// serves.
pub(crate) const HEALTH: &str = "/grpc.health.v1.Health/";

/// The layer.
#[derive(Clone)]
pub(crate) struct IdentityLayer(Arc<Door>);

impl IdentityLayer {
    /// With the door of the worker that it is for.
    pub(crate) fn new(door: Door) -> Self {
        Self(Arc::new(door))
    }
}

impl<S> Layer<S> for IdentityLayer {
    type Service = Identified<S>;

    fn layer(&self, inner: S) -> Identified<S> {
        Identified { door: self.0.clone(), inner }
    }
}

/// A service that only those reach whose credential holds.
#[derive(Clone)]
pub(crate) struct Identified<S> {
    door: Arc<Door>,
    inner: S,
}

type Request = http::Request<Body>;
type Response = http::Response<Body>;

impl<S> Service<Request> for Identified<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<
        S::Future,
        Either<Ready<Result<Response, S::Error>>, BoxFuture<'static, Result<Response, S::Error>>>,
    >;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if request.uri().path().starts_with(HEALTH) {
            return Either::Left(self.inner.call(request));
        }
        match self.door.look(request.headers(), request.extensions()) {
            Ok(Ok(caller)) => {
                let_in(&mut request, caller);
                Either::Left(self.inner.call(request))
            }
            Ok(Err(issuer)) => {
                let door = self.door.clone();
                // The service that was asked whether it is ready is the one that is called.
                let next = self.inner.clone();
                let mut inner = std::mem::replace(&mut self.inner, next);
                let later = async move {
                    match door.look_again(issuer, request.headers(), request.extensions()).await {
                        Ok(caller) => {
                            let_in(&mut request, caller);
                            inner.call(request).await
                        }
                        Err(error) => Ok(refused(error)),
                    }
                };
                Either::Right(Either::Right(later.boxed()))
            }
            Err(error) => Either::Right(Either::Left(ready(Ok(refused(error))))),
        }
    }
}

/// What comes behind the door knows the caller, and never sees the token.
fn let_in(request: &mut Request, caller: Arc<Caller>) {
    request.headers_mut().remove(AUTHORIZATION);
    request.extensions_mut().insert(caller);
}

fn refused(error: Error) -> Response {
    Status::from(error).into_http()
}
