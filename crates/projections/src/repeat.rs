//! A recorded decision made again, from nothing but the log before it (rule O12).

use assent_domain::authorize::{AsOf, Decision, authorize};
use assent_domain::values::Position;
use assent_domain::{Event as DomainEvent, Facts, evolve};
use assent_event_log::{EventLog, StoredEntry};
use assent_index::Index;
use assent_proto::convert::Ids;
use assent_proto::event::Event;
use assent_proto::event::event::Payload;
use assent_proto::stored::{Particulars, body, read};
use prost::Message;

use crate::decode::{DecodeError, decode};
use crate::start::missing;

const EVENTS_AT_ONCE: usize = 1_024;

/// A decision that was made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// What is decided now on the prefix that was decided on then.
    pub decision: Decision,
    /// The entry that recording it would have stored: the same bytes, if nothing changed.
    pub entry: Vec<u8>,
}

/// Why a decision can't be made again.
#[derive(Debug, thiserror::Error)]
pub enum RepeatError {
    /// The log can't be read that far, or not be understood.
    #[error("could not fold the log up to the decision")]
    Decode(#[from] DecodeError),
    /// The event is none.
    #[error("the event at position {position} is not a recorded decision")]
    NoDecision {
        /// Where it stands.
        position: u64,
    },
    /// Then there was no answer, and so there can be no record of one.
    #[error("no policy was published before the decision")]
    NoPolicy,
}

/// Folds the log up to the prefix that the decision in this entry rests on, decides the same order as of the same
/// instant, and makes the entry that would have been stored. `progress` is told how many of how many events are folded.
pub async fn repeat_decision(
    log: &EventLog,
    entry: &StoredEntry,
    mut progress: impl FnMut(u64, u64),
) -> Result<Repeated, RepeatError> {
    let position = entry.position;
    let stored = |source| DecodeError::Stored { position, source };
    let event = Event::decode(entry.entry.clone()).map_err(|it| stored(it.into()))?;
    let recorded = read(&event, &None::<bytes::Bytes>).map_err(stored)?;
    let (DomainEvent::OrderDecided { order, effective_at, prefix, .. }, Some(Payload::OrderDecided(decided))) =
        (recorded.event, &event.payload)
    else {
        return Err(RepeatError::NoDecision { position });
    };
    let index = fold(log, prefix, &mut progress).await?;
    let as_of = AsOf { prefix, effective_at };
    let decision = authorize(&index, &order, &as_of).map_err(|_| RepeatError::NoPolicy)?;
    let policy = index.policies().at(prefix).map(|it| (it.document.id.clone(), it.version));
    let own = Particulars {
        actor: event.actor.clone().unwrap_or_default(),
        request_id: event.request_id.clone(),
        order_ref: decided.order.as_ref().and_then(|it| it.order_ref.clone()),
        policy,
        ..Particulars::default()
    };
    let ids = Ids { tag: index.ledger().tag };
    let made = DomainEvent::OrderDecided { order, effective_at, prefix, decision: decision.clone() };
    let made = body(event.stream.clone(), &made, &own, &|it| ids.id(it).to_string());
    // The stamp is the log's: where the event came to stand is no part of what was decided.
    let Event { position, revision, recorded_at, event_id, links, .. } = event;
    let made = Event { position, revision, recorded_at, event_id, links, ..made };
    Ok(Repeated { decision, entry: made.encode_to_vec() })
}

async fn fold(
    log: &EventLog,
    prefix: Position,
    progress: &mut impl FnMut(u64, u64),
) -> Result<Index, DecodeError> {
    let mut index = Index::default();
    while index.ledger().applied < prefix {
        progress(index.ledger().applied.0, prefix.0);
        let entries = log.read(index.ledger().applied.0 + 1, prefix.0, EVENTS_AT_ONCE).await?;
        if entries.is_empty() {
            return Err(missing(prefix.0).into());
        }
        for event in decode(log, &entries).await? {
            evolve(&mut index, &event.recorded);
        }
    }
    Ok(index)
}
