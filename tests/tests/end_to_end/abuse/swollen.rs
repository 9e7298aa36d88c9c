//! Messages that are short on the wire, and long when they are decoded.

use std::future::poll_fn;

use assent_testing::reason;
use bytes::Bytes;

use crate::abuse::unfinished::ended;
use crate::abuse::{assert_well, call, connect, memory_kib, server};
use crate::support::{fields, within};

/// How many are sent at once. Decoded, each would take some 300 MB.
const CALLS: usize = 8;
/// How many orders there are in each: two bytes, and nothing in them.
const ORDERS: usize = 1_000_000;

#[tokio::test]
async fn a_million_empty_orders_are_refused_before_they_take_room() {
    let server = server(&[]).await;
    let before = memory_kib(&server);
    let orders = [0x0a, 0].repeat(ORDERS);
    let length = u32::try_from(orders.len()).expect("it fits").to_be_bytes();
    let message = Bytes::from([&[0], &length[..], &orders].concat());
    let mut client = connect(&server).await;
    let mut answers = Vec::new();
    for _ in 0..CALLS {
        within(poll_fn(|cx| client.poll_ready(cx))).await.expect("the connection is there");
        let request = call(&server, "AuthorizationService/BatchAuthorizeOrders");
        let (answer, mut body) = client.send_request(request, false).expect("it is sent");
        body.send_data(message.clone(), true).expect("it is sent");
        answers.push(answer);
    }
    for answer in answers {
        let refusal = within(ended(answer)).await.expect("it is refused");
        assert_eq!((reason(&refusal), fields(&refusal)), ("FIELD_INVALID".into(), vec!["message".into()]));
    }
    assert_well(&server, before).await;
}
