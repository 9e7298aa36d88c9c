//! What the cover pages say.

use assent_domain::privacy::InquiryScope;
use assent_evidence::VerifierKey;

use super::pages::Block;
use crate::inquiry::{Contents, Inquiry};
use crate::keys;

/// The pages' content.
pub(super) fn blocks(inquiry: &Inquiry, contents: &Contents) -> Vec<Block> {
    let mut blocks = asked(inquiry, contents);
    blocks.push(Block::Heading("What is in it"));
    blocks.push(Block::Paragraph("Paths are below the folder data, in which this page lies.".to_owned()));
    blocks.push(Block::Items(files(inquiry, contents)));
    blocks.extend(left_out(inquiry, contents));
    blocks.extend(how_to_verify(inquiry));
    blocks.extend(proven(inquiry));
    blocks
}

fn asked(inquiry: &Inquiry, contents: &Contents) -> Vec<Block> {
    // Of the inquiry's own event, where that is selected, the purpose is opened.
    let is_purpose_proven = contents.last_position == Some(inquiry.position);
    let checkpoint = inquiry.checkpoint.checkpoint();
    let said = |term: &str, text: String| (term.to_owned(), text);
    vec![
        Block::Title("Export from an acceptance ledger".to_owned()),
        Block::Paragraph(
            "This folder answers an inquiry out of a ledger in which partners record that customers accepted \
             agreements. Nothing in the ledger is ever changed or deleted, and everything here can be checked without \
             the ledger's operator."
                .to_owned(),
        ),
        Block::Heading("What was asked"),
        Block::Items(vec![
            said("Ledger", inquiry.origin().to_owned()),
            said("Scope", inquiry.scope_in_words()),
            said("Asked by", inquiry.requested_by.clone()),
            match (inquiry.is_purpose_erased(), is_purpose_proven) {
                (true, _) => said("Why", "Erased: nobody can read any more what they said.".to_owned()),
                (false, true) => said("Why, in their words", inquiry.purpose.clone()),
                (false, false) => said(
                    "Why, in words that the exporter states and nothing here proves",
                    inquiry.purpose.clone(),
                ),
            },
            said("When", format!("{} (recorded in the ledger at position {})", inquiry.requested_at, inquiry.position)),
            said(
                "State of the ledger",
                format!("{} entries, root {}", checkpoint.size, hex::encode(checkpoint.root)),
            ),
        ]),
    ]
}

