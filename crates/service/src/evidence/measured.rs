//! Proofs of a log without a server around them, for whoever measures how they are made.

use assent_domain::values::Position;
use assent_event_log::EventLog;
use assent_evidence::Hash;

use super::{Evidence, Form};
use crate::error::Error;
use crate::replica::Trust;

/// Proofs as the service makes and checks them. Clones share the tiles that are kept.
#[doc(hidden)]
#[derive(Clone)]
pub struct Proofs(Evidence);

impl Proofs {
    /// Of this log, with so much memory for them.
    pub fn new(log: &EventLog, memory_bytes: usize) -> Self {
        Self(Evidence::unsigned(log, &Trust::new(None), Vec::new(), memory_bytes))
    }

    /// The proof of an event under the checkpoint that is stored for a size, as a text.
    pub async fn prove(&self, position: u64, size: u64) -> Result<String, Error> {
        let checkpoint = self.0.at(Position(size)).await?;
        Ok(self.0.prove(Position(position), &checkpoint, Form::Proof).await?.text)
    }

    /// Its hashes alone; `index` counts from 0.
    pub async fn hashes(&self, index: u64, size: u64) -> Result<Vec<Hash>, Error> {
        self.0.proof(index, size).await
    }
}
