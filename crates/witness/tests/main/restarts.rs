use assent_witness::Answer;

use crate::ground::{Ground, Log, cosigned, stored};

#[tokio::test]
async fn a_restart_forgets_nothing_and_a_rollback_is_refused() {
    let log = Log::new(100, 100, 0);
    let mut ground = Ground::new().await;
    for (old_size, size) in [(0, 10), (10, 50), (50, 100)] {
        let request = log.request(old_size, size);
        assert!(cosigned(&ground.add(&request).await.unwrap(), &request.checkpoint));
        ground = ground.restarted().await;
        assert_eq!(ground.add(&log.request(old_size, size)).await.unwrap(), Answer::Conflict { size });
        let fork = Log::new(100, 5, 1);
        assert_eq!(ground.add(&fork.request(size, size)).await.unwrap(), Answer::Fork);
    }
}

#[tokio::test]
async fn what_was_cosigned_was_on_the_disk_before() {
    let log = Log::new(100, 100, 0);
    let ground = Ground::new().await;
    for size in 1..=100 {
        let request = log.request(size - 1, size);
        assert!(cosigned(&ground.add(&request).await.unwrap(), &request.checkpoint));
        assert!(stored(&ground.state()).contains(&format!("\n{size} ")), "{size}");
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_not_cosigned() {
    let log = Log::new(20, 20, 0);
    let ground = Ground::new().await;
    ground.add(&log.request(0, 10)).await.unwrap();
    // A folder stands where the new file is to be written, for whatever user the tests run as.
    let in_the_way = ground.state().with_file_name("state.new");
    std::fs::create_dir(&in_the_way).unwrap();
    let answer = ground.add(&log.request(10, 20)).await;
    assert!(
        matches!(answer, Err(assent_witness::ClientError::Answer(status)) if status == 500),
        "{answer:?}"
    );
    assert!(stored(&ground.state()).contains("\n10 "));
    std::fs::remove_dir(&in_the_way).unwrap();
    let request = log.request(10, 20);
    assert!(cosigned(&ground.add(&request).await.unwrap(), &request.checkpoint));
}
