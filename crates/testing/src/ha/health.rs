//! Asking Patroni, in the few words of HTTP that it takes.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A node that takes longer is no node to rely on.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Whether a node says that it is what the path names: `/primary`, `/replica`, `/synchronous`.
pub(super) async fn answers(node: SocketAddr, path: &str) -> bool {
    matches!(timeout(TIMEOUT, status(node, path)).await, Ok(Ok(200)))
}

async fn status(node: SocketAddr, path: &str) -> io::Result<u16> {
    let mut stream = TcpStream::connect(node).await?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    // HTTP/1.0 200 OK
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|it| it.parse().ok());
    status.ok_or_else(|| io::ErrorKind::InvalidData.into())
}
