"""A limit that is crossed ends the pipeline that crossed it, never the session, and no message holds the loop."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from itertools import pairwise
from typing import Any

import pytest
from pstui.backends.errors import LimitExceeded
from pstui.backends.psrp.clixml import PlainCipher
from pstui.backends.psrp.fragments import Defragmenter
from pstui.backends.psrp.limits import MAX_DEPTH, WHOLE, Limits
from pstui.backends.psrp.values import in_steps, parse_in_steps, reading, value_of
from pstui.backends.sessions.interactive import Outcome

from tests.support.replay_wire import FRAGMENT_HEADER, MESSAGE_HEADER
from tests.support.scripted_peer import COMPLETED, Action, Meeting, ScriptedPeer, line, meeting, output, state
from tests.support.stall import BUDGET, watched_turns

SMALL = Limits(max_object=150_000, max_values=1_000, max_text=50)


def nested(depth: int) -> str:
    """Return objects inside one another."""
    return "<Obj RefId='1'><LST>" * depth + "<S>x</S>" + "</LST></Obj>" * depth


def repeated(levels: int) -> str:
    """Return a list that holds the one before it ten times, for so many levels."""
    lists = ["<Obj RefId='1'><LST>" + "<S>x</S>" * 10 + "</LST></Obj>"]
    for level in range(2, levels + 1):
        lists.append(f"<Obj RefId='{level}'><LST>" + f"<Ref RefId='{level - 1}' />" * 10 + "</LST></Obj>")
    return "<Obj RefId='0'><LST>" + "".join(lists) + "</LST></Obj>"


TOO_MUCH = {
    "bytes": "<S>" + "x" * 200_000 + "</S>",
    "values": "<Obj RefId='0'><LST>" + "<I32>1</I32>" * 1_001 + "</LST></Obj>",
    "depth": nested(MAX_DEPTH + 1),
    "references": repeated(6),
    "a tag": "<Obj RefId='0' " + " ".join(f"a{n}='x'" for n in range(11_000)) + "/>",
    "a tag with brackets": "<Obj RefId='0' " + " ".join(f"a{n}='>'" for n in range(11_000)) + "/>",
    "a tag without an end": '<Obj RefId="0" a=">' + "x" * 90_000,
    "a date": "<DT>" + "1" * 90_000 + "</DT>",
}


async def run(met: Meeting, **options: Any) -> list[Any]:
    """Run ``Get-Thing`` as Invoke-Command does and return what it gave."""
    found: list[Any] = []
    await met.session.invoke_script("Get-Thing", met.console, out_default=False, on_output=found.append, **options)
    return found


@pytest.mark.parametrize("what", TOO_MUCH)
async def test_too_much_in_one_piece_ends_the_command_alone(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"Get-Thing": [output(TOO_MUCH[what]), output("<S>after</S>"), state(COMPLETED)]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        met.session.limits = SMALL
        with pytest.raises(LimitExceeded):
            await run(met)
        peer.commands["Get-Thing"] = [output("<S>small</S>"), state(COMPLETED)]
        assert await run(met) == ["small"]
        await met.manager.close_all()


async def test_a_typed_line_says_what_was_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    many = "<Obj RefId='0'><LST>" + "<I32>1</I32>" * 300 + "</LST></Obj>"
    peer = ScriptedPeer(commands={"Get-Thing": [output("<S>" + "x" * 200_000 + "</S>"), output(many)]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        met.session.limits = SMALL
        assert await asyncio.wait_for(met.interactive.run("Get-Thing"), 5) is Outcome.READY
        assert "too large" in met.console.shown()[0]
        assert met.interactive.prompt == "[localhost]: PS> "
        await met.manager.close_all()


async def test_other_limits_hold_for_one_invocation(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"Get-Thing": [line("y" * 80), output(TOO_MUCH["bytes"]), state(COMPLETED)]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        met.session.limits = SMALL
        assert await run(met, limits=WHOLE) == ["x" * 200_000]
        assert met.console.shown() == ["y" * 80]
        await met.manager.close_all()


async def test_a_text_to_show_is_cut_and_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "&amp;_x000A_é" * 20_000
    peer = ScriptedPeer(commands={"Get-Thing": [output("<S>1</S>"), _writes(text), state(COMPLETED)]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        met.session.limits = Limits(max_text=10_000)
        await met.interactive.run("Get-Thing")
        assert "\n".join(met.console.shown()) == ("&\né" * 20_000)[:10_000] + "…"
        await met.manager.close_all()


def _writes(clixml: str) -> Action:
    from tests.support.scripted_peer import call

    return call(16, f"<S>{clixml}</S>")


LARGE = {
    "many numbers": "<Obj RefId='0'><LST>" + "<I32>1</I32>" * 60_000 + "</LST></Obj>",
    "many properties": "<Obj RefId='0'><MS>" + "".join(f"<S N='p{n}'>x</S>" for n in range(30_000)) + "</MS></Obj>",
    "dates": "<Obj RefId='0'><LST>" + "<DT>2026-11-30T12:00:00Z</DT>" * 900 + "</LST></Obj>",
    "a text of escapes": "<S>" + "_x005F_x000A_" * 80_000 + "</S>",
}


@pytest.mark.parametrize("what", LARGE)
async def test_others_have_their_turn_while_a_message_is_read(what: str) -> None:
    turns = 0

    async def another() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(another())
    root = await parse_in_steps(LARGE[what].encode())
    value = await in_steps(reading(root, PlainCipher()))
    beside.cancel()
    assert turns >= 20
    assert value == value_of(root, PlainCipher())


def test_the_watchdog_sees_a_long_turn() -> None:
    async def hold() -> None:
        begun = time.thread_time()
        while time.thread_time() - begun < 3 * BUDGET * turns.unit:
            pass

    with watched_turns() as turns:
        asyncio.run(hold())
    assert not turns.within


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_are_refused(encoding: str) -> None:
    from pstui.backends.errors import Unreadable
    from pstui.backends.psrp.clixml import parse

    with pytest.raises(Unreadable):
        parse('<!DOCTYPE a [<!ENTITY b "bb">]><S>&b;</S>'.encode(encoding))
    with pytest.raises(Unreadable):
        parse(b'<?xml version="1.0" encoding="utf-7"?><S>x</S>')


async def test_what_is_consumed_while_it_is_read_is_read_the_same() -> None:
    inner = '<Obj N="Inner" RefId="1"><LST><Obj RefId="2"><MS><I32 N="A">1</I32></MS></Obj></LST></Obj>'
    body = f'<Obj RefId="0"><MS>{inner}<Obj N="Named" RefId="3"><DCT/></Obj></MS></Obj>'.encode()
    expected = {"Inner": [{"A": 1}], "Named": {}}
    for consume in (False, True):
        work = reading(await parse_in_steps(body), PlainCipher(), consume=consume)
        assert await in_steps(work) == expected


def test_fragments_byte_by_byte_cost_no_more_than_their_bytes() -> None:
    body = b"<S>" + b"x" * 200_000 + b"</S>"
    blob = MESSAGE_HEADER.pack(1, 0x41004, bytes(16), bytes(16)) + body
    data = FRAGMENT_HEADER.pack(1, 0, 3, len(blob)) + blob
    fragments = Defragmenter()
    begun = time.thread_time()
    found = [message for at in range(len(data)) for message in fragments.feed(data[at : at + 1])]
    assert [message.body for message in found] == [body]
    assert time.thread_time() - begun < 1.0


@pytest.mark.parametrize("each", [5_000, 300_000, 7_000_000])
def test_a_long_message_grows_in_one_place_and_is_whole(each: int) -> None:
    head = MESSAGE_HEADER.pack(1, 0x41004, bytes(16), bytes(16)) + b"\xef\xbb\xbf"
    body = b"<S>" + bytes(range(97, 123)) * 400_000 + b"</S>"
    whole = head + body
    cuts = [0, 7, 41, *range(5_000, len(whole), each), len(whole)]
    fragments, found = Defragmenter(), []
    for number, (start, end) in enumerate(pairwise(cuts)):
        flags = 1 if number == 0 else 2 if end == len(whole) else 0
        found += fragments.feed(FRAGMENT_HEADER.pack(1, number, flags, end - start) + whole[start:end])
    found += fragments.feed(FRAGMENT_HEADER.pack(2, 0, 3, len(head) + 3) + head + b"<a>")
    assert [bytes(message.body) for message in found] == [body, b"<a>"]


def test_a_message_that_is_too_large_is_passed_over() -> None:
    def fragment(object_id: int, number: int, flags: int, blob: bytes) -> bytes:
        return FRAGMENT_HEADER.pack(object_id, number, flags, len(blob)) + blob

    head = MESSAGE_HEADER.pack(1, 0x41004, bytes(16), bytes(16))
    fragments = Defragmenter(1_000)
    stream = [fragment(1, 0, 1, head + bytes(900)), *(fragment(1, n, 0, bytes(900)) for n in range(1, 9))]
    stream += [fragment(1, 9, 2, b"end"), fragment(2, 0, 3, head + b"<S>next</S>")]
    found = fragments.feed(b"".join(stream))
    assert [message.body for message in found] == [b"<S>next</S>"]
    assert fragments.crossed is not None


def test_fragments_without_content_take_no_room() -> None:
    fragments = Defragmenter()
    head = FRAGMENT_HEADER.pack(1, 0, 1, 4) + b"abcd"
    fragments.feed(head)
    tracemalloc.start()
    for number in range(1, 20_001):
        fragments.feed(FRAGMENT_HEADER.pack(1, number, 0, 0))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100_000
