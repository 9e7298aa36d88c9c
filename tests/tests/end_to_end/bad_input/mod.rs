//! What clients send by mistake or by malice: each gets a clear error, nothing is stored, and the server stays up.

mod acceptances;
mod methods;
mod mistakes;
mod transport;

use assent_testing::{Server, reason};
use tonic::{Code, Status};

use crate::support::{fields, head};

/// What was sent, what it was answered, and the fields that the answer has to name.
type Sent = (String, Status, Vec<&'static str>);

/// Fails where a refusal does not name exactly the bad fields, or where anything was stored.
async fn assert_refused(server: &Server, head_before: u64, sent: Vec<Sent>) {
    assert!(!sent.is_empty());
    let mut wrong = Vec::new();
    for (what, status, expected) in &sent {
        let named = fields(status);
        let refused = status.code() == Code::InvalidArgument && reason(status) == "FIELD_INVALID";
        if !refused || named != *expected || status.message().is_empty() {
            wrong.push(format!(
                "{what}: {:?} names {named:?}, not {expected:?}: {}",
                status.code(),
                status.message()
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} answers are wrong:\n{}", wrong.len(), sent.len(), wrong.join("\n"));
    assert_eq!(head(server).await, head_before, "a refused request stores nothing");
}
