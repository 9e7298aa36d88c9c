//! Histograms, each filled by one thread.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::figures::add;

/// The upper bounds of durations, in microseconds; what takes longer is in the last bucket.
const DURATION_MICROS: [u64; 16] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 10_000_000, 30_000_000,
];
/// The upper bounds of numbers of things that go together.
const COUNTS: [u64; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768];
const BUCKETS: usize = DURATION_MICROS.len() + 1;
const MICROS_PER_SECOND: f64 = 1_000_000.0;

/// How often something was how large. One thread counts, and any may read.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    sum: AtomicU64,
}

/// What a histogram says: the sum, the count, and how many were in each bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Read {
    buckets: [u64; BUCKETS],
    sum: u64,
}

impl Histogram {
    /// One that took so long.
    pub(super) fn lasted(&self, duration: Duration) {
        self.add(&DURATION_MICROS, duration.as_secs() * 1_000_000 + u64::from(duration.subsec_micros()));
    }

    /// So many at once.
    pub(super) fn counted(&self, count: usize) {
        self.add(&COUNTS, count as u64);
    }

    fn add(&self, bounds: &[u64; BUCKETS - 1], value: u64) {
        let bucket = bounds.iter().position(|bound| value <= *bound).unwrap_or(bounds.len());
        add(&self.buckets[bucket], 1);
        add(&self.sum, value);
    }

    pub(super) fn read(&self) -> Read {
        Read {
            buckets: std::array::from_fn(|at| self.buckets[at].load(Ordering::Relaxed)),
            sum: self.sum.load(Ordering::Relaxed),
        }
    }
}

impl Read {
    /// Both together.
    pub(super) fn plus(self, other: Self) -> Self {
        let buckets = std::array::from_fn(|at| self.buckets[at] + other.buckets[at]);
        Self { buckets, sum: self.sum + other.sum }
    }

    pub(super) fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// As a page shows durations: the sum in seconds, and the buckets with their bounds in seconds.
    pub(super) fn seconds(&self) -> (f64, Vec<(f64, u64)>) {
        let bounds = DURATION_MICROS.map(|it| it as f64 / MICROS_PER_SECOND);
        (self.sum as f64 / MICROS_PER_SECOND, self.bounded(&bounds))
    }

    /// As a page shows numbers of things.
    pub(super) fn counts(&self) -> (f64, Vec<(f64, u64)>) {
        (self.sum as f64, self.bounded(&COUNTS.map(|it| it as f64)))
    }

    fn bounded(&self, bounds: &[f64; BUCKETS - 1]) -> Vec<(f64, u64)> {
        bounds.iter().copied().chain([f64::INFINITY]).zip(self.buckets).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_in_the_first_bucket_that_it_does_not_exceed() {
        let histogram = Histogram::default();
        for micros in [0, 100, 101, 30_000_001] {
            histogram.lasted(Duration::from_micros(micros));
        }
        let read = histogram.read();
        let (sum, buckets) = read.seconds();
        assert_eq!((read.count(), buckets[0], buckets[1]), (4, (0.0001, 2), (0.00025, 1)));
        assert_eq!((buckets[16].1, (sum * MICROS_PER_SECOND).round()), (1, 30_000_202.0));
    }

    #[test]
    fn two_threads_histograms_add_up() {
        let (one, other) = (Histogram::default(), Histogram::default());
        one.counted(3);
        other.counted(4);
        let (sum, buckets) = one.read().plus(other.read()).counts();
        assert_eq!((sum, buckets[2]), (7.0, (4.0, 2)));
    }
}
