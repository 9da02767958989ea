"""F2: one line that takes ``user@host[:port]``, a name, or a whole Enter-PSSession call."""

from __future__ import annotations

from collections.abc import Callable

from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import PstuiError
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

Bind = Callable[[str], ConnectionInfo]


class ConnectLine(Vertical):
    """The line and, below it, why it was refused; what was typed stays until it is right or cleared."""

    class Bound(Message):
        """The line names a connection."""

        def __init__(self, info: ConnectionInfo) -> None:
            super().__init__()
            self.info = info

    class Closed(Message):
        """The line was left without a connection."""

    def __init__(self, bind: Bind | None) -> None:
        super().__init__()
        self._bind = bind
        self._input = Input(placeholder="user@host[:port] or Enter-PSSession …", compact=True, select_on_focus=False)
        self._input.cursor_blink = False
        self._problem = Static(classes="problem", markup=False)
        self.display = False

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("Connect to ", classes="label", markup=False)
            yield self._input
        yield self._problem

    def open(self) -> None:
        """Show the line with what was typed before."""
        self.display = True
        self.screen.set_focus(self._input)

    @property
    def has_keys(self) -> bool:
        """Whether the keys come here now."""
        return self.display and self.screen.focused is self._input

    def close(self) -> None:
        """Hide the line; its text stays for the next time."""
        self.display = False

    def on_input_changed(self) -> None:
        """A new text is not yet wrong."""
        self._problem.update("")
        self._problem.display = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Bind the line, or say why not."""
        event.stop()
        line = event.value.strip()
        if not line:
            return
        try:
            if self._bind is None:
                raise PstuiError("This window cannot connect by name", "", "Choose an entry of the sidebar.")
            info = self._bind(line)
        except PstuiError as error:
            self._problem.update(error.text())
            self._problem.display = True
            return
        self._input.value = ""
        self.close()
        self.post_message(self.Bound(info))

    def on_key(self, event: events.Key) -> None:
        """Esc or Ctrl+C closes the line."""
        if event.key in ("escape", "ctrl+c"):
            event.stop()
            event.prevent_default()
            self.close()
            self.post_message(self.Closed())
