//! How much is kept of messages that have not come to their last byte.
//!
//! Whoever sends half a message in each of a thousand calls has the server keep a thousand halves. So each caller has a share,
//! and all of them together have a bound; who has no credential (health) has far less, by address. A call is counted from when
//! it waits for bytes, or has sent more than a call takes anyway: a small message that comes in one piece is never counted, so
//! that it costs nothing and is refused for nobody's sake.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use assent_identity::Caller;
use http::Extensions;
use parking_lot::Mutex;

use crate::error::{Error, Limit};
use crate::permission::caller_of;
use crate::serve::{Network, Peer};

/// What a call that waits is counted as at least: about what it takes, with its headers. Up to this it is counted for its caller
/// alone.
pub(super) const CALL_BYTES: usize = 4 << 10;
/// What is kept for one caller: 8,192 calls that wait, or 16 of the longest messages.
const CALLER_BYTES_MAX: usize = 32 << 20;
/// What is kept for all callers beyond [`CALL_BYTES`] a call.
const ALL_BYTES_MAX: usize = 128 << 20;
/// What is kept for one address of strangers: 64 calls that wait.
const STRANGER_BYTES_MAX: usize = 64 * CALL_BYTES;
/// What is kept for all of them: 4,096 calls.
const STRANGERS_BYTES_MAX: usize = 4_096 * CALL_BYTES;
/// When to send again what there was no room for: others end, or their time is over.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What is kept of unfinished messages, on a whole server.
#[derive(Debug, Default)]
pub(crate) struct Unfinished(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    callers: HashMap<String, usize>,
    strangers: HashMap<Network, usize>,
    of_callers: usize,
    of_strangers: usize,
}

/// The same as one worker has it: calls of one worker share a count of references with nobody else.
#[derive(Debug)]
pub(crate) struct Keeper(Arc<Unfinished>);

/// Whose message it is.
#[derive(Clone, Debug)]
enum Whose {
    Caller(Arc<Caller>),
    Stranger(Network),
}

/// What is kept of one call's messages, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Kept {
    keeper: Arc<Keeper>,
    whose: Whose,
    bytes: usize,
}

impl Keeper {
    /// For one worker.
    pub(crate) const fn new(all: Arc<Unfinished>) -> Self {
        Self(all)
    }

    /// Nothing yet, for the call with these extensions.
    pub(crate) fn keep(self: &Arc<Self>, call: &Extensions) -> Kept {
        let from = call.get::<Peer>().map(Peer::from).unwrap_or_default();
        let whose = caller_of(call).map_or(Whose::Stranger(from), |it| Whose::Caller(Arc::clone(it)));
        Kept { keeper: Arc::clone(self), whose, bytes: 0 }
    }
}

impl Kept {
    /// The call waits for more.
    pub(super) fn wait(&mut self) -> Result<(), Error> {
        self.at_least(CALL_BYTES)
    }

    /// So many bytes are kept, or were at some time: whoever reads a long message keeps the room for it.
    pub(super) fn at_least(&mut self, bytes: usize) -> Result<(), Error> {
        if bytes <= self.bytes { Ok(()) } else { self.exactly(bytes) }
    }

    /// So many bytes are kept now.
    pub(super) fn exactly(&mut self, bytes: usize) -> Result<(), Error> {
        if bytes != self.bytes {
            self.keeper.0.0.lock().change(&self.whose, self.bytes, bytes)?;
            self.bytes = bytes;
        }
        Ok(())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if self.bytes > 0 {
            // To give back always works.
            let _ = self.keeper.0.0.lock().change(&self.whose, self.bytes, 0);
        }
    }
}

impl Counted {
    fn change(&mut self, whose: &Whose, before: usize, after: usize) -> Result<(), Error> {
        let Self { callers, strangers, of_callers, of_strangers } = self;
        match whose {
            Whose::Caller(caller) => {
                let beyond = |it: usize| it.saturating_sub(CALL_BYTES);
                let own = callers.get(&caller.user_id).copied().unwrap_or(0) - before + after;
                let all = *of_callers - beyond(before) + beyond(after);
                check(after > before && own > CALLER_BYTES_MAX, Limit::Unfinished)?;
                check(beyond(after) > beyond(before) && all > ALL_BYTES_MAX, Limit::AllUnfinished)?;
                match own {
                    0 => drop(callers.remove(&caller.user_id)),
                    _ => drop(callers.insert(caller.user_id.clone(), own)),
                }
                *of_callers = all;
            }
            Whose::Stranger(from) => {
                let own = strangers.get(from).copied().unwrap_or(0) - before + after;
                let all = *of_strangers - before + after;
                check(after > before && own > STRANGER_BYTES_MAX, Limit::Unfinished)?;
                check(after > before && all > STRANGERS_BYTES_MAX, Limit::AllUnfinished)?;
                match own {
                    0 => drop(strangers.remove(from)),
                    _ => drop(strangers.insert(*from, own)),
                }
                *of_strangers = all;
            }
        }
        Ok(())
    }
}

