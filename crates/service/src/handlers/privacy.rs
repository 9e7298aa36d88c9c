//! PrivacyService: erasing personal data, and finding whose is held.

use assent_domain::values::Position;
use assent_proto::convert::intent;
use assent_proto::event::Event;
use assent_proto::event::event::Payload;
use assent_proto::stored::StoredError;
use assent_proto::v1::privacy_service_server::PrivacyService;
use assent_proto::v1::{
    ErasePersonalDataRequest, ErasePersonalDataResponse, FindPersonRequest, FindPersonResponse,
};
use prost::Message;
use tonic::{Request, Response, Status};
use tracing::warn;

use super::Handlers;
use crate::app::Answered;
use crate::app::App;
use crate::error::Error;

/// How many events are read at once to count what an erasure erased.
const EVENTS_AT_ONCE: usize = 64;

#[tonic::async_trait]
impl PrivacyService for Handlers {
    async fn erase_personal_data(
        &self,
        request: Request<ErasePersonalDataRequest>,
    ) -> Result<Response<ErasePersonalDataResponse>, Status> {
        let intent = intent::erase_personal_data(request.into_inner()).map_err(Error::from)?;
        let Answered { position, replayed, event, proof, proof_pending, .. } =
            self.app.write(intent, self.app.caller()).await?;
        let erased = if event.is_some() { self.app.erased_at(position).await? } else { 0 };
        if erased > 0 && !replayed {
            self.app.clear_traces();
        }
        Ok(Response::new(ErasePersonalDataResponse {
            erased,
            position: position.0,
            replayed,
            proof,
            proof_pending,
        }))
    }

    async fn find_person(
        &self,
        _: Request<FindPersonRequest>,
    ) -> Result<Response<FindPersonResponse>, Status> {
        Err(Error::NotBuiltYet { what: "find the records that hold a person's e-mail address" }.into())
    }
}

impl App {
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
