//! Whose things a caller reaches. Everything here is asked before the thing is looked up, or answers as if it were not
//! there: a refusal never tells whether something exists.

use assent_domain::Facts;
use assent_domain::command::{Command, Recording};
use assent_domain::refusal::{Refusal, Refusals};
use assent_domain::values::{CustomerId, PartnerId};
use assent_export::parties;
use assent_identity::{Partners, Scope};
use assent_proto::convert::asked::{EventWanted, InclusionWanted};
use assent_proto::convert::{EventId, Intent, Violations, What};
use assent_proto::event::Event;
use assent_proto::event::event::Payload;
use assent_proto::stored::StoredError;
use prost::Message;

use super::Permit;
use super::table::Narrowing;
use crate::app::App;
use crate::append::named;
use crate::error::{Error, Unknown};

impl Permit {
    /// Refuses a partner that the caller does not act for, and what names no partner to a caller that does not act for every
    /// one. Rows that are narrowed by what is found are no matter here.
    pub(crate) fn narrow(&self, partner: Option<&PartnerId>) -> Result<(), Error> {
        match self.row.narrowing {
            Narrowing::Nothing | Narrowing::Record | Narrowing::Customer => Ok(()),
            Narrowing::Partner | Narrowing::Items | Narrowing::Rows | Narrowing::Reseller => {
                self.covers(partner)
            }
            Narrowing::Every => self.covers(None),
        }
    }

    fn covers(&self, partner: Option<&PartnerId>) -> Result<(), Error> {
        let acts = match partner {
            Some(partner) => self.caller.acts_for(partner),
            None => self.acts_for_every(),
        };
        if acts { Ok(()) } else { Err(Error::PartnerOutOfScope { partner: partner.cloned() }) }
    }

    fn acts_for_every(&self) -> bool {
        self.caller.partners == Partners::Every
    }

    /// Whether the caller acts for one of the partners that a stored event names; what is said of no party is everybody's,
    /// and that somebody inquires is the auditors'.
    fn reaches(&self, event: &Event) -> bool {
        if self.acts_for_every() {
            return true;
        }
        if matches!(event.payload, Some(Payload::InquiryOpened(_))) && !self.caller.has(Scope::Audit) {
            return false;
        }
        let named = event.payload.as_ref().map(parties).unwrap_or_default();
        let acts_for = |id: &str| PartnerId::parse(id).is_ok_and(|it| self.caller.acts_for(&it));
        match (named.partner, named.reseller) {
            (None, None) => is_public(event),
            (partner, reseller) => partner.into_iter().chain(reseller).any(acts_for),
        }
    }

    /// Whether the record is of a partner that the caller acts for.
    pub(crate) fn owns(&self, event: &Event) -> bool {
        let partner = event.payload.as_ref().and_then(|it| parties(it).partner);
        let acts_for = |id: &str| PartnerId::parse(id).is_ok_and(|it| self.caller.acts_for(&it));
        self.acts_for_every() || partner.is_some_and(acts_for)
    }

    /// Whether the caller is the one who made this event.
    pub(crate) fn is(&self, event: &Event) -> bool {
        event.actor.as_ref().is_some_and(|it| it.user_id == self.caller.user_id)
    }

    /// Whether a stored event can be what a request of this caller made before.
    pub(crate) fn wrote(&self, event: &Event) -> bool {
        let named = event.payload.as_ref().map(parties).unwrap_or_default();
        let acts_for = |id: &str| PartnerId::parse(id).is_ok_and(|it| self.caller.acts_for(&it));
        match (self.row.narrowing, named.partner, named.reseller) {
            (Narrowing::Reseller, _, reseller) => reseller.is_some_and(acts_for),
            (_, partner, _) => partner.is_none_or(acts_for),
        }
    }

    /// The person behind a shared account is named wherever a person acts (rule W8). Direct acceptances are the customer's own
    /// deed, and orders are placed by systems.
    fn check_employee(&self, intent: &Intent) -> Result<(), Error> {
        let a_person_acts = match &intent.what {
            What::Command(Command::RecordAcceptance { recording, .. }) => *recording != Recording::Direct,
            What::Command(Command::SubmitEvidence { .. } | Command::WithdrawAcceptance { .. }) => true,
            What::Command(_) | What::ErasePersonalData { .. } => false,
            What::ConfirmEvidence { .. }
            | What::RejectEvidence { .. }
            | What::CorrectAcceptance { .. }
            | What::VoidAcceptance(_)
            | What::VoidWithdrawal(_)
            | What::RecordCancellation { .. } => true,
        };
        match self.caller.shared_account && a_person_acts && intent.employee.is_none() {
            true => Err(Violations::one("employee", "must name the person behind the shared account").into()),
            false => Ok(()),
        }
    }

