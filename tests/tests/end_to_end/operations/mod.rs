//! What a server tells whoever runs it: figures, request ids, spans, health, and how it stops.

mod configured;
mod cut_short;
mod health;
mod metrics;
mod requests;
mod stopping;
mod traces;

use std::collections::BTreeMap;

use assent_testing::{Server, ServerOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::within;

/// A server with a port for metrics and health.
async fn observed(arguments: &[&str]) -> Server {
    let words = ["--metrics-listen", "127.0.0.1:0"].iter().chain(arguments);
    let arguments = words.map(|it| (*it).to_owned()).collect();
    within(Server::spawn(ServerOptions { arguments, ..Default::default() })).await
}

/// Where that port is.
pub(crate) fn port(server: &Server) -> String {
    let said = server.stderr();
    let line = said.lines().rfind(|it| it.contains("serving metrics and health")).expect("it says where");
    line.rsplit_once("address=").expect("the line names it").1.trim().to_owned()
}

/// What an HTTP server answers, status and body; none where nobody listens.
async fn get(address: &str, path: &str) -> Option<(u16, String)> {
    let mut connection = TcpStream::connect(address).await.ok()?;
    let request = format!("GET /{path} HTTP/1.1\r\nHost: assent\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    within(connection.read_to_string(&mut answer)).await.ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

/// Every figure of the page, by its name with its labels as they stand there.
pub(crate) async fn figures(address: &str) -> BTreeMap<String, f64> {
    let (status, page) = get(address, "metrics").await.expect("the port is open");
    assert_eq!(status, 200, "{page}");
    let lines = page.lines().filter(|it| !it.starts_with('#'));
    let figure = |line: &str| {
        let (name, value) = line.rsplit_once(' ').expect("a line is a name and a value");
        (name.to_owned(), value.parse().expect("a value is a number"))
    };
    lines.map(figure).collect()
}
