//! What an order is answered, and the one check of it.

use assent_proto::v1::{
    AuthorizeOrderRequest, AuthorizeOrderResponse, Channel, Decision, ReasonCode, RemediationAction,
    TransactionKind,
};
use assent_testing::{Server, requests};

use crate::support::within;

const CONFIRM: RemediationAction = RemediationAction::ConfirmAcceptance;
const CANCEL: RemediationAction = RemediationAction::CancelSubscriptions;

/// What an order is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// No line covers it.
    Free,
    /// An acceptance of the Cloud Agreement allows it.
    Cloud,
    /// An acceptance of the Customer Agreement allows it.
    Mca,
    /// A national cloud.
    National,
    /// An automatic renewal.
    Exempt,
    /// The same, with subscriptions that have to be cancelled.
    ExemptButCancel,
    /// The Cloud Agreement has to be accepted.
    NeedsCloud,
    /// The Customer Agreement has to be accepted.
    NeedsMca,
    /// The Customer Agreement has to be accepted anew.
    Stale,
    /// The same, beside an acceptance of the Cloud Agreement, which counts no more.
    StaleBesideCloud,
    /// The customer no longer agrees.
    Withdrawn,
    /// The Cloud Agreement counts no more.
    NoLongerHonoured,
    /// The Cloud Agreement does not count for this product.
    NotForProduct,
    /// The reseller does not sell through this partner, for whom all is well.
    NotLinked,
}

impl Answer {
    #[rustfmt::skip]
    fn told(self) -> Told {
        let (cloud, mca) = (Some(requests::CLOUD_AGREEMENT), Some(requests::CUSTOMER_AGREEMENT));
        let (allowed, denied) = (Decision::Allowed, Decision::Denied);
        let (decision, code, rule, agreement, remedies) = match self {
            Self::StaleBesideCloud => {
                let (mut told, too_old) = (Self::Stale.told(), Self::NoLongerHonoured.told());
                told.reasons.extend(too_old.reasons);
                told.remedies.extend(too_old.remedies);
                return told;
            }
            Self::Free => (allowed, ReasonCode::RequirementNotInForce, "O13", None, vec![]),
            Self::Cloud => (allowed, ReasonCode::AcceptanceInForce, "O3", cloud, vec![]),
            Self::Mca => (allowed, ReasonCode::AcceptanceInForce, "O3", mca, vec![]),
            Self::National => (allowed, ReasonCode::CloudNotCovered, "O5", None, vec![]),
            Self::Exempt => (allowed, ReasonCode::TransactionExempt, "O2", None, vec![]),
            Self::ExemptButCancel => (allowed, ReasonCode::TransactionExempt, "O2", None, vec![(CANCEL, mca)]),
            Self::NeedsCloud => (denied, ReasonCode::AcceptanceMissing, "O1", cloud, vec![(CONFIRM, cloud)]),
            Self::NeedsMca => (denied, ReasonCode::AcceptanceMissing, "O1", mca, vec![(CONFIRM, mca)]),
            Self::Stale => (denied, ReasonCode::AcceptanceStale, "O4", mca, vec![(RemediationAction::ReconfirmCurrentVersion, mca)]),
            Self::Withdrawn => (denied, ReasonCode::AcceptanceWithdrawn, "C13", mca, vec![(CANCEL, mca), (CONFIRM, mca)]),
            Self::NoLongerHonoured => (denied, ReasonCode::AgreementNoLongerHonoured, "O7", cloud, vec![(RemediationAction::AcceptOtherAgreement, mca)]),
            Self::NotForProduct => (denied, ReasonCode::AgreementNotValidForProduct, "O6", cloud, vec![(RemediationAction::AcceptOtherAgreement, mca)]),
            Self::NotLinked => (denied, ReasonCode::ResellerNotLinked, "O8", None, vec![(RemediationAction::EstablishRelationship, None)]),
        };
        Told { decision, reasons: vec![(code, rule, agreement)], remedies }
    }
}

/// What of an answer is compared.
struct Told {
    decision: Decision,
    /// Each with its rule and its agreement.
    reasons: Vec<(ReasonCode, &'static str, Option<&'static str>)>,
    /// Each with its agreement.
    remedies: Vec<(RemediationAction, Option<&'static str>)>,
}

/// An order and what it is answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) partner: &'static str,
    pub(super) customer: &'static str,
    pub(super) reseller: Option<&'static str>,
    pub(super) at: &'static str,
    pub(super) channel: Channel,
    pub(super) transaction: TransactionKind,
    pub(super) product: Option<&'static str>,
    pub(super) answer: Answer,
}

impl Case {
    pub(super) fn order(&self) -> AuthorizeOrderRequest {
        AuthorizeOrderRequest {
            effective_at: Some(requests::at(self.at)),
            channel: self.channel.into(),
            transaction: self.transaction.into(),
            product_family: self.product.map(str::to_owned),
            reseller_id: self.reseller.map(str::to_owned),
            ..requests::order(self.partner, self.customer)
        }
    }
}

/// Asks, and gives what is wrong with the answer.
pub(super) async fn check(server: &Server, case: &Case) -> Option<String> {
    let order = case.order();
    let answer = within(server.decide(order.clone())).await;
    let Told { decision, reasons, remedies } = case.answer.told();
    let given: Vec<_> =
        answer.reasons.iter().map(|it| (it.code(), it.rule.as_str(), it.agreement_id.as_deref())).collect();
    let told: Vec<_> =
        answer.remediations.iter().map(|it| (it.action(), it.agreement_id.as_deref())).collect();
    let right = answer.decision() == decision
        && given == reasons
        && told == remedies
        && answer.evaluated_at == order.effective_at
        && is_explained(&answer);
    (!right).then(|| format!("{case:?}\n    was answered {answer:?}"))
}

/// Every reason and remedy has its sentence, and an allowance by an acceptance names it (rule O9).
fn is_explained(answer: &AuthorizeOrderResponse) -> bool {
    let by_acceptance = |it: &assent_proto::v1::Reason| it.code() == ReasonCode::AcceptanceInForce;
    answer
        .reasons
        .iter()
        .all(|it| !it.message.is_empty() && (!by_acceptance(it) || it.acceptance_id.is_some()))
        && answer.remediations.iter().all(|it| !it.message.is_empty())
}

/// Checks every case, and tells all that is wrong at once.
pub(super) async fn check_all(server: &Server, cases: impl IntoIterator<Item = Case>) {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for case in cases {
        checked += 1;
        wrong.extend(check(server, &case).await);
    }
    assert!(wrong.is_empty(), "{} of {checked} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
