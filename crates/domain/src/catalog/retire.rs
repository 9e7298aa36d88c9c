//! What a retirement leaves of an agreement's availability (rule C10).

use super::Availability;
use crate::values::{Channel, Environment, Instant};

/// The availability after a retirement at an instant, in one environment or in all, through one channel or each.
/// One that was to begin later stays behind as an empty one, so that the agreement shows as retired.
pub fn retired(
    availability: &[Availability],
    environment: Option<Environment>,
    channel: Option<Channel>,
    retired_at: Instant,
) -> Vec<Availability> {
    let mut left = Vec::with_capacity(availability.len());
    for it in availability {
        let elsewhere = environment.is_some_and(|wanted| it.environment != wanted);
        let ended = it.until.is_some_and(|until| until <= retired_at);
        match (channel, it.channel) {
            _ if elsewhere || ended => left.push(it.clone()),
            (Some(wanted), Some(its)) if wanted != its => left.push(it.clone()),
            (None, _) | (Some(_), Some(_)) => left.push(closed(it, retired_at)),
            (Some(wanted), None) => {
                let of = |channel: &Channel| Availability { channel: Some(*channel), ..it.clone() };
                let others = Channel::ALL.iter().filter(|its| **its != wanted).map(of);
                left.extend(others);
                left.push(closed(&of(&wanted), retired_at));
            }
        }
    }
    left
}

fn closed(open: &Availability, retired_at: Instant) -> Availability {
    Availability { from: open.from.min(retired_at), until: Some(retired_at), ..open.clone() }
}
