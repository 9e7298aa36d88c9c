//! What would allow an order, as a program can act on it: who must do what, by which call, for whom (rule O9).
//!
//! Remedies stand in the order in which they can be carried out.

use super::question::Question;
use super::shortfall::{Lack, Shortfall};
use super::{By, Call, Remediation, RemediationAction};
use crate::acceptance::AcceptanceFact;
use crate::catalog::AgreementIndex;
use crate::event::EventRef;
use crate::values::PartnerId;

/// The whole way to ALLOWED for the seller of the question; `by` says whether that is the ordering partner, or the
/// provider that it should order through.
pub(super) fn of_denial(
    question: &Question<'_>,
    shortfall: Option<&Shortfall<'_>>,
    by: By,
) -> Vec<Remediation> {
    let mut remedies = of_parties(question, by);
    if let Some(shortfall) = shortfall {
        remedies.extend(of_shortfall(question, shortfall, by));
    }
    remedies
}

/// CANCEL_SUBSCRIPTIONS for each open obligation (rules C13, O2).
pub(super) fn of_open_obligations(question: &Question<'_>, by: By) -> Vec<Remediation> {
    // Nearly always: and a list that nothing is collected into costs nothing.
    if question.has_no_obligation() {
        return Vec::new();
    }
    let open = question.relationship.into_iter().flat_map(|it| it.open_obligations(question.as_of));
    open.map(|it| cancel_subscriptions(question, it.agreement, it.withdrawal, by)).collect()
}

/// ORDER_THROUGH_PROVIDER, where the question's reseller ordered itself.
pub(super) fn order_through(question: &Question<'_>, provider: Option<&PartnerId>) -> Remediation {
    Remediation {
        call: Some(Call::AuthorizeOrder),
        partner: provider.cloned(),
        reseller: question.reseller.cloned(),
        customer: Some(question.customer.clone()),
        ..Remediation::of(RemediationAction::OrderThroughProvider, By::Reseller)
    }
}

fn of_parties(question: &Question<'_>, by: By) -> Vec<Remediation> {
    let faults = &question.faults;
    let (seller, reseller, customer) = (question.seller, question.reseller, Some(question.customer.clone()));
    let register = |partner: Option<&PartnerId>| Remediation {
        call: Some(Call::RegisterPartner),
        partner: partner.cloned(),
        reseller: reseller.cloned(),
        ..Remediation::of(RemediationAction::RegisterPartner, By::Operator)
    };
    let activate = |partner: Option<&PartnerId>| Remediation {
        call: Some(Call::SetPartnerStatus),
        partner: partner.cloned(),
        ..Remediation::of(RemediationAction::ActivatePartner, By::Operator)
    };
    let establish = |by| Remediation {
        call: Some(Call::EstablishRelationship),
        partner: seller.cloned(),
        ..Remediation::of(RemediationAction::EstablishRelationship, by)
    };
    let register_customer = Remediation {
        call: Some(Call::RegisterCustomer),
        customer: customer.clone(),
        ..Remediation::of(RemediationAction::RegisterCustomer, By::Operator)
    };
    let link = Remediation { reseller: reseller.cloned(), ..establish(By::Provider) };
    let all = [
        (faults.partner_unknown || faults.partner_no_provider, register(seller)),
        (faults.partner_inactive, activate(seller)),
        (faults.reseller_no_reseller, register(reseller)),
        (faults.reseller_inactive, activate(reseller)),
        (faults.reseller_not_linked, link),
        (faults.customer_unknown, register_customer),
        (faults.relationship_missing, Remediation { customer, ..establish(by) }),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, remedy)| remedy).collect()
}

fn of_shortfall(question: &Question<'_>, shortfall: &Shortfall<'_>, by: By) -> Vec<Remediation> {
    // What cannot be confirmed then is first the operator's to make so, by a policy or by availability.
    let (by_whom, call) =
        if shortfall.available { (by, Some(Call::ConfirmAcceptance)) } else { (By::Operator, None) };
    let accept = |action| Remediation {
        call,
        partner: question.seller.cloned(),
        customer: Some(question.customer.clone()),
        reseller: None,
        agreement: shortfall.wanted.map(|(_, it)| question.catalogue.agreement(it).id.clone()),
        version: shortfall.wanted_version(question),
        accepted_from: shortfall.wanted.and_then(|(requirement, _)| requirement.accepted_from),
        ..Remediation::of(action, by_whom)
    };
    let mut remedies = match (shortfall.lack, shortfall.other) {
        (Lack::Missing, Some(_)) => vec![],
        (Lack::Missing, None) => vec![accept(RemediationAction::ConfirmAcceptance)],
        (Lack::Stale(_), _) => vec![accept(RemediationAction::ReconfirmCurrentVersion)],
        (Lack::Withdrawn(fact), _) => {
            let mut remedies = of_withdrawal(question, fact, by);
            remedies.push(accept(RemediationAction::ConfirmAcceptance));
            remedies
        }
    };
    if shortfall.other.is_some() {
        remedies.push(accept(RemediationAction::AcceptOtherAgreement));
    }
    remedies
}

/// CANCEL_SUBSCRIPTIONS for each open obligation of the acceptance's agreement; for the withdrawal that ended the
/// acceptance, where none is open any more.
fn of_withdrawal(question: &Question<'_>, ended: &AcceptanceFact, by: By) -> Vec<Remediation> {
    let Some(relationship) = question.relationship else { return Vec::new() };
    let open = relationship.open_obligations(question.as_of).filter(|it| it.agreement == ended.agreement);
    let mut obligations: Vec<_> = open.map(|it| it.withdrawal).collect();
    if obligations.is_empty() {
        obligations.extend(relationship.withdrawal_of(ended, question.as_of).map(|it| it.recorded));
    }
    obligations.into_iter().map(|it| cancel_subscriptions(question, ended.agreement, it, by)).collect()
}

fn cancel_subscriptions(
    question: &Question<'_>,
    agreement: AgreementIndex,
    obligation: EventRef,
    by: By,
) -> Remediation {
    Remediation {
        call: Some(Call::RecordCancellation),
        partner: question.seller.cloned(),
        customer: Some(question.customer.clone()),
        agreement: Some(question.catalogue.agreement(agreement).id.clone()),
        obligation: Some(obligation),
        ..Remediation::of(RemediationAction::CancelSubscriptions, by)
    }
}
