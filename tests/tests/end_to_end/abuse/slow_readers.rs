//! Clients that ask for much and read nothing.

use assent_proto::v1::acceptance_service_client::AcceptanceServiceClient;
use assent_proto::v1::audit_service_client::AuditServiceClient;
use assent_proto::v1::watch_acceptance_status_response::Message;
use assent_proto::v1::{ReadEventsRequest, WatchAcceptanceStatusRequest};
use assent_testing::requests;
use tonic::transport::Endpoint;

use crate::abuse::{assert_well, memory_kib, server};
use crate::support::{import, within};

const READERS: usize = 30;
/// How many records are made while they do not read.
const RECORDS: u64 = 1_200;

#[tokio::test]
async fn watchers_and_readers_that_do_not_read_cost_no_memory_and_hold_up_nobody() {
    let server = server(&[]).await;
    // A connection of their own: what is not read of one stream fills the window of all that share it.
    let channel = Endpoint::from_shared(server.url()).expect("it is an address").connect_lazy();
    let mut acceptance = AcceptanceServiceClient::new(channel.clone());
    let mut audit = AuditServiceClient::new(channel);
    let (mut watches, mut readers) = (Vec::new(), Vec::new());
    for _ in 0..READERS {
        let watch = WatchAcceptanceStatusRequest { partner_id: "contoso".to_owned(), ..Default::default() };
        watches.push(within(acceptance.watch_acceptance_status(watch)).await.expect("it begins"));
        let read = ReadEventsRequest { live: true, ..Default::default() };
        readers.push(within(audit.read_events(read)).await.expect("it begins"));
    }
    let before = memory_kib(&server);
    let rows = (0..RECORDS).map(|row| {
        let mut confirmation = requests::confirm("contoso", "fabrikam");
        confirmation.accepted_on = None;
        let instant = format!("2026-02-{:02}T{:02}:{:02}:00Z", 1 + row / 1_440, row / 60 % 24, row % 60);
        confirmation.accepted_at = Some(requests::at(&instant));
        requests::row(row, confirmation)
    });
    let outcomes = import(&server, rows.collect()).await;
    assert_eq!(outcomes.iter().filter(|it| it.error.is_some()).count(), 0);
    assert_well(&server, before).await;
    // The readers' streams fill the window that they share with the watches.
    drop(readers);
    let mut watch = watches.pop().expect("there are some").into_inner();
    drop(watches);
    // Whoever reads again is told how things stand, and not everything that happened meanwhile.
    let mut messages = 0;
    within(async {
        loop {
            messages += 1;
            let answer = watch.message().await.expect("it goes on").expect("it goes on");
            if let Some(Message::Checkpoint(it)) = answer.message
                && it.position >= RECORDS
            {
                break;
            }
        }
    })
    .await;
    assert!(messages < RECORDS, "{messages}");
}
