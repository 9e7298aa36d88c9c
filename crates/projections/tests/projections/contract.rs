//! The contract: the same cases on both databases, each as a test of its own.

use crate::place::Place;

/// Makes `sqlite` and `postgres`, with a test in each for each case. A case that is in no list is never called, and so
/// does not compile.
macro_rules! contract {
    ($($file:ident { $($case:ident,)* })*) => {
        mod sqlite {
            use super::Place;
            $($(
                #[tokio::test]
                async fn $case() {
                    crate::$file::$case(Place::sqlite()).await;
                }
            )*)*
        }

        mod postgres {
            use super::Place;
            $($(
                #[tokio::test]
                async fn $case() {
                    crate::$file::$case(Place::postgres().await).await;
                }
            )*)*
        }
    };
}

contract! {
    auditing {
        a_ledger_that_is_what_its_log_says_is_alike,
        a_row_that_is_not_what_the_log_says_is_found_in_every_table,
        a_row_before_every_key_that_the_log_could_make_is_found,
        a_relationship_that_is_in_force_in_any_other_way_is_found,
        read_models_that_are_further_than_the_walk_are_compared_with_the_rest_of_the_log,
        a_request_that_is_not_as_it_was_stored_is_found,
        a_vault_row_that_is_lost_and_one_that_is_back_are_found,
        a_vault_row_of_no_event_is_counted,
        a_document_that_is_gone_is_found_where_it_is_named,
        an_event_with_a_false_link_is_found,
        bytes_and_meaning_are_checked_in_one_walk_and_the_bytes_come_first,
    }
    images {
        a_start_from_an_image_gives_the_same_index_and_leaves_the_rows_alone,
        a_start_from_an_image_that_is_behind_the_read_models_writes_no_row_twice,
        a_start_from_an_image_that_is_ahead_of_the_read_models_writes_their_rows,
        an_image_that_is_brought_up_to_date_is_what_the_log_says,
        an_image_beside_read_models_that_are_gone_is_not_used,
        an_image_of_events_that_the_log_has_lost_is_not_used,
        an_image_of_another_ledger_is_not_used_and_replaced,
        an_image_that_is_broken_is_not_used,
    }
    newer {
        a_format_that_is_not_known_ends_the_start,
        an_edition_of_the_rules_that_is_not_known_ends_the_start,
        an_event_of_an_unknown_type_ends_the_start_at_its_position,
        an_unknown_number_of_a_closed_set_ends_the_start,
    }
    rebuilding {
        rebuilding_gives_the_same_rows,
        rebuilding_makes_read_models_where_there_are_none,
        rows_written_step_by_step_are_those_written_at_once,
        read_models_of_many_events_are_the_same_written_step_by_step_and_at_once,
        rebuilding_tells_that_rows_were_wrong_and_puts_them_right,
    }
    starting {
        the_index_says_what_the_decisions_were_made_on,
        a_start_from_the_snapshot_gives_the_same_index,
        events_after_the_snapshot_are_folded_onto_it,
        read_models_of_another_ledger_are_thrown_away,
        read_models_of_an_event_that_the_log_does_not_have_are_thrown_away,
        lists_find_the_records_of_a_partner_in_the_order_of_the_log,
        a_hole_in_the_log_is_never_taken_for_its_end,
    }
    verifying {
        a_snapshot_that_is_what_the_log_says_has_no_difference,
        a_snapshot_row_that_the_log_knows_nothing_of_is_named,
        a_snapshot_row_that_was_changed_is_named,
    }
}
