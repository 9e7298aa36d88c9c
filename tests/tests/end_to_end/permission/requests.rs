//! One good request of every method, about the things of one provider.

use assent_proto::v1::export_inquiry_request::Scope;
use assent_proto::v1::void_record_request::Record;
use assent_proto::v1::*;
use assent_testing::requests;
use prost::Message;

use super::ground::{Things, evidence};

/// The request, in bytes.
pub(super) fn request(method: &str, things: &Things) -> Vec<u8> {
    let groups = [orders, acceptances, records, reads, catalogue, directory, audit, privacy];
    groups.iter().find_map(|it| it(method, things)).unwrap_or_else(|| panic!("{method} has no request here"))
}

fn encoded(message: impl Message) -> Option<Vec<u8>> {
    Some(message.encode_to_vec())
}

fn orders(method: &str, things: &Things) -> Option<Vec<u8>> {
    let order = requests::order(&things.partner, &things.customer);
    match method {
        "AuthorizeOrder" => encoded(order),
        "BatchAuthorizeOrders" => encoded(BatchAuthorizeOrdersRequest { orders: vec![order] }),
        "StreamAuthorizeOrders" => encoded(StreamAuthorizeOrdersRequest { order: Some(order) }),
        "RecordOrderOutcome" => encoded(RecordOrderOutcomeRequest {
            partner_id: things.partner.clone(),
            customer_id: things.customer.clone(),
            order_ref: "order-1".to_owned(),
            transaction: TransactionKind::NewPurchase.into(),
            outcome: OrderOutcome::Failed.into(),
            occurred_at: Some(requests::at("2026-03-02")),
            ..Default::default()
        }),
        _ => None,
    }
}

fn acceptances(method: &str, things: &Things) -> Option<Vec<u8>> {
    let (partner, customer) = (things.partner.as_str(), things.customer.as_str());
    match method {
        "ConfirmAcceptance" => encoded(requests::confirm(partner, customer)),
        "AttestAcceptance" => encoded(requests::attest(partner, customer)),
        "RecordDirectAcceptance" => encoded(requests::direct(partner, customer)),
        "SubmitEvidence" => encoded(evidence(partner, &things.reseller, customer)),
        "WithdrawAcceptance" => encoded(WithdrawAcceptanceRequest {
            withdrawn_at: Some(requests::at("2026-01-01")),
            ..requests::withdraw(partner, customer)
        }),
        "ImportAcceptances" => encoded(requests::row(1, requests::confirm(partner, customer))),
        _ => None,
    }
}

fn records(method: &str, things: &Things) -> Option<Vec<u8>> {
    let reason = || "a reason".to_owned();
    let evidence_id = || things.evidence.clone();
    let acceptance_id = || things.acceptance.clone();
    match method {
        "ConfirmEvidence" => {
            encoded(ConfirmEvidenceRequest { evidence_id: evidence_id(), ..Default::default() })
        }
        "RejectEvidence" => encoded(RejectEvidenceRequest {
            evidence_id: evidence_id(),
            reason: reason(),
            ..Default::default()
        }),
        "CorrectAcceptance" => encoded(CorrectAcceptanceRequest {
            acceptance_id: acceptance_id(),
            reason: reason(),
            ..Default::default()
        }),
        "VoidRecord" => encoded(VoidRecordRequest {
            reason: reason(),
            record: Some(Record::AcceptanceId(acceptance_id())),
            ..Default::default()
        }),
        "RecordCancellation" => encoded(RecordCancellationRequest {
            obligation_id: things.obligation.clone(),
            ..Default::default()
        }),
        "GetAcceptance" => encoded(GetAcceptanceRequest { acceptance_id: acceptance_id() }),
        "GetInclusionProof" => encoded(GetInclusionProofRequest {
            event: Some(get_inclusion_proof_request::Event::EventId(acceptance_id())),
            ..Default::default()
        }),
        _ => None,
    }
}

fn reads(method: &str, things: &Things) -> Option<Vec<u8>> {
    let partner_id = things.partner.clone();
    match method {
        "ListEvidence" => encoded(ListEvidenceRequest { partner_id, ..Default::default() }),
        "ListAcceptances" => encoded(ListAcceptancesRequest { partner_id, ..Default::default() }),
        "GetAcceptanceStatus" => encoded(requests::status(&things.partner, &things.customer)),
        "WatchAcceptanceStatus" => encoded(WatchAcceptanceStatusRequest { partner_id, ..Default::default() }),
        "ListCustomersNeedingAcceptance" => encoded(requests::needing_acceptance(&things.partner)),
        "ListObligations" => encoded(ListObligationsRequest { partner_id, ..Default::default() }),
        _ => None,
    }
}

