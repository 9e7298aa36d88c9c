use std::collections::BTreeMap;
use std::time::Duration;

use assent_domain::acceptance::AcceptanceState;
use assent_domain::event::EventRef;
use assent_domain::refusal::{Refusal, Refusals};
use assent_domain::values::{
    AgreementId, Cloud, Country, CustomerId, Instant, Language, PartnerId, Position, Program, Role, Template,
    VersionId,
};
use assent_proto::convert::{EventId, Ids, Invalid, RequestId, Violation, Violations};
use prost::Message;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt, pb};

use super::{Error, Reason, Unknown};

const IDS: Ids = Ids { tag: 7 };
const DELAY: Duration = Duration::from_millis(250);

/// The contract's table, word for word.
const CONTRACT: &[(Code, &str)] = &[
    (
        Code::InvalidArgument,
        "FIELD_INVALID REQUEST_ID_REUSED VERSION_MISMATCH CONTACT_IS_PARTNER TEMPLATE_UNKNOWN",
    ),
    (Code::InvalidArgument, "POLICY_INVALID"),
    (Code::FailedPrecondition, "RESELLER_CANNOT_CONFIRM CLOUD_NOT_SUPPORTED AGREEMENT_RETIRED"),
    (
        Code::FailedPrecondition,
        "AGREEMENT_NOT_AVAILABLE RELATIONSHIP_MISSING PARTNER_INACTIVE PARTNER_MUST_ATTEST",
    ),
    (Code::FailedPrecondition, "NOTHING_TO_WITHDRAW ACCEPTANCE_ALREADY_CORRECTED PROGRAM_NOT_ELIGIBLE"),
    (Code::FailedPrecondition, "RESELLER_NOT_LINKED POLICY_UNKNOWN"),
    (
        Code::NotFound,
        "PARTNER_UNKNOWN CUSTOMER_UNKNOWN AGREEMENT_UNKNOWN ACCEPTANCE_UNKNOWN EVIDENCE_UNKNOWN",
    ),
    (Code::NotFound, "OBLIGATION_UNKNOWN"),
    (Code::AlreadyExists, "ACCEPTANCE_ALREADY_CONFIRMED VERSION_EXISTS"),
    (Code::Aborted, "REVISION_CONFLICT"),
    (Code::Unauthenticated, "CREDENTIAL_MISSING CREDENTIAL_INVALID"),
    (Code::PermissionDenied, "ROLE_NOT_PERMITTED PARTNER_OUT_OF_SCOPE"),
    (Code::ResourceExhausted, "RATE_LIMITED APPEND_QUEUE_FULL MESSAGE_TOO_LARGE"),
    (Code::Unavailable, "LOG_UNREACHABLE REPLICA_TOO_STALE"),
    (Code::DataLoss, "LOG_CORRUPT"),
    (Code::Unimplemented, "NOT_BUILT_YET"),
];

fn contract() -> Vec<(Code, &'static str)> {
    CONTRACT.iter().flat_map(|(code, names)| names.split(' ').map(|name| (*code, name))).collect()
}

fn partner() -> PartnerId {
    PartnerId::parse("contoso").unwrap()
}

fn customer() -> CustomerId {
    CustomerId::parse("fabrikam").unwrap()
}

fn agreement() -> AgreementId {
    AgreementId::parse("microsoft-customer-agreement").unwrap()
}

fn version() -> VersionId {
    VersionId::parse("2023-04").unwrap()
}

fn event(position: u64) -> EventRef {
    EventRef { position: Position(position), recorded_at: Instant::parse("2020-01-01T00:00:00Z").unwrap() }
}

fn template(language: &str) -> Template {
    Template { country: Country::parse("DE").unwrap(), language: Language::parse(language).unwrap() }
}

fn field_invalid() -> Refusal {
    Refusal::FieldInvalid { field: "accepted_at", description: "must not lie in the future".to_owned() }
}

