//! What is sealed is shown to those who may see it, left out for others, and every look is recorded.

use assent_proto::v1::*;
use assent_testing::{Caller, reason, requests};
use tonic::Code;

use super::ground::{Ground, LATER};
use super::kinds::{KINDS, Kind};
use crate::support::{metadata, within};

/// A kind of caller, by its name.
pub(super) fn kind(name: &str) -> &'static Kind {
    KINDS.iter().find(|it| it.name == name).unwrap_or_else(|| panic!("`{name}` is a kind"))
}

async fn acceptance(caller: &Caller, id: &str) -> Acceptance {
    let request = GetAcceptanceRequest { acceptance_id: id.to_owned() };
    let answer = within(caller.acceptance().get_acceptance(request)).await.expect("it is shown");
    answer.into_inner().acceptance.expect("it is there")
}

/// Whether it shows anything that was sealed.
fn shows_a_person(it: &Acceptance) -> bool {
    let uri = it.evidence.as_ref().is_some_and(|it| !it.uri.is_empty());
    let employee = it.recorded_by.as_ref().is_some_and(|it| it.employee.is_some());
    it.contact.is_some() || employee || uri
}

/// Whether any read shows it anything that was sealed.
async fn is_shown_a_person(ground: &Ground, caller: &Caller) -> Vec<bool> {
    let (partner_id, customer_id) = (ground.own.partner.clone(), ground.own.customer.clone());
    let list = ListAcceptancesRequest { partner_id: partner_id.clone(), ..Default::default() };
    let listed = within(caller.acceptance().list_acceptances(list)).await.expect("it is listed").into_inner();
    assert!(!listed.acceptances.is_empty());
    let list = ListEvidenceRequest { partner_id: partner_id.clone(), ..Default::default() };
    let evidence = within(caller.acceptance().list_evidence(list)).await.expect("it is listed").into_inner();
    assert!(!evidence.evidence.is_empty());
    let history = GetHistoryRequest { partner_id, customer_id, ..Default::default() };
    let history = within(caller.audit().get_history(history)).await.expect("it is told").into_inner();
    assert!(!history.items.is_empty());
    vec![
        shows_a_person(&acceptance(caller, &ground.own.acceptance).await),
        listed.acceptances.iter().any(shows_a_person),
        evidence.evidence.iter().any(|it| it.contact.is_some()),
        history.items.iter().any(|it| it.account.contains("Berg")),
    ]
}

#[tokio::test]
async fn contacts_are_shown_by_role_and_left_out_for_auditors() {
    let ground = Ground::new().await;
    for (name, shown) in
        [("admin-agent", true), ("sales-agent", true), ("auditor", false), ("auditor-who-discloses", false)]
    {
        let is = is_shown_a_person(&ground, &ground.caller(kind(name))).await;
        assert_eq!(is, vec![shown; 4], "{name}");
    }
    let status = requests::status(&ground.own.partner, &ground.own.customer);
    let caller = ground.caller(kind("admin-agent"));
    let status =
        within(caller.acceptance().get_acceptance_status(status)).await.expect("it is told").into_inner();
    let mut shown = status.agreements.iter().filter_map(|it| it.acceptance.as_ref());
    assert!(!shown.any(shows_a_person), "a status shows nobody");
}

#[tokio::test]
async fn a_write_shows_no_contact_to_who_may_write_and_not_read() {
    let ground = Ground::new().await;
    let mut attestation = requests::attest(&ground.own.partner, &ground.own.customer);
    attestation.accepted_on = Some(LATER.to_owned());
    for (name, shown) in [("helpdesk-agent", false), ("admin-agent", true)] {
        let mut attestation = attestation.clone();
        attestation.contact.as_mut().expect("it has one").first_name = name.to_owned();
        for replayed in [false, true] {
            attestation.request_id = Some(format!("0190b6a0-0000-7000-8000-{:012}", name.len()));
            let answer =
                within(ground.caller(kind(name)).acceptance().attest_acceptance(attestation.clone())).await;
            let answer = answer.expect("it is attested").into_inner();
            assert_eq!(answer.replayed, replayed, "{name}");
            assert_eq!(answer.acceptance.is_some_and(|it| it.contact.is_some()), shown, "{name} {replayed}");
        }
    }
}

#[tokio::test]
async fn every_look_at_personal_data_is_recorded_without_them() {
    let ground = Ground::new().await;
    for name in ["admin-agent", "auditor"] {
        is_shown_a_person(&ground, &ground.caller(kind(name))).await;
    }
    let acceptance = acceptance(&ground.caller(kind("sales-agent")), &ground.own.acceptance).await;
    let stderr = ground.server.stderr();
    let lines: Vec<_> = stderr.lines().filter(|it| it.contains("assent::access")).collect();
    let by = |user: &str, method: &str| {
        let (user, method) = (format!("user=\"{user}\""), format!("method=\"{method}\""));
        lines.iter().filter(|it| it.contains(&user) && it.contains(&method)).count()
    };
    for method in ["GetAcceptance", "ListAcceptances", "ListEvidence", "GetHistory"] {
        assert_eq!((by("admin-agent", method), by("auditor", method)), (1, 0), "{method}: {lines:#?}");
    }
    let records = format!("records=\"{}\"", acceptance.position);
    assert!(
        lines.iter().any(|it| it.contains("sales-agent") && it.contains(&records)),
        "{records}: {lines:#?}"
    );
    assert!(!lines.iter().any(|it| it.contains("Berg") || it.contains("Ottokar")), "{lines:#?}");
}

#[tokio::test]
async fn contacts_leave_in_an_export_only_for_who_may_disclose() {
    let ground = Ground::new().await;
    let export = ExportInquiryRequest {
        scope: Some(export_inquiry_request::Scope::PartnerId(ground.own.partner.clone())),
        purpose: "an inquiry".to_owned(),
        with_contacts: true,
        ..Default::default()
    };
    let refusal = within(ground.caller(kind("auditor")).audit().export_inquiry(export.clone())).await;
    let refusal = refusal.expect_err("it does not disclose");
    assert_eq!((refusal.code(), reason(&refusal).as_str()), (Code::PermissionDenied, "ROLE_NOT_PERMITTED"));
    assert_eq!(metadata(&refusal, "scopes").as_deref(), Some("assent.disclose"));
    let unpurposed = ExportInquiryRequest { purpose: String::new(), ..export };
    let discloses = ground.caller(kind("auditor-who-discloses"));
    let refusal = within(discloses.audit().export_inquiry(unpurposed)).await.expect_err("why, it must say");
    assert_eq!(reason(&refusal), "FIELD_INVALID");
}
