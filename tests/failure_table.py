"""The table of docs/cluster.md, "When something fails", and the tests that force each of its rows."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

SIMULATED = "search/test_simulation.py::test_what_is_promised_holds_whatever_goes_wrong"
IN_A_ROW = "cluster/test_faults_of_machines.py::test_one_fault_after_the_other_changes_no_number"
ON_SSH = "cluster/test_ray_up.py::test_what_a_cluster_loses_changes_no_number"
OF_TRIALS = "on_ray/test_faults_of_trials.py::test_trials_that_fail_are_tried_again_and_no_number_changes"
TESTS: dict[str, tuple[str, ...]] = {
    "a training worker's process": (
        ON_SSH,
        "search/test_failures.py::test_what_failed_is_of_one_kind_however_ray_wraps_it",
        SIMULATED,
    ),
    "a trial's own process (actor)": (
        IN_A_ROW,
        OF_TRIALS,
        "search/test_failures.py::test_what_failed_is_of_one_kind_however_ray_wraps_it",
        SIMULATED,
    ),
    "the driver: the process of `xlingual run`": (
        "on_ray/test_kills.py::test_a_study_that_is_killed_and_continued_is_the_study_without",
        "on_ray/test_kill.py::test_a_driver_killed_in_the_search_goes_on_where_it_was",
    ),
    "the head of the cluster": (
        IN_A_ROW,
        "search/test_head.py::test_it_is_lost_only_after_a_time_without_any_answer",
    ),
    "a node": (
        IN_A_ROW,
        ON_SSH,
        SIMULATED,
    ),
    "a node that loses its network for less than Ray's time-outs": (
        IN_A_ROW,
        SIMULATED,
    ),
    "a node that loses its network for longer": (
        ON_SSH,
        "cluster/test_faults_of_machines.py::"
        "test_a_machine_that_is_cut_off_loses_its_trial_to_another_and_no_number_changes",
    ),
    "a node that is told to leave (spot notice, `ray drain-node`)": (
        "cluster/test_drained_node.py::test_a_drained_node_is_to_leave_before_it_is_gone",
        "search/test_preemption.py::test_a_death_by_preemption_is_its_places",
        "training/test_notice.py::test_what_was_summed_up_since_the_last_report_is_kept",
        SIMULATED,
    ),
    "a node that does not see the study's storage": (
        "cluster/test_faults_of_machines.py::"
        "test_a_machine_whose_storage_goes_away_is_named_and_left_out_and_no_record_is_lost",
        "cluster/test_faults_of_machines.py::test_machines_with_another_model_or_without_the_storage_are_named_before_the_first_trial",
    ),
    "storage that fails for a time": (
        IN_A_ROW,
        SIMULATED,
    ),
    "storage that becomes read-only": (
        IN_A_ROW,
        "search/test_failing_storage.py::test_storage_that_fails_is_one_line",
    ),
    "storage that is full": (
        IN_A_ROW,
        "search/test_failing_storage.py::test_storage_that_fails_is_one_line",
    ),
    "a checkpoint that cannot be read, such as half a file": (
        "training/test_loop.py::test_a_checkpoint_cut_in_half_is_set_aside_and_the_numbers_are_those_of_one_go",
    ),
    "the last line of a journal, half written": (
        "search/test_cut_journals.py::test_a_study_whose_journal_was_cut_goes_on_to_the_same_end",
    ),
    "any other broken line of a journal": (
        "records/test_journal.py::test_a_broken_inner_line_is_an_error_that_names_file_and_line",
    ),
    "a training that diverges (NaN)": (
        "on_ray/test_driver.py::test_an_arm_that_only_diverges_leaves_the_others_their_scores_and_may_be_mended",
    ),
    "a trial that raises an error every time": (
        OF_TRIALS,
        "search/test_queue.py::test_a_failure_of_no_known_kind_is_tried_a_counted_number_of_times_then_it_is_final",
    ),
    "what only you can mend, such as a model that is missing": (
        "on_ray/test_driver.py::test_what_the_user_is_to_mend_stops_the_search_and_the_next_run_goes_on",
    ),
    "memory that is too small": (
        "training/test_memory.py::test_only_passes_that_do_not_fit_are_cut",
        "training/test_memory.py::test_what_never_fits_says_what_would",
    ),
    "a training that hangs": (
        OF_TRIALS,
        "search/test_hung.py::test_the_process_ends_and_leaves_where_each_thread_was",
    ),
    "a call between Ray's processes": (
        "on_ray/test_rpc_failures.py::test_calls_that_fail_change_no_number",
        "search/test_failures.py::test_what_failed_is_of_one_kind_however_ray_wraps_it",
        SIMULATED,
    ),
    "Ray Tune": (
        "on_ray/test_faults_of_trials.py::test_an_error_of_ray_tune_itself_loses_its_tries_and_no_number",
        "search/test_queue.py::test_tries_that_go_on_when_the_trainer_is_gone_are_lost",
    ),
    "Ray's own part of the process of `xlingual run`": (
        "on_ray/test_rpc_failures.py::test_a_command_that_ray_ends_at_its_start_says_how_to_go_on",
        "search/test_last_word.py::test_it_is_said_when_nothing_else_can_be",
    ),
    "a second `xlingual run` of the same study": (
        IN_A_ROW,
        SIMULATED,
    ),
}
"""By row: names of tests below this folder; the first forces the fault itself on real processes, disks or links."""
IN_ONE_PROCESS = (
    "a checkpoint that cannot be read, such as half a file",
    "the last line of a journal, half written",
    "any other broken line of a journal",
    "memory that is too small",
)
"""Rows whose fault is one of files or memory; the others have a test in which Ray runs."""


def rows() -> list[str]:
    """What fails, row by row."""
    text = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8").partition("| what fails |")[2]
    lines = text.partition("\n\n")[0].splitlines()[2:]
    return [line.split("|")[1].strip() for line in lines]


def names_of(file: str) -> set[str]:
    """Names of the tests of a file."""
    text = (Path(__file__).parent / file).read_text(encoding="utf-8")
    return set(re.findall(r"^def (test_\w+)", text, flags=re.MULTILINE))
