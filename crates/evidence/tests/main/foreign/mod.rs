//! Other people's verifiers over what this crate makes: they believe what holds, and refuse what was tampered with.

mod claim;
mod go;
mod openssl;
mod rust;
mod tampered;
mod true_claims;

use std::sync::LazyLock;

use claim::Claim;

/// True claims, each followed by those that were made of it by changing one thing.
static CLAIMS: LazyLock<Vec<Claim>> = LazyLock::new(|| {
    let claims = true_claims::true_claims().into_iter();
    claims.flat_map(|claim| [vec![claim.clone()], tampered::tampered(&claim)].concat()).collect()
});

/// Holds a verifier against what is true.
fn judges_every_claim_rightly<'a>(
    verifier: &str,
    claims: impl ExactSizeIterator<Item = &'a Claim>,
    verdicts: &[bool],
) {
    assert!(!verdicts.is_empty() && claims.len() == verdicts.len(), "{verifier} judges every claim");
    for (claim, verdict) in claims.zip(verdicts) {
        let Claim { about, holds, .. } = claim;
        assert_eq!(verdict, holds, "{verifier}: {about}");
    }
}

#[test]
fn we_believe_what_holds_and_nothing_else() {
    let verdicts: Vec<bool> = CLAIMS.iter().map(Claim::is_believed_by_us).collect();
    judges_every_claim_rightly("our own verifier", CLAIMS.iter(), &verdicts);
}