fn check(is_over: bool, limit: Limit) -> Result<(), Error> {
    if is_over { Err(Error::RateLimited { limit, retry_after: RETRY_AFTER }) } else { Ok(()) }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn extensions(user_id: &str) -> Extensions {
        let mut call = Extensions::new();
        call.insert(Arc::new(Caller { user_id: user_id.to_owned(), ..Caller::developer() }));
        call
    }

    /// Nothing yet, for somebody.
    pub(crate) fn kept() -> Kept {
        Arc::new(Keeper::new(Arc::default())).keep(&extensions("somebody"))
    }

    /// Counts calls of one caller's, all together.
    pub(crate) fn keeper_of(user_id: &str) -> impl Fn() -> Kept + use<> {
        let (keeper, call) = (Arc::new(Keeper::new(Arc::default())), extensions(user_id));
        move || keeper.keep(&call)
    }

    fn limit(result: Result<(), Error>) -> Option<Limit> {
        match result {
            Err(Error::RateLimited { limit, retry_after: _ }) => Some(limit),
            _ => None,
        }
    }

    #[test]
    fn a_caller_has_its_share_and_takes_none_of_anothers() {
        let keeper = Arc::new(Keeper::new(Arc::default()));
        let mut calls: Vec<_> = (0..16).map(|_| keeper.keep(&extensions("one"))).collect();
        assert!(calls.iter_mut().all(|it| it.at_least(2 << 20).is_ok()));
        let mut more = keeper.keep(&extensions("one"));
        assert_eq!(limit(more.wait()), Some(Limit::Unfinished));
        assert!(keeper.keep(&extensions("other")).at_least(2 << 20).is_ok());
        calls.pop();
        assert!(more.at_least(2 << 20).is_ok());
    }

    #[test]
    fn all_callers_together_have_a_bound_and_calls_that_only_wait_are_not_refused_for_it() {
        let keeper = Arc::new(Keeper::new(Arc::default()));
        let mut calls = Vec::new();
        let refused = (0..).find_map(|number| {
            let mut call = keeper.keep(&extensions(&format!("caller-{}", number / 16)));
            let refused = limit(call.at_least(2 << 20));
            calls.push(call);
            refused
        });
        assert_eq!(refused, Some(Limit::AllUnfinished));
        assert!((64..=65).contains(&(calls.len() - 1)), "{}", calls.len());
        assert!(keeper.keep(&extensions("another")).wait().is_ok());
    }

    #[test]
    fn strangers_are_counted_by_address_and_all_together() {
        let keeper = Arc::new(Keeper::new(Arc::default()));
        let from = |number: u32| {
            let mut call = Extensions::new();
            let address = std::net::Ipv4Addr::from_bits(number);
            call.insert(Peer::new(Network::of(address.into()), None));
            keeper.keep(&call)
        };
        let mut calls: Vec<_> = (0..4_096).map(|number| from(number / 64)).collect();
        assert!(calls.iter_mut().all(|it| it.wait().is_ok()));
        assert_eq!(limit(from(0).wait()), Some(Limit::Unfinished));
        assert_eq!(limit(from(100).wait()), Some(Limit::AllUnfinished));
        assert!(keeper.keep(&extensions("somebody")).wait().is_ok());
    }

    #[test]
    fn what_is_given_back_is_forgotten() {
        let all = Arc::new(Unfinished::default());
        let keeper = Arc::new(Keeper::new(Arc::clone(&all)));
        let mut one = keeper.keep(&extensions("one"));
        for bytes in [CALL_BYTES, 1 << 20, 10, 0, 5_000] {
            one.exactly(bytes).expect("there is room");
        }
        drop((one, keeper));
        let counted = all.0.lock();
        assert!(counted.callers.is_empty() && counted.of_callers == 0, "{counted:?}");
    }
}
