//! Inclusion proofs at random positions, of a small log and of a large one.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;
use std::time::Instant as Stopwatch;

use assent_event_log::{Batch, Draft, EventLog, LedgerTag, Links, StoredCheckpoint};
use assent_evidence::{
    Checkpoint, KEY_BYTES, KeyName, KeyPurpose, Origin, SigningKey, TILE_WIDTH, TileId, TileNodes,
    prove_inclusion, tiles_for_inclusion,
};
use assent_service::Proofs;
use bytes::Bytes;

use super::{rate, thousands};
use crate::Outcome;
use crate::index::resident_bytes;
use crate::people::Random;
use crate::report::{Promise, grouped, median};

/// The size that the large log is held against.
const SMALL: u64 = 10_000;
const ENTRIES_A_COMMIT: u64 = 20_000;
/// How many proofs are made in a round, by so many tasks at once.
const PROOFS: u64 = 160_000;
/// How many of them at first, when nothing is in memory.
const FIRST_PROOFS: u64 = 20_000;
const MEGABYTE: usize = 1_000_000;
const TASKS: u64 = 64;
/// How many different positions the computation alone is measured with: their tiles are in memory.
const POSITIONS: u64 = 1_000;

/// What was measured of one log.
#[derive(Default)]
struct Rounds {
    /// Proofs a second as the service makes them, all tasks together, of a server that has just begun.
    first: Vec<f64>,
    /// The same when each tile was asked for once: what there is memory for is in memory.
    served: Vec<f64>,
    /// The same for the hashes alone, without entry, checkpoint and text.
    hashes: Vec<f64>,
    /// The computation, on one core.
    computed: Vec<f64>,
    /// By how much the process grew, in megabytes.
    memory: Vec<f64>,
}

/// Proves entries of both logs, in turn.
pub(super) fn measure(folder: &Path, leaves: u64, memory: usize, rounds: usize) -> Outcome<Vec<Promise>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let sizes = [SMALL, leaves];
    let mut logs = Vec::new();
    for size in sizes {
        eprintln!("a log of {size} small entries");
        logs.push(runtime.block_on(build(&folder.join(format!("proven-{size}.db")), size))?);
    }
    let mut measured = [Rounds::default(), Rounds::default()];
    for round in 0..rounds {
        for ((log, size), rounds) in logs.iter().zip(sizes).zip(&mut measured) {
            let seed = (round as u64 + 1) << 40;
            let before = resident_bytes()?;
            let proofs = Proofs::new(log, memory * MEGABYTE);
            let first = runtime.block_on(prove(&proofs, size, seed, FIRST_PROOFS, true))?;
            runtime.block_on(visit(&proofs, size))?;
            let served = runtime.block_on(prove(&proofs, size, seed + 1, PROOFS, true))?;
            let hashes = runtime.block_on(prove(&proofs, size, seed + 2, PROOFS, false))?;
            let grown = resident_bytes()?.saturating_sub(before) / MEGABYTE;
            let computed = runtime.block_on(compute(log, size, seed))?;
            eprintln!(
                "  round {}, {size}: {first:.0}/s at first, then {served:.0}/s, hashes {hashes:.0}/s, computed {computed:.0}/s, \
                 {grown} MB",
                round + 1
            );
            rounds.first.push(first);
            rounds.served.push(served);
            rounds.hashes.push(hashes);
            rounds.computed.push(computed);
            rounds.memory.push(grown as f64);
        }
    }
    for log in &logs {
        runtime.block_on(log.close());
    }
    let [small, large] = &measured;
    Ok(promises(small, large, leaves, memory))
}

