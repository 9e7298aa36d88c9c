//! Request ids: in every answer's trailers, and on every line.

use std::future::poll_fn;

use assent_proto::v1::AuthorizeOrderRequest;
use assent_testing::{Server, requests};
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Status};

use super::observed;
use crate::abuse::{call, connect};
use crate::support::within;

const HEADER: &str = "x-request-id";

fn id(metadata: &MetadataMap) -> String {
    metadata.get(HEADER).expect("every answer has its id").to_str().expect("it is plain text").to_owned()
}

fn named<T>(message: T, id: &'static str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(HEADER, id.parse().expect("it can stand in a header"));
    request
}

/// The id of the answer to an order, whatever the answer is.
async fn asked(server: &Server, order: Request<AuthorizeOrderRequest>) -> String {
    match within(server.authorization().authorize_order(order)).await {
        Ok(answer) => id(answer.metadata()),
        Err(status) => id(status.metadata()),
    }
}

#[tokio::test]
async fn an_answer_has_its_callers_id_on_the_short_way_on_the_long_one_and_in_errors() {
    let server = observed(&[]).await;
    server.accepted("contoso", "fabrikam").await;
    let order = requests::order("contoso", "fabrikam");
    let recorded = AuthorizeOrderRequest { record: Some(true), ..order.clone() };
    let bad = requests::order("", "");
    for order in [order, recorded, bad] {
        assert_eq!(asked(&server, named(order, "order-7/a=1")).await, "order-7/a=1");
    }
    let register = named(requests::customer("litware"), "register-1");
    let answer = within(server.directory().register_customer(register)).await.expect("it is registered");
    assert_eq!(id(answer.metadata()), "register-1");
}

#[tokio::test]
async fn a_call_without_a_harmless_id_gets_a_new_one() {
    let server = observed(&[]).await;
    let order = || requests::order("contoso", "fabrikam");
    let one = asked(&server, Request::new(order())).await;
    let other = asked(&server, Request::new(order())).await;
    let replaced = asked(&server, named(order(), "two words")).await;
    assert!(one != other && replaced != "two words");
    for made in [one, other, replaced] {
        let is_digit = |it: u8| matches!(it, b'0'..=b'9' | b'a'..=b'v');
        assert!((7..=19).contains(&made.len()) && made.bytes().all(is_digit), "{made}");
    }
}

#[tokio::test]
async fn the_end_of_a_stream_has_the_id() {
    let server = observed(&[]).await;
    let order = assent_proto::v1::StreamAuthorizeOrdersRequest {
        order: Some(requests::order("contoso", "fabrikam")),
    };
    let orders = named(tokio_stream::iter([order]), "stream-1");
    let answers = within(server.authorization().stream_authorize_orders(orders)).await;
    let mut answers = answers.expect("it begins").into_inner();
    while within(answers.message()).await.expect("it ends well").is_some() {}
    let trailers = within(answers.trailers()).await.expect("it ended well").expect("it has trailers");
    assert_eq!(id(&trailers), "stream-1");
}

#[tokio::test]
async fn a_call_whose_own_deadline_is_over_is_told_so_under_its_id() {
    let server = observed(&[]).await;
    let mut client = connect(&server).await;
    for method in ["AuthorizationService/AuthorizeOrder", "AcceptanceService/ConfirmAcceptance"] {
        let mut request = call(&server, method);
        request.headers_mut().insert(HEADER, "late-1".parse().expect("it can stand in a header"));
        request.headers_mut().insert("grpc-timeout", "200m".parse().expect("it can stand in a header"));
        within(poll_fn(|cx| client.poll_ready(cx))).await.expect("the connection is there");
        // Its message never comes.
        let (answer, unsaid) = client.send_request(request, false).expect("it is sent");
        let headers = within(answer).await.expect("it is answered").headers().clone();
        let status = Status::from_header_map(&headers).expect("that is the whole answer");
        assert_eq!((status.code(), headers[HEADER].as_bytes()), (Code::DeadlineExceeded, &b"late-1"[..]));
        drop(unsaid);
    }
}

#[tokio::test]
async fn every_line_of_a_call_has_its_id() {
    let server = observed(&["--log-format", "json"]).await;
    server.registered("contoso", "fabrikam").await;
    // The log can't be read any more: a call that reads it has to say so.
    for file in [server.database_file(), server.database_file().with_extension("db-wal")] {
        let file = std::fs::File::options().write(true).open(file).expect("the database has files");
        file.set_len(0).expect("they can be cut short");
    }
    let read = named(assent_proto::v1::ReadEventsRequest::default(), "read-1");
    let failed = match within(server.audit().read_events(read)).await {
        Err(status) => status,
        Ok(answers) => {
            let mut answers = answers.into_inner();
            loop {
                match within(answers.message()).await {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("nothing can be read of an empty file"),
                    Err(status) => break status,
                }
            }
        }
    };
    assert_eq!(id(failed.metadata()), "read-1", "{failed:?}");
    let said = server.stderr();
    let lines = said.lines().map(|it| serde_json::from_str::<serde_json::Value>(it).expect("a line is JSON"));
    let of_call: Vec<_> =
        lines.filter(|it| it["span"]["method"] == "assent.v1.AuditService/ReadEvents").collect();
    let has_id = |it: &serde_json::Value| it["span"]["request_id"] == "read-1";
    assert!(!of_call.is_empty() && of_call.iter().all(has_id), "{said}");
}
