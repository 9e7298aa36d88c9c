//! Database URLs.

use std::path::PathBuf;

use crate::error::OpenError;

/// Reads `sqlite:<file>` or `sqlite://<file>`.
pub(crate) fn sqlite_file(url: &str) -> Result<PathBuf, OpenError> {
    let Some((scheme, rest)) = url.split_once(':') else {
        return Err(OpenError::NoFile { url: url.to_owned() });
    };
    if scheme != "sqlite" {
        return Err(OpenError::UnknownScheme { scheme: scheme.to_owned() });
    }
    let file = rest.strip_prefix("//").unwrap_or(rest);
    // SQLite would take the first for a database in memory, and a `?` for options that are not ours to honour.
    let names_no_file = file.is_empty() || file.starts_with(':') || file.contains('?');
    if names_no_file {
        return Err(OpenError::NoFile { url: url.to_owned() });
    }
    Ok(PathBuf::from(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file_with_or_without_slashes() {
        for (url, file) in [
            ("sqlite:assent.db", "assent.db"),
            ("sqlite://assent.db", "assent.db"),
            ("sqlite:///var/lib/assent.db", "/var/lib/assent.db"),
            ("sqlite:/var/lib/assent.db", "/var/lib/assent.db"),
        ] {
            assert_eq!(sqlite_file(url).unwrap(), PathBuf::from(file), "{url}");
        }
    }

    #[test]
    fn a_url_without_a_file_is_refused() {
        for url in ["assent.db", "sqlite:", "sqlite://", "sqlite::memory:", "sqlite:a.db?mode=ro"] {
            assert!(matches!(sqlite_file(url), Err(OpenError::NoFile { .. })), "{url}");
        }
    }

    #[test]
    fn another_database_is_named_without_its_password() {
        let error = sqlite_file("postgres://assent:secret@db/assent").unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot open a `postgres` database: write `sqlite:<file>` (`postgres` is not built yet)"
        );
    }
}
