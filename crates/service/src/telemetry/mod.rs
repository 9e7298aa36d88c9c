//! What a server tells about itself: figures for Prometheus, a request id for every call, and spans of sampled calls.
//!
//! * [`Figures`] are counted in shards, one for each thread that serves, and added up when somebody asks.
//! * [`TelemetryLayer`] is the outermost layer of every call: it counts it, names it, and limits how long it takes.
//! * [`Observed`] is what is looked at only when the figures are asked for: sizes, lags, pools.
//! * [`serve`] shows them over HTTP, beside `/livez` and `/readyz`.
//!
//! No label holds anything that came with a call: methods are those of the API, codes and reasons are closed sets.

mod body;
mod connection;
mod cut_short;
mod families;
mod figures;
mod histogram;
mod layer;
mod methods;
mod observed;
mod operations;
mod page;
mod readiness;
mod request_id;
mod trace;
mod trail;

pub(crate) use connection::Counted;
pub(crate) use cut_short::CutShort;
pub(crate) use figures::{Batched, Figures, serve_as};
pub(crate) use layer::TelemetryLayer;
pub(crate) use observed::Observed;
pub(crate) use operations::{Operations, serve};
pub(crate) use readiness::{Readiness, watch_file};
pub(crate) use request_id::{Made, answered_well, span_of};
pub(crate) use trace::{Traces, let_in};
pub(crate) use trail::Trail;
