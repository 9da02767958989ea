"""What a long run leaves behind in memory: nothing for each object or line, however many there are."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from typing import Literal

import pytest
from pstui.backends.console import BACKLOG_LIMIT, ConsoleSize
from pstui.backends.psrp.clixml import PlainCipher
from pstui.backends.records import SentObject, Write
from pstui.tui.cli.console import Look, TerminalConsole
from pstui.tui.cli.streams import Output
from pstui.tui.output.records import RecordWriter
from pstui.tui.output.writer import object_writer

from tests.tui.output.test_json_values import custom

#: objects before memory is looked at, and after: if one left 100 bytes behind, it would be 200 KB
WARM, MORE = 2_000, 2_000
ROOM = 120_000

Form = Literal["text", "json", "csv", "clixml", "json-streams"]


class Sink(io.RawIOBase):
    """Takes bytes and counts them."""

    count = 0

    def write(self, data: object) -> int:
        size = len(memoryview(data))  # type: ignore[arg-type]  # what is written is bytes
        self.count += size
        return size


def taking(form: Form, output: Output) -> Callable[[int], None]:
    """Return what takes one object of a form by its number."""
    if form == "text":
        console = TerminalConsole(output, Look(False, False, ConsoleSize(120, 50), bare_out=True, bare_err=True))
        return lambda number: console.write(Write(f"line {number}"))
    writer = RecordWriter(output.put, 9).of("web1") if form == "json-streams" else object_writer(form, output.put)
    members = '<I32 N="Id">{0}</I32><S N="Name">item number {0}</S><Nil N="None" />'
    return lambda number: writer.write(SentObject(custom(members.format(number)).encode(), PlainCipher().decrypt))


@pytest.mark.parametrize("form", ["text", "json", "csv", "clixml", "json-streams"])
async def test_objects_leave_nothing_behind(form: Form) -> None:
    sink = Sink()
    output = Output(sink, Sink())
    take = taking(form, output)

    async def many(count: int) -> int:
        for number in range(count):
            take(number)
            if output.backlog > BACKLOG_LIMIT:
                await output.drained()
        await output.drained(0)
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = await many(WARM)
        assert await many(MORE) - before < ROOM
    finally:
        tracemalloc.stop()
        await output.close()
    assert sink.count > MORE * 8
