"""Saving text of a pane: one row that asks for the file."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from pstui.tui.keys.direct_keys import bound_actions, handed_on
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static

_UNFIT = re.compile(r"[^\w.-]+")


def proposed_name(label: str, now: time.struct_time | None = None) -> str:
    """Return a file name for what a session wrote: its name and the time, nothing a file system could mind."""
    name = _UNFIT.sub("-", label).strip("-.")[:60] or "session"
    return f"pstui-{name}-{time.strftime('%Y%m%d-%H%M%S', now or time.localtime())}.txt"


def save(path: Path, text: str) -> str:
    """Write a new file; returns why it could not be, empty when it was written. Half a file is not left behind."""
    try:
        file = path.open("x", encoding="utf-8", errors="replace", newline="\n")
    except FileExistsError:
        return "is there already: choose another name"
    except OSError as error:
        return error.strerror or str(error)
    try:
        with file:
            file.write(text + "\n" if text and not text.endswith("\n") else text)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        return error.strerror or str(error)
    return ""


class SaveInput(Input):
    """Where the name is typed. Its keys act at once, in the order of typing."""

    _ACTIONS: ClassVar[dict[str, str]] = bound_actions(
        [("escape,ctrl+c", "give_up", ""), ("enter", "submit", "")], Input.BINDINGS
    )

    def __init__(self, line: SaveLine) -> None:
        super().__init__(compact=True, select_on_focus=False)
        self.cursor_blink = False
        self._line = line

    async def on_key(self, event: events.Key) -> None:
        """Do what a key is bound to; other keys are typed."""
        if handed_on(self, event):
            return
        event.stop()
        if (action := self._ACTIONS.get(event.key)) is not None:
            event.prevent_default()
            await self.run_action(action)

    def action_give_up(self) -> None:
        """Go back."""
        self._line.close()

    async def action_submit(self) -> None:
        """Save."""
        self._line.save()


class SaveLine(Horizontal):
    """Shown with a proposed name. Enter saves, Esc or Ctrl+C goes back; a file that is there is never overwritten.

    ``closed`` is called at once when the line is left, with what became of it, empty when nothing was saved.
    """

    def __init__(self, closed: Callable[[str], None]) -> None:
        super().__init__()
        self._on_closed = closed
        self.display = False
        self._label = Static(classes="label", markup=False)
        self._input = SaveInput(self)
        self._problem = Static(classes="found", markup=False)
        self._text = self._tried = ""

    def compose(self) -> ComposeResult:
        yield self._label
        yield self._input
        yield self._problem

    def open(self, text: str, what: str, name: str) -> None:
        """Ask where ``text`` is to go; ``what`` names it."""
        self._text = text
        self._label.update(f"Save {what} to ")
        self._problem.update("")
        self._input.value = name if os.access(".", os.W_OK) else f"~/{name}"
        self._input.cursor_position = len(self._input.value)
        self.display = True
        self.screen.set_focus(self._input)

    def close(self, said: str = "") -> None:
        """Hide the line."""
        self.display = False
        self._text = ""
        self._on_closed(said)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another name is not yet wrong."""
        event.stop()
        if self._input.value != self._tried:  # Enter may have come before the news of what was typed
            self._problem.update("")

    def save(self) -> None:
        """Save, or say why not."""
        if not self._input.value.strip():
            return
        self._tried = self._input.value
        path = Path(self._input.value.strip()).expanduser()
        problem = save(path, self._text)
        if problem:
            self._problem.update(f"✗ {problem}")
        else:
            self.close(f"saved {path}")
