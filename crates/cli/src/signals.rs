//! The signals that ask a server to stop.

use tokio::signal::unix::{SignalKind, signal};

/// Ends when the process gets SIGTERM or SIGINT. They are caught from the first poll on.
pub(crate) async fn stop() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        // Without handlers the signals still end the process, only without draining.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
