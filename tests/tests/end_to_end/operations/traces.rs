//! Spans, as an OpenTelemetry collector gets them.

use assent_testing::{Credentials, Server, TokenIssuer, claims, requests};
use futures::future::try_join_all;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::observed;
use crate::support::within;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A collector that hands on every span.
struct Collector(mpsc::UnboundedSender<Span>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let of_resources = request.into_inner().resource_spans.into_iter();
        for span in of_resources.flat_map(|it| it.scope_spans).flat_map(|it| it.spans) {
            // The test may have seen enough.
            let _ = self.0.send(span);
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// A collector's URL, and what it gets.
async fn collector() -> (String, mpsc::UnboundedReceiver<Span>) {
    let (spans, got) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    let service = TraceServiceServer::new(Collector(spans));
    let serving = tonic::transport::Server::builder().add_service(service);
    tokio::spawn(serving.serve_with_incoming(TcpListenerStream::new(listener)));
    (format!("http://{address}"), got)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

fn attribute(span: &Span, key: &str) -> String {
    let found = span.attributes.iter().find(|it| it.key == key).and_then(|it| it.value.as_ref());
    format!("{:?}", found.and_then(|it| it.value.as_ref()))
}

fn order_under(trace: &str, flags: &str) -> Request<assent_proto::v1::AuthorizeOrderRequest> {
    let mut request = Request::new(requests::order("contoso", "fabrikam"));
    let parent = format!("00-{trace}-{PARENT}-{flags}").parse().expect("it can stand in a header");
    request.metadata_mut().insert("traceparent", parent);
    request.metadata_mut().insert("x-request-id", "order-7".parse().expect("it can stand in a header"));
    request
}

#[tokio::test]
async fn a_sampled_call_is_a_span_under_its_callers_and_no_other_is() {
    let (endpoint, mut spans) = collector().await;
    let mut server = observed(&["--otlp-endpoint", &endpoint]).await;
    server.registered("contoso", "fabrikam").await;
    let mut authorization = server.authorization();
    let unsampled = order_under(&TRACE.replace('4', "5"), "00");
    within(authorization.authorize_order(unsampled)).await.expect("it is answered");
    within(authorization.authorize_order(order_under(TRACE, "01"))).await.expect("it is answered");
    // What was not sent yet is sent at the end.
    within(server.terminate()).await;
    let span = within(spans.recv()).await.expect("the collector gets the span");
    assert_eq!((hex(&span.trace_id), hex(&span.parent_span_id)), (TRACE.to_owned(), PARENT.to_owned()));
    assert_eq!(
        (span.name.as_str(), span.kind()),
        ("assent.v1.AuthorizationService/AuthorizeOrder", SpanKind::Server)
    );
    for (key, value) in [
        ("rpc.system", "grpc"),
        ("rpc.service", "assent.v1.AuthorizationService"),
        ("rpc.method", "AuthorizeOrder"),
        ("rpc.grpc.status_code", "0"),
        ("request_id", "order-7"),
    ] {
        assert!(attribute(&span, key).contains(value), "{key}: {span:?}");
    }
    assert!(spans.try_recv().is_err(), "nothing else was sampled");
}

#[tokio::test]
async fn nobody_who_is_not_let_in_has_spans_made_and_who_is_has_so_many_a_second() {
    /// How many calls are under way at once: a slow machine, too, answers many more than it may make spans for.
    const TOGETHER: usize = 200;
    /// How many spans callers may have made by what they send: at once, and a second.
    const SPANS: usize = 100;
    let (endpoint, mut spans) = collector().await;
    let credentials = Credentials::without_tls();
    let mut options = credentials.server();
    options.arguments.extend(["--otlp-endpoint", &endpoint, "--workers", "1"].map(str::to_owned));
    let mut server = within(Server::spawn(options)).await;
    let stranger = TokenIssuer::new("first").token(&claims("orders", "assent.authorize", &["contoso"]));
    let other = credentials.issuer.token(&claims("other", "assent.directory", &["contoso"]));
    for token in [&stranger, &other] {
        let mut refused = server.acting_as(token).authorization();
        within(refused.authorize_order(order_under(TRACE, "01"))).await.expect_err("it is not let in");
    }
    let mut check = Request::new(HealthCheckRequest { service: String::new() });
    *check.metadata_mut() = order_under(TRACE, "01").metadata().clone();
    within(HealthClient::new(server.channel()).check(check)).await.expect("it is answered");
    let token = credentials.issuer.token(&claims("orders", "assent.authorize", &["contoso"]));
    let authorization = server.acting_as(&token).authorization();
    let (began, mut calls) = (std::time::Instant::now(), 0);
    // Until twice as many were let in as may have spans: else they could all have one.
    let most = within(async {
        loop {
            let together = (0..TOGETHER).map(|_| {
                let mut authorization = authorization.clone();
                async move { authorization.authorize_order(order_under(TRACE, "01")).await }
            });
            try_join_all(together).await.expect("they are answered, with a span or without");
            calls += TOGETHER;
            let seconds = usize::try_from(began.elapsed().as_secs()).expect("it is short") + 1;
            let most = SPANS * (1 + seconds);
            if calls >= 2 * most {
                return most;
            }
        }
    })
    .await;
    within(server.terminate()).await;
    let mut named = Vec::new();
    while let Ok(span) = spans.try_recv() {
        assert_eq!(attribute(&span, "rpc.grpc.status_code"), "Some(IntValue(0))", "{span:?}");
        named.push(span.name);
    }
    assert!(named.iter().all(|it| it == "assent.v1.AuthorizationService/AuthorizeOrder"), "{named:?}");
    assert!(!named.is_empty() && named.len() <= most, "{} of {most} for {calls} calls", named.len());
}

#[tokio::test]
async fn a_share_of_the_calls_without_a_callers_decision_is_sampled() {
    let (endpoint, mut spans) = collector().await;
    let mut server = observed(&["--otlp-endpoint", &endpoint, "--trace-ratio", "1"]).await;
    server.registered("contoso", "fabrikam").await;
    within(server.terminate()).await;
    let mut names = Vec::new();
    while let Ok(span) = spans.try_recv() {
        names.push(span.name);
    }
    assert!(names.iter().any(|it| it == "assent.v1.DirectoryService/RegisterPartner"), "{names:?}");
}

#[tokio::test]
async fn a_collector_that_is_not_there_costs_no_call() {
    let arguments = ["--otlp-endpoint", "http://127.0.0.1:1", "--trace-ratio", "1"];
    let mut server = observed(&arguments).await;
    server.registered("contoso", "fabrikam").await;
    server.decide(requests::order("contoso", "fabrikam")).await;
    within(server.terminate()).await;
}
