//! The checker finds what is wrong with a history: an honest one is taken, and each forged one is refused.

use assent_proto::v1::Decision;

use super::calls::{Answer, Call};
use super::forge::{Forge, confirmation, id, order, purchase};

/// What the checker says of a history that somebody forged.
#[track_caller]
fn assert_refused(expected: &str, forge: impl FnOnce(&mut Forge)) {
    let mut forged = Forge::new();
    forge(&mut forged);
    let fault = forged.checked().expect_err("it is forged");
    assert!(fault.contains(expected), "{fault}");
}

/// Where an answer says that it rests.
fn position_of(answer: &mut Answer) -> &mut u64 {
    match answer {
        Answer::Written(written) => &mut written.position,
        Answer::Decided(response) => &mut response.position,
        Answer::Refused(..) => panic!("a refusal names no position"),
    }
}

#[test]
fn an_honest_history_is_taken() {
    Forge::new().checked().unwrap();
}

#[test]
fn an_answer_that_was_right_once_is_refused_where_more_was_known() {
    let stale = |forge: &mut Forge| {
        forge.history[5].answer = forge.history[3].answer.clone();
        let Answer::Decided(response) = &forge.history[5].answer else { panic!("it is a decision") };
        assert_eq!(response.decision(), Decision::Allowed);
    };
    // A replica that is behind may say so where nothing else was asked for, and must not where it was.
    let mut behind = Forge::new();
    stale(&mut behind);
    behind.history[5].server = 2;
    behind.checked().unwrap();
    assert_refused("a replica went back", stale);
    assert_refused("rests on less than was asked for", |forge| {
        stale(forge);
        forge.history[5].server = 2;
        let known = *position_of(&mut forge.history[4].answer);
        let Call::Order(order) = &mut forge.history[5].call else { panic!("it is an order") };
        order.min_position = Some(known);
    });
    assert_refused("is to be", |forge| {
        let Answer::Decided(now) = forge.history[5].answer.clone() else { panic!("it is a decision") };
        stale(forge);
        let Answer::Decided(response) = &mut forge.history[5].answer else { panic!("it is a decision") };
        (response.position, response.evaluated_at) = (now.position, now.evaluated_at);
    });
}

#[test]
fn a_write_that_is_lost_or_that_nobody_made_is_refused() {
    assert_refused("was acknowledged and is not there", |forge| {
        forge.does(0, confirmation("tailspin", 9));
        forge.events.pop();
    });
    assert_refused("nobody wrote position", |forge| {
        forge.does(0, confirmation("tailspin", 9));
        forge.history.pop();
    });
    assert_refused("two calls wrote position", |forge| {
        let mut again = forge.history[2].clone();
        (again.began, again.ended) = (5, 6);
        forge.history.push(again);
    });
}

#[test]
fn writes_in_the_wrong_order_are_refused() {
    assert_refused("was written after", |forge| {
        forge.does(0, confirmation("tailspin", 9));
        forge.does(1, purchase());
        let [.., one, other] = &mut forge.history[..] else { panic!("there are two") };
        (one.began, other.began) = (other.began, one.began);
        (one.ended, other.ended) = (other.ended, one.ended);
    });
}

#[test]
fn a_write_that_its_prefix_refuses_or_that_was_carried_out_before_is_refused() {
    assert_refused("is to be refused", |forge| {
        forge.does(0, confirmation("tailspin", 9));
        let Call::Confirm(call) = &mut forge.history[8].call else { panic!("it confirms") };
        call.expected_revision = Some(9);
    });
    assert_refused("is to store", |forge| {
        forge.does(0, confirmation("tailspin", 9));
        let Call::Confirm(call) = &mut forge.history[8].call else { panic!("it confirms") };
        call.accepted_on = Some("2026-01-10".to_owned());
    });
    assert_refused("carried out twice", |forge| {
        forge.does(0, confirmation("tailspin", 9));
        let Call::Confirm(call) = &mut forge.history[8].call else { panic!("it confirms") };
        call.request_id = id(2);
    });
}

#[test]
fn a_refusal_that_no_prefix_gives_is_refused() {
    assert_refused("no prefix gives the answer", |forge| {
        forge.history[6].answer = Answer::Refused("PARTNER_UNKNOWN".to_owned(), Default::default());
    });
    // There was nothing to withdraw before the customer accepted; to say so afterwards is stale.
    assert_refused("no prefix gives the answer", |forge| {
        let (before, accepted) = (1, forge.history[2].ended);
        forge.history.truncate(4);
        forge.events.truncate(1);
        (forge.history[before].began, forge.history[before].ended) = (accepted + 3, accepted + 4);
    });
}

#[test]
fn half_a_commit_is_refused() {
    assert_refused("no prefix gives the answer", |forge| {
        forge.does(0, order("contoso"));
        forge.does(0, purchase());
        let half = *position_of(&mut forge.history[9].answer);
        // Both of the purchase's events were stored together.
        assert_eq!(forge.events.last().unwrap().position.0, half + 1);
        (forge.history[8].began, forge.history[8].ended) = (forge.history[9].began, forge.history[9].ended);
        *position_of(&mut forge.history[8].answer) = half;
    });
}
