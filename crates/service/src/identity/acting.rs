//! Who calls. Until credentials are built, a server runs for a developer only, who holds every role (`--dev`).

use assent_domain::Facts;
use assent_domain::policy::Action;
use assent_domain::values::{Position, Role};

use crate::app::App;
use crate::append::Caller;
use crate::error::Error;

/// The user that calls without a credential act as.
const DEVELOPER: &str = "developer";

impl App {
    /// The caller, for what no role has to permit.
    pub(crate) fn caller(&self) -> Caller {
        Caller { user_id: DEVELOPER.to_owned(), role: None }
    }

    /// The caller, with the role that permits the action (rule W7).
    pub(crate) fn permitted(&self, action: Action) -> Result<Caller, Error> {
        let index = self.index.read();
        let Some(policy) = index.policies().at(Position::END) else { return Ok(self.caller()) };
        let permitting = policy.document.roles.permitting(action);
        let held = |role: &&Role| Role::ALL.contains(role);
        match permitting.iter().find(held) {
            Some(role) => Ok(Caller { role: Some(role.name().to_owned()), ..self.caller() }),
            None => Err(Error::RoleNotPermitted { action: name(action), permitting: permitting.to_vec() }),
        }
    }
}

fn name(action: Action) -> &'static str {
    Action::ALL.iter().find(|(it, _)| *it == action).map_or("", |(_, name)| name)
}
