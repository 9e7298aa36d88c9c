//! A certificate authority of a server's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An authority and what it has signed for the server.
#[derive(Debug)]
pub(super) struct Certificates {
    folder: PathBuf,
}

/// A certificate that signs others is refused as a server's own by some clients: so there are two.
const COMMANDS: [&str; 3] = [
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=assent-testing \
     -keyout ca.key -out ca.crt",
    "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
     -keyout server.key -out server.csr",
    "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile extensions -out server.crt",
];
const EXTENSIONS: &str = "basicConstraints = CA:FALSE\nsubjectAltName = DNS:localhost, IP:127.0.0.1\n";

impl Certificates {
    /// Makes both with `openssl`.
    pub(super) fn make(folder: &Path) -> Self {
        let folder = folder.join("tls");
        fs::create_dir(&folder).expect("the supervisor's folder can be written to");
        fs::write(folder.join("extensions"), EXTENSIONS).expect("the folder is ours");
        for arguments in COMMANDS {
            let command = Command::new("openssl").args(arguments.split(' ')).current_dir(&folder).output();
            let output = command.expect("openssl is installed");
            assert!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
        }
        Self { folder }
    }

    /// The authority's certificate, for `sslrootcert`.
    pub(super) fn authority(&self) -> PathBuf {
        self.folder.join("ca.crt")
    }

    /// The lines of `postgresql.conf`.
    pub(super) fn settings(&self) -> [String; 3] {
        let file = |name| self.folder.join(name).display().to_string();
        [
            "ssl = on".to_owned(),
            format!("ssl_cert_file = '{}'", file("server.crt")),
            format!("ssl_key_file = '{}'", file("server.key")),
        ]
    }
}
