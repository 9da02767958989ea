"""A hundred hostile far ends in the whole program: what reaches the terminal, how long a turn takes, how much is kept.

One session after the other, in one tab: what a far end does while a line runs is one case. After each the tab is used
again. What the far end makes ready is made in a thread of its own: only what the program does is measured.
"""

from __future__ import annotations

import asyncio
import threading
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.transports import registry
from pstui.backends.transports.outofproc import OutOfProcTransport
from pstui.tui.pane.state import PaneState

from tests.support.pilot import Screen, screen
from tests.support.replay_wire import ZERO
from tests.support.scripted_peer import COMPLETED, FAILED, Action, ScriptedPeer, call, error_record, state, stop_event
from tests.support.stall import BUDGET, Turns, watched_turns

INFO = ConnectionInfo(ParameterSet.PROCESS, {"Command": ("far",)})
#: bytes above idle that may be in use, beside one object within its limit
MEMORY = (64 + 64) << 20
#: How often a case may be tried: what a message costs it costs each time, what the machine does beside is chance.
TRIES = 3
#: bytes that a channel gives at once
PIECE = 256 * 1024


@dataclass
class Aside(ScriptedPeer):
    """A far end that makes what it sends in another thread."""

    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def raw(self, data: bytes) -> None:
        if threading.current_thread() is threading.main_thread():
            super().raw(data)
            return
        for start in range(0, len(data), PIECE):
            self.loop.call_soon_threadsafe(self._out.put_nowait, data[start : start + PIECE])

    def _do(self, actions: list[Action], guid: uuid.UUID) -> None:
        threading.Thread(target=lambda: [action(self, guid) for action in actions]).start()


Clixml = Callable[[], str]


def many(inside: str, count: int) -> Clixml:
    return lambda: "<Obj RefId='0'><LST>" + inside * count + "</LST></Obj>"


def leaf(tag: str, text: str, count: int = 1 << 18) -> Clixml:
    return lambda: f"<{tag}>{text * count}</{tag}>"


def repeated() -> str:
    lists = ["<Obj RefId='1'><LST>" + "<S>x</S>" * 10 + "</LST></Obj>"]
    for level in range(2, 30):
        lists.append(f"<Obj RefId='{level}'><LST>" + f"<Ref RefId='{level - 1}' />" * 10 + "</LST></Obj>")
    return "<Obj RefId='0'><LST>" + "".join(lists) + "</LST></Obj>"


#: values that are large, deep, odd
VALUES: dict[str, Clixml] = {
    "numbers": many("<I32>1</I32>", 400_000),
    "numbers within": many("<I32>1</I32>", 60_000),
    "objects": many("<Obj RefId='1'><MS><I32 N='a'>1</I32><S N='b'>x</S></MS></Obj>", 20_000),
    "lists": many("<Obj RefId='1'><LST><I32>1</I32></LST></Obj>", 30_000),
    "references": repeated,
    "deep": lambda: "<Obj RefId='1'><LST>" * 5_000 + "<S>x</S>" + "</LST></Obj>" * 5_000,
    "properties": lambda: "<Obj RefId='0'><MS>" + "".join(f"<S N='p{n}'>x</S>" for n in range(45_000)) + "</MS></Obj>",
    "text": leaf("S", "x" * 8),
    "escapes": leaf("S", "_x000A_"),
    "entities": leaf("S", "&amp;"),
    "references to characters": leaf("S", "&#x41;"),
    "bytes": leaf("BA", "QUJD"),
    "digits": leaf("I32", "1111"),
    "decimal": leaf("D", "1111"),
    "date": leaf("DT", "1111"),
    "dates": many("<DT>2026-11-30T12:00:00Z</DT>", 40_000),
    "guid": leaf("G", "aaaa"),
    "xml": leaf("XD", "&lt;a/&gt;", 100_000),
    "secret": leaf("SS", "QUJD"),
    "attributes": lambda: "<Obj RefId='0' " + " ".join(f"a{n}='x'" for n in range(100_000)) + "/>",
    "tag": lambda: "<" + "a" * (1 << 20) + "/>",
    "name": lambda: "<Obj RefId='0'><MS><S N='" + "_x0041_" * (1 << 17) + "'>x</S></MS></Obj>",
    "text of an object": lambda: "<Obj RefId='0'><ToString>" + "_x0041_" * (1 << 18) + "</ToString></Obj>",
    "document type": lambda: '<!DOCTYPE a [<!ENTITY b "bb">]><S>&b;</S>',
}

