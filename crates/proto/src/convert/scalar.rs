//! The readers of single fields: identifiers, closed sets, instants, texts, bytes.

use assent_domain::command::{AcceptedAt, Parties, TEXT_BYTES_MAX};
use assent_domain::values::{
    Channel, Country, CustomerId, Date, Instant, Language, PartnerId, Position, ProductFamily, Sha256,
    Template,
};
use bytes::Bytes;
use prost_types::Timestamp;

use super::enums::WireEnum;
use super::fields::{Fields, MISSING, Parsed};
use super::ids::{EventId, RequestId};
use crate::v1;

/// The longest reference of an order, in bytes.
pub const ORDER_REF_BYTES_MAX: usize = 128;
/// The longest side of a media type, in bytes (RFC 6838, section 4.2).
const MEDIA_TYPE_SIDE_BYTES_MAX: usize = 127;

impl Fields {
    /// The required `partner_id`.
    pub(crate) fn partner(&mut self, text: &str) -> Parsed<PartnerId> {
        self.required("partner_id", text, PartnerId::parse)
    }

    /// The required `customer_id`.
    pub(crate) fn customer(&mut self, text: &str) -> Parsed<CustomerId> {
        self.required("customer_id", text, CustomerId::parse)
    }

    /// The required `partner_id` and `customer_id`.
    pub(crate) fn parties(&mut self, partner: &str, customer: &str) -> Parsed<Parties> {
        let partner = self.partner(partner);
        let customer = self.customer(customer);
        Ok(Parties { partner: partner?, customer: customer? })
    }

    /// The optional `product_family`.
    pub(crate) fn product_family(&mut self, text: Option<&str>) -> Parsed<Option<ProductFamily>> {
        self.optional("product_family", text, ProductFamily::parse)
    }

    /// The optional `request_id`. The zero UUID is refused: it is what a client sends that never set one (AIP-155).
    pub(crate) fn request_id(&mut self, text: Option<&str>) -> Parsed<Option<RequestId>> {
        match self.optional("request_id", text, RequestId::parse)? {
            Some(RequestId([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])) => {
                self.bad("request_id", "must not be the zero UUID")
            }
            id => Ok(id),
        }
    }

    /// A required id of an event.
    pub(crate) fn event_id(&mut self, field: &str, text: &str) -> Parsed<EventId> {
        self.required(field, text, EventId::parse)
    }

    /// A member of a closed set; none where it is unspecified.
    pub(crate) fn optional_enum<W: WireEnum>(
        &mut self,
        field: &str,
        number: i32,
    ) -> Parsed<Option<W::Domain>> {
        match W::try_from(number) {
            Ok(known) => Ok(known.domain()),
            Err(_) => self.bad(field, "must be one of the values of its enum"),
        }
    }

    /// A member of a closed set that has to be given.
    pub(crate) fn required_enum<W: WireEnum>(&mut self, field: &str, number: i32) -> Parsed<W::Domain> {
        match self.optional_enum::<W>(field, number)? {
            Some(value) => Ok(value),
            None => self.bad(field, MISSING),
        }
    }

    /// The `channel`; unspecified is API.
    pub(crate) fn channel(&mut self, number: i32) -> Parsed<Channel> {
        self.optional_enum::<v1::Channel>("channel", number).map(|it| it.unwrap_or(Channel::Api))
    }

    /// An instant that can be left out.
    pub(crate) fn optional_instant(
        &mut self,
        field: &str,
        at: Option<&Timestamp>,
    ) -> Parsed<Option<Instant>> {
        let Some(Timestamp { seconds, nanos }) = at else { return Ok(None) };
        self.check(field, Instant::from_seconds(*seconds, *nanos)).map(Some)
    }

    /// An instant that has to be given.
    pub(crate) fn required_instant(&mut self, field: &str, at: Option<&Timestamp>) -> Parsed<Instant> {
        match self.optional_instant(field, at)? {
            Some(instant) => Ok(instant),
            None => self.bad(field, MISSING),
        }
    }

    /// `accepted_at` or `accepted_on`, never both (rule C3).
    pub(crate) fn optional_acceptance(
        &mut self,
        at: Option<&Timestamp>,
        on: Option<&str>,
    ) -> Parsed<Option<AcceptedAt>> {
        let instant = self.optional_instant("accepted_at", at);
        if at.is_some() && on.is_some() {
            return self.bad("accepted_on", "must not be given beside `accepted_at`: give one of the two");
        }
        let date =
            |text: &str| Date::parse(text).map_err(|_| "must be a date such as 2019-10-02, not before 1970");
        let date = self.optional("accepted_on", on, date);
        Ok(instant?.map(AcceptedAt::Instant).or(date?.map(AcceptedAt::Date)))
    }

    /// Exactly one of `accepted_at` and `accepted_on` (rules C1, C3).
    pub(crate) fn acceptance(&mut self, at: Option<&Timestamp>, on: Option<&str>) -> Parsed<AcceptedAt> {
        match self.optional_acceptance(at, on)? {
            Some(accepted_at) => Ok(accepted_at),
            None => self.bad("accepted_at", "or `accepted_on` must be given"),
        }
    }

