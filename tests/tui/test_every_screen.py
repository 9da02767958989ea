"""Every screen, small and large, dark and light: its text can be read, and nothing of it is cut without a sign."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from pstui.tui.colors import TEXTUAL_THEMES
from pstui.tui.keys.actions import PREFIX_KEY
from pstui.tui.themes import DARK, LIGHT, READABLE, calm
from pstui.tui.transcript.render.palette import contrast
from rich.cells import cell_len
from rich.style import Style
from textual._context import visible_screen_stack
from textual.scrollbar import ScrollBar
from textual.theme import BUILTIN_THEMES, Theme
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from tests.screenshots import MORE, PICTURES, SHOWN, Scene, furnish
from tests.support.pilot import Screen

SMALL, LARGE = (80, 24), (200, 50)


def pressed(*keys: str) -> Callable[[Screen], Awaitable[None]]:
    """Return what presses keys and waits until the screen stands still."""

    async def play(s: Screen) -> None:
        await s.keys(*keys)
        await s.still()

    return play


#: screens that a key opens; those after the prefix key by that key
BY_KEYS = {
    **{f"after the prefix {key}": (PREFIX_KEY, key) for key in (*"SECDINLRFThKtH", "comma", "exclamation_mark", "A")},
    "keys after the prefix": (PREFIX_KEY,),
    "help": ("f1",),
    "quit": ("f10",),
    "sidebar": ("f6",),
    "filter of the sidebar": ("f6", "slash", "w"),
    "filter that nothing fits": ("f6", "slash", *"zzz"),
    "go": ("alt+g",),
    "go where nothing is": ("alt+g", *"zzz"),
    "help that has no such key": ("f1", *"zzz"),
    "a form that was changed": (PREFIX_KEY, "N", "x", "escape"),
    "files, a filter": (PREFIX_KEY, "F", "slash", "z", "enter"),
    "a credential": (PREFIX_KEY, "C", "enter"),
}
SCENES = {
    **{name: scene for name, scene in (PICTURES | SHOWN | MORE).items() if scene.size[0] != 120},
    **{name: Scene(pressed(*keys), saved=True) for name, keys in BY_KEYS.items()},
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A furnished home."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.chdir(folder)
    furnish(folder)
    yield folder
    shutil.rmtree(folder)


def letters(s: Screen) -> Iterator[tuple[str, Style, Widget]]:
    """Yield the texts of the screen in front: each with its style and whose it is."""
    visible_screen_stack.set(s.app._background_screens)
    for y, strip in enumerate(s.app.screen._compositor.render_strips()):
        x = 0
        for text, style, _ in strip:
            if text.strip() and style is not None:
                widget, _ = s.app.screen.get_widget_at(x + len(text) - len(text.lstrip()), y)
                # What lies behind a dialog is meant to be dim; rules and scroll bars are no letters.
                if widget is not s.app.screen and not isinstance(widget, ScrollBar):
                    yield text.strip(), style, widget
            x += cell_len(text)


def unreadable(s: Screen) -> set[str]:
    """Return what has too little contrast to what lies behind it."""
    found = set()
    for text, style, widget in letters(s):
        if style.color is None or style.bgcolor is None or set(text) <= set("│▌▏─╭╮╰╯ "):
            continue
        front, back = (int.from_bytes(bytes(color.get_truecolor())) for color in (style.color, style.bgcolor))
        if (has := contrast(front, back)) < READABLE:
            found.add(f"{text!r} of {widget.css_identifier}: {has:.1f}")
    return found


def cut(s: Screen) -> set[str]:
    """Return which texts are longer than their place and do not say so."""
    found = set()
    for widget in s.app.screen.query(Static):
        if not widget.display or not widget.region or any(not each.display for each in widget.ancestors):
            continue
        room = widget.content_size
        if not room:
            continue
        styles, visual = widget.styles, widget.visual
        rules = styles.get_rules()
        if visual.get_height(rules, room.width) > room.height:
            found.add(f"{widget.css_identifier} has more rows than {room.height}")
        is_long = visual.get_optimal_width(rules, room.width) > room.width
        if is_long and styles.text_wrap == "nowrap" and styles.text_overflow != "ellipsis":
            found.add(f"{widget.css_identifier} is longer than {room.width}")
    return found


@pytest.mark.parametrize("name", SCENES)
async def test_it_can_be_read_and_is_whole(name: str, home: Path) -> None:
    scene = SCENES[name]
    app = scene.app()
    wrong: dict[str, set[str]] = {}
    async with app.run_test(size=SMALL) as pilot:
        s = Screen(app, pilot)
        await scene.act(s)
        for size, theme in ((SMALL, DARK), (SMALL, LIGHT), (LARGE, LIGHT)):
            await pilot.resize_terminal(*size)
            app.theme = theme.name
            await s.still()
            if found := unreadable(s) | cut(s):
                wrong[f"{size[0]}x{size[1]} {theme.name}"] = found
    assert not wrong


@pytest.mark.parametrize("color", ["", "1"], ids=["colours", "NO_COLOR"])
@pytest.mark.parametrize("name", ["sessions", "fan-out", "after the prefix R", "after the prefix C", "dialog-winrm"])
async def test_it_is_seen_where_the_focus_is(
    name: str, color: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", color)
    app = SCENES[name].app()
    async with app.run_test(size=SMALL) as pilot:
        s = Screen(app, pilot)
        await SCENES[name].act(s)
        await s.still()
        focused, seen = app.screen.focused, list(letters(s))
        for _ in range(6):
            await s.keys("tab")
            await s.still()
            assert app.screen.focused is not None
            assert app.screen.focused is focused or list(letters(s)) != seen, f"{focused} to {app.screen.focused}"
            focused, seen = app.screen.focused, list(letters(s))


#: seconds between two ticks of the clock in the status bar: all that looks for something does it more often
SLOWEST = 1.0
#: screens that look again and again for what is new
LOOKING = {
    "errors, none yet": pressed(PREFIX_KEY, "E"),
    "sessions": pressed(PREFIX_KEY, "S"),
    "files": pressed(PREFIX_KEY, "F"),
    "many hosts": PICTURES["fan-out"].play,
    "objects": SHOWN["grid"].play,
}


@pytest.mark.parametrize("name", LOOKING)
async def test_a_screen_on_which_nothing_happens_is_not_painted(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, painted, once_more = 0, list[object](), Timer._tick
    app = Scene(LOOKING[name]).app()
    display = app._display

    async def tick(timer: Timer, *, next_timer: float, count: int) -> None:
        nonlocal looks
        await once_more(timer, next_timer=next_timer, count=count)
        looks += timer._interval == SLOWEST

    async with app.run_test(size=SMALL) as pilot:
        s = Screen(app, pilot)
        await Scene(LOOKING[name]).act(s)
        await s.still()
        monkeypatch.setattr(Timer, "_tick", tick)
        monkeypatch.setattr(app, "_display", lambda *shown: painted.append(shown) or display(*shown))
        await s.until(lambda: looks, "a look, whatever it brings")
        before, _ = looks, painted.clear()
        await s.until(lambda: looks > before, "the next one")
        assert not painted


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: str(theme.name))
def test_the_slider_of_a_scroll_bar_is_told_from_its_bar(theme: Theme) -> None:
    colors = theme.to_color_system().generate()
    slider, bar = (int(colors[name].lstrip("#"), 16) for name in ("scrollbar", "scrollbar-background"))
    assert contrast(slider, bar) >= 3, "what WCAG wants of a sign"


@pytest.mark.parametrize("name", [name for name in TEXTUAL_THEMES if not name.startswith("ansi")])
def test_words_that_matter_less_can_be_read_in_every_theme_where_the_others_can(name: str) -> None:
    colors = BUILTIN_THEMES[name].to_color_system().generate()
    rgb = {part: int(colors[part].lstrip("#")[:6], 16) for part in ("foreground", "background", "panel")}
    for behind in ("background", "panel"):
        has = contrast(int(calm(name).lstrip("#"), 16), rgb[behind])
        assert has >= min(READABLE, contrast(rgb["foreground"], rgb[behind])), behind
