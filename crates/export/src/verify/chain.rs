//! Completeness of a chain: each event names the one before it, and the inquiry itself is the last.

use assent_domain::privacy::InquiryScope;

use super::findings::Findings;
use crate::entry::Entry;
use crate::inquiry::Inquiry;
use crate::parties::parties;

/// The chain of a customer, a partner or an agreement, as far as it was read.
pub(super) struct Chain {
    /// Which link leads along the chain.
    kind: Kind,
    /// The id of whom the chain is about.
    subject: String,
    last: Option<u64>,
}

enum Kind {
    Customer,
    Partner,
    Agreement,
}

impl Chain {
    /// The chain that the scope selects; none where it selects a range.
    pub(super) fn of(scope: &InquiryScope) -> Option<Self> {
        let (kind, subject) = match scope {
            InquiryScope::Customer(it) => (Kind::Customer, it.to_string()),
            InquiryScope::Partner(it) => (Kind::Partner, it.to_string()),
            InquiryScope::Agreement(it) => (Kind::Agreement, it.to_string()),
            InquiryScope::Everything | InquiryScope::Period { .. } => return None,
        };
        Some(Self { kind, subject, last: None })
    }

    pub(super) fn event(&mut self, inquiry: &Inquiry, file: &str, entry: &Entry, findings: &mut Findings) {
        let position = entry.position();
        match self.before(entry) {
            None => findings.at(file, position, "it does not belong to what was asked about: it was added"),
            Some(named) if named == self.last => {}
            Some(named) => findings.at(file, position, gap(named, self.last)),
        }
        if self.last.is_some_and(|it| it >= inquiry.position) {
            findings.at(file, position, "it stands behind the inquiry, which is the last event of an export");
        }
        self.last = Some(position);
    }

    pub(super) fn end(&self, inquiry: &Inquiry, findings: &mut Findings) {
        if self.last != Some(inquiry.position) {
            let last = self.last.map_or_else(|| "nothing".to_owned(), |it| format!("position {it}"));
            let what = format!(
                "the inquiry at position {} has to be the last event; the export ends with {last}: what came after that \
                 was left out",
                inquiry.position
            );
            findings.file("data/events", what);
        }
    }

    /// The position that an event names as the one before it in the chain; nothing where the event does not belong to it.
    fn before(&self, entry: &Entry) -> Option<Option<u64>> {
        let links = entry.links();
        let names = parties(entry.payload());
        let is_subject = |it: Option<&str>| it == Some(self.subject.as_str());
        match self.kind {
            Kind::Customer => is_subject(names.customer).then_some(links.customer),
            Kind::Agreement => is_subject(names.agreement).then_some(links.agreement),
            Kind::Partner if is_subject(names.partner) => Some(links.partner),
            Kind::Partner => is_subject(names.reseller).then_some(links.reseller),
        }
    }
}

fn gap(named: Option<u64>, last: Option<u64>) -> String {
    let named = named.map_or_else(|| "none".to_owned(), |it| format!("position {it}"));
    let last = last.map_or_else(|| "none".to_owned(), |it| format!("position {it}"));
    format!(
        "the event before it in the chain is {named}, and the export has {last} there: something was left out, added or \
         put in another order"
    )
}
