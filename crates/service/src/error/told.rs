//! What a caller is told of an error.

use std::fmt::Display;
use std::time::Duration;

use assent_domain::values::{PartnerId, Position};
use assent_proto::convert::{Invalid, Violations};
use assent_vault::MasterKeyId;

use super::{Error, Reason, Unknown};

/// The reason, what it is about, and the sentences that say what is wrong and what the caller can do.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) reason: Reason,
    /// Names the thing, for programs; the first entry is what the error is about.
    pub(super) metadata: Vec<(&'static str, String)>,
    pub(super) text: String,
}

impl Told {
    pub(super) fn new(reason: Reason, text: impl Into<String>) -> Self {
        Self { reason, metadata: Vec::new(), text: text.into() }
    }

    /// Names the thing.
    pub(super) fn naming(mut self, key: &'static str, value: impl Display) -> Self {
        self.metadata.push((key, value.to_string()));
        self
    }

    /// Names the thing, where it is known.
    pub(super) fn naming_any(self, key: &'static str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.naming(key, value),
            None => self,
        }
    }
}

impl Error {
    pub(super) fn told(&self) -> Told {
        match self {
            Self::Invalid(invalid) => of_invalid(invalid),
            Self::RequestIdReused { request_id } => Told::new(
                Reason::RequestIdReused,
                "This request id was carried out before with other content. Give every new request an id of its own, \
                 and send a repeated one unchanged.",
            )
            .naming("request_id", request_id),
            Self::Refused { refusals, ids } => super::refusal::first(refusals, ids),
            Self::NotFound(unknown) => of_unknown(unknown),
            Self::PolicyUnknown { known_at } => policy_unknown(*known_at),
            Self::CredentialMissing => Told::new(
                Reason::CredentialMissing,
                "The call has no credential. Send one in the `authorization` header.",
            )
            .naming("header", "authorization"),
            Self::CredentialInvalid { finding } => Told::new(
                Reason::CredentialInvalid,
                format!("The credential was not taken: it {finding}. Send a valid one."),
            )
            .naming("header", "authorization"),
            Self::RoleNotPermitted { action, permitting } => {
                let roles = listed(permitting);
                let text = format!(
                    "The caller's roles do not permit `{action}`. One of these would: {roles}. Ask an administrator \
                     of the partner for it."
                );
                Told::new(Reason::RoleNotPermitted, text).naming("action", action).naming("roles", roles)
            }
            Self::ScopeMissing { method, opening } => {
                let scopes = listed(&opening.iter().map(|it| it.name()).collect::<Vec<_>>());
                let text = format!(
                    "The credential does not open `{method}`. One with any of these scopes would: {scopes}. Ask whoever \
                     issues credentials for it."
                );
                Told::new(Reason::RoleNotPermitted, text).naming("method", method).naming("scopes", scopes)
            }
            Self::SharedAccount { method } => {
                let text = format!(
                    "The account is shared, and `{method}` records who did it by the account alone. Use one of your own."
                );
                Told::new(Reason::RoleNotPermitted, text).naming("method", method).naming("account", "personal")
            }
            Self::PartnerOutOfScope { partner } => out_of_scope(partner.as_ref()),
            Self::RateLimited { limit, retry_after } => Told::new(Reason::RateLimited, limit.text())
                .naming("limit", limit.name())
                .naming("retry_after_ms", retry_after.as_millis()),
            Self::AppendQueueFull { retry_after } => Told::new(
                Reason::AppendQueueFull,
                "More writes are waiting than the ledger queues; this one was not stored. Wait as long as RetryInfo \
                 says, and send it again.",
            )
            .naming("retry_after_ms", retry_after.as_millis()),
            Self::MessageTooLarge { bytes_max } => Told::new(
                Reason::MessageTooLarge,
                format!("The message is larger than {bytes_max} bytes allow. Shorten its texts or lists."),
            )
            .naming("bytes_max", bytes_max),
            Self::LogUnreachable { source: _ } => log_unreachable(),
            Self::MasterKeyMissing { needed } => master_key_missing(*needed),
            Self::ReplicaTooStale { wanted, applied } => replica_too_stale(*wanted, *applied),
            Self::LogCorrupt { position, source: _ } => log_corrupt(*position),
            Self::LogForked { signed } => log_forked(*signed),
            Self::NotBuiltYet { what } => Told::new(
                Reason::NotBuiltYet,
                format!("This is not built yet: it will {what}. A later release brings it."),
            )
            .naming("what", what),
        }
    }

