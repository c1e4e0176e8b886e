"""What the official server does not do right: test name → why. Used with --server=official only."""

tie = "rows of the same second stay different for ever: each side keeps its own"
swap = "objects of the same second swap places: each side takes the other's"

meta_ends = "`meta` of one device ends the running sync of another"
stale = "a sync that finishes between another's `meta` and `start` makes its stamps stale"
anything = "takes nearly anything for a collection"
never_released = "holds the file of an account until it is stopped"

of_the_official_server = {
    "test_edits_of_a_note_in_the_same_second_converge": tie,
    "test_notetypes_decks_and_options_of_the_same_second_converge": swap,
    "test_another_device_looks_at_meta_in_the_middle": meta_ends,
    "test_another_device_syncs_in_the_middle[start]": stale,
    "test_an_abort_with_another_key_does_not_end_the_sync": "any key will do",
    "test_a_failed_sanity_check_ends_the_sync_and_changes_nothing": "the usn is raised by `finish`",
    "test_a_sanity_check_with_a_text_is_a_failed_one": "the text is an error",
    "test_a_chunk_survives_the_deletion_of_its_rows": "panics, for all users",
    "test_card_data_is_kept_byte_for_byte": "rewrites the data and drops unknown members",
    "test_bad_compression_is_refused[upload]": "400, not the text that clients show",
    "test_what_add_ons_put_beside_the_collection_is_kept": "checks the constraints of their tables",
    "test_a_refused_upload_leaves_a_running_sync": "any upload ends it",
    "test_rows_that_no_chunk_can_carry_do_not_stop_later_syncs": "every later chunk fails",
    "test_paths_with_a_prefix_or_doubled_slashes_work": "knows /sync/ and /msync/ alone",
    "test_a_cut_upload_is_refused": "an empty upload makes an empty collection",
    **{
        f"test_a_forged_collection_is_refused[{name}]": anything
        for name in [
            "a trigger", "a view", "a virtual table", "no notes table", "no cards table",
            "no graves table", "two rows of col", "a text for scm", "a generated column",
            "one more column", "a trigger of another type", "text ids", "a huge usn",
        ]
    },
    **{
        f"test_an_upload_that_is_no_collection_is_refused[{name}]": anything
        for name in ["nothing", "a byte", "another database"]
    },
    **{
        f"test_a_name_that_no_file_may_have_is_refused[{name}]": "500, which is no fault of the client"
        for name in ["empty", "dot", "dots", "NUL"]
    },
    "test_a_deletion_of_what_cannot_be_there_is_processed": "refuses the batch, again and again",
    "test_a_bad_upload_changes_nothing[27 entries]": "counts those of `_meta` alone",
    "test_a_bad_upload_changes_nothing[another size]": "goes by the size of the data",
    "test_a_file_that_the_server_lost_comes_back": "nobody looks; an empty file stops the server",
    "test_an_edit_on_the_server_reaches_the_clients": never_released,
    "test_edits_on_the_server_again_and_again": never_released,
    **{
        f"{test}[{version}]": "refuses its download, whose form has no end"
        for version in ["2.0.33", "2.0.52"]
        for test in [
            "test_edits_of_all_meet",
            "test_full_syncs_after_a_change_of_schema_and_a_failed_check",
            "test_an_empty_account_is_the_old_clients_first",
        ]
    },
    "test_the_odd_ease_of_2_1_28_stops_no_sync": "its own repair counts as a change, for ever",
}  # fmt: skip
