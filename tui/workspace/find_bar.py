"""The two rows below the panes: one finds in the text of a pane, the other asks which file to save it to."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pstui.backends.places import expanded
from pstui.tui.keys.contexts import FIND_KEYS, FIND_TYPING_KEYS, actions_of, bound_actions, handed_on
from pstui.tui.line_input import LineInput
from pstui.tui.still import Still
from pstui.tui.transcript.limits import MAX_COUNTED
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

if TYPE_CHECKING:
    from pstui.tui.transcript.transcript import Transcript

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


class SaveInput(LineInput):
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
        path = expanded(self._input.value.strip())
        problem = save(path, self._text)
        if problem:
            self._problem.update(f"✗ {problem}")
        else:
            self.close(f"saved {path}")


#: characters of a search text
MAX_TEXT = 400


class FindInput(LineInput):
    """Where the text to be found is typed. Its keys act at once, in the order of typing."""

    _ACTIONS: ClassVar[dict[str, str]] = bound_actions(Input.BINDINGS)

    def __init__(self, bar: FindBar) -> None:
        super().__init__(compact=True, select_on_focus=False, max_length=MAX_TEXT)
        self.cursor_blink = False
        self._bar = bar

    async def on_key(self, event: events.Key) -> None:
        """Hand a key to the bar; what it has no use for edits the text."""
        if handed_on(self, event):
            return
        event.stop()
        if await self._bar.take_key(event.key):
            event.prevent_default()
        elif not self._bar.typing:
            event.prevent_default()
            self.app.bell()
        elif (action := self._ACTIONS.get(event.key)) is not None:
            event.prevent_default()
            await self.run_action(action)


class FindBar(Horizontal):
    """Typing searches at once, from the end of what was seen upwards; Enter ends typing, and n and N continue.

    A text in lower case also finds capitals. ``closed`` is called at once when the keys are wanted elsewhere again,
    and says whether the match is to be copied by keys.
    """

    class Interrupted(Message):
        """Ctrl+C was pressed."""

    class Changed(Message):
        """The keys of the bar mean something else now."""

    def __init__(self, closed: Callable[[bool], None]) -> None:
        super().__init__()
        self._on_closed = closed
        self.display = False
        #: whether keys are letters of the text, rather than ways from match to match
        self.typing = True
        self._input = FindInput(self)
        self._found = Still(classes="found")
        self._transcript: Transcript | None = None
        self._from: int | None = None
        self._searched = ""

    def compose(self) -> ComposeResult:
        yield Static("Find ", classes="label", markup=False)
        yield self._input
        yield self._found

    @property
    def has_keys(self) -> bool:
        """Whether the keys come here now."""
        return self.display and self.screen.focused is self._input

    def open(self, transcript: Transcript) -> None:
        """Show the bar for a text, with what was looked for last; in an open one, begin to type again."""
        if not self.display or self._transcript is not transcript:
            self.leave()
            self._transcript = transcript
            self._from = transcript.last_seen
        self.display = True
        self._set_typing(True)
        self._input.selection = self._input.selection._replace(start=0, end=len(self._input.value))
        self.screen.set_focus(self._input)
        self._search()

    def leave(self, *, keep: bool = False) -> None:
        """Hide the bar and, unless they are to be kept, the highlights."""
        self.display = False
        if self._transcript is not None and not keep:
            self._transcript.search("")
        self._transcript = None

    def close(self, *, copy_mode: bool = False) -> None:
        """Leave, and say so. For copy mode the matches stay."""
        self.leave(keep=copy_mode)
        self._on_closed(copy_mode)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look for what is typed now."""
        event.stop()
        if self.display and self.typing and self._input.value != self._searched:
            self._search()

    async def take_key(self, key: str) -> bool:
        """Do what a key means here; False when it means nothing."""
        action = actions_of(FIND_TYPING_KEYS if self.typing else FIND_KEYS).get(key)
        if action is None:
            return False
        await self.run_action(action)
        return True

    def action_go(self) -> None:
        """The text is typed: keys go from match to match now."""
        if self._input.value != self._searched:
            self._search()  # Enter has come before the news of what was typed
        if not self._input.value:
            self.close()
        elif self._transcript is not None and self._transcript.search_match is not None:
            self._set_typing(False)
        else:
            self.app.bell()

    def action_older(self) -> None:
        """Go to the match before."""
        self._went(self._transcript is not None and self._transcript.search_previous())

    def action_newer(self) -> None:
        """Go to the match after."""
        self._went(self._transcript is not None and self._transcript.search_next())

    def action_edit(self) -> None:
        """Type again."""
        self._set_typing(True)

    def action_copy(self) -> None:
        """Go on from the match in copy mode."""
        self.close(copy_mode=True)

    def action_close(self) -> None:
        """Leave the match on the screen and close."""
        self.close()

    def action_interrupt(self) -> None:
        """Hand Ctrl+C on."""
        self.post_message(self.Interrupted())

    def action_page(self, pages: int) -> None:
        """Scroll the text."""
        if self._transcript is not None:
            self._transcript.scroll_pages(pages)

    def _set_typing(self, typing: bool) -> None:
        self.typing = typing
        self.set_class(not typing, "-going")
        self.post_message(self.Changed())

    def _went(self, found: bool) -> None:
        if not found:
            self.app.bell()
        self._show_found()

    def _search(self) -> None:
        text = self._searched = self._input.value
        if self._transcript is not None:
            # As in editors: a capital in what is typed means that capitals matter.
            self._transcript.search(text, text != text.lower(), below=self._from)
        self._show_found()

    def _show_found(self) -> None:
        transcript = self._transcript
        if transcript is None or not self._input.value:
            self._tell(Content(""))
            return
        count = transcript.search_count
        if not count:
            self._tell(Content.styled("nothing found", "$warning"))
            return
        many = f"{count:,} or more" if count >= MAX_COUNTED else f"{count:,}"
        place = transcript.search_place
        self._tell(Content(f"{place:,} of {many}" if place else f"{many} found"))

    def _tell(self, content: Content) -> None:
        self._found.say(content, layout=False)
