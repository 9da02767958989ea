"""Text of several targets on one output: tables stay whole and say whose they are; nothing waits for ever."""

from __future__ import annotations

import asyncio

import pytest
from pstui.backends.console import BACKLOG_LIMIT
from pstui.backends.records import Stream, Write
from pstui.tui.cli import blocks as module
from pstui.tui.cli.blocks import Block, Blocks

from tests.support.nobody import NobodyConsole


def say(block: Block, *lines: str) -> None:
    for line in lines:
        block.write(Write(line))


def shown(console: NobodyConsole) -> list[str]:
    return [record.text for record in console.writes]


async def test_a_table_is_whole_and_named_and_texts_alternate() -> None:
    console = NobodyConsole()
    blocks = Blocks(console)
    a, b = blocks.of("a"), blocks.of("b")
    say(a, "text of a")
    say(b, "text of b")
    say(b, "")
    say(a, "", "A", "-")
    say(b, "A", "-", "2", "")
    say(a, "1", "")
    assert shown(console)[2:] == ["", "   PSComputerName: a", "", "A", "-", "1", ""]
    a.finish()
    assert shown(console)[9:] == ["", "   PSComputerName: b", "", "A", "-", "2", ""]


async def test_a_pause_lets_the_other_be_heard_and_the_rest_is_named_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.01)
    console = NobodyConsole()
    blocks = Blocks(console)
    a, b = blocks.of("a"), blocks.of("b")
    say(a, "", "1")
    say(b, "", "2")
    assert len(console.writes) == 4
    async with asyncio.timeout(5):
        while len(console.writes) < 8:
            await asyncio.sleep(0)
    b.finish()
    say(a, "3")
    assert shown(console)[-3:] == ["", "   PSComputerName: a", "3"]


async def test_without_heads_and_with_errors() -> None:
    console = NobodyConsole()
    blocks = Blocks(console, heads=False)
    a, b = blocks.of("a"), blocks.of("b")
    say(a, "", "1")
    b.write(Write("wrong", stream=Stream.ERROR))
    say(b, "", "2")
    a.finish()
    b.finish()
    assert shown(console) == ["", "1", "wrong", "", "2"]


async def test_what_waits_is_bounded_and_empty_writes_are_nothing() -> None:
    console = NobodyConsole()
    blocks = Blocks(console)
    a, b = blocks.of("a"), blocks.of("b")
    say(a, "", "1")
    for _ in range(BACKLOG_LIMIT + 1):
        b.write(Write("2"))
        b.write(Write("", newline=False))
    assert b.backlog > BACKLOG_LIMIT, "the far end is not read any further"
    drained = asyncio.ensure_future(b.drained())
    await asyncio.sleep(0)
    assert not drained.done()
    a.finish()
    await asyncio.wait_for(drained, 5)
    assert shown(console).count("2") == BACKLOG_LIMIT + 1
    for _ in range(5_000):
        b.write(Write("", newline=False))
        b.write(Write("", newline=False, stream=Stream.ERROR))
    assert b.backlog == 0
    for _ in range(2_000):
        b.write(Write("x", newline=False))
    assert "".join(shown(console)).count("x") > 1_000, "a line without an end is handed on in parts"


async def test_one_that_formats_without_a_pause_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TURN", 0.0)
    console = NobodyConsole()
    blocks = Blocks(console)
    a, b = blocks.of("a"), blocks.of("b")
    say(a, "", "1")
    say(b, "", "2", "")
    await asyncio.sleep(0.001)
    say(a, "")
    assert "2" in shown(console)


async def test_a_flood_of_empty_writes_is_not_kept() -> None:
    console = NobodyConsole()
    block = Blocks(console).of("a")
    for _ in range(20_000):
        block.write(Write("", newline=False))
        block.write(Write(""))
    assert len(console.writes) > 18_000, "they are handed on, not kept"
