//! The tables of the read models on a server: made by their owner, written by the role that a server runs as.

use assent_projections::admin::{migrate, rebuild, status};
use tokio::task::JoinSet;

use crate::ledger::busy;
use crate::place::Place;
use crate::replica::Replica;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_runtime_role_maintains_what_its_owner_made_and_rebuilt() {
    let place = Place::postgres().await;
    let role = place.database().role("server").await;
    assent_event_log::migrate(&place.url(), Some(&role.name)).await.unwrap();
    let mut migrating = JoinSet::new();
    for _ in 0..6 {
        let url = place.url();
        migrating.spawn(async move { migrate(&url).await.map_err(|it| format!("{it:?}")) });
    }
    while let Some(migrated) = migrating.join_next().await {
        assert_eq!(migrated.unwrap(), Ok(()));
    }
    let mut ledger = busy(place).await;
    let replica = Replica::started(&role.url).await;
    for name in ["c", "d"] {
        ledger.parties(name, name).await;
        replica.follow().await;
        replica.until_written().await;
        assert_eq!(status(&role.url).await.unwrap()[0].position, ledger.log.head().size);
        assert_eq!(rebuild(&ledger.url, |_, _| {}).await.unwrap().differences, 0);
    }
    replica.stop().await;
}

#[tokio::test]
async fn migrating_takes_away_editions_before_the_one_before_and_leaves_the_others_and_what_is_not_its_own() {
    let place = Place::postgres().await;
    let database = place.database();
    let (owner, other) = (database.role("owner").await, database.role("somebody").await);
    let allowed = format!("GRANT CREATE ON DATABASE {} TO {}", database.name(), owner.name);
    database.run(&format!("{allowed}; GRANT CREATE ON SCHEMA public TO {}", owner.name)).await;
    assent_event_log::migrate(&owner.url, None).await.unwrap();
    migrate(&owner.url).await.unwrap();
    let made = format!(
        "CREATE SCHEMA assent_views_0_7 AUTHORIZATION {};
         SET ROLE {};
         CREATE SCHEMA assent_views_1_1;
         CREATE SCHEMA assent_views_1_2;
         CREATE TABLE assent_views_1_2.partners (partner_id TEXT);
         CREATE SCHEMA assent_views_2_4;
         CREATE SCHEMA assent_views_of_mine;
         INSERT INTO read_models VALUES (1, 2), (2, 4);",
        other.name, owner.name
    );
    database.run(&made).await;
    for _ in 0..2 {
        migrate(&owner.url).await.unwrap();
        let schemas = "SELECT string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace
                       WHERE starts_with(nspname, 'assent_views')";
        let left = "assent_views_0_7 assent_views_2_4 assent_views_4_1 assent_views_of_mine";
        assert_eq!(database.run(schemas).await, left);
        let editions =
            "SELECT string_agg(edition || '_' || generation, ' ' ORDER BY edition) FROM read_models";
        assert_eq!(database.run(editions).await, "2_4 4_1");
    }
}