#: texts that would act on a terminal, hide something, or cost much
TEXTS: dict[str, str] = {
    "window title": "\x1b]0;owned\x07text",
    "link": "\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;c2VjcmV0\x07x",
    "palette": "\x1b]4;1;rgb:ff/00/00\x1b\\x",
    "reset": "\x1bcx",
    "reports": "\x1b[6n\x1b[c\x1b[>c\x1b[?1;2c\x1b[18t\x05",
    "screen": "\x1b[?1049l\x1b[2J\x1b[3J\x1b[H",
    "mouse": "\x1b[?1000h\x1b[?1003h\x1b[?2004l",
    "device string": "\x1bP+q544e\x1b\\ \x1bPq#0;2;0;0;0~\x1b\\",
    "application": "\x1b_Gf=100;AAAA\x1b\\ \x1b^x\x1b\\ \x1bXx\x1b\\",
    "eight bits": "\x9b2J\x9d0;x\x9c\x90q\x9c\x84\x85\x8d",
    "string without an end": "\x1b]0;" + "x" * 5_000,
    "sequence without an end": "\x1b[" + "1;" * 5_000,
    "controls": "".join(map(chr, (*range(32), *range(127, 160)))),
    "direction": "\u202egpj.exe\u202c \u2066x\u2069 \u200f\u061c",
    "nothing seen": "pay\u200bpal\u00ad\ufeff\U000e0041\u2060\u115f",
    "halves": "\ud800 \udc00 \udfff",
    "separators": "a\u2028b\u2029c\x85d",
    "marks": "e" + "\u0301" * 5_000,
    "joiners": "\U0001f469" + "\u200d\U0001f469" * 1_000,
    "flags": "\U0001f1e6" * 2_001,
    "wide": "\u65e5" * 12_000,
    "long line": "x" * 300_000,
    "many lines": "x\n" * 12_000,
    "empty lines": "\n" * 30_000,
    "returns": "ab\r" * 12_000,
    "backspaces": "ab\b\b" * 12_000,
    "tabs": "\t" * 12_000,
    "colours": "".join(f"\x1b[38;5;{n % 256}mx" for n in range(8_000)),
    "many parameters": "\x1b[" + ";".join("1" for _ in range(100)) + "m",
    "cursor": "x\x1b[99999C\x1b[99999D\x1b[5G\x1b[K" * 500,
    "erase": "\x1b[K\x1b[1K\x1b[2K" * 3_000,
    "zalgo": "".join(chr(0x300 + n % 112) for n in range(3_000)),
}


def written(text: str) -> str:
    """Return a text as CLIXML has it."""
    odd = "".join(
        f"_x{ord(char):04X}_" if char < " " or "\x7f" <= char < "\xa0" or "\ud800" <= char < "\ue000" else char
        for char in text.replace("_x", "_x005F_x")
    )
    return f"<S>{escape(odd)}</S>"


def error(value: Clixml) -> Action:
    """An error record with a value in it."""

    def do(peer: ScriptedPeer, guid: uuid.UUID) -> None:
        record = error_record("no").replace('<Nil N="TargetObject" />', value().replace("<", "<", 1))
        peer.say("ERROR_RECORD", record, guid)

    return do


def lazily(make: Callable[[], Action]) -> Action:
    """An action whose value is made when it is needed."""
    return make()


def progress(text: str) -> Action:
    fields = "".join(f'<S N="{name}">{text}</S>' for name in ("Activity", "StatusDescription", "CurrentOperation"))
    numbers = "".join(
        f'<I32 N="{name}">5</I32>' for name in ("ActivityId", "ParentActivityId", "PercentComplete", "SecondsRemaining")
    )
    return call(20, "<I64>1</I64>", f"<Obj RefId='3'><MS>{fields}{numbers}<I32 N='Type'>0</I32></MS></Obj>")


def every(number: int, *arguments: str, count: int = 2_000) -> Action:
    """The same host call, so often."""

    def do(peer: ScriptedPeer, guid: uuid.UUID) -> None:
        for _ in range(count):
            peer.host_call(number, arguments, -100, guid)

    return do


def _whole(**sides: int) -> str:
    inside = "".join(f"<I32 N='{name}'>{value}</I32>" for name, value in sides.items())
    return f"<Obj RefId='3'><MS>{inside}</MS></Obj>"


def _failure(parts: Clixml) -> Action:
    """A terminating error with more in it."""

    def do(peer: ScriptedPeer, guid: uuid.UUID) -> None:
        peer.state(guid, FAILED, error_record("no").replace('<Nil N="TargetObject" />', parts()))

    return do


