//! Why a call is not answered: every error of the service, and the only place that speaks gRPC status.
//!
//! Handlers use `?`. Each error becomes a status with `google.rpc.ErrorInfo` (a reason of the contract, and metadata
//! that names the thing), and one sentence of what is wrong and one of what the caller can do. None holds personal
//! data, nor what a database said: that is the error's source, for the log.

mod limit;
mod reason;
mod refusal;
mod status;
mod told;
mod transport;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use assent_domain::authorize::PolicyUnknown;
use assent_domain::refusal::Refusals;
use assent_domain::values::{AgreementId, CustomerId, PartnerId, Position, Role};
use assent_event_log::{AppendError, ENTRY_BYTES_MAX, ReadError};
use assent_identity::Scope;
use assent_proto::convert::{EventId, Ids, Invalid, RequestId, Violations};
use assent_vault::{MasterKeyId, UnsealError};

pub use limit::Limit;
pub use reason::Reason;
pub(crate) use status::chain;
pub(crate) use transport::{broke_off, overdue, too_slow, transport_response, transport_status};

/// What lies behind an error; shared, because one failed commit answers many callers.
pub type Source = Arc<dyn std::error::Error + Send + Sync>;

/// Why a call is not answered.
#[derive(Clone, Debug)]
pub enum Error {
    /// The request can't be read: FIELD_INVALID or POLICY_INVALID.
    Invalid(Invalid),
    /// The request id was carried out before, with other content.
    RequestIdReused {
        /// The request id.
        request_id: RequestId,
    },
    /// The write can't be recorded; the first reason names the error.
    Refused {
        /// Every reason that holds.
        refusals: Refusals,
        /// Makes the ids that the reasons name.
        ids: Ids,
    },
    /// What the request names is not there.
    NotFound(Unknown),
    /// No policy had been published in the prefix asked about.
    PolicyUnknown {
        /// The prefix; none: all of the log.
        known_at: Option<Position>,
    },
    /// The call has no credential.
    CredentialMissing,
    /// The credential is not one of a caller.
    CredentialInvalid {
        /// What is wrong with it, as the rest of a sentence that begins with "it".
        finding: &'static str,
    },
    /// The caller's roles do not permit it (rule W7).
    RoleNotPermitted {
        /// What was to be done, for example `confirm`.
        action: &'static str,
        /// The roles that would permit it.
        permitting: Vec<Role>,
    },
    /// The caller's credential opens other methods.
    ScopeMissing {
        /// What was called, for example `ConfirmAcceptance`.
        method: &'static str,
        /// The scopes of which any one would open it.
        opening: Vec<Scope>,
    },
    /// The caller's account is several people's, and the request can't name the one who acts (rule W8).
    SharedAccount {
        /// What was called, for example `PublishPolicy`.
        method: &'static str,
    },
    /// The caller acts for other partners.
    PartnerOutOfScope {
        /// The partner that the request names; none: it reaches across partners.
        partner: Option<PartnerId>,
    },
    /// The caller asks too often, or for too much at a time.
    RateLimited {
        /// What it has reached.
        limit: Limit,
        /// When to ask again.
        retry_after: Duration,
    },
    /// More writes wait than the queue holds.
    AppendQueueFull {
        /// When to ask again.
        retry_after: Duration,
    },
    /// A message, or the event that it would make, is larger than can be kept.
    MessageTooLarge {
        /// The most bytes.
        bytes_max: usize,
    },
    /// The log can't be read or written now. Whether a write was stored may be unknown.
    LogUnreachable {
        /// Why.
        source: Source,
    },
    /// The server was started without a master key that wraps what the answer needs.
    MasterKeyMissing {
        /// The key's id.
        needed: MasterKeyId,
    },
    /// This replica has not applied enough of the log to answer.
    ReplicaTooStale {
        /// What was asked for; none: the replica is behind by its own limit.
        wanted: Option<Position>,
        /// What it has applied.
        applied: Position,
    },
    /// What is stored is not what was written.
    LogCorrupt {
        /// Where, if that is known.
        position: Option<Position>,
        /// What was found.
        source: Source,
    },
    /// The log is not the one whose checkpoints were signed: nothing more is signed.
    LogForked {
        /// The size that was signed with another root; or that the log no longer has.
        signed: Position,
    },
    /// The method, or a part of it, is not built yet.
    NotBuiltYet {
        /// What it will do, as the rest of a sentence that begins with "it will".
        what: &'static str,
    },
}

