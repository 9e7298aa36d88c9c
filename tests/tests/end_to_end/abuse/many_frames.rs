//! Imports whose rows come in a frame each, as gRPC's own library sends them.

use std::future::poll_fn;

use assent_proto::v1::ConfirmAcceptanceRequest;
use assent_testing::requests;
use bytes::Bytes;
use h2::SendStream;
use prost::Message as _;
use tonic::Status;

use super::unfinished::ended;
use crate::abuse::{call, connect, server};
use crate::support::{head, within};

/// Streams on one connection, and the rows of each.
const STREAMS: usize = 6;
const ROWS: usize = 3_000;
const CUSTOMERS: usize = 30;

/// Sends each row in a frame of its own, as fast as the server takes them.
async fn send(mut body: SendStream<Bytes>, stream: usize) {
    for row in 0..ROWS {
        let mut at = requests::at("2025-01-01T00:00:00Z");
        at.seconds += (stream * ROWS + row) as i64;
        let confirm = requests::confirm("contoso", &format!("customer-{}", row % CUSTOMERS));
        let confirm = ConfirmAcceptanceRequest { accepted_on: None, accepted_at: Some(at), ..confirm };
        let row = requests::row(row as u64, confirm).encode_to_vec();
        let length = u32::try_from(row.len()).expect("it is short").to_be_bytes();
        let frame = Bytes::from([&[0], &length[..], &row].concat());
        body.reserve_capacity(frame.len());
        while body.capacity() < frame.len() {
            poll_fn(|cx| body.poll_capacity(cx))
                .await
                .expect("the stream goes on")
                .expect("there is room in time");
        }
        body.send_data(frame, false).expect("the stream goes on");
    }
    body.send_data(Bytes::new(), true).expect("the stream goes on");
}

#[tokio::test]
async fn several_imports_on_one_connection_that_wait_for_their_batches_do_not_end_it() {
    let server = server(&[]).await;
    for customer in 0..CUSTOMERS {
        within(server.registered("contoso", &format!("customer-{customer}"))).await;
    }
    let before = head(&server).await;
    let mut client = connect(&server).await;
    let mut ends = Vec::new();
    for stream in 0..STREAMS {
        within(poll_fn(|cx| client.poll_ready(cx))).await.expect("the connection is there");
        let request = call(&server, "AcceptanceService/ImportAcceptances");
        let (answer, body) = client.send_request(request, false).expect("it is sent");
        ends.push((tokio::spawn(send(body, stream)), tokio::spawn(ended(answer))));
    }
    for (sent, answered) in ends {
        within(sent).await.expect("all rows were sent");
        let status: Option<Status> = within(answered).await.expect("it was answered");
        assert!(status.is_none_or(|it| it.code() == tonic::Code::Ok));
    }
    assert_eq!(head(&server).await - before, (STREAMS * ROWS) as u64);
}
