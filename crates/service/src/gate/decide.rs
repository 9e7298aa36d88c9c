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
        let applied = index.ledger().applied;
        let wanted = asked.position();
        if wanted > Some(applied) {
            return Err(Error::ReplicaTooStale { wanted, applied });
        }
        let prefix = asked.known_at.unwrap_or(applied);
        let as_of = AsOf { prefix, effective_at: asked.effective_at.unwrap_or(now) };
        let decision = authorize_found(index, found, &asked.order, &as_of)
            .map_err(|_| Error::PolicyUnknown { known_at: asked.known_at })?;
        if self.counts_decisions {
            self.figures.decided(&decision);
        }
        let policy = index.policies().at(prefix).ok_or(Error::PolicyUnknown { known_at: asked.known_at })?;
        Ok(Decided { decision, as_of, policy })
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
