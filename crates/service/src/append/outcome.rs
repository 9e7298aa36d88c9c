//! What became of a command, and what a replay finds of it.

use assent_domain::values::Position;
use assent_proto::event::Event;

/// A command carried out.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// The position of its event; the prefix that it was decided on, where the facts already said what it asks for.
    pub(crate) position: Position,
    /// It was carried out before: this is what was stored then.
    pub(crate) replayed: bool,
    /// The relationship's revision after it.
    pub(crate) revision: u64,
    /// Its first event; none where it stored nothing.
    pub(crate) event: Option<Box<Event>>,
}

impl Written {
    /// The outcome that a stored event tells.
    pub(super) fn replay(event: Event) -> Self {
        Self {
            position: Position(event.position),
            replayed: true,
            revision: event.revision,
            event: Some(Box::new(event)),
        }
    }
}
