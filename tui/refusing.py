"""What a key cannot do now is said: a bell alone is not heard in most terminals."""

from __future__ import annotations

from typing import Any, Final

from textual.app import App

NO_SESSION: Final = "No session is in front."
NO_COMMAND: Final = "No command has run in this tab yet."


def refuse(app: App[Any], why: str) -> None:
    """Ring the bell, and say for a moment why nothing was done."""
    app.bell()
    app.notify(why, markup=False, timeout=4)
