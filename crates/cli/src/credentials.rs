//! What this program shows a server, and what it believes of one.

use std::path::PathBuf;

use assent_proto::client::Connector;
use clap::Args;

use crate::connect::Server;
use crate::context::read;
use crate::failure::Failure;

/// What a server is shown, and what is believed of one. A token itself is no flag: lists of processes show flags.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Credentials")]
pub(crate) struct Credentials {
    /// A file with the token to show (a JWT), read again when it changes.
    #[arg(long, global = true, value_name = "FILE", env = "ASSENT_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// The authorities that the server's certificate is verified by (PEM); without it, those of this machine.
    #[arg(long, global = true, value_name = "FILE", env = "ASSENT_CA_FILE")]
    ca_file: Option<PathBuf>,
    /// The certificate to show (PEM), and after it those between it and its authority.
    #[arg(long, global = true, value_name = "FILE", env = "ASSENT_CLIENT_CERT", requires = "client_key")]
    client_cert: Option<PathBuf>,
    /// Its private key (PEM).
    #[arg(long, global = true, value_name = "FILE", env = "ASSENT_CLIENT_KEY", requires = "client_cert")]
    client_key: Option<PathBuf>,
}

impl Credentials {
    /// The way to a server, as whom these say.
    pub(crate) fn shown_to(&self, server: &Server, mut connector: Connector) -> Result<Connector, Failure> {
        let Self { token_file, ca_file, client_cert, client_key } = self;
        if !server.is_encrypted() && (ca_file.is_some() || client_cert.is_some()) {
            return Err(Failure::Usage(format!(
                "--ca-file and --client-cert are for a server with TLS: write https:// instead of {server}"
            )));
        }
        if let Some(path) = ca_file {
            connector = connector.certificate_authorities(&read(path)?);
        }
        if let (Some(certificate), Some(key)) = (client_cert, client_key) {
            connector = connector.client_certificate(&read(certificate)?, &read(key)?);
        }
        Ok(match token_file {
            Some(path) => connector.token_file(path.clone()),
            None => connector,
        })
    }
}
