//! Exports for inquiries: the log read, proven and opened as a bag wants it, and the bag streamed as it is written.
//!
//! An inquiry begins with its own event, which is the newest one of the chain that it selects. A checkpoint behind it is
//! chosen, the first that is stored, so that an export that broke off is made again from the same bytes. [`select`]
//! reads; the bag itself is written by a thread of its own (`write`), because hashing and packing never wait.

mod inquiry;
mod places;
mod select;
mod shown;
mod write;

use std::sync::Arc;

use assent_domain::privacy::{InquiryExport, InquiryScope};
use assent_domain::values::Position;
use assent_export::Finished;
use assent_proto::convert::intent::{self, Export};
use assent_proto::v1::export_inquiry_response::Part;
use assent_proto::v1::{ExportFinished, ExportInquiryResponse, ExportOpened};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::app::App;
use crate::error::{Error, broke_off};
use crate::handlers::Answers;
use crate::permission::Permit;
use inquiry::Opened;
pub(crate) use places::Exports;
pub(crate) use shown::shown;
use write::{TAKE_MAX, not_taken, writing};

/// How many messages wait for a slow reader; the export waits with them.
const MESSAGES_WAITING: usize = 8;

impl App {
    /// Begins or goes on with an export, and streams it.
    pub(crate) async fn export(
        self: &Arc<Self>,
        asked: Export,
        permit: Permit,
    ) -> Result<Answers<ExportInquiryResponse>, Error> {
        self.check_trusted()?;
        // Before a place is taken: what is not the caller's to ask for holds up nobody.
        if let Export::Begin(intent) = &asked {
            self.narrow_write(intent, &permit).await?;
        }
        let place = self.exports.place(permit.user_id())?;
        let (opened, segments_done) = match asked {
            Export::Begin(intent) => (self.begin_inquiry(intent, &permit).await?, 0),
            Export::GoOn { inquiry, segments_done } => {
                (self.inquiry_of(inquiry, &permit).await?, segments_done)
            }
        };
        let (out, answers) = mpsc::channel(MESSAGES_WAITING);
        let (end, ended) = oneshot::channel();
        let app = Arc::clone(self);
        tokio::spawn(async move {
            tokio::select! {
                streamed = app.stream(opened, segments_done, &out, &permit) => {
                    // A reader that went away is told nothing.
                    let _ = end.send(streamed);
                },
                // Whoever comes back for it finds the place free.
                () = out.closed() => {}
            }
            drop(place);
        });
        Ok(Box::pin(ended_as(answers, ended)))
    }

    async fn stream(
        &self,
        opened: Opened,
        segments_done: u32,
        out: &mpsc::Sender<Result<ExportInquiryResponse, Status>>,
        permit: &Permit,
    ) -> Result<(), Error> {
        let Opened { inquiry, reference, id } = opened;
        let checkpoint = inquiry.checkpoint.checkpoint().size;
        let begun =
            ExportOpened { inquiry_id: id, position: inquiry.position, checkpoint_position: checkpoint };
        if out.send(part(Part::Opened(begun))).await.is_err() {
            return Ok(());
        }
        let (pieces, written) = writing(inquiry.clone(), segments_done, out.clone());
        let selected = self.select(&inquiry, permit, &pieces).await;
        drop(pieces);
        let written = written.await.map_err(Error::unreachable)?;
        // Where the bag could not be written, what was selected found nobody to take it.
        let finished = match (written, selected) {
            (Ok(finished), Ok(())) => finished,
            (Ok(_), Err(error)) => return Err(error),
            (Err(_), _) if out.is_closed() => return Ok(()),
            (Err(error), _) => return Err(error),
        };
        let Finished { manifest_sha256, events, payload_bytes } = finished;
        let export =
            InquiryExport { manifest_sha256, events, payload_bytes, checkpoint_size: Position(checkpoint) };
        let said = self.write(intent::finish_inquiry(reference, export), permit).await?;
        let finished = ExportFinished {
            manifest_sha256: Bytes::copy_from_slice(&manifest_sha256),
            events,
            payload_bytes,
            position: said.position.0,
        };
        match out.send_timeout(part(Part::Finished(finished)), TAKE_MAX).await {
            Ok(()) | Err(SendTimeoutError::Closed(_)) => Ok(()),
            Err(SendTimeoutError::Timeout(_)) => Err(not_taken()),
        }
    }
}

/// The answers, and behind what waits, for whenever that is taken, how they ended: the place is not kept until then. A task
/// that panicked says nothing, and its reader must not take what came for all.
fn ended_as<T>(
    answers: mpsc::Receiver<Result<T, Status>>,
    ended: oneshot::Receiver<Result<(), Error>>,
) -> impl Stream<Item = Result<T, Status>> {
    let failure = stream::once(ended).filter_map(async |ended| match ended {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(Err(error.into())),
        Err(_) => Some(Err(broke_off())),
    });
    ReceiverStream::new(answers).chain(failure)
}

fn part(part: Part) -> Result<ExportInquiryResponse, Status> {
    Ok(ExportInquiryResponse { part: Some(part) })
}

/// Whether what is selected is a range of positions; else it is a chain of links.
const fn is_range(scope: &InquiryScope) -> bool {
    matches!(scope, InquiryScope::Everything | InquiryScope::Period { .. })
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    async fn codes(end: impl FnOnce(oneshot::Sender<Result<(), Error>>)) -> Vec<Result<u8, Code>> {
        let (out, answers) = mpsc::channel(1);
        let (say, ended) = oneshot::channel();
        out.try_send(Ok(7)).expect("there is room");
        drop(out);
        end(say);
        ended_as(answers, ended).map(|it| it.map_err(|it| it.code())).collect().await
    }

    #[tokio::test]
    async fn an_export_ends_well_only_where_its_task_said_so() {
        assert_eq!(codes(|say| say.send(Ok(())).expect("it is heard")).await, [Ok(7)]);
        let failed = codes(|say| say.send(Err(not_taken())).expect("it is heard")).await;
        assert_eq!(failed, [Ok(7), Err(Code::ResourceExhausted)]);
        assert_eq!(codes(drop).await, [Ok(7), Err(Code::Internal)]);
    }
}
