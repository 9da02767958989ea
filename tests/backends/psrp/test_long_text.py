"""A long text goes out piece by piece while it is decoded: it is the text, whole, and others have their turn."""

from __future__ import annotations

import asyncio

import pytest
from psrpcore.types import HostMethodIdentifier
from pstui.backends.psrp import long_text
from pstui.backends.psrp.clixml import TAIL, head_of, host_write, unescape, written
from pstui.backends.psrp.limits import WHOLE

from tests.support.nobody import NobodyConsole
from tests.support.scripted_peer import COMPLETED, Action, ScriptedPeer, meeting, state

#: entities, escapes, a pair of surrogates, characters of several bytes, a sequence for a terminal
RAW = "a&amp;&#xFFFE;_x000A__xD83D__xDE00_\u0416\U0001f600_x001B_[31mred_x001B_[0m_x005F_x0041_&lt;"
PLAIN = unescape(RAW.replace("&amp;", "&").replace("&lt;", "<").replace("&#xFFFE;", "\ufffe"))


@pytest.mark.parametrize("portion", [20, 33, 97, 1000])
def test_the_pieces_are_the_text_and_cut_no_sequence(portion: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_text, "PORTION", portion)
    body = (RAW * 50).encode()
    pieces = list(long_text.long_text(body, 0, len(body)))
    assert "".join(pieces) == PLAIN * 50
    assert all("\x1b[0m" in piece or "\x1b[31m" in piece or "\x1b" not in piece for piece in pieces)


def test_where_a_text_stands_in_a_call_is_found_in_place() -> None:
    for method, before in (
        (HostMethodIdentifier.WriteLine2, b""),
        (HostMethodIdentifier.Write2, b"<I32>7</I32><I32>-1</I32>"),
    ):
        body = head_of(method) + before + b"<S>text</S>" + TAIL
        found = written(body)
        assert found is not None
        assert (found[0], body[found[2] : found[3]]) == (method, b"text")
    for wrong in (b"<S>", b"<S>a", b"a</S>", b"<I32>1</I32><S>a</S>", b"<Nil/>"):
        assert written(head_of(HostMethodIdentifier.WriteLine2) + wrong + TAIL) is None
        assert host_write(head_of(HostMethodIdentifier.WriteLine2) + wrong + TAIL) is None


def says(method: HostMethodIdentifier, text: str) -> Action:
    """Return the action that writes a line as a real server does."""
    body = f"{head_of(method).decode()}<S>{text}</S>{TAIL.decode()}"
    return lambda peer, guid: peer.say("PIPELINE_HOST_CALL", body, guid)


async def test_a_long_line_is_written_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_text, "PORTION", 5_000)
    console = NobodyConsole()
    turns = 0

    async def another() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    raw = RAW * 1_000
    methods = HostMethodIdentifier.WriteLine2, HostMethodIdentifier.WriteWarningLine
    writes = [says(method, text) for method, text in zip(methods, (raw, "w" * 40_000), strict=True)]
    peer = ScriptedPeer(commands={"Get-Thing": [*writes, state(COMPLETED)]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        beside = asyncio.create_task(another())
        await met.session.invoke_script("Get-Thing", console, limits=WHOLE)
        beside.cancel()
        await met.manager.close_all()
    text = "".join(one.text + "\n" * one.newline for one in console.writes)
    assert text == PLAIN * 1_000 + "\nWARNING: " + "w" * 40_000 + "\n"
    assert len(console.writes) > 20 and turns > len(console.writes)
