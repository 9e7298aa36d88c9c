//! A fact and what it was before: what `known_at` reads.

use crate::values::Position;

/// A fact with the position that made it so, and its earlier values. Nearly every fact has one value for ever,
/// so that the earlier ones are a pointer that is null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History<T> {
    since: Position,
    current: T,
    #[expect(
        clippy::box_collection,
        reason = "a null pointer of 8 bytes where nearly all have no earlier value"
    )]
    earlier: Option<Box<Vec<(Position, T)>>>,
}

impl<T> History<T> {
    /// A fact that holds from this position on.
    pub const fn new(since: Position, current: T) -> Self {
        Self { since, current, earlier: None }
    }

    /// What the whole log says.
    pub const fn current(&self) -> &T {
        &self.current
    }

    /// The position of the event that made the current value.
    pub const fn since(&self) -> Position {
        self.since
    }

    /// Whether there was another value before the current one.
    pub const fn is_changed(&self) -> bool {
        self.earlier.is_some()
    }

    /// The bytes that its earlier values take.
    pub fn bytes_beside(&self) -> usize {
        self.earlier.as_ref().map_or(0, |it| size_of_val(&**it) + it.capacity() * size_of::<(Position, T)>())
    }

    /// What the log's prefix said; none before the first value.
    pub fn at(&self, prefix: Position) -> Option<&T> {
        if self.since <= prefix {
            return Some(&self.current);
        }
        let earlier = self.earlier.as_ref()?;
        earlier.iter().rev().find(|(since, _)| *since <= prefix).map(|(_, value)| value)
    }

    /// From this position on the fact is another.
    pub fn change(&mut self, since: Position, value: T) {
        let before = std::mem::replace(&mut self.current, value);
        self.earlier.get_or_insert_default().push((self.since, before));
        self.since = since;
    }

    /// Every value with the position that made it so, oldest first.
    pub fn values(&self) -> impl Iterator<Item = (Position, &T)> {
        let earlier = self.earlier.iter().flat_map(|it| it.iter().map(|(since, value)| (*since, value)));
        earlier.chain([(self.since, &self.current)])
    }

    /// Rebuilds a history from its values, oldest first; none where there are none.
    pub fn from_values(values: impl IntoIterator<Item = (Position, T)>) -> Option<Self> {
        let mut values = values.into_iter();
        let (since, first) = values.next()?;
        let mut history = Self::new(since, first);
        for (since, value) in values {
            history.change(since, value);
        }
        Some(history)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_sees_the_value_that_held_at_its_end() {
        let mut fact = History::new(Position(3), 'a');
        fact.change(Position(7), 'b');
        fact.change(Position(9), 'c');
        let seen: Vec<_> = (2..=10).map(|at| fact.at(Position(at)).copied()).collect();
        let a = Some('a');
        assert_eq!(seen, [None, a, a, a, a, Some('b'), Some('b'), Some('c'), Some('c')]);
        assert_eq!(History::from_values(fact.values().map(|(at, it)| (at, *it))), Some(fact));
    }
}
