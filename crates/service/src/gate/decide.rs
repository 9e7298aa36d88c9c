//! What both ways share: deciding on exactly the prefix that the index has applied, or on an earlier one.

use assent_domain::Facts;
use assent_domain::authorize::{AsOf, Decision, authorize_found};
use assent_domain::facts::Found;
use assent_domain::policy::Policy;
use assent_domain::values::Instant;
use assent_projections::Index;
use assent_proto::convert::{Asked, Ids};
use assent_proto::direct::Answer;

use crate::app::App;
use crate::error::Error;

/// A decision with what it rests on.
pub(crate) struct Decided<'a> {
    pub(crate) decision: Decision,
    pub(crate) as_of: AsOf,
    pub(crate) policy: &'a Policy,
}

impl App {
    /// Decides an order; `now` counts where it names no instant.
    pub(super) fn decide<'a>(
        &self,
        index: &'a Index,
        asked: &Asked,
        now: Instant,
    ) -> Result<Decided<'a>, Error> {
        self.decide_found(index, &index.find(&asked.order.partner, &asked.order.customer), asked, now)
    }

    /// The same, with the order's two sides looked up by the caller.
    pub(crate) fn decide_found<'a>(
        &self,
        index: &'a Index,
        found: &Found<'_>,
        asked: &Asked,
        now: Instant,
    ) -> Result<Decided<'a>, Error> {
        let as_of = Self::as_of(index, asked, now)?;
        let decision = authorize_found(index, found, &asked.order, &as_of)
            .map_err(|_| Error::PolicyUnknown { known_at: asked.known_at })?;
        self.count(&decision);
        Decided::of(decision, as_of, index)
    }

    /// As of when an order is decided; an error where this replica has not applied what it asks for.
    pub(super) fn as_of(index: &Index, asked: &Asked, now: Instant) -> Result<AsOf, Error> {
        let applied = index.ledger().applied;
        let wanted = asked.position();
        if wanted > Some(applied) {
            return Err(Error::ReplicaTooStale { wanted, applied });
        }
        let prefix = asked.known_at.unwrap_or(applied);
        Ok(AsOf { prefix, effective_at: asked.effective_at.unwrap_or(now) })
    }

    /// Counts a decision.
    pub(super) fn count(&self, decision: &Decision) {
        if self.counts_decisions {
            self.figures.decided(decision);
        }
    }
}

impl<'a> Decided<'a> {
    /// A decision on a prefix of this index.
    pub(super) fn of(decision: Decision, as_of: AsOf, index: &'a Index) -> Result<Self, Error> {
        let unknown = Error::PolicyUnknown { known_at: Some(as_of.prefix) };
        let policy = index.policies().at(as_of.prefix).ok_or(unknown)?;
        Ok(Self { decision, as_of, policy })
    }
}

impl Decided<'_> {
    /// All that its answer says.
    pub(super) fn answer<'a>(&'a self, ids: &'a Ids, order_ref: Option<&'a str>) -> Answer<'a> {
        Answer {
            decision: &self.decision,
            as_of: &self.as_of,
            policy_id: &self.policy.document.id,
            policy_version: self.policy.version,
            ids,
            order_ref,
        }
    }
}
