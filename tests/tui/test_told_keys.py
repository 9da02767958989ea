"""Every key that a screen tells does something there that is seen: none is told for nothing."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pstui.tui.key_row import KeyBox, KeyRow, fitting, key_at
from pstui.tui.workspace.status_bar import KeyHints
from textual._context import visible_screen_stack
from textual.content import Content
from textual.widgets import Static

from tests.screenshots import Scene, furnish
from tests.support.pilot import Screen
from tests.tui.test_every_screen import SCENES, SMALL, pressed

#: two keys of one hint, as "↑ ↓ choose": at the first row only the second one does something
Hint = tuple[str, ...]
#: seconds after which a key has done nothing
NOTHING = 2.0
#: scenes whose screens and keys stand in others, too
_TWICE = {"workspace", "dialog-winrm", "dialog-container", "light", "find", "go", "go-80x24", "form-80x24", "guard"}
_TWICE |= {
    "palette",
    "go where nothing is",
    "filter that nothing fits",
    "help that has no such key",
    "files, a filter",
    "keys after the prefix",
}
_TWICE |= {f"after the prefix {key}" for key in "ThKtHA"}
SCREENS = [name for name in SCENES if name not in _TWICE]


async def _find(s: Screen) -> None:
    for _ in range(3):
        await s.run("Get-Content motd.txt")
    await s.keys("ctrl+f", *"backups")
    await s.until(lambda: s.shows("3 of 3"), "the matches")


OWN = {
    "find": Scene(_find),
    "go": Scene(pressed("alt+g"), saved=True),
}
#: the help of each screen has tests of its own
_ELSEWHERE = {("f1",)}
#: what was pressed in an earlier scene with the same screen in front
_pressed: set[tuple[type, Hint]] = set()


def rows_of(s: Screen) -> Iterator[str]:
    """Yield the rows of keys of the screen in front."""
    front = s.app.screen
    for row in front.query(KeyRow):
        yield fitting(str(row.render()), row.size.width)
    for box in front.query(KeyBox):
        yield Content.from_markup(box.border_subtitle or "").plain
    for hints in front.query(KeyHints):
        yield str(hints.render())
    for keys in front.query(".form-keys").results(Static):
        yield str(keys.render()).replace("\n", "  ")


def told(s: Screen) -> list[Hint]:
    """Return the keys that are told, by Textual's names, those of a hint together."""
    hints = (hint[0] for row in rows_of(s) for hint in re.finditer(r"\S+(?: \S+)*", row))
    keys = (tuple(dict.fromkeys(key_at(hint, x) for x in range(len(hint)))) for hint in hints)
    return [each for each in dict.fromkeys(keys) if each != ("",)]


def seen(s: Screen) -> object:
    """Return what a person can notice: every cell with its style, where the keys go, what was copied, the end."""
    app = s.app
    if app._exit:
        return "the end"
    visible_screen_stack.set(app._background_screens)
    cells = [list(strip) for strip in app.screen._compositor.render_strips()]
    return cells, app.screen, app.screen.focused, app.clipboard, [each.message for each in app._notifications]


async def does_something(s: Screen, hint: Hint) -> bool:
    """Whether one of the keys of a hint changes what is seen."""
    for key in hint:
        before = seen(s)
        await s.keys(*key.split())
        with contextlib.suppress(AssertionError):
            await s.until(lambda before=before: seen(s) != before, key, NOTHING)
            return True
    return False


@pytest.mark.parametrize("name", [*OWN, *SCREENS])
async def test_a_key_that_is_told_does_something(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = OWN.get(name) or SCENES[name]
    hints: list[Hint] | None = None
    wrong = []
    for number in itertools.count():
        home = tmp_path / f"home{number}"
        home.mkdir()
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.chdir(home)
        furnish(home)
        app = scene.app()
        async with app.run_test(size=SMALL) as pilot:
            s = Screen(app, pilot)
            await scene.act(s)
            await s.still()
            if hints is None:
                where = type(app.screen)
                hints = [hint for hint in told(s) if (where, hint) not in _pressed and hint not in _ELSEWHERE]
                _pressed.update((where, hint) for hint in hints)
            if hints and not await does_something(s, hint := hints.pop()):
                wrong.append(hint)
        if not hints:
            break
    assert not wrong
