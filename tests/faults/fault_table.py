"""What was broken on purpose, what is promised, and the tests that hold the promise; docs/reliability.md shows it."""

from __future__ import annotations

from dataclasses import dataclass

HERE = "tests/faults/"


@dataclass(frozen=True)
class Fault:
    """One way in which things go wrong. tests: names of files, or file::test, all of whose cases count."""

    what: str
    promise: str
    tests: tuple[str, ...]


COMMANDS = HERE + "test_faults_commands.py::"
SERVER = HERE + "test_faults_server.py::"
WORK = HERE + "test_faults_work.py::"

FAULTS = [
    Fault(
        "kill -9 of a command, at any step that writes to the disk or the database",
        "the database is whole and has every label; the same command goes on and ends as if nothing had happened",
        (
            COMMANDS + "test_killed_at_any_step_the_same_command_goes_on",
            "tests/test_curate_scan.py::test_a_killed_scan_goes_on_and_ends_like_an_undisturbed_one",
            "tests/test_curate_sets.py::test_killed_and_called_again_it_goes_on",
            "tests/test_train_resume.py::test_killed_and_gone_on_equals_never_stopped",
            "tests/test_infer_images.py::test_killed_in_the_middle_the_same_command_goes_on_and_finished_pictures_stay_whole",
            "tests/test_infer_third.py::test_killed_in_the_middle_of_a_print_no_half_file_stands_there_and_the_same_command_finishes",
        ),
    ),
    Fault(
        "kill -9 of the swipe server, right after an answer",
        "every verdict that was acknowledged is there, once; what is sent again is known",
        ("tests/test_swipeweb_kill.py::test_kill_9_loses_nothing_that_was_acknowledged_and_stores_nothing_twice",),
    ),
    Fault(
        "a full disk, for every command",
        "one line says which file and what to do; nothing is lost; with room again the same command ends well",
        (
            COMMANDS + "test_on_a_full_disk_the_message_says_what_to_do_and_the_same_command_goes_on",
            "tests/test_train_runs.py::test_no_room_left_is_said",
            "tests/test_curate_export.py::test_an_export_that_fails_leaves_the_file_as_it_was",
            "tests/test_infer_prints.py::test_a_print_that_breaks_off_leaves_no_file",
            "tests/test_curate_doctor.py::test_a_full_disk_is_warned_of",
        ),
    ),
    Fault(
        "a full disk, under the swipe server",
        "verdicts are refused (503), wait on the phone, and are stored when there is room",
        (SERVER + "test_a_full_disk_refuses_verdicts_in_words_and_the_same_ones_are_stored_when_there_is_room",),
    ),
    Fault(
        "a disk or folder that takes nothing",
        "one line says which file and what to do; nothing changes; once it takes files the same command ends well",
        (
            COMMANDS + "test_where_nothing_can_be_written_the_message_says_what_to_do",
            "tests/test_curate_database.py::test_a_read_only_folder_is_a_clear_error",
        ),
    ),
    Fault(
        "files that vanish or change between scan and use, or while they are scanned",
        "they are counted and named, the others are done; missing is not deleted",
        (
            WORK + "test_photos_that_vanish_or_change_while_they_are_scanned_cost_nothing_but_themselves",
            "tests/test_curate_scan.py::test_changed_touched_copied_vanished_and_returned_files_are_told_apart",
            "tests/test_curate_scan.py::test_files_in_a_folder_that_cannot_be_opened_are_not_missing",
            "tests/test_curate_sets.py::test_photos_that_changed_or_vanished_are_left_out_and_named",
            "tests/test_curate_sets.py::test_a_photo_that_moved_is_found_at_its_other_place",
            "tests/test_swipeweb_api.py::test_a_photo_that_vanished_leaves_the_queue",
            "tests/test_infer_upres_photo.py::test_one_bad_file_never_stops_the_run_and_the_exit_code_tells",
        ),
    ),
    Fault(
        "two commands at once on one workspace; scans, filters and backups while people swipe",
        "they wait for each other, and each ends well; a backup is the database of one moment",
        (
            SERVER + "test_two_commands_at_once_on_one_workspace_wait_for_each_other",
            SERVER + "test_while_people_swipe_others_scan_choose_and_back_up",
            "tests/test_curate_backup.py::test_a_backup_while_somebody_swipes_is_one_moment",
            "tests/test_curate_database.py::test_two_processes_may_make_the_same_database_at_once",
            "tests/test_curate_backup.py::test_nothing_is_restored_over_a_database_in_use",
        ),
    ),
    Fault(
        "two trainings of one run, two `guides` on one set, two clips into one file",
        "the second is refused at once, with the process that has it and since when; kill -9 leaves no lock behind",
        (
            HERE
            + "test_faults_alone.py::test_what_another_process_writes_is_left_alone_and_the_command_goes_on_after_it",
            "tests/test_train_resume.py::test_a_second_training_of_one_run_is_refused_and_goes_on_when_the_first_was_killed",
            "tests/test_curate_alone.py::test_a_second_process_is_refused_with_pid_and_time_and_goes_on_after_kill_9",
            "tests/test_infer_clip.py::test_two_clips_into_one_file_do_not_take_each_others_parts",
        ),
    ),
    Fault(
        "a clock that jumps, by hours or a year, either way",
        "no verdict is lost, no picture is with two people, what was judged does not come back",
        (
            SERVER + "test_a_clock_that_jumps_loses_no_verdict_and_hands_no_picture_to_two",
            "tests/test_swipeweb_api.py::test_a_lease_that_ended_goes_to_somebody_else_and_the_late_verdict_still_counts",
        ),
    ),
    Fault(
        "a database that was cut, damaged, or is none",
        "it is named, nothing is changed, and a copy can be put back",
        (
            "tests/test_curate_database.py::test_a_damaged_database_is_named",
            "tests/test_curate_database.py::test_a_file_that_is_no_database_is_refused_and_unchanged",
            "tests/test_curate_backup.py::test_a_damaged_database_is_said_and_makes_no_file",
            "tests/test_curate_backup.py::test_a_damaged_database_can_be_replaced",
        ),
    ),
    Fault(
        "a newer database, an older one, an upgrade that fails",
        "the newer one is refused unchanged; the older one is copied, then brought up to date, all of it or not at all",
        (
            "tests/test_curate_database.py::test_a_newer_database_is_refused_and_unchanged",
            "tests/test_curate_database.py::test_before_an_upgrade_a_copy_is_kept",
            "tests/test_curate_database.py::test_a_failed_upgrade_leaves_the_labels_as_they_were",
            WORK + "test_a_database_of_the_first_version_is_brought_up_to_date_and_keeps_its_labels",
        ),
    ),
    Fault(
        "a checkpoint that was cut or changed by a bit",
        "it is set aside and said; training goes on from the one before",
        (
            WORK + "test_a_checkpoint_that_was_cut_anywhere_is_set_aside",
            "tests/test_train_runs.py::test_a_cut_checkpoint_is_set_aside_and_the_one_before_used",
            "tests/test_train_runs.py::test_a_flipped_bit_is_noticed",
        ),
    ),
    Fault(
        "a set that lost a file, or of which a file changed",
        "the file is named before or while training; with the file back the same command goes on",
        (
            WORK + "test_a_set_that_lost_a_file_is_refused_by_its_name_before_anything_is_trained",
            "tests/test_curate_sets.py::test_a_missing_face_is_named",
            "tests/test_curate_sets.py::test_a_changed_face_is_named_when_it_is_read",
            "tests/test_curate_set_shards.py::test_a_tar_file_that_was_cut_lacks_the_faces_behind_the_cut",
        ),
    ),
    Fault(
        "memory that runs out",
        "training says which batch fits and keeps the last checkpoint; painting goes on with fewer tiles at a time",
        (
            WORK + "test_memory_that_runs_out_in_training_is_said_and_the_last_checkpoint_is_kept",
            "tests/test_infer_engine.py::test_memory_that_runs_out_at_any_tile_gives_the_right_tiles",
            "tests/test_infer_engine.py::test_where_not_even_one_tile_fits_the_error_says_what_to_do",
            "tests/test_train_health.py::test_short_memory_ends_no_training",
        ),
    ),
    Fault(
        "a worker process that dies",
        "a file on which a reader dies is named and the others are read; other work says how to go on",
        (
            WORK + "test_a_worker_that_dies_is_told_with_what_to_do",
            "tests/test_curate_scan.py::test_a_file_on_which_the_reader_dies_is_named_and_the_others_are_read",
            "tests/test_curate_scan_cluster.py::test_a_file_on_which_workers_die_is_named_and_the_others_are_read",
            "tests/test_train_distributed.py::test_a_lost_process_stops_the_others_and_the_checkpoint_goes_on",
        ),
    ),
    Fault(
        "a network that drops, repeats and reorders",
        "each verdict is stored once",
        (
            SERVER + "test_over_a_line_that_drops_repeats_and_reorders_every_verdict_arrives_once",
            "tests/test_swipeweb_api.py::test_the_same_batch_twice_counts_once",
            "tests/test_swipeweb_browser.py::test_plain_http_offline_everything_waits_on_the_phone_and_arrives_once",
        ),
    ),
    Fault(
        "Ctrl-C",
        "what was finished is kept, one line says so",
        (
            "tests/test_cli.py::test_ctrl_c_leaves_one_line_and_130",
            "tests/test_curate_scan.py::test_ctrl_c_keeps_what_was_read_and_leaves_one_line",
            "tests/test_train_resume.py::test_asked_to_stop_it_writes_a_checkpoint_first",
        ),
    ),
    Fault(
        "moving house: another folder, photos on a drive that comes and goes, another workspace",
        "nothing that a person made is lost: labels, selections and people go with the folder, by backup, or by export",
        (
            SERVER + "test_a_workspace_that_moved_and_photos_on_a_drive_that_comes_and_goes",
            "tests/test_curate_scan.py::test_a_moved_image_keeps_its_labels",
            "tests/test_curate_backup.py::test_a_backup_moves_to_a_new_workspace",
            "tests/test_curate_importing.py::test_all_events_come_back_to_the_last_detail",
            "tests/test_curate_carry.py::test_a_selection_is_the_same_in_the_other_workspace",
            "tests/test_curate_carry.py::test_people_come_with_their_roles_and_nobody_who_is_there_changes",
        ),
    ),
]

