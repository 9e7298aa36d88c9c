//! The event that opens an inquiry, and what the bag says of it.

use assent_domain::command::Command;
use assent_domain::event::EventRef;
use assent_domain::privacy::InquiryScope;
use assent_domain::values::{AgreementId, CustomerId, PartnerId, Position};
use assent_event_log::StoredCheckpoint;
use assent_evidence::SignedCheckpoint;
use assent_export::{Inquiry, SEGMENT_EVENTS};
use assent_proto::convert::intent::{Intent, What};
use assent_proto::convert::{EventId, Violations};
use assent_proto::event::event::Payload;
use assent_proto::event::{Event, InquiryOpened};
use assent_proto::stored::{StoredError, instant_of, recorded_at_of};

use super::shown::purpose;
use crate::app::App;
use crate::append::named;
use crate::error::{Error, Unknown};
use crate::permission::Permit;

/// An inquiry that stands in the log.
pub(super) struct Opened {
    pub(super) inquiry: Inquiry,
    pub(super) reference: EventRef,
    /// The id of its event.
    pub(super) id: String,
}

impl App {
    /// Writes the event that opens an inquiry. Sent again with its request id, it is the same inquiry.
    pub(super) async fn begin_inquiry(&self, intent: Box<Intent>, permit: &Permit) -> Result<Opened, Error> {
        self.refuse_future(&intent)?;
        // Before anything is recorded: what nobody could verify is not begun.
        self.evidence.check_verifiable().await?;
        let written = self.write(intent, permit).await?;
        let missing = || Error::corrupt(Some(written.position), std::io::Error::other("no event"));
        self.opened(written.event.as_ref().ok_or_else(missing)?).await
    }

    /// A period that is not over could not be shown to be complete.
    fn refuse_future(&self, intent: &Intent) -> Result<(), Error> {
        let What::Command(Command::OpenInquiry { scope: InquiryScope::Period { from, until }, .. }) =
            &intent.what
        else {
            return Ok(());
        };
        let now = self.instant(None);
        let ends = [("period.from", from), ("period.until", until)];
        match ends.into_iter().find(|(_, it)| it.is_some_and(|it| it > now)) {
            Some((field, _)) => Err(Violations::one(field, "must not be in the future").into()),
            None => Ok(()),
        }
    }

    /// The inquiry that an id names. It is gone on with by who began it: the log says of nobody else that they were shown
    /// what it holds. To others it is not there; nor to somebody who meanwhile acts for other partners.
    pub(super) async fn inquiry_of(&self, id: EventId, permit: &Permit) -> Result<Opened, Error> {
        let (event, _) = named(&self.log, self.ids, id, Unknown::Inquiry).await?;
        let unknown = || Error::NotFound(Unknown::Inquiry(id));
        let Some(Payload::InquiryOpened(opening)) = &event.payload else { return Err(unknown()) };
        let partner = match scope_of(opening)? {
            InquiryScope::Partner(partner) => Some(partner),
            _ => None,
        };
        if !permit.is(&event) || permit.narrow(partner.as_ref()).is_err() {
            return Err(unknown());
        }
        if opening.with_contacts {
            permit.may_disclose()?;
        }
        self.opened(&event).await
    }

    async fn opened(&self, event: &Event) -> Result<Opened, Error> {
        let Some(Payload::InquiryOpened(opening)) = &event.payload else {
            return Err(StoredError::Field { field: "inquiry_opened" }.into());
        };
        let recorded_at = recorded_at_of(event)?;
        let checkpoint = self.first_checkpoint(event.position).await?;
        let note = SignedCheckpoint::parse(&checkpoint.note).map_err(|it| Error::corrupt(None, it))?;
        let inquiry = Inquiry {
            scope: scope_of(opening)?,
            with_contacts: opening.with_contacts,
            purpose: purpose(self.unsealing(), event).await?,
            requested_by: event.actor.as_ref().map(|it| it.user_id.clone()).unwrap_or_default(),
            requested_at: recorded_at,
            position: event.position,
            checkpoint: note,
            keys: self.evidence.keys().to_vec(),
            segment_events: SEGMENT_EVENTS,
        };
        let position = Position(event.position);
        Ok(Opened { inquiry, reference: EventRef::new(position, recorded_at), id: event.event_id.clone() })
    }

    /// The first checkpoint that signs the inquiry's own event: always the same one, whenever it is gone on with.
    async fn first_checkpoint(&self, position: u64) -> Result<StoredCheckpoint, Error> {
        let unsigned = || Error::NotFound(Unknown::Signature(Position(position)));
        self.evidence.at_least(position).await?.ok_or_else(unsigned)?;
        self.log.checkpoints(position - 1, 1).await?.pop().ok_or_else(unsigned)
    }
}

fn scope_of(opening: &InquiryOpened) -> Result<InquiryScope, StoredError> {
    let InquiryOpened { customer_id, partner_id, agreement_id, from, until, .. } = opening;
    let bad = |field| StoredError::Field { field };
    let customer = customer_id.as_deref().map(CustomerId::parse).transpose();
    let partner = partner_id.as_deref().map(PartnerId::parse).transpose();
    let agreement = agreement_id.as_deref().map(AgreementId::parse).transpose();
    let customer = customer.map_err(|_| bad("customer_id"))?;
    let partner = partner.map_err(|_| bad("partner_id"))?;
    let agreement = agreement.map_err(|_| bad("agreement_id"))?;
    let from = from.as_ref().map(instant_of).transpose()?;
    let until = until.as_ref().map(instant_of).transpose()?;
    Ok(match (customer, partner, agreement, from, until) {
        (Some(customer), ..) => InquiryScope::Customer(customer),
        (_, Some(partner), ..) => InquiryScope::Partner(partner),
        (_, _, Some(agreement), ..) => InquiryScope::Agreement(agreement),
        (_, _, _, None, None) => InquiryScope::Everything,
        (_, _, _, from, until) => InquiryScope::Period { from, until },
    })
}
