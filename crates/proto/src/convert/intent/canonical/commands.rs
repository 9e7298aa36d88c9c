//! One form for each command.

use assent_domain::acceptance::EvidenceFacts;
use assent_domain::command::{AcceptanceClaim, Command, Parties, Recording};
use assent_domain::event::EventRef;
use assent_domain::privacy::InquiryScope;

use super::{Form, Tag};
use crate::convert::intent::What;

impl Form {
    pub(super) fn what(&mut self, what: &What) {
        match what {
            What::Command(command) => self.command(command),
            What::ConfirmEvidence { evidence, overrides } => {
                self.id(Tag::Evidence, *evidence);
                self.overrides(overrides);
            }
            What::RejectEvidence { evidence } => self.id(Tag::Evidence, *evidence),
            What::CorrectAcceptance { acceptance, overrides } => {
                self.id(Tag::Acceptance, *acceptance);
                self.overrides(overrides);
            }
            What::VoidAcceptance(acceptance) => self.id(Tag::Acceptance, *acceptance),
            What::VoidWithdrawal(withdrawal) => self.id(Tag::Withdrawal, *withdrawal),
            What::RecordCancellation { obligation, cancelled_at } => {
                self.id(Tag::Obligation, *obligation);
                self.optional(cancelled_at, |form, it| form.instant(Tag::CancelledAt, *it));
            }
            What::ErasePersonalData { customer, acceptance } => {
                self.shown(Tag::Customer, customer);
                self.optional(acceptance, |form, it| form.id(Tag::Acceptance, *it));
            }
        }
    }

    /// The commands that name an event are never a request's own: they are what the append task makes of a [`What`].
    /// Their form names the event by its position, so that it is never that of another command.
    fn command(&mut self, command: &Command) {
        match command {
            Command::RecordAcceptance { parties, recording, claim } => {
                self.recording(parties, recording, claim)
            }
            Command::CorrectAcceptance { parties, acceptance, claim, scenario: _ } => {
                self.about(parties, Tag::Acceptance, acceptance);
                self.claim(claim);
            }
            Command::VoidAcceptance { parties, acceptance } => {
                self.about(parties, Tag::Acceptance, acceptance)
            }
            Command::VoidWithdrawal { parties, withdrawal } => {
                self.about(parties, Tag::Withdrawal, withdrawal)
            }
            Command::WithdrawAcceptance { parties, agreement, withdrawn_at } => {
                self.parties(parties);
                self.shown(Tag::Agreement, agreement);
                self.optional(withdrawn_at, |form, it| form.instant(Tag::WithdrawnAt, *it));
            }
            Command::RecordCancellation { parties, obligation, cancelled_at } => {
                self.about(parties, Tag::Obligation, obligation);
                self.optional(cancelled_at, |form, it| form.instant(Tag::CancelledAt, *it));
            }
            Command::SubmitEvidence { parties, evidence, claim } => self.submission(parties, evidence, claim),
            Command::RejectEvidence { parties, evidence } => self.about(parties, Tag::Evidence, evidence),
            Command::RegisterPartner { partner, facts } => {
                self.shown(Tag::Partner, partner);
                self.partner_facts(facts);
            }
            Command::SetPartnerStatus { partner, status } => {
                self.shown(Tag::Partner, partner);
                self.text(Tag::PartnerStatus, status.name());
            }
            Command::RegisterCustomer { customer, facts } => {
                self.shown(Tag::Customer, customer);
                self.customer_facts(facts);
            }
            Command::EstablishRelationship { parties } | Command::EndRelationship { parties } => {
                self.parties(parties);
            }
            Command::LinkReseller { provider, reseller } | Command::UnlinkReseller { provider, reseller } => {
                self.shown(Tag::Partner, provider);
                self.shown(Tag::Reseller, reseller);
            }
            Command::PublishAgreementVersion { agreement, published } => {
                self.shown(Tag::Agreement, agreement);
                self.published(published);
            }
            Command::RetireAgreement { agreement, environment, channel, retired_at, successor } => {
                self.shown(Tag::Agreement, agreement);
                self.place(*environment, *channel);
                self.optional(retired_at, |form, it| form.instant(Tag::RetiredAt, *it));
                self.optional(successor, |form, it| form.shown(Tag::Successor, it));
            }
            Command::PublishPolicy { document: _, sha256, expected_version } => {
                self.put(Tag::DocumentSha256, sha256);
                self.optional(expected_version, |form, it| form.put(Tag::ExpectedVersion, &it.to_be_bytes()));
            }
            Command::RecordDecision { order, effective_at } => {
                self.order(order);
                self.optional(effective_at, |form, it| form.instant(Tag::EffectiveAt, *it));
            }
            Command::RecordOrderOutcome { .. } => self.outcome(command),
            // Which boxes there are is found out, not asked for.
            Command::ErasePersonalData { customer, contact, key_ids: _ } => {
                self.shown(Tag::Customer, customer);
                self.optional(contact, |form, it| form.event(Tag::Acceptance, &it.acceptance));
            }
            Command::RecordLookup { records } => {
                records.iter().for_each(|it| self.event(Tag::Acceptance, it));
            }
            Command::OpenInquiry { scope, with_contacts } => {
                self.inquiry(scope);
                self.flag(Tag::WithContacts, *with_contacts);
            }
            Command::FinishInquiry { inquiry, export } => {
                self.event(Tag::Inquiry, inquiry);
                self.put(Tag::DocumentSha256, &export.manifest_sha256);
            }
        }
    }

    fn inquiry(&mut self, scope: &InquiryScope) {
        match scope {
            InquiryScope::Everything => {}
            InquiryScope::Customer(customer) => self.shown(Tag::Customer, customer),
            InquiryScope::Partner(partner) => self.shown(Tag::Partner, partner),
            InquiryScope::Agreement(agreement) => self.shown(Tag::Agreement, agreement),
            InquiryScope::Period { from, until } => {
                self.optional(from, |form, it| form.instant(Tag::From, *it));
                self.optional(until, |form, it| form.instant(Tag::Until, *it));
            }
        }
    }

    fn recording(&mut self, parties: &Parties, recording: &Recording, claim: &AcceptanceClaim) {
        self.parties(parties);
        match recording {
            Recording::ConfirmEvidence(evidence) => self.event(Tag::Evidence, evidence),
            // The scenario is the intent's own.
            Recording::Confirm | Recording::Attest(_) | Recording::Direct => {}
        }
        self.claim(claim);
    }

    fn about(&mut self, parties: &Parties, tag: Tag, event: &EventRef) {
        self.parties(parties);
        self.event(tag, event);
    }

    fn submission(&mut self, parties: &Parties, evidence: &EvidenceFacts, claim: &AcceptanceClaim) {
        // The agreement and the instant are the claim's.
        let EvidenceFacts { reseller, agreement: _, accepted_at: _ } = evidence;
        self.parties(parties);
        self.shown(Tag::Reseller, reseller);
        self.claim(claim);
    }

    fn outcome(&mut self, command: &Command) {
        let Command::RecordOrderOutcome {
            parties,
            reseller,
            transaction,
            product_family,
            outcome,
            occurred_at,
            decision: _, // It is the intent's `decision_position`.
        } = command
        else {
            return;
        };
        self.parties(parties);
        self.optional(reseller, |form, it| form.shown(Tag::Reseller, it));
        self.text(Tag::Transaction, transaction.name());
        self.optional(product_family, |form, it| form.shown(Tag::ProductFamily, it));
        self.text(Tag::Outcome, outcome.name());
        self.instant(Tag::OccurredAt, *occurred_at);
    }
}
