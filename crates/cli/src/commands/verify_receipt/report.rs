//! What a receipt proves, and what it does not.

use assent_evidence::{SignedBy, TlogProof, VerifierKey, leaf_hash};
use assent_export::Statement;
use assent_proto::event::event::Payload;
use assent_proto::event::{Event, OrderDecided};
use assent_proto::stored::sentence;
use bytes::Bytes;
use prost::Message as _;
use prost_types::Timestamp;
use serde_json::{Value, json};

use crate::failure::chain;
use crate::json;
use crate::style::{Style, printable};

/// What came of looking at a receipt.
#[derive(Default)]
pub(super) struct Report {
    /// What is wrong; then nothing that the receipt says is told.
    pub(super) finding: Option<String>,
    /// The log's name.
    origin: String,
    /// The size of the log that the checkpoint signs.
    checkpoint_size: u64,
    /// Where the event stands; 0 where that is not proven.
    position: u64,
    /// The keys among the trusted ones that signed, and when, where that is known.
    signed_by: Vec<(String, Option<String>)>,
    /// The event, once it is proven and where this program can read it.
    event: Option<(Event, Bytes)>,
    /// The event in several lines.
    account: String,
    proven: Vec<Statement>,
    not_proven: Vec<Statement>,
}

/// Holds a proof against its event and the trusted keys. The event is the one that is given, or the proof's own.
pub(super) fn look(proof: &TlogProof, given: Option<Vec<u8>>, trusted: &[VerifierKey]) -> Report {
    let signed_by = match proof.checkpoint.verify(trusted) {
        Ok(signed_by) => signed_by,
        Err(error) => {
            return Report::found_in(&error, &format!(". Its signatures are by {}", signers(proof)));
        }
    };
    let checkpoint = proof.checkpoint.checkpoint();
    let mut report = Report {
        origin: checkpoint.origin.to_string(),
        checkpoint_size: checkpoint.size,
        ..Report::default()
    };
    report.signatures(proof, &signed_by);
    let entry = match (given, &proof.extra) {
        (Some(given), Some(own)) if given != *own => {
            report.finding =
                Some("the event that was given is not the one that the receipt holds".to_owned());
            return report.without_proof();
        }
        (Some(entry), _) => entry,
        (None, Some(own)) => own.clone(),
        (None, None) => {
            report.finding = Some(format!(
                "the proof does not hold its event, so that it can not be said of which it is: give it with --entry, or \
                 ask for the proof with `assent prove {} --with-entry`",
                u128::from(proof.index) + 1
            ));
            return report;
        }
    };
    match proof.verify_way(&leaf_hash(&entry)) {
        Ok(_) => report.proven_entry(proof.index + 1, Bytes::from(entry)),
        Err(error) => Report::found(&error),
    }
}

impl Report {
    /// Something is wrong with the text or with the proof.
    pub(super) fn found(error: &dyn std::error::Error) -> Self {
        Self::found_in(error, "")
    }

    fn found_in(error: &dyn std::error::Error, more: &str) -> Self {
        Self { finding: Some(format!("{}{more}", chain(error))), ..Self::default() }
    }

    fn without_proof(mut self) -> Self {
        self.proven.clear();
        self
    }

