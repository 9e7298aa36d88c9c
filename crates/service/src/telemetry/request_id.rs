//! What a call is called: in every line that it logs, and in the trailers of its answer.

use std::sync::atomic::Ordering;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use tracing::{Span, error_span};

use super::figures::Shard;

/// Where a caller names its call, and where the answer names it.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest name that is taken over.
const REQUEST_ID_BYTES_MAX: usize = 128;
const HEX: &[u8; 16] = b"0123456789abcdef";
/// The last number that a shard has made is in the low half, what makes it this shard's in the high one.
const MADE_BYTES: usize = 32;

/// The call's name: the caller's, where it is one, or a new one. It is in the headers afterwards.
pub(super) fn name(headers: &mut HeaderMap, shard: &Shard) -> HeaderValue {
    let mut name = match headers.get(REQUEST_ID) {
        Some(given) if is_sane(given.as_bytes()) => given.clone(),
        _ => {
            let made = made(shard.ids_seed, shard.ids_made.fetch_add(1, Ordering::Relaxed));
            headers.insert(REQUEST_ID, made.clone());
            made
        }
    };
    // No two answers have the same: HPACK's table is for what comes again (RFC 7541, section 6.2.3).
    name.set_sensitive(true);
    name
}

/// The span of a call that is not sampled, for the lines that it logs: of the highest level, so that it is there whenever a
/// line is.
pub(crate) fn span_of(method: &str, headers: &HeaderMap) -> Span {
    error_span!("call", request_id = text(headers.get(REQUEST_ID)), method = method.trim_start_matches('/'))
}

/// A name as it can be logged.
pub(super) fn text(name: Option<&HeaderValue>) -> &str {
    name.and_then(|it| it.to_str().ok()).unwrap_or_default()
}

/// Whether a name may stand in logs and trailers: what ids of common kinds are made of, and not too long.
fn is_sane(name: &[u8]) -> bool {
    let fits = |it: &u8| it.is_ascii_alphanumeric() || b"-_.:=/+@".contains(it);
    (1..=REQUEST_ID_BYTES_MAX).contains(&name.len()) && name.iter().all(fits)
}

fn made(seed: u64, count: u64) -> HeaderValue {
    let number = u128::from(seed) << 64 | u128::from(count);
    let mut text = [0; MADE_BYTES];
    for (at, byte) in text.iter_mut().rev().enumerate() {
        *byte = HEX[(number >> (4 * at)) as usize & 0xf];
    }
    HeaderValue::from_bytes(&text).expect("hexadecimal digits can stand in a header")
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
        let made = made(0x0123_4567_89ab_cdef, 0x1f);
        assert_eq!(made, "0123456789abcdef000000000000001f");
    }
}
