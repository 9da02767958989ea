"""Records as JSON: a message that came in pieces is one record, whatever its length."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pstui.backends.records import Stream, Write
from pstui.tui.output import records
from pstui.tui.output.base import Deferred
from pstui.tui.output.records import RecordWriter


class Lines:
    """Takes what is put into a queue."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def put(self, where: str, text: Deferred, size: int = 0) -> None:
        text(self.parts.append)

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in "".join(self.parts).splitlines()]


@pytest.mark.parametrize("portion", [4, 1000])
def test_pieces_of_a_message_are_one_record(portion: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "PORTION", portion)
    lines = Lines()
    stream = RecordWriter(lines.put, 9).of("web1")
    for text, newline, kind in (
        ("on a ", False, Stream.OUTPUT),
        ("WARNING: long", False, Stream.WARNING),
        ("WARNING: \x1b", True, Stream.WARNING),
        ('line"\u202e', True, Stream.OUTPUT),
        ("VERBOSE: v", True, Stream.VERBOSE),
    ):
        stream.text(Write(text, newline, stream=kind))
    assert [(one["stream"], one["host"], one["message"]) for one in lines.all()] == [
        ("warning", "web1", "longWARNING: \x1b"),
        ("host", "web1", 'on a line"\u202e'),
        ("verbose", "web1", "v"),
    ]
