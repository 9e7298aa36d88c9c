//! `assent verify-export`: a bag, from its files alone.

use std::path::PathBuf;

use assent_evidence::VerifierKey;
use assent_export::{Report, Statement, VerifyError, verify};
use clap::Args;
use indicatif::ProgressBar;
use serde_json::json;

use super::projections::bar_style;
use crate::args::Output;
use crate::context::{Context, print, read};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::style::printable;

const NEXT: &str = "\
README.txt in the export says how to check the same with sha256sum, bagit.py, openssl and Python, and what it proves. \
Ask whoever runs the ledger for its key, and compare it with the one in data/keys.";

/// Check an export, offline
///
/// Every file is held against the manifests; the checkpoint's signature against the keys that you name; every entry
/// against the signed root; and the scope against the links, or the range, that prove that nothing was left out. Then
/// every table, every line and every page is made again from the entries, and compared byte for byte. Nothing but the
/// folder is needed: no server, no database, no network.
///
/// Exit code 1 means that something was found: file and position are named.
///
///   assent verify-export inquiry/ --key 'ledger.example+1a2b3c4d+AbCd...'
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = NEXT)]
pub(crate) struct VerifyExport {
    /// The export's folder: the one that holds bagit.txt.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// A key that you trust: of the ledger, and beside it of witnesses. name+id+key; may be given more than once.
    #[arg(long, value_name = "VKEY")]
    key: Vec<VerifierKey>,
    /// A file with keys that you trust, one a line.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl VerifyExport {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let mut trusted = self.key;
        if let Some(path) = &self.key_file {
            for line in String::from_utf8_lossy(&read(path)?).lines().filter(|it| !it.trim().is_empty()) {
                let failed =
                    |it| Failure::Usage(format!("`{}` holds no key in `{line}`: {it}", path.display()));
                trusted.push(line.trim().parse().map_err(failed)?);
            }
        }
        let bar = ProgressBar::new(0).with_style(bar_style());
        let verified = verify(&self.folder, &trusted, &mut |it| {
            bar.set_length(it.total);
            bar.set_position(it.done);
        });
        bar.finish_and_clear();
        let report = verified.map_err(failure)?;
        print(&match context.output {
            Output::Text => text(context, &report),
            Output::Json => format!("{}\n", json::own(&in_json(&report))),
        })?;
        Ok(Exit::found(!report.is_proven()))
    }
}

fn failure(error: VerifyError) -> Failure {
    match error {
        said @ (VerifyError::NoBag(_) | VerifyError::Layout(_)) => Failure::Unanswered(said.to_string()),
        read @ VerifyError::Read { .. } => Failure::Doing { doing: "verify the export", source: read.into() },
    }
}

fn text(context: &Context, report: &Report) -> String {
    let style = context.style;
    let verdict = match report.is_proven() {
        true => style.good("PROVEN").to_string(),
        false => style.bad("NOT PROVEN").to_string(),
    };
    let mut out = match report.scope.is_empty() {
        true => format!("{verdict}\n"),
        false => {
            let (scope, origin) = (printable(&report.scope), printable(&report.origin));
            format!("{verdict} {scope} of {origin}: {} events\n", report.events)
        }
    };
    if let Some(at) = report.requested_at {
        let (by, position) = (printable(&report.requested_by), report.position);
        out.push_str(&format!(
            "  as of {at}, position {position}, when {by} asked for it; what came later is not in it\n"
        ));
    }
    for finding in &report.findings {
        out.push_str(&format!("  {} {}\n", style.bad("found     "), printable(&finding.to_string())));
    }
    let more = report.findings_total - report.findings.len() as u64;
    if more > 0 {
        out.push_str(&format!("  {} {more} more\n", style.bad("found     ")));
    }
    for Statement { about, text } in &report.proven {
        out.push_str(&format!("  {} {about}: {}\n", style.good("proven    "), printable(text)));
    }
    for Statement { about, text } in &report.not_proven {
        out.push_str(&format!("  {} {about}: {}\n", style.faint("not proven"), printable(text)));
    }
    out
}

fn in_json(report: &Report) -> serde_json::Value {
    let Report {
        origin,
        scope,
        requested_by,
        requested_at,
        position,
        events,
        checkpoint_size,
        signed_by,
        is_signed_by_trusted,
        proven,
        not_proven,
        findings,
        findings_total,
    } = report;
    let statements = |of: &[Statement]| -> Vec<_> {
        of.iter().map(|Statement { about, text }| json!({ "about": about, "text": text })).collect()
    };
    let found =
        |it: &assent_export::Finding| json!({ "file": it.file, "position": it.position, "what": it.what });
    json!({
        "isProven": report.is_proven(),
        "origin": origin,
        "scope": scope,
        "requestedBy": requested_by,
        "requestedAt": requested_at.map(|it| it.to_string()),
        "position": position,
        "events": events,
        "checkpointSize": checkpoint_size,
        "signedBy": signed_by,
        "isSignedByTrusted": is_signed_by_trusted,
        "proven": statements(proven),
        "notProven": statements(not_proven),
        "findings": findings.iter().map(found).collect::<Vec<_>>(),
        "findingsTotal": findings_total,
    })
}
