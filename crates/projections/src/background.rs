//! Work beside a server that runs, for which nobody waits.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::{io, thread};

use assent_event_log::ReadError;
use futures::FutureExt as _;
use tokio::runtime::Handle;
use tokio::select;
use tokio::sync::oneshot;

/// Does this on a thread of its own that is `SCHED_IDLE` where Linux allows it: whatever wakes in the same cgroup goes before it,
/// and it has next to nothing of a busy processor. With an equal share otherwise. Dropped, the work ends at its next pause; its
/// panics go on in the caller.
///
/// It must hold no lock that answers wait for, because a thread that others keep from the processor does not give it back; and
/// begin no thread, which would give way as well. What it reads is read by [`in_foreground`].
pub(crate) async fn in_background<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> io::Result<T> {
    let (mut tell, told) = oneshot::channel();
    let runtime = Handle::current();
    thread::Builder::new().name("assent-background".to_owned()).spawn(move || {
        give_way();
        runtime.block_on(async move {
            select! {
                biased;
                () = tell.closed() => {}
                done = AssertUnwindSafe(work).catch_unwind() => drop(tell.send(done)),
            }
        });
    })?;
    match told.await.map_err(io::Error::other)? {
        Ok(done) => Ok(done),
        Err(panic) => resume_unwind(panic),
    }
}

/// Reads by a task of the runtime's, wherever the caller is. Whoever asks a pool for a connection opens it where there is none,
/// with its threads and under its limits of time: those must not be of a thread that gives way.
pub(crate) async fn in_foreground<T: Send + 'static>(
    reading: impl Future<Output = Result<T, ReadError>> + Send + 'static,
) -> Result<T, ReadError> {
    tokio::spawn(reading).await.unwrap_or_else(|broken| Err(ReadError::ended("read the log", broken)))
}

#[cfg(target_os = "linux")]
fn give_way() {
    use thread_priority::{
        NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
        thread_native_id,
    };
    let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    if let Err(error) = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy) {
        tracing::info!(?error, "work beside the server may not give way to it");
    }
}

#[cfg(not(target_os = "linux"))]
fn give_way() {}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::task::JoinSet;

    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn its_thread_gives_way_and_none_that_reads_for_it_does() {
        use thread_priority::NormalThreadSchedulePolicy::{Idle, Other};
        use thread_priority::{ThreadSchedulePolicy, thread_schedule_policy};
        let (its, of_reads, of_connections) = in_background(async {
            let of_reads = in_foreground(async {
                let opened = thread::spawn(thread_schedule_policy);
                Ok((thread_schedule_policy(), opened.join()))
            });
            let (of_reads, of_connections) = of_reads.await.unwrap();
            (thread_schedule_policy(), of_reads, of_connections.unwrap())
        })
        .await
        .unwrap();
        assert_eq!(its, Ok(ThreadSchedulePolicy::Normal(Idle)));
        assert_eq!(of_reads, Ok(ThreadSchedulePolicy::Normal(Other)));
        assert_eq!(of_connections, of_reads);
    }

    #[tokio::test]
    async fn what_it_panics_at_its_caller_panics_at() {
        let mut calling = JoinSet::new();
        calling.spawn(in_background::<()>(async { panic!("nothing is as it was") }));
        let broken = calling.join_next().await.unwrap().unwrap_err();
        assert_eq!(broken.into_panic().downcast_ref(), Some(&"nothing is as it was"));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_ends() {
        let (held, mut gone) = oneshot::channel::<()>();
        let (begin, begun) = oneshot::channel();
        let mut calling = JoinSet::new();
        calling.spawn(in_background(async move {
            let _held = held;
            begin.send(()).unwrap();
            pending::<()>().await;
        }));
        begun.await.unwrap();
        assert!(gone.try_recv().is_err_and(|it| it == oneshot::error::TryRecvError::Empty));
        calling.abort_all();
        assert!(gone.await.is_err());
    }
}
