//! Who acted stands in the event, from the credential alone (rule W8).

use assent_proto::v1::*;
use assent_testing::{Caller, claims, reason, requests};
use serde_json::json;
use tonic::Status;

use super::ground::{Ground, confirmation, evidence};
use super::hidden::kind;
use super::raw::call;
use super::requests::request;
use super::table::rows;
use crate::support::{fields, metadata, within};

fn recorded_by(acceptance: Option<Acceptance>) -> (String, String, Option<String>) {
    let by = acceptance.and_then(|it| it.recorded_by).expect("an acceptance says who recorded it");
    (by.user_id, by.role.unwrap_or_default(), by.employee)
}

#[tokio::test]
async fn the_event_has_the_user_and_a_role_that_permits() {
    let ground = Ground::new().await;
    let mut both = claims("two-roles", "assent.acceptances.write assent.acceptances.read", &["contoso"]);
    both["assent_roles"] = json!(["HELPDESK_AGENT", "SALES_AGENT"]);
    let both = ground.server.acting_as(&ground.credentials.issuer.token(&both));
    let confirmed = within(both.acceptance().confirm_acceptance(confirmation("contoso", "fabrikam"))).await;
    let confirmed = recorded_by(confirmed.expect("it is confirmed").into_inner().acceptance);
    assert_eq!(confirmed, ("two-roles".to_owned(), "SALES_AGENT".to_owned(), None));
    let mut attestation = requests::attest("contoso", "fabrikam");
    attestation.accepted_on = Some("2026-03-03".to_owned());
    let attested = within(both.acceptance().attest_acceptance(attestation)).await;
    let attested = recorded_by(attested.expect("it is attested").into_inner().acceptance);
    assert_eq!(attested, ("two-roles".to_owned(), "HELPDESK_AGENT".to_owned(), None));
    let service = ground.caller(kind("commerce-service-that-records"));
    let refusal = within(service.acceptance().confirm_acceptance(confirmation("contoso", "fabrikam"))).await;
    assert_eq!(reason(&refusal.expect_err("it is no agent")), "ROLE_NOT_PERMITTED");
}

/// An account that several people use.
fn shared(ground: &Ground, partners: &[&str]) -> Caller {
    let mut claims = claims("middleware", "assent.acceptances.write assent.acceptances.read", partners);
    claims["assent_roles"] = json!(["ADMIN_AGENT"]);
    claims["assent_shared_account"] = json!(true);
    ground.server.acting_as(&ground.credentials.issuer.token(&claims))
}

fn assert_wants_the_employee(what: &str, refusal: Option<Status>) {
    let refusal = refusal.unwrap_or_else(|| panic!("{what} is refused"));
    assert_eq!(
        (reason(&refusal).as_str(), fields(&refusal)),
        ("FIELD_INVALID", vec!["employee".to_owned()]),
        "{what}"
    );
}

/// Calls a method without and with the employee; answers what the second call did.
macro_rules! with_employee {
    ($client:expr, $method:ident($request:expr)) => {{
        let request = $request;
        let refusal = within($client.$method(request.clone())).await.err();
        assert_wants_the_employee(stringify!($method), refusal);
        let mut request = request;
        request.employee = Some("Ottokar Plum".to_owned());
        let answer = within($client.$method(request)).await;
        answer.unwrap_or_else(|it| panic!("{}: {it}", stringify!($method))).into_inner()
    }};
}

#[tokio::test]
async fn a_shared_account_names_the_employee_in_every_write_of_a_person() {
    let ground = Ground::new().await;
    let mut acceptance = shared(&ground, &["contoso", "tailspin"]).acceptance();
    let own = &ground.own;
    let confirmed = with_employee!(acceptance, confirm_acceptance(confirmation("contoso", "fabrikam")));
    let confirmed = recorded_by(confirmed.acceptance);
    assert_eq!(
        confirmed,
        ("middleware".to_owned(), "ADMIN_AGENT".to_owned(), Some("Ottokar Plum".to_owned()))
    );
    let mut attestation = requests::attest("contoso", "fabrikam");
    attestation.accepted_on = Some("2026-03-03".to_owned());
    with_employee!(acceptance, attest_acceptance(attestation));
    let mut submission = evidence("contoso", "tailspin", "fabrikam");
    submission.accepted_on = Some("2026-03-04".to_owned());
    let submitted = with_employee!(acceptance, submit_evidence(submission)).evidence_id;
    with_employee!(
        acceptance,
        confirm_evidence(ConfirmEvidenceRequest { evidence_id: submitted, ..Default::default() })
    );
    with_employee!(
        acceptance,
        reject_evidence(RejectEvidenceRequest {
            evidence_id: own.evidence.clone(),
            reason: "unreadable".to_owned(),
            ..Default::default()
        })
    );
    let corrected = with_employee!(
        acceptance,
        correct_acceptance(CorrectAcceptanceRequest {
            acceptance_id: own.acceptance.clone(),
            reason: "a typo".to_owned(),
            ..Default::default()
        })
    );
    let corrected = corrected.acceptance.expect("it is answered").acceptance_id;
    with_employee!(
        acceptance,
        void_record(VoidRecordRequest {
            record: Some(void_record_request::Record::AcceptanceId(corrected)),
            reason: "a mistake".to_owned(),
            ..Default::default()
        })
    );
    let withdrawn =
        with_employee!(acceptance, withdraw_acceptance(requests::withdraw("contoso", "fabrikam")));
    let obligation_id = withdrawn.obligation.expect("it opens one").obligation_id;
    with_employee!(
        acceptance,
        record_cancellation(RecordCancellationRequest { obligation_id, ..Default::default() })
    );
    let direct = RecordDirectAcceptanceRequest {
        accepted_on: None,
        accepted_at: Some(requests::at("2026-03-05")),
        ..requests::direct("contoso", "fabrikam")
    };
    if let Err(refusal) = within(acceptance.record_direct_acceptance(direct)).await {
        assert!(
            !fields(&refusal).contains(&"employee".to_owned()),
            "a direct acceptance is the customer's own deed"
        );
    }
}

#[tokio::test]
async fn what_names_no_employee_is_not_done_by_a_shared_account() {
    let ground = Ground::new().await;
    let scopes: Vec<_> = assent_identity::Scope::ALL.iter().map(|it| it.name()).collect();
    let mut claims = claims("middleware", &scopes.join(" "), &["*"]);
    claims["assent_shared_account"] = json!(true);
    let shared = ground.server.acting_as(&ground.credentials.issuer.token(&claims));
    let refused = [
        "PublishAgreementVersion",
        "RetireAgreement",
        "PublishPolicy",
        "RegisterPartner",
        "RegisterCustomer",
        "EstablishRelationship",
        "EndRelationship",
        "SetPartnerStatus",
        "ErasePersonalData",
        "FindPerson",
        "ExportInquiry",
    ];
    for row in rows() {
        let refused_here = refused.contains(&row.method.as_str());
        let others = ["CatalogService", "DirectoryService", "AuditService", "PrivacyService"];
        if !refused_here && !others.contains(&row.service.as_str()) {
            continue;
        }
        let ended = call(&shared, &row.path(), request(&row.method, &ground.own)).await;
        let account = ended.err().and_then(|it| metadata(&it, "account"));
        assert_eq!(account.as_deref(), refused_here.then_some("personal"), "{}", row.method);
    }
}
