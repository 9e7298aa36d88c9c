//! The history of a customer through a partner: its events, newest first, each with a sentence.

use std::collections::BTreeSet;

use assent_domain::Facts;
use assent_domain::command::Parties;
use assent_domain::values::{CustomerId, PartnerId, Position};
use assent_export::account;
use assent_projections::EventQuery;
use assent_proto::RecordedEvent;
use assent_proto::convert::asked::{Cursor, History};
use assent_proto::event::Event;
use assent_proto::event::event::Payload;
use assent_proto::stored::{StoredError, recorded_at_of, sentence};
use assent_proto::v1::{GetHistoryResponse, HistoryItem};
use bytes::Bytes;
use prost::Message;

use crate::app::App;
use crate::error::Error;
use crate::export::shown;
use crate::permission::Permit;

/// The type of an erasure.
const ERASED: &str = "personal_data_erased";

impl App {
    pub(crate) async fn history(&self, asked: History, permit: &Permit) -> Result<GetHistoryResponse, Error> {
        self.wait_for_read_models().await?;
        let History { parties: Parties { partner, customer }, page } = asked;
        let before = match page.after {
            Some(Cursor::Position(position)) => Position(position.0.saturating_sub(1)),
            Some(Cursor::Id(_)) | None => Position::END,
        };
        let (positions, more) = self.positions_of(&partner, customer, before, page.size).await?;
        let next_page_token = match positions.last().filter(|_| more) {
            Some(last) => page.token(&Cursor::Position(Position(*last))),
            None => String::new(),
        };
        let mut viewing = self.viewing(permit);
        let mut entries = self.log.entries(&positions).await?;
        entries.sort_unstable_by_key(|it| std::cmp::Reverse(it.position));
        let mut found = Vec::with_capacity(entries.len());
        for entry in entries {
            let stored = Event::decode(entry.entry.clone()).map_err(StoredError::from)?;
            if !is_of_another(&stored, &partner.to_string()) {
                found.push((entry, stored));
            }
        }
        let (entries, events): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let opened = shown(self.unsealing(), &events, |it| viewing.may_unseal(it)).await?;
        let some = events.iter().zip(&opened).filter(|(_, opened)| !opened.is_empty());
        some.for_each(|(event, _)| viewing.shows(event.position));
        let mut items = Vec::with_capacity(events.len());
        for ((entry, stored), opened) in entries.into_iter().zip(events).zip(opened) {
            if let Some(customer) = erased_through_others(&stored).filter(|_| !permit.acts_for_every()) {
                items.push(erasure_in_a_sentence(&stored, customer)?);
                continue;
            }
            let account = account(entry.position, entry.entry.clone(), &opened);
            let account = account.map_err(|it| Error::corrupt(Some(Position(entry.position)), it))?;
            let event = RecordedEvent::stored(entry.entry, Bytes::copy_from_slice(&entry.leaf_hash));
            items.push(HistoryItem { event: Some(event), summary: sentence(&stored), account });
        }
        Ok(GetHistoryResponse { items, next_page_token })
    }

    /// The positions of a page, newest first, and whether there are more behind it: the events of the relationship, and the
    /// erasures of its customer, which concern what every partner recorded. Those of another partner's contact are among
    /// them still. To whom the customer is none, nobody's erasures are told.
    async fn positions_of(
        &self,
        partner: &PartnerId,
        customer: CustomerId,
        before: Position,
        size: usize,
    ) -> Result<(Vec<u64>, bool), Error> {
        let limit = u32::try_from(size).unwrap_or(u32::MAX);
        let of_both = EventQuery {
            partner: Some(partner.clone()),
            customer: Some(customer.clone()),
            types: Vec::new(),
        };
        let sells_to = self.index.read().relationship(partner, &customer).is_some();
        let erasures = EventQuery { partner: None, customer: Some(customer), types: vec![ERASED.to_owned()] };
        let mut positions = BTreeSet::new();
        // Where a query was cut off, what lies before its last position is for the next page.
        let (mut from, mut more) = (Position::START, false);
        for query in [Some(of_both), sells_to.then_some(erasures)].into_iter().flatten() {
            let found = self.views.events(&query, Position(1), before, limit, true).await?;
            if let Some(last) = found.last().filter(|_| found.len() == size) {
                (from, more) = (from.max(*last), true);
            }
            positions.extend(found);
        }
        let page: Vec<u64> =
            positions.iter().rev().filter(|it| **it >= from).map(|it| it.0).take(size).collect();
        let more = more || page.len() < positions.len();
        Ok((page, more))
    }
}

/// Whether it is the erasure of a contact that another partner recorded.
fn is_of_another(event: &Event, partner: &str) -> bool {
    match &event.payload {
        Some(Payload::PersonalDataErased(it)) => it.partner_id.as_deref().is_some_and(|it| it != partner),
        _ => false,
    }
}

/// The customer whose data was erased whatever partner had recorded it.
fn erased_through_others(event: &Event) -> Option<&str> {
    match &event.payload {
        Some(Payload::PersonalDataErased(it)) if it.partner_id.is_none() => Some(&it.customer_id),
        _ => None,
    }
}

/// What a partner is told of an erasure that reached every partner: that it was, and when. Who did it and why is the
/// privacy officer's, and what was erased is other partners', too.
fn erasure_in_a_sentence(event: &Event, customer: &str) -> Result<HistoryItem, Error> {
    let summary = format!("personal data of customer {customer} was erased");
    let account = format!("{}  {}  {summary}", event.position, recorded_at_of(event)?);
    Ok(HistoryItem { event: None, summary, account })
}
