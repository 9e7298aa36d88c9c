//! Which person a write is of (rule W8).

use assent_domain::command::{Command, Recording};
use assent_proto::convert::{Intent, Violations, What};

use super::Permit;
use crate::error::Error;

/// Who stands behind a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Acts {
    /// A person of a partner. Behind an account that several people use, the request names the employee.
    Employee,
    /// A person of the operator, whom no request can name: only an account of one's own says who it was.
    Oneself,
    /// Nobody: the customer accepted by itself, a system placed an order, the ledger ended an export.
    Nobody,
}

impl Permit {
    /// The person behind a shared account is named wherever a person acts.
    pub(super) fn check_person(&self, intent: &Intent) -> Result<(), Error> {
        match acts(&intent.what) {
            Acts::Employee if self.caller.shared_account && intent.employee.is_none() => {
                Err(Violations::one("employee", "must name the person behind the shared account").into())
            }
            Acts::Oneself => self.is_oneself(),
            Acts::Employee | Acts::Nobody => Ok(()),
        }
    }

    /// Refuses an account that several people use, where the request can't name the one who acts.
    pub(crate) fn is_oneself(&self) -> Result<(), Error> {
        match self.caller.shared_account {
            true => Err(Error::SharedAccount { method: self.row.name }),
            false => Ok(()),
        }
    }
}

fn acts(what: &What) -> Acts {
    match what {
        What::Command(command) => by_command(command),
        What::ConfirmEvidence { .. }
        | What::RejectEvidence { .. }
        | What::CorrectAcceptance { .. }
        | What::VoidAcceptance(_)
        | What::VoidWithdrawal(_)
        | What::RecordCancellation { .. } => Acts::Employee,
        What::ErasePersonalData { .. } => Acts::Oneself,
    }
}

fn by_command(command: &Command) -> Acts {
    match command {
        Command::RecordAcceptance { recording: Recording::Direct, .. }
        | Command::RecordDecision { .. }
        | Command::RecordOrderOutcome { .. }
        | Command::FinishInquiry { .. } => Acts::Nobody,
        Command::RecordAcceptance {
            recording: Recording::Confirm | Recording::Attest(_) | Recording::ConfirmEvidence(_),
            ..
        }
        | Command::CorrectAcceptance { .. }
        | Command::VoidAcceptance { .. }
        | Command::VoidWithdrawal { .. }
        | Command::WithdrawAcceptance { .. }
        | Command::RecordCancellation { .. }
        | Command::SubmitEvidence { .. }
        | Command::RejectEvidence { .. } => Acts::Employee,
        Command::RegisterPartner { .. }
        | Command::SetPartnerStatus { .. }
        | Command::RegisterCustomer { .. }
        | Command::EstablishRelationship { .. }
        | Command::EndRelationship { .. }
        | Command::LinkReseller { .. }
        | Command::UnlinkReseller { .. }
        | Command::PublishAgreementVersion { .. }
        | Command::RetireAgreement { .. }
        | Command::PublishPolicy { .. }
        | Command::ErasePersonalData { .. }
        | Command::RecordLookup { .. }
        | Command::OpenInquiry { .. } => Acts::Oneself,
    }
}
