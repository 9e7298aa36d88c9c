//! A database that this user must not write to.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use assent_testing::assent_binary;
use tokio::process::Command;

use super::{files, refused};
use crate::support::{server, within};

/// The user that owns nothing, by the number that all systems give it.
const NOBODY: u32 = 65_534;

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
        .expect("its owner can set its mode");
}

/// A start on a file as somebody whom permissions bind: the superuser passes by them, so that it starts it as nobody.
fn serve(program: &Path, database: &Path) -> Command {
    let mut command = Command::new(program);
    let url = format!("sqlite:{}", database.display());
    command.args(["serve", "--dev", "--listen", "127.0.0.1:0", "--database", &url]).env_remove("ASSENT_LOG");
    if std::fs::metadata(database).or_else(|_| std::fs::metadata(program)).is_ok_and(|it| it.uid() == 0) {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

#[tokio::test]
async fn a_ledger_that_can_not_be_written_to_is_refused_and_left_as_it_is() {
    let mut server = server().await;
    within(server.accepted("contoso", "fabrikam")).await;
    within(server.terminate()).await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    // Nobody may not look into the folder that the program was built in.
    let program = folder.path().join("assent");
    std::fs::copy(assent_binary(), &program).expect("the program can be copied");
    set_mode(&program, 0o755);
    let ledger = folder.path().join("ledger");
    std::fs::create_dir(&ledger).expect("a folder can be made");
    for file in ["assent.db", "assent.db.key", "assent.db.views"] {
        std::fs::copy(server.folder().join(file), ledger.join(file)).expect("it can be copied");
    }
    let database = ledger.join("assent.db");
    set_mode(folder.path(), 0o755);

    // First the file alone, in a folder that anybody may write to; then the folder, too.
    for (of_file, of_folder) in [(0o444, 0o777), (0o444, 0o555)] {
        set_mode(&database, of_file);
        set_mode(&ledger, of_folder);
        let before = std::fs::read(&database).expect("it can be read");
        let sentence = refused(serve(&program, &database)).await;
        assert!(sentence.contains("assent.db") && sentence.contains("read-only"), "{sentence}");
        assert_eq!(std::fs::read(&database).expect("it can be read"), before);
    }
    let names = files(&ledger);
    let new = refused(serve(&program, &ledger.join("new.db"))).await;
    assert!(new.contains("new.db"), "{new}");
    assert_eq!(files(&ledger), names, "nothing is made where nothing can be");
    set_mode(&ledger, 0o755);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let sentence = refused(super::serve(&folder.path().join("missing/assent.db"), &[])).await;
    assert!(sentence.contains("missing/assent.db"), "{sentence}");
    assert!(files(folder.path()).is_empty());
}
