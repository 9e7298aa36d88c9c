//! Who is told what became of a command, and by whom.
//!
//! A caller waits on its worker's thread. To wake each of a commit's callers from the append task's thread takes a system call
//! each, and as many turns of their connections; so a worker is handed all that concerns its callers in one piece, and tells them
//! itself. They have answered then before their connections have the next turn.

use std::cell::RefCell;

use tokio::sync::{mpsc, oneshot};

use super::Written;
use crate::error::Error;

type Became = Result<Written, Error>;

/// Outcomes for callers of one worker.
type Told = Vec<(oneshot::Sender<Became>, Became)>;

thread_local! {
    /// Hands outcomes to the task that tells this thread's callers.
    static TELLER: RefCell<Option<mpsc::UnboundedSender<Told>>> = const { RefCell::new(None) };
}

/// From now on the callers on this thread are told by a task of its runtime, which begins here.
pub(crate) fn tell_here() {
    let (teller, mut handed) = mpsc::unbounded_channel::<Told>();
    TELLER.set(Some(teller));
    tokio::spawn(async move {
        while let Some(told) = handed.recv().await {
            // A caller may have gone; the write stands.
            told.into_iter().for_each(|(reply, became)| drop(reply.send(became)));
        }
    });
}

/// Whoever waits for an outcome.
#[derive(Debug)]
pub(super) struct Reply {
    waiting: oneshot::Sender<Became>,
    /// None: on a thread whose callers are told one by one.
    teller: Option<mpsc::UnboundedSender<Told>>,
}

impl Reply {
    /// Where the outcome goes to, and where it arrives: on this thread.
    pub(super) fn here() -> (Self, oneshot::Receiver<Became>) {
        let (waiting, outcome) = oneshot::channel();
        (Self { waiting, teller: TELLER.with_borrow(Clone::clone) }, outcome)
    }

    /// Tells the outcome at once.
    pub(super) fn tell(self, became: Became) {
        drop(self.waiting.send(became));
    }
}

/// Tells outcomes together: those of each worker in one piece.
pub(super) fn tell_all(outcomes: impl Iterator<Item = (Reply, Became)>) {
    let mut pieces: Vec<(mpsc::UnboundedSender<Told>, Told)> = Vec::new();
    for (Reply { waiting, teller }, became) in outcomes {
        let Some(teller) = teller else {
            drop(waiting.send(became));
            continue;
        };
        match pieces.iter_mut().find(|it| it.0.same_channel(&teller)) {
            Some((_, told)) => told.push((waiting, became)),
            None => pieces.push((teller, vec![(waiting, became)])),
        }
    }
    // A worker that has ended took its callers along.
    pieces.into_iter().for_each(|(teller, told)| drop(teller.send(told)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_caller_is_told_its_own_outcome_on_a_thread_that_tells_and_on_one_that_does_not() {
        let outcome = |it: u64| Written {
            position: assent_domain::values::Position(it),
            replayed: false,
            revision: 0,
            event: None,
        };
        let (mut replies, mut waiting) = (Vec::new(), Vec::new());
        for number in 0..20 {
            if number == 10 {
                tell_here();
            }
            let (reply, arrives) = Reply::here();
            replies.push((reply, Ok(outcome(number))));
            waiting.push(arrives);
        }
        drop(waiting.remove(3));
        tell_all(replies.into_iter());
        for (arrives, number) in waiting.into_iter().zip((0..20).filter(|it| *it != 3)) {
            assert_eq!(arrives.await.unwrap().unwrap().position.0, number);
        }
    }
}
