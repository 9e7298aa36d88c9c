//! A row as a request. What the server can judge is left to it; only what no request can say is rejected here.

use assent_proto::v1::import_acceptances_request::Record;
use assent_proto::v1::{
    AttestAcceptanceRequest, Channel, ConfirmAcceptanceRequest, Contact, Evidence, ImportAcceptancesRequest,
    Method, RecordDirectAcceptanceRequest, Scenario, TemplateKey,
};
use prost_types::Timestamp;

use super::cells::{Cells, Column, FIELD_INVALID, Rejection};
use crate::accepted::sha256;
use crate::instant::When;
use crate::names::{self, Named};

/// The row as a request, or every cell that no request can say.
pub(super) fn request(number: u64, cells: Cells) -> Result<ImportAcceptancesRequest, Rejection> {
    let mut reading = Reading { cells, wrong: Vec::new() };
    let confirmed_at = reading.instant(Column::ConfirmedAt).map(When::instant);
    let record = reading.record();
    if reading.wrong.is_empty() {
        return Ok(ImportAcceptancesRequest { row: number, confirmed_at, record: Some(record) });
    }
    Err(Rejection { reason: FIELD_INVALID, fields: reading.wrong })
}

/// A row that is being read, and what is wrong with it so far.
struct Reading {
    cells: Cells,
    wrong: Vec<(String, String)>,
}

impl Reading {
    fn record(&mut self) -> Record {
        let method = self.set::<Method>(Column::Method).unwrap_or(Method::Confirmed);
        self.refuse_what_the_method_has_not(method);
        let (accepted_at, accepted_on) = self.accepted();
        let channel = self.set::<Channel>(Column::Channel).unwrap_or_default().into();
        let confirm = ConfirmAcceptanceRequest {
            partner_id: self.text(Column::PartnerId),
            customer_id: self.text(Column::CustomerId),
            agreement_id: self.text(Column::AgreementId),
            version: self.cells.take(Column::Version),
            template: self.template(),
            contact: self.contact(method),
            accepted_at,
            accepted_on,
            channel,
            employee: self.cells.take(Column::Employee),
            evidence: self.evidence(),
            request_id: self.cells.take(Column::RequestId),
            with_proof: None,
            expected_revision: None,
        };
        match method {
            Method::Unspecified | Method::Confirmed => Record::Confirm(confirm),
            Method::Attested => {
                Record::Attest(attestation(confirm, self.set(Column::Scenario).unwrap_or_default()))
            }
            Method::Direct => Record::Direct(direct(confirm)),
        }
    }

    /// Dropping such a cell in silence would record something else than the file says.
    fn refuse_what_the_method_has_not(&mut self, method: Method) {
        let foreign: &[Column] = match method {
            Method::Unspecified | Method::Confirmed => &[Column::Scenario],
            Method::Attested => &[],
            Method::Direct => {
                &[Column::Scenario, Column::Employee, Column::EvidenceUri, Column::EvidenceSha256]
            }
        };
        for column in foreign.iter().filter(|it| self.cells.has(**it)) {
            let message = format!("must be empty: a row of method {} has none", method.short());
            self.wrong.push((column.name().to_owned(), message));
        }
    }

    fn text(&mut self, column: Column) -> String {
        self.cells.take(column).unwrap_or_default()
    }

    fn set<E: Named>(&mut self, column: Column) -> Option<E> {
        let text = self.cells.take(column)?;
        let value = names::parse(&text);
        if value.is_none() {
            let known: Vec<_> = names::all::<E>().map(Named::short).collect();
            self.wrong.push((column.name().to_owned(), format!("must be one of {}", known.join(", "))));
        }
        value
    }

    fn instant(&mut self, column: Column) -> Option<When> {
        let text = self.cells.take(column)?;
        When::parse(&text).map_err(|message| self.wrong.push((column.name().to_owned(), message))).ok()
    }

    fn accepted(&mut self) -> (Option<Timestamp>, Option<String>) {
        self.instant(Column::AcceptedAt).map(When::accepted).unwrap_or_default()
    }

    fn template(&mut self) -> Option<TemplateKey> {
        let (country, language) = (self.cells.take(Column::Country), self.cells.take(Column::Language));
        if country.is_none() && language.is_none() {
            return None;
        }
        Some(TemplateKey { country: country.unwrap_or_default(), language: language.unwrap_or_default() })
    }

    /// The contact; of a direct acceptance only where something of it is given.
    fn contact(&mut self, method: Method) -> Option<Contact> {
        let columns = [Column::FirstName, Column::LastName, Column::Email, Column::PhoneNumber];
        if method == Method::Direct && !columns.iter().any(|it| self.cells.has(*it)) {
            return None;
        }
        Some(Contact {
            first_name: self.text(Column::FirstName),
            last_name: self.text(Column::LastName),
            email: self.text(Column::Email),
            phone_number: self.cells.take(Column::PhoneNumber),
        })
    }