    /// What a reseller is told of a provider that it is not linked to: that, whatever else is so.
    pub(crate) fn told(&self, error: Error) -> Error {
        let Error::Refused { refusals: Refusals(refusals), ids } = error else { return error };
        let unlinked = refusals.iter().find_map(|it| match it {
            Refusal::ResellerNotLinked { provider, .. } if !self.caller.acts_for(provider) => {
                Some(it.clone())
            }
            _ => None,
        });
        let refusals = match unlinked {
            Some(unlinked) if self.row.narrowing == Narrowing::Reseller => vec![unlinked],
            _ => refusals,
        };
        Error::Refused { refusals: Refusals(refusals), ids }
    }
}

impl App {
    /// Refuses a write that is not the caller's to make.
    pub(crate) async fn narrow_write(&self, intent: &Intent, permit: &Permit) -> Result<(), Error> {
        permit.check_employee(intent)?;
        match &intent.what {
            What::Command(Command::SubmitEvidence { evidence, .. }) => {
                permit.narrow(Some(&evidence.reseller))
            }
            // The ledger's own end of an export that was let in.
            What::Command(Command::FinishInquiry { .. }) => Ok(()),
            What::Command(_) | What::ErasePersonalData { .. } => permit.narrow(intent.scope()),
            What::ConfirmEvidence { evidence, .. } | What::RejectEvidence { evidence } => {
                self.reach(permit, *evidence, Unknown::Evidence, is_evidence).await
            }
            What::CorrectAcceptance { acceptance, .. } | What::VoidAcceptance(acceptance) => {
                self.reach(permit, *acceptance, Unknown::Acceptance, crate::append::is_acceptance).await
            }
            What::VoidWithdrawal(withdrawal) => {
                self.reach(permit, *withdrawal, Unknown::Obligation, is_withdrawal).await
            }
            What::RecordCancellation { obligation, .. } => {
                self.reach(permit, *obligation, Unknown::Obligation, is_withdrawal).await
            }
        }
    }

    /// Answers a record of another partner as one that is not there: with the very error.
    async fn reach(
        &self,
        permit: &Permit,
        id: EventId,
        unknown: fn(EventId) -> Unknown,
        is_one: fn(&Event) -> bool,
    ) -> Result<(), Error> {
        if permit.acts_for_every() {
            return Ok(());
        }
        let (event, _) = named(&self.log, self.ids, id, unknown).await?;
        // A provider's record is not the reseller's, who may have submitted it.
        match is_one(&event) && permit.owns(&event) {
            true => Ok(()),
            false => Err(unknown(id).into()),
        }
    }

    /// Answers a proof of another partner's event as one of no event.
    pub(crate) async fn narrow_proof(&self, wanted: &InclusionWanted, permit: &Permit) -> Result<(), Error> {
        if permit.acts_for_every() {
            return Ok(());
        }
        match wanted.event {
            EventWanted::Id(id) => {
                let (event, _) = named(&self.log, self.ids, id, Unknown::Event).await?;
                permit.reaches(&event).then_some(()).ok_or(Error::NotFound(Unknown::Event(id)))
            }
            EventWanted::At(position) => {
                let unknown = || Error::NotFound(Unknown::Position(position));
                let entry = self.log.entry(position.0).await?.ok_or_else(unknown)?;
                let event = Event::decode(entry.entry).map_err(StoredError::from)?;
                permit.reaches(&event).then_some(()).ok_or_else(unknown)
            }
        }
    }

    /// Whether one of the caller's partners sells or sold to the customer.
    pub(crate) fn sells_to(&self, permit: &Permit, customer: &CustomerId) -> bool {
        let index = self.index.read();
        match &permit.caller.partners {
            Partners::Every => true,
            Partners::Only(own) => own.iter().any(|it| index.relationship(it, customer).is_some()),
        }
    }
}

fn is_evidence(event: &Event) -> bool {
    matches!(event.payload, Some(Payload::EvidenceSubmitted(_)))
}

fn is_withdrawal(event: &Event) -> bool {
    matches!(event.payload, Some(Payload::AcceptanceWithdrawn(_)))
}

/// What is said of no party and of no person: the ledger's own events, agreements and policies.
fn is_public(event: &Event) -> bool {
    matches!(
        event.payload,
        Some(
            Payload::LedgerFormatted(_)
                | Payload::RulesActivated(_)
                | Payload::AgreementVersionPublished(_)
                | Payload::AgreementRetired(_)
                | Payload::PolicyPublished(_)
        )
    )
}
