//! The history of a customer through a partner: its events, newest first, each with a sentence.

use assent_domain::command::Parties;
use assent_domain::values::Position;
use assent_export::account;
use assent_projections::EventQuery;
use assent_proto::RecordedEvent;
use assent_proto::convert::asked::{Cursor, History};
use assent_proto::event::Event;
use assent_proto::stored::{StoredError, sentence};
use assent_proto::v1::{GetHistoryResponse, HistoryItem};
use bytes::Bytes;
use prost::Message;

use crate::app::App;
use crate::error::Error;
use crate::export::shown;
use crate::permission::Viewing;

impl App {
    pub(crate) async fn history(
        &self,
        asked: History,
        viewing: &mut Viewing<'_>,
    ) -> Result<GetHistoryResponse, Error> {
        self.wait_for_read_models().await?;
        let History { parties: Parties { partner, customer }, page } = asked;
        let before = match page.after {
            Some(Cursor::Position(position)) => Position(position.0.saturating_sub(1)),
            Some(Cursor::Id(_)) | None => Position::END,
        };
        let query = EventQuery { partner: Some(partner), customer: Some(customer), types: Vec::new() };
        let limit = u32::try_from(page.size).unwrap_or(u32::MAX);
        let positions = self.views.events(&query, Position(1), before, limit, true).await?;
        let full = positions.len() == page.size;
        let next_page_token = match positions.last().filter(|_| full) {
            Some(last) => page.token(&Cursor::Position(*last)),
            None => String::new(),
        };
        let mut found = Vec::with_capacity(positions.len());
        for position in positions {
            let Some(entry) = self.log.entry(position.0).await? else { continue };
            let stored = Event::decode(entry.entry.clone()).map_err(StoredError::from)?;
            found.push((entry, stored));
        }
        let (entries, events): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let opened = match viewing.allowed {
            true => shown(&self.vault, &events).await?,
            false => vec![Vec::new(); events.len()],
        };
        let some = events.iter().zip(&opened).filter(|(_, opened)| !opened.is_empty());
        some.for_each(|(event, _)| viewing.shows(event.position));
        let mut items = Vec::with_capacity(events.len());
        for ((entry, stored), opened) in entries.into_iter().zip(events).zip(opened) {
            let account = account(entry.position, entry.entry.clone(), &opened);
            let account = account.map_err(|it| Error::corrupt(Some(Position(entry.position)), it))?;
            let event = RecordedEvent::stored(entry.entry, Bytes::copy_from_slice(&entry.leaf_hash));
            items.push(HistoryItem { event: Some(event), summary: sentence(&stored), account });
        }
        Ok(GetHistoryResponse { items, next_page_token })
    }
}
