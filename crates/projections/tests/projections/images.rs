//! A start from an image of the index knows what any other start knows, and an image that does not go with the log is as if
//! it was not there.

use std::path::Path;

use assent_domain::Facts as _;
use assent_domain::command::Command;
use assent_domain::scenario as words;
use assent_domain::values::Position;
use assent_event_log::EventLog;
use assent_projections::{Alike, Began, Image, Started, Views, audit, start_with, verify};
use tempfile::TempDir;

use crate::ledger::{Ledger, busy, request_keys};
use crate::place::Place;
use crate::starting::said;

/// Where an image lies, and nothing else.
struct Kept {
    image: Image,
    _folder: TempDir,
}

impl Kept {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let image = Image::at(folder.path().join("index"));
        Self { image, _folder: folder }
    }

    fn path(&self) -> &Path {
        self.image.path()
    }

    async fn started(&self, ledger: &Ledger) -> Started {
        let views = Views::open(&ledger.log).await.unwrap();
        start_with(&ledger.log, views, Some(&self.image), |_, _| {}).await.unwrap()
    }

    /// A first start, which folds the log and writes an image of it; its read models are closed.
    async fn begun(&self, ledger: &Ledger) -> Position {
        let started = self.started(ledger).await;
        assert_eq!((started.began, started.snapshot), (Began::Log, Position::START));
        ended(ledger, started).await;
        head(ledger)
    }
}

/// Ends what was started, and waits until nobody has its lease any more.
async fn ended(ledger: &Ledger, Started { maintainer, .. }: Started) {
    const IS_FREE: &str = "
        SELECT NOT EXISTS (
            SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
            WHERE datname = current_database() AND locktype = 'advisory')";
    maintainer.views().close().await;
    drop(maintainer);
    if let Place::Postgres(database) = &ledger.place {
        while database.run(IS_FREE).await != "t" {}
    }
}

fn confirmed_on(partner: &str, customer: &str, day: &str) -> Command {
    words::attest(partner, customer, words::claim(&format!("{day}T00:00:00Z")))
}

fn head(ledger: &Ledger) -> Position {
    Position(ledger.log.head().size)
}

/// What happens while no server runs.
async fn goes_on(ledger: &mut Ledger) {
    ledger.parties("c", "z").await;
    assert!(ledger.did(&words::confirm("c", "z")).await);
    assert!(ledger.did(&confirmed_on("a", "x", "2024-05-11")).await);
}

/// Index and rows are what the log says; the rows once the maintainer has had its turn.
async fn assert_as_the_log_says(ledger: &Ledger, started: &mut Started) {
    verify(&ledger.log, &started.index).await.unwrap().unwrap();
    // The session of the start before may hold the lease a little longer.
    while *started.maintainer.written().borrow() < head(ledger) {
        started.maintainer.step().await.unwrap();
    }
    let views = Views::open_read_only(&ledger.log).await.unwrap();
    let Alike { read_models, .. } =
        audit(&ledger.log, Some(&views), request_keys, |_, _| {}).await.unwrap().unwrap();
    assert_eq!(read_models, Some(head(ledger).0));
    views.close().await;
}

pub(crate) async fn a_start_from_an_image_gives_the_same_index_and_leaves_the_rows_alone(place: Place) {
    let (ledger, kept) = (busy(place).await, Kept::new());
    let first = kept.started(&ledger).await;
    assert_eq!((first.began, first.image), (Began::Log, Some(head(&ledger))));
    let from_log = said(&first.index.read());
    ended(&ledger, first).await;
    let mut again = kept.started(&ledger).await;
    assert_eq!(
        (again.began, again.snapshot, again.image),
        (Began::Image, head(&ledger), Some(head(&ledger)))
    );
    assert_eq!(said(&again.index.read()), from_log);
    assert_eq!(*again.maintainer.written().borrow(), head(&ledger));
    assert_as_the_log_says(&ledger, &mut again).await;
}

pub(crate) async fn a_start_from_an_image_that_is_behind_the_read_models_writes_no_row_twice(place: Place) {
    let (mut ledger, kept) = (busy(place).await, Kept::new());
    let image = kept.begun(&ledger).await;
    goes_on(&mut ledger).await;
    // Another server wrote their rows, without an image.
    let views = Views::open(&ledger.log).await.unwrap();
    let mut other = start_with(&ledger.log, views, None, |_, _| {}).await.unwrap();
    assert_as_the_log_says(&ledger, &mut other).await;
    ended(&ledger, other).await;
    // And then neither wrote the last ones.
    assert!(ledger.did(&confirmed_on("c", "z", "2024-05-12")).await);
    let mut started = kept.started(&ledger).await;
    assert_eq!((started.began, started.snapshot), (Began::Image, image));
    assert_eq!(started.index.read().ledger(), ledger.facts.ledger());
    assert_as_the_log_says(&ledger, &mut started).await;
}

pub(crate) async fn a_start_from_an_image_that_is_ahead_of_the_read_models_writes_their_rows(place: Place) {
    let (mut ledger, kept) = (busy(place).await, Kept::new());
    let read_models = kept.begun(&ledger).await;
    goes_on(&mut ledger).await;
    assert_eq!(kept.image.refresh(&ledger.log).await, Some(head(&ledger)));
    for more in [false, true] {
        if more {
            assert!(ledger.did(&confirmed_on("c", "z", "2024-05-12")).await);
            assert_eq!(kept.image.refresh(&ledger.log).await, Some(head(&ledger)));
            assert!(ledger.did(&confirmed_on("c", "z", "2024-05-13")).await);
        }
        let mut started = kept.started(&ledger).await;
        assert_eq!(started.began, Began::Image);
        assert!(started.snapshot > read_models);
        assert_as_the_log_says(&ledger, &mut started).await;
        ended(&ledger, started).await;
    }
}

