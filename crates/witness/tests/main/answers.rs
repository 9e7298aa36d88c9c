use assent_evidence::{Checkpoint, EMPTY_ROOT, KeyPurpose, Origin};
use assent_witness::{AddCheckpoint, Answer};

use crate::ground::{Ground, Log, cosigned, key, log_key};

#[tokio::test]
async fn a_log_that_only_grows_is_cosigned_again_and_again() {
    let (ground, log) = (Ground::new().await, Log::new(200, 200, 0));
    for (old_size, size) in [(0, 3), (3, 3), (3, 64), (64, 200)] {
        let request = log.request(old_size, size);
        let answer = ground.add(&request).await.unwrap();
        assert!(cosigned(&answer, &request.checkpoint), "{old_size} to {size}: {answer:?}");
    }
}

#[tokio::test]
async fn an_empty_log_is_cosigned_too() {
    let (ground, log) = (Ground::new().await, Log::new(5, 5, 0));
    let empty =
        Checkpoint { origin: Origin::parse(crate::ground::ORIGIN).unwrap(), size: 0, root: EMPTY_ROOT };
    let request =
        AddCheckpoint { old_size: 0, proof: vec![], checkpoint: empty.sign(&[log_key(1)]).unwrap() };
    assert!(cosigned(&ground.add(&request).await.unwrap(), &request.checkpoint));
    let request = log.request(0, 5);
    assert!(cosigned(&ground.add(&request).await.unwrap(), &request.checkpoint));
}

#[tokio::test]
async fn another_size_than_the_last_one_is_a_conflict_that_names_it() {
    let (ground, log) = (Ground::new().await, Log::new(100, 100, 0));
    assert_eq!(ground.add(&log.request(7, 10)).await.unwrap(), Answer::Conflict { size: 0 });
    ground.add(&log.request(0, 10)).await.unwrap();
    for (old_size, size) in [(0, 10), (0, 20), (9, 20), (11, 20), (5, 5)] {
        let answer = ground.add(&log.request(old_size, size)).await.unwrap();
        assert_eq!(answer, Answer::Conflict { size: 10 }, "{old_size} to {size}");
    }
}

#[tokio::test]
async fn a_second_history_is_not_cosigned() {
    let ground = Ground::new().await;
    let (log, fork) = (Log::new(100, 100, 0), Log::new(100, 4, 1));
    ground.add(&log.request(0, 10)).await.unwrap();
    let before = crate::ground::stored(&ground.state());
    assert_eq!(ground.add(&fork.request(10, 10)).await.unwrap(), Answer::Fork);
    let answer = ground.add(&fork.request(10, 20)).await.unwrap();
    assert!(matches!(answer, Answer::Refused { status: 422, .. }), "{answer:?}");
    assert_eq!(crate::ground::stored(&ground.state()), before);
}

#[tokio::test]
async fn a_proof_that_does_not_fit_is_refused() {
    let (ground, log) = (Ground::new().await, Log::new(100, 100, 0));
    let unneeded = AddCheckpoint { proof: vec![[7; 32]], ..log.request(0, 10) };
    let answer = ground.add(&unneeded).await.unwrap();
    assert!(matches!(answer, Answer::Refused { status: 422, .. }), "{answer:?}");
    ground.add(&log.request(0, 10)).await.unwrap();
    let missing = AddCheckpoint { proof: vec![], ..log.request(10, 20) };
    let same_size = AddCheckpoint { proof: vec![[7; 32]], ..log.request(10, 10) };
    for request in [missing, same_size] {
        let answer = ground.add(&request).await.unwrap();
        assert!(matches!(answer, Answer::Refused { status: 422, .. }), "{answer:?}");
    }
}

#[tokio::test]
async fn who_is_not_known_is_told_so() {
    let (ground, log) = (Ground::new().await, Log::new(10, 10, 0));
    let unsigned = log.checkpoint(10).checkpoint().sign(&[log_key(77)]).unwrap();
    let answer = ground.add(&AddCheckpoint { checkpoint: unsigned, ..log.request(0, 10) }).await.unwrap();
    assert!(matches!(answer, Answer::Refused { status: 403, .. }), "{answer:?}");

    let origin = Origin::parse("other.example/log").unwrap();
    let other = Checkpoint { origin, ..log.checkpoint(10).checkpoint().clone() };
    let other = other.sign(&[key("other.example/log", KeyPurpose::Log, 1)]).unwrap();
    let answer = ground.add(&AddCheckpoint { checkpoint: other, ..log.request(0, 10) }).await.unwrap();
    assert!(matches!(answer, Answer::Refused { status: 404, .. }), "{answer:?}");

    let smaller = AddCheckpoint { old_size: 11, ..log.request(0, 10) };
    let answer = ground.add(&smaller).await.unwrap();
    assert!(matches!(answer, Answer::Refused { status: 400, .. }), "{answer:?}");
}

#[tokio::test]
async fn while_a_log_rotates_its_key_either_is_known() {
    let (ground, log) = (Ground::new().await, Log::new(20, 20, 0));
    ground.add(&log.request(0, 10)).await.unwrap();
    let request = log.request(10, 20);
    let by_new_key = request.checkpoint.checkpoint().sign(&[log_key(2)]).unwrap();
    let answer = ground.add(&AddCheckpoint { checkpoint: by_new_key, ..request }).await.unwrap();
    assert!(matches!(answer, Answer::Cosigned(_)), "{answer:?}");
}
