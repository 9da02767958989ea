"""Two calm themes with one accent colour, and what NO_COLOR makes of them."""

from __future__ import annotations

from pstui.tui.colors import DARK_COLORS, LIGHT_COLORS, Palette, no_color, wants_light
from textual.theme import Theme


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
        variables={"calm": colors.calm},
    )


DARK = _theme("pstui-dark", DARK_COLORS, dark=True)
LIGHT = _theme("pstui-light", LIGHT_COLORS, dark=False)

#: what themes that are not ours say of our own colour: ``calm`` is for words that matter less
VARIABLES = {"calm": "ansi_default"}

#: Textual's own theme that leaves every colour to the terminal; with NO_COLOR only it sends no colour codes
NO_COLOR_THEME = "ansi-dark"


def theme_name(wanted: object) -> str:
    """Return the theme for the setting ``dark``, ``light`` or anything else: what the terminal says it is."""
    if no_color():
        return NO_COLOR_THEME
    return LIGHT.name if wants_light(wanted) else DARK.name