/// Every refusal, with the entry of the metadata that the contract wants.
fn refusals() -> Vec<(Refusal, &'static str, &'static str, String)> {
    let (partner, customer, agreement, version) = (partner(), customer(), agreement(), version());
    let at = Instant::parse("2019-10-01T00:00:00Z").unwrap();
    let row = |refusal, reason, key, value: &str| (refusal, reason, key, value.to_owned());
    vec![
        row(field_invalid(), "FIELD_INVALID", "field", "accepted_at"),
        row(Refusal::PartnerUnknown { partner: partner.clone() }, "PARTNER_UNKNOWN", "partner_id", "contoso"),
        row(
            Refusal::CustomerUnknown { customer: customer.clone() },
            "CUSTOMER_UNKNOWN",
            "customer_id",
            "fabrikam",
        ),
        row(
            Refusal::AgreementUnknown { agreement: agreement.clone() },
            "AGREEMENT_UNKNOWN",
            "agreement_id",
            "microsoft-customer-agreement",
        ),
        row(Refusal::AcceptanceUnknown, "ACCEPTANCE_UNKNOWN", "thing", "acceptance"),
        row(Refusal::EvidenceUnknown, "EVIDENCE_UNKNOWN", "thing", "evidence"),
        row(Refusal::ObligationUnknown, "OBLIGATION_UNKNOWN", "thing", "withdrawal or obligation"),
        row(
            Refusal::ResellerCannotConfirm {
                partner: partner.clone(),
                providers: vec![partner.clone(), partner.clone()],
            },
            "RESELLER_CANNOT_CONFIRM",
            "providers",
            "contoso, contoso",
        ),
        row(
            Refusal::PartnerInactive { partner: partner.clone() },
            "PARTNER_INACTIVE",
            "partner_id",
            "contoso",
        ),
        row(
            Refusal::RelationshipMissing { partner: partner.clone(), customer: customer.clone() },
            "RELATIONSHIP_MISSING",
            "customer_id",
            "fabrikam",
        ),
        row(
            Refusal::CloudNotSupported { customer: customer.clone(), cloud: Cloud::China },
            "CLOUD_NOT_SUPPORTED",
            "cloud",
            "CHINA",
        ),
        row(
            Refusal::AgreementRetired { agreement: agreement.clone(), successor: Some(agreement.clone()) },
            "AGREEMENT_RETIRED",
            "successor",
            "microsoft-customer-agreement",
        ),
        row(
            Refusal::AgreementNotAvailable { agreement: agreement.clone(), from: Some(at) },
            "AGREEMENT_NOT_AVAILABLE",
            "from",
            "2019-10-01T00:00:00Z",
        ),
        row(
            Refusal::VersionMismatch {
                agreement: agreement.clone(),
                version: version.clone(),
                in_force_from: Some(at),
            },
            "VERSION_MISMATCH",
            "in_force_from",
            "2019-10-01T00:00:00Z",
        ),
        row(
            Refusal::TemplateUnknown {
                agreement: agreement.clone(),
                version: version.clone(),
                template: template("fr-FR"),
                fitting: vec![template("de-DE"), template("en-US")],
            },
            "TEMPLATE_UNKNOWN",
            "fitting",
            "DE/de-DE, DE/en-US",
        ),
        row(
            Refusal::ContactIsPartner { partner: partner.clone(), domain: "contoso.example".to_owned() },
            "CONTACT_IS_PARTNER",
            "partner_id",
            "contoso",
        ),
        row(
            Refusal::PartnerMustAttest { partner: partner.clone(), customer },
            "PARTNER_MUST_ATTEST",
            "partner_id",
            "contoso",
        ),
        row(Refusal::RevisionConflict { expected: 3, actual: 5 }, "REVISION_CONFLICT", "expected", "3"),
        row(Refusal::RevisionConflict { expected: 3, actual: 5 }, "REVISION_CONFLICT", "actual", "5"),
        row(
            Refusal::AcceptanceAlreadyConfirmed { acceptance: event(4), state: AcceptanceState::Withdrawn },
            "ACCEPTANCE_ALREADY_CONFIRMED",
            "acceptance_id",
            &IDS.text(event(4)),
        ),
        row(
            Refusal::AcceptanceAlreadyConfirmed { acceptance: event(4), state: AcceptanceState::Withdrawn },
            "ACCEPTANCE_ALREADY_CONFIRMED",
            "state",
            "WITHDRAWN",
        ),
        row(
            Refusal::AcceptanceAlreadyCorrected { acceptance: event(4), successor: event(9) },
            "ACCEPTANCE_ALREADY_CORRECTED",
            "acceptance_id",
            &IDS.text(event(9)),
        ),
        row(
            Refusal::NothingToWithdraw { agreement: agreement.clone() },
            "NOTHING_TO_WITHDRAW",
            "agreement_id",
            "microsoft-customer-agreement",
        ),
        row(
            Refusal::ProgramNotEligible { partner: partner.clone(), wanted: Program::IndirectReseller },
            "PROGRAM_NOT_ELIGIBLE",
            "program",
            "INDIRECT_RESELLER",
        ),
        row(
            Refusal::ResellerNotLinked { provider: partner.clone(), reseller: partner },
            "RESELLER_NOT_LINKED",
            "reseller_id",
            "contoso",
        ),
        row(Refusal::PolicyUnknown, "POLICY_UNKNOWN", "thing", "policy"),
        row(
            Refusal::PolicyInvalid { field: "lines[0]".to_owned(), description: "names nothing".to_owned() },
            "POLICY_INVALID",
            "field",
            "lines[0]",
        ),
        row(Refusal::VersionExists { agreement, version }, "VERSION_EXISTS", "version", "2023-04"),
    ]
}

