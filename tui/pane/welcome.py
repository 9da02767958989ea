"""What stands in the middle while no session is open."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

_LINES = (
    ("Enter", "opens what is chosen in the sidebar"),
    ("F2", "opens user@host or an Enter-PSSession line"),
    ("F6", "goes to the sidebar"),
    ("Alt+X", "finds every command by its name"),
    ("F1", "lists every key"),
)


class Welcome(Static):
    """The first steps, as keys."""

    def __init__(self) -> None:
        rows = [Content.assemble((f"{key:<7}", "bold"), (text, "$calm")) for key, text in _LINES]
        super().__init__(Content("\n").join([Content("No session is open."), Content(""), *rows]), id="welcome")
