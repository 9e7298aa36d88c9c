//! Families of figures, as the page has them: a name, what it means, and a figure for each set of labels.

use std::fmt;

use prometheus_client::encoding::{
    DescriptorEncoder, EncodeGaugeValue, EncodeLabelSet, MetricEncoder, NoLabelSet,
};
use prometheus_client::metrics::MetricType;

use super::histogram::Read;

/// Writes families: each has its name and what it means, also while it has no figure.
pub(super) struct Out<'a>(pub(super) DescriptorEncoder<'a>);

impl Out<'_> {
    pub(super) fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let to = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        encode_counter(to, value)
    }

    pub(super) fn gauge<V: EncodeGaugeValue>(
        &mut self,
        name: &str,
        help: &str,
        value: Option<V>,
    ) -> fmt::Result {
        let to = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        value.map_or(Ok(()), |it| encode_gauge(to, it))
    }

    pub(super) fn counts(&mut self, name: &str, help: &str, read: Read) -> fmt::Result {
        let to = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        encode_histogram(to, read.counts(), read.count())
    }

    pub(super) fn duration(&mut self, name: &str, help: &str, read: Read) -> fmt::Result {
        let to = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        encode_histogram(to, read.seconds(), read.count())
    }

    pub(super) fn counters<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        figures: impl IntoIterator<Item = (L, u64)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Counter, figures, encode_counter)
    }

    pub(super) fn gauges<L: EncodeLabelSet, V: EncodeGaugeValue>(
        &mut self,
        name: &str,
        help: &str,
        figures: impl IntoIterator<Item = (L, V)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Gauge, figures, encode_gauge)
    }

    pub(super) fn durations<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        figures: impl IntoIterator<Item = (L, Read)>,
    ) -> fmt::Result {
        let encode = |to: MetricEncoder<'_>, read: Read| encode_histogram(to, read.seconds(), read.count());
        self.family(name, help, MetricType::Histogram, figures, encode)
    }

    fn family<L: EncodeLabelSet, V>(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        figures: impl IntoIterator<Item = (L, V)>,
        encode: impl Fn(MetricEncoder<'_>, V) -> fmt::Result,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, kind)?;
        for (labels, value) in figures {
            encode(family.encode_family(&labels)?, value)?;
        }
        Ok(())
    }
}

fn encode_counter(mut to: MetricEncoder<'_>, value: u64) -> fmt::Result {
    to.encode_counter::<NoLabelSet, _, u64>(&value, None)
}

fn encode_gauge<V: EncodeGaugeValue>(mut to: MetricEncoder<'_>, value: V) -> fmt::Result {
    to.encode_gauge(&value)
}

fn encode_histogram(
    mut to: MetricEncoder<'_>,
    (sum, buckets): (f64, Vec<(f64, u64)>),
    count: u64,
) -> fmt::Result {
    to.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
}
