//! Valid requests with every field given, to be made bad one field at a time.

use assent_proto::convert::{Invalid, Violations};
use assent_proto::v1;
use bytes::Bytes;
use prost_types::Timestamp;

pub(crate) const GUID: &str = "117A77B0-9360-443B-8795-C6DEDC750CF9";
pub(crate) const EVENT: &str = "018BCFE5-687B-7969-9A5A-5A123456789A";
pub(crate) const REQUEST: &str = "3B0E5C9A-7B2F-4B3E-9C55-0A1B2C3D4E5F";
/// 2019-10-02T08:30:00.123456789Z.
pub(crate) const AT: Timestamp = Timestamp { seconds: 1_570_005_000, nanos: 123_456_789 };
pub(crate) const POLICY: &str = "
id: microsoft-csp
covered_clouds: [PUBLIC]
lines:
  - id: only
    source: a test
    from: 2019-10-01
    channels: [API, DASHBOARD]
    transactions: [NEW_PURCHASE, SEAT_INCREASE, SEAT_DECREASE, RENEWAL, SUBSCRIPTION_CHANGE]
    any_of:
      - { agreement_id: microsoft-customer-agreement, version: any }
";

/// The fields that a parser found bad.
pub(crate) fn bad_fields<T>(parsed: Result<T, Violations>) -> Vec<String> {
    match parsed {
        Ok(_) => Vec::new(),
        Err(Violations(violations)) => violations.into_iter().map(|it| it.field).collect(),
    }
}

/// The same, for parsers that read a policy document too.
pub(crate) fn bad_or_policy<T>(parsed: Result<T, Invalid>) -> Vec<String> {
    match parsed {
        Ok(_) => Vec::new(),
        Err(Invalid::Fields(violations)) => bad_fields::<()>(Err(violations)),
        Err(Invalid::Policy(error)) => vec![format!("policy line {}: {}", error.line, error.field)],
    }
}

pub(crate) fn contact() -> v1::Contact {
    v1::Contact {
        first_name: " Zoe\u{308} ".to_owned(),
        last_name: "Nguyễn".to_owned(),
        email: "zoe@Fabrikam.example".to_owned(),
        phone_number: Some("+49 30 1234".to_owned()),
    }
}

pub(crate) fn template() -> v1::TemplateKey {
    v1::TemplateKey { country: "de".to_owned(), language: "de-DE".to_owned() }
}

pub(crate) fn evidence() -> v1::Evidence {
    v1::Evidence {
        uri: "https://contoso.example/proof/1".to_owned(),
        sha256: Some(Bytes::from_static(&[7; 32])),
        media_type: Some("application/pdf".to_owned()),
    }
}

pub(crate) fn confirm() -> v1::ConfirmAcceptanceRequest {
    v1::ConfirmAcceptanceRequest {
        partner_id: "contoso".to_owned(),
        customer_id: GUID.to_owned(),
        agreement_id: "microsoft-customer-agreement".to_owned(),
        version: Some("2019-10".to_owned()),
        template: Some(template()),
        contact: Some(contact()),
        accepted_at: Some(AT),
        accepted_on: None,
        channel: v1::Channel::Dashboard as i32,
        employee: Some("Ann Employee".to_owned()),
        evidence: Some(evidence()),
        request_id: Some(REQUEST.to_owned()),
        with_proof: Some(true),
        expected_revision: Some(3),
    }
}

pub(crate) fn attest() -> v1::AttestAcceptanceRequest {
    let it = confirm();
    v1::AttestAcceptanceRequest {
        partner_id: it.partner_id,
        customer_id: it.customer_id,
        agreement_id: it.agreement_id,
        version: it.version,
        template: it.template,
        contact: it.contact,
        accepted_at: None,
        accepted_on: Some("2019-10-02".to_owned()),
        channel: it.channel,
        employee: it.employee,
        evidence: it.evidence,
        scenario: v1::Scenario::NewPartner as i32,
        request_id: it.request_id,
        with_proof: None,
        expected_revision: None,
    }
}

pub(crate) fn direct() -> v1::RecordDirectAcceptanceRequest {
    v1::RecordDirectAcceptanceRequest {
        partner_id: "contoso".to_owned(),
        customer_id: GUID.to_owned(),
        agreement_id: "microsoft-customer-agreement".to_owned(),
        accepted_at: Some(AT),
        ..Default::default()
    }
}

