//! Records as answers show them: the stored event, what the facts say of it now, and what of its boxes may be seen.

use std::borrow::Cow;

use assent_domain::acceptance::Relationship;
use assent_domain::authorize::AsOf;
use assent_domain::command::{Command, Parties};
use assent_domain::values::{CustomerId, PartnerId, Position};
use assent_domain::{Event as DomainEvent, Facts};
use assent_proto::convert::answer::{self, AcceptanceView, Opened};
use assent_proto::convert::{Intent, What};
use assent_proto::event::{self, Event};
use assent_proto::stored::{StoredError, details_of};
use assent_proto::v1;
use assent_vault::{Boxed, Kind, SealedBox, Subject};
use prost::Message;

use crate::app::App;
use crate::append::{CONTACT, EMPLOYEE, URI};
use crate::error::Error;
use crate::permission::Viewing;
use crate::vault::{boxed, contact_message};

impl App {
    /// The stored event at a position.
    pub(crate) async fn event_at(&self, position: Position) -> Result<Event, Error> {
        let entry = self.log.entry(position.0).await?.ok_or_else(|| {
            let finding = std::io::Error::other("an event that the facts rest on is not there");
            Error::corrupt(Some(position), finding)
        })?;
        Ok(Event::decode(entry.entry).map_err(StoredError::from)?)
    }

    /// The relationship as it is, and the prefix that it is as of.
    pub(crate) fn relationship(
        &self,
        partner: &PartnerId,
        customer: &CustomerId,
    ) -> (Option<Relationship>, AsOf) {
        let index = self.index.read();
        let as_of = AsOf { prefix: index.ledger().applied, effective_at: self.instant(None) };
        (index.relationship(partner, customer).map(Cow::into_owned), as_of)
    }

    /// The acceptance that an event recorded, with its contact where the caller may see it.
    ///
    /// Another replica may have recorded it a moment ago: then this one waits until it has heard of it.
    pub(crate) async fn acceptance(
        &self,
        stored: &Event,
        viewing: &mut Viewing<'_>,
    ) -> Result<v1::Acceptance, Error> {
        self.wait_for(Some(Position(stored.position))).await?;
        let opened = self.open_for(stored, viewing).await?;
        self.acceptance_showing(stored, &opened)
    }

    /// The acceptance that an event recorded, showing what was opened of it.
    pub(crate) fn acceptance_showing(
        &self,
        stored: &Event,
        opened: &Opened,
    ) -> Result<v1::Acceptance, Error> {
        let details = details_of(stored).ok_or(StoredError::Field { field: "acceptance" })?;
        let parties = parties_of(&details.partner_id, &details.customer_id)?;
        let (relationship, as_of) = self.relationship(&parties.partner, &parties.customer);
        let relationship = relationship.unwrap_or_default();
        let fact = relationship.acceptance(Position(stored.position));
        let view =
            fact.map(|fact| AcceptanceView { stored, relationship: &relationship, fact, as_of, opened });
        let shown = view.and_then(|view| answer::acceptance(&view, &self.ids));
        Ok(shown.ok_or(StoredError::Field { field: "acceptance" })?)
    }

    /// Opens what is sealed in an acceptance or in evidence.
    pub(crate) async fn open(&self, stored: &Event) -> Result<Opened, Error> {
        let Some(details) = details_of(stored) else { return Ok(Opened::default()) };
        let subject = Subject { partner: &details.partner_id, customer: &details.customer_id };
        let uri = details.evidence.as_ref().and_then(|it| it.uri.as_ref());
        let employee = stored.actor.as_ref().and_then(|it| it.employee.as_ref());
        let items = [(details.contact.as_ref(), CONTACT), (uri, URI), (employee, EMPLOYEE)];
        let mut boxes: Vec<(SealedBox, Kind)> = Vec::with_capacity(items.len());
        for (item, kind) in items {
            if let Some(item) = item {
                boxes.push((boxed(item)?, kind));
            }
        }
        let asked: Vec<_> =
            boxes.iter().map(|(sealed_box, kind)| Boxed { sealed_box, subject, kind: *kind }).collect();
        let mut opened = Opened::default();
        for ((_, kind), disclosed) in boxes.iter().zip(self.unsealing().open(&asked).await?) {
            let plaintext = disclosed.map(|it| it.plaintext);
            let text = |it: Vec<u8>| String::from_utf8(it).ok();
            match (*kind, plaintext) {
                (CONTACT, None) => opened.contact_erased = true,
                (CONTACT, Some(it)) => {
                    opened.contact = Some(event::Contact::decode(it.as_slice()).map_err(StoredError::from)?);
                }
                (URI, it) => opened.uri = it.and_then(text),
                (_, it) => opened.employee = it.and_then(text),
            }
        }
        Ok(opened)
    }
}

/// What a caller just sent is shown as it was sent; only what was stored before has to be opened.
pub(crate) fn sent(intent: &Intent) -> Option<Opened> {
    let What::Command(Command::RecordAcceptance { claim, .. }) = &intent.what else { return None };
    Some(Opened {
        contact: claim.contact.as_ref().map(contact_message),
        contact_erased: false,
        employee: intent.employee.as_ref().map(|it| it.as_str().to_owned()),
        uri: claim.proof.as_ref().map(|it| it.uri.clone()),
    })
}

/// The parties that a stored event names.
pub(crate) fn parties_of(partner: &str, customer: &str) -> Result<Parties, Error> {
    let bad = |field| move |_| StoredError::Field { field };
    Ok(Parties {
        partner: PartnerId::parse(partner).map_err(bad("partner_id"))?,
        customer: CustomerId::parse(customer).map_err(bad("customer_id"))?,
    })
}

/// A stored event that names no document, as the business reads it.
pub(crate) fn domain_event(stored: &Event) -> Result<DomainEvent, Error> {
    Ok(assent_proto::stored::read(stored, &None)?.event)
}

/// The id of the event that an entry is.
pub(crate) fn event_id_of(entry: &[u8]) -> Result<String, Error> {
    Ok(Event::decode(entry).map_err(StoredError::from)?.event_id)
}
