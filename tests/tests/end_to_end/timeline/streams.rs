//! Orders of a stream that have to wait, among others that need not.

use assent_proto::v1::{
    AuthorizeOrderRequest, ReasonCode, StreamAuthorizeOrdersRequest, StreamAuthorizeOrdersResponse,
    authorize_order_result,
};
use assent_testing::requests;

use crate::support::{head, server, within};

fn reasons(answer: Option<StreamAuthorizeOrdersResponse>) -> Vec<ReasonCode> {
    match answer.and_then(|it| it.result).and_then(|it| it.result) {
        Some(authorize_order_result::Result::Response(it)) => it.reasons.iter().map(|it| it.code()).collect(),
        other => panic!("an order is answered, not {other:?}"),
    }
}

#[tokio::test]
async fn an_order_that_waits_is_answered_at_its_position_and_so_are_those_behind_it() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let order = requests::order("contoso", "fabrikam");
    let waits = AuthorizeOrderRequest { min_position: Some(head(&server).await + 1), ..order.clone() };
    let asked = [order.clone(), waits, order].map(|it| StreamAuthorizeOrdersRequest { order: Some(it) });
    let mut authorization = server.authorization();
    let answers = within(authorization.stream_authorize_orders(tokio_stream::iter(asked))).await;
    let mut answers = answers.expect("the stream begins").into_inner();
    let first = within(answers.message()).await.expect("it does not have to wait");
    assert_eq!(reasons(first), [ReasonCode::AcceptanceMissing]);
    let confirmation = requests::confirm("contoso", "fabrikam");
    within(server.acceptance().confirm_acceptance(confirmation)).await.expect("it is stored");
    for _ in 0..2 {
        let later = within(answers.message()).await.expect("its position was applied");
        assert_eq!(reasons(later), [ReasonCode::AcceptanceInForce]);
    }
    assert_eq!(within(answers.message()).await.expect("the stream ends well"), None);
}
