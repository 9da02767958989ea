"""The colours of the two calm themes, known before Textual is loaded, and whether the user wants any."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

#: COLORTERM of a terminal that shows any colour
_TRUE_COLOR = ("truecolor", "24bit")


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as ``#rrggbb``. ``calm`` is for words that matter less, ``panel`` lies behind tabs and footer."""

    foreground: str
    background: str
    panel: str
    calm: str
    accent: str
    warning: str
    error: str
    success: str


DARK_COLORS = Palette("#c8ccd4", "#16181d", "#1e2127", "#878d99", "#7aa2f7", "#e0af68", "#f7768e", "#9ece6a")
LIGHT_COLORS = Palette("#24272e", "#fafafa", "#eeeff2", "#636975", "#2f5fb3", "#8a5a00", "#b3261e", "#3b6e22")


#: the themes that Textual brings, by name: the settings can be read without it
TEXTUAL_THEMES = (
    *("textual-dark", "textual-light", "nord", "gruvbox", "catppuccin-mocha", "dracula", "tokyo-night", "monokai"),
    *("flexoki", "catppuccin-latte", "catppuccin-frappe", "catppuccin-macchiato", "solarized-light", "solarized-dark"),
    *("rose-pine", "rose-pine-moon", "rose-pine-dawn", "atom-one-dark", "atom-one-light", "ansi-dark", "ansi-light"),
)


def no_color() -> bool:
    """Return whether the user wants no colour at all. Textual also takes an empty NO_COLOR for a wish."""
    return "NO_COLOR" in os.environ


def chosen_style() -> str:
    """Return the style of what the keys are about, in a list: its own colours could not be read on that ground."""
    return "bold reverse" if no_color() else "bold $foreground on $primary 30%"


def wants_light(wanted: object, environ: Mapping[str, str] | None = None) -> bool:
    """Return whether the setting ``dark``, ``light`` or anything else (what the terminal says it is) means light."""
    if wanted in ("light", "dark"):
        return wanted == "light"
    # rxvt, Konsole and others set COLORFGBG to "foreground;background", 7 and 15 being the whites.
    environ = os.environ if environ is None else environ
    return environ.get("COLORFGBG", "").rpartition(";")[2] in {"7", "15"}


def sgr_gray(color: str, layer: int, environ: Mapping[str, str] | None = None) -> str:
    """Return the code of a colour that is nearly grey; ``layer`` is 38 for letters, 48 for what lies behind them.

    It is what Textual sends for it to the terminal of ``environ``: an empty text where that has 16 colours or fewer.
    """
    environ = os.environ if environ is None else environ
    parts = [int(color[start : start + 2], 16) for start in (1, 3, 5)]
    if environ.get("COLORTERM", "").strip().lower() in _TRUE_COLOR:
        return f"\x1b[{layer};2;{parts[0]};{parts[1]};{parts[2]}m"
    if "256color" not in environ.get("TERM", ""):
        return ""
    step = round((max(parts) + min(parts)) / 510 * 25)
    return f"\x1b[{layer};5;{16 if step == 0 else 231 if step == 25 else 231 + step}m"
