//! Imports and reads of the whole log, by clients of their own processes.

use std::net::SocketAddr;
use std::time::{Duration, Instant as Stopwatch};

use assent_proto::v1::acceptance_service_client::AcceptanceServiceClient;
use assent_proto::v1::import_acceptances_request::Record;
use assent_proto::v1::{ConfirmAcceptanceRequest, Contact, ImportAcceptancesRequest, ImportStatus};
use clap::Args;
use tonic::transport::Endpoint;

use crate::Outcome;
use crate::child::Child;
use crate::ledger::story::AGREEMENT;
use crate::load;
use crate::people::{Random, accepted_at, customer_id, partner_id, partner_of};
use crate::server::Running;

/// The largest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// Imports rows, or reads the log, and prints how many were answered a second.
#[derive(Clone, Debug, Args)]
pub(crate) struct Bulk {
    #[arg(long)]
    address: SocketAddr,
    /// Rows to import; none: the log is read.
    #[arg(long)]
    rows: Option<u64>,
    #[arg(long, default_value_t = 1)]
    customers: u64,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Reads the entries alone.
    #[arg(long)]
    entry_only: bool,
    /// Reads the whole log again and again for so long, and prints how many events came a second.
    #[arg(long)]
    seconds: Option<f64>,
}

/// What is read of each event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// All that the log has of it.
    Whole,
    /// Its entry.
    EntryOnly,
}

/// Rows a second of an import.
pub(crate) fn import(server: &Running, customers: u64, rows: u64, seed: u64) -> Outcome<f64> {
    let (rows, customers, seed) = (rows.to_string(), customers.to_string(), seed.to_string());
    run(server, &["--rows", &rows, "--customers", &customers, "--seed", &seed])
}

/// Events a second of a read of the whole log.
pub(crate) fn read(server: &Running, events: u64, what: Read) -> Outcome<f64> {
    let arguments: &[&str] = match what {
        Read::Whole => &[],
        Read::EntryOnly => &["--entry-only"],
    };
    let seconds = 1.0 / run(server, arguments)?;
    Ok(events as f64 / seconds)
}

/// Events a second of whole logs that are read for so many seconds, one after the other.
pub(crate) fn replay(server: &Running, seconds: f64) -> Outcome<f64> {
    run(server, &["--seconds", &seconds.to_string()])
}

fn run(server: &Running, arguments: &[&str]) -> Outcome<f64> {
    let address = server.address.to_string();
    let arguments: Vec<&str> =
        ["bulk", "--address", &address].into_iter().chain(arguments.iter().copied()).collect();
    Ok(Child::start(None, &arguments)?.finish()?.trim().parse()?)
}

impl Bulk {
    pub(crate) fn run(self) -> Outcome<()> {
        let rate = match (self.rows, self.seconds) {
            (Some(rows), _) => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(self.import(rows))?
            }
            (None, Some(seconds)) => read_for(self.address, Duration::from_secs_f64(seconds))?,
            (None, None) => read_all(self.address, self.entry_only)?,
        };
        println!("{rate}");
        Ok(())
    }

    async fn import(self, rows: u64) -> Outcome<f64> {
        let channel = Endpoint::from_shared(format!("http://{}", self.address))?.connect().await?;
        let mut random = Random(self.seed.wrapping_add(1) << 40);
        let requests: Vec<_> = (0..rows).map(|row| self.row(row, &mut random)).collect();
        let before = Stopwatch::now();
        let mut client = AcceptanceServiceClient::new(channel).max_decoding_message_size(ANSWER_BYTES_MAX);
        let mut answers = client.import_acceptances(tokio_stream::iter(requests)).await?.into_inner();
        let mut stored = 0;
        while let Some(outcome) = answers.message().await? {
            if outcome.status() != ImportStatus::Stored {
                return Err(format!("a row was not stored: {outcome:?}").into());
            }
            stored += 1;
        }
        if stored != rows {
            return Err(format!("{stored} of {rows} rows were answered").into());
        }
        Ok(rows as f64 / before.elapsed().as_secs_f64())
    }

    fn row(&self, row: u64, random: &mut Random) -> ImportAcceptancesRequest {
        let customer = random.below(self.customers);
        let contact = Contact {
            first_name: "Anna".to_owned(),
            last_name: "Berg".to_owned(),
            email: format!("anna{:x}@customer-{customer}.example", random.draw()),
            phone_number: None,
        };
        let (high, low) = (random.draw(), random.draw());
        let (time, middle) = (high >> 32, (high >> 16) & 0xffff);
        let confirm = ConfirmAcceptanceRequest {
            partner_id: partner_id(partner_of(customer)),
            customer_id: customer_id(customer),
            agreement_id: AGREEMENT.to_owned(),
            contact: Some(contact),
            accepted_at: Some(accepted_at(random)),
            request_id: Some(format!("{time:08x}-{middle:04x}-4000-8000-{:012x}", low & 0xffff_ffff_ffff)),
            ..Default::default()
        };
        ImportAcceptancesRequest { row, record: Some(Record::Confirm(confirm)), ..Default::default() }
    }
}

/// How often the whole log was read in a second.
fn read_all(address: SocketAddr, entry_only: bool) -> Outcome<f64> {
    let before = Stopwatch::now();
    load::replay(address, entry_only, None)?;
    Ok(1.0 / before.elapsed().as_secs_f64())
}

/// How many events came in a second, of whole logs one after the other.
fn read_for(address: SocketAddr, time: Duration) -> Outcome<f64> {
    let before = Stopwatch::now();
    let mut events = 0;
    while before.elapsed() < time {
        events += load::replay(address, false, Some(before + time))?;
    }
    Ok(events as f64 / before.elapsed().as_secs_f64())
}