/// Every other error, likewise.
fn errors() -> Vec<(Error, &'static str, &'static str, String)> {
    let id = EventId([1; 16]);
    let source = || std::io::Error::other("password=hunter2");
    let row = |error, reason, key, value: &str| (error, reason, key, value.to_owned());
    let policy = || {
        let error = assent_policy_error();
        Error::Invalid(Invalid::Policy(error))
    };
    vec![
        row(
            Violations::one("contact.email", "must be given").into(),
            "FIELD_INVALID",
            "field",
            "contact.email",
        ),
        row(policy(), "POLICY_INVALID", "line", "2"),
        row(policy(), "POLICY_INVALID", "field", "covered_clouds[0]"),
        row(
            Error::RequestIdReused { request_id: RequestId([1; 16]) },
            "REQUEST_ID_REUSED",
            "request_id",
            "01010101-0101-0101-0101-010101010101",
        ),
        row(Unknown::Partner(partner()).into(), "PARTNER_UNKNOWN", "partner_id", "contoso"),
        row(Unknown::Customer(customer()).into(), "CUSTOMER_UNKNOWN", "customer_id", "fabrikam"),
        row(
            Unknown::Agreement(agreement()).into(),
            "AGREEMENT_UNKNOWN",
            "agreement_id",
            "microsoft-customer-agreement",
        ),
        row(Unknown::Acceptance(id).into(), "ACCEPTANCE_UNKNOWN", "acceptance_id", &id.to_string()),
        row(Unknown::Evidence(id).into(), "EVIDENCE_UNKNOWN", "evidence_id", &id.to_string()),
        row(Unknown::Obligation(id).into(), "OBLIGATION_UNKNOWN", "obligation_id", &id.to_string()),
        row(Error::PolicyUnknown { known_at: Some(Position(3)) }, "POLICY_UNKNOWN", "known_at", "3"),
        row(Error::CredentialMissing, "CREDENTIAL_MISSING", "header", "authorization"),
        row(
            Error::CredentialInvalid { finding: "has expired" },
            "CREDENTIAL_INVALID",
            "header",
            "authorization",
        ),
        row(
            Error::RoleNotPermitted {
                action: "confirm",
                permitting: vec![Role::AdminAgent, Role::SalesAgent],
            },
            "ROLE_NOT_PERMITTED",
            "roles",
            "ADMIN_AGENT, SALES_AGENT",
        ),
        row(Error::PartnerOutOfScope { partner: partner() }, "PARTNER_OUT_OF_SCOPE", "partner_id", "contoso"),
        row(Error::RateLimited { retry_after: DELAY }, "RATE_LIMITED", "retry_after_ms", "250"),
        row(Error::AppendQueueFull { retry_after: DELAY }, "APPEND_QUEUE_FULL", "retry_after_ms", "250"),
        row(Error::MessageTooLarge { bytes_max: 65_535 }, "MESSAGE_TOO_LARGE", "bytes_max", "65535"),
        row(Error::unreachable(source()), "LOG_UNREACHABLE", "thing", "log"),
        row(
            Error::ReplicaTooStale { wanted: Some(Position(9)), applied: Position(7) },
            "REPLICA_TOO_STALE",
            "wanted",
            "9",
        ),
        row(
            Error::ReplicaTooStale { wanted: None, applied: Position(7) },
            "REPLICA_TOO_STALE",
            "applied",
            "7",
        ),
        row(Error::corrupt(Some(Position(5)), source()), "LOG_CORRUPT", "position", "5"),
        row(Error::NotBuiltYet { what: "sign checkpoints" }, "NOT_BUILT_YET", "what", "sign checkpoints"),
    ]
}

