//! The template lists that ship, so that a document can name one instead of repeating hundreds of rows.
//!
//! A published document is read again from its bytes for as long as the ledger lives: a list that has shipped never
//! changes and never goes away. Newer countries and languages are a new file with a new name.

use std::sync::{Arc, LazyLock};

use assent_domain::catalog::VersionTemplate;
use assent_domain::values::{Country, Language, Template};

/// The lists, by the name that documents use.
static LISTS: [(&str, LazyLock<Arc<[VersionTemplate]>>); 1] = [(
    "customer-agreement-templates.csv",
    LazyLock::new(|| read(include_str!("../../../policies/customer-agreement-templates.csv"))),
)];

/// The list of this name; it is shared, however often it is named.
pub(crate) fn shipped(name: &str) -> Result<Arc<[VersionTemplate]>, String> {
    let list = LISTS.iter().find(|(its, _)| *its == name);
    let names = || LISTS.iter().map(|(its, _)| *its).collect::<Vec<_>>().join(", ");
    list.map(|(_, list)| Arc::clone(list))
        .ok_or_else(|| format!("must be a list that ships with Assent: {}", names()))
}

/// Reads `country,language` rows. Where the texts can be fetched is not in them: the vendor gives out links that
/// expire.
fn read(text: &str) -> Arc<[VersionTemplate]> {
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let row = |row: Result<csv::StringRecord, csv::Error>| {
        let row = row.expect("a list that ships has two columns");
        let country = Country::parse(&row[0]).expect("a list that ships has country codes");
        let language = Language::parse(&row[1]).expect("a list that ships has language tags");
        VersionTemplate { template: Template { country, language }, uri: String::new(), sha256: None }
    };
    rows.records().map(row).collect()
}
