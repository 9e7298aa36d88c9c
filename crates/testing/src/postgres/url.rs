//! Database URLs, as both sqlx and psql read them.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

/// A URL in its parts, each encoded as it stands in the URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    user: String,
    password: Option<String>,
    /// `host:port`, more than one with commas; empty where `host` among the options names a socket's folder.
    hosts: String,
    database: String,
    /// `key=value`.
    options: Vec<String>,
}

impl Url {
    /// Of a server that listens on a socket in this folder.
    pub(crate) fn at_socket(folder: &Path, port: u16) -> Self {
        let folder = encoded(folder.to_str().expect("temporary folders are UTF-8"));
        let options = vec![format!("host={folder}"), format!("port={port}")];
        Self {
            user: "postgres".to_owned(),
            password: None,
            hosts: String::new(),
            database: "postgres".to_owned(),
            options,
        }
    }

    /// Reads a URL: `postgres://user:password@host:port/database?key=value`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"))?;
        let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, "postgres"));
        let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = user.split_once(':').map_or((user, None), |(user, it)| (user, Some(it)));
        let mut url = Self {
            user: user.to_owned(),
            password: password.map(ToOwned::to_owned),
            hosts: hosts.to_owned(),
            database: database.to_owned(),
            options: Vec::new(),
        };
        for option in options.split('&').filter(|it| !it.is_empty()) {
            match option.split_once('=') {
                Some(("user", user)) => url.user = user.to_owned(),
                Some(("password", password)) => url.password = Some(password.to_owned()),
                _ => url.options.push(option.to_owned()),
            }
        }
        Some(url)
    }

    /// Of another database there.
    pub(crate) fn database(&self, name: &str) -> Self {
        Self { database: encoded(name), ..self.clone() }
    }

    /// For another user.
    pub(crate) fn user(&self, name: &str, password: &str) -> Self {
        Self { user: encoded(name), password: Some(encoded(password)), ..self.clone() }
    }

    /// At other addresses, for a server that takes TCP.
    pub(crate) fn at(&self, addresses: &[SocketAddr]) -> Self {
        let names_place = |it: &String| ["host=", "hostaddr=", "port="].iter().any(|key| it.starts_with(key));
        let options = self.options.iter().filter(|it| !names_place(it)).cloned().collect();
        let hosts = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        Self { hosts, options, ..self.clone() }
    }

    /// With one more option.
    pub(crate) fn option(&self, key: &str, value: &str) -> Self {
        let mut url = self.clone();
        url.options.push(format!("{key}={}", encoded(value)));
        url
    }
}

impl fmt::Display for Url {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, password, hosts, database, options } = self;
        let mut options = options.clone();
        write!(out, "postgres://")?;
        if hosts.is_empty() {
            // A URL without a host has no place for a user before it.
            options.push(format!("user={user}"));
            options.extend(password.iter().map(|it| format!("password={it}")));
        } else {
            let password = password.iter().map(|it| format!(":{it}")).collect::<String>();
            write!(out, "{user}{password}@{hosts}")?;
        }
        write!(out, "/{database}")?;
        if options.is_empty() { Ok(()) } else { write!(out, "?{}", options.join("&")) }
    }
}

/// Percent-encoded where it is neither a letter, a digit nor harmless everywhere in a URL.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_s_folder_and_its_user_stand_among_the_options() {
        let url = Url::at_socket(Path::new("/tmp/a b+c"), 5432).database("t").user("r", "p");
        assert_eq!(url.to_string(), "postgres:///t?host=/tmp/a%20b%2Bc&port=5432&user=r&password=p");
        assert_eq!(Url::parse(&url.to_string()), Some(url));
    }

    #[test]
    fn a_socket_s_url_becomes_one_of_addresses() {
        let addresses = ["127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap()];
        let url = Url::at_socket(Path::new("/tmp/a"), 5432).at(&addresses).option("sslmode", "disable");
        assert_eq!(url.to_string(), "postgres://postgres@127.0.0.1:1,127.0.0.1:2/postgres?sslmode=disable");
    }

    #[test]
    fn a_url_is_read_with_whatever_it_leaves_out() {
        for (text, expected) in [
            ("postgres://u:p%40@db:1/a?sslmode=require", "postgres://u:p%40@db:1/a?sslmode=require"),
            ("postgresql://u@db", "postgres://u@db/postgres"),
            ("postgres:///a?host=/tmp&user=u", "postgres:///a?host=/tmp&user=u"),
        ] {
            assert_eq!(Url::parse(text).map(|it| it.to_string()).as_deref(), Some(expected));
        }
        assert_eq!(Url::parse("sqlite:a.db"), None);
    }
}
