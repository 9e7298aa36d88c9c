//! What this program shows a server, and what it believes of one.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};
use tonic::{Request, Status};

use crate::connect::Server;
use crate::context::read;
use crate::failure::Failure;

/// A connection on which every call shows the token, where there is one.
pub(crate) type Authorized = InterceptedService<Channel, Bearer>;

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
    /// How TLS is spoken with this server; none where it is not.
    pub(crate) fn tls(&self, server: &Server) -> Result<Option<ClientTlsConfig>, Failure> {
        if !server.is_encrypted() {
            return match self.ca_file.is_some() || self.client_cert.is_some() {
                true => Err(Failure::Usage(format!(
                    "--ca-file and --client-cert are for a server with TLS: write https:// instead of {server}"
                ))),
                false => Ok(None),
            };
        }
        let tls = match &self.ca_file {
            Some(path) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(path)?)),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        Ok(Some(match (&self.client_cert, &self.client_key) {
            (Some(certificate), Some(key)) => {
                tls.identity(Identity::from_pem(read(certificate)?, read(key)?))
            }
            _ => tls,
        }))
    }

    /// What every call shows this server.
    pub(crate) fn bearer(&self, server: &Server) -> Result<Bearer, Failure> {
        if let Some(path) = &self.token_file {
            if !server.is_encrypted() && !server.is_here() {
                return Err(Failure::Usage(format!(
                    "a token is not sent unencrypted: write https:// instead of {server}"
                )));
            }
            // Said at once, and before anything is read.
            header(path).map_err(Failure::Usage)?;
        }
        Ok(Bearer(self.token_file.clone()))
    }
}

/// Puts the token that a file holds now into every call.
#[derive(Clone, Debug)]
pub(crate) struct Bearer(Option<PathBuf>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(path) = &self.0 {
            request.metadata_mut().insert("authorization", header(path).map_err(Status::unauthenticated)?);
        }
        Ok(request)
    }
}

fn header(path: &Path) -> Result<MetadataValue<Ascii>, String> {
    let token = fs::read_to_string(path)
        .map_err(|error| format!("could not read the token in `{}`: {error}", path.display()))?;
    let token = token.trim();
    if token.is_empty() || token.contains(char::is_whitespace) {
        return Err(format!("`{}` holds no token: one line is what it must be", path.display()));
    }
    let mut header: MetadataValue<Ascii> = format!("Bearer {token}")
        .parse()
        .map_err(|_| format!("`{}` holds no token: it has other characters than ASCII", path.display()))?;
    // Not kept in the connection's table of headers.
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn file(content: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file
    }

    #[test]
    fn a_token_goes_to_this_machine_or_over_https() {
        let token = file("a.b.c\n");
        let credentials = Credentials { token_file: Some(token.path().to_owned()), ..Credentials::default() };
        for (server, goes) in [
            ("http://127.0.0.1:1", true),
            ("http://[::1]:1", true),
            ("http://localhost:1", true),
            ("https://ledger.example:1", true),
            ("http://ledger.example:1", false),
            ("http://192.0.2.1:1", false),
            ("http://localhost.example:1", false),
        ] {
            let server: Server = server.parse().unwrap();
            assert_eq!(credentials.bearer(&server).is_ok(), goes, "{server}");
        }
    }

    #[test]
    fn a_token_is_what_its_file_holds_now() {
        let token = file("a.b.c\n");
        let mut bearer = Bearer(Some(token.path().to_owned()));
        for content in ["a.b.c\n", "d.e.f"] {
            fs::write(token.path(), content).unwrap();
            let request = bearer.call(Request::new(())).unwrap();
            let header = request.metadata().get("authorization").unwrap();
            assert_eq!(header.to_str().unwrap(), format!("Bearer {}", content.trim()));
            assert!(!format!("{request:?}").contains(content.trim()), "{request:?}");
        }
        for content in ["", "two words", "línea"] {
            fs::write(token.path(), content).unwrap();
            let status = bearer.call(Request::new(())).unwrap_err();
            assert!(status.message().contains("holds no token"), "{status}");
        }
    }
}
