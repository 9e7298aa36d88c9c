//! How long a call waits before it is sent again.

use std::time::Duration;

use super::service_config::RetryPolicy;

impl RetryPolicy {
    /// The longest wait after that many attempts: it grows by the multiplier, up to the maximum.
    pub(super) fn ceiling(&self, attempts: u32) -> Duration {
        let exponent = i32::try_from(attempts.saturating_sub(1)).unwrap_or(i32::MAX);
        let grown = self.initial_backoff.as_secs_f64() * self.backoff_multiplier.powi(exponent);
        Duration::from_secs_f64(grown.min(self.max_backoff.as_secs_f64()))
    }

    /// A wait between nothing and the ceiling, by chance, so that many clients that failed together do not come back
    /// together.
    pub(super) fn wait(&self, attempts: u32) -> Duration {
        let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
        // The upper 32 bits of a version 4 UUID are all random.
        let part = f64::from(u32::try_from(random >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX);
        self.ceiling(attempts).mul_f64(part)
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    fn policy() -> RetryPolicy {
        RetryPolicy {
            max_attempts: 5,
            initial_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(1),
            backoff_multiplier: 3.0,
            retryable_status_codes: vec![Code::Unavailable],
        }
    }

    #[test]
    fn waits_grow_up_to_the_maximum() {
        let ceilings = [1, 2, 3, 4, u32::MAX].map(|it| policy().ceiling(it).as_millis());
        assert_eq!(ceilings, [100, 300, 900, 1000, 1000]);
    }

    #[test]
    fn a_wait_is_below_the_ceiling_and_differs_from_call_to_call() {
        let waits: Vec<_> = (0..64).map(|_| policy().wait(2)).collect();
        assert!(waits.iter().all(|it| *it <= policy().ceiling(2)), "{waits:?}");
        assert!(waits.iter().any(|it| *it != waits[0]), "{waits:?}");
    }
}
