//! What every recording of an acceptance says: the contact, the instant, the proof (rules C1 to C5, C15).

use assent_domain::command::{AcceptanceClaim, Proof, URI_BYTES_MAX};
use assent_domain::values::{AgreementId, Contact, Email, InvalidText, PersonName, PhoneNumber, VersionId};
use prost_types::Timestamp;

use super::fields::{Fields, Parsed};
use super::intent::Overrides;
use super::scalar::line;
use crate::v1;

/// Longer texts are no names: they are refused before they are normalised. A name that fits has at most 256 bytes
/// when it is, and was not many times longer before.
const GIVEN_NAME_BYTES_MAX: usize = 4_096;

/// The fields that the requests which record an acceptance have in common.
pub(crate) struct Said<'a> {
    pub(crate) agreement_id: &'a str,
    pub(crate) version: Option<&'a str>,
    pub(crate) template: Option<&'a v1::TemplateKey>,
    pub(crate) contact: Option<&'a v1::Contact>,
    pub(crate) contact_required: bool,
    pub(crate) accepted_at: Option<&'a Timestamp>,
    pub(crate) accepted_on: Option<&'a str>,
    pub(crate) channel: i32,
    pub(crate) evidence: Option<&'a v1::Evidence>,
}

/// The fields that the requests which put something right have in common.
pub(crate) struct Given<'a> {
    pub(crate) version: Option<&'a str>,
    pub(crate) template: Option<&'a v1::TemplateKey>,
    pub(crate) contact: Option<&'a v1::Contact>,
    pub(crate) accepted_at: Option<&'a Timestamp>,
    pub(crate) accepted_on: Option<&'a str>,
    /// None where the request has no such field.
    pub(crate) channel: Option<i32>,
    pub(crate) evidence: Option<&'a v1::Evidence>,
}

impl Fields {
    /// What a recording says.
    pub(crate) fn claim(&mut self, said: &Said<'_>) -> Parsed<AcceptanceClaim> {
        let agreement = self.required("agreement_id", said.agreement_id, AgreementId::parse);
        let version = self.optional("version", said.version, VersionId::parse);
        let template = self.template(said.template);
        let contact = match said.contact {
            None if said.contact_required => self.contact(&v1::Contact::default()).map(Some),
            contact => self.optional_contact(contact),
        };
        let accepted_at = self.acceptance(said.accepted_at, said.accepted_on);
        let channel = self.channel(said.channel);
        let proof = self.proof(said.evidence);
        Ok(AcceptanceClaim {
            agreement: agreement?,
            version: version?,
            template: template?,
            contact: contact?,
            accepted_at: accepted_at?,
            channel: channel?,
            proof: proof?,
            confirmed_at: None,
        })
    }

    /// What is put right; nothing has to be given.
    pub(crate) fn overrides(&mut self, given: &Given<'_>) -> Parsed<Overrides> {
        let version = self.optional("version", given.version, VersionId::parse);
        let template = self.template(given.template);
        let contact = self.optional_contact(given.contact);
        let accepted_at = self.optional_acceptance(given.accepted_at, given.accepted_on);
        let channel = given.channel.map(|it| self.channel(it)).transpose();
        let proof = self.proof(given.evidence);
        Ok(Overrides {
            version: version?,
            template: template?,
            contact: contact?,
            accepted_at: accepted_at?,
            proof: proof?,
            channel: channel?,
        })
    }

    /// The person behind a shared account (rule W8).
    pub(crate) fn employee(&mut self, name: Option<&str>) -> Parsed<Option<PersonName>> {
        self.optional("employee", name, person_name)
    }

    fn optional_contact(&mut self, contact: Option<&v1::Contact>) -> Parsed<Option<Contact>> {
        contact.map(|it| self.contact(it)).transpose()
    }

    /// The contact; where the message is missing, each of its required fields is.
    fn contact(&mut self, contact: &v1::Contact) -> Parsed<Contact> {
        let v1::Contact { first_name, last_name, email, phone_number } = contact;
        self.nest("contact", |inner| {
            let first_name = inner.required("first_name", first_name, person_name);
            let last_name = inner.required("last_name", last_name, person_name);
            let email = inner.required("email", email, Email::parse);
            let phone_number = phone_number.as_deref().map_or(Ok(None), PhoneNumber::parse);
            let phone_number = inner.check("phone_number", phone_number);
            Ok(Contact {
                first_name: first_name?,
                last_name: last_name?,
                email: email?,
                phone_number: phone_number?,
            })
        })
    }

    /// The partner's own proof (rule C15).
    fn proof(&mut self, evidence: Option<&v1::Evidence>) -> Parsed<Option<Proof>> {
        let Some(v1::Evidence { uri, sha256, media_type }) = evidence else { return Ok(None) };
        self.nest("evidence", |inner| {
            let uri = inner.required("uri", uri, |text| line(text, URI_BYTES_MAX).map(str::to_owned));
            let sha256 = inner.sha256("sha256", sha256.as_ref());
            let media_type = inner.optional("media_type", media_type.as_deref(), |text| {
                super::scalar::media_type(text).map(str::to_owned)
            });
            Ok(Some(Proof { uri: uri?, sha256: sha256?, media_type: media_type? }))
        })
    }
}

fn person_name(text: &str) -> Result<PersonName, InvalidText> {
    if text.len() > GIVEN_NAME_BYTES_MAX {
        return Err(InvalidText("must be at most 256 bytes"));
    }
    PersonName::parse(text)
}
