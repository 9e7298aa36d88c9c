use assent_domain::values::Position;
use assent_proto::convert::asked::{self, Cursor, Page};
use assent_proto::v1;
use proptest::prelude::*;

use crate::requests::bad_fields;

fn list(partner: &str, page_size: i32, page_token: &str) -> v1::ListCustomersRequest {
    v1::ListCustomersRequest { partner_id: partner.to_owned(), page_size, page_token: page_token.to_owned() }
}

fn page(page_size: i32) -> Page {
    asked::list_customers(&list("contoso", page_size, "")).unwrap().page
}

#[test]
fn a_page_has_100_entries_by_default_and_1000_at_most() {
    let sizes: Vec<_> = [0, 1, 1_000, 1_001, i32::MAX].map(|it| page(it).size).to_vec();
    assert_eq!(sizes, [100, 1, 1_000, 1_000, 1_000]);
    assert_eq!(bad_fields(asked::list_customers(&list("contoso", -1, ""))), ["page_size"]);
}

#[test]
fn a_token_leads_to_the_page_after_its_last_entry() {
    for cursor in [Cursor::Id("fabrikam".to_owned()), Cursor::Position(Position(1 << 39))] {
        let token = page(0).token(&cursor);
        let next = asked::list_customers(&list("contoso", 5, &token)).unwrap().page;
        assert_eq!((next.after, next.size), (Some(cursor), 5));
    }
}

#[test]
fn a_token_is_good_for_the_list_that_it_was_made_for() {
    let token = page(0).token(&Cursor::Position(Position(7)));
    let bad = |partner: &str, token: &str| bad_fields(asked::list_customers(&list(partner, 0, token)));
    assert_eq!(bad("fabrikam", &token), ["page_token"]);
    let long = format!("{token}{}", "61".repeat(100));
    let other_edition = token.replacen("01", "02", 1);
    for token in ["x", "0", "é", &token[2..], &token[..token.len() - 1], &long, &other_edition] {
        assert_eq!(bad("contoso", token), ["page_token"], "{token}");
    }
    let request = v1::ListAgreementsRequest { page_size: 0, page_token: token };
    assert_eq!(bad_fields(asked::list_agreements(&request)), ["page_token"]);
}

proptest! {
    #[test]
    fn no_token_panics(token in "\\PC*|[0-9a-f]{18,40}") {
        let _ = asked::list_customers(&list("contoso", 0, &token));
    }
}
