"""The themes: pstui's two calm ones and those that Textual brings, by the name that the settings give them."""

from __future__ import annotations

from functools import cache
from typing import Final

from pstui.tui.colors import DARK_COLORS, LIGHT_COLORS, Palette, no_color, wants_light
from pstui.tui.transcript.render.palette import contrast
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

#: how far words that matter less are from the letters to the ground, and in how many steps they come nearer
_CALM: Final = 0.4
_STEPS: Final = 8
#: what letters must have to what lies behind them (WCAG 2.1, 1.4.3)
READABLE: Final = 4.5
#: how far the slider of a scroll bar is from the accent to its bar: it has a contrast of 3, as WCAG wants of signs
_SLIDER: Final = 0.3


def _theme(name: str, colors: Palette, *, dark: bool) -> Theme:
    return Theme(
        name=name,
        primary=colors.accent,
        secondary=colors.accent,
        accent=colors.accent,
        warning=colors.warning,
        error=colors.error,
        success=colors.success,
        foreground=colors.foreground,
        background=colors.background,
        surface=colors.background,
        panel=colors.panel,
        boost=colors.panel,
        dark=dark,
        variables={
            "calm": colors.calm,
            # Textual's own bar is darker than all around it, and its slider can hardly be told from it.
            "scrollbar-background": colors.panel,
            "scrollbar": Color.parse(colors.accent).blend(Color.parse(colors.panel), _SLIDER).hex,
        },
    )


DARK = _theme("pstui-dark", DARK_COLORS, dark=True)
LIGHT = _theme("pstui-light", LIGHT_COLORS, dark=False)

#: Textual's own theme that leaves every colour to the terminal; with NO_COLOR only it sends no colour codes
NO_COLOR_THEME: Final = "ansi-dark"


def theme_name(wanted: object) -> str:
    """Return the theme for a setting: ``dark``, ``light``, one of Textual's, or else what the terminal says it is."""
    if no_color():
        return NO_COLOR_THEME
    if wanted in BUILTIN_THEMES:
        return str(wanted)
    return LIGHT.name if wants_light(wanted) else DARK.name


@cache
def calm(name: str) -> str:
    """Return the colour of words that matter less, in a theme that does not name it."""
    theme = BUILTIN_THEMES.get(name)
    if theme is None or theme.name.startswith("ansi"):
        return "ansi_default"
    colors = theme.to_color_system().generate()
    letters, ground, panel = (Color.parse(colors[part]) for part in ("foreground", "background", "panel"))
    # The letters of some themes are faint as they are: words that matter less are then no fainter than can be read.
    for step in range(_STEPS, 0, -1):
        found = letters.blend(ground, _CALM * step / _STEPS)
        if all(contrast(_number(found), _number(behind)) >= READABLE for behind in (ground, panel)):
            return found.hex
    return letters.hex


def _number(color: Color) -> int:
    return int.from_bytes(bytes(color.rgb))
