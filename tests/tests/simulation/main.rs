//! A seeded schedule of the project's own operations against its real code: the log, the index and the read models of
//! several replicas on one PostgreSQL database.
//!
//! A seed chooses every operation, and with it all delays, reordering, failures and crashes: which replica goes on, how
//! far it follows, what it decides on facts that are old by then, whose connections break and in the middle of which
//! statement, which process is gone. Operations are carried out one after the other, so that a seed repeats itself;
//! where an append waits for another replica's turn, only that one may wait. What a seed can't choose is the order within
//! the database: it chooses between two statements only, and the server's own processes end connections in their time,
//! for which is waited. Time is the seed's, too, with a clock for each replica; only deadlines are of the real one, and
//! none is ever met.
//!
//! `ASSENT_SEED=<number>` repeats a seed, and `ASSENT_CYCLES=<number>` says how many there are.

mod append;
mod chance;
mod check;
mod fault;
mod ground;
mod jobs;
mod operation;
mod plan;
mod replica;
mod rest;
mod trace;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use assent_domain::scenario as words;
use tokio::time::timeout;

use fault::Fault;
use ground::{Ground, SOON};
use operation::Operation;
use world::World;

/// How many seeds run beside each other, each on a thread and a database of its own.
const BESIDE: usize = 2;
/// How many operations a seed has, before nothing fails any more.
const OPERATIONS: usize = 60;
/// How many seeds an ordinary run has.
const SEEDS: u64 = 30;
/// In how many seeds each mistake is found at the latest.
const FOUND_WITHIN: u64 = 40;

#[test]
fn whatever_befalls_replicas_there_is_one_log_and_all_that_is_told_is_in_it() {
    let seeds = chance::seeds(SEEDS);
    let next = AtomicU64::new(seeds.start);
    let work = || {
        runtime().block_on(async {
            let ground = Ground::new().await;
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if !seeds.contains(&seed) {
                    return;
                }
                let lived = simulated(&ground, seed, Fault::None).await;
                lived.unwrap_or_else(|failed| panic!("{failed}"));
            }
        });
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..BESIDE).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker.join().unwrap_or_else(|panicked| std::panic::resume_unwind(panicked));
        }
    });
}

#[test]
fn a_seed_repeats_itself() {
    runtime().block_on(async {
        let ground = Ground::new().await;
        for seed in 1..=4 {
            let once = simulated(&ground, seed, Fault::None).await.unwrap_or_else(|it| panic!("{it}"));
            let again = simulated(&ground, seed, Fault::None).await.unwrap_or_else(|it| panic!("{it}"));
            for (once, again) in once.iter().zip(&again) {
                assert_eq!(once, again, "seed {seed}");
            }
            assert_eq!(once.len(), again.len(), "seed {seed}");
        }
    });
}

#[test]
fn a_replica_that_does_it_wrong_is_found_out() {
    runtime().block_on(async {
        let ground = Ground::new().await;
        for fault in [
            Fault::KeepsItsDecision,
            Fault::SkipsAnEvent,
            Fault::IgnoresTheFence,
            Fault::ForgetsRequests,
            Fault::RefusesFromBehind,
            Fault::AcknowledgesWhatItLost,
        ] {
            let (mut found, mut seed) = (false, 0);
            while !found && seed < FOUND_WITHIN {
                seed += 1;
                found = simulated(&ground, seed, fault).await.is_err();
            }
            assert!(found, "{fault:?} is never found");
        }
    });
}

#[test]
fn a_request_is_answered_as_it_was_carried_out_elsewhere_meanwhile() {
    runtime().block_on(async {
        let ground = Ground::new().await;
        for (fault, is_right) in [(Fault::None, true), (Fault::LooksOnce, false)] {
            let mut world = World::begun(&ground, 1, fault).await;
            let lived = carry_out_elsewhere(&mut world).await;
            assert_eq!(lived.is_ok(), is_right, "{fault:?}: {lived:?}\n{}", world.trace.lines().join("\n"));
        }
    });
}

/// One replica looks for two requests, of which another one has carried out the first only, and carries out the second
/// before the first one goes on.
async fn carry_out_elsewhere(world: &mut World<'_>) -> Result<(), String> {
    let (first, second) = (world.sent(words::confirm("a", "x")), world.sent(words::confirm("b", "y")));
    let next = || Operation::GoOn { takes_turn: true };
    for number in [0, 1] {
        world.perform(number, Operation::Start).await?;
    }
    for (replica, requests) in [(1, vec![first]), (0, vec![first, second]), (1, vec![second])] {
        world.send(replica, requests);
        world.perform(replica, next()).await?;
        if replica == 1 {
            world.perform(1, next()).await?;
            world.perform(1, next()).await?;
        }
    }
    end(world).await
}

/// Runs a seed to its end; gives its operations, or what is to be read of its failure.
async fn simulated(ground: &Ground, seed: u64, fault: Fault) -> Result<Vec<String>, String> {
    let mut world = World::begun(ground, seed, fault).await;
    let lived = timeout(SOON, live(&mut world)).await.unwrap_or_else(|_| Err("it never ends".to_owned()));
    match lived {
        Ok(()) => Ok(world.trace.lines().to_vec()),
        Err(why) => Err(world.trace.failed(&why)),
    }
}

async fn live(world: &mut World<'_>) -> Result<(), String> {
    for _ in 0..OPERATIONS {
        world.step().await?;
    }
    end(world).await
}

async fn end(world: &mut World<'_>) -> Result<(), String> {
    world.come_to_rest().await?;
    let replicas: Vec<_> = world.replicas.iter().flatten().collect();
    check::check(world.ground, &replicas, &world.jobs).await
}

fn runtime() -> tokio::runtime::Runtime {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.expect("a runtime can be made")
}
