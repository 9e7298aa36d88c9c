//! The table, as the document shows it, and what it says about a call.

use std::path::Path;

use assent_domain::policy::{Action, Roles};

use super::ground::Things;
use super::kinds::{EVERY, Kind};

/// A row of the document.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) service: String,
    pub(super) method: String,
    /// Scopes, each with the action that a role must permit besides.
    ways: Vec<(String, Option<Action>)>,
    pub(super) narrowing: String,
}

/// What a call has to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// ROLE_NOT_PERMITTED, naming scopes.
    NoScope,
    /// ROLE_NOT_PERMITTED, naming roles.
    NoRole,
    /// PARTNER_OUT_OF_SCOPE.
    OutOfScope,
    /// As if the thing were not there.
    Unknown,
    /// OK, and the item's error is ROLE_NOT_PERMITTED.
    ItemNoRole,
    /// OK, and the item's error is PARTNER_OUT_OF_SCOPE.
    ItemOutOfScope,
    /// None of these.
    Admitted,
}

/// Every row of the document that is a method of the contract. What monitors read over HTTP is held against the same table by
/// `identity::monitors`.
pub(super) fn rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/permissions.md");
    let document = std::fs::read_to_string(path).expect("the document is there");
    let mut service = String::new();
    let mut rows = Vec::new();
    for line in document.lines() {
        if let Some(name) = line.strip_prefix("### ") {
            name.clone_into(&mut service);
        }
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        if let ["", method, ways, narrowing, ""] = cells[..]
            && method.starts_with('`')
            && service.ends_with("Service")
        {
            rows.push(Row {
                service: service.clone(),
                method: method.trim_matches('`').to_owned(),
                ways: ways.split(", ").map(way).collect(),
                narrowing: narrowing.to_owned(),
            });
        }
    }
    rows
}

fn way(text: &str) -> (String, Option<Action>) {
    let (scope, action) = match text.split_once(" as ") {
        Some((scope, action)) => (scope, Some(action.trim_matches('`'))),
        None => (text, None),
    };
    let action =
        action.map(|name| Action::ALL.iter().find(|(_, it)| *it == name).expect("it is an action").0);
    (scope.trim_matches('`').to_owned(), action)
}

impl Row {
    pub(super) fn path(&self) -> String {
        format!("/assent.v1.{}/{}", self.service, self.method)
    }

    /// What this caller is answered when asking about these things.
    pub(super) fn expected(&self, kind: &Kind, things: &Things) -> Expected {
        let holds = |scope: &str| kind.scopes.iter().any(|it| it.name() == scope);
        let held: Vec<_> = self.ways.iter().filter(|(scope, _)| holds(scope)).map(|(_, it)| *it).collect();
        if held.is_empty() {
            return Expected::NoScope;
        }
        if !held.iter().any(|it| it.is_none_or(|it| permits(kind, it))) {
            return Expected::NoRole;
        }
        let own = kind.acts_for(&things.partner);
        let (is, otherwise) = match self.narrowing.as_str() {
            "" => (true, Expected::Admitted),
            "the partner named; none: every partner" => (own, Expected::OutOfScope),
            "each order: its partner" => (own, Expected::ItemOutOfScope),
            "each row: its partner, and the role of its kind of record" => {
                if !permits(kind, Action::Confirm) {
                    return Expected::ItemNoRole;
                }
                (own, Expected::ItemOutOfScope)
            }
            "the reseller named" => (kind.acts_for(&things.reseller), Expected::OutOfScope),
            "the record's partner, else unknown" | "a customer of a partner, else unknown" => {
                (own, Expected::Unknown)
            }
            "every partner" => (kind.partners == EVERY, Expected::OutOfScope),
            other => panic!("the document narrows {} in a way that nobody knows: {other}", self.method),
        };
        if is { Expected::Admitted } else { otherwise }
    }
}

/// By the roles of the policy that ships, which are the rule's defaults.
fn permits(kind: &Kind, action: Action) -> bool {
    Roles::default().permitting(action).iter().any(|it| kind.roles.contains(it))
}
