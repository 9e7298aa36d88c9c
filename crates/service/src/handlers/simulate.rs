//! Whose answers would flip under a candidate policy: asked before anyone publishes it.

use std::ops::Range;
use std::sync::Arc;

use assent_domain::Facts;
use assent_domain::authorize::{AsOf, Decision, Order, Outcome, authorize_with};
use assent_domain::policy::Policy;
use assent_domain::refusal::{Refusal, Refusals};
use assent_domain::values::{CustomerId, Instant, PartnerId, Position, TransactionKind};
use assent_projections::Index;
use assent_proto::convert::answer;
use assent_proto::convert::asked::Simulation;
use assent_proto::v1::simulate_policy_response::Message;
use assent_proto::v1::{PolicyFlip, SimulatePolicyResponse, SimulationSummary};

use super::Answers;
use crate::app::App;
use crate::error::Error;

/// How many places of relationships are looked at under one lock.
const PLACES_AT_ONCE: usize = 512;

/// A simulation under way: one prefix, one instant, both policies.
struct Run {
    asked: Simulation,
    before: Arc<Policy>,
    after: Policy,
    as_of: AsOf,
}

impl App {
    /// Streams the flips as of one prefix, then the totals.
    pub(crate) fn simulate(
        self: &Arc<Self>,
        asked: Simulation,
    ) -> Result<Answers<SimulatePolicyResponse>, Error> {
        let run = self.simulation(asked)?;
        let app = Arc::clone(self);
        Ok(Box::pin(async_stream::try_stream! {
            let mut summary = SimulationSummary { position: run.as_of.prefix.0, ..Default::default() };
            let mut place = 0;
            while let Some(flips) = app.flips(&run, place..place + PLACES_AT_ONCE, &mut summary) {
                place += PLACES_AT_ONCE;
                for flip in flips {
                    yield SimulatePolicyResponse { message: Some(Message::Flip(flip)) };
                }
                // Where nothing flips nothing else would wait, and orders of this worker would, for the whole ledger.
                tokio::task::yield_now().await;
            }
            yield SimulatePolicyResponse { message: Some(Message::Summary(summary)) };
        }))
    }

    fn simulation(&self, asked: Simulation) -> Result<Run, Error> {
        self.check_trusted()?;
        let effective_at: Instant = self.instant(asked.effective_at);
        let index = self.index.read();
        let as_of = AsOf { prefix: index.ledger().applied, effective_at };
        let before =
            index.policies().at(as_of.prefix).ok_or(Error::PolicyUnknown { known_at: None })?.clone();
        let candidate = asked.document.clone();
        let after = Policy::new(before.version + 1, Position::END, [0; 32], candidate, index.catalogue());
        let after = after.map_err(|agreement| {
            let description = format!("names the agreement `{agreement}`, which the catalogue does not know");
            let refusal = Refusal::PolicyInvalid { field: "lines".to_owned(), description };
            Error::Refused { refusals: Refusals(vec![refusal]), ids: self.ids }
        })?;
        Ok(Run { asked, before, after, as_of })
    }

    /// What flips at these places; none behind the last one.
    fn flips(
        &self,
        run: &Run,
        places: Range<usize>,
        summary: &mut SimulationSummary,
    ) -> Option<Vec<PolicyFlip>> {
        let index = self.index.read();
        if places.start >= index.relationship_places().end {
            return None;
        }
        let mut flips = Vec::new();
        for (partner, customer, _) in index.relationships_at(places) {
            if run.asked.partner.as_ref().is_some_and(|it| it != partner) {
                continue;
            }
            summary.relationships += 1;
            for transaction in &run.asked.transactions {
                if let Some((before, after)) = run.flip(&index, partner, &customer, *transaction) {
                    match after.outcome {
                        Outcome::Denied => summary.would_fail += 1,
                        Outcome::Allowed => summary.would_pass += 1,
                    }
                    flips.push(self.shown(run, partner, &customer, *transaction, &before, &after));
                }
            }
        }
        Some(flips)
    }

    fn shown(
        &self,
        run: &Run,
        partner: &PartnerId,
        customer: &CustomerId,
        transaction: TransactionKind,
        before: &Decision,
        after: &Decision,
    ) -> PolicyFlip {
        let show = |decision: &Decision, policy: &Policy| {
            Some(answer::response(decision, &run.as_of, &policy.document.id, policy.version, &self.ids))
        };
        let mut flip = PolicyFlip {
            partner_id: partner.to_string(),
            customer_id: customer.to_string(),
            before: show(before, &run.before),
            after: show(after, &run.after),
            ..Default::default()
        };
        flip.set_transaction(transaction.into());
        flip
    }
}

impl Run {
    fn flip(
        &self,
        index: &Index,
        partner: &PartnerId,
        customer: &CustomerId,
        transaction: TransactionKind,
    ) -> Option<(Decision, Decision)> {
        let order = Order {
            partner: partner.clone(),
            customer: customer.clone(),
            reseller: None,
            transaction,
            channel: self.asked.channel,
            product_family: self.asked.product_family.clone(),
        };
        let before = authorize_with(&self.before, index, &order, &self.as_of);
        let after = authorize_with(&self.after, index, &order, &self.as_of);
        (before.outcome != after.outcome).then_some((before, after))
    }
}
