//! An answer that denies: all reasons that hold, and the whole way to ALLOWED (rule O9).

use smallvec::SmallVec;

use super::question::Question;
use super::{
    AsOf, By, Decision, Order, Outcome, Reason, ReasonCode, Remediation, remedies, shortfall, validity,
};
use crate::facts::Facts;
use crate::values::PartnerId;

#[cold]
pub(super) fn denied(question: &Question<'_>, facts: &(impl Facts + ?Sized), order: &Order) -> Decision {
    let shortfall = shortfall::of(question);
    let mut reasons = party_reasons(question);
    reasons.extend(shortfall.iter().flat_map(|it| it.reasons(question)));
    let mut valid_until = validity::valid_until(question, Outcome::Denied);
    let remediations = if question.faults.partner_not_eligible {
        let (remediations, until) = through_provider(question, facts, order);
        valid_until = [valid_until, until].into_iter().flatten().min();
        remediations
    } else {
        remedies::of_denial(question, shortfall.as_ref(), By::Partner)
    };
    Decision { outcome: Outcome::Denied, reasons, remediations, valid_until }
}

fn party_reasons(question: &Question<'_>) -> SmallVec<[Reason; 1]> {
    let faults = &question.faults;
    let of_reseller = |code| Reason { partner: question.reseller.cloned(), ..Reason::of(code) };
    let of_order = Reason::of;
    let all = [
        (faults.partner_unknown, of_order(ReasonCode::PartnerUnknown)),
        (faults.partner_inactive, of_order(ReasonCode::PartnerInactive)),
        (faults.partner_not_eligible, of_order(ReasonCode::PartnerNotEligible)),
        (faults.reseller_not_linked, of_reseller(ReasonCode::ResellerNotLinked)),
        (faults.reseller_inactive, of_reseller(ReasonCode::PartnerInactive)),
        (faults.customer_unknown, of_order(ReasonCode::CustomerUnknown)),
        (faults.relationship_missing, of_order(ReasonCode::RelationshipMissing)),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason).collect()
}

/// What a reseller that orders itself must do: order through a provider (rule W1), and what that provider must do
/// for the order to be allowed then. The first active provider is that one; the others are named as well.
fn through_provider(
    question: &Question<'_>,
    facts: &(impl Facts + ?Sized),
    order: &Order,
) -> (Vec<Remediation>, Option<crate::values::Instant>) {
    let providers = providers_of(facts, &order.partner, question.as_of);
    let chosen = providers.first().copied();
    let (found, parties) = (Question::found_for(facts, order, chosen), (chosen, Some(&order.partner)));
    let way = Question::by(question.terms, facts, &found, order, question.as_of, parties);
    let shortfall = shortfall::of(&way);
    let named = if providers.is_empty() { vec![None] } else { providers.into_iter().map(Some).collect() };
    let mut remediations: Vec<_> = named.into_iter().map(|it| remedies::order_through(&way, it)).collect();
    remediations.extend(if way.permit().is_some() {
        remedies::of_open_obligations(&way, By::Provider)
    } else {
        remedies::of_denial(&way, shortfall.as_ref(), By::Provider)
    });
    (remediations, validity::valid_until(&way, Outcome::Denied))
}

/// The providers that the reseller can sell through, active ones first.
fn providers_of<'a>(
    facts: &'a (impl Facts + ?Sized),
    reseller: &PartnerId,
    as_of: AsOf,
) -> Vec<&'a PartnerId> {
    let Some(partner) = facts.partner(reseller) else { return Vec::new() };
    let of = |id: &PartnerId| facts.partner(id);
    let sells = |it: &&PartnerId| of(it).is_some_and(|its| partner.sells_through(its, it, as_of.prefix));
    let mut providers: Vec<_> = partner.providers_at(as_of.prefix).filter(sells).collect();
    providers.sort_by_key(|it| !of(it).is_some_and(|its| its.is_active_at(as_of.prefix)));
    providers
}