fn promises(small: &Rounds, large: &Rounds, leaves: u64, memory: usize) -> Vec<Promise> {
    let times: Vec<_> = small.served.iter().zip(&large.served).map(|(small, large)| small / large).collect();
    let computed: Vec<_> =
        small.computed.iter().zip(&large.computed).map(|(one, other)| one / other).collect();
    // In later rounds the allocator has it already.
    let first_memory: Vec<_> = large.memory.iter().copied().take(1).collect();
    vec![
        rate(
            "inclusion proofs at random of 10 thousand",
            20.0,
            &small.served,
            "the computation alone on one core",
            &small.computed,
        ),
        rate(
            "inclusion proofs at random of the large log",
            20.0,
            &large.served,
            "the computation alone on one core",
            &large.computed,
        ),
        Promise::at_least(
            "the same of a server that has just begun",
            20.0,
            "thousand/s",
            &thousands(&large.first),
        ),
        Promise::at_most("memory for proofs of the large log", memory as f64, "MB", &first_memory)
            .with(format!("{memory} MB allowed: `proof_memory`")),
        Promise::at_most("time of such a proof in the large log, to one in 10 thousand", 2.0, "×", &times)
            .with(format!(
                "{} and {} leaves; the computation alone {:.1} ×; hashes alone {} and {} a second",
                grouped(leaves as f64),
                grouped(SMALL as f64),
                median(&computed),
                grouped(median(&large.hashes)),
                grouped(median(&small.hashes)),
            )),
    ]
}

/// A log of so many small entries, with a checkpoint of all of them.
async fn build(file: &Path, size: u64) -> Outcome<EventLog> {
    let log = EventLog::open(&format!("sqlite:{}", file.display())).await?;
    while log.head().size < size {
        let start = log.head().size;
        let draft = |number: u64| Draft {
            body: Bytes::copy_from_slice(&[&[0x0a, 8][..], &number.to_be_bytes()].concat()),
            revision: 0,
            links: Links::default(),
        };
        let batch = Batch {
            start,
            at: 1,
            tag: LedgerTag::from_random(1),
            drafts: (start..size.min(start + ENTRIES_A_COMMIT)).map(draft).collect(),
            requests: Vec::new(),
            vault: Vec::new(),
            erase: Vec::new(),
            documents: Vec::new(),
        };
        log.append(batch).await?;
    }
    let name = "bench.example/log";
    let key = SigningKey::generate(KeyName::parse(name)?, KeyPurpose::Log, [7; KEY_BYTES].into());
    let checkpoint = Checkpoint { origin: Origin::parse(name)?, size, root: log.head().root };
    let note = checkpoint.sign(&[key])?.to_string();
    log.store_checkpoint(&StoredCheckpoint { size, note, signed_at: 1 }).await?;
    Ok(log)
}

/// Proofs a second, made by several tasks; in whole, or their hashes alone.
async fn prove(proofs: &Proofs, size: u64, seed: u64, count: u64, in_whole: bool) -> Outcome<f64> {
    let before = Stopwatch::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (proofs, mut random) = (proofs.clone(), Random(seed + (task << 20)));
            tokio::spawn(async move {
                for _ in 0..count / TASKS {
                    let index = random.below(size);
                    match in_whole {
                        true => _ = proofs.prove(index + 1, size).await?,
                        false => _ = proofs.hashes(index, size).await?,
                    }
                }
                Outcome::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(count as f64 / before.elapsed().as_secs_f64())
}

/// Asks for a proof from each tile.
async fn visit(proofs: &Proofs, size: u64) -> Outcome<()> {
    let visit = |task| {
        let proofs = proofs.clone();
        async move {
            for index in (task * TILE_WIDTH..size).step_by((TASKS * TILE_WIDTH) as usize) {
                proofs.hashes(index, size).await?;
            }
            Outcome::Ok(())
        }
    };
    let tasks: Vec<_> = (0..TASKS).map(|task| tokio::spawn(visit(task))).collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// Proofs a second of one core that has all tiles in memory.
async fn compute(log: &EventLog, size: u64, seed: u64) -> Outcome<f64> {
    let mut random = Random(seed);
    let indices: Vec<_> = (0..POSITIONS).map(|_| random.below(size)).collect();
    let mut tiles: HashMap<TileId, TileNodes> = HashMap::new();
    for index in &indices {
        for id in tiles_for_inclusion(*index, size)? {
            if let Entry::Vacant(tile) = tiles.entry(id) {
                let row = log.tile_row(id.level, id.index, u64::from(id.width)).await?;
                tile.insert(TileNodes::from_bottom_row(row.as_flattened())?);
            }
        }
    }
    let before = Stopwatch::now();
    for place in 0..PROOFS {
        let index = indices[(place % POSITIONS) as usize];
        std::hint::black_box((tiles_for_inclusion(index, size)?, prove_inclusion(index, size, &tiles)?));
    }
    Ok(PROOFS as f64 / before.elapsed().as_secs_f64())
}
