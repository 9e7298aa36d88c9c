//! The values that commands are made of.

use assent_domain::authorize::Order;
use assent_domain::catalog::{Availability, VersionTemplate};
use assent_domain::command::{AcceptanceClaim, AcceptedAt, Parties, Proof};
use assent_domain::directory::{CustomerFacts, PartnerFacts};
use assent_domain::event::{EventRef, VersionPublished};
use assent_domain::values::{Channel, Contact, Environment, Position, Template};

use super::{Form, Tag};
use crate::convert::ids::EventId;
use crate::convert::intent::Overrides;

impl Form {
    pub(super) fn id(&mut self, tag: Tag, id: EventId) {
        self.put(tag, &id.0);
    }

    pub(super) fn event(&mut self, tag: Tag, event: &EventRef) {
        let EventRef { position: Position(position), recorded_at: _ } = event;
        self.put(tag, &position.to_be_bytes());
    }

    pub(super) fn parties(&mut self, parties: &Parties) {
        let Parties { partner, customer } = parties;
        self.shown(Tag::Partner, partner);
        self.shown(Tag::Customer, customer);
    }

    pub(super) fn claim(&mut self, claim: &AcceptanceClaim) {
        let AcceptanceClaim {
            agreement,
            version,
            template,
            contact,
            accepted_at,
            channel,
            proof,
            confirmed_at,
        } = claim;
        self.shown(Tag::Agreement, agreement);
        self.optional(version, |form, it| form.shown(Tag::Version, it));
        self.optional(template, Self::template);
        self.optional(contact, Self::contact);
        self.accepted(accepted_at);
        self.text(Tag::Channel, channel.name());
        self.optional(proof, Self::proof);
        self.optional(confirmed_at, |form, it| form.instant(Tag::ConfirmedAt, *it));
    }

    pub(super) fn overrides(&mut self, overrides: &Overrides) {
        let Overrides { version, template, contact, accepted_at, proof, channel } = overrides;
        self.optional(version, |form, it| form.shown(Tag::Version, it));
        self.optional(template, Self::template);
        self.optional(contact, Self::contact);
        self.optional(accepted_at, Self::accepted);
        self.optional(channel, |form, it| form.text(Tag::Channel, it.name()));
        self.optional(proof, Self::proof);
    }

    pub(super) fn accepted(&mut self, accepted_at: &AcceptedAt) {
        match accepted_at {
            AcceptedAt::Instant(instant) => self.instant(Tag::AcceptedAt, *instant),
            AcceptedAt::Date(date) => self.shown(Tag::AcceptedOn, date),
        }
    }

    /// Languages compare without regard to case, so their form has none.
    pub(super) fn template(&mut self, template: &Template) {
        let Template { country, language } = template;
        self.text(Tag::Country, country.as_str());
        self.text(Tag::Language, &language.as_str().to_ascii_lowercase());
    }

    pub(super) fn contact(&mut self, contact: &Contact) {
        let Contact { first_name, last_name, email, phone_number } = contact;
        self.text(Tag::FirstName, first_name.as_str());
        self.text(Tag::LastName, last_name.as_str());
        self.text(Tag::Email, email.as_str());
        self.optional(phone_number, |form, it| form.text(Tag::PhoneNumber, it.as_str()));
    }

    pub(super) fn proof(&mut self, proof: &Proof) {
        let Proof { uri, sha256, media_type } = proof;
        self.text(Tag::ProofUri, uri);
        self.optional(sha256, |form, it| form.put(Tag::ProofSha256, it));
        self.optional(media_type, |form, it| form.text(Tag::ProofMediaType, it));
    }

    pub(super) fn published(&mut self, published: &VersionPublished) {
        let VersionPublished {
            version,
            in_force_from,
            document_sha256,
            templates,
            availability,
            successor,
            template_id,
        } = published;
        self.shown(Tag::Version, version);
        self.optional(in_force_from, |form, it| form.instant(Tag::InForceFrom, *it));
        self.optional(document_sha256, |form, it| form.put(Tag::DocumentSha256, it));
        for VersionTemplate { template, uri, sha256 } in templates.iter() {
            self.group(Tag::Template, |form| {
                form.template(template);
                form.text(Tag::TemplateUri, uri);
                form.optional(sha256, |form, it| form.put(Tag::DocumentSha256, it));
            });
        }
        for Availability { environment, channel, from, until } in availability {
            self.group(Tag::Availability, |form| {
                form.place(Some(*environment), *channel);
                form.instant(Tag::From, *from);
                form.optional(until, |form, it| form.instant(Tag::Until, *it));
            });
        }
        self.optional(successor, |form, it| form.shown(Tag::Successor, it));
        self.optional(template_id, |form, it| form.text(Tag::TemplateId, it));
    }

    pub(super) fn partner_facts(&mut self, facts: &PartnerFacts) {
        let PartnerFacts { program, country, email_domains } = facts;
        self.text(Tag::Program, program.name());
        self.text(Tag::Country, country.as_str());
        email_domains.iter().for_each(|it| self.text(Tag::EmailDomain, it));
    }

    pub(super) fn customer_facts(&mut self, facts: &CustomerFacts) {
        let CustomerFacts { country, cloud, has_purchases } = facts;
        self.text(Tag::Country, country.as_str());
        self.text(Tag::Cloud, cloud.name());
        self.flag(Tag::HasPurchases, *has_purchases);
    }

    pub(super) fn place(&mut self, environment: Option<Environment>, channel: Option<Channel>) {
        self.optional(&environment, |form, it| form.text(Tag::Environment, it.name()));
        self.optional(&channel, |form, it| form.text(Tag::Channel, it.name()));
    }

    pub(super) fn order(&mut self, order: &Order) {
        let Order { partner, customer, reseller, transaction, channel, product_family } = order;
        self.shown(Tag::Partner, partner);
        self.shown(Tag::Customer, customer);
        self.optional(reseller, |form, it| form.shown(Tag::Reseller, it));
        self.text(Tag::Transaction, transaction.name());
        self.text(Tag::Channel, channel.name());
        self.optional(product_family, |form, it| form.shown(Tag::ProductFamily, it));
    }
}
