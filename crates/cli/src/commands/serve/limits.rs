//! How much one caller may ask for: flags, and the table `[limits]` of the file.

use std::num::NonZeroU32;

use assent_service::CallLimits;
use clap::Args;
use serde::Deserialize;

/// How much one caller may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    /// How many calls a second one caller may make; without it, as many as it can send.
    #[arg(long, value_name = "N")]
    rate_per_second: Option<NonZeroU32>,
    /// How many calls a quiet caller may make at once beyond its rate [default: 1000].
    #[arg(long, value_name = "N")]
    burst: Option<NonZeroU32>,
    /// How many streams, imports and exports one caller may have under way [default: 1024].
    #[arg(long, value_name = "N")]
    streams_per_caller: Option<NonZeroU32>,
}

impl Limits {
    /// These, and the others where these say nothing.
    pub(super) fn or(self, other: Self) -> Self {
        let Self { rate_per_second, burst, streams_per_caller } = self;
        Self {
            rate_per_second: rate_per_second.or(other.rate_per_second),
            burst: burst.or(other.burst),
            streams_per_caller: streams_per_caller.or(other.streams_per_caller),
        }
    }

    /// As the server is started with them.
    pub(super) fn settled(self) -> CallLimits {
        let Self { rate_per_second, burst, streams_per_caller } = self;
        let default = CallLimits::default();
        CallLimits {
            rate_per_second,
            burst: burst.unwrap_or(default.burst),
            streams: streams_per_caller.map_or(default.streams, |it| it.get() as usize),
        }
    }
}
