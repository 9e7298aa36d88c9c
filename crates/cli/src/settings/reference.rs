//! The keys as documents show them.

#[cfg(test)]
use super::Key;
use super::{KEYS, Kind};

/// Who may call, as the file says it.
const IDENTITY: &str = "
  [identity.tls]
  certificate = \"/etc/assent/tls/server.crt\"
  key = \"/etc/assent/tls/server.key\"

  [[identity.issuers]]
  issuer = \"https://login.example\"
  audiences = [\"assent\"]
  jwks_url = \"https://login.example/keys\"
";

/// A file with every key, for the help.
pub(crate) fn sample() -> String {
    let lines = KEYS.iter().filter(|it| it.kind != Kind::Table);
    let lines: String = lines.map(|it| format!("  {} = {}\n", it.name, it.example)).collect();
    format!("{lines}{IDENTITY}")
}

/// The table of docs/operations/configuration.md.
#[cfg(test)]
fn reference() -> String {
    let mut text =
        "| key | variable | flag | value | default | what |\n|---|---|---|---|---|---|\n".to_owned();
    for key in KEYS {
        let variable = key.variable().map_or("in the file alone".to_owned(), |it| format!("`{it}`"));
        let flag = match key.kind {
            Kind::Table => "in the file alone".to_owned(),
            _ => format!("`--{}`", key.flag),
        };
        let default = key.default.map_or(String::new(), |it| format!("`{it}`"));
        let help = key.help.trim();
        text.push_str(&format!(
            "| `{}` | {variable} | {flag} | {} | {default} | {help} |\n",
            key.name,
            value(key)
        ));
    }
    text
}

#[cfg(test)]
fn value(key: &Key) -> String {
    match key.kind {
        Kind::Text("ADDR") => "address and port".to_owned(),
        Kind::Text("FILE") => "file".to_owned(),
        Kind::Text("VKEY") => "public key".to_owned(),
        Kind::Text("URL") => "URL".to_owned(),
        Kind::Text(_) => "text".to_owned(),
        Kind::Choice(choices) => choices.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", "),
        Kind::Whole("SECONDS") => "seconds".to_owned(),
        Kind::Whole("MEGABYTES") => "megabytes".to_owned(),
        Kind::Whole(_) => "whole number".to_owned(),
        Kind::Decimal(_) => "number".to_owned(),
        Kind::Switch => "`true`, `false`".to_owned(),
        Kind::List("FILE") => "files".to_owned(),
        Kind::List(_) => "public keys".to_owned(),
        Kind::Table => "table".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../../docs/operations/configuration.md");

    #[test]
    fn the_document_has_every_key_as_the_program_has_it() {
        let expected = reference();
        assert!(
            DOCUMENT.contains(&expected),
            "docs/operations/configuration.md is not up to date. Its table has to be:\n{expected}"
        );
    }

    #[test]
    fn every_key_explains_itself_in_a_sentence() {
        for Key { name, help, .. } in KEYS {
            assert!(help.trim().ends_with('.') && !help.contains('|'), "{name}: {help}");
        }
    }
}
