//! Every personal text of the story. None of them is a part of anything else in it.

pub(super) const FIRST_NAME: &str = "Wilhelmina-Quux";
pub(super) const LAST_NAME: &str = "Zyskandova";
pub(super) const CYRILLIC_NAME: &str = "Ярослава";
pub(super) const EMAIL: &str = "w.zyskandova+legal@mailbox-of-hers.example";
pub(super) const OTHER_EMAIL: &str = "jq.public@another-mailbox.example";
pub(super) const PHONE_NUMBER: &str = "+49 30 5550-77123";
pub(super) const EMPLOYEE: &str = "Ottokar Plumpudding";
pub(super) const URI: &str = "https://vault.example/scans/88213-signed.pdf";
pub(super) const CORRECTED_BECAUSE: &str = "her surname was mistyped as Zyskandowa";
pub(super) const VOIDED_BECAUSE: &str = "recorded for the neighbour Bartholomew";
pub(super) const WITHDRAWN_BECAUSE: &str = "her letter of the third of March";
pub(super) const REJECTED_BECAUSE: &str = "the signature of Ms Quibble is missing";
pub(super) const NOTE: &str = "cancelled by phone with Mr Featherstone";
pub(super) const PUBLISHED_BECAUSE: &str = "asked for by Dr Honeydew of compliance";
pub(super) const FOUND_BECAUSE: &str = "the access request of Ms Zimmermann";
pub(super) const ERASED_BECAUSE: &str = "the lawyer Dr Quodlibet insists";
pub(super) const BAD_EMAIL: &str = "waldeck.mistyped.at.home";
pub(super) const BAD_NAME: &str = "Humperdinck\u{7}";
pub(super) const STAFF_EMAIL: &str = "prudence.staff@contoso.example";

pub(super) const SECRETS: [&str; 19] = [
    FIRST_NAME,
    LAST_NAME,
    CYRILLIC_NAME,
    EMAIL,
    OTHER_EMAIL,
    PHONE_NUMBER,
    EMPLOYEE,
    URI,
    CORRECTED_BECAUSE,
    VOIDED_BECAUSE,
    WITHDRAWN_BECAUSE,
    REJECTED_BECAUSE,
    NOTE,
    PUBLISHED_BECAUSE,
    FOUND_BECAUSE,
    ERASED_BECAUSE,
    BAD_EMAIL,
    "Humperdinck",
    STAFF_EMAIL,
];
