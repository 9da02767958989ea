"""What a far end may answer to a completion: a flood of matches, long ones, and what is none."""

from __future__ import annotations

import asyncio

import pytest
from pstui.backends.sessions.completion import MAX_MATCHES

from tests.support.scripted_peer import COMPLETED, ScriptedPeer, meeting, members, output, state
from tests.support.stall import BUDGET, watched_turns


def answer(matches: str) -> str:
    """Return a CommandCompletion with these matches."""
    found = f'<Obj N="CompletionMatches" RefId="2"><LST>{matches}</LST></Obj>'
    numbers = '<I32 N="ReplacementIndex">0</I32><I32 N="ReplacementLength">4</I32>'
    return f'<Obj RefId="1"><MS>{found}{numbers}</MS></Obj>'


def match(text: str, help: str = "help") -> str:
    """Return one match."""
    return members(
        CompletionText=f"<S>{text}</S>",
        ListItemText=f"<S>{text}</S>",
        ToolTip=f"<S>{help}</S>",
        ResultType='<Obj RefId="9"><ToString>Command</ToString><I32>2</I32></Obj>',
    )


FLOODS = {
    "more than are kept": (match("Get-It") * (MAX_MATCHES + 2_000), MAX_MATCHES),
    "more than a message may hold": (match("Get-It") * 20_000, 0),
    "long helps": (match("Get-It", "_x0041_" * 500) * 300, 300),
    "no matches": ("<S>x</S><Nil />" * 100, 0),
}


@pytest.mark.parametrize("flood", FLOODS)
async def test_a_flood_of_matches_is_cut_and_holds_nobody_up(flood: str, monkeypatch: pytest.MonkeyPatch) -> None:
    matches, kept = FLOODS[flood]
    peer = ScriptedPeer(commands={"TabExpansion2": [output(answer(matches)), state(COMPLETED)]})
    with meeting(monkeypatch, peer) as met, watched_turns() as turns:
        await met.interactive.enter()
        longest = []
        for _ in range(2):  # what the machine does beside is chance
            sending = asyncio.create_task(met.interactive.complete("Get-", 4))
            await asyncio.sleep(0)
            turns.begin()
            try:
                found = len((await asyncio.wait_for(sending, 60)).matches)
            except Exception as error:
                found = 0
                assert "too large" in str(error)
            assert found == kept
            longest.append(turns.longest)
        assert min(longest) <= BUDGET * 2, f"{min(longest) / BUDGET * 50:.0f} ms"  # the peer makes its message in one
        await met.manager.close_all()
