//! What a verification says: what was proven, what was not, and what is wrong.

use assent_domain::values::Instant;

use super::again::LookedAt;
use super::findings::{Finding, Findings};
use super::inputs::Inputs;
use super::manifests::Files;
use super::signature::Signed;
use crate::cover::completeness;

/// One thing that is proven, or is not: what it is about, and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// A few words.
    pub about: &'static str,
    /// The sentence.
    pub text: String,
}

/// What came of verifying a bag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The log's name; empty where the bag does not even say that.
    pub origin: String,
    /// What the export is of, in words.
    pub scope: String,
    /// Who asked for it: a user id.
    pub requested_by: String,
    /// When it was asked for. Nothing that was recorded later is in it; an old export stays valid, and is no newer for that.
    pub requested_at: Option<Instant>,
    /// The position of the inquiry itself, the last one that the export can have.
    pub position: u64,
    /// How many events it has.
    pub events: u64,
    /// The size of the log that the checkpoint signs.
    pub checkpoint_size: u64,
    /// The keys that signed the checkpoint.
    pub signed_by: Vec<String>,
    /// Whether the verifier trusts one of them.
    pub is_signed_by_trusted: bool,
    /// What was proven. Empty where something is wrong.
    pub proven: Vec<Statement>,
    /// What was not proven, though nothing is wrong.
    pub not_proven: Vec<Statement>,
    /// What is wrong, at most a hundred of it.
    pub findings: Vec<Finding>,
    /// How many findings there were in all.
    pub findings_total: u64,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_proven(&self) -> bool {
        self.findings.is_empty()
    }

    pub(super) fn without_inquiry(findings: Findings, files: usize) -> Self {
        let text = format!(
            "{files} files were hashed; what they are of could not be read, so nothing else was looked at."
        );
        Self {
            origin: String::new(),
            scope: String::new(),
            requested_by: String::new(),
            requested_at: None,
            position: 0,
            events: 0,
            checkpoint_size: 0,
            signed_by: Vec::new(),
            is_signed_by_trusted: false,
            proven: Vec::new(),
            not_proven: vec![Statement { about: "the events", text }],
            findings_total: findings.count(),
            findings: findings.kept,
        }
    }
}

pub(super) fn report(
    inputs: &Inputs,
    files: &Files,
    is_as_written: bool,
    signature: &Signed,
    looked_at: &LookedAt,
    findings: Findings,
) -> Report {
    let inquiry = &inputs.inquiry;
    let (signed_by, is_signed_by_trusted) = match signature {
        Signed::ByTrusted(keys) => (keys.clone(), true),
        Signed::ByOwn(keys) => (keys.clone(), false),
        Signed::Not => (Vec::new(), false),
    };
    let proven = if findings.is_empty() { proven(inputs, files, signature, looked_at) } else { Vec::new() };
    let mut not_proven = not_proven(inputs, signature, looked_at);
    if !is_as_written {
        let text = "Files were changed since the export was made, so that tables and history were not compared with the events.";
        not_proven.insert(0, Statement { about: "the readable forms", text: text.to_owned() });
    }
    Report {
        origin: inquiry.origin().to_owned(),
        scope: inquiry.scope_in_words(),
        requested_by: inquiry.requested_by.clone(),
        requested_at: Some(inquiry.requested_at),
        position: inquiry.position,
        events: looked_at.events,
        checkpoint_size: inquiry.checkpoint.checkpoint().size,
        signed_by,
        is_signed_by_trusted,
        proven,
        not_proven,
        findings_total: findings.count(),
        findings: findings.kept,
    }
}

fn proven(inputs: &Inputs, files: &Files, signature: &Signed, looked_at: &LookedAt) -> Vec<Statement> {
    let said = |about, text: String| Statement { about, text };
    let inquiry = &inputs.inquiry;
    let checkpoint = inquiry.checkpoint.checkpoint();
    let LookedAt { events, context, disclosed, erased, other_words, .. } = looked_at;
    let mut proven = vec![said(
        "the folder",
        format!(
            "It holds the {} files that the manifests list, as they were written, and no others.",
            files.count
        ),
    )];
    if let Signed::ByTrusted(keys) = signature {
        let text = format!(
            "The ledger's state of {} entries is signed by {}, which you trust.",
            checkpoint.size,
            keys.join(" and ")
        );
        proven.push(said("the signature", text));
    }
    proven.push(said(
        "the events",
        format!("All {events} events stand in that state, byte for byte, each at its position."),
    ));
    proven.push(said("nothing left out", completeness(&inquiry.scope)));
    let forms = if other_words.is_empty() {
        "JSON lines, tables and history say"
    } else {
        "JSON lines and tables say"
    };
    proven.push(said(
        "the readable forms",
        format!("{forms} what the events say: they were made again from them and compared."),
    ));
    if *context > 0 {
        proven.push(said(
            "the context",
            format!("{context} entries that the events rest on stand in the ledger, too; it is a selection."),
        ));
    }
    if *disclosed + *erased > 0 {
        let text = format!(
            "Each of the {disclosed} items of personal data that are shown is what was sealed when its event was recorded; {erased} more are said to be erased."
        );
        proven.push(said("personal data", text));
    }
    proven
}

fn not_proven(inputs: &Inputs, signature: &Signed, looked_at: &LookedAt) -> Vec<Statement> {
    let said = |about, text: String| Statement { about, text };
    let mut open = Vec::new();
    if let Signed::ByOwn(keys) = signature {
        let text = format!(
            "You named no key that you trust, so the checkpoint was checked with the export's own key, which proves nothing \
             about who signed. Compare it with one that you have from elsewhere, or pass it with --key: {}",
            keys.join(" ")
        );
        open.push(said("who signed", text));
    }
    if looked_at.sealed > 0 {
        let text = format!("{} items of personal data are sealed and not shown here.", looked_at.sealed);
        open.push(said("personal data", text));
    }
    if looked_at.erased > looked_at.erased_by_event {
        let text = format!(
            "The erasure of {} of the {} items that are said to be erased is not among the events of this export; for those \
             it rests on the word of who made it.",
            looked_at.erased - looked_at.erased_by_event,
            looked_at.erased
        );
        open.push(said("erasure", text));
    }
    if !looked_at.purpose_is_proven {
        let text = match inputs.inquiry.is_purpose_erased() {
            true => "It is said to be erased: why it was asked can no longer be read.".to_owned(),
            false => {
                format!(
                    "\"{}\" is what the exporter states; the ledger has it sealed.",
                    inputs.inquiry.purpose
                )
            }
        };
        open.push(said("the purpose", text));
    }
    if !looked_at.other_words.is_empty() {
        let text = format!(
            "{} wrote the pages for people in words of its own; they were not compared: {}",
            inputs.written_by,
            looked_at.other_words.join(", ")
        );
        open.push(said("the pages for people", text));
    }
    let text = "That what was recorded is true, that everything that happened was recorded, and that the signer keeps no \
        second history: compare the checkpoint with those that others hold.";
    open.push(said("what no export can prove", text.to_owned()));
    open
}