pub(crate) async fn an_image_that_is_brought_up_to_date_is_what_the_log_says(place: Place) {
    let (mut ledger, kept) = (busy(place).await, Kept::new());
    assert_eq!(kept.image.refresh(&ledger.log).await, None, "there is nothing to begin with");
    kept.begun(&ledger).await;
    goes_on(&mut ledger).await;
    let started = kept.started(&ledger).await;
    assert!(Image::is_due(&started.index.read(), started.image));
    let proven = verify(&ledger.log, &started.index).await.unwrap().unwrap();
    assert_eq!(kept.image.write(&ledger.log, proven).await, Some(head(&ledger)));
    assert!(!Image::is_due(&started.index.read(), Some(head(&ledger))));
    ended(&ledger, started).await;
    assert!(ledger.did(&confirmed_on("c", "z", "2024-05-12")).await);
    assert_eq!(kept.image.refresh(&ledger.log).await, Some(head(&ledger)));
    let mut started = kept.started(&ledger).await;
    assert_eq!(started.snapshot, head(&ledger));
    assert_as_the_log_says(&ledger, &mut started).await;
    // What a server does that ends.
    assert_eq!(kept.image.write_shared(&ledger.log, &started.index).await, Some(head(&ledger)));
    ended(&ledger, started).await;
    assert_as_the_log_says(&ledger, &mut kept.started(&ledger).await).await;
}

pub(crate) async fn an_image_beside_read_models_that_are_gone_is_not_used(place: Place) {
    let (ledger, kept) = (busy(place).await, Kept::new());
    kept.begun(&ledger).await;
    ledger.place.run_on_views("DELETE FROM projections; DELETE FROM acceptances").await;
    let mut started = kept.started(&ledger).await;
    assert_eq!((started.began, started.image), (Began::Log, Some(head(&ledger))));
    assert_as_the_log_says(&ledger, &mut started).await;
}

/// Two ledgers that are one up to their last events: one of them is the other after a failover, or from a backup.
async fn forked(place: Place) -> [Ledger; 2] {
    let other = place.another().await;
    [busy(place).await, busy(other).await]
}

pub(crate) async fn an_image_of_events_that_the_log_has_lost_is_not_used(place: Place) {
    let [mut shown, mut ledger] = forked(place).await;
    assert_eq!(
        shown.log.entry(1).await.unwrap().unwrap().leaf_hash,
        ledger.log.entry(1).await.unwrap().unwrap().leaf_hash
    );
    let kept = Kept::new();
    ended(&ledger, kept.started(&ledger).await).await;
    assert!(shown.did(&confirmed_on("a", "x", "2024-05-21")).await);
    kept.begun(&shown).await;
    for more in [false, true] {
        if more {
            // As far as the image and further, with other events.
            goes_on(&mut ledger).await;
        }
        let mut started = kept.started(&ledger).await;
        assert_eq!(started.began, Began::ReadModels);
        assert_as_the_log_says(&ledger, &mut started).await;
        ended(&ledger, started).await;
    }
    assert_eq!(kept.image.refresh(&ledger.log).await, None, "nor is it gone on with");
}

pub(crate) async fn an_image_of_another_ledger_is_not_used_and_replaced(place: Place) {
    let kept = Kept::new();
    let other = Ledger::begun_at(place.another().await, words::instant("2024-06-02T00:00:00Z")).await;
    kept.begun(&other).await;
    let ledger = busy(place).await;
    let mut started = kept.started(&ledger).await;
    assert_eq!(started.began, Began::Log);
    assert_as_the_log_says(&ledger, &mut started).await;
    ended(&ledger, started).await;
    assert_eq!(kept.started(&ledger).await.began, Began::Image);
}

pub(crate) async fn an_image_that_is_broken_is_not_used(place: Place) {
    let (ledger, kept) = (busy(place).await, Kept::new());
    kept.begun(&ledger).await;
    let whole = std::fs::read(kept.path()).unwrap();
    let (mut flipped, middle) = (whole.clone(), whole.len() / 2);
    flipped[middle] ^= 1;
    for broken in [&flipped[..], &whole[..middle], b"", b"no image"] {
        std::fs::write(kept.path(), broken).unwrap();
        let mut started = kept.started(&ledger).await;
        assert_eq!(started.began, Began::ReadModels);
        assert_as_the_log_says(&ledger, &mut started).await;
        ended(&ledger, started).await;
    }
    std::fs::write(kept.path(), whole).unwrap();
    assert_eq!(kept.started(&ledger).await.began, Began::Image);
}

#[tokio::test]
async fn a_process_without_the_lease_begins_with_its_own_image() {
    let (mut ledger, kept) = (busy(Place::postgres().await).await, Kept::new());
    kept.begun(&ledger).await;
    let maintaining =
        start_with(&ledger.log, Views::open(&ledger.log).await.unwrap(), None, |_, _| {}).await.unwrap();
    goes_on(&mut ledger).await;
    let log = EventLog::open(&ledger.url).await.unwrap();
    let views = Views::open(&log).await.unwrap();
    let mut second = start_with(&log, views, Some(&kept.image), |_, _| {}).await.unwrap();
    assert_eq!(second.began, Began::Image);
    assert!(*second.maintainer.written().borrow() < head(&ledger), "the first one has written nothing since");
    // It ends without having written them; the second one takes over.
    ended(&ledger, maintaining).await;
    assert_as_the_log_says(&ledger, &mut second).await;
}
