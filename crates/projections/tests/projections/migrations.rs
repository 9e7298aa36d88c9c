//! Migrations are two folders that say the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn files(database: &str) -> BTreeSet<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database);
    fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect()
}

fn names(database: &str) -> BTreeSet<String> {
    files(database).iter().map(|it| it.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

/// What is made, by name: tables, columns, indexes and views.
fn made(database: &str) -> BTreeSet<String> {
    let mut made = BTreeSet::new();
    for file in files(database) {
        let mut table = String::new();
        for line in fs::read_to_string(file).unwrap().lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["CREATE", kind, name, ..] => {
                    table = format!("{kind} {name}");
                    made.insert(table.clone());
                }
                [column, kind, ..]
                    if ["TEXT", "INTEGER", "BIGINT", "BLOB", "BYTEA", "BOOLEAN"]
                        .contains(&kind.trim_end_matches(',')) =>
                {
                    made.insert(format!("{table}.{column}"));
                }
                _ => {}
            }
        }
    }
    made
}

#[test]
fn both_databases_have_migrations_of_the_same_numbers_and_names() {
    assert!(!names("sqlite").is_empty());
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn both_databases_have_the_same_tables_and_columns() {
    assert!(made("sqlite").contains("TABLE partners.partner_id"));
    assert_eq!(made("sqlite"), made("postgres"));
}
