//! Values as they may be shown.

use toml::Value;

const HIDDEN: &str = "***";
/// What a name in a table holds that is not shown, or in a URL's query.
const SECRETS: [&str; 4] = ["password", "secret", "token", "passphrase"];

/// A value without what is secret in it.
pub(crate) fn shown(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(without_password(text)),
        Value::Array(all) => Value::Array(all.iter().map(shown).collect()),
        Value::Table(table) => {
            let hides = |name: &str| SECRETS.iter().any(|it| name.to_lowercase().contains(it));
            let shown_at = |(name, value): (&String, &Value)| {
                let names_a_file = name.ends_with("_file") || name.ends_with("_files");
                let hidden = hides(name) && !names_a_file && !matches!(value, Value::Table(_));
                (name.clone(), if hidden { HIDDEN.into() } else { shown(value) })
            };
            Value::Table(table.iter().map(shown_at).collect())
        }
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => value.clone(),
    }
}

/// A URL without its password; every other text as it is.
pub(super) fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    // A password may hold an `@` or a `/` that nobody escaped: the last one ends it.
    let rest = match rest.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((user, _)) => format!("{user}:{HIDDEN}@{host}"),
            None => format!("{user}@{host}"),
        },
        None => rest.to_owned(),
    };
    let parameter = |it: &str| match it.split_once('=') {
        Some((name, _)) if SECRETS.iter().any(|secret| name.to_lowercase().contains(secret)) => {
            format!("{name}={HIDDEN}")
        }
        _ => it.to_owned(),
    };
    let query = query.map(|it| format!("?{}", it.split('&').map(parameter).collect::<Vec<_>>().join("&")));
    format!("{scheme}://{rest}{}", query.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        for (url, shown) in [
            ("sqlite:assent.db", "sqlite:assent.db"),
            ("postgres://assent@db/assent", "postgres://assent@db/assent"),
            ("postgres://assent:hunter2@a,b:5432/assent", "postgres://assent:***@a,b:5432/assent"),
            ("postgres://assent:hun@ter/2@db/assent", "postgres://assent:***@db/assent"),
            ("postgres://db/a?user=u&password=hunter2&x=1", "postgres://db/a?user=u&password=***&x=1"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }

    #[test]
    fn a_tables_secrets_are_not_shown_and_its_files_are() {
        let table: toml::Table = toml::from_str(
            "client_secret = 'a'\ntoken_file = 'b'\n[[issuer]]\nurl = 'https://u:p@h'\napi_token = 'c'",
        )
        .unwrap();
        let shown = shown(&Value::Table(table)).to_string();
        for (text, is_there) in [("\"a\"", false), ("\"b\"", true), ("u:p", false), ("\"c\"", false)] {
            assert_eq!(shown.contains(text), is_there, "{shown}");
        }
    }
}