fn files(inquiry: &Inquiry, contents: &Contents) -> Vec<(String, String)> {
    let Contents { segments, events, acceptance_rows, decision_rows, .. } = contents;
    let positions = match (contents.first_position, contents.last_position) {
        (Some(first), Some(last)) => format!(", from position {first} to {last}"),
        _ => String::new(),
    };
    let mut files = vec![
        ("history/*.txt".to_owned(), "Start here: what happened, told event by event. Who did what and when, what was accepted, what was corrected and why.".to_owned()),
        ("acceptances/*.csv, *.parquet".to_owned(), format!("A table of everything about acceptances: {acceptance_rows} rows.")),
        ("decisions/*.csv, *.parquet".to_owned(), format!("A table of recorded decisions about orders, and of what became of orders: {decision_rows} rows.")),
        ("columns.csv".to_owned(), "What each column of the tables means.".to_owned()),
        ("events/*.jsonl".to_owned(), format!("The {events} events{positions}, CloudEvents 1.0, one a line; files: {segments}.")),
        ("events/*.entries".to_owned(), "The same events exactly as they are stored and hashed: each entry after its length (two bytes, big-endian). events/*.positions.csv says where each begins. Everything else is made from these bytes.".to_owned()),
        ("inquiry.json".to_owned(), "This page for programs.".to_owned()),
        ("verify.py".to_owned(), "Checks hashes, proofs and completeness with Python's standard library.".to_owned()),
        ("proofs/checkpoint".to_owned(), "The signed statement of the ledger about its state (a C2SP tlog-checkpoint). checkpoint.text is what is signed, checkpoint.*.sig a signature as bytes.".to_owned()),
    ];
    if inquiry.is_range() {
        let tiles = contents.tiles;
        files.push(("proofs/tile/".to_owned(), format!("{tiles} tiles (C2SP tlog-tiles): the hashes that lead from the range of events to the checkpoint's root.")));
    } else {
        files.push((
            "proofs/*.jsonl".to_owned(),
            "For each event the hashes that lead from it to the checkpoint's root (RFC 6962).".to_owned(),
        ));
    }
    files.push((
        "keys/".to_owned(),
        "The public keys. They are here for convenience: compare them with keys that you got elsewhere."
            .to_owned(),
    ));
    for (count, name, what) in [
        (
            contents.boundary_events,
            "boundary/",
            "entries just before and just behind the range: they show that the range is the whole of the time asked about.",
        ),
        (
            contents.context_events,
            "context/",
            "entries that the export rests on (the ledger itself, agreements, policies, and the inquiry where it is not among the events), each with its proof. This is a selection, and no completeness is claimed for it.",
        ),
        (
            contents.documents,
            "documents/",
            "documents that events name, each under its SHA-256: policies, and lists of the texts of agreements.",
        ),
        (
            contents.items_disclosed + contents.items_erased,
            "disclosures/*.jsonl",
            "pieces of personal data with the salt of each: the HMAC-SHA-256 of the text under the salt is the commitment that stands in the event, so that each is what was recorded at the time.",
        ),
    ] {
        if count > 0 {
            files.push((name.to_owned(), format!("{count} {what}")));
        }
    }
    files
}

fn left_out(inquiry: &Inquiry, contents: &Contents) -> Vec<Block> {
    let Contents { items_sealed, items_disclosed, items_erased, .. } = contents;
    let asked = if inquiry.with_contacts {
        "The export was asked for with personal data."
    } else {
        "The export was asked for without personal data: what is personal stands sealed in the events."
    };
    let of_others = match inquiry.with_contacts && *items_sealed > 0 {
        true => {
            " What is sealed although personal data was asked for is another partner's, whose event names the one \
             inquired about as its reseller."
        }
        false => "",
    };
    let counts = match inquiry.with_contacts {
        true => format!(
            "{items_disclosed} are shown, {items_sealed} are sealed and not shown, {items_erased} are erased"
        ),
        false => format!(
            "{items_disclosed} are shown, {items_erased} are known to be erased, and {items_sealed} are not shown, erased or \
             not"
        ),
    };
    vec![
        Block::Heading("What was left out, and why"),
        Block::Paragraph(format!(
            "{asked} Contacts, names of employees, reasons and places of evidence are each sealed in the ledger with a \
             key of their own. Of those in the selected events {counts}. Erased means that the key was destroyed, at the \
             person's request or by a rule: nobody can read the item any more, and no hash or proof changed by \
             it.{of_others}"
        )),
    ]
}

/// A key as an argument for a shell: its name is whatever an operator chose.
fn in_shell(key: &VerifierKey) -> String {
    format!(" --key '{}'", key.to_string().replace('\'', r"'\''"))
}

