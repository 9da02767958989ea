"""Rows into a grid beside psrpcore's decoding of the same objects; filter, sort and memory of 100,000 rows."""

from __future__ import annotations

import asyncio
import gc
import itertools
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from xml.etree import ElementTree

from psrpcore.types import deserialize
from pstui.backends.psrp.clixml import PlainCipher
from pstui.backends.records import SentObject
from pstui.tui.grid.rows import Rows
from pstui.tui.grid.view import View

ROWS = 100_000
#: rows that psrpcore decodes
DECODED = 2_000
#: how many times as fast as psrpcore, and bytes a row beside its object
BAR, BYTES = 5, 600
#: milliseconds that one turn of the loop may last
TURN = 50

_OBJECT = (
    '<Obj RefId="0"><TN RefId="0"><T>System.Management.Automation.PSCustomObject</T><T>System.Object</T></TN><MS>'
    '<I32 N="Id">{0}</I32><S N="Name">item number {1}</S><Db N="CPU">{2}</Db>'
    '<DT N="When">2026-01-02T03:04:05.123456{3}+01:00</DT><B N="Ready">{4}</B><I64 N="Size">{5}</I64></MS></Obj>'
)


def bodies(count: int) -> list[bytes]:
    """Return objects of one shape, each with other values."""
    made = (
        _OBJECT.format(number, number * 7919 % 977, number * 31 % 1009 / 4, number % 10, "true", number * 1000)
        for number in range(count)
    )
    return [text.encode() for text in made]


def run() -> Iterator[str]:
    """Measure, in processor time of one run."""
    yield from asyncio.run(_measured())


async def _measured() -> list[str]:
    sent, cipher = bodies(ROWS), PlainCipher()
    decoding = min(_decoding(sent[:DECODED], cipher) for _ in range(3))
    reading = await _best(lambda: _filled(sent), 3) / ROWS
    found = [
        f"rows into the grid: {1 / reading:,.0f}/s, psrpcore decodes {1 / decoding:,.0f}/s: "
        f"{decoding / reading:.1f} times as fast (at least {BAR})"
    ]
    gc.collect()
    tracemalloc.start()
    rows = await _filled(sent)
    view = View(rows)
    await view.refresh()
    memory = tracemalloc.get_traced_memory()[0] / ROWS
    tracemalloc.stop()
    found.append(f"memory beside the objects: {memory:.0f} bytes a row (at most {BYTES})")
    for text in ("item", "number 9", "Name~976", "CPU>200", "CPU>200 Name~9", "When>2026-01-02T02:00"):

        async def filtered(text: str = text) -> None:
            view.look_for("")
            await view.refresh()
            view.look_for(text)

        found.append(f"filter {text!r}: {await _turned(view, filtered)}, {len(view.order):,} rows")
    view.look_for("")
    for place, column in enumerate(rows.columns):

        async def sorted_by(place: int = place) -> None:
            view.sort(place, downwards=True)

        found.append(f"sort by {column.name}: {await _turned(view, sorted_by)}")
    return found


def _decoding(sent: list[bytes], cipher: PlainCipher) -> float:
    """Return seconds an object."""
    began = time.process_time()
    for body in sent:
        deserialize(ElementTree.fromstring(body), cipher=cipher)
    return (time.process_time() - began) / len(sent)


async def _filled(sent: list[bytes]) -> Rows:
    rows = Rows()
    for body in sent:
        rows.take(SentObject(body, str))
    await rows.read()
    return rows


async def _best(work: Callable[[], Awaitable[object]], times: int) -> float:
    best = float("inf")
    for _ in range(times):
        began = time.process_time()
        await work()
        best = min(best, time.process_time() - began)
    return best


async def _turned(view: View, change: Callable[[], Awaitable[None]]) -> str:
    """Return how long a refresh takes, and its longest turn of the loop; the best of three, in processor time."""
    best, longest = float("inf"), float("inf")
    for _ in range(3):
        await change()
        turns = list[float]()

        async def watch(turns: list[float] = turns) -> None:
            while True:
                turns.append(time.process_time())
                await asyncio.sleep(0)

        watching = asyncio.create_task(watch())
        await asyncio.sleep(0)
        began = time.process_time()
        await view.refresh()
        best = min(best, time.process_time() - began)
        watching.cancel()
        turns.append(time.process_time())
        longest = min(longest, max(b - a for a, b in itertools.pairwise(turns)))
    return f"{best * 1000:.0f} ms, longest turn {longest * 1000:.0f} ms (at most {TURN})"
