//! What a call is called: in every line that it logs, and in the trailers of its answer.

use std::cell::Cell;
use std::fmt;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use tracing::{Span, error_span};

use super::figures::Shard;

/// Where a caller names its call, and where the answer names it.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest name that is taken over.
const REQUEST_ID_BYTES_MAX: usize = 128;
/// Digits of five bits each ("base32hex", RFC 4648, section 7, in lower case).
const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
const DIGIT_BITS: u32 = 5;
/// The digits of a seed: 30 bits, so that of a thousand threads two have the same once in two thousand times, and then count
/// at different times. Each digit of a name costs every answer.
const SEED_DIGITS: usize = 6;
/// The most digits that a number takes.
const NUMBER_DIGITS_MAX: usize = 13;

thread_local! {
    /// The call that is being worked on; outside of calls the last one.
    static CURRENT: Cell<Current> = const { Cell::new(Current::Given) };
}

/// What a thread knows of the call that it works on.
#[derive(Clone, Copy, Debug)]
enum Current {
    /// Its name came with it, or it has none.
    Given,
    /// Its name was made here.
    Made(Made),
    /// Its answer is made, names the call itself, and is not looked at again.
    Answered,
}

/// What a call is called. A text is made of it only where one is needed.
#[derive(Clone, Debug)]
pub(super) enum RequestId {
    /// By the caller, in its headers.
    Given(Box<HeaderValue>),
    /// Here.
    Made(Made),
}

/// What makes a name this shard's, and the number that the shard has counted to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    seed: [u8; SEED_DIGITS],
    count: u64,
}

/// What names the calls of a worker.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    seed: [u8; SEED_DIGITS],
}

impl Names {
    /// For a worker that counts in this shard.
    pub(super) fn of(shard: &Shard) -> Self {
        Self { seed: std::array::from_fn(|at| digit(shard.ids_seed >> (DIGIT_BITS * at as u32))) }
    }

    /// What a call's caller calls it, where that can be logged, or a new name for the call of this number.
    pub(super) fn name(self, given: Option<&HeaderValue>, count: u64) -> RequestId {
        match given.filter(|it| is_sane(it.as_bytes())) {
            Some(given) => RequestId::Given(Box::new(given.clone())),
            None => RequestId::Made(Made { seed: self.seed, count }),
        }
    }
}

impl RequestId {
    /// Says in its answer's trailers what the call is called.
    pub(super) fn name(&self, trailers: &mut HeaderMap) {
        let mut name = match self {
            Self::Given(name) => HeaderValue::clone(name),
            Self::Made(made) => return made.name(trailers),
        };
        name.set_sensitive(true);
        trailers.insert(REQUEST_ID, name);
    }

    /// From now on this thread works on the call, until it says so of another: what asks for the call's name is told. An
    /// extension of the request would tell it, too, and costs a hundredth of an order.
    pub(super) fn worked_on(&self) {
        CURRENT.set(match self {
            Self::Given(_) => Current::Given,
            Self::Made(made) => Current::Made(*made),
        });
    }
}

/// The answer to the call that is worked on is there, whole, and ends well: whoever made it puts the call's name into its
/// trailers, and the call is counted at once. None where that is left to the layer, which takes a look at every frame for it.
pub(crate) fn answered_well() -> Option<Made> {
    match CURRENT.get() {
        Current::Made(made) => {
            CURRENT.set(Current::Answered);
            Some(made)
        }
        Current::Given | Current::Answered => None,
    }
}

/// Whether the call that is worked on has such an answer.
pub(super) fn is_answered() -> bool {
    matches!(CURRENT.get(), Current::Answered)
}

impl Made {
    /// Says in its answer's trailers what the call is called.
    pub(crate) fn name(self, trailers: &mut HeaderMap) {
        let mut name = self.header();
        // No two answers have the same: HPACK's table is for what comes again (RFC 7541, section 6.2.3).
        name.set_sensitive(true);
        trailers.insert(REQUEST_ID, name);
    }

    /// Every answer has one, and each of its bytes is encoded for the wire: the fewer, the better.
    fn header(self) -> HeaderValue {
        let mut text = [0; SEED_DIGITS + NUMBER_DIGITS_MAX];
        let (mut at, mut rest) = (text.len(), self.count);
        loop {
            at -= 1;
            text[at] = digit(rest);
            rest >>= DIGIT_BITS;
            if rest == 0 {
                break;
            }
        }
        at -= SEED_DIGITS;
        text[at..][..SEED_DIGITS].copy_from_slice(&self.seed);
        HeaderValue::from_bytes(&text[at..]).expect("digits can stand in a header")
    }
}

impl fmt::Display for Made {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.header().to_str().unwrap_or_default())
    }
}

/// The span of a call that is not sampled, for the lines that it logs: of the highest level, so that it is there whenever a
/// line is.
pub(crate) fn span_of<B>(request: &http::Request<B>) -> Span {
    let method = request.uri().path().trim_start_matches('/');
    error_span!("call", request_id = text(request), method)
}

/// The call's name as it is logged, while the call is worked on.
pub(super) fn text<B>(request: &http::Request<B>) -> String {
    match CURRENT.get() {
        Current::Made(made) => made.to_string(),
        Current::Given | Current::Answered => {
            given(request.headers()).and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned()
        }
    }
}

/// What a caller calls its call.
fn given(headers: &HeaderMap) -> Option<&HeaderValue> {
    headers.get(REQUEST_ID).filter(|it| is_sane(it.as_bytes()))
}

/// The last digit of a number.
fn digit(number: u64) -> u8 {
    DIGITS[number as usize % DIGITS.len()]
}

/// Whether a name may stand in logs and trailers: what ids of common kinds are made of, and not too long.
fn is_sane(name: &[u8]) -> bool {
    let fits = |it: &u8| it.is_ascii_alphanumeric() || b"-_.:=/+@".contains(it);
    (1..=REQUEST_ID_BYTES_MAX).contains(&name.len()) && name.iter().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_are_harmless_are_taken_over() {
        for (name, sane) in [
            ("01890a5d-ac96-774b-bcce-b302099a8057", true),
            ("Root=1-67891233-abcdef012345678912345678", true),
            ("order/7+8@contoso:1_2.3", true),
            ("", false),
            ("two words", false),
            ("{\"a\":1}", false),
            ("caf\u{e9}", false),
        ] {
            assert_eq!(is_sane(name.as_bytes()), sane, "{name}");
        }
        assert!(is_sane(&[b'a'; REQUEST_ID_BYTES_MAX]));
        assert!(!is_sane(&[b'a'; REQUEST_ID_BYTES_MAX + 1]));
    }

    const SEED: [u8; SEED_DIGITS] = *b"abcdef";

    #[test]
    fn a_made_name_is_the_digits_of_the_shard_and_the_number_of_the_call() {
        for (count, digits) in
            [(0, "0"), (31, "v"), (32, "10"), (1_000_000, "ugi0"), (u64::MAX, "fvvvvvvvvvvvv")]
        {
            assert_eq!(Made { seed: SEED, count }.to_string(), format!("abcdef{digits}"));
        }
    }

    #[test]
    fn a_call_is_named_while_it_is_worked_on() {
        let request = http::Request::new(());
        let made = Made { seed: SEED, count: 7 };
        RequestId::Made(made).worked_on();
        assert_eq!(text(&request), made.to_string());
        let given = HeaderValue::from_static("order-7");
        let mut named = http::Request::new(());
        named.headers_mut().insert(REQUEST_ID, given.clone());
        RequestId::Given(Box::new(given)).worked_on();
        assert_eq!(text(&named), "order-7");
    }
}
