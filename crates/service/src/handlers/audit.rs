//! AuditService: the events, exactly as stored.

use std::sync::Arc;
use std::vec::IntoIter;

use assent_domain::values::Position;
use assent_event_log::{ReadError, StoredEntry};
use assent_projections::EventQuery;
use assent_proto::RecordedEvent;
use assent_proto::convert::asked::Events;
use assent_proto::convert::{answer, asked, intent};
use assent_proto::v1::audit_service_server::AuditService;
use assent_proto::v1::*;
use bytes::Bytes;
use tokio::task::JoinHandle;
use tonic::{Request, Response, Status};

use super::authorization::stopped;
use super::{Answers, Handlers};
use crate::app::{App, shutting_down};
use crate::error::Error;
use crate::permission::Method;
use crate::replay::EVENTS_AT_ONCE;

/// How many events are read from the log at once. While they are sent, as many are read that come behind them: a reader keeps
/// two pages in memory at most.
const PAGE_EVENTS_MAX: usize = 1_024;
/// How many bytes of entries a message has at most; a single event is always less.
const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// How many positions a filtered read looks for at once.
const FILTERED_POSITIONS: u32 = 256;

/// Entries, and the position up to which they are all that pass.
type Page = Result<(Vec<StoredEntry>, Position), Error>;

#[tonic::async_trait]
impl AuditService for Handlers {
    type ReadEventsStream = Answers<ReadEventsResponse>;

    async fn read_events(
        &self,
        request: Request<ReadEventsRequest>,
    ) -> Result<Response<Self::ReadEventsStream>, Status> {
        let (permit, request) = self.let_in(request, Method::ReadEvents)?;
        let asked = asked::read_events(&request).map_err(Error::from)?;
        permit.narrow(asked.filter.partner.as_ref())?;
        Ok(Response::new(self.app.events(asked)))
    }

    async fn get_history(
        &self,
        request: Request<GetHistoryRequest>,
    ) -> Result<Response<GetHistoryResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::GetHistory)?;
        let asked = asked::get_history(&request).map_err(Error::from)?;
        permit.narrow(Some(&asked.parties.partner))?;
        Ok(Response::new(self.app.history(asked, &permit).await?))
    }

    async fn get_checkpoint(
        &self,
        request: Request<GetCheckpointRequest>,
    ) -> Result<Response<GetCheckpointResponse>, Status> {
        let (_, request) = self.let_in(request, Method::GetCheckpoint)?;
        let wanted = asked::get_checkpoint(&request).map_err(Error::from)?;
        self.app.check_trusted()?;
        Ok(Response::new(self.app.evidence.checkpoint(wanted).await?))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<GetInclusionProofRequest>,
    ) -> Result<Response<GetInclusionProofResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::GetInclusionProof)?;
        let wanted = asked::get_inclusion_proof(&request).map_err(Error::from)?;
        self.app.check_trusted()?;
        self.app.narrow_proof(&wanted, &permit).await?;
        Ok(Response::new(self.app.evidence.inclusion(wanted, self.app.ids).await?))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<GetConsistencyProofRequest>,
    ) -> Result<Response<GetConsistencyProofResponse>, Status> {
        let (_, request) = self.let_in(request, Method::GetConsistencyProof)?;
        let wanted = asked::get_consistency_proof(&request).map_err(Error::from)?;
        self.app.check_trusted()?;
        Ok(Response::new(self.app.evidence.consistency(wanted).await?))
    }

    type ExportInquiryStream = Answers<ExportInquiryResponse>;

    async fn export_inquiry(
        &self,
        request: Request<ExportInquiryRequest>,
    ) -> Result<Response<Self::ExportInquiryStream>, Status> {
        let (permit, request) = self.let_in(request, Method::ExportInquiry)?;
        permit.is_oneself()?;
        let with_contacts = request.with_contacts;
        let asked = intent::export_inquiry(request).map_err(Error::from)?;
        if with_contacts {
            // Personal data is for whoever may see it (rule C14); why, the inquiry says.
            permit.may_disclose()?;
        }
        Ok(Response::new(self.app.export(asked, permit).await?))
    }
}

