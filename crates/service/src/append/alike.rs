//! Whether a request is the one that made an event, by what the event says in the clear: all that there is to compare when an
//! erasure has taken the hash of the request (rule C14).

use assent_domain::Event as DomainEvent;
use assent_domain::command::Command;
use assent_domain::values::CustomerId;
use assent_proto::convert::What;
use assent_proto::convert::intent::Intent;
use assent_proto::event::Event;
use assent_proto::event::event::Payload;

use super::writes::writes;
use crate::error::Error;
use crate::read::domain_event;

/// Whether a request writes such an event, about the same customer, the same order, or the same earlier event. Its partner is the
/// same already: that, or the whole ledger, is what its id counts within.
pub(super) fn is_alike(intent: &Intent, stored: &Event) -> Result<bool, Error> {
    let Some(payload) = stored.payload.as_ref().filter(|it| writes(&intent.what, it)) else {
        return Ok(false);
    };
    let event = domain_event(stored)?;
    let is_about = |id: &dyn ToString, named: &str| id.to_string() == named;
    Ok(match (&intent.what, payload) {
        (What::Command(Command::RecordDecision { order, effective_at }), Payload::OrderDecided(it)) => {
            let order_ref = it.order.as_ref().and_then(|it| it.order_ref.as_ref());
            let is_same = matches!(&event, DomainEvent::OrderDecided { order: decided, effective_at: at, .. }
                if decided == order && effective_at.is_none_or(|it| it == *at));
            is_same && order_ref == intent.order_ref.as_ref()
        }
        (What::ConfirmEvidence { evidence, .. }, Payload::EvidenceConfirmed(it)) => {
            is_about(evidence, &it.evidence_id)
        }
        (What::RejectEvidence { evidence }, Payload::EvidenceRejected(it)) => {
            is_about(evidence, &it.evidence_id)
        }
        (What::CorrectAcceptance { acceptance, .. }, Payload::AcceptanceCorrected(it)) => {
            is_about(acceptance, &it.corrects)
        }
        (What::VoidAcceptance(acceptance), Payload::AcceptanceVoided(it)) => {
            is_about(acceptance, &it.acceptance_id)
        }
        (What::VoidWithdrawal(withdrawal), Payload::WithdrawalVoided(it)) => {
            is_about(withdrawal, &it.withdrawal_event_id)
        }
        (What::RecordCancellation { obligation, .. }, Payload::CancellationRecorded(it)) => {
            is_about(obligation, &it.obligation_id)
        }
        (what, _) => customer(what).is_none_or(|it| event.customer() == Some(it)),
    })
}

/// The customer that a request names itself.
fn customer(what: &What) -> Option<&CustomerId> {
    match what {
        What::ErasePersonalData { customer, .. }
        | What::Command(
            Command::RegisterCustomer { customer, .. } | Command::ErasePersonalData { customer, .. },
        ) => Some(customer),
        What::Command(command) => command.parties().map(|it| &it.customer),
        What::ConfirmEvidence { .. }
        | What::RejectEvidence { .. }
        | What::CorrectAcceptance { .. }
        | What::VoidAcceptance(_)
        | What::VoidWithdrawal(_)
        | What::RecordCancellation { .. } => None,
    }
}
