//! An event told to a reader who knows no software: who did what and when, on what it rests, what it corrects and why.

use assent_proto::event::event::Payload;
use assent_proto::event::{AcceptanceDetails, Order, OrderDecided};
use assent_proto::stored::{details_of, instant_of, sentence};
use bytes::Bytes;
use prost_types::Timestamp;

use crate::disclosure::{Disclosure, Item, ItemKind, items, said};
use crate::entry::Entry;
use crate::instant::push_instant;
use crate::json::{push_hex, push_number};
use crate::parties::parties;
use crate::payload::WriteError;
use crate::table::short;

/// What stands at the top of each segment of the history.
pub(crate) const HEADING: &str = "\
What happened, in the order in which the ledger recorded it. Instants are UTC. \"Sealed\" is personal data that this
export does not show; \"erased\" is personal data that nobody can read any more.
";

/// The low 40 bits of an event's id are its position.
const POSITION_BITS: u32 = 40;

/// Tells what an event did, with what may be shown of its sealed boxes: several lines for a reader who knows no software.
pub fn account(position: u64, entry: Bytes, opened: &[Disclosure]) -> Result<String, WriteError> {
    let entry = Entry::read_at(position, entry).map_err(|it| WriteError::unread(position, it))?;
    let items = items(&entry.event, opened).map_err(|it| WriteError::event(&entry, &it.to_string()))?;
    let mut out = Vec::new();
    push_account(&mut out, &entry, &items);
    Ok(String::from_utf8_lossy(&out).trim().to_owned())
}

/// Writes what an event did.
pub(crate) fn push_account(out: &mut Vec<u8>, entry: &Entry, items: &[Item<'_>]) {
    let mut account = Account { out };
    account.heading(entry);
    account.line("", &first_letter_up(&sentence(&entry.event)));
    account.who(entry, items);
    if let Some(details) = details_of(&entry.event) {
        account.accepted(details, items);
    }
    account.particulars(entry.payload());
    account.item("why", items, ItemKind::Reason);
    account.line("event", &entry.event.event_id);
}

struct Account<'a> {
    out: &'a mut Vec<u8>,
}