fn assent_policy_error() -> assent_policy_file::PolicyError {
    assent_policy_file::parse(b"id: x\ncovered_clouds: [MOON]\n").unwrap_err()
}

fn refused(refusals: Vec<Refusal>) -> Error {
    Error::Refused { refusals: Refusals(refusals), ids: IDS }
}

fn all() -> Vec<(Error, &'static str, &'static str, String)> {
    let of_refusal = |(refusal, reason, key, value)| (refused(vec![refusal]), reason, key, value);
    refusals().into_iter().map(of_refusal).chain(errors()).collect()
}

fn details(status: &Status) -> ErrorDetails {
    status.get_error_details()
}

#[test]
fn the_reasons_and_their_codes_are_the_contracts() {
    let reasons: Vec<_> = Reason::ALL.iter().map(|it| (it.code(), it.name())).collect();
    assert_eq!(reasons, contract());
}

#[test]
fn every_error_has_its_code_its_reason_and_names_the_thing() {
    let codes: BTreeMap<_, _> = contract().into_iter().map(|(code, name)| (name, code)).collect();
    let mut seen = Vec::new();
    for (error, reason, key, value) in all() {
        assert_eq!(error.reason().name(), reason);
        let status = Status::from(error);
        assert_eq!(status.code(), codes[reason], "{reason}");
        let details = details(&status);
        let info = details.error_info().unwrap();
        assert_eq!((info.domain.as_str(), info.reason.as_str()), ("assent", reason));
        assert_eq!(info.metadata.get(key), Some(&value), "{reason} {:?}", info.metadata);
        seen.push(reason);
    }
    assert!(contract().iter().all(|(_, name)| seen.contains(name)), "{seen:?}");
}

#[test]
fn every_text_says_what_is_wrong_and_what_to_do_and_nothing_of_its_source() {
    for (error, reason, ..) in all() {
        let text = error.to_string();
        let sentences = text.matches(". ").count() + 1;
        assert!(text.ends_with('.') && sentences >= 2 && text.len() < 400, "{reason}: {text}");
        let status = Status::from(error);
        assert_eq!(status.message(), text);
        assert!(!String::from_utf8_lossy(status.details()).contains("hunter2"), "{reason}");
    }
}

#[test]
fn the_source_stays_with_the_status_for_the_log() {
    use std::error::Error as _;
    let status = Status::from(Error::unreachable(std::io::Error::other("no route")));
    let error = status.source().unwrap();
    assert_eq!(error.source().unwrap().to_string(), "no route");
}

