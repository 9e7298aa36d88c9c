//! What every call goes through on its way to the server.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderName};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use tokio::time::{Instant, sleep, timeout_at};
use tonic::Status;
use tonic::body::Body;
use tonic::transport::Channel;
use tower::{Service, ServiceExt as _};

use super::request_ids::with_request_id;
use super::service_config::{MethodConfig, RetryPolicy, ServiceConfig};
use super::token::TokenFile;

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The way to the server: puts the credential, the deadline and the call's id on every call, and sends unary calls
/// again as the service config says.
///
/// A deadline or an `x-request-id` that the caller has set stays. All attempts of a call share both.
#[derive(Clone, Debug)]
pub struct Outgoing {
    channel: Channel,
    config: Arc<ServiceConfig>,
    token: Option<Arc<TokenFile>>,
}

type Sent = Pin<Box<dyn Future<Output = Result<Response<Body>, tonic::transport::Error>> + Send>>;

impl Outgoing {
    pub(super) fn new(channel: Channel, config: Arc<ServiceConfig>, token: Option<Arc<TokenFile>>) -> Self {
        Self { channel, config, token }
    }

    /// Puts on a call what it lacks, and answers how long it may take.
    fn prepare(&self, request: &mut Request<Body>, method: &MethodConfig) -> Option<Duration> {
        let headers = request.headers_mut();
        if let Some(token) = &self.token {
            headers.insert(AUTHORIZATION, token.header());
        }
        if !headers.contains_key(REQUEST_ID) {
            let id = HeaderValue::try_from(super::request_id()).expect("a UUID is ASCII");
            headers.insert(REQUEST_ID, id);
        }
        match headers.get(GRPC_TIMEOUT) {
            Some(own) => own.to_str().ok().and_then(parse_timeout),
            None => method.timeout,
        }
    }
}

impl Service<Request<Body>> for Outgoing {
    type Response = Response<Body>;
    type Error = tonic::transport::Error;
    type Future = Sent;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.channel.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Sent {
        // The clone that was asked whether it is ready is the one that is called.
        let fresh = self.channel.clone();
        let channel = std::mem::replace(&mut self.channel, fresh);
        let method = self.config.of(request.uri().path()).cloned().unwrap_or_default();
        let timeout = self.prepare(&mut request, &method);
        match method.retry {
            Some(policy) => Box::pin(send_until(channel, request, policy, timeout)),
            None => Box::pin(send(channel, request)),
        }
    }
}

/// As [`send_again`], and DEADLINE_EXCEEDED where that has no answer in time.
async fn send_until(
    channel: Channel,
    request: Request<Body>,
    policy: RetryPolicy,
    timeout: Option<Duration>,
) -> Result<Response<Body>, tonic::transport::Error> {
    let deadline = timeout.map(|it| Instant::now() + it);
    let sent = send_again(channel, request, policy, deadline);
    let Some(deadline) = deadline else { return sent.await };
    timeout_at(deadline, sent).await.unwrap_or_else(|_| Ok(out_of_time()))
}

/// Sends a unary call until its answer begins, the attempts are used up, or another error than those to send again on
/// comes back.
async fn send_again(
    mut channel: Channel,
    request: Request<Body>,
    policy: RetryPolicy,
    deadline: Option<Instant>,
) -> Result<Response<Body>, tonic::transport::Error> {
    let (head, body) = request.into_parts();
    let body = match body.collect().await {
        Ok(whole) => with_request_id(head.uri.path(), whole.to_bytes()),
        Err(status) => return Ok(status.into_http()),
    };
    let mut attempts = 0;
    loop {
        attempts += 1;
        let attempt = attempt_of(&head, &body, deadline);
        let answer = send(channel.clone(), attempt).await;
        let is_over = attempts >= policy.max_attempts || !is_to_be_sent_again(&answer, &policy);
        if is_over {
            return answer;
        }
        sleep(policy.wait(attempts)).await;
        channel = channel.clone();
    }
}

/// The same call once more, with what is left of its time.
fn attempt_of(head: &http::request::Parts, body: &Bytes, deadline: Option<Instant>) -> Request<Body> {
    let mut attempt = Request::from_parts(head.clone(), Body::new(Full::new(body.clone())));
    if let Some(deadline) = deadline {
        let left = deadline.saturating_duration_since(Instant::now());
        attempt.headers_mut().insert(GRPC_TIMEOUT, timeout_header(left));
    }
    attempt
}

async fn send(
    mut channel: Channel,
    request: Request<Body>,
) -> Result<Response<Body>, tonic::transport::Error> {
    channel.ready().await?.call(request).await
}

/// Whether an attempt failed in a way that the next one may not. An answer whose headers do not tell its status has
/// begun, and stands.
fn is_to_be_sent_again(
    answer: &Result<Response<Body>, tonic::transport::Error>,
    policy: &RetryPolicy,
) -> bool {
    let codes = &policy.retryable_status_codes;
    match answer {
        Ok(response) => {
            Status::from_header_map(response.headers()).is_some_and(|it| codes.contains(&it.code()))
        }
        // The connection broke or could not be made: UNAVAILABLE to the caller.
        Err(_) => codes.contains(&tonic::Code::Unavailable),
    }
}

fn out_of_time() -> Response<Body> {
    Status::deadline_exceeded("the call's deadline passed before the server answered").into_http()
}

/// `grpc-timeout` in the finest unit whose number has eight digits at most, as the protocol wants.
fn timeout_header(left: Duration) -> HeaderValue {
    let micros = left.as_micros().max(1);
    let text = if micros < 100_000_000 {
        format!("{micros}u")
    } else {
        format!("{}m", left.as_millis().min(99_999_999))
    };
    HeaderValue::try_from(text).expect("digits and a letter are ASCII")
}

fn parse_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => number.checked_mul(3600).map(Duration::from_secs),
        "M" => number.checked_mul(60).map(Duration::from_secs),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_written_as_the_protocol_reads_it() {
        for (left, text) in [
            (Duration::ZERO, "1u"),
            (Duration::from_secs(5), "5000000u"),
            (Duration::from_secs(99), "99000000u"),
            (Duration::from_secs(100), "100000m"),
            (Duration::from_secs(1_000_000), "99999999m"),
        ] {
            assert_eq!(timeout_header(left), text);
        }
        for text in ["5S", "5000m", "5000000u", "5000000000n"] {
            assert_eq!(parse_timeout(text), Some(Duration::from_secs(5)), "{text}");
        }
        assert_eq!(parse_timeout("2H"), Some(Duration::from_secs(7200)));
        for text in ["", "5", "S", "5s", "-5S", "µ"] {
            assert_eq!(parse_timeout(text), None, "{text}");
        }
    }
}
