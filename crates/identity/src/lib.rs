//! Who calls, as a credential says it. Whether they may is the service's table of permissions.

mod caller;
mod scope;

pub use caller::{Caller, Partners};
pub use scope::{Scope, Scopes};
