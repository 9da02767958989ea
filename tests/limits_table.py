"""Writes docs/limits.md: what a far end, a server and a file may send, from the constants themselves.

    .venv/bin/python -m tests.limits_table

``tests/house/test_limits.py`` compares the page, and looks up the test that each row names.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "limits.md"
_HEAD = """\
# Limits

What a far end may send, or a file hold, before pstui stops it. Sizes are looked at before anything is made of what
came. This page is written by `python -m tests.limits_table` from the constants it names; each row has its test.

A limit of a message ends the command that crossed it, with one message that names the limit; the session goes on.

A long day in ten minutes (`make soak`: 200 sessions, 20 of them busy, tabs closed and opened) went from 189 MiB of
memory to 192; descriptors, threads and tasks stayed as many. A closed tab is let go of, with its session and its text.

| what | limit | where it is set | what happens beyond | test |
| --- | --- | --- | --- | --- |
"""


@dataclass(frozen=True)
class Row:
    """One limit: ``place`` is ``module:NAME`` below pstui, ``test`` is ``file::name`` below tests."""

    what: str
    place: str
    unit: str
    beyond: str
    test: str

    @property
    def value(self) -> int | float:
        module, name = self.place.split(":")
        found = getattr(importlib.import_module(f"pstui.{module}"), name)
        assert isinstance(found, int | float)
        return found

    @property
    def line(self) -> str:
        module, name = self.place.split(":")
        shown = f"`{name}` in `{module.replace('.', '/')}.py`"
        return f"| {self.what} | {_amount(self.value, self.unit)} | {shown} | {self.beyond} | `tests/{self.test}` |"


def _amount(value: float, unit: str) -> str:
    if unit == "bytes":
        for size, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
            if value >= size and value % size == 0:
                return f"{value / size:g} {name}"
    return f"{value:,} {unit}"


_ENDS = "the command ends, the session goes on"
_LIMITS, _HOSTILE = "backends/psrp/test_limits.py", "backends/psrp/test_hostile.py"
_PIECES = f"{_LIMITS}::test_too_much_in_one_piece_ends_the_command_alone"
ROWS = (
    Row("one message to a server", "backends.psrp.limits:MAX_OBJECT", "bytes", "not sent", _PIECES),
    Row(
        "one message, for output that goes elsewhere than to the screen",
        "backends.psrp.limits:MAX_RECEIVED_OBJECT",
        "bytes",
        _ENDS,
        f"{_LIMITS}::test_other_limits_hold_for_one_invocation",
    ),
    Row(
        "one fragment",
        "backends.psrp.limits:MAX_FRAGMENT",
        "bytes",
        "the session ends: its framing is broken",
        f"{_HOSTILE}::test_a_fault_ends_the_session_in_one_clear_way",
    ),
    Row("objects inside one another", "backends.psrp.limits:MAX_DEPTH", "levels", _ENDS, _PIECES),
    Row(
        "values of one message, each counted again where it is referred to",
        "backends.psrp.limits:MAX_VALUES",
        "values",
        _ENDS,
        _PIECES,
    ),
    Row("one tag with its attributes", "backends.psrp.limits:MAX_TAG", "bytes", _ENDS, _PIECES),
    Row("the text of a number, a date and the like", "backends.psrp.limits:MAX_SHORT", "characters", _ENDS, _PIECES),
    Row(
        "what one target writes to --group and --diff",
        "tui.cli.gathered:MAX_KEPT",
        "characters",
        "the rest is left out, and told",
        "tui/cli/test_targets.py::test_what_is_gathered_of_a_flood_is_cut_and_told",
    ),
    Row(
        "text of one call that is shown",
        "backends.psrp.limits:MAX_TEXT",
        "characters",
        "the rest is cut, and marked",
        f"{_LIMITS}::test_a_text_to_show_is_cut_and_marked",
    ),
    Row(
        "a file of --trace",
        "backends.psrp.limits:MAX_TRACE",
        "bytes",
        "it ends, and says so",
        "backends/psrp/test_tracing.py::test_a_file_is_bounded",
    ),
    Row(
        "a message that stands in it whole",
        "backends.psrp.limits:MAX_TRACED",
        "bytes",
        "its size stands there",
        "backends/psrp/test_tracing.py::test_a_large_message_is_noted_by_its_size",
    ),
    Row(
        "one line of the OutOfProc transports",
        "backends.transports.outofproc:MAX_LINE",
        "bytes",
        "the session ends",
        "backends/transports/test_bounds.py::test_a_line_without_end_ends_the_session",
    ),
    Row(
        "data kept for a reader that is busy",
        "backends.transports.outofproc:MAX_QUEUED",
        "bytes",
        "reading stops, the far end waits",
        "backends/transports/test_bounds.py::test_tiny_pieces_fill_the_queue_too",
    ),
    Row(
        "calls of the far end that wait for an answer",
        "backends.psrp.host_calls:MAX_OPEN",
        "calls",
        "the session ends",
        f"{_HOSTILE}::test_a_fault_ends_the_session_in_one_clear_way",
    ),
    Row(
        "fields of a prompt, choices of a question",
        "backends.psrp.host_methods:MAX_ITEMS",
        "items",
        "it is not asked, and the far end is told",
        "backends/psrp/test_host_methods.py::test_arguments_that_do_not_fit_are_refused",
    ),
    Row(
        "characters of a title that are looked at",
        "backends.psrp.host:MAX_TITLE",
        "characters",
        "the rest is dropped",
        "tui/test_hostile_far_ends.py::test_hostile_far_ends",
    ),
    Row(
        "records that wait to be shown",
        "backends.console:BACKLOG_LIMIT",
        "records",
        "reading stops, the far end waits",
        f"{_HOSTILE}::test_a_reader_that_waits_for_a_full_screen_ends_with_the_session",
    ),
    Row(
        "errors and other records that a session keeps",
        "backends.sessions.reported:MAX_RECORDS",
        "records",
        "the oldest are dropped",
        "backends/psrp/test_records.py::test_everything_kept_is_bounded",
    ),
    Row(
        "all errors that a session keeps",
        "backends.sessions.reported:MAX_KEPT",
        "bytes",
        "the oldest are dropped",
        "backends/psrp/test_records.py::test_everything_kept_is_bounded",
    ),
    Row(
        "lines of where a script has stopped",
        "backends.sessions.reported:MAX_POSITION_LINES",
        "lines",
        "the rest is dropped",
        "backends/psrp/test_records.py::test_of_a_stop_little_is_shown",
    ),
    Row(
        "all texts of the fields or choices of a question",
        "backends.psrp.host_methods:MAX_QUESTION",
        "characters",
        "it is not asked, and the far end is told",
        "backends/psrp/test_host_methods.py::test_arguments_that_do_not_fit_are_refused",
    ),
    Row(
        "matches of a completion",
        "backends.sessions.completion:MAX_MATCHES",
        "matches",
        "the rest is dropped",
        "backends/sessions/test_completing.py::test_a_flood_of_matches_is_cut_and_holds_nobody_up",
    ),
    Row(
        "lines of what an SSH server says before the login",
        "backends.transports.ssh.login:MAX_BANNER",
        "lines",
        "the rest is dropped",
        "backends/transports/ssh/test_login.py::test_what_a_server_says_before_the_login_is_bounded",
    ),
    Row(
        "the SSH window",
        "backends.transports.ssh.receive_window:WINDOW",
        "bytes",
        "the far end waits",
        "backends/transports/ssh/test_receive_window.py::test_the_far_end_waits_for_a_reader_that_does_not_read",
    ),
    Row(
        "one reply of a WinRM service",
        "backends.transports.wsman.http:MAX_REPLY",
        "bytes",
        "the session ends",
        "backends/transports/wsman/test_hostile.py::test_a_body_without_end_is_cut_off",
    ),
    Row(
        "characters of a label before an answer",
        "tui.pane.question:MAX_LABEL",
        "characters",
        "it stands above the answer",
        "tui/pane/test_questions.py::test_a_server_speaks_with_its_own_voice_and_cannot_push_the_answer_out_of_sight",
    ),
    Row(
        "entries of one folder",
        "backends.files.base:MAX_ENTRIES",
        "entries",
        "it is not listed",
        "backends/files/test_sftp.py::test_a_list_without_end_is_given_up",
    ),
    Row(
        "a name of a file that is taken from a far end",
        "backends.files.names:MAX_NAME",
        "bytes",
        "it is left out, and named",
        "backends/files/test_names.py::test_no_computer_takes_such_a_name",
    ),
    Row(
        "hosts of one inventory",
        "backends.discovery.inventory:MAX_HOSTS",
        "hosts",
        "the rest is left out, and told",
        "backends/discovery/test_inventory.py::test_ten_thousand_hosts_are_taken_and_too_many_are_cut",
    ),
    Row(
        "what one of many hosts writes",
        "tui.fanout.engine:MAX_TEXT",
        "characters",
        "the rest is left out, and counted",
        "tui/fanout/test_engine.py::test_what_a_host_writes_is_bounded",
    ),
    Row(
        "objects of a grid",
        "tui.grid.rows:MAX_ROWS",
        "objects",
        "the rest is counted",
        "tui/grid/test_rows.py::test_what_is_beyond_the_bounds_is_counted",
    ),
    Row(
        "lines of a transcript, unless the setting scrollback says otherwise",
        "tui.transcript.limits:MAX_LINES",
        "lines",
        "the oldest are dropped",
        "tui/transcript/test_buffer.py::test_the_ring_keeps_the_newest_lines",
    ),
    Row(
        "a line that is written over",
        "tui.transcript.render.buffer:MAX_OVERWRITTEN",
        "characters",
        "a new line begins",
        "tui/transcript/test_hostile.py::test_a_long_line_that_is_written_over_goes_on_in_a_new_one",
    ),
    Row(
        "text of a transcript",
        "tui.transcript.render.buffer:MAX_BYTES",
        "bytes",
        "the oldest lines are dropped",
        "tui/transcript/test_buffer.py::test_the_ring_is_bounded_by_bytes",
    ),
    Row(
        "one line of a transcript",
        "tui.transcript.render.buffer:MAX_LINE",
        "characters",
        "it is broken",
        "tui/transcript/test_buffer.py::test_a_line_without_end_is_broken",
    ),
    Row(
        "rows of a terminal that have scrolled away",
        "tui.terminal.emulator:HISTORY",
        "rows",
        "the oldest are dropped",
        "tui/terminal/test_emulators.py::test_what_scrolls_away_is_kept_and_bounded",
    ),
    Row(
        "answers to what a program asks its terminal, for what was fed at once",
        "tui.terminal.replies:MOST",
        "bytes",
        "they are not sent",
        "tui/terminal/test_emulators.py::test_a_flood_of_questions_is_answered_in_bounds",
    ),
    Row(
        "bytes of a terminal that wait unread",
        "backends.transports.pty_channel:ENOUGH",
        "bytes",
        "the program waits",
        "backends/transports/test_terminals.py::test_what_nobody_reads_waits_at_the_program",
    ),
)


def page() -> str:
    """Return the page."""
    return _HEAD + "".join(f"{row.line}\n" for row in ROWS) + "\nNext: [why can't I connect?](trouble.md)\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
