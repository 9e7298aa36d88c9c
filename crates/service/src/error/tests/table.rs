//! Every error, with what the contract says of it.

use std::time::Duration;

use assent_domain::acceptance::AcceptanceState;
use assent_domain::event::EventRef;
use assent_domain::refusal::{Refusal, Refusals};
use assent_domain::values::{
    AgreementId, Cloud, Country, CustomerId, Instant, Language, PartnerId, Position, Program, Role, Template,
    VersionId,
};
use assent_identity::Scope;
use assent_proto::convert::{EventId, Ids, Invalid, RequestId, Violations};
use assent_vault::MasterKeyId;
use tonic::Code;

use crate::error::{Error, Limit, Unknown};

pub(super) const IDS: Ids = Ids { tag: 7 };
pub(super) const DELAY: Duration = Duration::from_millis(250);

/// The contract's table, word for word.
pub(super) const CONTRACT: &[(Code, &str)] = &[
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
    (Code::NotFound, "OBLIGATION_UNKNOWN EVENT_UNKNOWN CHECKPOINT_UNKNOWN INQUIRY_UNKNOWN"),
    (Code::AlreadyExists, "ACCEPTANCE_ALREADY_CONFIRMED VERSION_EXISTS"),
    (Code::Aborted, "REVISION_CONFLICT"),
    (Code::Unauthenticated, "CREDENTIAL_MISSING CREDENTIAL_INVALID"),
    (Code::PermissionDenied, "ROLE_NOT_PERMITTED PARTNER_OUT_OF_SCOPE"),
    (Code::ResourceExhausted, "RATE_LIMITED APPEND_QUEUE_FULL MESSAGE_TOO_LARGE"),
    (Code::Unavailable, "LOG_UNREACHABLE REPLICA_TOO_STALE"),
    (Code::DataLoss, "LOG_CORRUPT LOG_FORKED"),
    (Code::Unimplemented, "NOT_BUILT_YET"),
];

pub(super) fn contract() -> Vec<(Code, &'static str)> {
    CONTRACT.iter().flat_map(|(code, names)| names.split(' ').map(|name| (*code, name))).collect()
}

pub(super) fn partner() -> PartnerId {
    PartnerId::parse("contoso").unwrap()
}

pub(super) fn customer() -> CustomerId {
    CustomerId::parse("fabrikam").unwrap()
}

pub(super) fn agreement() -> AgreementId {
    AgreementId::parse("microsoft-customer-agreement").unwrap()
}

pub(super) fn version() -> VersionId {
    VersionId::parse("2023-04").unwrap()
}

pub(super) fn event(position: u64) -> EventRef {
    EventRef { position: Position(position), recorded_at: Instant::parse("2020-01-01T00:00:00Z").unwrap() }
}

pub(super) fn template(language: &str) -> Template {
    Template { country: Country::parse("DE").unwrap(), language: Language::parse(language).unwrap() }
}

pub(super) fn field_invalid() -> Refusal {
    Refusal::FieldInvalid { field: "accepted_at", description: "must not lie in the future".to_owned() }
}

/// Every refusal, with the entry of the metadata that the contract wants.
pub(super) fn refusals() -> Vec<(Refusal, &'static str, &'static str, String)> {
    refusals_of_parties().into_iter().chain(refusals_of_records()).collect()
}

/// Those about what was asked, and about the parties.
fn refusals_of_parties() -> Vec<(Refusal, &'static str, &'static str, String)> {
    let (partner, customer, agreement) = (partner(), customer(), agreement());
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
            Refusal::AgreementUnknown { agreement },
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
            Refusal::CloudNotSupported { customer, cloud: Cloud::China },
            "CLOUD_NOT_SUPPORTED",
            "cloud",
            "CHINA",
        ),
    ]
}

