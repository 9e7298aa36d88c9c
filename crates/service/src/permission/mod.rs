//! Whether a caller may. The table says it ([`table`]); [`layer`] refuses by scope before a message is read, and a handler
//! gets a [`Permit`], which refuses by role and partner before anything is looked up.

mod access;
mod layer;
mod limits;
mod narrow;
mod person;
mod table;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use assent_domain::Facts;
use assent_domain::policy::{Action, Roles};
use assent_domain::values::{Position, Role};
use assent_identity::{Caller, Scope};
use http::Extensions;

use crate::app::App;
use crate::append;
use crate::error::Error;

pub(crate) use access::Viewing;
pub(crate) use layer::PermissionLayer;
pub use limits::CallLimits;
pub(crate) use limits::CallerLimits;
pub(crate) use table::Method;
use table::{MONITORS, Row, Way};

/// A caller who may call a method, so far as scopes and roles say. Whose things it reaches, [`narrow`] says.
#[derive(Clone, Debug)]
pub(crate) struct Permit {
    caller: Arc<Caller>,
    row: &'static Row,
    /// The role that the caller holds and that permits it, where one has to.
    role: Option<Role>,
}

impl App {
    /// Lets the caller of a request in, or says which scopes or roles would.
    pub(crate) fn permit(&self, request: &Extensions, method: Method) -> Result<Permit, Error> {
        let caller = Arc::clone(caller_of(request)?);
        let row = method.row();
        let role = match opened_by(&caller, row)? {
            Opened::Freely => None,
            Opened::As(actions) => Some(self.one_role(&caller, &actions)?),
        };
        Ok(Permit { caller, row, role })
    }

    /// The same permit for an item that needs a role of its own.
    pub(crate) fn acting(&self, permit: &Permit, action: Action) -> Result<Permit, Error> {
        let role = Some(self.one_role(&permit.caller, &[action])?);
        Ok(Permit { role, ..permit.clone() })
    }

    /// Whether the caller is shown contacts, employees and free texts of the records of its partners (rule C14): who may
    /// read confirmations by a role. An auditor is shown them in an export only, which states its purpose.
    pub(crate) fn shows_personal_data(&self, permit: &Permit) -> bool {
        let caller = &permit.caller;
        caller.has(Scope::AcceptancesRead) && self.one_role(caller, &[Action::ReadConfirmation]).is_ok()
    }

    /// A role that the caller holds and that permits one of these actions, in the policy's order.
    fn one_role(&self, caller: &Caller, actions: &[Action]) -> Result<Role, Error> {
        let index = self.index.read();
        let defaults;
        let roles = match index.policies().at(Position::END) {
            Some(policy) => &policy.document.roles,
            None => {
                defaults = Roles::default();
                &defaults
            }
        };
        let permitting = || actions.iter().flat_map(|it| roles.permitting(*it));
        let held = permitting().find(|it| caller.roles.contains(it));
        held.copied().ok_or_else(|| Error::RoleNotPermitted {
            action: actions.first().map_or("", |it| name(*it)),
            permitting: permitting().copied().collect(),
        })
    }
}

impl Permit {
    /// Who stands in the event as its actor (rule W8).
    pub(crate) fn actor(&self) -> append::Caller {
        append::Caller {
            user_id: self.caller.user_id.clone(),
            role: self.role.map(|it| it.name().to_owned()),
        }
    }

    /// The acting user.
    pub(crate) fn user_id(&self) -> &str {
        &self.caller.user_id
    }

    /// The method that was let in.
    fn method(&self) -> &'static str {
        self.row.name
    }

    /// Whether the caller may see sealed texts in exports; else which scope would permit it.
    pub(crate) fn may_disclose(&self) -> Result<(), Error> {
        match self.caller.has(Scope::Disclose) {
            true => Ok(()),
            false => Err(Error::ScopeMissing { method: self.row.name, opening: vec![Scope::Disclose] }),
        }
    }
}

/// Lets a caller in to what monitors read over HTTP, or says what would.
pub(crate) fn permit_monitor(caller: Arc<Caller>) -> Result<(), Error> {
    opened_by(&caller, &MONITORS)?;
    Permit { caller, row: &MONITORS, role: None }.narrow(None)
}

/// Who sent a request: the layer of identity says it.
pub(crate) fn caller_of(request: &Extensions) -> Result<&Arc<Caller>, Error> {
    request.get::<Arc<Caller>>().ok_or(Error::CredentialMissing)
}

/// How a caller's scopes open a method.
enum Opened {
    /// Without a role.
    Freely,
    /// As somebody whose role permits one of these.
    As(Vec<Action>),
}

fn opened_by(caller: &Caller, row: &Row) -> Result<Opened, Error> {
    let held: Vec<&Way> = row.ways.iter().filter(|it| caller.has(it.scope)).collect();
    if held.is_empty() {
        let opening = row.ways.iter().map(|it| it.scope).collect();
        return Err(Error::ScopeMissing { method: row.name, opening });
    }
    let actions: Option<Vec<Action>> = held.iter().map(|it| it.action).collect();
    Ok(actions.map_or(Opened::Freely, Opened::As))
}

fn name(action: Action) -> &'static str {
    Action::ALL.iter().find(|(it, _)| *it == action).map_or("", |(_, name)| name)
}
