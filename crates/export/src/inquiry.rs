//! What was asked, and how it stands in `inquiry.json`.

use assent_domain::privacy::InquiryScope;
use assent_domain::values::{AgreementId, CustomerId, Instant, PartnerId};
use assent_evidence::{SignedCheckpoint, VerifierKey};
use serde::{Deserialize, Serialize};

/// How many events a segment of an export has, where nobody says otherwise.
pub const SEGMENT_EVENTS: u32 = 32_768;

/// What an export is of.
#[derive(Clone, Debug)]
pub struct Inquiry {
    /// What is selected.
    pub scope: InquiryScope,
    /// Whether personal data is shown where it can be opened.
    pub with_contacts: bool,
    /// Why, in the words of who asked. Nobody asks without saying why: empty where it was erased since.
    pub purpose: String,
    /// The acting user of the event that opened the inquiry.
    pub requested_by: String,
    /// When that event was recorded.
    pub requested_at: Instant,
    /// Where that event, `inquiry_opened`, stands.
    pub position: u64,
    /// The checkpoint that everything is proven against; it covers `position`.
    pub checkpoint: SignedCheckpoint,
    /// The public keys that signed it.
    pub keys: Vec<VerifierKey>,
    /// How many events a segment has: [`SEGMENT_EVENTS`] outside of tests. At least 1.
    pub segment_events: u32,
}

impl Inquiry {
    /// Whether the export is a range of positions, proven by tiles; else it is a chain, proven event by event.
    pub fn is_range(&self) -> bool {
        match self.scope {
            InquiryScope::Everything | InquiryScope::Period { .. } => true,
            InquiryScope::Customer(_) | InquiryScope::Partner(_) | InquiryScope::Agreement(_) => false,
        }
    }

    /// Whether why it was asked can no longer be read.
    pub(crate) fn is_purpose_erased(&self) -> bool {
        self.purpose.is_empty()
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        self.checkpoint.checkpoint().origin.as_str()
    }

    /// The scope in words.
    pub(crate) fn scope_in_words(&self) -> String {
        match &self.scope {
            InquiryScope::Everything => "everything in the ledger, up to the inquiry itself".to_owned(),
            InquiryScope::Customer(it) => format!("everything about customer {it}"),
            InquiryScope::Partner(it) => {
                format!("everything about partner {it}, as a partner and as a reseller")
            }
            InquiryScope::Agreement(it) => format!("everything about agreement {it}"),
            InquiryScope::Period { from, until } => {
                let from = from.map_or_else(|| "the ledger's beginning".to_owned(), |it| it.to_string());
                let until =
                    until.map_or_else(|| "the inquiry itself".to_owned(), |it| format!("before {it}"));
                format!("everything recorded from {from} until {until}")
            }
        }
    }
}

/// `inquiry.json`, as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InquiryFile {
    pub(crate) layout: u32,
    pub(crate) written_by: String,
    pub(crate) origin: String,
    pub(crate) scope: ScopeFile,
    pub(crate) with_contacts: bool,
    pub(crate) purpose: String,
    pub(crate) requested_by: String,
    pub(crate) requested_at: String,
    pub(crate) position: u64,
    pub(crate) checkpoint_size: u64,
    pub(crate) checkpoint_root: String,
    pub(crate) segment_events: u32,
    pub(crate) contents: Contents,
}

/// What is selected; none of them: everything.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agreement_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

/// What the bag holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contents {
    pub(crate) segments: u32,
    pub(crate) events: u64,
    pub(crate) first_position: Option<u64>,
    pub(crate) last_position: Option<u64>,
    pub(crate) acceptance_rows: u64,
    pub(crate) decision_rows: u64,
    pub(crate) context_events: u64,
    pub(crate) boundary_events: u64,
    pub(crate) tiles: u64,
    pub(crate) documents: u64,
    pub(crate) items_sealed: u64,
    pub(crate) items_disclosed: u64,
    pub(crate) items_erased: u64,
}

impl ScopeFile {
    pub(crate) fn of(scope: &InquiryScope) -> Self {
        let nothing = Self::default();
        match scope {
            InquiryScope::Everything => nothing,
            InquiryScope::Customer(it) => Self { customer_id: Some(it.to_string()), ..nothing },
            InquiryScope::Partner(it) => Self { partner_id: Some(it.to_string()), ..nothing },
            InquiryScope::Agreement(it) => Self { agreement_id: Some(it.to_string()), ..nothing },
            InquiryScope::Period { from, until } => {
                Self { from: from.map(|it| it.to_string()), until: until.map(|it| it.to_string()), ..nothing }
            }
        }
    }

    /// The scope; none where the texts are no ids or instants, or name more than one scope.
    pub(crate) fn scope(&self) -> Option<InquiryScope> {
        let instant = |text: &Option<String>| match text {
            Some(text) => Instant::parse(text).ok().map(Some),
            None => Some(None),
        };
        let Self { customer_id, partner_id, agreement_id, from, until } = self;
        match (customer_id, partner_id, agreement_id, from, until) {
            (None, None, None, None, None) => Some(InquiryScope::Everything),
            (Some(it), None, None, None, None) => CustomerId::parse(it).ok().map(InquiryScope::Customer),
            (None, Some(it), None, None, None) => PartnerId::parse(it).ok().map(InquiryScope::Partner),
            (None, None, Some(it), None, None) => AgreementId::parse(it).ok().map(InquiryScope::Agreement),
            (None, None, None, from, until) => {
                Some(InquiryScope::Period { from: instant(from)?, until: instant(until)? })
            }
            _ => None,
        }
    }
}
