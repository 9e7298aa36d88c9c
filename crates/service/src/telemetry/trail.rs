//! When the log was known to have reached which size: what turns a lag in positions into one in seconds.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Sizes that become known within this time count as one, known when the first of them was.
const TOGETHER: Duration = Duration::from_millis(250);
/// An hour of a log that always grows; a longer lag is told as one that is at least this long.
const MARKS_MAX: usize = 14_400;

/// The sizes that the log was known to have, each with the instant at which that was first known. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trail(Arc<Mutex<Marks>>);

#[derive(Debug, Default)]
struct Marks {
    marks: VecDeque<Mark>,
    /// The newest size.
    end: u64,
}

/// Something of the log beyond the mark before, up to a size, has been known since an instant.
#[derive(Clone, Copy, Debug)]
struct Mark {
    size: u64,
    since: Instant,
}

/// How far somebody who follows the log is behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Lag {
    pub(super) positions: u64,
    /// How long the first entry that it does not have has been known.
    pub(super) age: Duration,
}

impl Trail {
    /// The log was found to have this size.
    pub(crate) fn note(&self, size: u64) {
        self.note_at(size, Instant::now());
    }

    fn note_at(&self, size: u64, now: Instant) {
        let mut it = self.0.lock();
        if size < it.end {
            // Another log is in its place: nothing that was known of this one's end counts.
            it.marks.clear();
        }
        let is_more = size > it.end;
        it.end = size;
        if !is_more {
            return;
        }
        match it.marks.back_mut().filter(|last| now.duration_since(last.since) < TOGETHER) {
            Some(last) => last.size = size,
            None => it.marks.push_back(Mark { size, since: now }),
        }
        if it.marks.len() > MARKS_MAX {
            it.marks.pop_front();
        }
    }

    /// How far somebody is behind who has everything up to a position.
    pub(super) fn lag(&self, position: u64) -> Lag {
        self.lag_at(position, Instant::now())
    }

    fn lag_at(&self, position: u64, now: Instant) -> Lag {
        let it = self.0.lock();
        let first = it.marks.partition_point(|mark| mark.size <= position);
        let age = it.marks.get(first).map(|mark| now.duration_since(mark.since));
        Lag { positions: it.end.saturating_sub(position), age: age.unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lag_is_as_old_as_the_first_entry_that_is_missing() {
        let (trail, began) = (Trail::default(), Instant::now());
        let at = |seconds| began + Duration::from_secs(seconds);
        trail.note_at(10, at(0));
        trail.note_at(20, at(5));
        trail.note_at(30, at(7));
        let lag = |position| trail.lag_at(position, at(10));
        let behind = |positions, seconds| Lag { positions, age: Duration::from_secs(seconds) };
        assert_eq!(lag(30), behind(0, 0));
        assert_eq!(lag(29), behind(1, 3));
        assert_eq!(lag(20), behind(10, 3));
        assert_eq!(lag(15), behind(15, 5));
        assert_eq!(lag(0), behind(30, 10));
    }

    #[test]
    fn a_log_that_became_shorter_is_another_one() {
        let (trail, began) = (Trail::default(), Instant::now());
        trail.note_at(10, began);
        trail.note_at(4, began + Duration::from_secs(1));
        assert_eq!(trail.lag_at(4, began + Duration::from_secs(2)), Lag::default());
        trail.note_at(5, began + Duration::from_secs(3));
        assert_eq!(
            trail.lag_at(4, began + Duration::from_secs(4)),
            Lag { positions: 1, age: Duration::from_secs(1) }
        );
    }
}