_BLANK = (
    "<Obj RefId='5'><MS><C N='character'>32</C><I32 N='foregroundColor'>1</I32><I32 N='backgroundColor'>1</I32>"
    "<I32 N='bufferCellType'>0</I32></MS></Obj>"
)
#: calls that act on more than the text
OTHERS: dict[str, Action] = {
    "a long title": call(42, "<S>" + "t" * 900_000 + "</S>"),
    "a title of marks": call(42, "<S>" + "\u0301" * 900_000 + "</S>"),
    "a flood of titles": every(42, "<S>title</S>"),
    "a flood of clearings": every(48, _whole(left=-1, top=-1, right=-1, bottom=-1), _BLANK),
    "a flood of colours": every(28, "<I32>3</I32>"),
    "a state of the session": lambda peer, guid: peer.say("RUNSPACEPOOL_STATE", VALUES["properties"]()),
    "a block of cells": call(
        49, _whole(x=0, y=0), f"<Obj RefId='4'><MS><Obj N='mae' RefId='6'><LST>{_BLANK * 18_000}</LST></Obj></MS></Obj>"
    ),
    "an error of many lines": lambda peer, guid: peer.say("ERROR_RECORD", error_record("x\n" * 700_000), guid),
    "a failure of many parts": _failure(lambda: "".join(f"<S N='p{n}'>x</S>" for n in range(45_000))),
    "a failure of much text": _failure(lambda: "<S N='p'>" + "x" * 3_000_000 + "</S>"),
    "a stop of many lines": lambda peer, guid: stop_event("x\n" * 1_000_000, ("x",) * 20_000)(peer, ZERO),
    "escapes in a state": lambda peer, guid: peer.say("RUNSPACEPOOL_STATE", VALUES["escapes"]()),
}


def cases() -> Iterator[tuple[str, list[Action]]]:
    for name, action in OTHERS.items():
        yield name, [action]
    for number, (name, text) in enumerate(TEXTS.items()):
        yield f"line: {name}", [call(16, written(text))]
        if len(text) < 6_000:
            yield f"error line: {name}", [call(18, written(text))]
            if number < 10:
                yield f"progress: {name}", [progress(written(text)[3:-4])]
    for number, (name, value) in enumerate(VALUES.items()):
        if number % 2:
            yield f"event: {name}", [lazily(lambda value=value: _event(value()))]
        else:
            yield f"error record: {name}", [error(value)]
        yield f"host call: {name}", [lazily(lambda value=value: call(16, value()))]


def _event(value: str) -> Action:
    return lambda peer, guid: peer.say("USER_EVENT", value)


CASES = dict(cases())


def forbidden(text: str) -> set[str]:
    """Return what may not be in a row of the screen."""
    found = {ascii(char) for char in text if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")}
    return found | {ascii(char) for char in text if "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069"}


async def settled(s: Screen) -> bool:
    """Wait for the end of a line; return whether the session broke, which is then opened again."""
    await s.until(lambda: s.pane.state is not PaneState.BUSY, "the end of the line", 60)
    broke = not s.pane.state.live
    if broke:
        await s.keys("enter")
    await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt", 60)
    await s.pane.console.shown()
    await s.idle()
    return broke


async def suffer(s: Screen, turns: Turns, peers: list[Aside], names: list[str]) -> list[str]:
    """Run cases; return what was wrong."""
    wrong = []
    for number, name in enumerate(names):
        for peer in peers:
            peer.commands[f"case-{number}"] = [*CASES[name], state(COMPLETED)]
        idle = turns.most
        for _ in range(TRIES):
            turns.begin()
            await s.type(f"case-{number}")
            # A session that ends and is opened again lays out the whole screen twice, whatever ended it.
            budget = BUDGET * (1 + await settled(s))
            if turns.longest <= budget:
                break
        else:
            wrong.append(f"{name}: a turn took {turns.longest / BUDGET * 50:.0f} of {budget / BUDGET * 50:.0f} ms")
        rows = "".join(strip.text for strip in s.app.screen._compositor.render_strips())
        if odd := forbidden(rows):
            wrong.append(f"{name}: {odd} on the screen")
        if turns.most - idle > MEMORY:
            wrong.append(f"{name}: {(turns.most - idle) >> 20} MiB more")
    return wrong


@pytest.mark.parametrize("part", range(4))
async def test_hostile_far_ends(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    peers: list[Aside] = []

    async def connect(info: ConnectionInfo, context: Any) -> OutOfProcTransport:
        peer = Aside()
        if peers:
            peer.commands = peers[-1].commands
        peers.append(peer)
        return OutOfProcTransport(peer, True)

    monkeypatch.setattr(registry, "connect", connect)
    with watched_turns() as turns:
        async with screen(INFO) as s:
            await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt", 60)
            turns.begin()
            wrong = await suffer(s, turns, peers, list(CASES)[part::4])
    assert not wrong, "\n".join(wrong)


def test_there_are_a_hundred() -> None:
    assert len(CASES) >= 100