/// Those about agreements and records.
fn refusals_of_records() -> Vec<(Refusal, &'static str, &'static str, String)> {
    let (partner, agreement, version) = (partner(), agreement(), version());
    let at = Instant::parse("2019-10-01T00:00:00Z").unwrap();
    let row = |refusal, reason, key, value: &str| (refusal, reason, key, value.to_owned());
    vec![
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
            Refusal::PartnerMustAttest { partner: partner.clone(), customer: customer() },
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
pub(super) fn errors() -> Vec<(Error, &'static str, &'static str, String)> {
    let id = EventId([1; 16]);
    let source = || std::io::Error::other("password=hunter2");
    let row = |error, reason, key, value: &str| (error, reason, key, value.to_owned());
    let policy = || {
        let error = policy_error();
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
        row(Unknown::Event(id).into(), "EVENT_UNKNOWN", "event_id", &id.to_string()),
        row(Unknown::Position(Position(9)).into(), "EVENT_UNKNOWN", "position", "9"),
        row(Unknown::Checkpoint(Some(Position(9))).into(), "CHECKPOINT_UNKNOWN", "position", "9"),
        row(
            Unknown::BehindCheckpoint { size: Position(9), position: Position(10) }.into(),
            "CHECKPOINT_UNKNOWN",
            "position",
            "9",
        ),
        row(Unknown::Checkpoint(None).into(), "CHECKPOINT_UNKNOWN", "thing", "checkpoint"),
        row(Unknown::Signature(Position(9)).into(), "CHECKPOINT_UNKNOWN", "position", "9"),
        row(Unknown::VerifierKey.into(), "CHECKPOINT_UNKNOWN", "thing", "verifier key"),
        row(Unknown::Inquiry(id).into(), "INQUIRY_UNKNOWN", "inquiry_id", &id.to_string()),
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
        row(
            Error::ScopeMissing { method: "ReadEvents", opening: vec![Scope::Audit] },
            "ROLE_NOT_PERMITTED",
            "scopes",
            "assent.audit",
        ),
        row(Error::SharedAccount { method: "PublishPolicy" }, "ROLE_NOT_PERMITTED", "account", "personal"),
        row(
            Error::PartnerOutOfScope { partner: Some(partner()) },
            "PARTNER_OUT_OF_SCOPE",
            "partner_id",
            "contoso",
        ),
        row(Error::PartnerOutOfScope { partner: None }, "PARTNER_OUT_OF_SCOPE", "partner_id", "*"),
        row(Error::RateLimited { limit: Limit::Calls, retry_after: DELAY }, "RATE_LIMITED", "limit", "calls"),
        row(Error::AppendQueueFull { retry_after: DELAY }, "APPEND_QUEUE_FULL", "retry_after_ms", "250"),
        row(Error::MessageTooLarge { bytes_max: 65_535 }, "MESSAGE_TOO_LARGE", "bytes_max", "65535"),
        row(Error::unreachable(source()), "LOG_UNREACHABLE", "thing", "log"),
        row(
            Error::MasterKeyMissing { needed: MasterKeyId([0xab; 8]) },
            "LOG_UNREACHABLE",
            "master_key_id",
            "abababababababab",
        ),
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
        row(Error::LogForked { signed: Position(6) }, "LOG_FORKED", "position", "6"),
        row(Error::NotBuiltYet { what: "sign checkpoints" }, "NOT_BUILT_YET", "what", "sign checkpoints"),
    ]
}

pub(super) fn policy_error() -> assent_policy_file::PolicyError {
    assent_policy_file::parse(b"id: x\ncovered_clouds: [MOON]\n").unwrap_err()
}

pub(super) fn refused(refusals: Vec<Refusal>) -> Error {
    Error::Refused { refusals: Refusals(refusals), ids: IDS }
}

pub(super) fn all() -> Vec<(Error, &'static str, &'static str, String)> {
    let of_refusal = |(refusal, reason, key, value)| (refused(vec![refusal]), reason, key, value);
    refusals().into_iter().map(of_refusal).chain(errors()).collect()
}
