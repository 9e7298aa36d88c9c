//! The stored fields never change their number, name, type or label, and none is ever taken away.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use crate::descriptor::{label, stored_events, type_name};

const COMMITTED: &str = "tests/golden/event-fields.txt";
const HEAD: &str = "\
# Every stored field and every member of a closed set: message, number, name, type, label.
# Lines are added by UPDATE=1 cargo test -p assent-proto --test golden. No line is ever changed or removed.
";

#[test]
fn no_stored_field_was_changed_or_removed() {
    let committed = lines(&read());
    let lost: Vec<_> = committed.difference(&current()).cloned().collect();
    assert!(
        lost.is_empty(),
        "stored for ever, but changed or removed in event.proto:\n  {}\nput them back; a new meaning is a new field \
         or a new message",
        lost.join("\n  ")
    );
}

#[test]
fn every_stored_field_is_listed() {
    let committed = lines(&read());
    let current = current();
    let added: Vec<_> = current.difference(&committed).cloned().collect();
    let only_adds = committed.is_subset(&current);
    // Rewriting is for additions alone: with a field changed or removed the list stays as it was.
    if env::var_os("UPDATE").is_some() && only_adds {
        let text: String = current.iter().map(|line| format!("{line}\n")).collect();
        fs::write(path(), format!("{HEAD}{text}")).unwrap();
        return;
    }
    assert!(
        added.is_empty(),
        "new stored fields:\n  {}\nif they are to be stored for ever, describe them in docs/format.md and list them \
         with UPDATE=1 cargo test -p assent-proto --test golden",
        added.join("\n  ")
    );
}

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(COMMITTED)
}

fn read() -> String {
    fs::read_to_string(path()).unwrap_or_else(|error| panic!("could not read {COMMITTED}: {error}"))
}

fn lines(text: &str) -> BTreeSet<String> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(ToOwned::to_owned).collect()
}

/// Numbers are padded, so that lines sort as numbers do.
fn current() -> BTreeSet<String> {
    let file = stored_events();
    let fields = file.message_type.iter().flat_map(|message| {
        message.field.iter().map(|field| {
            let (number, name) = (field.number(), field.name());
            let (its_type, label) = (type_name(field), label(message, field));
            format!("{} {number:04} {name} {its_type} {label}", message.name())
        })
    });
    let members = file.enum_type.iter().flat_map(|set| {
        set.value
            .iter()
            .map(|member| format!("{} {:04} {} member", set.name(), member.number(), member.name()))
    });
    fields.chain(members).collect()
}
