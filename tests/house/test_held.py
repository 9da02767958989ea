"""What once failed under faults, hostile far ends and planted secrets: each has its tests, and they are there."""

from __future__ import annotations

import pytest

from tests.support.paths import ROOT

HELD = {
    "SSH memory without bound": ("backends/transports/ssh/test_receive_window.py", "tui/test_hostile_far_ends.py"),
    "one small message freezes every session": (
        "backends/psrp/test_limits.py::test_too_much_in_one_piece_ends_the_command_alone",
        "backends/psrp/test_limits.py::test_others_have_their_turn_while_a_message_is_read",
        "tui/test_hostile_far_ends.py::test_hostile_far_ends",
    ),
    "UTF-16 passes the check for a document type": ("backends/psrp/test_limits.py::test_other_encodings_are_refused",),
    "a paste presses Enter": (
        "tui/mends/test_xterm_parser.py::test_nothing_of_a_paste_is_a_key",
        "tui/mends/test_xterm_parser.py::test_in_a_real_terminal_answers_are_not_typed_and_a_paste_presses_no_key",
    ),
    "an edit of dotted keys ends the program, a worker's failure too": (
        "config/test_spellings.py",
        "tui/workspace/test_tabs.py::test_a_worker_that_fails_costs_what_it_did_and_nothing_else",
    ),
    "closed tabs are never freed": (
        "tui/workspace/test_memory.py::test_a_closed_tab_is_let_go_of",
        "soak/test_soak.py::test_a_moment_of_a_long_day",
    ),
    "a refused password is written to disk": (
        "tui/test_planted_secrets.py::test_an_address_with_a_password_in_the_command_bar",
        "tui/test_planted_secrets.py::test_a_line_with_a_secret_is_not_kept",
    ),
    "SSH before the login": (
        "backends/transports/ssh/test_login.py::test_what_a_server_says_before_the_login_is_bounded",
        "tui/pane/test_questions.py::test_a_server_speaks_with_its_own_voice_and_cannot_push_the_answer_out_of_sight",
    ),
    "empty writes of several targets grow": ("tui/cli/test_blocks.py::test_a_flood_of_empty_writes_is_not_kept",),
    "--check prints control bytes": ("tui/cli/test_args.py::test_problems_of_the_profiles_reach_no_terminal_raw",),
    "a password typed into the editor while a secret is asked for": (
        "tui/test_planted_secrets.py::test_a_secret_typed_where_no_question_has_the_keys",
    ),
    "what hides or turns text": (
        "tui/transcript/test_hostile.py",
        "tui/test_hostile_far_ends.py::test_hostile_far_ends",
        "fuzz/test_fuzz.py::test_a_moment_of_fuzzing",
    ),
    "commands that are not acknowledged": (
        "backends/sessions/test_unacknowledged.py::test_a_command_that_is_not_acknowledged_can_be_stopped",
    ),
    "a password is inherited by children": (
        "tui/test_planted_secrets.py::test_a_variable_that_holds_a_password_is_not_inherited",
    ),
    "SIGCONT without SIGTSTP": ("tui/mends/test_resume.py::test_going_on_without_having_been_suspended",),
    "a log of Textual's holds what is typed": ("tui/test_planted_secrets.py::test_the_answer_to_a_secret_question",),
    "fragments without content grow": ("backends/psrp/test_limits.py::test_fragments_without_content_take_no_room",),
    "a line of attributes of 16 MiB": (
        "backends/transports/test_bounds.py::test_a_long_line_that_is_none_is_refused_at_once",
    ),
    "Ctrl+C under floods of colours and marks": ("tui/pane/test_flow.py::test_ctrl_c_ends_a_flood_of_what_costs_much",),
    "a crash report keeps a message": ("tui/test_planted_secrets.py::test_a_crash_report_holds_nothing_of_a_message",),
    "a pipe as a profile or history file": (
        "config/test_spellings.py::test_a_pipe_is_no_file_of_profiles_and_none_of_history",
    ),
    "a word to a full disk": (
        "tui/cli/test_invoke.py::test_a_word_that_cannot_be_written_is_no_fault_of_pstui",
        "tui/test_full_disk.py::test_a_full_disk",
    ),
    "SIGINT from outside": ("tui/mends/test_resume.py::test_an_interruption_from_outside_is_an_interruption",),
    "lines with a secret in the history": ("backends/language/test_secrets.py",),
    "harmed connections": (
        "backends/transports/test_harmed_ways.py::test_a_harmed_way",
        "backends/transports/test_harmed_ways.py::test_a_harmed_winrm",
    ),
}


@pytest.mark.parametrize("fault", HELD)
def test_what_once_failed_has_its_tests(fault: str) -> None:
    for test in HELD[fault]:
        file, _, name = test.partition("::")
        assert f"def {name}" in (ROOT / "tests" / file).read_text(encoding="utf-8"), test
