//! Whose things a caller reaches. Everything here is asked before the thing is looked up, or answers as if it were not
//! there: a refusal never tells whether something exists.

use assent_domain::Facts;
use assent_domain::command::{Command, Parties};
use assent_domain::refusal::{Refusal, Refusals};
use assent_domain::values::{CustomerId, PartnerId, Position};
use assent_export::parties;
use assent_identity::{Partners, Scope};
use assent_proto::convert::asked::{EventWanted, InclusionWanted};
use assent_proto::convert::{EventId, Intent, What};
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

    pub(crate) fn acts_for_every(&self) -> bool {
        self.caller.partners == Partners::Every
    }

    /// Whether the caller acts for the partner of this id, as an event names it.
    fn acts_for(&self, id: &str) -> bool {
        PartnerId::parse(id).is_ok_and(|it| self.caller.acts_for(&it))
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
        match (named.partner, named.reseller) {
            (None, None) => is_public(event),
            (partner, reseller) => partner.into_iter().chain(reseller).any(|it| self.acts_for(it)),
        }
    }

    /// Whether the record is of a partner that the caller acts for.
    pub(crate) fn owns(&self, event: &Event) -> bool {
        let partner = event.payload.as_ref().and_then(|it| parties(it).partner);
        self.acts_for_every() || partner.is_some_and(|it| self.acts_for(it))
    }

    /// Whether what is sealed in the event is of a partner that the caller acts for (rule C14). A reseller has collected the
    /// evidence that it submitted; what its provider made of it is the provider's (rule W2). What is said of a customer
    /// and of no partner, as the reason of an erasure, is of those who act for every one.
    pub(crate) fn may_unseal(&self, event: &Event) -> bool {
        let submitted = matches!(event.payload, Some(Payload::EvidenceSubmitted(_)));
        let reseller = event.payload.as_ref().filter(|_| submitted).and_then(|it| parties(it).reseller);
        self.owns(event) || reseller.is_some_and(|it| self.acts_for(it))
    }

    /// Whether the caller is the one who made this event.
    pub(crate) fn is(&self, event: &Event) -> bool {
        event.actor.as_ref().is_some_and(|it| it.user_id == self.caller.user_id)
    }

    /// Whether a stored event can be what a request of this caller made before.
    pub(crate) fn wrote(&self, event: &Event) -> bool {
        let named = event.payload.as_ref().map(parties).unwrap_or_default();
        let acts_for = |id: Option<&str>| id.is_some_and(|it| self.acts_for(it));
        self.acts_for_every()
            || match self.row.narrowing {
                // Agreements and policies are of no partner.
                Narrowing::Nothing => true,
                Narrowing::Reseller => acts_for(named.reseller),
                Narrowing::Partner | Narrowing::Items | Narrowing::Rows | Narrowing::Record => {
                    acts_for(named.partner)
                }
                Narrowing::Customer | Narrowing::Every => false,
            }
    }

    /// What a reseller is told of a provider that it is not linked to: that, whatever else is so. `unlinked` says it where
    /// the error does not.
    pub(crate) fn told(&self, error: Error, unlinked: Option<&Error>) -> Error {
        let (refusals, ids) = match (error, unlinked) {
            (Error::RequestIdReused { .. }, Some(unlinked)) => return unlinked.clone(),
            (Error::Refused { refusals: Refusals(refusals), ids }, _) => (refusals, ids),
            (error, _) => return error,
        };
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
        permit.check_person(intent)?;
        match &intent.what {
            What::Command(Command::SubmitEvidence { evidence, .. }) => {
                permit.narrow(Some(&evidence.reseller))
            }
            // The ledger's own end of an export that was let in.
            What::Command(Command::FinishInquiry { .. }) => Ok(()),
            What::Command(
                Command::RecordAcceptance { .. }
                | Command::CorrectAcceptance { .. }
                | Command::VoidAcceptance { .. }
                | Command::VoidWithdrawal { .. }
                | Command::WithdrawAcceptance { .. }
                | Command::RecordCancellation { .. }
                | Command::RejectEvidence { .. }
                | Command::RegisterPartner { .. }
                | Command::SetPartnerStatus { .. }
                | Command::RegisterCustomer { .. }
                | Command::EstablishRelationship { .. }
                | Command::EndRelationship { .. }
                | Command::LinkReseller { .. }
                | Command::UnlinkReseller { .. }
                | Command::PublishAgreementVersion { .. }
                | Command::RetireAgreement { .. }
                | Command::PublishPolicy { .. }
                | Command::RecordDecision { .. }
                | Command::RecordOrderOutcome { .. }
                | Command::ErasePersonalData { .. }
                | Command::RecordLookup { .. }
                | Command::OpenInquiry { .. },
            )
            | What::ErasePersonalData { .. } => permit.narrow(intent.scope()),
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

    /// That a reseller is not linked to the provider that it submits evidence to, where that is so and the provider is not
    /// the caller's.
    pub(crate) fn unlinked(&self, intent: &Intent, permit: &Permit) -> Option<Error> {
        let What::Command(Command::SubmitEvidence { parties, evidence, .. }) = &intent.what else {
            return None;
        };
        let Parties { partner: provider, customer: _ } = parties;
        if permit.caller.acts_for(provider) {
            return None;
        }
        let index = self.index.read();
        let both = index.partner(&evidence.reseller).zip(index.partner(provider));
        let linked = both.is_some_and(|(it, of)| it.sells_through(of, provider, Position::END));
        let unlinked =
            || Refusal::ResellerNotLinked { provider: provider.clone(), reseller: evidence.reseller.clone() };
        (!linked).then(|| Error::Refused { refusals: unlinked().into(), ids: self.ids })
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