    fn signatures(&mut self, proof: &TlogProof, signed_by: &[SignedBy<'_>]) {
        let instant = |seconds: u64| {
            i64::try_from(seconds).map(|seconds| Timestamp { seconds, nanos: 0 }.to_string()).ok()
        };
        for SignedBy { key, cosigned_at } in signed_by {
            let at = cosigned_at.and_then(instant);
            let size = self.checkpoint_size;
            let text = match &at {
                Some(at) => format!("{key} saw this checkpoint of {size} events at {at}."),
                None => format!("The checkpoint of {size} events is signed by {key}, which you trust."),
            };
            self.proven.push(Statement { about: "the signature", text });
            self.signed_by.push((key.to_string(), at));
        }
        let unknown: Vec<_> = proof
            .checkpoint
            .note()
            .signatures()
            .iter()
            .filter(|signature| {
                !signed_by
                    .iter()
                    .any(|by| *by.key.name() == signature.name && by.key.id() == signature.key_id)
            })
            .map(|it| named(&it.name.to_string(), it.key_id))
            .collect();
        if !unknown.is_empty() {
            let text = format!("Signatures by {}: no key that was given is theirs.", unknown.join(", "));
            self.not_proven.push(Statement { about: "other signatures", text });
        }
    }

    fn proven_entry(mut self, position: u64, entry: Bytes) -> Self {
        self.position = position;
        let text = format!(
            "The hashes lead from its {} bytes to the root that is signed: it stands at position {position} of {}.",
            entry.len(),
            self.checkpoint_size
        );
        self.proven.push(Statement { about: "the event", text });
        match (Event::decode(entry.clone()), assent_export::account(position, entry.clone(), &[])) {
            (Ok(event), _) if event.position != position => {
                let said = event.position;
                self.finding =
                    Some(format!("the event at position {position} says that it stands at position {said}"));
            }
            (Ok(event), Ok(account)) => {
                self.limits(Some(&event));
                self.account = account;
                self.event = Some((event, entry));
            }
            (_, Err(error)) => self.unread(&error),
            (Err(error), _) => self.unread(&error),
        }
        self
    }

    fn unread(&mut self, error: &dyn std::error::Error) {
        self.not_proven.push(Statement { about: "what the event says", text: format!("{}.", chain(error)) });
        self.limits(None);
    }

    /// What no receipt can prove, and who can.
    fn limits(&mut self, event: Option<&Event>) {
        let mut not = |about, text: String| self.not_proven.push(Statement { about, text });
        let is_witnessed = self.signed_by.iter().any(|(_, at)| at.is_some());
        let recorded_at = event.and_then(|it| it.recorded_at.as_ref());
        let recorded_at = recorded_at.map_or_else(|| "The event's instant".to_owned(), ToString::to_string);
        if is_witnessed {
            not("when exactly", format!("{recorded_at} is what the ledger says; the witness saw it later."));
        } else {
            not(
                "when",
                format!("{recorded_at} is what the ledger says; no witness whose key was given says so."),
            );
            let text =
                "That everybody is shown this log and no other one, a witness whose key is given would say.";
            not("the only history", text.to_owned());
        }
        if event.and_then(decision).is_some() {
            let text = "That the log and its rules lead to this decision: `assent replay-decision`, with the database.";
            not("that it was right", text.to_owned());
        }
        let text = "Other events, what came later, and whether this still holds: `assent export` proves all about a customer.";
        not("anything else", text.to_owned());
    }

    pub(super) fn text(&self, style: Style) -> String {
        let mut out = match (&self.finding, &self.event) {
            (Some(finding), _) => {
                format!("{}\n  {} {finding}\n", style.bad("NOT PROVEN"), style.bad("found     "))
            }
            (None, event) => {
                let what = event.as_ref().map_or_else(|| "an event".to_owned(), |(event, _)| headline(event));
                format!("{} position {} of {}: {what}\n", style.good("PROVEN"), self.position, self.origin)
            }
        };
        for line in self.account.lines() {
            out.push_str(&format!("    {line}\n"));
        }
        for Statement { about, text } in &self.proven {
            out.push_str(&format!("  {} {about}: {text}\n", style.good("proven    ")));
        }
        for Statement { about, text } in &self.not_proven {
            out.push_str(&format!("  {} {about}: {text}\n", style.faint("not proven")));
        }
        out
    }

    pub(super) fn json(&self) -> Value {
        let statements = |of: &[Statement]| -> Vec<_> {
            of.iter().map(|Statement { about, text }| json!({ "about": about, "text": text })).collect()
        };
        let signed_by = self
            .signed_by
            .iter()
            .map(|(key, at)| json!({ "key": key, "cosignedAt": at }))
            .collect::<Vec<_>>();
        let event = self.event.as_ref().map(|(_, entry)| {
            let event = json::line_of_encoded("assent.event.v1.Event", entry);
            serde_json::from_str::<Value>(&event).expect("it was just written")
        });
        let findings = self.finding.iter().map(|what| json!({ "what": what })).collect::<Vec<_>>();
        json!({
            "isProven": self.finding.is_none(),
            "origin": self.origin,
            "position": (self.position > 0).then_some(self.position),
            "checkpointSize": self.checkpoint_size,
            "signedBy": signed_by,
            "event": event,
            "proven": statements(&self.proven),
            "notProven": statements(&self.not_proven),
            "findings": findings,
        })
    }
}

/// Whoever is said to have signed the checkpoint.
fn signers(proof: &TlogProof) -> String {
    let signatures = proof.checkpoint.note().signatures().iter();
    signatures.map(|it| named(&it.name.to_string(), it.key_id)).collect::<Vec<_>>().join(", ")
}

fn named(name: &str, key_id: u32) -> String {
    format!("{}+{key_id:08x}", printable(name))
}

fn decision(event: &Event) -> Option<&OrderDecided> {
    match &event.payload {
        Some(Payload::OrderDecided(it)) => Some(it),
        _ => None,
    }
}

/// What was decided, for whom and by which policy; of any other event, what it did.
fn headline(event: &Event) -> String {
    let Some(it) = decision(event) else { return printable(&sentence(event)) };
    let order = it.order.clone().unwrap_or_default();
    let short = |name: &'static str, prefix| name.strip_prefix(prefix).unwrap_or(name);
    let text = format!(
        "{} for a {} of customer {} through partner {}, by {} version {}",
        short(it.decision().as_str_name(), "DECISION_"),
        short(order.transaction().as_str_name(), "TRANSACTION_KIND_"),
        order.customer_id,
        order.partner_id,
        it.policy_id,
        it.policy_version
    );
    printable(&text)
}
