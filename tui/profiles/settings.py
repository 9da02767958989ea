"""The tables of the profile file that the first paint needs: the settings of pstui itself, and its keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pstui.config.schema import Field, Kind
from pstui.tui.colors import TEXTUAL_THEMES
from pstui.tui.editor.mode import EditMode
from pstui.tui.keys.keymap import action_names
from pstui.tui.profiles.pane_settings import LEAST_LINES, MOST_LINES, Telling

SETTINGS: Final[Mapping[str, Field]] = {
    "theme": Field(Kind.CHOICE, choices=("auto", "dark", "light", *TEXTUAL_THEMES)),
    "restore": Field(Kind.SWITCH),
    "history": Field(Kind.SWITCH),
    "predictions": Field(Kind.SWITCH),
    "edit_mode": Field(Kind.CHOICE, choices=tuple(mode.value for mode in EditMode)),
    "scrollback": Field(Kind.INTEGER, minimum=LEAST_LINES, maximum=MOST_LINES),
    "tell": Field(Kind.CHOICE, choices=tuple(way.value for way in Telling)),
    "tell_after": Field(Kind.INTEGER, minimum=1, maximum=86_400),
    "guard_hold": Field(Kind.LIST),
    "guard_pass": Field(Kind.LIST),
    "runbooks": Field(Kind.LIST),
    "log": Field(Kind.TEXT),
    "log_cast": Field(Kind.SWITCH),
    "log_days": Field(Kind.INTEGER, minimum=0, maximum=36_500),
    "log_megabytes": Field(Kind.INTEGER, minimum=0, maximum=1 << 30),
}


def own_tables() -> Mapping[str, Mapping[str, Field]]:
    """Return ``[settings]`` and ``[keys]`` with their fields."""
    return {"settings": SETTINGS, "keys": {name: Field(Kind.LIST, one_or_many=True) for name in action_names()}}
