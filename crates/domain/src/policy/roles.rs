//! Who may do what (rule W7): data of the policy, with the rule's defaults.

use crate::values::Role;

/// What a role can permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Confirm an acceptance, or evidence of one.
    Confirm,
    /// Correct or void a record.
    Correct,
    /// Withdraw, or record a cancellation.
    Withdraw,
    /// Read a confirmation with its contact.
    ReadConfirmation,
    /// Attest on the customer's behalf.
    Attest,
    /// Submit collected evidence.
    SubmitEvidence,
    /// Record a direct acceptance.
    RecordDirect,
}

impl Action {
    /// Every action, with the name that policy files use.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Confirm, "confirm"),
        (Self::Correct, "correct"),
        (Self::Withdraw, "withdraw"),
        (Self::ReadConfirmation, "read_confirmation"),
        (Self::Attest, "attest"),
        (Self::SubmitEvidence, "submit_evidence"),
        (Self::RecordDirect, "record_direct"),
    ];
}

/// The roles that permit each action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles(Vec<(Action, Vec<Role>)>);

impl Roles {
    /// The rule's defaults, overridden by what a policy says.
    pub fn with(overrides: impl IntoIterator<Item = (Action, Vec<Role>)>) -> Self {
        let mut roles = Self::default();
        for (action, permitted) in overrides {
            if let Some((_, its)) = roles.0.iter_mut().find(|(it, _)| *it == action) {
                *its = permitted;
            }
        }
        roles
    }

    /// The roles that permit this action.
    pub fn permitting(&self, action: Action) -> &[Role] {
        self.0.iter().find(|(it, _)| *it == action).map_or(&[], |(_, roles)| roles)
    }
}

impl Default for Roles {
    fn default() -> Self {
        use Role::{AdminAgent, CommerceService, GlobalAdmin, HelpdeskAgent, SalesAgent};
        let of = |action: &Action| match action {
            Action::Confirm | Action::Correct | Action::Withdraw | Action::ReadConfirmation => {
                vec![AdminAgent, SalesAgent]
            }
            Action::Attest => vec![GlobalAdmin, AdminAgent, HelpdeskAgent],
            Action::SubmitEvidence => vec![AdminAgent, SalesAgent],
            Action::RecordDirect => vec![AdminAgent, SalesAgent, CommerceService],
        };
        Self(Action::ALL.iter().map(|(action, _)| (*action, of(action))).collect())
    }
}
