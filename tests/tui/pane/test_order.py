"""From Enter to the next prompt: what is sent comes before what is painted, and nothing is laid out without need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pstui.backends import pace
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.transports import registry
from pstui.tui.pane.state import PaneState
from pstui.tui.transcript.transcript import Transcript
from pstui.tui.workspace import status_bar
from textual.content import Content
from textual.css.stylesheet import Stylesheet

from tests.bench._flood import lead_to
from tests.support.pilot import Screen, screen
from tests.support.scripted_peer import COMPLETED, ScriptedPeer, state

DEMO = ConnectionInfo(ParameterSet.DEMO)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine, the answer comes in time; and every line took as long."""
    monkeypatch.setattr(pace, "ANSWER_TIME", 20.0)
    monkeypatch.setattr(status_bar, "took", lambda seconds: "7 ms")
    monkeypatch.setattr(status_bar, "elapsed", lambda seconds: "00:00")


@dataclass
class NotingPeer(ScriptedPeer):
    """Keeps the names of the elements that it gets, among everything else that happens."""

    events: list[str] = field(default_factory=list)

    async def write(self, data: bytes) -> None:
        self.events.append(data[1:].split(b" ")[0].decode())
        await super().write(data)


async def test_a_line_is_sent_before_anything_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = NotingPeer()
    peer.commands["quiet"] = [state(COMPLETED)]
    monkeypatch.setattr(registry, "connect", registry.connect)  # put back afterwards
    render = Transcript.render_lines

    def noting(self: Transcript, crop: Any) -> Any:
        peer.events.append("painted")
        return render(self, crop)

    monkeypatch.setattr(Transcript, "render_lines", noting)
    async with screen(lead_to(peer)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.type("quiet", enter=False)
        await s.until(lambda: s.shows("quiet"), "the line typed")
        await s.idle()
        peer.events.clear()
        await s.keys("enter")
        await s.until(lambda: "painted" in peer.events and s.pane.state is PaneState.PROMPT, "the next prompt")
        assert peer.events[:2] == ["Command", "Data"]
        assert peer.events.index("painted") > 2, "the far end had answered"


class Counts:
    """How often the screen is laid out, and styles are matched with the style sheet, from now on."""

    def __init__(self) -> None:
        self.layouts = self.styles = 0

    def clear(self) -> None:
        self.layouts = self.styles = 0


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counts]:
    counts = Counts()
    apply = Stylesheet.apply

    def counting(self: Stylesheet, *args: Any, **options: Any) -> None:
        counts.styles += 1
        apply(self, *args, **options)

    monkeypatch.setattr(Stylesheet, "apply", counting)
    yield counts


async def warm(s: Screen, counts: Counts, first: str) -> None:
    """Run a line, then count."""

    def laid_out(_: object) -> None:
        counts.layouts += 1

    await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
    await s.run(first)
    await s.run("'warm'")
    await s.until(lambda: s.shows("7 ms"), "the footer")
    await s.idle()
    s.app.screen.screen_layout_refresh_signal.subscribe(s.workspace, laid_out)
    counts.clear()


async def test_a_line_in_a_full_pane_needs_no_layout_and_no_new_styles(counts: Counts) -> None:
    async with screen(DEMO) as s:
        await warm(s, counts, "1..60")
        for number in range(3):
            await s.run(f"'answer {number}'")
            await s.until(lambda number=number: s.shows(f"\nanswer {number}") or s.shows(f" answer {number}"), "it")
        assert (counts.layouts, counts.styles) == (0, 0)


async def test_a_line_in_a_pane_with_room_is_two_layouts_at_most(counts: Counts) -> None:
    async with screen(DEMO) as s:
        await warm(s, counts, "'first'")
        for number in range(3):
            await s.run(f"'answer {number}'")
            await s.idle()
        assert counts.styles == 0
        assert 1 <= counts.layouts <= 6


async def test_other_words_in_the_note_need_no_layout(counts: Counts) -> None:
    async with screen(DEMO) as s:
        await warm(s, counts, "'first'")
        s.pane.note.show(Content("one step"))
        await s.until(lambda: s.shows("one step"), "the note")
        counts.clear()
        s.pane.note.show(Content("another step, which takes longer"))
        await s.until(lambda: s.shows("another step, which takes longer"), "the other one")
        assert counts.layouts == 0


async def test_what_is_typed_ahead_stands_where_it_will_stay() -> None:
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.type("Start-Sleep 0.3")
        await s.until(lambda: s.pane.state is PaneState.BUSY, "the line running")
        await s.type("ahead", enter=False)
        await s.until(lambda: s.shows("…") and s.shows("ahead"), "both")
        before = s.pane.editor.region
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the prompt")
        await s.idle()
        assert s.pane.editor.region.x == before.x
        assert s.pane.editor.text == "ahead"
