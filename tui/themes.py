"""Two calm themes with one accent colour, and what NO_COLOR makes of them."""

from __future__ import annotations

import os
from collections.abc import Mapping

from textual.theme import Theme

DARK = Theme(
    name="pstui-dark",
    primary="#7aa2f7",
    secondary="#7aa2f7",
    accent="#7aa2f7",
    warning="#e0af68",
    error="#f7768e",
    success="#9ece6a",
    foreground="#c8ccd4",
    background="#16181d",
    surface="#16181d",
    panel="#1e2127",
    boost="#1e2127",
    dark=True,
    variables={"calm": "#878d99"},
)

LIGHT = Theme(
    name="pstui-light",
    primary="#2f5fb3",
    secondary="#2f5fb3",
    accent="#2f5fb3",
    warning="#8a5a00",
    error="#b3261e",
    success="#3b6e22",
    foreground="#24272e",
    background="#fafafa",
    surface="#fafafa",
    panel="#eeeff2",
    boost="#eeeff2",
    dark=False,
    variables={"calm": "#6a707c"},
)

#: what themes that are not ours say of our own colour: ``calm`` is for words that matter less
VARIABLES = {"calm": "ansi_default"}

#: Textual's own theme that leaves every colour to the terminal; with NO_COLOR only it sends no colour codes
NO_COLOR_THEME = "ansi-dark"


def no_color() -> bool:
    """Return whether the user wants no colour at all. Textual takes an empty NO_COLOR for a wish, too."""
    return "NO_COLOR" in os.environ


def theme_name(wanted: object) -> str:
    """Return the theme for the setting ``dark``, ``light`` or anything else: what the terminal says it is."""
    if no_color():
        return NO_COLOR_THEME
    if wanted == "light":
        return LIGHT.name
    if wanted == "dark":
        return DARK.name
    return LIGHT.name if _light_terminal(os.environ) else DARK.name


def _light_terminal(environ: Mapping[str, str]) -> bool:
    # rxvt, Konsole and others set COLORFGBG to "foreground;background", 7 and 15 being the whites.
    return environ.get("COLORFGBG", "").rpartition(";")[2] in {"7", "15"}