FUZZED = [
    Fault(
        "picture files: JPEG, PNG, WebP, TIFF, GIF and others with accidents, into scan",
        "read, or bad with a reason",
        (HERE + "test_fuzz_files.py::test_no_picture_file_makes_scan_stumble",),
    ),
    Fault(
        "rules that a database holds, into filter",
        "understood, or refused in words",
        (HERE + "test_fuzz_files.py::test_no_saved_rules_make_filter_stumble",),
    ),
    Fault(
        "rules that somebody types, into filter and its --explain",
        "a selection, or refused in words",
        (HERE + "test_fuzz_files.py::test_no_typed_rules_make_filter_stumble",),
    ),
    Fault(
        "set.json and index.jsonl, into training",
        "opened, or refused by the file's name",
        (HERE + "test_fuzz_files.py::test_no_set_makes_training_stumble",),
    ),
    Fault(
        "cards and weights, into generate",
        "loaded, or refused by the run's name",
        (HERE + "test_fuzz_files.py::test_no_network_makes_generate_stumble",),
    ),
    Fault(
        "JSON and other bodies, into the swipe interface",
        "2xx or 4xx",
        (HERE + "test_fuzz_web.py::test_no_body_makes_the_swipe_app_stumble",),
    ),
    Fault(
        "wishes, into the page to play with",
        "2xx or 4xx",
        (HERE + "test_fuzz_web.py::test_no_wish_makes_the_play_page_stumble",),
    ),
    Fault(
        "ids, paths and queries, into every route of both apps",
        "2xx or 4xx",
        (HERE + "test_fuzz_web.py::test_no_path_makes_an_app_stumble",),
    ),
]

WATCHED = {  # targets of fuzz_atheris.py
    "verdicts": ("verdicts of a phone", "read, or refused by uuid or as a whole"),
    "wishes": ("wishes of the page to play with", "read, or refused in words"),
    "rules": ("rules that a database holds", "understood, or refused in words"),
    "labels": ("files of labels from elsewhere, in any format", "read, or each line named that is none"),
    "people": ("people from another workspace", "read, or refused by the file's name"),
    "selections": ("selections from another workspace", "read, or refused by line"),
    "stats": ("stats.jsonl of somebody's run, into the report", "shown as far as it can be"),
    "index": ("a line of a set's index", "read, or refused"),
    "set": ("set.json", "read, or refused by its name"),
    "card": ("cards of networks", "read, or refused"),
    "recipe": ("recipes in PNG files", "read, or refused by the file's name"),
    "picture": ("picture files", "read, or bad with a reason"),
}