    /// When to ask again, where the ledger can tell.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { limit: _, retry_after } | Self::AppendQueueFull { retry_after } => {
                Some(*retry_after)
            }
            _ => None,
        }
    }
}

fn out_of_scope(partner: Option<&PartnerId>) -> Told {
    let text = match partner {
        Some(partner) => {
            format!("The credential does not cover partner {partner}. Use one that was issued for this partner.")
        }
        None => "The request reaches across partners, and the credential covers only some. Name one of them where the \
                 request can, or use a credential that was issued for every partner."
            .to_owned(),
    };
    let partner = partner.map_or_else(|| "*".to_owned(), ToString::to_string);
    Told::new(Reason::PartnerOutOfScope, text).naming("partner_id", partner)
}

fn policy_unknown(known_at: Option<Position>) -> Told {
    let text = "No policy had been published in the part of the log that was asked about. Publish one, or ask about a \
                later position.";
    Told::new(Reason::PolicyUnknown, text).naming_any("known_at", known_at)
}

/// Several things in one text, so many that a caller still gets it whole.
pub(super) fn listed<T: Display>(things: &[T]) -> String {
    const LISTED_MAX: usize = 8;
    let mut text = things.iter().take(LISTED_MAX).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if things.len() > LISTED_MAX {
        text.push_str(&format!(" and {} more", things.len() - LISTED_MAX));
    }
    text
}

fn of_invalid(invalid: &Invalid) -> Told {
    match invalid {
        Invalid::Fields(Violations(violations)) => {
            let names: Vec<_> = violations.iter().map(|it| &it.field).collect();
            let text = match violations.as_slice() {
                [only] => format!("A field is invalid: {only}. Correct it and send the request again."),
                all => format!(
                    "{} fields are invalid: {}. Correct each as its violation says and send the request again.",
                    all.len(),
                    listed(&names),
                ),
            };
            Told::new(Reason::FieldInvalid, text).naming("field", listed(&names))
        }
        Invalid::Policy(error) => {
            let text = format!("The policy document is invalid. {error}. Correct it and send it again.");
            Told::new(Reason::PolicyInvalid, text).naming("field", &error.field).naming("line", error.line)
        }
    }
}