    fn evidence(&mut self) -> Option<Evidence> {
        let (uri, hash) = (self.cells.take(Column::EvidenceUri), self.cells.take(Column::EvidenceSha256));
        if uri.is_none() && hash.is_none() {
            return None;
        }
        let sha256 = hash.and_then(|hash| {
            let wrong = |message| self.wrong.push((Column::EvidenceSha256.name().to_owned(), message));
            sha256(&hash).map_err(wrong).ok()
        });
        Some(Evidence { uri: uri.unwrap_or_default(), sha256, media_type: None })
    }
}

fn attestation(it: ConfirmAcceptanceRequest, scenario: Scenario) -> AttestAcceptanceRequest {
    AttestAcceptanceRequest {
        partner_id: it.partner_id,
        customer_id: it.customer_id,
        agreement_id: it.agreement_id,
        version: it.version,
        template: it.template,
        contact: it.contact,
        accepted_at: it.accepted_at,
        accepted_on: it.accepted_on,
        channel: it.channel,
        employee: it.employee,
        evidence: it.evidence,
        scenario: scenario.into(),
        request_id: it.request_id,
        with_proof: it.with_proof,
        expected_revision: it.expected_revision,
    }
}

fn direct(it: ConfirmAcceptanceRequest) -> RecordDirectAcceptanceRequest {
    RecordDirectAcceptanceRequest {
        partner_id: it.partner_id,
        customer_id: it.customer_id,
        agreement_id: it.agreement_id,
        version: it.version,
        template: it.template,
        contact: it.contact,
        accepted_at: it.accepted_at,
        accepted_on: it.accepted_on,
        channel: it.channel,
        request_id: it.request_id,
        with_proof: it.with_proof,
        expected_revision: it.expected_revision,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(cells: &[(Column, &str)]) -> Cells {
        let mut all = Cells::default();
        cells.iter().for_each(|(column, text)| all.set(*column, (*text).to_owned()));
        all
    }

    fn read(given: &[(Column, &str)]) -> Result<Record, Vec<String>> {
        let names = |rejection: Rejection| rejection.fields.into_iter().map(|(field, _)| field).collect();
        request(1, cells(given)).map(|it| it.record.unwrap()).map_err(names)
    }

    #[test]
    fn without_a_method_a_row_is_a_confirmation_and_a_date_stays_a_date() {
        let record = read(&[(Column::PartnerId, "p"), (Column::AcceptedAt, "2019-10-02")]).unwrap();
        let Record::Confirm(it) = record else { panic!("{record:?}") };
        assert_eq!((it.accepted_on.as_deref(), it.accepted_at), (Some("2019-10-02"), None));
        assert_eq!((it.partner_id.as_str(), it.request_id), ("p", None));
        assert!(it.contact.is_some(), "the server names each field that is missing");
    }

    #[test]
    fn a_direct_acceptance_has_a_contact_only_where_one_is_given() {
        let direct = (Column::Method, "direct");
        let Record::Direct(bare) = read(&[direct]).unwrap() else { panic!() };
        assert_eq!(bare.contact, None);
        let Record::Direct(named) = read(&[direct, (Column::Email, "a@b.example")]).unwrap() else {
            panic!()
        };
        assert_eq!(named.contact.unwrap().email, "a@b.example");
    }

    #[test]
    fn every_cell_that_no_request_can_say_is_named() {
        let wrong = read(&[
            (Column::ConfirmedAt, "soon"),
            (Column::Method, "guessed"),
            (Column::AcceptedAt, "then"),
            (Column::Channel, "fax"),
            (Column::EvidenceSha256, "abc"),
        ]);
        assert_eq!(
            wrong.unwrap_err(),
            ["confirmed_at", "method", "accepted_at", "channel", "evidence_sha256"]
        );
    }

    #[test]
    fn what_a_method_has_not_is_refused_and_not_dropped() {
        let given = [(Column::Scenario, "NEW_PARTNER"), (Column::Employee, "Eva")];
        assert_eq!(read(&given).unwrap_err(), ["scenario"]);
        let attested = read(&[&given[..], &[(Column::Method, "ATTESTED")]].concat()).unwrap();
        assert!(matches!(attested, Record::Attest(it) if it.scenario() == Scenario::NewPartner));
        let direct = [&given[..], &[(Column::Method, "DIRECT")]].concat();
        assert_eq!(read(&direct).unwrap_err(), ["scenario", "employee"]);
    }
}
