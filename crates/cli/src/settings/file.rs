//! The file: TOML, with the line of every key.

use std::path::Path;

use toml::de::DeTable;

use super::nearest::{nearest, suggestion};
use super::{Given, KEYS, Source};
use crate::context::read;
use crate::failure::Failure;

/// What a file gives.
pub(super) fn read_file(path: &Path) -> Result<Vec<(&'static str, Given)>, Failure> {
    let bytes = read(path)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Failure::Usage(format!("{} is no text in UTF-8", path.display())))?;
    given(path, text)
}

fn given(path: &Path, text: &str) -> Result<Vec<(&'static str, Given)>, Failure> {
    let at = |offset: usize| Source::File {
        path: path.to_owned(),
        line: 1 + text.as_bytes().iter().take(offset).filter(|it| **it == b'\n').count(),
    };
    let broken = |error: toml::de::Error| {
        let source = at(error.span().map_or(0, |it| it.start));
        Failure::Usage(format!("{source}: this is no TOML: {}", error.message()))
    };
    let spans = DeTable::parse(text).map_err(broken)?;
    let mut values: toml::Table = toml::from_str(text).map_err(broken)?;
    let (mut given, mut unknown) = (Vec::new(), Vec::new());
    for key in spans.get_ref().keys() {
        let (name, source) = (key.get_ref().as_ref(), at(key.span().start));
        match KEYS.iter().find(|it| it.name == name) {
            Some(known) => {
                let value = values.remove(name).expect("both parsers see the same keys");
                given.push((known.name, Given { value, source }));
            }
            None => unknown.push((source, name)),
        }
    }
    match unknown.as_slice() {
        [] => Ok(given),
        unknown => {
            let sentence = |(source, name): &(Source, &str)| {
                let near = nearest(name, KEYS.iter().map(|it| it.name));
                format!("{source}: `{name}` is no setting{}", suggestion(near))
            };
            Err(Failure::Usage(unknown.iter().map(sentence).collect::<Vec<_>>().join("\n")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<(&'static str, Given)>, String> {
        given(Path::new("assent.toml"), text).map_err(|it| it.to_string())
    }

    #[test]
    fn every_key_has_its_line() {
        let given = of("# a comment\nlisten = 'a'\n\nworkers = 2\n[identity]\na = 1\n").unwrap();
        let lines: Vec<_> = given.iter().map(|(name, it)| format!("{name} {}", it.source)).collect();
        assert_eq!(lines, ["identity assent.toml:5", "listen assent.toml:2", "workers assent.toml:4"]);
    }

    #[test]
    fn all_unknown_keys_are_named_with_what_they_may_mean() {
        let error = of("lisen = 'a'\ndev = true\ncolour = 'red'\n").unwrap_err();
        assert!(error.contains("assent.toml:1: `lisen` is no setting; did you mean `listen`?"), "{error}");
        assert!(error.contains("assent.toml:3: `colour` is no setting"), "{error}");
    }

    #[test]
    fn what_is_no_toml_is_refused_with_its_line() {
        let error = of("dev = true\nlisten = \n").unwrap_err();
        assert!(error.starts_with("assent.toml:2: "), "{error}");
    }
}
