//! Building a ledger quickly: every entry is decided, stamped, encoded, sealed and hashed as the service does it,
//! but committed by thousands, without a call for each.

use std::path::Path;
use std::time::Instant as Stopwatch;

use assent_domain::stream::stamp_of;
use assent_domain::values::{Instant, Position};
use assent_domain::{Event, Facts, Recorded, evolve};
use assent_event_log::{Batch, Draft, EventLog, LedgerTag, Links};
use assent_projections::admin::rebuild;
use assent_projections::{Index, decode};
use assent_proto::convert::Ids;
use assent_proto::event::Actor;
use assent_proto::stored::{self, Particulars};
use assent_service::serve;
use assent_vault::{MasterKey, Vault};
use prost::Message as _;

use super::Size;
use super::story::{self, Step};
use crate::Outcome;
use crate::people::PARTNERS;
use crate::server::{config, database_url, key_file};

/// How many customers' events go into one commit.
const CUSTOMERS_A_COMMIT: u64 = 2_000;
/// How many entries of a new ledger there are at most: its format, rules, agreements and policy.
const FIRST_ENTRIES_MAX: usize = 1_000;

/// Builds a ledger of this size in an empty folder.
pub(crate) fn build(folder: &Path, size: impl Into<Size>) -> Outcome<()> {
    // The service itself makes the first commit and the master key: serve, and end at once.
    serve(config(folder, 1), |_| {}, std::future::ready(()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(load(folder, size.into()))
}

async fn load(folder: &Path, Size { relationships, events_each }: Size) -> Outcome<()> {
    let url = database_url(folder);
    let log = EventLog::open(&url).await?;
    let key = MasterKey::read(&key_file(folder))?;
    let vault = Vault::open(log.database().clone(), key).await?;
    let mut index = Index::default();
    let first = log.read(1, log.head().size, FIRST_ENTRIES_MAX).await?;
    for event in decode(&log, &first).await? {
        evolve(&mut index, &event.recorded);
    }
    let started = Stopwatch::now();
    commit(&log, &vault, &mut index, (0..PARTNERS).map(story::partner)).await?;
    for from in (0..relationships).step_by(CUSTOMERS_A_COMMIT as usize) {
        let customers = from..(from + CUSTOMERS_A_COMMIT).min(relationships);
        let steps = customers.flat_map(|it| story::customer(it, events_each));
        commit(&log, &vault, &mut index, steps).await?;
        let done = from + CUSTOMERS_A_COMMIT;
        if done.is_multiple_of(50 * CUSTOMERS_A_COMMIT) {
            eprintln!("  {done} relationships in {:.0} s", started.elapsed().as_secs_f64());
        }
    }
    eprintln!(
        "  {} entries in {:.0} s; now the read models",
        log.head().size,
        started.elapsed().as_secs_f64()
    );
    drop(index);
    log.close().await;
    let started = Stopwatch::now();
    rebuild(&url, |_, _| {}).await?;
    eprintln!("  the read models in {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Decides steps one after the other, each on the facts that those before it make, and commits them together.
async fn commit(
    log: &EventLog,
    vault: &Vault,
    index: &mut Index,
    steps: impl Iterator<Item = Step>,
) -> Outcome<()> {
    let head = log.head();
    let at = Instant::from_micros(head.recorded_at + 1)?;
    let mut batch = Batch {
        start: head.size,
        at: at.micros(),
        tag: LedgerTag::from_random(index.ledger().tag),
        drafts: Vec::new(),
        requests: Vec::new(),
        vault: Vec::new(),
        erase: Vec::new(),
        documents: Vec::new(),
    };
    for step in steps {
        let events = step.decide(&*index, at)?;
        let mut own = particulars();
        if let Some(sealed) = step.seal(vault, at) {
            own.claim = step.claim().cloned();
            own.contact = Some(sealed.0);
            batch.vault.push(sealed.1);
        }
        for event in events {
            let position = head.size + batch.drafts.len() as u64 + 1;
            batch.drafts.push(draft(index, &event, &own));
            evolve(index, &Recorded { position: Position(position), recorded_at: at, event });
        }
    }
    log.append(batch).await?;
    Ok(())
}

fn draft(index: &Index, event: &Event, own: &Particulars) -> Draft {
    let stamp = stamp_of(index, event);
    let ids = Ids { tag: index.ledger().tag };
    let body = stored::body(stamp.stream, event, own, &|it| ids.text(it));
    let place = |it: Option<Position>| it.map(|it| it.0);
    let links = Links {
        stream: place(stamp.links.stream),
        customer: place(stamp.links.customer),
        partner: place(stamp.links.partner),
        agreement: place(stamp.links.agreement),
        reseller: place(stamp.links.reseller),
    };
    Draft { body: body.encode_to_vec().into(), revision: stamp.revision, links }
}

fn particulars() -> Particulars {
    let actor = Actor { user_id: "assent-bench".to_owned(), role: None, employee: None };
    Particulars { actor, ..Particulars::default() }
}
