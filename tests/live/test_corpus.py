"""The lines of the corpus typed into pstui's screen: the answers are those of the real console, line by line."""

from __future__ import annotations

import getpass

import pytest
from pstui.backends.connection import ConnectionInfo
from pstui.tui.pane.state import PaneState

from tests.support.corpus import COLUMNS, GIVEN, ROWS, Typed, corpus, folders, type_in, until
from tests.support.pilot import Screen, screen
from tests.support.powershell import real_info, real_server

__all__ = ["real_info", "real_server"]

CORPUS = corpus()
#: where pstui answers otherwise on purpose, or the recording cannot be repeated
DIFFERENT = {
    ("strings", 10): "a vertical tab is not obeyed",
    ("native", 8): "a program's two pipes: which of them is read first is chance",
    ("native", 22): "a form feed is not obeyed",
    ("objects", 24): "the typed line fills its row exactly, and PSReadLine leaves an empty one below",
    ("streams", 72): "the folder had another name where this was recorded",
    ("err_concise", 52): "the real client evaluates the argument itself and sends a copy, which does not bind",
    ("discover", 44): "the row of the cursor is not counted: what is shown is a stream of text, not a grid",
    ("discover2", 0): "the size of the cursor is kept; the real client has none on Linux and says so",
    ("prompts", 49): "it has left the session: the prompt is the local one",
    ("repro2", 5): "no prompt was recognised; it is PS>, as for every object without a text",
    ("repro2", 20): "typed at the local prompt: the session was left before",
    ("end10", 0): "the words about the end of a session are pstui's own",
}


async def typed_into(s: Screen, lines: list[Typed]) -> list[str]:
    """Type one session of the corpus into a new session of the pane, and return what differs."""
    differs = []
    for line in lines[0].setup[:1]:
        await type_in(s, line)
    for typed in lines:
        if typed.n == 20 and typed.session == "repro2":
            break
        for line in GIVEN.get((typed.session, typed.n), ()):
            await type_in(s, line)
        answer = await type_in(s, typed.line)
        expected = not typed.volatile and (typed.session, typed.n) not in DIFFERENT
        if expected and not answer.fits(typed):
            differs.append(f"{typed.name}\n real {typed.rows} {typed.prompt!r} {typed.state}\n ours {answer}")
        if answer.state == "left":
            break
        if answer.state == "waits":
            s.burst("ctrl+c")
            await until(s, lambda: s.pane.editor.text == "" and s.pane.conversation.prompt != ">> ", "an empty line")
    return differs


@pytest.mark.skipif(getpass.getuser() != "root", reason="names of owners and the home of root stand in the answers")
@pytest.mark.timeout(900)
async def test_the_answers_are_the_real_consoles(real_info: ConnectionInfo) -> None:
    differs = []
    # One column is the scrollbar's, one the pane's edge; the tabs and the footer have a row each.
    async with screen(real_info, size=(COLUMNS + 2, ROWS + 2)) as s:
        s.workspace.add_class("-folded")
        await until(s, lambda: s.workspace.front is not None and s.pane.console.size.width == COLUMNS, "the width")
        assert s.pane.console.size.height == ROWS
        for session, lines in CORPUS.items():
            if not s.pane.state.live:
                s.burst("enter")
            await until(s, lambda: s.pane.state is PaneState.PROMPT, f"the first prompt of {session}")
            with folders([session]):
                differs += await typed_into(s, lines)
            if s.pane.state is PaneState.PROMPT:
                await type_in(s, "exit")
            await until(s, lambda: not s.pane.state.live, f"the end of {session}")
    assert not differs, f"{len(differs)} lines differ\n" + "\n".join(differs)


def test_only_few_lines_differ() -> None:
    compared = {(line.session, line.n) for lines in CORPUS.values() for line in lines if not line.volatile}
    assert len(compared) > 430
    assert set(DIFFERENT) <= compared
