//! Starts that are refused: what they say, how they end, and that they leave everything as it was. And how it stops.

mod access;
mod database;
mod image;
mod policy;
mod settings;
mod stop;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::support::{Ran, ended, program};

/// The command that starts a server on a database file, with more arguments.
fn serve(database: &Path, arguments: &[&str]) -> Command {
    let database = format!("sqlite:{}", database.display());
    let mut command = program(["serve", "--dev", "--listen", "127.0.0.1:0", "--database", &database]);
    command.args(arguments);
    command
}

/// A start that must fail: it ends by itself, with exit code 3 and one sentence, and never says that it listens.
async fn refused(command: Command) -> String {
    let Ran { code, stdout, stderr } = ended(command).await;
    assert_eq!((code, stdout.as_str()), (Some(3), ""), "{stderr}");
    let sentence = stderr.lines().last().unwrap_or_default();
    assert!(sentence.starts_with("error: the server could not start: "), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    sentence.to_owned()
}

/// Every file below a folder, with its bytes. What SQLite keeps beside a database to coordinate readers is left out.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries =
        std::fs::read_dir(folder).expect("the folder is there").map(|it| it.expect("it can be read").path());
    let kept = entries.filter(|it| !it.to_string_lossy().ends_with("-shm") && !it.ends_with("stderr.txt"));
    kept.map(|it| (it.clone(), std::fs::read(&it).expect("it can be read"))).collect()
}
