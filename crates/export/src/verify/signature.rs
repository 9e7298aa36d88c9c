//! Who signed the checkpoint.

use assent_evidence::VerifierKey;

use super::findings::Findings;
use crate::inquiry::Inquiry;

const CHECKPOINT: &str = "data/proofs/checkpoint";

/// What a signature is worth.
pub(super) enum Signed {
    /// By these keys, which the verifier trusts.
    ByTrusted(Vec<String>),
    /// By the keys in the bag: anybody could have made them.
    ByOwn(Vec<String>),
    /// Nothing; there is a finding.
    Not,
}

pub(super) fn check(inquiry: &Inquiry, trusted: &[VerifierKey], findings: &mut Findings) -> Signed {
    let checkpoint = &inquiry.checkpoint;
    let own = match checkpoint.verify(&inquiry.keys) {
        Ok(signed) => signed.iter().map(|it| it.key.to_string()).collect(),
        Err(error) => {
            findings
                .file(CHECKPOINT, format!("none of the keys in the bag vouches for it: {}", told(&error)));
            return Signed::Not;
        }
    };
    if trusted.is_empty() {
        return Signed::ByOwn(own);
    }
    match checkpoint.verify(trusted) {
        Ok(signed) => Signed::ByTrusted(signed.iter().map(|it| it.key.to_string()).collect()),
        Err(error) => {
            findings.file(CHECKPOINT, format!("no key that you trust vouches for it: {}", told(&error)));
            Signed::Not
        }
    }
}

fn told(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
