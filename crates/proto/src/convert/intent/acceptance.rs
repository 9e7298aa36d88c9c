//! The four ways in which an acceptance, or evidence of one, comes in.

use assent_domain::acceptance::EvidenceFacts;
use assent_domain::command::{Command, Recording};
use assent_domain::values::PartnerId;

use super::{Intent, What};
use crate::convert::claim::Said;
use crate::convert::fields::Fields;
use crate::convert::violations::Violations;
use crate::v1;

/// A partner's confirmation.
pub fn confirm_acceptance(request: v1::ConfirmAcceptanceRequest) -> Result<Intent, Violations> {
    let v1::ConfirmAcceptanceRequest {
        partner_id,
        customer_id,
        agreement_id,
        version,
        template,
        contact,
        accepted_at,
        accepted_on,
        channel,
        employee,
        evidence,
        request_id,
        with_proof,
        expected_revision,
    } = request;
    let mut fields = Fields::default();
    let parties = fields.parties(&partner_id, &customer_id);
    let claim = fields.claim(&Said {
        agreement_id: &agreement_id,
        version: version.as_deref(),
        template: template.as_ref(),
        contact: contact.as_ref(),
        contact_required: true,
        accepted_at: accepted_at.as_ref(),
        accepted_on: accepted_on.as_deref(),
        channel,
        evidence: evidence.as_ref(),
    });
    let employee = fields.employee(employee.as_deref());
    let envelope = fields.envelope(request_id.as_deref(), with_proof, expected_revision);
    fields.finish(|| {
        let command =
            Command::RecordAcceptance { parties: parties?, recording: Recording::Confirm, claim: claim? };
        let intent = Intent::new("ConfirmAcceptance", envelope?, What::Command(command));
        Ok(Intent { employee: employee?, ..intent })
    })
}

/// A partner's attestation on the customer's behalf.
pub fn attest_acceptance(request: v1::AttestAcceptanceRequest) -> Result<Intent, Violations> {
    let v1::AttestAcceptanceRequest {
        partner_id,
        customer_id,
        agreement_id,
        version,
        template,
        contact,
        accepted_at,
        accepted_on,
        channel,
        employee,
        evidence,
        scenario,
        request_id,
        with_proof,
        expected_revision,
    } = request;
    let mut fields = Fields::default();
    let parties = fields.parties(&partner_id, &customer_id);
    let claim = fields.claim(&Said {
        agreement_id: &agreement_id,
        version: version.as_deref(),
        template: template.as_ref(),
        contact: contact.as_ref(),
        contact_required: true,
        accepted_at: accepted_at.as_ref(),
        accepted_on: accepted_on.as_deref(),
        channel,
        evidence: evidence.as_ref(),
    });
    let employee = fields.employee(employee.as_deref());
    let scenario = fields.required_enum::<v1::Scenario>("scenario", scenario);
    let envelope = fields.envelope(request_id.as_deref(), with_proof, expected_revision);
    fields.finish(|| {
        let scenario = scenario?;
        let recording = Recording::Attest(scenario);
        let command = Command::RecordAcceptance { parties: parties?, recording, claim: claim? };
        let intent = Intent::new("AttestAcceptance", envelope?, What::Command(command));
        Ok(Intent { employee: employee?, scenario: Some(scenario), ..intent })
    })
}

/// A customer's direct acceptance; its contact may be unknown (rule C1).
pub fn record_direct_acceptance(request: v1::RecordDirectAcceptanceRequest) -> Result<Intent, Violations> {
    let v1::RecordDirectAcceptanceRequest {
        partner_id,
        customer_id,
        agreement_id,
        version,
        template,
        contact,
        accepted_at,
        accepted_on,
        channel,
        request_id,
        with_proof,
        expected_revision,
    } = request;
    let mut fields = Fields::default();
    let parties = fields.parties(&partner_id, &customer_id);
    let claim = fields.claim(&Said {
        agreement_id: &agreement_id,
        version: version.as_deref(),
        template: template.as_ref(),
        contact: contact.as_ref(),
        contact_required: false,
        accepted_at: accepted_at.as_ref(),
        accepted_on: accepted_on.as_deref(),
        channel,
        evidence: None,
    });
    let envelope = fields.envelope(request_id.as_deref(), with_proof, expected_revision);
    fields.finish(|| {
        let command =
            Command::RecordAcceptance { parties: parties?, recording: Recording::Direct, claim: claim? };
        Ok(Intent::new("RecordDirectAcceptance", envelope?, What::Command(command)))
    })
}

/// Evidence that a reseller hands to its provider (rule W2).
pub fn submit_evidence(request: v1::SubmitEvidenceRequest) -> Result<Intent, Violations> {
    let v1::SubmitEvidenceRequest {
        partner_id,
        customer_id,
        agreement_id,
        version,
        template,
        contact,
        accepted_at,
        accepted_on,
        channel,
        employee,
        evidence,
        reseller_id,
        request_id,
        with_proof,
        expected_revision,
    } = request;
    let mut fields = Fields::default();
    let parties = fields.parties(&partner_id, &customer_id);
    let claim = fields.claim(&Said {
        agreement_id: &agreement_id,
        version: version.as_deref(),
        template: template.as_ref(),
        contact: contact.as_ref(),
        contact_required: true,
        accepted_at: accepted_at.as_ref(),
        accepted_on: accepted_on.as_deref(),
        channel,
        evidence: evidence.as_ref(),
    });
    let employee = fields.employee(employee.as_deref());
    let partner = parties.as_ref().map(|it| it.partner.clone()).map_err(|bad| *bad);
    let reseller = fields.required("reseller_id", &reseller_id, PartnerId::parse);
    let reseller = fields.reseller_beside(&partner, reseller);
    let envelope = fields.envelope(request_id.as_deref(), with_proof, expected_revision);
    fields.finish(|| {
        let claim = claim?;
        let evidence = EvidenceFacts {
            reseller: reseller?,
            agreement: claim.agreement.clone(),
            accepted_at: claim.accepted_at.instant(),
        };
        let command = Command::SubmitEvidence { parties: parties?, evidence, claim };
        let intent = Intent::new("SubmitEvidence", envelope?, What::Command(command));
        Ok(Intent { employee: employee?, ..intent })
    })
}