pub(crate) fn submit() -> v1::SubmitEvidenceRequest {
    let it = confirm();
    v1::SubmitEvidenceRequest {
        partner_id: it.partner_id,
        customer_id: it.customer_id,
        agreement_id: it.agreement_id,
        version: it.version,
        template: it.template,
        contact: it.contact,
        accepted_at: it.accepted_at,
        accepted_on: None,
        channel: it.channel,
        employee: it.employee,
        evidence: it.evidence,
        reseller_id: "reseller-1".to_owned(),
        request_id: it.request_id,
        with_proof: None,
        expected_revision: None,
    }
}

pub(crate) fn correct() -> v1::CorrectAcceptanceRequest {
    v1::CorrectAcceptanceRequest {
        acceptance_id: EVENT.to_owned(),
        reason: " The name was misspelt.\n".to_owned(),
        contact: Some(contact()),
        accepted_on: Some("2019-10-03".to_owned()),
        ..Default::default()
    }
}

pub(crate) fn publish_version() -> v1::PublishAgreementVersionRequest {
    let template = |language: &str| v1::Template {
        country: "DE".to_owned(),
        language: language.to_owned(),
        uri: "https://example.com/mca".to_owned(),
        sha256: Some(Bytes::from_static(&[1; 32])),
    };
    v1::PublishAgreementVersionRequest {
        agreement_id: "microsoft-customer-agreement".to_owned(),
        version: "2023-04".to_owned(),
        in_force_from: Some(AT),
        templates: vec![
            template("de-DE"),
            v1::Template { uri: String::new(), sha256: None, ..template("en-US") },
        ],
        availability: vec![v1::Availability {
            environment: v1::Environment::Production as i32,
            channel: 0,
            from: Some(AT),
            until: Some(Timestamp { seconds: AT.seconds + 1, nanos: 0 }),
        }],
        successor: Some("next".to_owned()),
        document_sha256: Some(Bytes::from_static(&[2; 32])),
        template_id: Some(GUID.to_owned()),
        request_id: None,
        with_proof: None,
    }
}

pub(crate) fn publish_policy() -> v1::PublishPolicyRequest {
    v1::PublishPolicyRequest {
        document: Bytes::from_static(POLICY.as_bytes()),
        expected_version: Some(2),
        reason: "A date moved.".to_owned(),
        ..Default::default()
    }
}

pub(crate) fn register_partner() -> v1::RegisterPartnerRequest {
    v1::RegisterPartnerRequest {
        partner_id: "contoso".to_owned(),
        program: v1::Program::DirectBill as i32,
        country: "de".to_owned(),
        email_domains: ["Contoso.example", "bücher.example", "contoso.example."].map(str::to_owned).to_vec(),
        request_id: None,
        with_proof: None,
    }
}

pub(crate) fn order() -> v1::AuthorizeOrderRequest {
    v1::AuthorizeOrderRequest {
        partner_id: GUID.to_owned(),
        customer_id: "fabrikam".to_owned(),
        reseller_id: Some("reseller-1".to_owned()),
        transaction: v1::TransactionKind::NewPurchase as i32,
        channel: 0,
        product_family: Some("azure-plan".to_owned()),
        order_ref: Some("order-4711".to_owned()),
        effective_at: Some(AT),
        known_at: Some(7),
        min_position: Some(5),
        record: None,
        request_id: Some(REQUEST.to_owned()),
        with_proof: None,
    }
}

pub(crate) fn outcome() -> v1::RecordOrderOutcomeRequest {
    v1::RecordOrderOutcomeRequest {
        partner_id: "contoso".to_owned(),
        customer_id: "fabrikam".to_owned(),
        reseller_id: Some("reseller-1".to_owned()),
        order_ref: "order-4711".to_owned(),
        transaction: v1::TransactionKind::Renewal as i32,
        product_family: Some("azure-plan".to_owned()),
        outcome: v1::OrderOutcome::Placed as i32,
        occurred_at: Some(AT),
        decision_position: Some(12),
        request_id: None,
        with_proof: None,
    }
}
