//! What is read of many places of the log, read together for whoever asks meanwhile: while one statement is under way the
//! next ones gather, so that many proofs at once cost few trips to the database.

use std::collections::HashMap;
use std::sync::Arc;

use assent_event_log::{EventLog, ReadError};
use assent_evidence::{Group, TileNodes};
use parking_lot::Mutex;
use tokio::sync::oneshot;

/// How many are read by one statement.
const AT_ONCE: usize = 64;
/// How many wait before they are read beside the statement that is under way.
const BESIDE: usize = 8;
/// How many statements are under way at most.
const READING_MAX: usize = 2;

/// What can be read together, by indices. A trait, because tiles and groups of leaves gather alike.
pub(super) trait Gathered: Clone + Send + 'static {
    /// Those that are there.
    fn read(
        log: &EventLog,
        indices: &[u64],
    ) -> impl Future<Output = Result<HashMap<u64, Self>, ReadError>> + Send;
}

/// Complete tiles of level 0.
impl Gathered for Arc<TileNodes> {
    async fn read(log: &EventLog, indices: &[u64]) -> Result<HashMap<u64, Self>, ReadError> {
        let tiles = log.lowest_tiles(indices).await?.into_iter();
        // One that is damaged is left out: who then asks for it alone hears of it.
        let nodes = |(index, nodes)| Some((index, Self::new(TileNodes::from_stored(nodes).ok()?)));
        Ok(tiles.filter_map(nodes).collect())
    }
}

/// Groups of leaf hashes.
impl Gathered for Group {
    async fn read(log: &EventLog, indices: &[u64]) -> Result<HashMap<u64, Self>, ReadError> {
        log.leaf_groups(indices).await
    }
}

/// The handle. Clones gather together.
#[derive(Clone)]
pub(super) struct Gather<T> {
    log: EventLog,
    asked: Arc<Mutex<Asked<T>>>,
}

struct Asked<T> {
    /// How many tasks read, which will see to those that are added.
    reading: usize,
    wanted: Vec<(u64, oneshot::Sender<T>)>,
}

impl<T: Gathered> Gather<T> {
    pub(super) fn new(log: EventLog) -> Self {
        Self { log, asked: Arc::new(Mutex::new(Asked { reading: 0, wanted: Vec::new() })) }
    }

    /// What is at this index. None where it is not there, or could not be read.
    pub(super) async fn get(&self, index: u64) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let begins = {
            let mut asked = self.asked.lock();
            asked.wanted.push((index, answer));
            let begins = asked.reading == 0 || (asked.reading < READING_MAX && asked.wanted.len() >= BESIDE);
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
                let count = asked.wanted.len().min(AT_ONCE);
                asked.reading -= usize::from(count == 0);
                asked.wanted.drain(..count).collect::<Vec<_>>()
            };
            if asked.is_empty() {
                return;
            }
            let mut indices: Vec<u64> = asked.iter().map(|it| it.0).collect();
            indices.sort_unstable();
            indices.dedup();
            let found = T::read(&self.log, &indices).await.unwrap_or_else(|_| HashMap::new());
            for (index, answer) in asked {
                // Without an answer, whoever asked looks for it in another way.
                if let Some(found) = found.get(&index) {
                    let _ = answer.send(found.clone());
                }
            }
        }
    }
}
