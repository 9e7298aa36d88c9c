//! The environment: the one place that reads it for the settings.

use std::ffi::OsString;
use std::path::PathBuf;

use super::key::PREFIX;
use super::nearest::{nearest, suggestion};
use super::{Given, KEYS, Source};
use crate::failure::Failure;

/// The file of settings.
const CONFIG: &str = "ASSENT_CONFIG";
/// What other commands read.
const OF_OTHERS: [&str; 5] =
    ["ASSENT_SERVER", "ASSENT_TOKEN_FILE", "ASSENT_CA_FILE", "ASSENT_CLIENT_CERT", "ASSENT_CLIENT_KEY"];

/// The variables that begin as ours do.
#[derive(Debug)]
pub(super) struct Environment(Vec<(String, OsString)>);

/// The process's own.
pub(super) fn of_the_process() -> Environment {
    of(std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))))
}

pub(super) fn of(variables: impl IntoIterator<Item = (String, OsString)>) -> Environment {
    let mut ours: Vec<_> = variables.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect();
    ours.sort();
    Environment(ours)
}

impl Environment {
    /// The file of settings that it names.
    pub(super) fn config(&self) -> Option<PathBuf> {
        let (_, value) = self.0.iter().find(|(name, value)| name == CONFIG && !value.is_empty())?;
        Some(value.into())
    }

    /// What it gives.
    pub(super) fn given(&self) -> Result<Vec<(&'static str, Given)>, Failure> {
        let (mut given, mut wrong) = (Vec::new(), Vec::new());
        for (name, value) in &self.0 {
            if name == CONFIG || OF_OTHERS.contains(&name.as_str()) || is_service_link(name) {
                continue;
            }
            let key = KEYS.iter().find(|it| it.variable().as_deref() == Some(name));
            let Some(key) = key else {
                let names: Vec<_> = KEYS.iter().filter_map(super::Key::variable).collect();
                let near = nearest(name, names.iter().map(String::as_str).chain([CONFIG]));
                wrong.push(format!("the variable {name} is no setting{}", suggestion(near)));
                continue;
            };
            match value.to_str().ok_or_else(|| "is no text in UTF-8".to_owned()).and_then(|it| key.value(it))
            {
                Ok(value) => given.push((key.name, Given { value, source: Source::Variable(name.clone()) })),
                Err(why) => wrong.push(format!("{name}: {why}")),
            }
        }
        if wrong.is_empty() { Ok(given) } else { Err(Failure::Usage(wrong.join("\n"))) }
    }
}

/// Whether Kubernetes made the variable, for a service whose name begins with `assent`: `ASSENT_SERVICE_HOST`,
/// `ASSENT_PORT_50051_TCP_ADDR` and their like. Nobody meant those for us.
fn is_service_link(name: &str) -> bool {
    ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT"].iter().any(|it| name.ends_with(it))
        || name.contains("_SERVICE_PORT_")
        || ["_TCP", "_UDP"]
            .iter()
            .any(|it| name.split_once("_PORT_").is_some_and(|(_, rest)| rest.contains(it)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(variables: &[(&str, &str)]) -> Result<Vec<(&'static str, Given)>, String> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value)));
        of(variables).given().map_err(|it| it.to_string())
    }

    #[test]
    fn a_variable_gives_its_key() {
        let given =
            given(&[("ASSENT_SIGNING_KEYS", "a.key, b.key"), ("HOME", "/"), ("ASSENT_DEV", "true")]).unwrap();
        let expected = toml::Value::Array(vec!["a.key".into(), "b.key".into()]);
        assert_eq!((given[0].0, given[0].1.value.as_bool()), ("dev", Some(true)));
        assert_eq!((given[1].0, &given[1].1.value), ("signing_keys", &expected));
        assert_eq!(given[1].1.source, Source::Variable("ASSENT_SIGNING_KEYS".to_owned()));
    }

    #[test]
    fn unknown_variables_and_wrong_values_are_errors() {
        let error =
            given(&[("ASSENT_LISEN", "a"), ("ASSENT_WORKERS", "two"), ("ASSENT_IDENTITY", "a")]).unwrap_err();
        assert!(error.contains("ASSENT_LISEN is no setting; did you mean `ASSENT_LISTEN`?"), "{error}");
        assert!(error.contains("ASSENT_WORKERS: is no whole number"), "{error}");
        assert!(error.contains("ASSENT_IDENTITY is no setting"), "{error}");
    }

    #[test]
    fn what_others_read_and_what_kubernetes_adds_is_left_alone() {
        let others = [
            "ASSENT_SERVER",
            "ASSENT_CONFIG",
            "ASSENT_SERVICE_HOST",
            "ASSENT_SERVICE_PORT",
            "ASSENT_SERVICE_PORT_GRPC",
            "ASSENT_PORT",
            "ASSENT_PORT_50051_TCP",
            "ASSENT_PORT_50051_TCP_ADDR",
            "ASSENT_METRICS_SERVICE_HOST",
        ];
        let others: Vec<_> = others.iter().map(|it| (*it, "x")).collect();
        assert_eq!(given(&others), Ok(Vec::new()));
    }
}
