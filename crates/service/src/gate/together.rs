//! Orders that are decided and answered together: at one prefix and one instant, so that what they have in common is worked out and
//! written once.

use assent_domain::authorize::{Allowed, AsOf, Deciding, Decision, Verdict};
use assent_domain::facts::Found;
use assent_domain::values::Instant;
use assent_projections::Index;
use assent_proto::convert::Asked;
use assent_proto::direct::{self, Repeated};

use super::decide::Decided;
use crate::app::App;
use crate::error::Error;

/// How many answers are kept to be given again: nearly all orders of a partner are allowed for one reason, or one of two.
const ANSWERS_MAX: usize = 8;

/// Answers orders one after the other.
pub(super) struct Together<'a> {
    app: &'a App,
    index: &'a Index,
    now: Instant,
    deciding: Deciding<'a, Index>,
    given: Vec<Given>,
}

/// An answer that was given.
struct Given {
    as_of: AsOf,
    allowed: Allowed,
    decision: Decision,
    answer: Repeated,
}

impl<'a> Together<'a> {
    /// Nothing was answered yet; `now` counts where an order names no instant.
    pub(super) const fn new(app: &'a App, index: &'a Index, now: Instant) -> Self {
        Self { app, index, now, deciding: Deciding::on(index), given: Vec::new() }
    }

    /// Decides an order, and writes its answer as a stream and a batch have it.
    pub(super) fn answer(
        &mut self,
        found: &Found<'_>,
        asked: &Asked,
        order_ref: Option<&str>,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let Self { app, index, now, .. } = *self;
        let as_of = App::as_of(index, asked, now)?;
        let unknown = |_| Error::PolicyUnknown { known_at: asked.known_at };
        match self.deciding.decide(found, &asked.order, &as_of).map_err(unknown)? {
            Verdict::Allowed(allowed) => {
                let is_like = |it: &Given| it.as_of == as_of && it.allowed.is_like(&allowed);
                let Some(given) = self.given.iter().find(|it| is_like(it)) else {
                    return self.give(allowed, as_of, order_ref, out);
                };
                app.count(&given.decision);
                let acceptance = allowed.rests_on.map(|it| it.acceptance);
                given.answer.streamed(acceptance, &app.ids, order_ref, out);
                Ok(())
            }
            Verdict::Decided(decision) => {
                app.count(&decision);
                let decided = Decided::of(*decision, as_of, index)?;
                direct::streamed(&decided.answer(&app.ids, order_ref), out);
                Ok(())
            }
        }
    }

    /// Writes an answer that allows, and keeps it.
    #[cold]
    fn give(
        &mut self,
        allowed: Allowed,
        as_of: AsOf,
        order_ref: Option<&str>,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let decided = Decided::of(allowed.decision(self.index), as_of, self.index)?;
        self.app.count(&decided.decision);
        let answer = decided.answer(&self.app.ids, order_ref);
        direct::streamed(&answer, out);
        if let Some(answer) = Repeated::of(&answer) {
            // Orders with instants of their own are answered as no other is: they must not stand in the others' way.
            if self.given.len() == ANSWERS_MAX {
                self.given.clear();
            }
            self.given.push(Given { as_of, allowed, decision: decided.decision, answer });
        }
        Ok(())
    }
}
