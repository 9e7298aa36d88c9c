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
    /// A file with the token to show (a JWT), read again for every call.
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
    /// Has a connection show and believe this.
    pub(crate) fn on(&self, connector: Connector, server: &Server) -> Result<Connector, Failure> {
        if !server.is_encrypted() && (self.ca_file.is_some() || self.client_cert.is_some()) {
            return Err(Failure::Usage(format!(
                "--ca-file and --client-cert are for a server with TLS: write https:// instead of {server}"
            )));
        }
        let mut connector = connector;
        if let Some(path) = &self.ca_file {
            connector = connector.certificate_authorities(&read(path)?);
        }
        if let (Some(certificate), Some(key)) = (&self.client_cert, &self.client_key) {
            connector = connector.client_certificate(&read(certificate)?, &read(key)?);
        }
        if let Some(path) = &self.token_file {
            connector = connector.token_file(path.clone());
        }
        Ok(connector)
    }
}
