"""Every line typed in the recordings becomes the commands that the real client sent for it.

There is no exception among them: none of the recorded lines holds an expression that the real client computes itself,
a number spelled otherwise, or ``$using:``.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from pstui.backends.language.number_types import Number
from pstui.backends.language.simple_lines import ABSENT, Argument, Command, Value, parse_line, render

from tests.support.paths import DATA

_ROWS: list[dict[str, Any]] = json.loads((DATA / "language_lines.json").read_text(encoding="utf-8"))
_CLR_TYPES = {"I32": "Int32", "I64": "Int64", "Db": "Double", "D": "Decimal"}


def _sent_value(value: Any) -> Value:
    if isinstance(value, dict):
        (tag, inner), *_ = value.items()
        if tag == "list":
            return [_sent_value(entry) for entry in inner]
        return Number(float(inner) if tag == "Db" else inner, _CLR_TYPES[tag])
    assert value is None or isinstance(value, (str, bool))
    return value


def _sent_argument(pair: list[Any]) -> Argument:
    name, value = pair
    alone = name is not None and not name.rstrip(" ").endswith(":")
    return Argument(name, ABSENT if alone else _sent_value(value))


def _sent_command(row: dict[str, Any]) -> Command:
    # A command alone on its line merges its errors anyway; none of the recorded lines asks for a merge itself.
    return Command(row["cmd"], tuple(_sent_argument(pair) for pair in row["args"]))


@pytest.mark.parametrize("row", _ROWS, ids=[row["line"][:50] for row in _ROWS])
def test_recorded_line_is_sent_as_the_real_client_sent_it(row: dict[str, Any]) -> None:
    line = parse_line(row["line"])
    if row["statements"][0][0]["script"]:
        assert row["statements"][0][0]["cmd"] == row["line"]
        assert line is None
        return
    assert line is not None
    assert [list(statement.commands) for statement in line.statements] == [
        [_sent_command(command) for command in statement] for statement in row["statements"]
    ]
    assert parse_line(render(line)) == line


def test_the_recordings_hold_lines_of_every_kind() -> None:
    kinds = {row["statements"][0][0]["script"] for row in _ROWS}
    assert kinds == {True, False}
    assert any(len(row["statements"]) > 1 for row in _ROWS)
    assert any(len(row["statements"][0]) > 1 for row in _ROWS)


@pytest.mark.parametrize("row", _ROWS, ids=[row["line"][:50] for row in _ROWS])
def test_only_a_command_alone_on_its_line_merges_its_errors(row: dict[str, Any]) -> None:
    commands = [command for statement in row["statements"] for command in statement]
    alone = {"MergeMyResult": "Error", "MergeToResult": "Output", "MergeError": "Output"}
    assert all(command["merge"] == (alone if len(commands) == 1 else {}) for command in commands)
