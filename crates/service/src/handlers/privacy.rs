//! PrivacyService: erasing personal data, and finding whose is held.

use assent_domain::event::EventRef;
use assent_domain::privacy::KeyId;
use assent_domain::values::Position;
use assent_proto::convert::asked::{self, Cursor, FindPerson};
use assent_proto::convert::intent;
use assent_proto::event::Event;
use assent_proto::event::event::Payload;
use assent_proto::stored::{StoredError, recorded_at_of};
use assent_proto::v1::privacy_service_server::PrivacyService;
use assent_proto::v1::{
    ErasePersonalDataRequest, ErasePersonalDataResponse, FindPersonRequest, FindPersonResponse,
};
use prost::Message;
use tonic::{Request, Response, Status};
use tracing::warn;

use super::{Handlers, told};
use crate::app::App;
use crate::error::Error;
use crate::permission::{Method, Permit};
use crate::vault::email_index;

/// How many events are read at once to count what an erasure erased.
const EVENTS_AT_ONCE: usize = 64;

#[tonic::async_trait]
impl PrivacyService for Handlers {
    async fn erase_personal_data(
        &self,
        request: Request<ErasePersonalDataRequest>,
    ) -> Result<Response<ErasePersonalDataResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::ErasePersonalData)?;
        let intent = intent::erase_personal_data(request).map_err(Error::from)?;
        let written = self.app.write(intent, &permit).await?;
        let erased = if written.event.is_some() { self.app.erased_at(written.position).await? } else { 0 };
        if erased > 0 && !written.replayed {
            self.app.clear_traces();
        }
        told!(written, ErasePersonalDataResponse { erased })
    }

    async fn find_person(
        &self,
        request: Request<FindPersonRequest>,
    ) -> Result<Response<FindPersonResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::FindPerson)?;
        let asked = asked::find_person(&request).map_err(Error::from)?;
        permit.narrow(None)?;
        permit.is_oneself()?;
        Ok(Response::new(self.app.find_person(asked, &permit).await?))
    }
}

impl App {
    /// A page of the records that hold an e-mail address. Pages go by the vault's own ids, which are random: an erasure
    /// or a new record meanwhile neither repeats nor hides another one.
    async fn find_person(&self, asked: FindPerson, permit: &Permit) -> Result<FindPersonResponse, Error> {
        self.check_trusted()?;
        let FindPerson { email, page, reason } = asked;
        let after = page.after.as_ref().and_then(key_id_of);
        // One more than a page holds tells that there is another one.
        let limit = u32::try_from(page.size + 1).unwrap_or(u32::MAX);
        let index = email_index(&self.vault, &email);
        let mut found = self.vault.rows_of_email(&index, after, limit).await?;
        let more = found.len() > page.size;
        found.truncate(page.size);
        let next_page_token = match found.last() {
            Some(last) if more => page.token(&cursor_of(last)),
            _ => String::new(),
        };
        // What this server has acknowledged is found: the rows that say where boxes stand come after the vault's.
        self.wait_for_read_models().await?;
        let positions: Vec<u64> = self.views.boxes(&found).await?.into_iter().map(|it| it.0).collect();
        let (mut records, mut acceptance_ids) = (Vec::new(), Vec::new());
        for entry in self.log.entries(&positions).await? {
            let event = Event::decode(entry.entry).map_err(StoredError::from)?;
            records.push(EventRef::new(Position(entry.position), recorded_at_of(&event)?));
            acceptance_ids.push(event.event_id);
        }
        self.write(intent::record_lookup(records, reason), permit).await?;
        Ok(FindPersonResponse { acceptance_ids, next_page_token })
    }

    /// How many items the erasure that begins at this position erased: the events of its append that go on with it have
    /// no reason.
    async fn erased_at(&self, position: Position) -> Result<u32, Error> {
        let mut erased = 0;
        let mut next = position.0;
        loop {
            let entries = self.log.read(next, self.log.head().size, EVENTS_AT_ONCE).await?;
            if entries.is_empty() {
                return Ok(erased);
            }
            for entry in entries {
                let event = Event::decode(entry.entry).map_err(StoredError::from)?;
                match event.payload {
                    Some(Payload::PersonalDataErased(it))
                        if entry.position == position.0 || it.reason.is_none() =>
                    {
                        erased += u32::try_from(it.key_ids.len()).unwrap_or(u32::MAX);
                    }
                    _ => return Ok(erased),
                }
                next = entry.position + 1;
            }
        }
    }

    /// Has what was erased taken out of the database's files, beside the answer: it is gone for everybody already.
    fn clear_traces(&self) {
        let log = self.log.clone();
        tokio::spawn(async move {
            match log.clear_traces().await {
                Ok(true) => {}
                Ok(false) => warn!(
                    "a reader kept old pages of the vault in the write-ahead log: they go with a later one"
                ),
                Err(error) => warn!(%error, "could not clear the write-ahead log of what was erased"),
            }
        });
    }
}

/// A page of a person's records ends with a key id, as 32 hexadecimal digits.
fn cursor_of(last: &KeyId) -> Cursor {
    Cursor::Id(format!("{:032x}", u128::from_be_bytes(*last)))
}

fn key_id_of(cursor: &Cursor) -> Option<KeyId> {
    match cursor {
        Cursor::Id(text) => u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes),
        Cursor::Position(_) => None,
    }
}
