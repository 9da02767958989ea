"""What the pages name inside their sentences is there: keys, options, keys of the profile file, typed lines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pstui.backends.binding.parameters import cmdlet, cmdlet_name, options_of
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.records import RunspaceAvailability, RunspaceState
from pstui.backends.sessions.session import PSSession
from pstui.tui.cli.args import DECLARED
from pstui.tui.keys.actions import ACTIONS
from pstui.tui.keys.contexts import CONTEXT_KEYS, EDITING, Context
from pstui.tui.keys.dialog_help import DIALOGS
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from pstui.tui.profiles.schema import schema

from tests.support.command_bar import Bar
from tests.support.documents import FOR_USERS, blocks, name, sentences, spans
from tests.support.paths import ROOT

#: written by hand: those that are written from the declarations have tests of their own
PAGES = [each for each in FOR_USERS if each.name not in ("keys.md", "profile-keys.md", "protocol-notes.md")]

#: what the pages mean by a key after Ctrl+]
AFTER_PREFIX = {
    "?": "help",
    "/": "find",
    "[": "copy_mode",
    "|": "two_panes",
    "=": "compare",
    "↑": "previous_prompt",
    "↓": "next_prompt",
    "Tab": "other_pane",
    "A": "block_menu",
    "B": "type_into_all",
    "C": "credentials",
    "E": "errors",
    "F": "files",
    "G": "grid",
    "H": "compare_hosts",
    "K": "keep_password",
    "L": "logs",
    "M": "times",
    "O": "copy_block",
    "R": "runbooks",
    "S": "sessions",
    "Y": "save_block",
    "Z": "fold_all",
    "b": "type_together",
    "h": "command_help",
    "l": "run_again",
    "o": "copy_output",
    "t": "save_text",
    "x": "terminal",
    "y": "copy_selection",
    "z": "fold",
}
#: and by a key of its own: the action, or the place whose help has it
DIRECT = {
    "F1": "help",
    "F2": "connect",
    "F4": "answer",
    "F5": "again",
    "F6": "sidebar",
    "Alt+G": "switch_tab",
    "Alt+X": "commands",
    "Alt+↑": "previous_prompt",
    "Alt+↓": "next_prompt",
    "Ctrl+C": "interrupt",
    "Ctrl+D": "In the editor",
    "Ctrl+T": "In the form of a host",
    "Ctrl+R": "In the form of a runbook",
    "Ctrl+P": "In the form of a runbook",
    "a": "In the sidebar",
    "e": "In the sidebar",
    "i": "In the sidebar",
    "?": "In the sidebar",
    "Enter": "In the sidebar",
    "d": "At a question",
}
#: names with an underscore that are no keys of the profile file: of Ansible, of logs, files, variables
OTHER_NAMES = {"server_cert_validation", "cert_validation", "exit_code", "sshd_config", "known_hosts"}
OTHER_NAMES |= {"https_proxy", "http_proxy", "no_proxy"}
#: values inside of sentences that are no keys of the profile file either
OTHER_VALUES = {"kdc"}
#: parameters of other cmdlets than those of sessions
OTHER_PARAMETERS = {"-PassThru", "-OutputMode", "-Name:value"}


def places() -> dict[str, str]:
    """Return the keys that F1 tells of each place, as one text each."""
    told = dict(DIALOGS.values())
    told["In the editor"] = EDITING
    told[Context.SIDEBAR.value] = [(each.shown, each.help) for each in CONTEXT_KEYS[Context.SIDEBAR]]
    return {title: " ".join(f"{key} {does}" for key, does in keys) for title, keys in told.items()}


def told_after_prefix() -> set[str]:
    return {key for page in PAGES for key in re.findall(r"Ctrl\+\](?:` `| )(Tab|[^\s`])(?=`)", sentences(page)) if key}


def test_each_key_after_the_prefix_does_what_the_pages_mean() -> None:
    assert told_after_prefix() == set(AFTER_PREFIX), "a page tells a key that the table does not have, or no longer"
    bound = {each.prefix_shown: each.name for each in ACTIONS}
    assert {key: bound.get(key) for key in AFTER_PREFIX} == AFTER_PREFIX


def test_each_other_key_is_where_the_pages_mean() -> None:
    combined = r"\b(?:Alt|Ctrl)\+(?!\])(?:[A-Z]\b|[↑↓])|\bF\d+\b"
    bold = r"(?<=\*\*)(?:[a-z?]|Enter|F\d+)(?=\*\*)"
    told = {key for page in PAGES for key in re.findall(f"{combined}|{bold}", sentences(page))}
    assert told == set(DIRECT), "a page tells a key that the table does not have, or no longer"
    shown, helped = {each.shown: each.name for each in ACTIONS}, places()
    for key, where in DIRECT.items():
        if where in helped:
            assert re.search(rf"(?<![\w+]){re.escape(key)}(?!\w)", helped[where]), key
        else:
            assert shown.get(key) == where, key


#: what is said where all is understood and only nobody is there to do it
NOBODY = re.compile("the session is not open$|^No session there has the Name nightly")


def known_keys() -> set[str]:
    shape = schema()
    return {key for table in (*shape.named.values(), *shape.single.values()) for key in table}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_key_of_the_profile_file_is_one(page: Path) -> None:
    for span in spans(page):
        if found := re.match(r"([a-z_]+) = ", span):
            if found[1] not in OTHER_VALUES:
                assert found[1] in known_keys(), span
                assert tomllib.loads(span), span
        elif re.fullmatch(r"[a-z]+(?:_[a-z]+)+", span):
            assert span in known_keys() | OTHER_NAMES, span


def known_parameters() -> set[str]:
    names = {f"-{each.name}" for kind in ParameterSet.all() for each in options_of(kind)}
    for word in ("Enter-PSSession", "New-PSSession", "Invoke-Command", "Copy-Item"):
        names |= {f"-{each}" for each in cmdlet(word, what_if=True).parameters}
    return names | OTHER_PARAMETERS


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_an_option_or_a_parameter_is_one(page: Path) -> None:
    options = {each.name for each in DECLARED}
    for span in spans(page):
        word = span.split()[0]
        if re.match(r"--\w", word):
            assert word in options, span
        elif re.match(r"-[A-Z]\w", word):
            assert word in known_parameters(), span


def typed_lines() -> Iterator[str]:
    """Yield each call of a session cmdlet that stands whole in a sentence, with a value for each name in capitals."""
    for page in PAGES:
        for span in spans(page):
            line = " ".join(span.split())
            start = re.match(r"(?:\$\w+ = )?([A-Z]\w+-\w+) (?!-\w+$)", line)
            if start and cmdlet_name(start[1]) and "…" not in line:
                yield re.sub(r"\b[A-Z]{3,}$", "web1", line)


LINES = sorted(set(typed_lines()))


def test_typed_lines_are_found() -> None:
    assert len(LINES) >= 8


@pytest.mark.parametrize("line", LINES)
async def test_a_typed_line_is_done_by_the_command_bar(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the hosts of the profile file with everything. A session that is opened is noted, and nobody connects."""
    (example,) = (block for block in blocks(ROOT / "docs" / "profiles.md", "toml") if "include" in block)
    (tmp_path / "profiles.toml").write_text(example.replace('include = ["team.toml"]', ""), encoding="utf-8")
    opened: list[PSSession] = []

    async def open_(self: PSSession) -> None:
        self.status.set(RunspaceState.OPENED, RunspaceAvailability.AVAILABLE)
        opened.append(self)

    async def none_there(info: ConnectionInfo, context: object) -> list[object]:
        return []

    monkeypatch.setattr(PSSession, "open", open_)
    monkeypatch.setattr("pstui.backends.transports.registry.list_sessions", none_there)
    bar = Bar("s")
    bar.console.answer = "a password"
    bar.context.book = ProfileBook(read(tmp_path / "profiles.toml"))
    said = await bar.run("$s = Get-PSSession", line)
    assert not [each.text for each in said if each.is_error and not NOBODY.search(each.text)]
    assert said or opened or bar.ui.infos or line.startswith("Get-"), "it does something"
