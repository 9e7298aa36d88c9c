//! Tiles of the lowest level, read together for whoever asks meanwhile: while one statement is under way the next ones
//! gather, so that many proofs at once cost few trips to the database.

use std::collections::HashMap;
use std::sync::Arc;

use assent_event_log::EventLog;
use parking_lot::Mutex;
use tokio::sync::oneshot;

/// How many tiles are read by one statement.
const TILES_AT_ONCE: usize = 64;
/// How many tiles wait before they are read beside the statement that is under way.
const TILES_BESIDE: usize = 8;
/// How many statements are under way at most.
const READING_MAX: usize = 2;

/// The handle. Clones gather together.
#[derive(Clone)]
pub(super) struct Gather {
    log: EventLog,
    asked: Arc<Mutex<Asked>>,
}

#[derive(Default)]
struct Asked {
    /// How many tasks read, which will see to those that are added.
    reading: usize,
    tiles: Vec<(u64, oneshot::Sender<Vec<u8>>)>,
}

impl Gather {
    pub(super) fn new(log: EventLog) -> Self {
        Self { log, asked: Arc::default() }
    }

    /// The nodes of a complete tile of level 0. None where it is not there, or could not be read: who asks for it alone hears
    /// why.
    pub(super) async fn tile(&self, index: u64) -> Option<Vec<u8>> {
        let (answer, answered) = oneshot::channel();
        let begins = {
            let mut asked = self.asked.lock();
            asked.tiles.push((index, answer));
            let begins =
                asked.reading == 0 || (asked.reading < READING_MAX && asked.tiles.len() >= TILES_BESIDE);
            asked.reading += usize::from(begins);
            begins
        };
        if begins {
            // A task of its own: whoever asked first may go away.
            tokio::spawn(self.clone().read());
        }
        answered.await.ok()
    }

    async fn read(self) {
        loop {
            let asked = {
                let mut asked = self.asked.lock();
                let count = asked.tiles.len().min(TILES_AT_ONCE);
                asked.reading -= usize::from(count == 0);
                asked.tiles.drain(..count).collect::<Vec<_>>()
            };
            if asked.is_empty() {
                return;
            }
            let mut indices: Vec<u64> = asked.iter().map(|it| it.0).collect();
            indices.sort_unstable();
            indices.dedup();
            let tiles = self.log.lowest_tiles(&indices).await.unwrap_or_else(|_| HashMap::new());
            for (index, answer) in asked {
                // Without an answer, whoever asked looks for it alone.
                if let Some(nodes) = tiles.get(&index) {
                    let _ = answer.send(nodes.clone());
                }
            }
        }
    }
}
