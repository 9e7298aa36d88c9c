//! Other people's verifiers over what this crate makes: they believe what holds, and refuse what was tampered with.

mod claim;
mod go;
mod openssl;
mod rust;
mod tampered;
mod true_claims;

use claim::Claim;

/// Holds a verifier, and ours, against all claims.
fn judges_every_claim_rightly(verifier: &str, claims: &[Claim], verdicts: &[bool]) {
    assert!(!claims.is_empty() && claims.len() == verdicts.len(), "{verifier} judges every claim");
    for (claim, verdict) in claims.iter().zip(verdicts) {
        let Claim { about, holds, .. } = claim;
        assert_eq!(claim.is_believed_by_us(), *holds, "our own verifier: {about}");
        assert_eq!(verdict, holds, "{verifier}: {about}");
    }
}
