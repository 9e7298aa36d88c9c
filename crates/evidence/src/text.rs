//! The few forms that all texts of C2SP share: there is one way to write each number and each hash.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::hash::Hash;

/// Reads a decimal number: digits only, and no zero in front.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if is_plain { text.parse().ok() } else { None }
}

/// Reads base64 (RFC 4648, section 4), with its padding and without a stray bit in its last character.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Writes base64, as [`from_base64`] reads it.
pub(crate) fn to_base64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// Appends base64, as [`from_base64`] reads it.
pub(crate) fn push_base64(bytes: &[u8], text: &mut String) {
    STANDARD.encode_string(bytes, text);
}

/// Reads a hash in base64.
pub(crate) fn hash(text: &str) -> Option<Hash> {
    from_base64(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_form() {
        assert_eq!(decimal("0"), Some(0));
        assert_eq!(decimal("18446744073709551615"), Some(u64::MAX));
        for refused in ["", "00", "01", "+1", "-1", " 1", "1 ", "1_0", "0x1", "18446744073709551616", "١"] {
            assert_eq!(decimal(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn a_hash_has_one_form() {
        let text = to_base64([7; 32]);
        assert_eq!(hash(&text), Some([7; 32]));
        // The last character before the padding has two bits to spare.
        let stray = text.replace("c=", "d=");
        assert_ne!(stray, text);
        for refused in [stray, text.trim_end_matches('=').to_owned(), format!("{text}\n"), to_base64([7; 31])]
        {
            assert_eq!(hash(&refused), None, "{refused:?}");
        }
    }
}
