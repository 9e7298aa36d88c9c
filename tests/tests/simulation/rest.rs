//! The end of a seed: nothing fails any more, so that everything asked for gets done.

use super::jobs::Request;
use super::operation::Operation;
use super::replica::Stage;
use super::world::World;

/// How many operations it may take until everything is done.
const OPERATIONS_MAX: usize = 2_000;
/// How many steps maintainers may take until the read models have everything.
const MAINTAINING_MAX: usize = 12;

impl World<'_> {
    /// Starts what is down, has every request answered, and every replica and the read models at the log's end.
    pub(crate) async fn come_to_rest(&mut self) -> Result<(), String> {
        for number in 0..self.replicas.len() {
            if self.replicas[number].is_none() {
                self.perform(number, Operation::Start).await?;
            }
        }
        self.finish().await?;
        let mut left = OPERATIONS_MAX;
        while let Some(open) = self.jobs.iter().position(|it| it.answers.is_empty()) {
            let number = open % self.replicas.len();
            self.send(number, vec![Request(open)]);
            left -= 1;
            if left == 0 {
                return Err(format!("request {open} is never answered"));
            }
            self.finish().await?;
        }
        for number in 0..self.replicas.len() {
            self.perform(number, Operation::Follow).await?;
        }
        // Connections that were cut are found by the first statement over them.
        for _ in 0..MAINTAINING_MAX {
            for number in 0..self.replicas.len() {
                self.perform(number, Operation::Maintain).await?;
            }
            if self.is_written() {
                return Ok(());
            }
        }
        Err("the read models are never at the log's end".to_owned())
    }

    /// Goes on with what replicas carry out, the one whose turn it is first.
    async fn finish(&mut self) -> Result<(), String> {
        for _ in 0..OPERATIONS_MAX {
            let busy = |number: &usize| {
                self.replicas[*number].as_ref().is_some_and(|it| !matches!(it.stage, Stage::Idle))
            };
            let busy: Vec<_> = (0..self.replicas.len()).filter(busy).collect();
            let has_turn = |it: &&usize| self.replicas[**it].as_ref().is_some_and(|it| it.is_gate_closed);
            let Some(number) = busy.iter().find(has_turn).or(busy.first()).copied() else { return Ok(()) };
            let operation = Operation::calm(&self.seen(number));
            self.perform(number, operation).await?;
        }
        Err("what was begun is never done".to_owned())
    }

    fn is_written(&self) -> bool {
        let replicas = || self.replicas.iter().flatten();
        let end = replicas().map(|it| it.applied()).max();
        replicas().all(|it| Some(it.maintainer.written().borrow().0) == end && it.index.pending_count() == 0)
    }
}
