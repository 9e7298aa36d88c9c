//! What is wrong with a request, every bad field at once (rule C1).

use std::fmt;

use assent_policy_file::PolicyError;

/// A field that is not as the contract wants it. The description never repeats what was given: it may be a
/// person's, and it may be long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The field's path in the request, for example `contact.email` or `orders[3].partner_id`.
    pub field: String,
    /// What it must be, as the rest of a sentence that begins with the field.
    pub description: String,
}

/// Every bad field of a request, in the order in which they were read. Never empty where it is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations(pub Vec<Violation>);

/// Why a request can't be read: the fields of the message, or the policy document that one of them holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// FIELD_INVALID.
    Fields(Violations),
    /// POLICY_INVALID, with the line and the field.
    Policy(PolicyError),
}

impl Violations {
    /// A single bad field.
    pub fn one(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self(vec![Violation { field: field.into(), description: description.into() }])
    }

    /// The same, of a message that stands in this field of another one.
    pub fn under(mut self, prefix: &str) -> Self {
        for Violation { field, description: _ } in &mut self.0 {
            *field = format!("{prefix}.{field}");
        }
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.field, self.description)
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, violation) in self.0.iter().enumerate() {
            write!(f, "{}{violation}", if at == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields(violations) => violations.fmt(f),
            Self::Policy(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Violations {}

impl std::error::Error for Invalid {}

impl From<Violations> for Invalid {
    fn from(violations: Violations) -> Self {
        Self::Fields(violations)
    }
}

impl From<PolicyError> for Invalid {
    fn from(error: PolicyError) -> Self {
        Self::Policy(error)
    }
}
