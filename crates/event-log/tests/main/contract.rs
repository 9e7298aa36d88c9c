//! The contract: the same cases on both databases, each as a test of its own.

use crate::support::Ledger;

/// Makes `sqlite` and `postgres`, with a test in each for each case. A case that is in no list is never called, and so
/// does not compile.
macro_rules! contract {
    ($($file:ident { $($case:ident,)* })*) => {
        mod sqlite {
            use super::Ledger;
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    crate::$file::$case(Ledger::sqlite()).await;
                }
            )*)*
        }

        mod postgres {
            use super::Ledger;
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    crate::$file::$case(Ledger::postgres().await).await;
                }
            )*)*
        }
    };
}

contract! {
    appending {
        what_was_appended_reads_back,
        an_entry_is_its_body_then_its_stamp,
        the_head_is_the_merkle_root_of_all_entries,
        a_batch_decided_on_an_older_log_meets_a_conflict,
        an_entry_of_the_largest_size_fits_and_one_byte_more_is_refused,
        time_never_runs_backwards,
        a_batch_that_contradicts_itself_is_refused_before_anything_is_written,
        a_repeated_request_key_or_vault_row_is_refused_by_the_database,
        a_document_is_stored_once,
    }
    checkpoints {
        a_checkpoint_is_stored_once_and_found_by_its_size,
        roots_are_known_where_commits_ended_and_tiles_where_they_are_complete,
        groups_of_leaves_are_read_where_all_of_them_are_complete,
        a_stored_checkpoint_that_is_not_of_this_log_is_found,
    }
    erasing {
        rows_go_in_the_append_that_erases_them_and_stay_where_it_was_not_first,
        rows_that_a_backup_brought_back_are_erased_again,
        what_was_erased_is_in_no_file_any_more,
    }
    guarding {
        updates_and_deletes_are_refused,
        an_existing_key_is_refused_even_by_insert_or_replace,
        a_vault_row_changes_its_wrapping_only_and_can_be_erased,
        columns_that_could_not_be_true_are_refused,
        readers_cannot_write,
    }
    racing {
        racing_writers_each_win_once_and_the_log_stays_dense,
        an_append_that_another_process_was_first_to_finds_a_conflict_and_catches_up,
        a_commit_that_fails_stores_nothing_and_the_log_goes_on,
        cancelled_callers_do_not_tear_the_log,
        cancelled_transactions_of_others_leave_no_open_transaction_behind,
    }
    reading {
        a_page_begins_and_ends_where_it_was_asked_to,
        a_reader_that_goes_away_leaves_nothing_of_its_page_to_the_next_one,
        a_page_stops_at_the_first_hole,
        an_entry_that_was_tampered_with_is_corrupt,
        there_is_no_entry_before_the_first_or_behind_the_last,
        requests_are_found_one_by_one_and_by_the_hundred,
        a_reader_beside_the_writer_follows_by_refreshing,
    }
    reopening {
        a_log_reopens_with_the_same_head_at_every_size_around_a_tile,
        the_stored_tiles_are_those_of_the_tree,
        a_log_that_was_left_without_closing_reopens,
        a_log_whose_tables_contradict_each_other_does_not_open,
        tables_of_a_newer_release_are_not_touched,
    }
    splitting {
        any_split_into_batches_gives_the_same_entries_and_root,
    }
    verifying {
        a_log_that_is_as_it_was_written_is_whole,
        each_forgery_is_found_and_its_first_position_named,
    }
}
