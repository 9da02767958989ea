"""Whatever is text is typed, and one Backspace takes one letter of it, in every place that text is typed into."""

from __future__ import annotations

import pytest
from pstui.tui.cli.terminal import Line
from pstui.tui.line_input import LineInput
from pstui.tui.plain import typed_text
from pstui.tui.transcript.render.cells import without_last
from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Input

from tests.support.stand_in import StandInManager
from tests.tui.editor.support import ready, session

#: ideographic space, no-break space, a new emoji, an icon, the non-joiner, the soft hyphen, an unassigned character
ODD = "\u3000\xa0\U0001fae8\ue0b0\u200c\xad\U000e0100"
#: letters that are one step: a family, a flag, a thumb with a colour, e with an accent, a key cap
WHOLE = ["👨\u200d👩\u200d👧", "🇩🇪", "👍🏽", "e\u0301", "1\ufe0f\u20e3"]


def test_text_is_all_but_control_characters() -> None:
    assert "".join(map(typed_text, f"a{ODD}")) == f"a{ODD}"
    assert [typed_text(one) for one in ("", None, "\x1b", "\t", "\x85", "\udc80", "\u2028")] == [""] * 7


async def test_in_the_editor() -> None:
    async with session(StandInManager()) as s:
        await ready(s)
        editor = s.pane.editor
        for character in f"a{ODD}b":
            await editor.take_key("x_key", character)
        assert editor.text == f"a{ODD}b"
        for letter in WHOLE:
            editor.empty()
            editor.paste_text(f"a{letter}{letter}b")
            await editor.take_key("left")
            await editor.take_key("backspace")
            assert editor.text == f"a{letter}b"
            await editor.take_key("home")
            await editor.take_key("right")
            await editor.take_key("delete")
            assert editor.text == "ab"


@pytest.mark.parametrize("password", [False, True])
async def test_in_a_line_of_text(password: bool) -> None:
    class Lone(App[None]):
        def compose(self) -> ComposeResult:
            yield LineInput(password=password)

    async with Lone().run_test() as pilot:
        line = pilot.app.query_one(Input)
        for character in f"a{ODD}b":
            line.post_message(events.Key("x_key", character))
        await pilot.pause()
        assert line.value == f"a{ODD}b"
        for letter in WHOLE:
            line.value = f"a{letter}{letter}b"
            await pilot.press("end", "left", "backspace", "home", "right", "right", "left", "delete")
            assert line.value == "ab"


@pytest.mark.parametrize("secret", [False, True])
def test_in_an_answer_without_a_screen(secret: bool) -> None:
    line = Line(secret=secret)
    line.feed(f"a{ODD}")
    assert line.text == f"a{ODD}"
    for letter in WHOLE:
        assert without_last(f"a{letter}") == "a"
        line = Line(secret=secret)
        line.feed(f"a{letter}\x7f")
        assert line.text == "a"