#[test]
fn the_item_of_a_batch_says_the_same_as_the_status() {
    for (error, reason, ..) in all() {
        let item = error.rpc_status();
        let status = Status::from(error);
        assert_eq!(
            (item.code, item.message.as_str()),
            (i32::from(status.code()), status.message()),
            "{reason}"
        );
        assert_eq!(item, pb::Status::decode(status.details()).unwrap());
        assert!(!item.details.is_empty());
    }
}

#[test]
fn bad_fields_are_listed_wherever_they_were_found() {
    let fields = |error: Error| {
        let details = details(&Status::from(error));
        let violations = details.bad_request().map(|it| it.field_violations.clone()).unwrap_or_default();
        violations.into_iter().map(|it| (it.field, it.reason)).collect::<Vec<_>>()
    };
    let pair = |field: &str, reason: &str| (field.to_owned(), reason.to_owned());
    let of_syntax = Violations(
        ["a", "b"]
            .map(|it| Violation { field: it.to_owned(), description: "must be given".to_owned() })
            .to_vec(),
    );
    assert_eq!(fields(of_syntax.into()), [pair("a", "FIELD_INVALID"), pair("b", "FIELD_INVALID")]);
    let of_state = refused(vec![field_invalid(), Refusal::PartnerInactive { partner: partner() }]);
    assert_eq!(fields(of_state), [pair("accepted_at", "FIELD_INVALID")]);
    let policy = Error::Invalid(Invalid::Policy(assent_policy_error()));
    assert_eq!(fields(policy), [pair("document", "POLICY_INVALID")]);
    assert_eq!(fields(Error::CredentialMissing), []);
}

#[test]
fn several_refusals_are_all_listed_and_the_first_names_the_error() {
    let status = Status::from(refused(vec![
        Refusal::PartnerInactive { partner: partner() },
        Refusal::RevisionConflict { expected: 1, actual: 2 },
    ]));
    assert_eq!(status.code(), Code::FailedPrecondition);
    let details = details(&status);
    let listed = &details.precondition_failure().unwrap().violations;
    let listed: Vec<_> = listed.iter().map(|it| (it.r#type.as_str(), it.subject.as_str())).collect();
    assert_eq!(listed, [("PARTNER_INACTIVE", "contoso"), ("REVISION_CONFLICT", "1")]);
    let single = refused(vec![Refusal::PolicyUnknown]);
    assert!(self::details(&Status::from(single)).precondition_failure().is_none());
}

#[test]
fn who_is_turned_away_is_told_when_to_come_back() {
    for error in [Error::AppendQueueFull { retry_after: DELAY }, Error::RateLimited { retry_after: DELAY }] {
        let details = details(&Status::from(error));
        assert_eq!(details.retry_info().unwrap().retry_delay, Some(DELAY));
    }
}

/// What the status takes in the trailers of a call.
fn trailer_bytes(status: &Status) -> usize {
    let mut headers = http::HeaderMap::new();
    status.add_header(&mut headers).unwrap();
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum()
}

#[test]
fn no_error_is_larger_than_the_trailers_hold() {
    let violation = |at: usize, length: usize| Violation {
        field: format!("templates[{at}].{}", "x".repeat(length)),
        description: "ü".repeat(length),
    };
    for (count, length) in [(1, 1), (150, 1), (1_000, 60), (1_000, 100_000), (3, 2_000)] {
        let violations = Violations((0..count).map(|at| violation(at, length)).collect());
        let status = Status::from(Error::from(violations));
        assert!(trailer_bytes(&status) < 6 * 1024, "{count} of {length}: {}", trailer_bytes(&status));
        let details = details(&status);
        let listed = details.bad_request().map_or(0, |it| it.field_violations.len());
        assert!((1..=100).contains(&listed), "{count} of {length}: {listed}");
        let left_out = details.error_info().unwrap().metadata.get("left_out").cloned();
        assert_eq!(left_out, (listed < count).then(|| (count - listed).to_string()));
    }
    let every = refusals().into_iter().map(|(refusal, ..)| refusal).collect();
    let status = Status::from(refused(every));
    assert!(trailer_bytes(&status) < 6 * 1024);
    assert!(details(&status).precondition_failure().is_some());
}
