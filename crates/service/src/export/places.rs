//! How many exports are made at once: each takes a core.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::error::{Error, Limit};

/// How many exports are made at once; of one caller, one.
const EXPORTS_MAX: usize = 2;
/// When to ask again for one more.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Keeps exports few, and one caller from taking all places.
#[derive(Clone, Default)]
pub(crate) struct Exports(Arc<Mutex<Vec<String>>>);

/// The place of an export, for as long as it is made.
pub(super) struct Place {
    exports: Exports,
    user_id: String,
}

impl Exports {
    pub(super) fn place(&self, user_id: &str) -> Result<Place, Error> {
        let mut under_way = self.0.lock();
        let full = match under_way.iter().any(|it| it == user_id) {
            true => Some(Limit::OwnExport),
            false => (under_way.len() >= EXPORTS_MAX).then_some(Limit::Exports),
        };
        if let Some(limit) = full {
            return Err(Error::RateLimited { limit, retry_after: RETRY_AFTER });
        }
        under_way.push(user_id.to_owned());
        drop(under_way);
        Ok(Place { exports: self.clone(), user_id: user_id.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.exports.0.lock().retain(|it| *it != self.user_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_has_one_place_and_all_have_two() {
        let exports = Exports::default();
        let limit = |user_id: &str| match exports.place(user_id) {
            Err(Error::RateLimited { limit, retry_after: _ }) => Some(limit),
            _ => None,
        };
        let one = exports.place("one").ok();
        assert_eq!(limit("one"), Some(Limit::OwnExport));
        let other = exports.place("other").ok();
        assert_eq!(limit("third"), Some(Limit::Exports));
        drop(one);
        assert_eq!((limit("third"), limit("other")), (None, Some(Limit::OwnExport)));
        drop(other);
        assert_eq!(limit("other"), None);
    }
}
