"""The writer of objects and the thread behind it."""

from __future__ import annotations

import threading

from pstui.backends.psrp.clixml import PlainCipher
from pstui.backends.records import SentObject
from pstui.tui.cli.streams import Output
from pstui.tui.output.base import Format
from pstui.tui.output.json_values import JsonFormat
from pstui.tui.output.writer import ObjectWriter

from tests.tui.output.test_memory import Sink


async def test_the_format_is_loaded_by_the_thread_that_writes() -> None:
    """What a format imports takes longer than a turn of the loop may."""
    where: list[threading.Thread] = []

    def load() -> Format:
        where.append(threading.current_thread())
        return JsonFormat(3)

    out, err = Sink(), Sink()
    output = Output(out, err)
    writer = ObjectWriter(output.put, load)
    for _ in range(2):
        writer.write(SentObject(b"<I32>12</I32>", PlainCipher().decrypt))
    writer.close()
    await output.close()
    assert not writer.lost
    assert (out.count, err.count) == (6, 0)
    assert len(where) == 1 and where[0] is not threading.current_thread()
