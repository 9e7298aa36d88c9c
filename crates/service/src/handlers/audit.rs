//! AuditService: the events, exactly as stored.

use std::ops::RangeInclusive;
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
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tonic::{Request, Response, Status};

use super::authorization::stopped;
use super::{Answers, Handlers};
use crate::app::App;
use crate::error::{Error, broke_off};
use crate::permission::Method;
use crate::replay::EVENTS_AT_ONCE;

/// About how many bytes of entries are read from the log at once. While they are sent, as many are read that come behind them: a
/// reader that takes nothing keeps two pages in memory.
const PAGE_BYTES: usize = 256 << 10;
/// How many events that may be.
const PAGE_EVENTS: RangeInclusive<usize> = 4..=1_024;
/// How many it is before one knows how long they are.
const PAGE_EVENTS_FIRST: usize = 64;
/// How many bytes of entries a message has at most; a single event is always less.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

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
            let mut page_events = PAGE_EVENTS_FIRST;
            'replay: loop {
                let head = Position(*heads.borrow_and_update());
                let to = asked.to.map_or(head, |it| it.min(head));
                let mut under_way = None;
                if next <= to && !is_everything(&asked) {
                    app.wait_for_read_models_at(to).await?;
                }
                while next <= to {
                    let page = under_way.take().unwrap_or_else(|| app.page(&asked, next, to, page_events));
                    let (entries, through) = page.await.map_err(|_| broke_off())??;
                    next = Position(through.0 + 1);
                    page_events = events_of_a_page(&entries).unwrap_or(page_events);
                    under_way = (next <= to).then(|| app.page(&asked, next, to, page_events));
                    let mut entries = entries.into_iter();
                    while entries.len() > 0 {
                        // Whoever waits for this worker goes first.
                        yield_now().await;
                        let events = message(&mut entries, asked.entry_only)?;
                        let ended = tokio::select! {
                            biased;
                            () = app.replays.pace(events.len()) => Ok(false),
                            () = &mut stop => Ok(true),
                            _ = reloads.changed() => Err(app.reloaded()),
                        };
                        if ended? {
                            app.cut_short()?;
                            break 'replay;
                        }
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
    fn page(
        self: &Arc<Self>,
        asked: &Arc<Events>,
        from: Position,
        to: Position,
        events: usize,
    ) -> oneshot::Receiver<Page> {
        let (app, asked) = (Arc::clone(self), Arc::clone(asked));
        let (tell, page) = oneshot::channel();
        self.storage.spawn(async move {
            let _turn = app.replays.turn().await;
            // Nothing is read for a reader that went away before its turn came.
            if !tell.is_closed() {
                let _ = tell.send(app.entries(&asked, from, to, events).await);
            }
        });
        page
    }

    /// So many of the next entries that pass the filter, and the position up to which that is all.
    async fn entries(&self, asked: &Events, from: Position, to: Position, events: usize) -> Page {
        if is_everything(asked) {
            let entries = self.log.read(from.0, to.0, events).await?;
            let missing =
                || ReadError::Inconsistent { size: to.0, finding: "an entry before its end is missing" };
            let through = Position(entries.last().ok_or_else(missing)?.position);
            return Ok((entries, through));
        }
        let query = EventQuery {
            partner: asked.filter.partner.clone(),
            customer: asked.filter.customer.clone(),
            types: asked.filter.types.iter().map(ToString::to_string).collect(),
        };
        let positions = self.views.events(&query, from, to, events as u32, false).await?;
        let through = positions.last().filter(|_| positions.len() == events).copied().unwrap_or(to);
        let positions: Vec<u64> = positions.iter().map(|it| it.0).collect();
        let mut entries = self.log.entries(&positions).await?;
        entries.sort_unstable_by_key(|it| it.position);
        Ok((entries, through))
    }
}

/// Whether nothing is filtered out: then the read models need not be asked.
fn is_everything(asked: &Events) -> bool {
    asked.filter.partner.is_none() && asked.filter.customer.is_none() && asked.filter.types.is_empty()
}

/// How many events the next page may have, by how long those of this one are; none where it has none.
fn events_of_a_page(entries: &[StoredEntry]) -> Option<usize> {
    let bytes: usize = entries.iter().map(|it| it.entry.len()).sum();
    let events = (PAGE_BYTES * entries.len()).checked_div(bytes)?;
    Some(events.clamp(*PAGE_EVENTS.start(), *PAGE_EVENTS.end()))
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
