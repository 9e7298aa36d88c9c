//! A caller, as their credential says.

use assent_domain::values::{PartnerId, Role};

use crate::scope::{Scope, Scopes};

/// A caller, as their credential says: nothing of it comes from a request (rule W8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who acts: stored with every event that the call makes. 1 to 128 printable characters, no personal data.
    pub user_id: String,
    /// What the credential opens.
    pub scopes: Scopes,
    /// The user's roles (rule W7); which of them permits what is policy data.
    pub roles: Vec<Role>,
    /// The partners that the caller acts for.
    pub partners: Partners,
    /// Several people use this account, so that each write names the employee (rule W8).
    pub shared_account: bool,
}

/// The partners that a caller acts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Partners {
    /// Every one: the operator's own services, auditors and administrators.
    Every,
    /// These, in the form in which ids are compared. None of them: no partner at all.
    Only(Vec<PartnerId>),
}

impl Caller {
    /// Whether the credential opens this.
    pub const fn has(&self, scope: Scope) -> bool {
        self.scopes.has(scope)
    }

    /// Whether the caller acts for this partner.
    pub fn acts_for(&self, partner: &PartnerId) -> bool {
        match &self.partners {
            Partners::Every => true,
            Partners::Only(partners) => partners.contains(partner),
        }
    }

    /// The caller of a developer's server: every scope, every role, every partner.
    pub fn developer() -> Self {
        Self {
            user_id: "developer".to_owned(),
            scopes: Scopes::all(),
            roles: Role::ALL.to_vec(),
            partners: Partners::Every,
            shared_account: false,
        }
    }
}
