//! What must hold after a seed, whatever happened in it.

use std::collections::HashMap;

use assent_domain::{Event, Facts as _, Overlay, Recorded, evolve};
use assent_event_log::{EventLog, StoredEntry, Verdict};
use assent_projections::{Views, audit, decode, verify};
use assent_proto::event::Event as Stored;
use prost::Message as _;

use super::ground::Ground;
use super::jobs::{Answer, Job, Request};
use super::plan::decided;
use super::replica::Replica;

/// More than a seed stores.
const ENTRIES_MAX: usize = 4_096;

/// Everything at once: the log, what it says, what was answered, every index, and the read models.
pub(crate) async fn check(ground: &Ground, replicas: &[&Replica], jobs: &[Job]) -> Result<(), String> {
    match assent_event_log::verify(&ground.url(), |_, _| {}).await.map_err(told)? {
        Verdict::Whole(_) => {}
        Verdict::Broken(finding) => return Err(format!("the log is broken: {finding}")),
    }
    let log = &replicas.first().ok_or("there are replicas")?.log;
    let entries = log.read(1, u64::MAX, ENTRIES_MAX).await.map_err(told)?;
    let events = decode(log, &entries).await.map_err(told)?;
    let events: Vec<_> = events.into_iter().map(|it| it.recorded).collect();
    replay(&events, &requests_of(&entries)?, jobs)?;
    for (number, replica) in replicas.iter().enumerate() {
        ensure(replica.applied() == events.len() as u64, || format!("r{number} is not at the log's end"))?;
        let difference = verify(&replica.log, &replica.index).await.map_err(told)?.err();
        ensure(difference.is_none(), || format!("r{number} holds other facts: {difference:?}"))?;
    }
    read_models(log, events.len() as u64).await
}

async fn read_models(log: &EventLog, size: u64) -> Result<(), String> {
    let views = Views::open_read_only(log).await.map_err(told)?;
    let keys = |_: &Event, id: &str| Request::of_id(id).map(Request::key).into_iter().collect();
    let alike = audit(log, Some(&views), keys, |_, _| {}).await.map_err(told)?;
    let alike = alike.map_err(|unlike| format!("the read models differ: {unlike:?}"))?;
    ensure(alike.read_models == Some(size), || format!("the read models are elsewhere: {alike:?}"))
}

/// The request that each event names.
fn requests_of(entries: &[StoredEntry]) -> Result<Vec<Option<Request>>, String> {
    let request = |it: &StoredEntry| {
        let stored = Stored::decode(it.entry.clone()).map_err(told)?;
        Ok(stored.request_id.as_deref().and_then(Request::of_id))
    };
    entries.iter().map(request).collect()
}

/// Each request's events are what is decided on exactly the prefix before them, and each is stored once; each answer is
/// right at its prefix.
fn replay(events: &[Recorded], requests: &[Option<Request>], jobs: &[Job]) -> Result<(), String> {
    let mut facts = Overlay::empty();
    let mut carried_out = HashMap::new();
    let mut rest = events;
    loop {
        refusals(&facts, &carried_out, jobs)?;
        let Some(next) = rest.first() else { break };
        let position = next.position.0;
        let count = match requests[(position - 1) as usize] {
            // The template's: its commands are no requests.
            None => 1,
            Some(request) => {
                let before = carried_out.insert(request, position);
                ensure(before.is_none(), || {
                    format!("{request:?} is stored at {before:?} and at {position}")
                })?;
                let expected = decided(&facts, &jobs[request.0].command, next.recorded_at);
                let expected =
                    expected.map_err(|it| format!("{request:?} at {position} is refused: {it:?}"))?;
                let stored: Vec<_> = rest.iter().take(expected.len()).map(|it| it.event.clone()).collect();
                ensure(!expected.is_empty() && stored == expected, || {
                    format!("{request:?} at {position} is to store {expected:?}\nand not {stored:?}")
                })?;
                expected.len()
            }
        };
        let (now, later) = rest.split_at(count);
        now.iter().for_each(|it| evolve(&mut facts, it));
        rest = later;
    }
    for (number, job) in jobs.iter().enumerate() {
        stored_once(Request(number), job, &carried_out)?;
    }
    Ok(())
}

/// What was answered with nothing stored is what this prefix says, where it names this one.
fn refusals(facts: &Overlay<'_>, carried_out: &HashMap<Request, u64>, jobs: &[Job]) -> Result<(), String> {
    for (number, job) in jobs.iter().enumerate() {
        for answer in &job.answers {
            let Answer::Not { prefix, now, refused } = answer else { continue };
            if *prefix != facts.ledger().applied.0 {
                continue;
            }
            let before = carried_out.get(&Request(number));
            ensure(before.is_none(), || {
                format!("request {number} is stored at {before:?}, and answered {answer:?}")
            })?;
            let expected = decided(facts, &job.command, *now);
            let is_so = match (&expected, refused) {
                (Ok(events), None) => events.is_empty(),
                (Err(expected), Some(refused)) => expected == refused,
                (Ok(_), Some(_)) | (Err(_), None) => false,
            };
            ensure(is_so, || format!("request {number} is answered {answer:?}, and is {expected:?}"))?;
        }
    }
    Ok(())
}

/// Whoever was told that it is stored finds it there. Every request was sent until it was answered.
fn stored_once(request: Request, job: &Job, carried_out: &HashMap<Request, u64>) -> Result<(), String> {
    ensure(!job.answers.is_empty(), || format!("{request:?} was not answered"))?;
    for answer in &job.answers {
        if let Answer::Stored(position) = answer {
            let there = carried_out.get(&request);
            ensure(there == Some(position), || {
                format!("{request:?} was acknowledged at {position}, and is stored at {there:?}")
            })?;
        }
    }
    Ok(())
}

fn told(error: impl std::error::Error) -> String {
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    format!("{error}: {source}")
}

fn ensure(holds: bool, fault: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(fault()) }
}
