//! Checkpoints and proofs.

use assent_domain::values::Position;

use crate::convert::fields::{Fields, MISSING};
use crate::convert::ids::EventId;
use crate::convert::violations::Violations;
use crate::v1;

/// Which checkpoint is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointWanted {
    /// The newest there is.
    Newest,
    /// The one that signs a log of exactly this size.
    At(Position),
    /// One that signs at least this much.
    AtLeast(Position),
}

/// Which event is to be proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventWanted {
    /// By its position.
    At(Position),
    /// By its id.
    Id(EventId),
}

/// An inclusion proof that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InclusionWanted {
    /// Of which event.
    pub event: EventWanted,
    /// At the checkpoint of exactly this size; none: any that signs the event.
    pub checkpoint: Option<Position>,
    /// Whether the entry goes into the proof.
    pub with_entry: bool,
}

/// A consistency proof that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsistencyWanted {
    /// The earlier size.
    pub from: Position,
    /// The later size; none: the newest checkpoint's.
    pub to: Option<Position>,
}

/// A checkpoint.
pub fn get_checkpoint(request: &v1::GetCheckpointRequest) -> Result<CheckpointWanted, Violations> {
    let mut fields = Fields::default();
    let wanted = match (request.position, request.min_position) {
        (Some(_), Some(_)) => fields.bad("min_position", "must not be given together with `position`"),
        (Some(0), None) => fields.bad("position", "must be a size of the log: 1 or more"),
        (Some(position), None) => Ok(CheckpointWanted::At(Position(position))),
        (None, Some(position)) => Ok(CheckpointWanted::AtLeast(Position(position))),
        (None, None) => Ok(CheckpointWanted::Newest),
    };
    fields.finish(|| wanted)
}

/// The proof that an event stands in the log.
pub fn get_inclusion_proof(request: &v1::GetInclusionProofRequest) -> Result<InclusionWanted, Violations> {
    use v1::get_inclusion_proof_request::Event;
    let v1::GetInclusionProofRequest { event, checkpoint_position, with_entry } = request;
    let mut fields = Fields::default();
    let event = match event {
        None => fields.bad("position", "must be given, or `event_id`"),
        Some(Event::Position(0)) => fields.bad("position", "must be 1 or more"),
        Some(Event::Position(position)) => Ok(EventWanted::At(Position(*position))),
        Some(Event::EventId(id)) => fields.required("event_id", id, EventId::parse).map(EventWanted::Id),
    };
    let checkpoint = match checkpoint_position {
        Some(0) => fields.bad("checkpoint_position", "must be a size of the log: 1 or more"),
        size => Ok(size.map(Position)),
    };
    fields.finish(|| Ok(InclusionWanted { event: event?, checkpoint: checkpoint?, with_entry: *with_entry }))
}

/// The proof that one state of the log extends another.
pub fn get_consistency_proof(
    request: &v1::GetConsistencyProofRequest,
) -> Result<ConsistencyWanted, Violations> {
    let v1::GetConsistencyProofRequest { from_position, to_position } = request;
    let mut fields = Fields::default();
    let from = match *from_position {
        0 => fields.bad("from_position", MISSING),
        from => Ok(Position(from)),
    };
    let to = match *to_position {
        0 => Ok(None),
        to if to < *from_position => fields.bad("to_position", "must not be before `from_position`"),
        to => Ok(Some(Position(to))),
    };
    fields.finish(|| Ok(ConsistencyWanted { from: from?, to: to? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_field_of_a_proof_is_named() {
        let id = v1::get_inclusion_proof_request::Event::EventId("nonsense".to_owned());
        let request =
            v1::GetInclusionProofRequest { event: Some(id), checkpoint_position: Some(0), with_entry: false };
        let Violations(found) = get_inclusion_proof(&request).unwrap_err();
        let fields: Vec<_> = found.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(fields, ["event_id", "checkpoint_position"]);
        assert!(get_inclusion_proof(&v1::GetInclusionProofRequest::default()).is_err());
    }

    #[test]
    fn sizes_of_a_consistency_proof_are_in_order() {
        let request = |from_position, to_position| {
            get_consistency_proof(&v1::GetConsistencyProofRequest { from_position, to_position })
        };
        assert_eq!(request(3, 0), Ok(ConsistencyWanted { from: Position(3), to: None }));
        assert!(request(3, 3).is_ok());
        for (from, to) in [(0, 0), (0, 3), (4, 3)] {
            assert!(request(from, to).is_err(), "{from} {to}");
        }
    }

    #[test]
    fn a_checkpoint_is_wanted_in_one_way() {
        let request =
            |position, min_position| get_checkpoint(&v1::GetCheckpointRequest { position, min_position });
        assert_eq!(request(None, None), Ok(CheckpointWanted::Newest));
        assert_eq!(request(Some(4), None), Ok(CheckpointWanted::At(Position(4))));
        assert_eq!(request(None, Some(4)), Ok(CheckpointWanted::AtLeast(Position(4))));
        assert!(request(Some(4), Some(4)).is_err());
        assert!(request(Some(0), None).is_err());
    }
}
