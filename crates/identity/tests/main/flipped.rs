//! A token that is not what its issuer signed.

use std::sync::OnceLock;

use assent_identity::Desk;
use jsonwebtoken::Algorithm;
use proptest::prelude::*;
use tokio::runtime::Builder;

use crate::ground::{Key, claims, desk, ec, ed25519, finding, rsa};

/// One of each kind, made once.
fn grounds() -> &'static [(Key, Desk, String)] {
    static GROUNDS: OnceLock<Vec<(Key, Desk, String)>> = OnceLock::new();
    GROUNDS.get_or_init(|| {
        let runtime = Builder::new_current_thread().build().unwrap();
        let keys = [rsa(Algorithm::RS256), rsa(Algorithm::PS256), ec(Algorithm::ES256), ed25519()];
        keys.into_iter()
            .map(|key| {
                let desk = runtime.block_on(desk(&[&key.jwk]));
                let token = key.token(&claims());
                (key, desk, token)
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn a_token_with_any_byte_changed_is_refused(of in 0..4_usize, at: prop::sample::Index, by in 1..128_u8) {
        let (key, desk, token) = &grounds()[of];
        let mut bytes = token.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        // What can't stand in a header never arrives.
        prop_assume!(bytes[at].is_ascii_graphic());
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert!(finding(desk, &changed).is_some(), "{:?}: {changed}", key.algorithm);
        prop_assert_eq!(finding(desk, token), None);
    }

    #[test]
    fn a_part_of_a_token_is_refused(of in 0..4_usize, at: prop::sample::Index) {
        let (_, desk, token) = &grounds()[of];
        prop_assert!(finding(desk, &token[..at.index(token.len())]).is_some());
        prop_assert!(finding(desk, &token[1 + at.index(token.len() - 1)..]).is_some());
    }

    #[test]
    fn whatever_is_shown_is_looked_at_without_a_panic(text in "[!-~]{0,400}", dots in "[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,90}") {
        let (_, desk, _) = &grounds()[2];
        prop_assert!(finding(desk, &text).is_some());
        prop_assert!(finding(desk, &dots).is_some());
    }
}
