//! Headers that are larger than anybody needs.

use assent_testing::requests;
use tonic::Request;
use tonic::metadata::MetadataValue;

use crate::abuse::{assert_well, memory_kib, server};
use crate::support::within;

#[tokio::test]
async fn headers_above_the_limit_are_refused_and_nobody_else_notices() {
    let server = server(&[]).await;
    let before = memory_kib(&server);
    for kib in [20, 60, 200] {
        let mut request = Request::new(requests::order("contoso", "fabrikam"));
        let value = MetadataValue::try_from("x".repeat(kib << 10)).expect("it is plain text");
        request.metadata_mut().insert("x-anything", value);
        let refusal = within(server.authorization().authorize_order(request)).await;
        assert!(refusal.is_err(), "{kib} KiB");
        assert_well(&server, before).await;
    }
}