fn how_to_verify(inquiry: &Inquiry) -> Vec<Block> {
    let mut blocks = vec![
        Block::Heading("How to verify it"),
        Block::Paragraph(
            "Four tools. Three are other people's; the fourth, verify.py, is a script of the ledger's own program that lies \
             in this folder: short, so that it can be read before it is run, and in need of nothing but Python. Run them \
             in the folder that holds bagit.txt. First: every file is as the manifest says. That finds damage; whoever changes \
             a file can write a manifest for it."
                .to_owned(),
        ),
        Block::Command("sha256sum -c tagmanifest-sha256.txt manifest-sha256.txt".to_owned()),
        Block::Command("sha512sum -c tagmanifest-sha512.txt manifest-sha512.txt".to_owned()),
        Block::Paragraph(
            "Second: no file is missing and none was added (the Python package bagit).".to_owned(),
        ),
        Block::Command("bagit.py --validate .".to_owned()),
        Block::Paragraph("Third: the ledger's key signed the checkpoint.".to_owned()),
    ];
    // Of keys that are rotated, those in the folder need not all have signed this checkpoint.
    let has_signed = |it: &&VerifierKey| keys::signature_of(&inquiry.checkpoint, it).is_some();
    for key in inquiry.keys.iter().filter(has_signed).filter(|it| keys::signs_plainly(it)) {
        let name = keys::name_of(key);
        blocks.push(Block::Command(format!(
            "openssl pkeyutl -verify -pubin -inkey data/keys/{name}.pem -rawin -in data/proofs/checkpoint.text -sigfile data/proofs/checkpoint.{name}.sig"
        )));
    }
    blocks.push(Block::Paragraph(
        "Fourth: every event stands in the signed ledger, unchanged, and none of the scope was left out."
            .to_owned(),
    ));
    blocks.push(Block::Command("python3 data/verify.py".to_owned()));
    blocks.push(Block::Paragraph(
        "Or all of it at once, and more (that the tables and the history say what the events say), with the ledger's own \
         program, which needs neither a server nor a network. Below stands what the export itself calls its key: before you \
         trust it, compare it with what whoever runs the ledger gives you."
            .to_owned(),
    ));
    let keys: String = inquiry.keys.iter().filter(has_signed).map(in_shell).collect();
    blocks.push(Block::Command(format!("assent verify-export .{keys}")));
    blocks
}

fn proven(inquiry: &Inquiry) -> Vec<Block> {
    vec![
        Block::Heading("What that proves"),
        Block::Paragraph(format!(
            "Who holds the ledger's key has stated that at position {} of the ledger this export was opened, and that \
             every event here stood in the ledger then, byte for byte, at its position and in its order.",
            inquiry.position
        )),
        Block::Paragraph(completeness(&inquiry.scope)),
        Block::Heading("What it does not prove"),
        Block::Items(vec![
            ("Who signed".to_owned(), "The key in this folder proves nothing about who made it. Get the key from the ledger's operator, or from somebody else who had an export, and compare.".to_owned()),
            ("That there is only one ledger".to_owned(), "A signer could keep two histories. Compare the checkpoint with those that others were given, or that a witness signed.".to_owned()),
            ("That what was recorded is true".to_owned(), "The ledger proves what was recorded, by whom and when, and not that a person did accept. The proof of acceptance is the partner's: its hash stands in the event where the partner gave it.".to_owned()),
            ("That everything was recorded".to_owned(), "What nobody entered is not in any ledger.".to_owned()),
        ]),
    ]
}

/// What is proven about nothing having been left out.
pub(crate) fn completeness(scope: &InquiryScope) -> String {
    match scope {
        InquiryScope::Customer(_) | InquiryScope::Partner(_) | InquiryScope::Agreement(_) => {
            "Completeness: every event names the one before it that is about the same subject. The inquiry itself is the \
             last event of that chain, and the chain leads without a gap from it to the first event. So nothing about \
             the subject was left out that the ledger recorded before the inquiry, unless the signed ledger itself holds \
             a false link; who verifies the whole ledger finds such a link."
                .to_owned()
        }
        InquiryScope::Everything => {
            "Completeness: the events are all entries of the ledger from its first one to the inquiry itself, without a \
             gap, and their hashes give the root that was signed. Nothing was left out before the inquiry."
                .to_owned()
        }
        InquiryScope::Period { .. } => {
            "Completeness: the events are a range of the ledger without a gap, whose hashes lead to the root that was \
             signed. The range begins with the ledger's first entry or behind one that lies outside of the time asked \
             about, and ends with the inquiry itself or before one that does; in the ledger time never runs backwards. \
             So nothing that was recorded in that time before the inquiry was left out."
                .to_owned()
        }
    }
}
