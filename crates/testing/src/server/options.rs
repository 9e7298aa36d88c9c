//! How a server is started.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::assent_binary;

/// How a server is started.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// The program; none: [`assent_binary`].
    pub binary: Option<PathBuf>,
    /// The policy that a new ledger starts with; none: the built-in pack.
    pub policy: Option<PathBuf>,
    /// `production` or `sandbox`; none: the default.
    pub environment: Option<&'static str>,
    /// The database's URL, for replicas on one; none: a SQLite file of the server's own.
    pub database: Option<String>,
    /// The key of personal data, the same for all replicas, as [`master_key_file`] makes one; none: the default.
    pub master_key_file: Option<PathBuf>,
    /// What the program is started through, with its arguments: `strace -f -o FILE`. It must run the program as its
    /// only child, and end as that ends.
    pub wrapper: Vec<String>,
    /// More arguments.
    pub arguments: Vec<String>,
    /// Whether it is a server for developers: every call without a credential may do everything.
    pub dev: bool,
    /// The authority of its certificate, in PEM, where its connections are encrypted.
    pub ca: Option<String>,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            binary: None,
            policy: None,
            environment: None,
            database: None,
            master_key_file: None,
            wrapper: Vec::new(),
            arguments: Vec::new(),
            dev: true,
            ca: None,
        }
    }
}

impl ServerOptions {
    /// The command that serves this database, without its inputs and outputs.
    pub(super) fn command(&self, database: &str) -> Command {
        let Self {
            binary,
            policy,
            environment,
            database: _,
            master_key_file,
            wrapper,
            arguments,
            dev,
            ca: _,
        } = self;
        let program = binary.clone().unwrap_or_else(assent_binary).into_os_string();
        let mut words = wrapper.iter().map(OsString::from).chain([program]);
        let mut command = Command::new(words.next().expect("the program is one of them"));
        // Settings come from the test alone: a variable that is for the tests themselves would be no setting.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ASSENT_"))
        {
            command.env_remove(name);
        }
        command
            .args(words)
            .args(["serve", "--listen", "127.0.0.1:0", "--database", database])
            .args(dev.then_some("--dev"))
            .args(policy.iter().flat_map(|it| [Path::new("--policy"), it.as_path()]))
            .args(environment.iter().flat_map(|it| ["--environment", *it]))
            .args(master_key_file.iter().flat_map(|it| [Path::new("--master-key-file"), it.as_path()]))
            .args(arguments);
        command
    }
}

/// Makes a new key for [`ServerOptions::master_key_file`] in this folder, which only its owner can read.
pub fn master_key_file(folder: &Path) -> PathBuf {
    let mut key = [0; 32];
    getrandom::fill(&mut key).expect("the operating system gives random bytes");
    let text: String = key.iter().map(|it| format!("{it:02x}")).collect();
    let path = folder.join("master.key");
    let file = File::options().write(true).create_new(true).mode(0o600).open(&path);
    writeln!(file.expect("the folder has no key yet"), "{text}").expect("the folder can be written to");
    path
}
