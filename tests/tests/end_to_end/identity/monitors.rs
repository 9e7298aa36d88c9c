//! The listener of monitors, asked by `curl`: another TLS than the server's.

use std::path::Path;

use assent_testing::{Credentials, Server, claims, replace};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::support::within;

/// The status, and what came with it.
async fn curl(url: &str, arguments: &[&str]) -> (String, String) {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--write-out", "\n%{http_code}", url]).args(arguments);
    let output = within(command.kill_on_drop(true).output()).await.expect("curl is installed");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = said.rsplit_once('\n').expect("the status is written out");
    (status.to_owned(), format!("{body}{}", String::from_utf8_lossy(&output.stderr)))
}

/// A server that signs, and where monitors read.
async fn served(credentials: &Credentials) -> (Server, String) {
    let key = credentials.file("log.key").display().to_string();
    let made =
        crate::support::run(["key", "generate", "--origin", "ledger.example/log", "--out", &key]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let mut options = credentials.server();
    let anchor = credentials.file("anchor").display().to_string();
    let more = ["--tiles-listen", "127.0.0.1:0", "--signing-key", &key, "--anchor", &anchor];
    options.arguments.extend(more.map(str::to_owned));
    let server = within(Server::spawn(options)).await;
    let said = server.stderr();
    let line = said.lines().find(|it| it.contains("serving tiles to monitors")).expect("it says where");
    let address = line.rsplit_once("address=").expect("it names it").1.trim().to_owned();
    (server, address)
}

#[tokio::test]
async fn monitors_need_the_scope_of_auditors() {
    let audit = "user_id = \"audit\"\nscopes = [\"assent.audit\"]\npartners = [\"*\"]";
    for credentials in [Credentials::new().map("audit.example", audit), Credentials::without_tls()] {
        let (_server, address) = served(&credentials).await;
        let scheme = if credentials.tls { "https" } else { "http" };
        let url = format!("{scheme}://{address}/checkpoint");
        let ca = credentials.ca_file().display().to_string();
        let bearer = |scopes: &str, partners: &[&str]| {
            let token = credentials.issuer.token(&claims("audit", scopes, partners));
            format!("authorization: Bearer {token}")
        };
        let ask = async |header: &str| curl(&url, &["--cacert", &ca, "--header", header]).await;
        let (status, said) = ask("x: y").await;
        assert_eq!((status.as_str(), said.contains("CREDENTIAL_MISSING")), ("401", true), "{said}");
        let (status, said) = ask("authorization: Bearer no.to.ken").await;
        assert_eq!((status.as_str(), said.contains("CREDENTIAL_INVALID")), ("401", true), "{said}");
        let (status, said) = ask(&bearer("assent.authorize", &["*"])).await;
        assert_eq!((status.as_str(), said.contains("assent.audit")), ("403", true), "{said}");
        let (status, said) = ask(&bearer("assent.audit", &["contoso"])).await;
        assert_eq!((status.as_str(), said.contains("PARTNER_OUT_OF_SCOPE")), ("403", true), "{said}");
        let (status, said) = ask(&bearer("assent.audit", &["*"])).await;
        assert_eq!((status.as_str(), said.starts_with("ledger.example/log\n")), ("200", true), "{said}");
        if credentials.tls {
            let (certificate, key) = (credentials.file("client.crt"), credentials.file("client.key"));
            credentials.authority.certificate(&["DNS:audit.example"]).write(&certificate, &key);
            let text = |it: &Path| it.display().to_string();
            let shown = ["--cacert", &ca, "--cert", &text(&certificate), "--key", &text(&key)];
            let (status, said) = curl(&url, &shown).await;
            assert_eq!(status, "200", "{said}");
        }
    }
}

#[tokio::test]
async fn a_stranger_is_no_server_for_curl() {
    let credentials = Credentials::new();
    let (_server, address) = served(&credentials).await;
    let stranger = assent_testing::CertificateAuthority::new("a stranger");
    let ca = credentials.file("stranger.crt");
    replace(&ca, stranger.pem().as_bytes());
    let url = format!("https://{address}/checkpoint");
    let (status, _) = curl(&url, &["--cacert", &ca.display().to_string()]).await;
    assert_eq!(status, "000");
}

/// Asks for the checkpoint on a connection that may stay; the answer's head. Its body is left for whoever asks next.
async fn ask(connection: &mut TcpStream, token: &str) -> String {
    let request = format!("GET /checkpoint HTTP/1.1\r\nHost: log\r\nAuthorization: Bearer {token}\r\n\r\n");
    connection.write_all(request.as_bytes()).await.expect("it is there");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within(connection.read_u8()).await.expect("it is answered"));
    }
    String::from_utf8(head).expect("it is ASCII").to_lowercase()
}

#[tokio::test]
async fn a_connection_whose_credential_is_refused_ends_with_its_answer() {
    let credentials = Credentials::without_tls();
    let (_server, address) = served(&credentials).await;
    let connect = async || within(TcpStream::connect(&address)).await.expect("it listens");
    let token = credentials.issuer.token(&claims("audit", "assent.audit", &["*"]));
    let mut good = connect().await;
    let head = ask(&mut good, &token).await;
    assert!(head.contains("200 ok") && !head.contains("connection: close"), "{head}");
    let mut refused = connect().await;
    let head = ask(&mut refused, "no.to.ken").await;
    assert!(head.contains("401 unauthorized") && head.contains("connection: close"), "{head}");
    within(refused.read_to_end(&mut Vec::new())).await.expect("it ends");
    assert!(ask(&mut good, &token).await.contains("200 ok"));
}
