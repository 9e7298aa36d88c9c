//! The log as a server streams it.

use super::Printer;
use super::selection::Selection;
use crate::context::Context;
use crate::failure::Failure;

/// Prints what is selected; with `follow`, until the server or the reader goes away.
pub(super) async fn replay(
    context: &Context,
    selection: Selection,
    follow: bool,
    mut printer: Printer,
) -> Result<(), Failure> {
    let mut client = context.connect().await?.audit();
    let mut answers = client.read_events(selection.request(follow)).await?.into_inner();
    while let Some(answer) = answers.message().await? {
        for recorded in &answer.events {
            let failed =
                |source: prost::DecodeError| Failure::Doing { doing: "read an event", source: source.into() };
            printer.event(&recorded.event().map_err(failed)?)?;
        }
        // Each answer is all there is for now, so nothing waits in the buffer for the next one.
        printer.flush()?;
    }
    printer.flush()
}
