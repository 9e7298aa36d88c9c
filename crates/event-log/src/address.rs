//! Database URLs.

use std::path::PathBuf;
use std::str::FromStr;

use log::LevelFilter;
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

use crate::error::OpenError;

/// Where a log lives.
#[derive(Debug)]
pub(crate) enum Address {
    /// In a file.
    Sqlite(PathBuf),
    /// On a PostgreSQL server; more than one where the URL lists several hosts, of which one is the primary.
    Postgres(Vec<PgConnectOptions>),
}

/// Reads `sqlite:<file>`, or `postgres://user@host,host:port/database?option=value`.
pub(crate) fn parse(url: &str) -> Result<Address, OpenError> {
    let Some((scheme, rest)) = url.split_once(':') else {
        return Err(OpenError::NoFile);
    };
    match scheme {
        "sqlite" => sqlite_file(rest).map(Address::Sqlite),
        "postgres" | "postgresql" => postgres(rest).map(Address::Postgres),
        _ if scheme.chars().all(|it| it.is_ascii_alphanumeric()) && scheme.len() <= 16 => {
            Err(OpenError::UnknownScheme { scheme: scheme.to_owned() })
        }
        // Something else than a URL, for example `host=... password=...`.
        _ => Err(OpenError::NoFile),
    }
}

fn sqlite_file(rest: &str) -> Result<PathBuf, OpenError> {
    let file = rest.strip_prefix("//").unwrap_or(rest);
    // SQLite would take the first for a database in memory, and a `?` for options that are not ours to honour.
    let names_no_file = file.is_empty() || file.starts_with(':') || file.contains('?');
    if names_no_file {
        return Err(OpenError::NoFile);
    }
    Ok(PathBuf::from(file))
}

/// What a PostgreSQL URL may say behind its `?`.
const PARAMETERS: [&str; 12] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "statement-cache-capacity",
];

/// One set of options for each host: sqlx connects to one host only.
fn postgres(rest: &str) -> Result<Vec<PgConnectOptions>, OpenError> {
    // What is wrong is said by the parser, which names no password.
    let invalid = |source: sqlx::Error| OpenError::Url { source };
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if let Some((_, query)) = path.split_once('?') {
        for parameter in query.split('&').filter(|it| !it.is_empty()) {
            let key = parameter.split('=').next().unwrap_or_default();
            // sqlx would only warn of another one, and show its value.
            if !PARAMETERS.contains(&key) {
                return Err(OpenError::UrlParameter { key: key.chars().take(32).collect() });
            }
        }
    }
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), authority),
    };
    let parse = |host: &str| {
        let options =
            PgConnectOptions::from_str(&format!("postgres://{user}{host}{path}")).map_err(invalid)?;
        // Slow statements are logged, others never: to ask before each whether it is would lose lines of others' (a filter of one
        // layer keeps the answer until the next line).
        Ok(options.application_name("assent").log_statements(LevelFilter::Off))
    };
    hosts.split(',').map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(url: &str) -> Result<PathBuf, OpenError> {
        match parse(url)? {
            Address::Sqlite(file) => Ok(file),
            Address::Postgres(_) => panic!("{url} names no file"),
        }
    }

    fn hosts(url: &str) -> Vec<(String, u16)> {
        match parse(url).unwrap() {
            Address::Sqlite(_) => panic!("{url} names a file"),
            Address::Postgres(hosts) => {
                hosts.iter().map(|it| (it.get_host().to_owned(), it.get_port())).collect()
            }
        }
    }

    #[test]
    fn a_url_names_a_file_with_or_without_slashes() {
        for (url, expected) in [
            ("sqlite:assent.db", "assent.db"),
            ("sqlite://assent.db", "assent.db"),
            ("sqlite:///var/lib/assent.db", "/var/lib/assent.db"),
            ("sqlite:/var/lib/assent.db", "/var/lib/assent.db"),
        ] {
            assert_eq!(file(url).unwrap(), PathBuf::from(expected), "{url}");
        }
    }

    #[test]
    fn a_url_without_a_file_is_refused() {
        for url in ["assent.db", "sqlite:", "sqlite://", "sqlite::memory:", "sqlite:a.db?mode=ro"] {
            assert!(matches!(parse(url), Err(OpenError::NoFile)), "{url}");
        }
    }

    #[test]
    fn a_url_names_one_host_or_several() {
        assert_eq!(hosts("postgres://u:p@db/assent"), [("db".to_owned(), 5432)]);
        let three = [("a".to_owned(), 5432), ("b".to_owned(), 5433), ("10.0.0.3".to_owned(), 5434)];
        assert_eq!(hosts("postgresql://u@a:5432,b:5433,10.0.0.3:5434/assent?sslmode=disable"), three);
    }

    #[test]
    fn another_database_is_named_without_its_password() {
        let error = parse("mysql://assent:secret@db/assent").unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot open a `mysql` database: write `sqlite:<file>` or `postgres://user@host/database`"
        );
        let error = parse("postgres://assent:secret@db:port/assent").unwrap_err();
        let said = format!("{error}: {:?}", std::error::Error::source(&error));
        assert!(!said.contains("secret"), "{said}");
    }
}
