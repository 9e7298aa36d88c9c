//! What was given for the keys, and by what.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::de::DeserializeOwned;

use super::KEYS;
use crate::failure::Failure;

/// A value of a key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Given {
    pub(crate) value: toml::Value,
    pub(crate) source: Source,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Nobody said anything.
    Default,
    /// The file.
    File {
        /// Its name.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// A variable of the environment.
    Variable(String),
    /// A flag.
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File { path, line } => write!(formatter, "{}:{line}", path.display()),
            Self::Variable(name) => formatter.write_str(name),
            Self::Flag(name) => write!(formatter, "--{name}"),
        }
    }
}

impl Source {
    /// Which wins: the higher one.
    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::Default => 0,
            Self::File { .. } => 1,
            Self::Variable(_) => 2,
            Self::Flag(_) => 3,
        }
    }
}

/// What each key is in the end.
#[derive(Default)]
pub(crate) struct Merged(BTreeMap<&'static str, Given>);

/// Values may hold passwords: they are not shown here.
impl fmt::Debug for Merged {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.0.iter().map(|(name, it)| (name, &it.source))).finish()
    }
}

impl Merged {
    /// What holds where nobody says anything.
    pub(super) fn defaults() -> Self {
        let given = |key: &'static super::Key| {
            let value = key.value(key.default?).expect("a default is a value of its key: a test reads them");
            Some((key.name, Given { value, source: Source::Default }))
        };
        Self(KEYS.iter().filter_map(given).collect())
    }

    /// What was given later, which wins.
    pub(super) fn add(&mut self, given: Vec<(&'static str, Given)>) {
        self.0.extend(given);
    }

    pub(super) fn get(&self, name: &str) -> Option<&Given> {
        self.0.get(name)
    }

    /// The value of a key as what it is.
    pub(super) fn read<T: Setting>(&self, name: &'static str) -> Result<T, Failure> {
        let Some(given) = self.0.get(name) else {
            return T::absent().ok_or_else(|| Failure::Usage(format!("`{name}` is missing")));
        };
        T::read(given.value.clone()).map_err(|error| {
            let error = error.trim();
            Failure::Usage(match &given.source {
                Source::Default | Source::File { .. } => format!("{}: `{name}`: {error}", given.source),
                Source::Variable(_) | Source::Flag(_) => format!("{}: {error}", given.source),
            })
        })
    }
}

/// What a setting can be.
pub(super) trait Setting: Sized {
    /// From what was given.
    fn read(value: toml::Value) -> Result<Self, String>;

    /// What it is where nothing was given, if it may be absent.
    fn absent() -> Option<Self> {
        None
    }
}

fn deserialized<T: DeserializeOwned>(value: toml::Value) -> Result<T, String> {
    T::deserialize(value).map_err(|error| error.message().to_owned())
}

macro_rules! setting {
    ($($type:ty),*) => {$(
        impl Setting for $type {
            fn read(value: toml::Value) -> Result<Self, String> {
                deserialized(value)
            }
        }
    )*};
}

setting!(
    std::net::SocketAddr,
    std::num::NonZeroU32,
    bool,
    u64,
    usize,
    String,
    super::LogFormat,
    super::Durability
);

impl Setting for f64 {
    fn read(value: toml::Value) -> Result<Self, String> {
        // `1` is a share, too.
        value.as_integer().map_or_else(|| deserialized(value), |it| Ok(it as f64))
    }
}

impl<T: DeserializeOwned> Setting for Option<T> {
    fn read(value: toml::Value) -> Result<Self, String> {
        deserialized(value).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: DeserializeOwned> Setting for Vec<T> {
    /// One stands for itself.
    fn read(value: toml::Value) -> Result<Self, String> {
        deserialized(match value {
            value @ toml::Value::Array(_) => value,
            value => toml::Value::Array(vec![value]),
        })
    }

    fn absent() -> Option<Self> {
        Some(Vec::new())
    }
}