/// What is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the thing that it names")]
pub enum Unknown {
    Partner(PartnerId),
    Customer(CustomerId),
    Agreement(AgreementId),
    Acceptance(EventId),
    Evidence(EventId),
    /// Also a withdrawal: its obligation has the same id.
    Obligation(EventId),
    /// By its id.
    Event(EventId),
    /// By its position.
    Position(Position),
    /// None of this size is signed; none: none at all.
    Checkpoint(Option<Position>),
    /// What stands at a position, in the state that a checkpoint before it signs.
    BehindCheckpoint {
        /// The checkpoint's size.
        size: Position,
        /// Where it stands.
        position: Position,
    },
    /// A checkpoint that signs a position which the log has.
    Signature(Position),
    /// A public key that signed the checkpoint.
    VerifierKey,
    /// An export that could be gone on with.
    Inquiry(EventId),
}

impl Error {
    /// The reason of the contract.
    pub fn reason(&self) -> Reason {
        self.told().reason
    }

    /// The log can't be reached, because of this.
    pub fn unreachable(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::LogUnreachable { source: Arc::new(source) }
    }

    /// The log is corrupt: this was found.
    pub fn corrupt(
        position: Option<Position>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::LogCorrupt { position, source: Arc::new(source) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told().text)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::LogUnreachable { source } | Self::LogCorrupt { position: _, source } => {
                Some(source.as_ref())
            }
            Self::Invalid(_)
            | Self::RequestIdReused { .. }
            | Self::Refused { .. }
            | Self::NotFound(_)
            | Self::PolicyUnknown { .. }
            | Self::CredentialMissing
            | Self::CredentialInvalid { .. }
            | Self::RoleNotPermitted { .. }
            | Self::ScopeMissing { .. }
            | Self::SharedAccount { .. }
            | Self::PartnerOutOfScope { .. }
            | Self::RateLimited { .. }
            | Self::AppendQueueFull { .. }
            | Self::MessageTooLarge { .. }
            | Self::MasterKeyMissing { .. }
            | Self::ReplicaTooStale { .. }
            | Self::LogForked { .. }
            | Self::NotBuiltYet { .. } => None,
        }
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations.into())
    }
}

impl From<Unknown> for Error {
    fn from(unknown: Unknown) -> Self {
        Self::NotFound(unknown)
    }
}

impl From<PolicyUnknown> for Error {
    fn from(_: PolicyUnknown) -> Self {
        Self::PolicyUnknown { known_at: None }
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unreachable { .. } => Self::unreachable(error),
            ReadError::Corrupt { position } => Self::corrupt(Some(Position(position)), error),
            ReadError::Inconsistent { .. } | ReadError::Diverged { .. } => Self::corrupt(None, error),
        }
    }
}

impl From<AppendError> for Error {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::EntryTooLarge { .. } => Self::MessageTooLarge { bytes_max: ENTRY_BYTES_MAX },
            // Each of these leaves the write undone, or its outcome unknown; the caller's part is the same.
            AppendError::Conflict { .. }
            | AppendError::NotReplicated
            | AppendError::Empty
            | AppendError::LinkAhead { .. }
            | AppendError::RequestAhead { .. }
            | AppendError::DocumentMismatch { .. }
            | AppendError::Instant { .. }
            | AppendError::Full
            | AppendError::ReadOnly
            | AppendError::Refused { .. }
            | AppendError::Unreachable { .. }
            | AppendError::OutcomeUnknown { .. }
            | AppendError::Interrupted { .. } => Self::unreachable(error),
        }
    }
}

impl From<UnsealError> for Error {
    fn from(error: UnsealError) -> Self {
        match error {
            UnsealError::Corrupt { .. } | UnsealError::Lost { .. } => Self::corrupt(None, error),
            UnsealError::WrongMasterKey { needed, .. } => Self::MasterKeyMissing { needed },
            UnsealError::UnknownSuite { .. } | UnsealError::Unreachable { .. } => Self::unreachable(error),
        }
    }
}
