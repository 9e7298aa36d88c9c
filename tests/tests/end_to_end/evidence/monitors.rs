//! The log as monitors read it: C2SP `tlog-tiles` over HTTP.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, whichever function it unwraps in"
)]

use assent_evidence::{
    BundleId, Checkpoint, TILE_WIDTH, TileId, TileNodes, leaf_hash, parse_bundle, root_from_tiles,
    tiles_for_root,
};
use assent_testing::{Server, ServerOptions};
use std::collections::HashMap;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::{at_least, checkpoint, key};
use crate::support::{backfill, events, head, import, within};

/// What an HTTP server answered.
struct Answer {
    status: String,
    headers: String,
    body: Vec<u8>,
}

async fn get(address: &str, path: &str) -> Answer {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nHost: log\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    within(connection.read_to_end(&mut answer)).await.unwrap();
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n").expect("headers end");
    let headers = String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase();
    let status = headers.split(' ').nth(1).unwrap().to_owned();
    Answer { status, headers, body: answer[end + 4..].to_vec() }
}

/// A server with more than one tile, and where it serves them.
async fn served() -> (Server, String) {
    let arguments = ["--tiles-listen", "127.0.0.1:0"].map(str::to_owned).to_vec();
    let server = within(Server::spawn(ServerOptions { arguments, ..Default::default() })).await;
    let said = server.stderr();
    let line = said.lines().find(|it| it.contains("serving tiles to monitors")).expect("it says where");
    let address = line.rsplit_once("address=").unwrap().1.trim().to_owned();
    (server, address)
}

#[tokio::test]
async fn a_monitor_that_knows_nothing_but_the_key_reads_the_whole_log_and_its_root() {
    let (server, address) = served().await;
    within(server.registered("contoso", "fabrikam")).await;
    let rows = (0..300).map(|row| {
        let day = format!("2020-{:02}-{:02}T00:00:00Z", 1 + row % 12, 1 + row % 28);
        let mut confirmation = assent_testing::requests::confirm("contoso", "fabrikam");
        confirmation.contact.as_mut().unwrap().email = format!("person-{row}@customer.example");
        backfill(row, &day, confirmation)
    });
    import(&server, rows.collect()).await;
    checkpoint(&server, at_least(head(&server).await)).await;
    let keys = [key(&server).await];

    let note = get(&address, "checkpoint").await;
    assert!(note.headers.contains("content-type: text/plain"), "{}", note.headers);
    let said = Checkpoint::open(&note.body, &keys).unwrap();
    let mut tiles = HashMap::new();
    for id in tiles_for_root(said.size) {
        let tile = get(&address, &id.path()).await;
        assert_eq!(tile.status, "200", "{}", id.path());
        tiles.insert(id, TileNodes::from_bottom_row(&tile.body).unwrap());
    }
    assert_eq!(root_from_tiles(said.size, &tiles).unwrap(), said.root);

    let mut entries = Vec::new();
    for index in 0..said.size.div_ceil(TILE_WIDTH) {
        let id = BundleId::of(index, said.size).unwrap();
        let bundle = get(&address, &id.path()).await.body;
        let row = get(&address, &TileId::of(0, index, said.size).unwrap().path()).await.body;
        let read = parse_bundle(&bundle, id.width).unwrap();
        let hashes: Vec<_> = read.iter().flat_map(|it| leaf_hash(it)).collect();
        assert_eq!(hashes, row);
        entries.extend(read.into_iter().map(<[u8]>::to_vec));
    }
    let stored: Vec<_> = events(&server).await.into_iter().map(|it| it.entry.to_vec()).collect();
    assert_eq!(entries, stored[..entries.len()]);
    // A narrower form of a tile that has grown since is still there.
    let narrow = get(&address, "tile/0/000.p/7").await;
    assert_eq!((narrow.status.as_str(), narrow.body.len()), ("200", 7 * 32));
    assert!(narrow.headers.contains("immutable"));
}

#[tokio::test]
async fn what_is_not_signed_is_not_shown_and_nonsense_is_not_found() {
    let (server, address) = served().await;
    within(server.registered("contoso", "fabrikam")).await;
    checkpoint(&server, at_least(1)).await;
    for path in [
        "tile/0/001",
        "tile/0/000",
        "tile/1/000.p/1",
        "tile/8/000",
        "tile/0/000.p/256",
        "tile/0/0",
        "tile/entries/x",
        "tile/entries/000.p/200",
        "tile/../checkpoint",
        "nothing",
    ] {
        assert_eq!(get(&address, path).await.status, "404", "{path}");
    }
}

#[tokio::test]
async fn a_flood_of_one_address_leaves_places_for_monitors_at_others() {
    let (server, address) = served().await;
    within(server.registered("contoso", "fabrikam")).await;
    checkpoint(&server, at_least(1)).await;
    let mut flood = Vec::new();
    for _ in 0..300 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        flood.extend(socket.connect(address.parse().unwrap()).await.ok());
    }
    // From 127.0.0.1.
    assert_eq!(get(&address, "checkpoint").await.status, "200");
    // Those above their limit are hung up on at once, the others when their time is over.
    for stream in &mut flood {
        within(async { while stream.read(&mut [0; 8]).await.is_ok_and(|it| it > 0) {} }).await;
    }
    assert!(server.stderr().contains("connections were refused"));
}

#[tokio::test]
async fn a_monitor_that_says_nothing_keeps_no_server_from_ending() {
    let (mut server, address) = served().await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        let mut connection = TcpStream::connect(&address).await.unwrap();
        connection.write_all(b"GET /checkpoint HTTP/1.1\r\nHost: l").await.unwrap();
        idle.push(connection);
    }
    assert_eq!(get(&address, "checkpoint").await.status, "200", "others are served");
    within(server.terminate()).await;
    drop(idle);
}
