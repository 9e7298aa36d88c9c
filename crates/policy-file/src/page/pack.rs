//! The pack that ships, as tables.

use std::collections::BTreeSet;
use std::fmt::Display;

use assent_domain::event::VersionPublished;
use assent_domain::policy::{Action, Line, PolicyDocument, Requirement, VersionRule};
use assent_domain::values::Instant;

use super::table;

/// Which acceptance an order needs, one row a line of the policy.
pub(super) fn timeline(pack: &PolicyDocument) -> String {
    let heads = ["from", "until", "channel", "transaction", "product", "any one acceptance of", "line"];
    let row = |it: &Line| {
        vec![
            day(it.from),
            end(it.until),
            words(&it.channels),
            words(&it.transactions),
            if it.products.is_empty() { "every".to_owned() } else { codes(&it.products) },
            it.any_of.iter().map(requirement).collect::<Vec<_>>().join("; or "),
            code(&it.id),
        ]
    };
    let sources = pack.lines.iter().map(|it| vec![code(&it.id), it.source.clone()]);
    format!(
        "## The timeline: policy `{}`\n\n\
        A period begins with the day under `from` and ends before the day under `until`. Covered clouds: {}; in the others\n\
        no acceptance is needed (rule O5). AUTO_RENEWAL is exempt (rule O2). A line for a product overrides the one for every\n\
        product (rule O6). What no line covers needs nothing (rule O13).\n\n\
        {}Where each line comes from:\n\n{}",
        pack.id,
        words(&pack.covered_clouds),
        table(&heads, pack.lines.iter().map(row)),
        table(&["line", "source"], sources),
    )
}

fn requirement(it: &Requirement) -> String {
    let version = match it.version {
        VersionRule::Any => "any version",
        VersionRule::MostCurrent => "the most current version",
    };
    let from = it.accepted_from.map_or_else(String::new, |it| format!(", accepted on or after {}", day(it)));
    format!("`{}`, {version}{from}", it.agreement)
}

/// The agreements that a new ledger starts with, one row a version.
pub(super) fn agreements(pack: &PolicyDocument) -> String {
    let heads = ["agreement", "version", "in force from", "templates", "Partner Center's template id"];
    let row = |(id, it): &(_, VersionPublished)| {
        let countries: BTreeSet<_> = it.templates.iter().map(|it| it.template.country).collect();
        vec![
            code(id),
            code(&it.version),
            it.in_force_from.map_or_else(|| "ever".to_owned(), day),
            match it.templates.len() {
                0 => "none".to_owned(),
                count => format!("{count}, for {} countries", countries.len()),
            },
            it.template_id.as_ref().map_or_else(String::new, code),
        ]
    };
    format!("## The agreements and their versions\n\n{}", table(&heads, pack.agreements.iter().map(row)))
}

/// From when until when an agreement can be confirmed (rule C10).
pub(super) fn availability(pack: &PolicyDocument) -> String {
    let heads = ["agreement", "environment", "channel", "from", "until", "successor"];
    let rows = pack.agreements.iter().flat_map(|(id, published)| {
        published.availability.iter().map(move |it| {
            let ends = it.until.and(published.successor.as_ref());
            vec![
                code(id),
                it.environment.to_string(),
                it.channel.map_or_else(|| "both".to_owned(), |it| it.to_string()),
                day(it.from),
                end(it.until),
                ends.map_or_else(String::new, code),
            ]
        })
    });
    format!("## When an agreement can be confirmed (rule C10)\n\n{}", table(&heads, rows))
}

/// Who may do what (rule W7).
pub(super) fn roles(pack: &PolicyDocument) -> String {
    let row = |(action, name): &(Action, &str)| vec![code(name), words(pack.roles.permitting(*action))];
    format!("## Who may do what (rule W7)\n\n{}", table(&["action", "roles"], Action::ALL.iter().map(row)))
}

/// Midnight as its day, any other instant in full.
fn day(instant: Instant) -> String {
    let text = instant.to_string();
    text.strip_suffix("T00:00:00Z").map_or_else(|| text.clone(), String::from)
}

fn end(until: Option<Instant>) -> String {
    until.map_or_else(|| "open".to_owned(), day)
}

fn code(it: impl Display) -> String {
    format!("`{it}`")
}

fn codes<T: Display>(all: &[T]) -> String {
    all.iter().map(code).collect::<Vec<_>>().join(", ")
}

fn words<T: Display>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
