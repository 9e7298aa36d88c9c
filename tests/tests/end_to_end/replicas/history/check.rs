//! Holds a history against the events that were stored.
//!
//! The events stand in one order already, the log's, so that no order has to be searched for: each write has its place
//! in it, each decision names its prefix, and a refusal must be right on some prefix that its caller could have met.

use std::collections::BTreeMap;

use assent_domain::Recorded;
use assent_proto::stored::instant_of;

use super::calls::{Answer, Done, Written};
use super::model::Model;

/// What is wrong with a history; the history of a run is checked once.
type Fault = String;

/// Takes the model over the events of a run, and checks every call of the run on the way.
pub(super) fn check(model: &mut Model, history: &[Done], events: &[Recorded]) -> Result<(), Fault> {
    let base = model.position();
    let last = base + events.len() as u64;
    for (position, event) in (base + 1..).zip(events) {
        ensure(event.position.0 == position, || format!("position {position} is {}", event.position))?;
    }
    let mut writes = BTreeMap::new();
    for done in history {
        in_time(history, done)?;
        let Some(written) = done.write() else { continue };
        let other = writes.insert(written.position, done);
        ensure(other.is_none(), || format!("two calls wrote position {}", written.position))?;
    }
    let mut explained = vec![false; history.len()];
    loop {
        for (done, explained) in history.iter().zip(&mut explained) {
            *explained |= is_explained(model, history, done)?;
        }
        let position = model.position() + 1;
        if position > last {
            break;
        }
        let done = writes.remove(&position).ok_or_else(|| format!("nobody wrote position {position}"))?;
        carry_out(model, done, &events[(position - base - 1) as usize..])?;
    }
    let lost = writes.keys().next();
    ensure(lost.is_none(), || format!("the write at position {lost:?} was acknowledged and is not there"))?;
    let unexplained =
        history.iter().zip(explained).find(|(done, explained)| !explained && done.write().is_none());
    ensure(unexplained.is_none(), || format!("no prefix gives the answer of {unexplained:#?}"))
}

/// Whoever calls after another call was answered finds what that one knew.
fn in_time(history: &[Done], done: &Done) -> Result<(), Fault> {
    let before = history.iter().filter(|it| it.ended < done.began);
    for before in before {
        let (Some(known), Some(position)) = (before.answer.position(), done.answer.position()) else {
            continue;
        };
        let (fresh, replica) = (done.write().is_some(), done.server == before.server);
        let replayed = matches!(done.answer, Answer::Written(_)) && !fresh;
        ensure(!fresh || position > known, || {
            format!("position {position} was written after {known} was known: {done:#?}")
        })?;
        ensure(replayed || !replica || position >= known, || {
            format!("a replica went back from {known} to {position}: {done:#?}")
        })?;
    }
    Ok(())
}

/// The prefixes that a call can have met: all that was known when it began, and nothing that began after it was
/// answered.
fn window(history: &[Done], done: &Done) -> (u64, u64) {
    let before = history.iter().filter(|it| it.ended < done.began);
    let after = history.iter().filter(|it| it.began > done.ended);
    let known = before.filter_map(|it| it.answer.position()).max().unwrap_or_default();
    let later = after.filter_map(|it| Some(it.write()?.position)).min();
    (known, later.map_or(u64::MAX, |it| it - 1))
}

/// Whether a call that wrote nothing is answered what it would be at the model's prefix, and could have met it.
fn is_explained(model: &Model, history: &[Done], done: &Done) -> Result<bool, Fault> {
    let position = model.position();
    let (known, ceiling) = window(history, done);
    match &done.answer {
        Answer::Written(written) if written.replayed => {
            let intent = done.call.intent().ok_or("only writes are replayed")?;
            let before = model.carried_out(&intent);
            Ok(position <= ceiling && before.is_some_and(|it| is_replay(written, it)))
        }
        Answer::Written(_) => Ok(false),
        Answer::Refused(..) => {
            let could_meet = (known..=ceiling).contains(&position);
            let refusal = || model.refusal(&done.call.intent()?);
            Ok(could_meet && refusal().is_some_and(|it| it == done.answer))
        }
        Answer::Decided(response) if response.position != position => Ok(false),
        Answer::Decided(response) => {
            let asked = done.call.asked().ok_or("only orders are decided")?;
            let at = response.evaluated_at.as_ref().and_then(|it| instant_of(it).ok());
            let at = at.filter(|it| model.is_over(*it)).ok_or("a decision was made before its prefix was")?;
            ensure(asked.min_position.is_none_or(|it| it.0 <= position), || {
                format!("a decision rests on less than was asked for: {done:#?}")
            })?;
            let expected = model.authorize(&asked, at);
            ensure(expected == **response, || format!("{done:#?}\nis to be {expected:#?}"))?;
            Ok(position <= ceiling)
        }
    }
}

/// A replay tells what was told before, but that it is one.
fn is_replay(written: &Written, before: &Written) -> bool {
    let decision = before.decision.clone().map(|mut it| {
        it.replayed = true;
        it
    });
    *written == Written { replayed: true, decision, ..before.clone() }
}

/// A write's events are the next ones, decided on exactly the prefix before them at their own instant.
fn carry_out(model: &mut Model, done: &Done, events: &[Recorded]) -> Result<(), Fault> {
    let intent = done.call.intent().ok_or("only writes are written")?;
    let now = events.first().ok_or("a write has events")?.recorded_at;
    ensure(model.is_over(now), || format!("time runs backwards: {done:#?}"))?;
    ensure(model.carried_out(&intent).is_none(), || format!("carried out twice: {done:#?}"))?;
    let decided = model.decide(&intent, now);
    let decided = decided.map_err(|refusals| format!("{done:#?}\nis to be refused: {refusals:?}"))?;
    let stored: Vec<_> = events.iter().take(decided.len()).map(|it| it.event.clone()).collect();
    ensure(!decided.is_empty() && stored == decided, || {
        format!("{done:#?}\nis to store {decided:#?}\nand not {stored:#?}")
    })?;
    let expected = model.carry_out(&done.call, &intent, &events[..decided.len()]);
    let answered = done.write().ok_or("a write is answered with one")?;
    ensure(*answered == expected, || format!("{done:#?}\nis to be answered {expected:#?}"))
}

fn ensure(holds: bool, fault: impl FnOnce() -> String) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(fault()) }
}
