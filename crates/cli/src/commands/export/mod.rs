//! `assent export`: what an inquiry needs, in a folder that anybody can check.

mod partial;

use std::path::{Path, PathBuf};

use assent_proto::v1::export_inquiry_request::Scope;
use assent_proto::v1::export_inquiry_response::Part;
use assent_proto::v1::{
    ExportFinished, ExportInquiryRequest, ExportInquiryResponse, ExportProgress, RecordedPeriod,
};
use clap::{ArgGroup, Args};
use indicatif::ProgressBar;
use prost_types::Timestamp;
use tonic::Streaming;

use self::partial::Partial;
use super::projections::bar_style;
use crate::args::Output;
use crate::context::{Context, print};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{instant, json};

const NEXT: &str = "\
Next: `assent verify-export DIR --key VKEY`, on any machine. README.html in its data folder says what it holds and what it \
proves.";

const SCOPES: [&str; 6] = ["customer", "partner", "agreement", "from", "to", "all"];

/// Export what an inquiry needs, with its proofs
///
/// Writes a bag (BagIt, RFC 8493) with the events as they are stored, the same as CloudEvents, CSV and Parquet, a history
/// in sentences, the documents that they name, and the proofs that lead from each event to a signed checkpoint. That the
/// export was made, by whom and why, is recorded in the ledger itself.
///
/// An export that broke off is gone on with: run the same command again. Until it is whole, it stands in DIR.partial.
///
///   assent export --customer fabrikam --purpose "Inquiry 2026-17 of the authority" --out inquiry-17
///   assent export --from 2026-01-01 --to 2026-04-01 --purpose "First quarter" --out first-quarter
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = NEXT)]
#[command(group(ArgGroup::new("scope").required(true).multiple(true).args(SCOPES)))]
pub(crate) struct Export {
    /// Everything about this customer.
    #[arg(long, value_name = "ID", conflicts_with_all = ["partner", "agreement", "from", "to", "all"])]
    customer: Option<String>,
    /// Everything that names this partner, as partner or as reseller.
    #[arg(long, value_name = "ID", conflicts_with_all = ["agreement", "from", "to", "all"])]
    partner: Option<String>,
    /// Everything that names this agreement.
    #[arg(long, value_name = "ID", conflicts_with_all = ["from", "to", "all"])]
    agreement: Option<String>,
    /// Everything recorded from this instant on. RFC 3339 or a date.
    #[arg(long, value_name = "WHEN", value_parser = instant::parse)]
    from: Option<Timestamp>,
    /// Everything recorded before this instant.
    #[arg(long, value_name = "WHEN", value_parser = instant::parse)]
    to: Option<Timestamp>,
    /// The whole ledger.
    #[arg(long, conflicts_with_all = ["from", "to"])]
    all: bool,
    /// Why: who asked, under which reference. It stands on the cover and, sealed, in the ledger.
    #[arg(long, value_name = "TEXT")]
    purpose: String,
    /// Show contacts, employees, reasons and where evidence is kept; what was erased is shown as erased.
    #[arg(long)]
    with_contacts: bool,
    /// The folder to make; it must not exist.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Export {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        if self.out.exists() {
            return Err(Failure::Usage(format!(
                "`{}` exists already: name another folder",
                self.out.display()
            )));
        }
        // What tab completion writes: `dir/`.
        let out: PathBuf = self.out.components().collect();
        let connection = context.connect().await?;
        let new = self.request();
        let asked = format!("{} {}", context.server, json::line("assent.v1.ExportInquiryRequest", &new));
        let mut partial = Partial::open(&out, asked)?;
        let request = match partial.begun() {
            Some((inquiry_id, segments_done)) => {
                ExportInquiryRequest { inquiry_id, segments_done, ..Default::default() }
            }
            None => new,
        };
        let bar = ProgressBar::new(0).with_style(bar_style());
        let received = match connection.audit().export_inquiry(request).await {
            Ok(answers) => receive(answers.into_inner(), &mut partial, &bar).await,
            Err(refused) => Err(refused.into()),
        };
        bar.finish_and_clear();
        if received.is_err() && partial.begun().is_none() {
            partial.discard();
        }
        let finished = received?;
        partial.finish(&out, &finished.manifest_sha256)?;
        done(context, &out, &finished)
    }

    fn request(&self) -> ExportInquiryRequest {
        let scope = match (&self.customer, &self.partner, &self.agreement, self.all) {
            (Some(id), ..) => Scope::CustomerId(id.clone()),
            (_, Some(id), ..) => Scope::PartnerId(id.clone()),
            (_, _, Some(id), _) => Scope::AgreementId(id.clone()),
            (_, _, _, true) => Scope::Everything(true),
            _ => Scope::Period(RecordedPeriod { from: self.from, until: self.to }),
        };
        ExportInquiryRequest {
            scope: Some(scope),
            purpose: self.purpose.clone(),
            with_contacts: self.with_contacts,
            ..Default::default()
        }
    }
}

async fn receive(
    mut answers: Streaming<ExportInquiryResponse>,
    partial: &mut Partial,
    bar: &ProgressBar,
) -> Result<ExportFinished, Failure> {
    while let Some(answer) = answers.message().await? {
        match answer.part {
            Some(Part::Opened(it)) => partial.begin(&it.inquiry_id)?,
            Some(Part::Chunk(it)) => partial.chunk(&it)?,
            Some(Part::Progress(it)) => {
                let ExportProgress { segments, position, of_position, .. } = it;
                bar.set_length(of_position);
                bar.set_position(position);
                partial.progress(segments)?;
            }
            Some(Part::Finished(it)) => return Ok(it),
            None => {}
        }
    }
    let again =
        "the server ended the export before it was whole: run the same command again to go on with it";
    Err(Failure::Unanswered(again.to_owned()))
}

fn done(context: &Context, out: &Path, finished: &ExportFinished) -> Result<Exit, Failure> {
    let ExportFinished { manifest_sha256, events, payload_bytes, position } = finished;
    let manifest = hex::encode(manifest_sha256);
    print(&match context.output {
        Output::Text => format!(
            "{} {events} events, {payload_bytes} bytes in {}\n  manifest {manifest}, recorded at position {position}\n",
            context.style.good("EXPORTED"),
            out.display()
        ),
        Output::Json => {
            let done = serde_json::json!({
                "events": events, "payloadBytes": payload_bytes, "folder": out.display().to_string(),
                "manifestSha256": manifest, "position": position,
            });
            format!("{}\n", json::own(&done))
        }
    })?;
    Ok(Exit::Done)
}
