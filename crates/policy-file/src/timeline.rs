//! Whether the lines fit together in time: at most one base line at a time for a channel and a transaction, and
//! at most one line for a product, with no gap between base lines (rules O6, O13).

use std::collections::BTreeMap;

use assent_domain::policy::Line;
use assent_domain::values::{Channel, ProductFamily, TransactionKind};

use crate::error::PolicyError;
use crate::field::Field;

/// A line with the fields that a mistake in the whole is reported at.
#[derive(Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) line: Line,
    pub(crate) from: Field<'a>,
    /// The field `any_of`.
    pub(crate) requirements: Field<'a>,
}

/// What lines are about; of those about the same, one at most holds at a time. No product: the base lines.
type Matter<'a> = (Channel, TransactionKind, Option<&'a ProductFamily>);

/// Refuses lines that overlap and gaps between them; of several mistakes, that of the first line in the file.
pub(crate) fn check(lines: &[Placed<'_>]) -> Result<(), PolicyError> {
    let mut matters: BTreeMap<Matter<'_>, Vec<usize>> = BTreeMap::new();
    for (at, Placed { line, .. }) in lines.iter().enumerate() {
        for matter in matters_of(line) {
            matters.entry(matter).or_default().push(at);
        }
    }
    let mut first: Option<(usize, String)> = None;
    for (matter, mut places) in matters {
        places.sort_by_key(|at| lines[*at].line.from);
        for pair in places.windows(2) {
            let (earlier, later) = (&lines[pair[0]].line, &lines[pair[1]].line);
            let Some(mistake) = mistake(matter, earlier, later) else { continue };
            if first.as_ref().is_none_or(|(at, _)| pair[1] < *at) {
                first = Some((pair[1], mistake));
            }
        }
    }
    first.map_or(Ok(()), |(at, mistake)| Err(lines[at].from.error(mistake)))
}

fn matters_of(line: &Line) -> Vec<Matter<'_>> {
    let mut matters = Vec::new();
    for channel in &line.channels {
        for transaction in &line.transactions {
            if line.products.is_empty() {
                matters.push((*channel, *transaction, None));
            }
            matters.extend(line.products.iter().map(|it| (*channel, *transaction, Some(it))));
        }
    }
    matters
}

/// What is wrong between a line and the one about the same matter that begins next. Where any two lines overlap,
/// two neighbours do.
fn mistake((channel, transaction, product): Matter<'_>, earlier: &Line, later: &Line) -> Option<String> {
    let of = product.map_or_else(String::new, |it| format!(" of `{it}`"));
    let about = format!("{channel} {transaction}{of}");
    let before = &earlier.id;
    match earlier.until {
        None => Some(format!("overlaps the line `{before}` for {about}, which is open")),
        Some(until) if later.from < until => {
            Some(format!("overlaps the line `{before}` for {about}, which is in force until {until}"))
        }
        // A product that has no line of its own falls back to the base line: that is no gap.
        Some(until) if until < later.from && product.is_none() => {
            Some(format!("leaves a gap for {about} after the line `{before}`, which ends at {until}"))
        }
        Some(_) => None,
    }
}
