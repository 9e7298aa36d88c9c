//! Exports through a running server, and `sha256sum` and `sha512sum` over the bags that they made.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant as Stopwatch;

use assent_export::{Folder, Sink as _};
use assent_proto::v1::audit_service_client::AuditServiceClient;
use assent_proto::v1::export_inquiry_request::Scope;
use assent_proto::v1::export_inquiry_response::Part;
use assent_proto::v1::{ExportFinished, ExportInquiryRequest};
use tonic::transport::Endpoint;

use crate::Outcome;
use crate::people::partner_id;
use crate::report::{Promise, grouped, median};
use crate::server::Running;

/// The largest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// What one export took.
struct Exported {
    events_per_second: f64,
    bytes_per_second: f64,
    /// Of both programs, one after the other.
    summed_bytes_per_second: f64,
    /// By how much the server grew at most, in MB.
    grown_mb: f64,
}

/// Exports everything, and one partner.
pub(super) fn measure(folder: &Path, rounds: usize) -> Outcome<Vec<Promise>> {
    let cores = std::thread::available_parallelism()?.into();
    let server = Running::start(folder, cores, None)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut exports = [Vec::new(), Vec::new()];
    eprintln!("exports, and checksums of the bags");
    for round in 0..rounds {
        for (which, exports) in exports.iter_mut().enumerate() {
            let scope = match which {
                0 => Scope::Everything(true),
                _ => Scope::PartnerId(partner_id(0)),
            };
            let exported = export(&runtime, &server, folder, scope)?;
            let Exported { events_per_second, bytes_per_second, summed_bytes_per_second, grown_mb } =
                exported;
            eprintln!(
                "  round {}: {events_per_second:.0} events/s, {:.0} of {:.0} MB/s, {grown_mb:.0} MB",
                round + 1,
                bytes_per_second / 1e6,
                summed_bytes_per_second / 1e6
            );
            exports.push(exported);
        }
    }
    server.stop()?;
    let [all, partner] = exports;
    let names = [
        [
            "ExportInquiry of everything, events",
            "the same, of the bytes/s of sha256sum and sha512sum over the bag",
            "the same, the server's memory above its idle",
        ],
        [
            "ExportInquiry of one partner, events",
            "the same, of the bytes/s of sha256sum and sha512sum over that bag",
            "the same, the server's memory above its idle, of one partner",
        ],
    ];
    Ok([all, partner].iter().zip(names).flat_map(|(exports, names)| promises(names, exports)).collect())
}

fn promises([events, bytes, memory]: [&'static str; 3], exports: &[Exported]) -> [Promise; 3] {
    let all = |of: fn(&Exported) -> f64| exports.iter().map(of).collect::<Vec<_>>();
    let rates = all(|it| it.events_per_second);
    let thousands: Vec<_> = rates.iter().map(|it| it / 1e3).collect();
    let mb = |of: fn(&Exported) -> f64| median(&all(of)) / 1e6;
    [
        Promise::at_least(events, 80.0, "thousand/s", &thousands)
            .with(format!("{} events/s", grouped(median(&rates)))),
        Promise::at_least(
            bytes,
            50.0,
            "%",
            &all(|it| 100.0 * it.bytes_per_second / it.summed_bytes_per_second),
        )
        .with(format!(
            "{:.0} and {:.0} MB/s",
            mb(|it| it.bytes_per_second),
            mb(|it| it.summed_bytes_per_second)
        )),
        Promise::at_most(memory, 200.0, "MB", &all(|it| it.grown_mb)),
    ]
}

fn export(
    runtime: &tokio::runtime::Runtime,
    server: &Running,
    folder: &Path,
    scope: Scope,
) -> Outcome<Exported> {
    let bag = tempfile::tempdir_in(folder)?;
    // What another export left to be written is not this one's.
    nix::unistd::sync();
    let idle = server.memory_mb("VmRSS")?;
    server.forget_peak()?;
    let before = Stopwatch::now();
    let finished = runtime.block_on(receive(server, bag.path(), scope))?;
    let seconds = before.elapsed().as_secs_f64();
    let grown_mb = server.memory_mb("VmHWM")? - idle;
    let summing = sum("sha256sum", bag.path())? + sum("sha512sum", bag.path())?;
    let bytes = finished.payload_bytes as f64;
    Ok(Exported {
        events_per_second: finished.events as f64 / seconds,
        bytes_per_second: bytes / seconds,
        summed_bytes_per_second: bytes / summing,
        grown_mb,
    })
}

/// Writes the bag as it comes; what `assent export` checks afterwards is not in it.
async fn receive(server: &Running, bag: &Path, scope: Scope) -> Outcome<ExportFinished> {
    let channel = Endpoint::from_shared(format!("http://{}", server.address))?.connect().await?;
    let mut client = AuditServiceClient::new(channel).max_decoding_message_size(ANSWER_BYTES_MAX);
    let request =
        ExportInquiryRequest { scope: Some(scope), purpose: "Measured".to_owned(), ..Default::default() };
    let mut answers = client.export_inquiry(request).await?.into_inner();
    let mut folder = Folder::new(bag);
    while let Some(answer) = answers.message().await? {
        match answer.part {
            Some(Part::Chunk(chunk)) => {
                folder.write(&chunk.path, &chunk.bytes)?;
                if chunk.last {
                    folder.close(&chunk.path)?;
                }
            }
            Some(Part::Finished(finished)) => return Ok(finished),
            Some(Part::Opened(_) | Part::Progress(_)) | None => {}
        }
    }
    Err("the export ended before it was whole".into())
}

/// How long a program takes to sum every file of the payload, in seconds.
fn sum(program: &str, bag: &Path) -> Outcome<f64> {
    let before = Stopwatch::now();
    let mut find = Command::new("find");
    find.args(["data", "-type", "f", "-exec", program, "{}", "+"]).current_dir(bag).stdout(Stdio::null());
    match find.status()?.success() {
        true => Ok(before.elapsed().as_secs_f64()),
        false => Err(format!("{program} failed").into()),
    }
}
