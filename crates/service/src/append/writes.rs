//! What kind of event a write makes.

use assent_domain::command::{Command, Recording};
use assent_proto::convert::What;
use assent_proto::event::event::Payload;

/// Whether the first event of such a write is of this kind.
pub(super) fn writes(what: &What, payload: &Payload) -> bool {
    match what {
        What::Command(command) => command_writes(command, payload),
        What::ConfirmEvidence { .. } => matches!(payload, Payload::EvidenceConfirmed(_)),
        What::RejectEvidence { .. } => matches!(payload, Payload::EvidenceRejected(_)),
        What::CorrectAcceptance { .. } => matches!(payload, Payload::AcceptanceCorrected(_)),
        What::VoidAcceptance(_) => matches!(payload, Payload::AcceptanceVoided(_)),
        What::VoidWithdrawal(_) => matches!(payload, Payload::WithdrawalVoided(_)),
        What::RecordCancellation { .. } => matches!(payload, Payload::CancellationRecorded(_)),
        What::ErasePersonalData { .. } => matches!(payload, Payload::PersonalDataErased(_)),
    }
}

fn command_writes(command: &Command, payload: &Payload) -> bool {
    match command {
        Command::RecordAcceptance { recording, .. } => match recording {
            Recording::Confirm => matches!(payload, Payload::AcceptanceConfirmed(_)),
            Recording::Attest(_) => matches!(payload, Payload::AcceptanceAttested(_)),
            Recording::Direct => matches!(payload, Payload::DirectAcceptanceRecorded(_)),
            Recording::ConfirmEvidence(_) => matches!(payload, Payload::EvidenceConfirmed(_)),
        },
        Command::CorrectAcceptance { .. } => matches!(payload, Payload::AcceptanceCorrected(_)),
        Command::VoidAcceptance { .. } => matches!(payload, Payload::AcceptanceVoided(_)),
        Command::VoidWithdrawal { .. } => matches!(payload, Payload::WithdrawalVoided(_)),
        Command::WithdrawAcceptance { .. } => matches!(payload, Payload::AcceptanceWithdrawn(_)),
        Command::RecordCancellation { .. } => matches!(payload, Payload::CancellationRecorded(_)),
        Command::SubmitEvidence { .. } => matches!(payload, Payload::EvidenceSubmitted(_)),
        Command::RejectEvidence { .. } => matches!(payload, Payload::EvidenceRejected(_)),
        Command::RegisterPartner { .. } => {
            matches!(payload, Payload::PartnerRegistered(_) | Payload::PartnerChanged(_))
        }
        Command::SetPartnerStatus { .. } => matches!(payload, Payload::PartnerStatusSet(_)),
        Command::RegisterCustomer { .. } => {
            matches!(payload, Payload::CustomerRegistered(_) | Payload::CustomerChanged(_))
        }
        Command::EstablishRelationship { .. } => matches!(payload, Payload::RelationshipEstablished(_)),
        Command::EndRelationship { .. } => matches!(payload, Payload::RelationshipEnded(_)),
        Command::LinkReseller { .. } => matches!(payload, Payload::ResellerLinked(_)),
        Command::UnlinkReseller { .. } => matches!(payload, Payload::ResellerUnlinked(_)),
        Command::PublishAgreementVersion { .. } => matches!(payload, Payload::AgreementVersionPublished(_)),
        Command::RetireAgreement { .. } => matches!(payload, Payload::AgreementRetired(_)),
        Command::PublishPolicy { .. } => matches!(payload, Payload::PolicyPublished(_)),
        Command::RecordDecision { .. } => matches!(payload, Payload::OrderDecided(_)),
        Command::RecordOrderOutcome { .. } => matches!(payload, Payload::OrderOutcomeRecorded(_)),
        Command::ErasePersonalData { .. } => matches!(payload, Payload::PersonalDataErased(_)),
        Command::RecordLookup { .. } => matches!(payload, Payload::PersonLookedUp(_)),
        Command::OpenInquiry { .. } => matches!(payload, Payload::InquiryOpened(_)),
        Command::FinishInquiry { .. } => matches!(payload, Payload::InquiryExported(_)),
    }
}
