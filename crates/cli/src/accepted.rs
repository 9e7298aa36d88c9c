//! What `confirm` and `attest` have in common: the flags of an acceptance, and how one is shown.

use assent_proto::v1::{Acceptance, AcceptanceState, Channel, Contact, Evidence, Method, TemplateKey};
use bytes::Bytes;
use clap::Args;

use crate::instant::{When, shown};
use crate::names::{flag, short};
use crate::style::Style;

/// An acceptance as flags.
#[derive(Clone, Debug, Args)]
pub(crate) struct AcceptanceArgs {
    /// The partner that records it.
    #[arg(long, value_name = "ID")]
    pub(crate) partner: String,
    /// The customer that accepted.
    #[arg(long, value_name = "ID")]
    pub(crate) customer: String,
    /// The agreement, for example microsoft-customer-agreement.
    #[arg(long, value_name = "ID")]
    pub(crate) agreement: String,
    /// The version accepted; without it, the one in force then.
    #[arg(long = "version", value_name = "VERSION")]
    pub(crate) agreement_version: Option<String>,
    /// The first name of the person who accepted.
    #[arg(long, value_name = "NAME")]
    pub(crate) first_name: String,
    /// The last name of the person who accepted.
    #[arg(long, value_name = "NAME")]
    pub(crate) last_name: String,
    /// The e-mail address of the person who accepted.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: String,
    /// The phone number of the person who accepted.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) phone: Option<String>,
    /// When: 2019-10-02, or 2019-10-02T09:30:00Z.
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    pub(crate) accepted_at: When,
    /// The country of the template accepted.
    #[arg(long, value_name = "CC", requires = "language")]
    pub(crate) country: Option<String>,
    /// The language of the template accepted, for example de-DE.
    #[arg(long, value_name = "TAG", requires = "country")]
    pub(crate) language: Option<String>,
    /// The channel that it comes through; without it, api.
    #[arg(long, ignore_case = true, value_parser = flag::<Channel>())]
    pub(crate) channel: Option<Channel>,
    /// Who did it, where several people share an account.
    #[arg(long, value_name = "NAME")]
    pub(crate) employee: Option<String>,
    /// Where your own proof is kept.
    #[arg(long, value_name = "URI")]
    pub(crate) evidence_uri: Option<String>,
    /// The SHA-256 of that proof, in hex.
    #[arg(long, value_name = "HEX", value_parser = sha256, requires = "evidence_uri")]
    pub(crate) evidence_sha256: Option<Bytes>,
    /// A UUID that makes it safe to send this again.
    #[arg(long, value_name = "UUID")]
    pub(crate) request_id: Option<String>,
    /// Refuse where the relationship has another revision by now.
    #[arg(long, value_name = "N")]
    pub(crate) expected_revision: Option<u64>,
}

impl AcceptanceArgs {
    pub(crate) fn contact(&self) -> Contact {
        Contact {
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            email: self.email.clone(),
            phone_number: self.phone.clone(),
        }
    }

    pub(crate) fn template(&self) -> Option<TemplateKey> {
        let (country, language) = self.country.clone().zip(self.language.clone())?;
        Some(TemplateKey { country, language })
    }

    pub(crate) fn evidence(&self) -> Option<Evidence> {
        let uri = self.evidence_uri.clone()?;
        Some(Evidence { uri, sha256: self.evidence_sha256.clone(), media_type: None })
    }
}

/// Reads a SHA-256 in hex.
pub(crate) fn sha256(text: &str) -> Result<Bytes, String> {
    let decoded = hex::decode(text).ok().filter(|it| it.len() == 32);
    decoded.map(Bytes::from).ok_or_else(|| "is no SHA-256: write 64 hex digits".to_owned())
}

/// An acceptance that was just recorded.
pub(crate) fn recorded(
    acceptance: Option<&Acceptance>,
    revision: u64,
    replayed: bool,
    style: Style,
) -> String {
    let Some(it) = acceptance else { return String::new() };
    let what = style.good(short::<Method>(it.method));
    let inferred = if it.version_inferred { " (inferred from the date)" } else { "" };
    let again = if replayed { ", as it was before: this request id was carried out already" } else { "" };
    format!(
        "{what} {} accepted {} version {}{inferred} through {}\n  \
         {} {}\n  {} {}{again}\n  {} {revision}\n",
        it.customer_id,
        it.agreement_id,
        it.version,
        it.partner_id,
        style.faint("acceptance"),
        it.acceptance_id,
        style.faint("position  "),
        it.position,
        style.faint("revision  "),
    )
}

/// An acceptance in one line.
pub(crate) fn line(it: &Acceptance) -> String {
    let when = it.accepted_on.clone().unwrap_or_else(|| shown(it.accepted_at.as_ref()));
    format!(
        "{} version {}: {} {when}, {}, acceptance {}",
        it.agreement_id,
        it.version,
        short::<Method>(it.method),
        short::<AcceptanceState>(it.state),
        it.acceptance_id,
    )
}
