"""PowerShell's colours in the editor, and brackets and quotes that belong together."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st
from pstui.tui.editor.highlight import MAX_TEXT, Highlighted
from textual import events

from tests.support.pilot import Screen
from tests.support.stand_in import StandInManager
from tests.tui.editor.support import press, ready, session


def colours(s: Screen) -> dict[str, str]:
    """What is drawn in which colour in the first row of the editor."""
    found: dict[str, str] = {}
    for segment in s.pane.editor.render_line(0):
        if segment.text.strip() and segment.style is not None and segment.style.color is not None:
            name = segment.style.color.name
            found[name] = found.get(name, "") + segment.text.strip()
    return found


async def test_a_line_is_coloured_by_what_its_words_are(manager: StandInManager) -> None:
    async with session(manager, settings={"theme": "dark"}) as s:
        await ready(s)
        await press(s, "ls -Force 'a b' $x", "home")
        found = colours(s)
        variables = s.app.get_css_variables()
        assert found[variables["primary"].lower()].endswith("s")
        assert found[variables["calm"].lower()] == "-Force"
        assert found[variables["success"].lower()] == "'a b'"
        assert found[variables["warning"].lower()] == "$x"


async def test_partners_are_marked_and_those_in_strings_are_not(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        await press(s, "say ('(' + 1)")
        marked = [seg.text for seg in s.pane.editor.render_line(0) if seg.style is not None and seg.style.underline]
        assert marked == ["(", ")"]
        read = Highlighted("say ('(' + 1)")
        assert read.partners(13) == (12, 4)
        assert read.partners(5) == (5, 7)
        assert read.partners(6) == (5, 7)
        assert read.partners(0) is None


@given(st.text(st.sampled_from("abc $'\"@{}()[]#|;-\n`<>=.1"), max_size=60), st.integers(0, 60))
def test_runs_stay_in_their_rows_and_partners_are_mutual(text: str, cursor: int) -> None:
    read = Highlighted(text)
    for row, line in enumerate(text.split("\n")):
        last = 0
        for run in read.runs(row):
            assert last <= run.start < run.end <= len(line)
            last = run.end
    pair = read.partners(min(cursor, len(text)))
    if pair is not None:
        assert read.partners(pair[1]) is not None
        assert all(text[place] in "()[]{}'\"@$" for place in pair)


async def test_a_very_long_line_is_typed_on_without_delay(manager: StandInManager) -> None:
    async with session(manager) as s:
        await ready(s)
        s.app.post_message(events.Paste("say " + "$x 'y' " * 5_000))
        await s.until(lambda: len(s.pane.editor.text) > MAX_TEXT, "the long line")
        await s.idle()
        began = time.process_time()
        await s.type("abcdefghij", enter=False)
        assert s.pane.editor.text.endswith("abcdefghij")
        assert (time.process_time() - began) / 10 < 0.25
