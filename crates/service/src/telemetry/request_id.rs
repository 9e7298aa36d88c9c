//! What a call is called: in every line that it logs, and in the trailers of its answer.

use std::fmt;
use std::sync::atomic::Ordering;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use tracing::{Span, error_span};

use super::figures::Shard;

/// Where a caller names its call, and where the answer names it.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest name that is taken over.
const REQUEST_ID_BYTES_MAX: usize = 128;
const HEX: &[u8; 16] = b"0123456789abcdef";
const MADE_BYTES: usize = 32;

/// What a call is called. It is in the request's extensions from the outermost layer on; a text is made of it only where one
/// is needed.
#[derive(Clone, Debug)]
pub(crate) enum RequestId {
    /// By the caller.
    Given(HeaderValue),
    /// Here: what makes it this shard's, and the number that the shard has counted to.
    Made { seed: u64, count: u64 },
}

impl RequestId {
    /// The caller's name for the call, where it is one that can be logged, or a new one.
    pub(super) fn new(headers: &HeaderMap, shard: &Shard) -> Self {
        // Named or not, each call counts: by this number some are sampled.
        let count = shard.ids_made.fetch_add(1, Ordering::Relaxed);
        match headers.get(REQUEST_ID) {
            Some(given) if is_sane(given.as_bytes()) => Self::Given(given.clone()),
            _ => Self::Made { seed: shard.ids_seed, count },
        }
    }

    /// As a trailer.
    pub(super) fn header(&self) -> HeaderValue {
        let mut header = match self {
            Self::Given(name) => name.clone(),
            Self::Made { seed, count } => {
                HeaderValue::from_bytes(&made(*seed, *count)).expect("digits can stand in a header")
            }
        };
        // No two answers have the same: HPACK's table is for what comes again (RFC 7541, section 6.2.3).
        header.set_sensitive(true);
        header
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(name) => formatter.write_str(name.to_str().unwrap_or_default()),
            Self::Made { seed, count } => write!(formatter, "{seed:016x}{count:016x}"),
        }
    }
}

/// The span of a call that is not sampled, for the lines that it logs: of the highest level, so that it is there whenever a
/// line is.
pub(crate) fn span_of<B>(request: &http::Request<B>) -> Span {
    let method = request.uri().path().trim_start_matches('/');
    error_span!("call", request_id = text(request), method)
}

/// The call's name as it is logged.
pub(super) fn text<B>(request: &http::Request<B>) -> String {
    request.extensions().get().map(RequestId::to_string).unwrap_or_default()
}

/// Whether a name may stand in logs and trailers: what ids of common kinds are made of, and not too long.
fn is_sane(name: &[u8]) -> bool {
    let fits = |it: &u8| it.is_ascii_alphanumeric() || b"-_.:=/+@".contains(it);
    (1..=REQUEST_ID_BYTES_MAX).contains(&name.len()) && name.iter().all(fits)
}

/// Hexadecimal digits. Every answer has some: the formatting of the standard library takes ten times as long.
fn made(seed: u64, count: u64) -> [u8; MADE_BYTES] {
    let number = u128::from(seed) << 64 | u128::from(count);
    let mut text = [0; MADE_BYTES];
    for (at, byte) in text.iter_mut().rev().enumerate() {
        *byte = HEX[(number >> (4 * at)) as usize & 0xf];
    }
    text
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

    #[test]
    fn a_made_name_is_the_seed_and_the_count_in_hexadecimal() {
        let made = RequestId::Made { seed: 0x0123_4567_89ab_cdef, count: 0x1f };
        assert_eq!(made.header(), "0123456789abcdef000000000000001f");
        assert_eq!(made.to_string(), "0123456789abcdef000000000000001f");
    }
}
