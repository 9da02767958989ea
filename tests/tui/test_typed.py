"""Characters without bracketed paste: one turn for all that was read at once, in the order of typing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pstui.tui.editor.surface import EditingSurface
from pstui.tui.keys.actions import PREFIX_KEY
from pstui.tui.mends.xterm_parser import MendedParser
from pstui.tui.pane.state import PaneState
from pstui.tui.typed import MOST, Typed, gathering
from textual import events
from textual.keys import _character_to_key
from textual.message import Message

from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager, host


def keys(text: str) -> list[events.Key]:
    return [events.Key(_character_to_key(character), character) for character in text]


class Terminal:
    """What a driver has of a driver: a loop, and what it sends."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.sent: list[Message] = []

    def process_message(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def told(self) -> list[str]:
        """Each message in short: the characters of several, or the key."""
        return [message.text if isinstance(message, Typed) else getattr(message, "key", "") for message in self.sent]


def terminal() -> Any:
    base: Any = Terminal
    made: Any = gathering(base)
    return made()


async def test_a_read_of_many_characters_is_one_event() -> None:
    there = terminal()
    for each in keys("x" * 2_000):
        there.process_message(each)
    await asyncio.sleep(0.01)
    assert there.told == ["x" * 2_000]


async def test_a_read_of_many_characters_is_not_taken_apart() -> None:
    parser, there = MendedParser(), terminal()
    for each in [*parser.feed("some words, ünd"), *parser.feed(" x" * 5_000), *parser.feed("a\rb")]:
        there.process_message(each)
    await asyncio.sleep(0.01)
    assert "".join(there.told) == "some words, ünd" + " x" * 5_000 + "a" + "enter" + "b"
    assert len(there.told) < 6 and max(map(len, there.told)) <= 2 * MOST


def test_its_keys_are_those_that_type_it_one_by_one() -> None:
    typed = Typed("a?a é")
    assert [(each.key, each.character) for each in typed.keys] == [(k.key, k.character) for k in keys("a?a é")]
    assert typed.names == {each.key for each in typed.keys}
    assert {each.time for each in typed.keys} == {typed.time}, "they were read when it was"


async def test_what_is_no_character_keeps_its_place_among_them() -> None:
    there = terminal()
    for each in [*keys("ab c"), events.Key("enter", "\r"), *keys("d"), events.Key("ctrl+c", "\x03"), *keys("ef")]:
        there.process_message(each)
    await asyncio.sleep(0.01)
    assert there.told == ["ab c", "enter", "d", "ctrl+c", "ef"]


async def test_nothing_is_lost_between_the_thread_that_reads_and_the_loop() -> None:
    there = terminal()
    text = "".join(chr(97 + number % 26) for number in range(3 * MOST))

    def read() -> None:
        for number, each in enumerate(keys(text)):
            there.process_message(events.Key("enter", "\r") if number % 1_000 == 999 else each)

    await asyncio.to_thread(read)
    await asyncio.sleep(0.01)
    expected = "".join("\r" if number % 1_000 == 999 else each for number, each in enumerate(text))
    assert "".join("\r" if told == "enter" else told for told in there.told) == expected


@pytest.fixture
def inserted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What went into an editor, one entry for each time."""
    seen: list[str] = []
    insert = EditingSurface.insert

    def noting(self: EditingSurface, text: str) -> None:
        seen.append(text)
        insert(self, text)

    monkeypatch.setattr(EditingSurface, "insert", noting)
    return seen


async def prompt(s: Screen) -> None:
    await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")


def post(s: Screen, *what: str | Typed) -> None:
    """Press keys, and type texts at once, all before the first is dealt with."""
    for each in what:
        s.app.post_message(events.Key(each, None) if isinstance(each, str) else each)


async def test_the_editor_takes_them_in_one_turn_between_the_keys_around_them(inserted: list[str]) -> None:
    manager = StandInManager()
    async with screen(host("web1"), sessions=manager.as_manager()) as s:
        await prompt(s)
        post(s, Typed("ay " + "x" * 40), "home", Typed("s"), "enter", Typed("half"))
        await s.until(lambda: s.pane.editor.text == "half", "what came after Enter")
        assert manager.interactive[0].lines == ["say " + "x" * 40]
        assert inserted == ["ay " + "x" * 40, "s", "half"]


async def test_ctrl_c_behind_them_is_for_what_they_typed() -> None:
    manager = StandInManager()
    async with screen(host("web1"), sessions=manager.as_manager()) as s:
        await prompt(s)
        post(s, Typed("z" * 300), "ctrl+c", Typed("say x"), "enter")
        await s.until(lambda: s.sees("x"), "the line after it")
        assert manager.interactive[0].lines == ["say x"]


async def test_a_search_takes_them_one_by_one() -> None:
    async with screen(host("web1"), sessions=StandInManager().as_manager()) as s:
        await prompt(s)
        await s.run("say one")
        await s.run("say two")
        post(s, "ctrl+r", Typed("one"))
        await s.until(lambda: s.pane.editor.text == "say one", "what was searched for")
        post(s, "escape", "ctrl+q", Typed("ab"))
        await s.until(
            lambda: s.pane.editor.text == "say abone", "a literal character, and the next, where it was found"
        )


async def test_they_go_where_the_keys_go() -> None:
    async with screen(host("web1"), sessions=StandInManager().as_manager()) as s:
        await prompt(s)
        post(s, PREFIX_KEY, Typed("?x"))
        await s.keys("escape", "escape")
        await s.keys("f2")
        post(s, Typed("admin@db"))
        await s.until(lambda: s.shows("admin@db"), "the text in the row of the dialog")
        assert "admin@db" not in s.pane.editor.text
