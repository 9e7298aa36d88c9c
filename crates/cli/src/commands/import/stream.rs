//! Sending rows and taking in their outcomes, with a bounded number of both under way.
//!
//! One thread reads the file and offers requests to the stream; this task takes the answers, which come in the order
//! of the requests, and writes every row's outcome in the file's order. What is read and not yet answered is bounded
//! in rows and in bytes, so memory does not grow with the file.

use std::io;
use std::sync::Arc;

use assent_proto::v1::ImportAcceptancesRequest;
use indicatif::ProgressBar;
use prost::Message as _;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{JoinError, spawn_blocking};
use tokio_stream::wrappers::ReceiverStream;

use super::cells::Rejection;
use super::lines::ROW_BYTES_MAX;
use super::outcomes::{Outcome, Outcomes, Summary};
use super::request::request;
use super::rows::{Row, Rows};
use crate::connect::Connection;
use crate::failure::Failure;

/// How many rows are under way at most.
const ROWS_UNDER_WAY_MAX: usize = 1024;
/// How many bytes of rows are under way at most: several of the largest rows.
const BYTES_UNDER_WAY_MAX: usize = 4 * ROW_BYTES_MAX;

/// Why an import ended before its file.
#[derive(Debug)]
pub(super) enum Broken {
    /// The server refused to go on, or went away.
    Server(Box<tonic::Status>),
    /// The server ended the stream with rows unanswered.
    Unanswered,
    /// The file, or the outcome file.
    Local(Failure),
}

impl Broken {
    /// What the user is told.
    pub(super) fn into_failure(self, summary: &Summary) -> Failure {
        let why = match self {
            Self::Local(failure) => return failure,
            Self::Unanswered => "the server ended the import".to_owned(),
            Self::Server(status) if summary.rows == 0 => return Failure::Refused { status },
            Self::Server(status) => format!("the import broke off: {}", Failure::Refused { status }),
        };
        let rows = summary.rows;
        Failure::Unanswered(format!(
            "{why}; {rows} rows are acknowledged, and each of them has its outcome. Run the same command again: what \
             is stored already is not stored twice"
        ))
    }
}

/// A row that was read and has no outcome yet.
enum Expected {
    /// It is rejected here.
    Rejected(Outcome),
    /// The server answers it.
    Sent { number: u64, bytes: OwnedSemaphorePermit },
}

/// Sends every row and writes every outcome.
pub(super) async fn send(
    connection: &Connection,
    rows: Rows,
    outcomes: &mut Outcomes,
    bar: &ProgressBar,
) -> Result<(), Broken> {
    let (offer_expected, expected) = mpsc::channel(ROWS_UNDER_WAY_MAX);
    // One more than the rows under way, so that offering a request never waits: only `expected` is waited for, and
    // that ends when this task does.
    let (requests, stream) = mpsc::channel(ROWS_UNDER_WAY_MAX + 2);
    let handle = Handle::current();
    let reader = spawn_blocking(move || read(rows, &offer_expected, &requests, &handle));
    let answered = answer(connection, stream, expected, outcomes, bar).await;
    // The queue is closed by now, whatever happened, so the reader ends.
    let read = reader.await.map_err(|it: JoinError| io::Error::other(it)).and_then(|it| it);
    answered?;
    read.map_err(|source| Broken::Local(Failure::Doing { doing: "read the file", source: source.into() }))
}

/// Reads rows until the file ends or nobody wants them any more.
fn read(
    mut rows: Rows,
    expected: &mpsc::Sender<(u64, Expected)>,
    requests: &mpsc::Sender<ImportAcceptancesRequest>,
    handle: &Handle,
) -> io::Result<()> {
    let bytes = Arc::new(Semaphore::new(BYTES_UNDER_WAY_MAX));
    while let Some(Row { number, cells, bytes_read }) = rows.next()? {
        match cells.and_then(|it| encodable(number, it)) {
            Err(rejection) => {
                let outcome = Outcome::rejected(number, rejection);
                if expected.blocking_send((bytes_read, Expected::Rejected(outcome))).is_err() {
                    break;
                }
            }
            Ok(request) => {
                let size = u32::try_from(request.encoded_len()).expect("a row is smaller than 2 MiB");
                let permit = handle.block_on(Arc::clone(&bytes).acquire_many_owned(size));
                let bytes = permit.expect("the semaphore is never closed");
                let sent = Expected::Sent { number, bytes };
                if expected.blocking_send((bytes_read, sent)).is_err()
                    || requests.blocking_send(request).is_err()
                {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// A request that the server is able to decode: a larger one would end the call for all rows.
fn encodable(number: u64, cells: super::cells::Cells) -> Result<ImportAcceptancesRequest, Rejection> {
    let request = request(number, cells)?;
    if request.encoded_len() > ROW_BYTES_MAX { Err(Rejection::too_large()) } else { Ok(request) }
}

/// Writes the outcomes in the file's order.
async fn answer(
    connection: &Connection,
    stream: mpsc::Receiver<ImportAcceptancesRequest>,
    mut expected: mpsc::Receiver<(u64, Expected)>,
    outcomes: &mut Outcomes,
    bar: &ProgressBar,
) -> Result<(), Broken> {
    let refused = |status| Broken::Server(Box::new(status));
    let answers = connection.acceptance().import_acceptances(ReceiverStream::new(stream)).await;
    let mut answers = answers.map_err(refused)?.into_inner();
    while let Some((bytes_read, row)) = expected.recv().await {
        let outcome = match row {
            Expected::Rejected(outcome) => outcome,
            Expected::Sent { number, bytes } => {
                let answer = answers.message().await.map_err(refused)?.ok_or(Broken::Unanswered)?;
                drop(bytes);
                if answer.row != number {
                    let sentence =
                        format!("the server answered row {} where row {number} was due", answer.row);
                    return Err(Broken::Local(Failure::Unanswered(sentence)));
                }
                Outcome::answered(answer)
            }
        };
        outcomes.write(&outcome).map_err(Broken::Local)?;
        bar.set_position(bytes_read);
    }
    Ok(())
}