    /// A country and a language, both required where the message is there.
    pub(crate) fn template_key(&mut self, country: &str, language: &str) -> Parsed<Template> {
        let country = self.required("country", country, Country::parse);
        let language = self.required("language", language, Language::parse);
        Ok(Template { country: country?, language: language? })
    }

    /// The optional `template` (rule C5).
    pub(crate) fn template(&mut self, template: Option<&v1::TemplateKey>) -> Parsed<Option<Template>> {
        let Some(v1::TemplateKey { country, language }) = template else { return Ok(None) };
        self.nest("template", |inner| inner.template_key(country, language)).map(Some)
    }

    /// A SHA-256 hash that can be left out.
    pub(crate) fn sha256(&mut self, field: &str, bytes: Option<&Bytes>) -> Parsed<Option<Sha256>> {
        let Some(bytes) = bytes else { return Ok(None) };
        let hash = Sha256::try_from(bytes.as_ref()).map_err(|_| "must be exactly 32 bytes");
        self.check(field, hash).map(Some)
    }

    /// The `reseller_id` beside the `partner_id`: never the same partner.
    pub(crate) fn reseller_beside(
        &mut self,
        partner: &Parsed<PartnerId>,
        reseller: Parsed<PartnerId>,
    ) -> Parsed<PartnerId> {
        match (partner, reseller?) {
            (Ok(partner), reseller) if *partner == reseller => {
                self.bad("reseller_id", "must be another partner than `partner_id`")
            }
            (_, reseller) => Ok(reseller),
        }
    }

    /// The same, where it can be left out.
    pub(crate) fn optional_reseller(
        &mut self,
        partner: &Parsed<PartnerId>,
        text: Option<&str>,
    ) -> Parsed<Option<PartnerId>> {
        let reseller = self.optional("reseller_id", text, PartnerId::parse)?;
        reseller.map(|it| self.reseller_beside(partner, Ok(it))).transpose()
    }

    /// A free text (reason, note) that has to be given.
    pub(crate) fn text(&mut self, field: &str, text: &str) -> Parsed<String> {
        self.required(field, text, free_text)
    }

    /// A free text that can be left out.
    pub(crate) fn optional_text(&mut self, field: &str, text: Option<&str>) -> Parsed<Option<String>> {
        self.optional(field, text, free_text)
    }

    /// The optional `order_ref`, checked where it lies.
    pub(crate) fn order_ref(&mut self, text: Option<&str>) -> Parsed<()> {
        self.optional("order_ref", text, |text| order_ref(text).map(|_| ())).map(|_| ())
    }

    /// A position of which 0 means that there is none.
    pub(crate) fn position(position: Option<u64>) -> Option<Position> {
        position.filter(|it| *it > 0).map(Position)
    }
}

/// The caller's own name of an order. It stands in the log in the clear, so that it has no room for a sentence, a name
/// with a space in it or an e-mail address (rule C14).
pub(crate) fn order_ref(text: &str) -> Result<&str, &'static str> {
    let plain = |it: u8| {
        it.is_ascii_alphanumeric()
            || matches!(it, b'.' | b'_' | b':' | b'/' | b'#' | b'+' | b'=' | b'~' | b'-')
    };
    let fits = (1..=ORDER_REF_BYTES_MAX).contains(&text.len()) && text.bytes().all(plain);
    if fits { Ok(text) } else { Err("must be 1 to 128 of the characters A-Za-z0-9._:/#+=~-") }
}

/// A media type: type and subtype, without parameters (RFC 6838, section 4.2). It stands in the log in the clear.
pub(crate) fn media_type(text: &str) -> Result<&str, &'static str> {
    let plain = |it: u8| {
        it.is_ascii_alphanumeric()
            || matches!(it, b'!' | b'#' | b'$' | b'&' | b'-' | b'^' | b'_' | b'.' | b'+')
    };
    let side = |it: &str| {
        it.len() <= MEDIA_TYPE_SIDE_BYTES_MAX
            && it.starts_with(|first: char| first.is_ascii_alphanumeric())
            && it.bytes().all(plain)
    };
    let fits = text.split_once('/').is_some_and(|(kind, subtype)| side(kind) && side(subtype));
    if fits { Ok(text) } else { Err("must be a media type such as application/pdf, without parameters") }
}

/// A text of one line, kept as it was given.
pub(crate) fn line(text: &str, bytes_max: usize) -> Result<&str, String> {
    if text.len() > bytes_max {
        return Err(format!("must be at most {bytes_max} bytes"));
    }
    if text.trim().is_empty() {
        return Err("must not be blank".to_owned());
    }
    if text.chars().any(char::is_control) {
        return Err("must not contain control characters".to_owned());
    }
    Ok(text)
}

/// A free text, trimmed. It may have several lines, but nothing that a terminal would take for a command.
fn free_text(text: &str) -> Result<String, String> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err("must not be blank".to_owned());
    }
    if trimmed.len() > TEXT_BYTES_MAX {
        return Err(format!("must be at most {TEXT_BYTES_MAX} bytes"));
    }
    if trimmed.chars().any(|it| it.is_control() && !matches!(it, '\n' | '\r' | '\t')) {
        return Err("must not contain control characters other than line breaks and tabs".to_owned());
    }
    Ok(trimmed.to_owned())
}
