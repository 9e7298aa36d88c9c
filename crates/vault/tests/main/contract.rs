//! The contract: the same cases on both databases, each as a test of its own.

use crate::support::Ledger;

/// Makes `sqlite` and `postgres`, with a test in each for each case. A case that is in no list is never called, and so
/// does not compile.
macro_rules! contract {
    ($($file:ident { $($case:ident,)* })*) => {
        mod sqlite {
            use super::Ledger;
            $($(
                #[tokio::test]
                async fn $case() {
                    crate::$file::$case(Ledger::sqlite().await).await;
                }
            )*)*
        }

        mod postgres {
            use super::Ledger;
            $($(
                #[tokio::test]
                async fn $case() {
                    crate::$file::$case(Ledger::postgres().await).await;
                }
            )*)*
        }
    };
}

contract! {
    opening {
        fingerprints_stay_the_same_when_the_vault_is_opened_again,
        two_that_open_a_new_vault_at_once_share_one_key,
        another_master_key_is_refused_by_name,
        a_vault_whose_own_key_was_changed_is_corrupt,
        a_reader_beside_the_server_opens_the_vault_once_it_is_set_up,
    }
    rotating {
        after_a_rotation_the_new_key_alone_opens_everything_and_the_old_one_nothing,
        a_rotation_that_broke_off_needs_both_keys_and_goes_on,
        what_is_written_and_erased_during_a_rotation_is_neither_lost_nor_brought_back,
        a_row_that_was_wrapped_by_the_old_key_after_the_rotation_needs_it_named,
        keys_that_do_not_fit_rotate_nothing,
    }
    sealing {
        what_was_sealed_unseals,
        the_same_item_never_gives_the_same_box,
        what_is_sealed_later_has_the_greater_key_id,
        a_box_whose_row_was_deleted_is_erased_and_the_others_are_not,
        a_row_that_is_there_though_it_was_erased_is_not_read,
        a_box_opens_only_where_it_belongs_and_as_it_was,
        a_key_that_was_wrapped_by_another_or_not_at_all_says_so,
        rows_come_back_with_the_fingerprints_that_the_caller_filled_in,
        nothing_secret_is_shown_by_debug,
        parts_that_differ_have_fingerprints_that_differ,
    }
}
