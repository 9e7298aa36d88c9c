//! What is not built yet says so, and what it will do.

use assent_proto::v1::*;
use assent_testing::reason;
use tonic::{Code, Status};

use crate::support::{head, server, within};

#[tokio::test]
async fn every_method_that_is_not_built_yet_says_so_and_what_it_will_do() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let before = head(&server).await;
    let mut audit = server.audit();
    let answers: [(&str, Option<Status>); 1] =
        [("ExportInquiry", within(audit.export_inquiry(ExportInquiryRequest::default())).await.err())];
    for (method, answer) in answers {
        let status = answer.unwrap_or_else(|| panic!("{method} is refused"));
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::Unimplemented, "NOT_BUILT_YET"),
            "{method}"
        );
        assert!(status.message().len() > 20, "{method} says what it will do: {}", status.message());
    }
    assert_eq!(head(&server).await, before);
}