fn of_unknown(unknown: &Unknown) -> Told {
    let (reason, key, id, text) = match unknown {
        Unknown::Partner(id) => (
            Reason::PartnerUnknown,
            "partner_id",
            id.to_string(),
            format!(
                "Partner {id} is not registered. Check the id, or register the partner with RegisterPartner."
            ),
        ),
        Unknown::Customer(id) => (
            Reason::CustomerUnknown,
            "customer_id",
            id.to_string(),
            format!(
                "Customer {id} is not registered. Check the id, or register the customer with RegisterCustomer."
            ),
        ),
        Unknown::Agreement(id) => (
            Reason::AgreementUnknown,
            "agreement_id",
            id.to_string(),
            format!("Agreement {id} is not in the catalogue. ListAgreements lists those that are."),
        ),
        Unknown::Acceptance(id) => (
            Reason::AcceptanceUnknown,
            "acceptance_id",
            id.to_string(),
            format!("There is no acceptance {id}. ListAcceptances lists those of a partner."),
        ),
        Unknown::Evidence(id) => (
            Reason::EvidenceUnknown,
            "evidence_id",
            id.to_string(),
            format!("There is no submitted evidence {id}. ListEvidence lists that of a provider."),
        ),
        Unknown::Obligation(id) => (
            Reason::ObligationUnknown,
            "obligation_id",
            id.to_string(),
            format!("There is no withdrawal or obligation {id}. ListObligations lists those of a partner."),
        ),
        Unknown::Event(id) => (
            Reason::EventUnknown,
            "event_id",
            id.to_string(),
            format!("There is no event {id} in this ledger. ReadEvents lists those that are."),
        ),
        Unknown::Position(position) => (
            Reason::EventUnknown,
            "position",
            position.to_string(),
            format!("The log has no position {position} yet. Ask with one that it has."),
        ),
        Unknown::Checkpoint(Some(size)) => (
            Reason::CheckpointUnknown,
            "position",
            size.to_string(),
            format!("No checkpoint signs a log of {size} events. GetCheckpoint without a position has the newest."),
        ),
        Unknown::BehindCheckpoint { size, position } => (
            Reason::CheckpointUnknown,
            "position",
            size.to_string(),
            format!(
                "The checkpoint at {size} signs a log that does not have position {position} yet. Ask with one of \
                 {position} or later."
            ),
        ),
        Unknown::Checkpoint(None) => (
            Reason::CheckpointUnknown,
            "thing",
            "checkpoint".to_owned(),
            "No checkpoint was signed yet. Ask again; the operator gives a server its key with --signing-key.".to_owned(),
        ),
        Unknown::Signature(position) => (
            Reason::CheckpointUnknown,
            "position",
            position.to_string(),
            format!(
                "No checkpoint signs position {position} yet. Ask again, a write with the same request id. Where that goes on: the \
                 operator gives a server its key with --signing-key, and the log of one that has a key says what keeps it from \
                 signing."
            ),
        ),
        Unknown::VerifierKey => (
            Reason::CheckpointUnknown,
            "thing",
            "verifier key".to_owned(),
            "No key that this server knows has signed the checkpoint, so nobody could verify what it exports. Ask a server \
             that signs; the operator names the key with --verifier-key."
                .to_owned(),
        ),
        Unknown::Inquiry(id) => (
            Reason::InquiryUnknown,
            "inquiry_id",
            id.to_string(),
            format!("There is no inquiry {id} that could be gone on with. Begin a new export."),
        ),
    };
    Told::new(reason, text).naming(key, id)
}

fn log_unreachable() -> Told {
    let text = "The log can't be reached now, and the ledger does not answer without it. Ask again; a write can be \
                sent again with the same request_id, and is carried out once.";
    Told::new(Reason::LogUnreachable, text).naming("thing", "log")
}

/// Not corrupt, and not for good: another server may have the key, so that the status is the one to be tried elsewhere.
fn master_key_missing(needed: MasterKeyId) -> Told {
    let text = format!(
        "This server was started without master key {needed}, which wraps what the answer needs. Asking it again does \
         not help: tell the ledger's operator, who starts it with a --master-key-file of that key, too."
    );
    Told::new(Reason::LogUnreachable, text).naming("thing", "master_key").naming("master_key_id", needed)
}

fn replica_too_stale(wanted: Option<Position>, applied: Position) -> Told {
    let text = match wanted {
        Some(wanted) => format!(
            "This replica has applied the log up to position {applied}, not yet up to {wanted}. Ask again, or ask with \
             an earlier position."
        ),
        None => format!(
            "This replica has not heard from the log for too long; it has applied position {applied}. It does not \
             answer from old facts. Ask again."
        ),
    };
    Told::new(Reason::ReplicaTooStale, text).naming("applied", applied).naming_any("wanted", wanted)
}

fn log_corrupt(position: Option<Position>) -> Told {
    let place = position.map(|it| format!(" at position {it}")).unwrap_or_default();
    let text = format!(
        "What is stored{place} is not what was written. Asking again does not help: tell the ledger's operator, who \
         runs `assent verify`."
    );
    Told::new(Reason::LogCorrupt, text).naming("thing", "log").naming_any("position", position)
}

fn log_forked(signed: Position) -> Told {
    let text = format!(
        "The log is not the one that was signed up to position {signed}: it was restored or changed. No checkpoint is \
         signed. Tell the ledger's operator, who runs `assent verify --anchor`."
    );
    Told::new(Reason::LogForked, text).naming("position", signed)
}