impl App {
    /// Streams events in order: those that are there, then, for a live reader, those that come.
    fn events(self: &Arc<Self>, asked: Events) -> Answers<ReadEventsResponse> {
        let app = Arc::clone(self);
        let asked = Arc::new(asked);
        let mut stop = Box::pin(stopped(&app));
        let mut reloads = app.trust.reloads();
        Box::pin(async_stream::try_stream! {
            let mut heads = app.log.heads();
            let mut next = asked.from;
            let mut caught_up = false;
            loop {
                let head = Position(*heads.borrow_and_update());
                let to = asked.to.map_or(head, |it| it.min(head));
                let mut under_way = None;
                while next <= to {
                    let page = under_way.take().unwrap_or_else(|| app.page(&asked, next, to));
                    let (entries, through) = page.await.unwrap_or_else(|_| Err(shutting_down()))?;
                    next = Position(through.0 + 1);
                    under_way = (next <= to).then(|| app.page(&asked, next, to));
                    let mut entries = entries.into_iter();
                    while entries.len() > 0 {
                        app.replays.pace(entries.len()).await;
                        let events = message(&mut entries, asked.entry_only)?;
                        yield ReadEventsResponse { events, ..Default::default() };
                    }
                }
                let through = Position(next.0.saturating_sub(1).min(to.0));
                yield app.checkpoint(through);
                let ended = asked.to.is_some_and(|it| next > it);
                if !asked.live || ended {
                    break;
                }
                if !caught_up {
                    caught_up = true;
                    yield ReadEventsResponse { caught_up, ..Default::default() };
                }
                let ended = tokio::select! {
                    changed = heads.changed() => Ok(changed.is_err()),
                    () = &mut stop => Ok(true),
                    _ = reloads.changed() => Err(app.reloaded()),
                };
                if ended? {
                    app.cut_short()?;
                    break;
                }
            }
        })
    }

    fn checkpoint(&self, position: Position) -> ReadEventsResponse {
        let time = Some(answer::timestamp(self.instant(None)));
        let checkpoint = Some(Checkpoint { position: position.0, time });
        ReadEventsResponse { checkpoint, ..Default::default() }
    }

    /// Begins to read the next page, on a thread of storage: it goes on while the page before it is sent, keeps no order waiting,
    /// and ends well where the reader goes away, so that its connection can be used again.
    fn page(self: &Arc<Self>, asked: &Arc<Events>, from: Position, to: Position) -> JoinHandle<Page> {
        let (app, asked) = (Arc::clone(self), Arc::clone(asked));
        self.storage.spawn(async move { app.entries(&asked, from, to).await })
    }

    /// The next entries that pass the filter, and the position up to which that is all.
    async fn entries(&self, asked: &Events, from: Position, to: Position) -> Page {
        let query = EventQuery {
            partner: asked.filter.partner.clone(),
            customer: asked.filter.customer.clone(),
            types: asked.filter.types.iter().map(ToString::to_string).collect(),
        };
        let everything = query.partner.is_none() && query.customer.is_none() && query.types.is_empty();
        if everything {
            let entries = self.log.read(from.0, to.0, PAGE_EVENTS_MAX).await?;
            let missing =
                || ReadError::Inconsistent { size: to.0, finding: "an entry before its end is missing" };
            let through = Position(entries.last().ok_or_else(missing)?.position);
            return Ok((entries, through));
        }
        self.wait_for_read_models_at(to).await?;
        let positions = self.views.events(&query, from, to, FILTERED_POSITIONS, false).await?;
        let full = positions.len() == FILTERED_POSITIONS as usize;
        let through = positions.last().filter(|_| full).copied().unwrap_or(to);
        let positions: Vec<u64> = positions.iter().map(|it| it.0).collect();
        let mut entries = self.log.entries(&positions).await?;
        entries.sort_unstable_by_key(|it| it.position);
        Ok((entries, through))
    }
}

/// The next message of entries, of a bounded size; empty where there are no more. An entry that is not as it was stored is
/// never shown.
fn message(entries: &mut IntoIter<StoredEntry>, entry_only: bool) -> Result<Vec<RecordedEvent>, Error> {
    let mut events = Vec::with_capacity(entries.len().min(EVENTS_AT_ONCE));
    let mut bytes = 0;
    while let Some(next) = entries.as_slice().first() {
        bytes += next.entry.len();
        if events.len() == EVENTS_AT_ONCE || (bytes > MESSAGE_BYTES_MAX && !events.is_empty()) {
            break;
        }
        next.check()?;
        events.extend(entries.next().map(|StoredEntry { entry, leaf_hash, .. }| match entry_only {
            true => RecordedEvent::entry_only(entry),
            false => RecordedEvent::stored(entry, Bytes::copy_from_slice(&leaf_hash)),
        }));
    }
    Ok(events)
}
