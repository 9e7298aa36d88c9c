//! What a reseller is shown of the evidence that it submitted, and what stays its provider's (rules C14 and W2).

use std::path::Path;

use assent_export::verify;
use assent_proto::event::event::Payload;
use assent_proto::v1::export_inquiry_request::Scope;
use assent_proto::v1::export_inquiry_response::Part;
use assent_proto::v1::*;
use assent_testing::{Caller, claims, reason, requests};
use serde_json::json;

use super::ground::{Ground, evidence};
use super::hidden::kind;
use crate::support::{decoded, within};

/// What the provider wrote: nobody else's.
const PROVIDERS: [&str; 3] = ["Quillfeather", "Ottokar Plum", "nobody could read the scan"];
/// Whom the reseller named.
const RESELLERS: &str = "Berg";

/// The provider confirms one piece of the reseller's evidence, with a contact of its own, and rejects another.
async fn judged(ground: &Ground) {
    let mut provider = ground.operator().acceptance();
    let confirm = ConfirmEvidenceRequest {
        evidence_id: ground.own.evidence.clone(),
        contact: Some(Contact { last_name: PROVIDERS[0].to_owned(), ..requests::contact("fabrikam") }),
        employee: Some(PROVIDERS[1].to_owned()),
        accepted_on: Some("2026-03-02".to_owned()),
        ..Default::default()
    };
    within(provider.confirm_evidence(confirm)).await.expect("it is confirmed");
    let mut second = evidence("contoso", "tailspin", "fabrikam");
    second.accepted_on = Some("2026-03-04".to_owned());
    let second = within(provider.submit_evidence(second)).await.expect("it is submitted").into_inner();
    let reject = RejectEvidenceRequest {
        evidence_id: second.evidence_id,
        reason: PROVIDERS[2].to_owned(),
        ..Default::default()
    };
    within(provider.reject_evidence(reject)).await.expect("it is rejected");
}

/// A user of the reseller who may read.
fn reseller(ground: &Ground) -> Caller {
    let mut claims = claims("reader", "assent.acceptances.read assent.acceptances.write", &["tailspin"]);
    claims["assent_roles"] = json!(["ADMIN_AGENT"]);
    ground.server.acting_as(&ground.credentials.issuer.token(&claims))
}

async fn history(caller: &Caller, partner: &str) -> Vec<HistoryItem> {
    let (partner_id, customer_id) = (partner.to_owned(), "fabrikam".to_owned());
    let request = GetHistoryRequest { partner_id, customer_id, ..Default::default() };
    within(caller.audit().get_history(request)).await.expect("it is told").into_inner().items
}

fn is_submission(item: &HistoryItem) -> bool {
    let event = item.event.as_ref().expect("it has an event");
    matches!(decoded(event).payload, Some(Payload::EvidenceSubmitted(_)))
}

#[tokio::test]
async fn a_history_shows_a_reseller_its_own_submissions_and_nothing_that_its_provider_wrote() {
    let ground = Ground::new().await;
    judged(&ground).await;
    let told = history(&reseller(&ground), "tailspin").await;
    let (submitted, others): (Vec<_>, Vec<_>) = told.iter().partition(|it| is_submission(it));
    assert_eq!((submitted.len(), others.len()), (2, 2), "{told:#?}");
    assert!(submitted.iter().all(|it| it.account.contains(RESELLERS)), "{submitted:#?}");
    for item in others {
        let shown = PROVIDERS.iter().chain([&RESELLERS]).find(|it| item.account.contains(**it));
        assert_eq!(shown, None, "{}", item.account);
    }
    let told = history(&ground.caller(kind("admin-agent")), "contoso").await;
    for text in PROVIDERS {
        assert!(told.iter().any(|it| it.account.contains(text)), "{text}: {told:#?}");
    }
}

/// An export of what names this partner, with contacts, by an auditor of this partner alone.
async fn exported(ground: &Ground, partner: &str, folder: &Path) -> String {
    let claims = claims("auditor-of-it", "assent.audit assent.disclose", &[partner]);
    let auditor = ground.server.acting_as(&ground.credentials.issuer.token(&claims));
    let export = ExportInquiryRequest {
        scope: Some(Scope::PartnerId(partner.to_owned())),
        purpose: "case 17".to_owned(),
        with_contacts: true,
        ..Default::default()
    };
    let mut parts = within(auditor.audit().export_inquiry(export)).await.expect("it begins").into_inner();
    let mut files = std::collections::BTreeMap::<String, Vec<u8>>::new();
    while let Some(it) = within(parts.message()).await.expect("it goes on to its end") {
        if let Some(Part::Chunk(ExportChunk { path, bytes, .. })) = it.part {
            files.entry(path).or_default().extend_from_slice(&bytes);
        }
    }
    let mut text = String::new();
    for (path, bytes) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
        std::fs::write(path, &bytes).expect("it can be written");
        text.push_str(&String::from_utf8_lossy(&bytes));
    }
    text
}

#[tokio::test]
async fn an_export_of_a_reseller_opens_its_own_submissions_only_and_is_proven() {
    let ground = Ground::new().await;
    judged(&ground).await;
    for (partner, is_provider) in [("tailspin", false), ("contoso", true)] {
        let folder = tempfile::tempdir().expect("there is room");
        let text = exported(&ground, partner, folder.path()).await;
        assert!(text.contains(RESELLERS), "{partner}");
        for provider in PROVIDERS {
            assert_eq!(text.contains(provider), is_provider, "{partner} {provider}");
        }
        let report = verify(folder.path(), &[], &mut |_| {}).expect("it is a bag");
        assert!(report.is_proven(), "{partner}: {report:#?}");
    }
}

#[tokio::test]
async fn a_reseller_that_is_not_linked_is_told_so_whatever_its_request_id_was_used_for() {
    let ground = Ground::new().await;
    let request_id = Some("0190b6a0-0000-7000-8000-000000000001".to_owned());
    let end = EndRelationshipRequest {
        partner_id: "adatum".to_owned(),
        other: Some(end_relationship_request::Other::CustomerId("litware".to_owned())),
        request_id: request_id.clone(),
        ..Default::default()
    };
    within(ground.operator().directory().end_relationship(end)).await.expect("it is ended");
    let mut acceptance = ground.caller(kind("reseller")).acceptance();
    for request_id in [request_id, None] {
        let submission = SubmitEvidenceRequest { request_id, ..evidence("adatum", "tailspin", "litware") };
        let refusal = within(acceptance.submit_evidence(submission)).await.expect_err("they are not linked");
        assert_eq!(reason(&refusal), "RESELLER_NOT_LINKED");
    }
}
