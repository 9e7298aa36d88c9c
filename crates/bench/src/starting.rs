//! Starts of a ledger: with the rows of its read models, and with an image of the index.

use std::path::Path;
use std::time::Instant as Stopwatch;

use assent_event_log::EventLog;
use assent_projections::{Began, Image, Started, Views, start_with, verify};

use crate::Outcome;
use crate::server::database_url;

/// Where images lie that are made here.
const IMAGE: &str = "measured.index";

/// Makes an image of the whole ledger in its folder, as a server does: of what was folded and is like what it began with.
pub(crate) async fn image(folder: &Path) -> Outcome<Image> {
    let (started, log, _) = started(folder, None).await?;
    let proven = verify(&log, &started.index).await?;
    let image = Image::at(folder.join(IMAGE));
    let written = image.write(&log, proven.map_err(|it| it.to_string())?).await;
    log.close().await;
    written.ok_or("the image could not be written")?;
    Ok(image)
}

/// Starts, and ends again; seconds from opening the log to an index at its end.
pub(crate) async fn seconds(folder: &Path, image: Option<&Image>) -> Outcome<f64> {
    let (started, log, seconds) = started(folder, image).await?;
    let expected = if image.is_some() { Began::Image } else { Began::ReadModels };
    if started.began != expected {
        return Err(format!("a start began with {:?} instead of {expected:?}", started.began).into());
    }
    drop(started);
    log.close().await;
    Ok(seconds)
}

async fn started(folder: &Path, image: Option<&Image>) -> Outcome<(Started, EventLog, f64)> {
    let before = Stopwatch::now();
    let log = EventLog::open(&database_url(folder)).await?;
    let views = Views::open(&log).await?;
    let started = start_with(&log, views, image, |_, _| {}).await?;
    Ok((started, log, before.elapsed().as_secs_f64()))
}
