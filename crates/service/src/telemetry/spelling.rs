//! When an answer has the name of its trailer `x-request-id` put into HPACK's table, so that the answers behind it on the same
//! connection point to it there (RFC 7541, section 2.3.2). To spell it out each time costs half a hundredth of an order.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// So many connections of a worker are told apart.
const CONNECTIONS: usize = 256;
/// After so many calls the name is spelled again: the table forgets it for what came later, such as the date of each second. A
/// connection that takes half a minute for them always has it there; one that takes longer has its names spelled meanwhile.
const AGAIN_AFTER: u32 = 1 << 20;

/// How many calls the connections of a worker have made.
#[derive(Debug)]
pub(super) struct Spellings {
    calls: [AtomicU32; CONNECTIONS],
    connections: AtomicUsize,
}

impl Spellings {
    /// No connection yet.
    pub(super) fn new() -> Self {
        Self { calls: [const { AtomicU32::new(0) }; CONNECTIONS], connections: AtomicUsize::new(0) }
    }

    /// A place for a new connection. Two that share one have their names spelled in answers less often than would help.
    pub(super) fn connection(&self) -> usize {
        let place = self.connections.fetch_add(1, Ordering::Relaxed) % CONNECTIONS;
        self.calls[place].store(0, Ordering::Relaxed);
        place
    }

    /// Whether the answer to this connection's next call spells the name for the table. Only the worker whose connection it is asks.
    pub(super) fn is_due(&self, connection: usize) -> bool {
        let calls = &self.calls[connection];
        let before = calls.load(Ordering::Relaxed);
        calls.store(before.wrapping_add(1), Ordering::Relaxed);
        before.is_multiple_of(AGAIN_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connections_first_answer_spells_the_name_and_again_after_many() {
        let spellings = Spellings::new();
        let (one, other) = (spellings.connection(), spellings.connection());
        let due: Vec<_> = (0..=2 * AGAIN_AFTER).filter(|_| spellings.is_due(one)).collect();
        assert_eq!(due, [0, AGAIN_AFTER, 2 * AGAIN_AFTER]);
        assert!(spellings.is_due(other));
    }

    #[test]
    fn a_new_connection_at_the_place_of_an_old_one_spells_it_anew() {
        let spellings = Spellings::new();
        let first = spellings.connection();
        assert!(spellings.is_due(first) && !spellings.is_due(first));
        while spellings.connection() != first {}
        assert!(spellings.is_due(first));
    }
}
