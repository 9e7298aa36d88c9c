//! The beginnings of most stories, and how their refusals are read.

use assent_proto::v1::{
    Acceptance, AuthorizeOrderRequest, AuthorizeOrderResponse, Cloud, Program, ReasonCode,
    RegisterCustomerRequest,
};
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::{Server, requests};

impl Server {
    /// Registers a partner and answers the position.
    pub async fn register_partner(&self, partner: &str, program: Program) -> u64 {
        let answer = self.directory().register_partner(requests::partner(partner, program)).await;
        answer.unwrap_or_else(|it| panic!("partner `{partner}`: {it}")).into_inner().position
    }

    /// Registers a customer in the public cloud and answers the position.
    pub async fn register_customer(&self, customer: &str) -> u64 {
        self.register_customer_in(customer, Cloud::Public).await
    }

    /// Registers a customer in that cloud and answers the position.
    pub async fn register_customer_in(&self, customer: &str, cloud: Cloud) -> u64 {
        let request = RegisterCustomerRequest { cloud: cloud.into(), ..requests::customer(customer) };
        let answer = self.directory().register_customer(request).await;
        answer.unwrap_or_else(|it| panic!("customer `{customer}`: {it}")).into_inner().position
    }

    /// Puts a partner in touch with a customer and answers the relationship's revision.
    pub async fn establish(&self, partner: &str, customer: &str) -> u64 {
        let answer = self.directory().establish_relationship(requests::relationship(partner, customer)).await;
        answer.unwrap_or_else(|it| panic!("`{partner}` and `{customer}`: {it}")).into_inner().revision
    }

    /// Links a reseller to its provider.
    pub async fn link(&self, provider: &str, reseller: &str) {
        let answer = self.directory().establish_relationship(requests::link(provider, reseller)).await;
        answer.unwrap_or_else(|it| panic!("`{provider}` and `{reseller}`: {it}"));
    }

    /// Registers a direct-bill partner and a customer, and puts them in touch: all that an order needs but an
    /// acceptance.
    pub async fn registered(&self, partner: &str, customer: &str) {
        self.register_partner(partner, Program::DirectBill).await;
        self.register_customer(customer).await;
        self.establish(partner, customer).await;
    }

    /// The same, and confirms the Customer Agreement: an order of today is allowed.
    pub async fn accepted(&self, partner: &str, customer: &str) -> Acceptance {
        self.registered(partner, customer).await;
        let answer = self.acceptance().confirm_acceptance(requests::confirm(partner, customer)).await;
        let answer = answer.unwrap_or_else(|it| panic!("`{partner}` for `{customer}`: {it}")).into_inner();
        answer.acceptance.expect("a confirmation answers the acceptance")
    }

    /// Registers an indirect provider, its reseller and a customer, with the link and the relationship.
    pub async fn registered_through_provider(&self, provider: &str, reseller: &str, customer: &str) {
        self.register_partner(provider, Program::IndirectProvider).await;
        self.register_partner(reseller, Program::IndirectReseller).await;
        self.link(provider, reseller).await;
        self.register_customer(customer).await;
        self.establish(provider, customer).await;
    }

    /// Asks about an order, and panics where there is no answer.
    pub async fn decide(&self, order: AuthorizeOrderRequest) -> AuthorizeOrderResponse {
        let answer = self.authorization().authorize_order(order.clone()).await;
        answer.unwrap_or_else(|it| panic!("{order:?}: {it}")).into_inner()
    }

    /// The reasons of the decision about an order.
    pub async fn reasons(&self, order: AuthorizeOrderRequest) -> Vec<ReasonCode> {
        self.decide(order).await.reasons.iter().map(|it| it.code()).collect()
    }
}

/// The reason that a refusal gives: `ErrorInfo.reason`; empty where it gives none.
pub fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|it| it.reason.clone()).unwrap_or_default()
}
