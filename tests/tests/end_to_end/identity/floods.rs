//! Floods of connections.

use assent_testing::{Credentials, Server, claims};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpSocket, TcpStream};

use super::outcome;
use crate::support::within;

/// Few places, so that a test can take them all.
const LIMITS: &str = "connections = 64\nconnections_per_address = 32";

async fn silent(server: &Server, from: &str) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().expect("a socket can be made");
    socket.bind(from.parse().expect("it is an address")).expect("loopback has many addresses");
    socket.connect(server.address()).await.ok()
}

/// Whether the server has hung up; else it waits for what is never sent.
async fn is_hung_up(stream: &mut TcpStream) -> bool {
    within(stream.read(&mut [0])).await.map_or(true, |it| it == 0)
}

#[tokio::test]
async fn a_flood_of_silent_connections_of_one_address_leaves_everybody_else_served() {
    for mut credentials in [Credentials::new(), Credentials::without_tls()] {
        credentials.settings = LIMITS.to_owned();
        let server = Server::spawn(credentials.server()).await;
        let token = credentials.issuer.token(&claims("orders", "assent.authorize", &["contoso"]));
        let mut flood = Vec::new();
        for _ in 0..200 {
            flood.extend(silent(&server, "127.0.0.2:0").await);
        }
        // From 127.0.0.1.
        assert_eq!(outcome(&server.acting_as(&token)).await, "OK");
        // Those without a place are hung up on at once, the others when their time is over.
        for stream in &mut flood {
            assert!(is_hung_up(stream).await);
        }
        assert!(server.stderr().contains("connections were refused"));
        assert_eq!(outcome(&server.acting_as(&token)).await, "OK");
    }
}