impl Account<'_> {
    fn heading(&mut self, entry: &Entry) {
        let names = parties(entry.payload());
        self.out.push(b'\n');
        push_number(self.out, entry.position());
        self.out.extend_from_slice(b"  ");
        push_instant(self.out, entry.recorded_at);
        for (what, id) in [
            ("partner", names.partner),
            ("reseller", names.reseller),
            ("customer", names.customer),
            ("agreement", names.agreement),
        ] {
            if let Some(id) = id {
                self.out.extend_from_slice(b"  ");
                self.out.extend_from_slice(what.as_bytes());
                self.out.push(b' ');
                push_one_line(self.out, id);
            }
        }
        self.out.extend_from_slice(b"\n  leaf ");
        push_hex(self.out, &entry.leaf);
        self.out.push(b'\n');
    }

    fn label(&mut self, label: &str) {
        self.out.extend_from_slice(b"  ");
        if !label.is_empty() {
            self.out.extend_from_slice(label.as_bytes());
            self.out.extend_from_slice(b": ");
        }
    }

    fn line(&mut self, label: &str, text: &str) {
        self.label(label);
        push_one_line(self.out, text);
        self.out.push(b'\n');
    }

    fn optional(&mut self, label: &str, text: Option<&String>) {
        if let Some(text) = text {
            self.line(label, text);
        }
    }

    fn instant(&mut self, label: &str, at: Option<&Timestamp>) {
        if let Some(at) = at.and_then(|it| instant_of(it).ok()) {
            self.label(label);
            push_instant(self.out, at);
            self.out.push(b'\n');
        }
    }

    fn item(&mut self, label: &str, items: &[Item<'_>], kind: ItemKind) {
        if let Some(item) = items.iter().find(|it| it.kind == kind) {
            self.line(label, &said(&item.shown));
        }
    }

    fn who(&mut self, entry: &Entry, items: &[Item<'_>]) {
        let Some(actor) = &entry.event.actor else { return };
        let role = actor.role.as_ref().map(|it| format!(", in the role {it}")).unwrap_or_default();
        let request = entry.event.request_id.as_ref();
        let request = request.map(|it| format!(", by request {it}")).unwrap_or_default();
        self.line("done by", &format!("{}{role}{request}", actor.user_id));
        self.item("employee", items, ItemKind::Employee);
    }

    fn accepted(&mut self, it: &AcceptanceDetails, items: &[Item<'_>]) {
        match (&it.accepted_on, &it.accepted_at) {
            (Some(date), _) => self.line("accepted on", date),
            (None, at) => self.instant("accepted at", at.as_ref()),
        }
        self.instant("confirmed at", it.confirmed_at.as_ref());
        if it.backfilled {
            self.line("", "It was taken over from older records.");
        }
        let version = it.version.as_deref().unwrap_or("(none named)");
        let inferred = if it.version_inferred { ", inferred from the date of acceptance" } else { "" };
        self.line("text accepted", &format!("{} version {version}{inferred}", it.agreement_id));
        if let Some(template) = &it.template {
            self.line("template", &format!("country {}, language {}", template.country, template.language));
        }
        match &it.document_sha256 {
            Some(hash) => self.line("document", &format!("SHA-256 {}", hex::encode(hash))),
            None => self.line("document", "the catalogue knew no hash of the text"),
        }
        let accepted_by = items.iter().find(|it| it.kind == ItemKind::Contact);
        self.line(
            "accepted by",
            &accepted_by.map_or_else(|| "no contact was given".to_owned(), |it| said(&it.shown)),
        );
        if let Some(proof) = &it.evidence {
            self.optional("proof", proof.media_type.as_ref());
            if let Some(hash) = &proof.sha256 {
                self.line("proof", &format!("SHA-256 {}", hex::encode(hash)));
            }
            self.item("proof kept at", items, ItemKind::EvidenceUri);
        }
    }

    /// What it rests on, and what it takes the place of.
    fn particulars(&mut self, payload: &Payload) {
        match payload {
            Payload::AcceptanceAttested(it) => {
                self.line("attested because", short(it.scenario().as_str_name(), "SCENARIO_"))
            }
            Payload::AcceptanceCorrected(it) => {
                self.other("takes the place of acceptance", &it.corrects);
                if let Some(evidence) = &it.evidence_id {
                    self.other("evidence", evidence);
                }
            }
            Payload::EvidenceConfirmed(it) => self.other("evidence", &it.evidence_id),
            Payload::AcceptanceVoided(it) => self.other("never counted from here on", &it.acceptance_id),
            Payload::WithdrawalVoided(it) => self.other("never was from here on", &it.withdrawal_event_id),
            Payload::AcceptanceWithdrawn(it) => self.instant("withdrawn at", it.withdrawn_at.as_ref()),
            Payload::CancellationRecorded(it) => {
                self.other("obligation of withdrawal", &it.obligation_id);
                self.instant("cancelled at", it.cancelled_at.as_ref());
            }
            Payload::EvidenceRejected(it) => self.other("evidence", &it.evidence_id),
            Payload::OrderDecided(it) => self.decided(it),
            Payload::OrderOutcomeRecorded(it) => {
                self.line("order", &it.order_ref);
                self.instant("occurred at", it.occurred_at.as_ref());
                if let Some(position) = it.decision_position {
                    self.line("rested on the decision at position", &position.to_string());
                }
            }
            Payload::PersonalDataErased(it) => {
                self.line("erased", &format!("the keys of {} sealed items", it.key_ids.len()));
                if let Some(acceptance) = &it.acceptance_id {
                    self.other("of the contact of acceptance", acceptance);
                }
            }
            Payload::InquiryExported(it) => {
                self.other("inquiry", &it.inquiry_id);
                self.line("manifest", &format!("SHA-256 {}", hex::encode(&it.manifest_sha256)));
            }
            _ => {}
        }
    }

    fn decided(&mut self, it: &OrderDecided) {
        if let Some(Order { order_ref: Some(order), .. }) = &it.order {
            self.line("order", order);
        }
        self.instant("for", it.effective_at.as_ref());
        let rests_on = format!(
            "positions 1 to {}, policy {} version {}",
            it.decided_at_position, it.policy_id, it.policy_version
        );
        self.line("rests on", &rests_on);
        for reason in &it.reasons {
            let agreement = reason.agreement_id.as_ref().map(|it| format!(", {it}")).unwrap_or_default();
            let version = reason.version.as_ref().map(|it| format!(" {it}")).unwrap_or_default();
            self.line(
                "because",
                &format!(
                    "{} (rule {}){agreement}{version}",
                    short(reason.code().as_str_name(), "REASON_CODE_"),
                    reason.rule
                ),
            );
            if let Some(acceptance) = &reason.acceptance_id {
                self.other("  resting on acceptance", acceptance);
            }
        }
    }

    /// Another event, by its id; its position stands in the id.
    fn other(&mut self, label: &str, id: &str) {
        match position_in(id) {
            Some(position) => self.line(label, &format!("{id} (position {position})")),
            None => self.line(label, id),
        }
    }
}

fn position_in(id: &str) -> Option<u64> {
    let digits: String = id.chars().filter(|it| *it != '-').collect();
    let low = digits.get(digits.len().checked_sub(16)?..)?;
    let position = u64::from_str_radix(low, 16).ok()? & ((1 << POSITION_BITS) - 1);
    (digits.len() == 32).then_some(position)
}

fn first_letter_up(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|it| it.to_uppercase().chain(chars).collect::<String>() + ".").unwrap_or_default()
}

/// Nothing that somebody wrote into a text can look like another line of the account.
fn push_one_line(out: &mut Vec<u8>, text: &str) {
    let is_plain = |it: char| {
        !it.is_control()
            && !matches!(it, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    // Nearly all texts are printable ASCII.
    if text.bytes().all(|it| matches!(it, b' '..=b'~')) || text.chars().all(is_plain) {
        return out.extend_from_slice(text.as_bytes());
    }
    for it in text.chars() {
        if is_plain(it) {
            out.extend_from_slice(it.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            out.extend(it.escape_unicode().map(|it| u8::try_from(it).expect("an escape is ASCII")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_add_a_line_or_turn_its_direction() {
        let mut out = Vec::new();
        push_one_line(&mut out, "a\n  why: b\u{202e}c é");
        assert_eq!(String::from_utf8(out).unwrap(), "a\\u{a}  why: b\\u{202e}c é");
    }

    #[test]
    fn the_position_of_an_event_stands_in_its_id() {
        assert_eq!(position_in("018bcfe5-687b-7969-9a5a-5a000000012c"), Some(300));
        for no_id in
            ["", "300", "é18bcfe5-687b-7969-9a5a-5a000000012c", "018bcfe5-687b-7969-9a5a-5a000000012g"]
        {
            assert_eq!(position_in(no_id), None, "{no_id}");
        }
    }
}
