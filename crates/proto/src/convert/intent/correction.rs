//! What becomes of an acceptance or of evidence after it was recorded.

use assent_domain::command::Command;
use assent_domain::values::AgreementId;

use super::{Intent, What};
use crate::convert::claim::Given;
use crate::convert::fields::Fields;
use crate::convert::violations::Violations;
use crate::v1;

/// The provider confirms submitted evidence.
pub fn confirm_evidence(request: v1::ConfirmEvidenceRequest) -> Result<Intent, Violations> {
    let v1::ConfirmEvidenceRequest {
        evidence_id,
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
    let submitted = fields.event_id("evidence_id", &evidence_id);
    let overrides = fields.overrides(&Given {
        version: version.as_deref(),
        template: template.as_ref(),
        contact: contact.as_ref(),
        accepted_at: accepted_at.as_ref(),
        accepted_on: accepted_on.as_deref(),
        channel: Some(channel),
        evidence: evidence.as_ref(),
    });
    let employee = fields.employee(employee.as_deref());
    let envelope = fields.envelope(request_id.as_deref(), with_proof, expected_revision);
    fields.finish(|| {
        let what = What::ConfirmEvidence { evidence: submitted?, overrides: overrides? };
        Ok(Intent { employee: employee?, ..Intent::new("ConfirmEvidence", envelope?, what) })
    })
}

/// The provider rejects submitted evidence.
pub fn reject_evidence(request: v1::RejectEvidenceRequest) -> Result<Intent, Violations> {
    let v1::RejectEvidenceRequest {
        evidence_id,
        reason,
        employee,
        request_id,
        with_proof,
        expected_revision,
    } = request;
    let mut fields = Fields::default();
    let evidence = fields.event_id("evidence_id", &evidence_id);
    let reason = fields.text("reason", &reason);
    let employee = fields.employee(employee.as_deref());
    let envelope = fields.envelope(request_id.as_deref(), with_proof, expected_revision);
    fields.finish(|| {
        let what = What::RejectEvidence { evidence: evidence? };
        let intent = Intent::new("RejectEvidence", envelope?, what);
        Ok(Intent { employee: employee?, reason: Some(reason?), ..intent })
    })
}

/// Wrong information is put right (rule C9). A correction that gives nothing infers an inferred version anew.
pub fn correct_acceptance(request: v1::CorrectAcceptanceRequest) -> Result<Intent, Violations> {
    let v1::CorrectAcceptanceRequest {
        acceptance_id,
        reason,
        version,
        template,
        contact,
        accepted_at,
        accepted_on,
        employee,
        evidence,
        request_id,
        with_proof,
        expected_revision,
    } = request;
    let mut fields = Fields::default();
    let acceptance = fields.event_id("acceptance_id", &acceptance_id);
    let reason = fields.text("reason", &reason);
    let overrides = fields.overrides(&Given {
        version: version.as_deref(),
        template: template.as_ref(),
        contact: contact.as_ref(),
        accepted_at: accepted_at.as_ref(),
        accepted_on: accepted_on.as_deref(),
        channel: None,
        evidence: evidence.as_ref(),
    });
    let employee = fields.employee(employee.as_deref());
    let envelope = fields.envelope(request_id.as_deref(), with_proof, expected_revision);
    fields.finish(|| {
        let what = What::CorrectAcceptance { acceptance: acceptance?, overrides: overrides? };
        let intent = Intent::new("CorrectAcceptance", envelope?, what);
        Ok(Intent { employee: employee?, reason: Some(reason?), ..intent })
    })
}

/// A record made in error never counted (rule C9).
pub fn void_record(request: v1::VoidRecordRequest) -> Result<Intent, Violations> {
    use v1::void_record_request::Record;
    let v1::VoidRecordRequest { reason, employee, request_id, with_proof, expected_revision, record } =
        request;
    let mut fields = Fields::default();
    let what = match record {
        Some(Record::AcceptanceId(id)) => fields.event_id("acceptance_id", &id).map(What::VoidAcceptance),
        Some(Record::WithdrawalEventId(id)) => {
            fields.event_id("withdrawal_event_id", &id).map(What::VoidWithdrawal)
        }
        None => fields.bad("acceptance_id", "or `withdrawal_event_id` must be given"),
    };
    let reason = fields.text("reason", &reason);
    let employee = fields.employee(employee.as_deref());
    let envelope = fields.envelope(request_id.as_deref(), with_proof, expected_revision);
    fields.finish(|| {
        let intent = Intent::new("VoidRecord", envelope?, what?);
        Ok(Intent { employee: employee?, reason: Some(reason?), ..intent })
    })
}

/// The customer no longer agrees (rule C13).
pub fn withdraw_acceptance(request: v1::WithdrawAcceptanceRequest) -> Result<Intent, Violations> {
    let v1::WithdrawAcceptanceRequest {
        partner_id,
        customer_id,
        agreement_id,
        withdrawn_at,
        reason,
        employee,
        request_id,
        with_proof,
        expected_revision,
    } = request;
    let mut fields = Fields::default();
    let parties = fields.parties(&partner_id, &customer_id);
    let agreement = fields.required("agreement_id", &agreement_id, AgreementId::parse);
    let withdrawn_at = fields.optional_instant("withdrawn_at", withdrawn_at.as_ref());
    let reason = fields.text("reason", &reason);
    let employee = fields.employee(employee.as_deref());
    let envelope = fields.envelope(request_id.as_deref(), with_proof, expected_revision);
    fields.finish(|| {
        let command = Command::WithdrawAcceptance {
            parties: parties?,
            agreement: agreement?,
            withdrawn_at: withdrawn_at?,
        };
        let intent = Intent::new("WithdrawAcceptance", envelope?, What::Command(command));
        Ok(Intent { employee: employee?, reason: Some(reason?), ..intent })
    })
}

/// The subscriptions of a withdrawal were cancelled.
pub fn record_cancellation(request: v1::RecordCancellationRequest) -> Result<Intent, Violations> {
    let v1::RecordCancellationRequest {
        obligation_id,
        cancelled_at,
        note,
        employee,
        request_id,
        with_proof,
        expected_revision,
    } = request;
    let mut fields = Fields::default();
    let obligation = fields.event_id("obligation_id", &obligation_id);
    let cancelled_at = fields.optional_instant("cancelled_at", cancelled_at.as_ref());
    let note = fields.optional_text("note", note.as_deref());
    let employee = fields.employee(employee.as_deref());
    let envelope = fields.envelope(request_id.as_deref(), with_proof, expected_revision);
    fields.finish(|| {
        let what = What::RecordCancellation { obligation: obligation?, cancelled_at: cancelled_at? };
        let intent = Intent::new("RecordCancellation", envelope?, what);
        Ok(Intent { employee: employee?, reason: note?, ..intent })
    })
}
