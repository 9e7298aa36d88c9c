//! Which acceptance which transaction needs, from when on: policy as data, and the table of every rule.

mod roles;
pub mod rules;

use std::sync::Arc;

use crate::catalog::{AgreementIndex, Catalogue};
use crate::directory::StreamHead;
use crate::event::VersionPublished;
use crate::values::{
    AgreementId, Channel, Cloud, Instant, PolicyId, Position, ProductFamily, Sha256, TransactionKind,
};

pub use roles::{Action, Roles};

/// The edition of the rules that this code is. It changes when the meaning of a rule does; an event activates it.
pub const RULES_EDITION: u32 = 1;

/// What a policy file says, parsed and valid in itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDocument {
    /// The policy's id; all versions of a ledger's policy have the same.
    pub id: PolicyId,
    /// The clouds that requirements apply in (rule O5).
    pub covered_clouds: Vec<Cloud>,
    /// Who may do what (rule W7).
    pub roles: Roles,
    /// The agreements that become catalogue events at the ledger's first start; ignored afterwards.
    pub agreements: Vec<(AgreementId, VersionPublished)>,
    /// The requirements, in the file's order.
    pub lines: Vec<Line>,
}

/// One requirement: which acceptance these transactions need in this time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its id, unique in the policy.
    pub id: String,
    /// Where it comes from.
    pub source: String,
    /// In force from then on, inclusive.
    pub from: Instant,
    /// Until then, exclusive; none: open.
    pub until: Option<Instant>,
    /// For orders through these channels.
    pub channels: Vec<Channel>,
    /// For these transactions.
    pub transactions: Vec<TransactionKind>,
    /// For these products only, where it overrides the base line; empty: the base line (rule O6).
    pub products: Vec<ProductFamily>,
    /// An acceptance in force that fits any of these suffices (rule O3).
    pub any_of: Vec<Requirement>,
}

/// An acceptance that a line takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Of this agreement.
    pub agreement: AgreementId,
    /// In this version.
    pub version: VersionRule,
    /// Accepted on or after this instant, where there is one.
    pub accepted_from: Option<Instant>,
}

/// Which versions count (rule O4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionRule {
    /// Each.
    Any,
    /// The one in force at the effective instant.
    MostCurrent,
}

/// A published policy, ready to decide with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// 1, 2, 3 … in the ledger.
    pub version: u32,
    /// The event that published it; END for a candidate that is only simulated.
    pub published: Position,
    /// The hash of the file.
    pub sha256: Sha256,
    /// What it says.
    pub document: Arc<PolicyDocument>,
    /// For each line and each of its requirements, the agreement's place in the catalogue.
    pub agreements: Vec<Vec<AgreementIndex>>,
    /// For each channel and transaction, the lines that concern it, in the file's order.
    concerning: Vec<Vec<usize>>,
}

/// The policies of a ledger, in order; the last one of a prefix governs it (rule O11).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    /// Every version published.
    pub versions: Vec<Arc<Policy>>,
    /// The stream `policy/{id}`.
    pub stream: StreamHead,
}

impl Policies {
    /// The policy that governs the prefix.
    pub fn at(&self, prefix: Position) -> Option<&Arc<Policy>> {
        self.versions.iter().rev().find(|it| it.published <= prefix)
    }
}

impl Policy {
    /// A policy whose agreements are all known to the catalogue; else the first that is not.
    pub fn new(
        version: u32,
        published: Position,
        sha256: Sha256,
        document: Arc<PolicyDocument>,
        catalogue: &Catalogue,
    ) -> Result<Self, AgreementId> {
        let place = |it: &Requirement| catalogue.index_of(&it.agreement).ok_or_else(|| it.agreement.clone());
        let of_line = |it: &Line| it.any_of.iter().map(place).collect();
        let agreements = document.lines.iter().map(of_line).collect::<Result<_, _>>()?;
        let concerning = concerning(&document.lines);
        Ok(Self { version, published, sha256, document, agreements, concerning })
    }

    /// The places of the lines that concern such orders, in the file's order.
    pub fn concerning(&self, channel: Channel, transaction: TransactionKind) -> &[usize] {
        &self.concerning[place(channel, transaction)]
    }

    /// The line at this place.
    pub fn line(&self, at: usize) -> &Line {
        &self.document.lines[at]
    }

    /// What the line at this place takes, each with its agreement's place in the catalogue.
    pub fn requirements(&self, at: usize) -> impl Iterator<Item = (&Requirement, AgreementIndex)> {
        self.line(at).any_of.iter().zip(self.agreements[at].iter().copied())
    }
}

fn concerning(lines: &[Line]) -> Vec<Vec<usize>> {
    let mut concerning = vec![Vec::new(); Channel::ALL.len() * TransactionKind::ALL.len()];
    for channel in Channel::ALL {
        for transaction in TransactionKind::ALL {
            let of_kind = lines.iter().enumerate().filter(|(_, it)| it.concerns(*channel, *transaction));
            concerning[place(*channel, *transaction)] = of_kind.map(|(at, _)| at).collect();
        }
    }
    concerning
}

const fn place(channel: Channel, transaction: TransactionKind) -> usize {
    channel as usize * TransactionKind::ALL.len() + transaction as usize
}

impl Line {
    /// Whether the line is about this order at this instant, leaving its products aside.
    pub fn covers(&self, channel: Channel, transaction: TransactionKind, at: Instant) -> bool {
        self.concerns(channel, transaction) && self.is_in_force_at(at)
    }

    /// Whether the instant lies in its time.
    pub fn is_in_force_at(&self, at: Instant) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }

    /// Whether the line is about such orders at some instant.
    pub fn concerns(&self, channel: Channel, transaction: TransactionKind) -> bool {
        self.channels.contains(&channel) && self.transactions.contains(&transaction)
    }
}
