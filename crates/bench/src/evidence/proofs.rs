//! Inclusion proofs at random positions, of a small log and of a large one.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;
use std::time::Instant as Stopwatch;

use assent_event_log::{Batch, Draft, EventLog, LedgerTag, Links, StoredCheckpoint};
use assent_evidence::{
    Checkpoint, KEY_BYTES, KeyName, KeyPurpose, Origin, SigningKey, TileId, TileNodes, prove_inclusion,
    tiles_for_inclusion,
};
use assent_service::Proofs;
use bytes::Bytes;

use super::rate;
use crate::Outcome;
use crate::people::Random;
use crate::report::{Promise, grouped, median};

/// The size that the large log is held against.
const SMALL: u64 = 10_000;
const ENTRIES_A_COMMIT: u64 = 20_000;
/// How many proofs are made in a round, by so many tasks at once.
const PROOFS: u64 = 40_000;
const TASKS: u64 = 64;
/// How many different positions the computation alone is measured with: their tiles are in memory.
const POSITIONS: u64 = 1_000;

/// What was measured of one log.
#[derive(Default)]
struct Rounds {
    /// Proofs a second as the service makes them, all tasks together.
    served: Vec<f64>,
    /// The same for the hashes alone, without entry, checkpoint and text.
    hashes: Vec<f64>,
    /// The computation, on one core.
    computed: Vec<f64>,
}

/// Proves entries of both logs, in turn.
pub(super) fn measure(folder: &Path, leaves: u64, rounds: usize) -> Outcome<Vec<Promise>> {
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
            let proofs = Proofs::new(log);
            // What every proof needs is read once; the rest is what random positions find.
            runtime.block_on(prove(&proofs, size, seed, PROOFS / 10, true))?;
            let served = runtime.block_on(prove(&proofs, size, seed + 1, PROOFS, true))?;
            let hashes = runtime.block_on(prove(&proofs, size, seed + 2, PROOFS, false))?;
            let computed = runtime.block_on(compute(log, size, seed))?;
            eprintln!(
                "  round {}, {size}: {served:.0}/s, hashes {hashes:.0}/s, computed {computed:.0}/s",
                round + 1
            );
            rounds.served.push(served);
            rounds.hashes.push(hashes);
            rounds.computed.push(computed);
        }
    }
    for log in &logs {
        runtime.block_on(log.close());
    }
    let [small, large] = &measured;
    let times: Vec<_> = small.served.iter().zip(&large.served).map(|(small, large)| small / large).collect();
    let computed: Vec<_> =
        small.computed.iter().zip(&large.computed).map(|(one, other)| one / other).collect();
    Ok(vec![
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
        Promise::at_most("time of such a proof in the large log, to one in 10 thousand", 2.0, "×", &times)
            .with(format!(
                "{} and {} leaves; the computation alone {:.1} ×; hashes alone {} and {} a second",
                grouped(leaves as f64),
                grouped(SMALL as f64),
                median(&computed),
                grouped(median(&large.hashes)),
                grouped(median(&small.hashes)),
            )),
    ])
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
