use assent_witness::Answer;

use crate::ground::{Ground, Log, cosigned, stored};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_signers_with_different_histories_one_wins_and_all_others_lose() {
    for round in 0..8_u8 {
        let ground = Ground::new().await;
        let begin = Log::new(10, 10, 0);
        ground.add(&begin.request(0, 10)).await.unwrap();
        let mut racing = tokio::task::JoinSet::new();
        for history in 1..=8_u8 {
            let request = Log::new(20, 10, round * 8 + history).request(10, 20);
            let client = ground.client();
            racing.spawn(async move {
                let answer = client.add_checkpoint(&request).await.unwrap();
                (request, answer)
            });
        }
        let raced = racing.join_all().await;
        let (won, lost): (Vec<_>, Vec<_>) =
            raced.iter().partition(|(_, answer)| matches!(answer, Answer::Cosigned(_)));
        assert_eq!((won.len(), lost.len()), (1, 7), "{raced:?}");
        assert!(cosigned(&won[0].1, &won[0].0.checkpoint));
        assert!(lost.iter().all(|(_, answer)| *answer == Answer::Conflict { size: 20 }), "{lost:?}");
        let root = won[0].0.checkpoint.to_string().lines().nth(2).unwrap().to_owned();
        assert!(stored(&ground.state()).contains(&format!("20 {root} ")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn signers_of_one_history_take_turns_and_never_go_back() {
    let ground = Ground::new().await;
    let mut signers = tokio::task::JoinSet::new();
    for signer in 1..=4_u64 {
        let client = ground.client();
        signers.spawn(async move {
            let log = Log::new(200, 200, 0);
            let (mut known, mut won) = (0, Vec::new());
            while known + signer <= 200 {
                match client.add_checkpoint(&log.request(known, known + signer)).await.unwrap() {
                    Answer::Cosigned(_) => {
                        won.push((known, known + signer));
                        known += signer;
                    }
                    Answer::Conflict { size } => {
                        assert!(size > known, "what was cosigned only grows");
                        known = size;
                    }
                    answer => panic!("{answer:?}"),
                }
            }
            won
        });
    }
    let mut steps = signers.join_all().await.concat();
    steps.sort_unstable();
    // Each step began where the one before it ended: nothing was cosigned twice, and nothing rolled back.
    assert_eq!(steps[0].0, 0);
    assert!(steps.windows(2).all(|pair| pair[0].1 == pair[1].0), "{steps:?}");
    assert!(steps.last().unwrap().1 > 196, "{steps:?}");
}
