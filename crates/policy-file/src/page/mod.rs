//! `docs/POLICY.md`: the rules and the pack that ships, for a compliance reader.

mod pack;
mod rules;

use crate::built_in;

const INTRODUCTION: &str = "\
# The policy

What the ledger enforces, and the policy that it ships with. This page is printed from the code's own table of rules and
from `policies/microsoft-csp.yaml`, the file that is compiled into the binary; a test fails when the page and they
differ, and `UPDATE=1 cargo test -p assent-policy-file` prints it anew.

An **agreement** has **versions** (its text at a time) and **templates** (the text for a country and a language). A
**customer** accepts it; a **partner** records that as a confirmation, or attests it on the customer's behalf; or the
customer accepts directly. Each of these is an **acceptance** in the log. The policy says which acceptance which
**transaction** needs, from when on.

";

const HOW_TO_CHANGE: &str = "\
## How to change it

The policy is data: a date is changed by publishing another version of the file, not by a release. The log keeps every
version, and each decision names the one that it used.

1. `assent policy show` prints the version in force; edit a copy of it.
2. `assent policy check FILE` reads it and names the line and the field of the first mistake: whatever is unknown,
   missing, given twice or misspelt, periods that end before they begin, lines that overlap, gaps.
3. `assent policy simulate FILE` lists whose answers it would change.
4. `assent policy publish FILE` publishes it, with a reason.

A date (`2019-10-01`) is 00:00 UTC of that day; a full instant (`2019-10-01T09:30:00Z`) can stand in its place. What a
file says under `agreements` is used at a ledger's first start only; from then on the catalogue owns the agreements.

";

const SOURCES: &str = "\
## What the sources are

";

/// What the letters in `source` stand for.
const SOURCE_NAMES: [[&str; 2]; 6] = [
    ["FAQ", "Partner Center's acceptance FAQ (March 2019)"],
    ["MCA", "Partner Center, \"confirm acceptance of the Microsoft Customer Agreement\" (November 2019)"],
    ["ATT", "Partner Center, \"attest acceptance on behalf of your customer\" (June 2020)"],
    ["API", "the Partner Center REST documentation"],
    ["FIELD", "what partners report in public issue threads and vendor knowledge bases"],
    ["OURS", "a decision of this project where the sources are silent or disagree"],
];

/// Prints the rules and the pack that ships as `docs/POLICY.md`.
pub fn page() -> String {
    let pack = built_in().document;
    let sources = table(&["source", "what it is"], SOURCE_NAMES.map(|row| row.map(String::from).to_vec()));
    [
        INTRODUCTION.to_owned(),
        pack::timeline(&pack),
        pack::agreements(&pack),
        pack::availability(&pack),
        pack::roles(&pack),
        HOW_TO_CHANGE.to_owned(),
        rules::families(),
        SOURCES.to_owned(),
        sources,
    ]
    .concat()
}

/// A table, with an empty line after it.
fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let heads: Vec<_> = heads.iter().map(ToString::to_string).collect();
    let rule = format!("|{}\n", "---|".repeat(heads.len()));
    let rows =
        rows.into_iter().map(|row| line(&row.iter().map(|it| it.replace('|', "\\|")).collect::<Vec<_>>()));
    format!("{}{rule}{}\n", line(&heads), rows.collect::<String>())
}
