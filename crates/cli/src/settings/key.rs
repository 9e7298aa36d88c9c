//! A key of the settings.

/// A key, as the table of settings has it.
#[derive(Debug)]
pub(crate) struct Key {
    /// Its name in the file.
    pub(crate) name: &'static str,
    /// What it is, in a sentence.
    pub(crate) help: &'static str,
    pub(crate) kind: Kind,
    /// Its name as a flag; a switch that is on by default is turned off by its flag.
    pub(crate) flag: &'static str,
    /// What holds where nobody says anything, as a variable would have it.
    pub(crate) default: Option<&'static str>,
    /// A value, as the file has it; none of a table.
    pub(crate) example: &'static str,
}

/// What a key's value is made of, with what stands for it in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text.
    Text(&'static str),
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A whole number.
    Whole(&'static str),
    /// A number.
    Decimal(&'static str),
    /// Yes or no.
    Switch,
    /// Texts; in a variable, with commas between them.
    List(&'static str),
    /// A table: in the file alone.
    Table,
}

/// What every variable begins with.
pub(super) const PREFIX: &str = "ASSENT_";

impl Key {
    /// The variable that gives it; none of a table.
    pub(crate) fn variable(&self) -> Option<String> {
        (self.kind != Kind::Table).then(|| format!("{PREFIX}{}", self.name.to_ascii_uppercase()))
    }

    /// A value, from a text.
    pub(super) fn value(&self, text: &str) -> Result<toml::Value, String> {
        match self.kind {
            Kind::Text(_) | Kind::Choice(_) => Ok(text.into()),
            Kind::Whole(_) => {
                text.parse::<i64>().map(Into::into).map_err(|_| "is no whole number".to_owned())
            }
            Kind::Decimal(_) => text.parse::<f64>().map(Into::into).map_err(|_| "is no number".to_owned()),
            Kind::Switch => {
                text.parse::<bool>().map(Into::into).map_err(|_| "is neither `true` nor `false`".to_owned())
            }
            Kind::List(_) => {
                let parts = text.split(',').map(str::trim).filter(|it| !it.is_empty());
                Ok(toml::Value::Array(parts.map(Into::into).collect()))
            }
            Kind::Table => Err("is a table, and stands in the file alone".to_owned()),
        }
    }
}
