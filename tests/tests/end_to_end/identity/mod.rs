//! Credentials: who gets through to a real server, and who does not.

mod certificates;
mod commands;
mod floods;
mod keys_by_https;
mod monitors;
mod starts;
mod strangers;
mod tokens;

use assent_testing::{Caller, reason, requests};
use tonic::Status;

use crate::support::within;

/// What becomes of a call that anybody with a credential may make: nothing, or the reason that it was refused for.
async fn outcome(caller: &Caller) -> String {
    match try_call(caller).await {
        Ok(()) => "OK".to_owned(),
        Err(status) => {
            let reason = reason(&status);
            assert!(!reason.is_empty(), "{status:?}");
            reason
        }
    }
}

async fn try_call(caller: &Caller) -> Result<(), Status> {
    within(caller.authorization().authorize_order(requests::order("contoso", "fabrikam"))).await.map(drop)
}
