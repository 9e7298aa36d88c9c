//! What became of a command, and what a test expected.

use super::World;
use crate::event::{Event, Recorded};
use crate::refusal::{Refusal, Refusals};

/// What became of a command.
#[must_use]
pub struct Then {
    /// The events that it added, or why it was refused.
    pub result: Result<Vec<Recorded>, Refusals>,
    /// The world after it.
    pub world: World,
}

impl Then {
    /// It added exactly these events.
    ///
    /// # Panics
    ///
    /// Where it added others, or was refused.
    pub fn then(self, expected: impl IntoIterator<Item = Event>) -> World {
        let added = self.result.expect("the command should be carried out");
        let added: Vec<_> = added.into_iter().map(|it| it.event).collect();
        assert_eq!(added, expected.into_iter().collect::<Vec<_>>());
        self.world
    }

    /// It added nothing: all of it was there before.
    ///
    /// # Panics
    ///
    /// Where it added something, or was refused.
    pub fn then_nothing(self) -> World {
        self.then([])
    }

    /// It was refused for exactly these reasons, in this order.
    ///
    /// # Panics
    ///
    /// Where it was carried out, or refused for others.
    pub fn then_refused(self, expected: impl IntoIterator<Item = Refusal>) -> World {
        let refusals = self.result.expect_err("the command should be refused");
        assert_eq!(refusals.0, expected.into_iter().collect::<Vec<_>>());
        self.world
    }

    /// It was refused, and every one of these fields is named as invalid, no other, and nothing else is wrong.
    ///
    /// # Panics
    ///
    /// Where it was carried out, or something else is wrong.
    pub fn then_fields_invalid(self, expected: &[&str]) -> World {
        let refusals = self.result.expect_err("the command should be refused");
        let field = |it: &Refusal| match it {
            Refusal::FieldInvalid { field, description } if !description.is_empty() => *field,
            other => panic!("{other:?} is no invalid field"),
        };
        assert_eq!(refusals.0.iter().map(field).collect::<Vec<_>>(), expected);
        self.world
    }
}
