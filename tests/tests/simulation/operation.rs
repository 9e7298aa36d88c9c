//! What can be done to a replica next, and how likely it is.

use super::chance::Chance;
use super::ground::Trap;
use super::replica::{Replica, Stage};

/// One operation.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    /// The process is started, from the snapshot.
    Start,
    /// Nothing: time passes.
    Rest,
    /// Requests are taken from the queue.
    Take,
    /// The next stage of carrying them out.
    GoOn {
        takes_turn: bool,
    },
    /// The next stage is an append, and it is another's turn.
    AppendHeldUp,
    Follow,
    FollowInPart(usize),
    Maintain,
    /// Whoever maintains the read models loses its session.
    EndLease,
    /// All connections break.
    Cut,
    /// The process is gone, without closing anything.
    Crash,
    Rebuild,
    /// A connection breaks in the middle of it.
    Trapped(Trap, Box<Operation>),
}

/// What an operation is chosen by.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    stage: Kind,
    /// It is the turn of another one.
    others_gate: bool,
    /// An append waits at the gate already: which of two is let in first would be chance of another kind.
    place_taken: bool,
    /// What the stage's request has in it, and no other.
    request: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Down,
    Idle,
    Thinking,
    Appending,
    HeldUp,
    Lost,
}

impl Seen {
    pub(crate) fn of(replica: Option<&Replica>, others_gate: bool, place_taken: bool) -> Self {
        let stage = match replica.map(|it| (&it.stage, it.turn.is_some())) {
            None => Kind::Down,
            Some((Stage::Idle, _)) => Kind::Idle,
            Some((Stage::Taken | Stage::Looked(_), _)) => Kind::Thinking,
            Some((Stage::Decided(it), _)) if it.batch.drafts.is_empty() => Kind::Thinking,
            Some((Stage::Decided(_), true)) if others_gate => Kind::Thinking,
            Some((Stage::Decided(_), _)) => Kind::Appending,
            Some((Stage::HeldUp(..), _)) => Kind::HeldUp,
            Some((Stage::Lost(_), _)) => Kind::Lost,
        };
        let first = replica.and_then(|it| it.requests.first());
        let request = first.map(|it| it.id().into_bytes()).unwrap_or_default();
        Self { stage, others_gate, place_taken, request }
    }

    /// The next stage.
    fn next(&self, takes_turn: bool) -> Operation {
        match self.stage {
            Kind::Appending if self.others_gate && self.place_taken => Operation::Rest,
            Kind::Appending if self.others_gate => Operation::AppendHeldUp,
            Kind::HeldUp => Operation::Rest,
            Kind::Down => Operation::Start,
            Kind::Idle => Operation::Take,
            Kind::Thinking | Kind::Appending | Kind::Lost => {
                Operation::GoOn { takes_turn: takes_turn && !self.others_gate }
            }
        }
    }

    fn trapped_next(&self, chance: &mut Chance) -> Operation {
        let next = self.next(chance.below(2) == 0);
        let traps = match (&next, self.stage) {
            (Operation::Rest | Operation::AppendHeldUp | Operation::Take, _) => return next,
            (_, Kind::Appending) => [
                Trap::Request(self.request.clone()),
                Trap::Answer(b"SELECT 1\0".to_vec()),
                Trap::Answer(b"C\0\0\0".to_vec()),
            ],
            _ => [
                Trap::Request(b"B\0\0".to_vec()),
                Trap::Answer(b"SELECT".to_vec()),
                Trap::Answer(b"C\0\0\0".to_vec()),
            ],
        };
        let trap = traps[chance.below(traps.len())].clone();
        Operation::Trapped(trap, Box::new(next))
    }
}

impl Operation {
    /// The next operation of a replica.
    pub(crate) fn drawn(chance: &mut Chance, seen: &Seen) -> Self {
        #[derive(Clone, Copy)]
        enum Draw {
            Next,
            TrappedNext,
            Follow,
            FollowInPart,
            Maintain,
            TrappedMaintain,
            EndLease,
            Cut,
            Crash,
            Rebuild,
        }
        use Draw::*;
        let weights: &[(usize, Draw)] = match seen.stage {
            Kind::Down => &[(9, Next), (1, TrappedNext)],
            Kind::Idle => &[
                (56, Next),
                (10, Follow),
                (8, FollowInPart),
                (14, Maintain),
                (3, TrappedMaintain),
                (2, EndLease),
                (2, Cut),
                (3, Crash),
                (1, Rebuild),
            ],
            Kind::Thinking | Kind::Appending | Kind::HeldUp | Kind::Lost => &[
                (70, Next),
                (9, TrappedNext),
                (12, Maintain),
                (2, TrappedMaintain),
                (1, EndLease),
                (3, Cut),
                (2, Crash),
            ],
        };
        match chance.weighed(weights) {
            Next => seen.next(chance.below(3) > 0),
            TrappedNext => seen.trapped_next(chance),
            Follow => Self::Follow,
            FollowInPart => Self::FollowInPart(1 + chance.below(2)),
            Maintain => Self::Maintain,
            TrappedMaintain => Self::Trapped(while_written(chance), Box::new(Self::Maintain)),
            EndLease => Self::EndLease,
            Cut => Self::Cut,
            Crash => Self::Crash,
            Rebuild => Self::Rebuild,
        }
    }

    /// What brings a replica on where nothing fails any more.
    pub(crate) fn calm(seen: &Seen) -> Self {
        seen.next(true)
    }
}

/// Before and after the commit of the read models' rows, and in the middle of them.
fn while_written(chance: &mut Chance) -> Trap {
    match chance.below(3) {
        0 => Trap::Request(b"COMMIT".to_vec()),
        1 => Trap::Answer(b"COMMIT\0".to_vec()),
        _ => Trap::Answer(b"UPDATE 1\0".to_vec()),
    }
}