fn catalogue(method: &str, things: &Things) -> Option<Vec<u8>> {
    let agreement_id = requests::CLOUD_AGREEMENT.to_owned();
    let document = || include_bytes!("../../../../policies/microsoft-csp.yaml").to_vec().into();
    match method {
        "PublishAgreementVersion" => encoded(PublishAgreementVersionRequest {
            agreement_id: "a-new-one".to_owned(),
            version: "1".to_owned(),
            ..Default::default()
        }),
        "RetireAgreement" => encoded(RetireAgreementRequest {
            agreement_id,
            environment: Environment::Sandbox.into(),
            channel: Channel::Api.into(),
            retired_at: Some(requests::at("2026-01-01")),
            ..Default::default()
        }),
        "GetAgreement" => encoded(GetAgreementRequest { agreement_id }),
        "ListAgreements" => encoded(ListAgreementsRequest::default()),
        "GetAgreementTemplate" => encoded(GetAgreementTemplateRequest {
            agreement_id: requests::CUSTOMER_AGREEMENT.to_owned(),
            country: requests::COUNTRY.to_owned(),
            ..Default::default()
        }),
        "PublishPolicy" => encoded(PublishPolicyRequest {
            document: document(),
            reason: "a reason".to_owned(),
            validate_only: true,
            ..Default::default()
        }),
        "GetPolicy" => encoded(GetPolicyRequest::default()),
        "SimulatePolicy" => encoded(SimulatePolicyRequest {
            document: document(),
            partner_id: Some(things.partner.clone()),
            ..Default::default()
        }),
        _ => None,
    }
}

fn directory(method: &str, things: &Things) -> Option<Vec<u8>> {
    let (partner, customer) = (things.partner.as_str(), things.customer.as_str());
    let partner_id = partner.to_owned();
    match method {
        "RegisterPartner" => encoded(requests::partner(partner, Program::IndirectProvider)),
        "RegisterCustomer" => encoded(requests::customer(customer)),
        "EstablishRelationship" => encoded(requests::relationship(partner, customer)),
        "EndRelationship" => encoded(EndRelationshipRequest {
            partner_id,
            other: Some(end_relationship_request::Other::CustomerId(customer.to_owned())),
            ..Default::default()
        }),
        "SetPartnerStatus" => encoded(SetPartnerStatusRequest {
            partner_id,
            status: PartnerStatus::Active.into(),
            ..Default::default()
        }),
        "GetPartner" => encoded(GetPartnerRequest { partner_id }),
        "GetCustomer" => encoded(GetCustomerRequest { customer_id: customer.to_owned() }),
        "ListCustomers" => encoded(ListCustomersRequest { partner_id, ..Default::default() }),
        _ => None,
    }
}

fn audit(method: &str, things: &Things) -> Option<Vec<u8>> {
    let (partner_id, customer_id) = (things.partner.clone(), things.customer.clone());
    match method {
        "ReadEvents" => {
            let filter = EventFilter { partner_id: Some(partner_id), ..Default::default() };
            encoded(ReadEventsRequest { filter: Some(filter), ..Default::default() })
        }
        "GetHistory" => encoded(GetHistoryRequest { partner_id, customer_id, ..Default::default() }),
        "GetCheckpoint" => encoded(GetCheckpointRequest::default()),
        "GetConsistencyProof" => encoded(GetConsistencyProofRequest { from_position: 1, to_position: 2 }),
        "ExportInquiry" => encoded(ExportInquiryRequest {
            scope: Some(Scope::PartnerId(partner_id)),
            purpose: "a purpose".to_owned(),
            ..Default::default()
        }),
        _ => None,
    }
}

fn privacy(method: &str, things: &Things) -> Option<Vec<u8>> {
    match method {
        "ErasePersonalData" => encoded(ErasePersonalDataRequest {
            customer_id: things.customer.clone(),
            acceptance_id: Some(things.acceptance.clone()),
            reason: "a reason".to_owned(),
            ..Default::default()
        }),
        "FindPerson" => encoded(FindPersonRequest {
            email: requests::contact(&things.customer).email,
            reason: "a reason".to_owned(),
            ..Default::default()
        }),
        _ => None,
    }
}
