"""The errors of one session: what each said, and all that is known of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from pstui.backends.records import ErrorInfo
from pstui.tui.dialogs.fields_list import PickList
from pstui.tui.pane.plain import plain, plain_lines
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

_PARTS = (
    ("Error id", "fully_qualified_error_id"),
    ("Category", "category"),
    ("Reason", "category_reason"),
    ("Exception", "exception_type"),
    ("Target", "target"),
    ("Position", "position"),
    ("Stack", "stack_trace"),
)
#: seconds between two looks for new errors
LOOK = 0.5


def error_text(error: ErrorInfo) -> str:
    """Return everything known of an error as plain lines, for the screen and the clipboard."""
    lines = [plain_lines(error.message).rstrip()]
    for caption, name in _PARTS:
        text = plain_lines(getattr(error, name)).strip("\n")
        if text.strip():
            first, *rest = text.split("\n")
            lines.append(f"{caption + ':':<11}{first}")
            lines.extend(f"{'':<11}{line}" for line in rest)
    return "\n".join(lines)


class ErrorsScreen(ModalScreen[None]):
    """The list, newest first, and the chosen error below it."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave", "Close")]
    AUTO_FOCUS = None

    def __init__(self, label: str, errors: Callable[[], Sequence[ErrorInfo]]) -> None:
        super().__init__()
        self._label, self._source = label, errors
        self._errors: list[ErrorInfo] = []
        self.list = PickList(id="error-rows", empty="No error in this session so far.")
        self._details = Static(id="error-details", markup=False)
        self._keys = Static(id="keys", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="errors-box") as box:
            box.border_title = f"Errors of {plain(self._label, limit=60)}"
            with VerticalScroll(id="rows-scroll", can_focus=False):
                yield self.list
            with VerticalScroll(id="details-scroll", can_focus=False):
                yield self._details
            yield self._keys

    def on_mount(self) -> None:
        """List them, newest first, and keep the list current."""
        self._keys.update("c copies this error   a copies all   PgUp, PgDn scroll   Esc closes")
        self._look()
        self.set_interval(LOOK, self._look)
        self.set_focus(self.list)

    @property
    def chosen(self) -> ErrorInfo | None:
        """The error whose details are shown."""
        index = self.list.index
        return self._errors[index] if 0 <= index < len(self._errors) else None

    def _look(self) -> None:
        found = list(reversed(self._source()))
        if found == self._errors and found:
            return
        added = len(found) - len(self._errors) if self._errors else 0
        self._errors = found
        self.list.put_rows([_first_line(error) for error in found])
        if self.list.index > 0:
            self.list.put(min(self.list.index + max(added, 0), len(found) - 1))
        self._show()

    def _show(self) -> None:
        error = self.chosen
        self._details.update(Content("" if error is None else error_text(error)))
        self.query_one("#details-scroll", VerticalScroll).scroll_home(animate=False)

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """Show the details of another error."""
        event.stop()
        self._show()

    def dialog_key(self, key: str) -> bool:
        """Act on the keys of the list."""
        match key:
            case "escape" | "q":
                self.action_leave()
            case "up" | "down":
                self.list.step(-1 if key == "up" else 1)
            case "pageup" | "pagedown":
                by = -5 if key == "pageup" else 5
                self.query_one("#details-scroll", VerticalScroll).scroll_relative(y=by, animate=False)
            case "c" | "ctrl+c" | "enter":
                self._copy([] if self.chosen is None else [self.chosen])
            case "a":
                self._copy(self._errors)
            case _:
                return False
        return True

    def pasted(self, text: str) -> bool:
        """Nothing can be pasted here."""
        return False

    def _copy(self, errors: Sequence[ErrorInfo]) -> None:
        if not errors:
            self.app.bell()
            return
        self.app.copy_to_clipboard("\n\n".join(error_text(error) for error in errors))
        said = "The error was copied" if len(errors) == 1 else f"{len(errors)} errors were copied"
        self._keys.update(f"{said}   c copies this error   a copies all   Esc closes")

    def action_leave(self) -> None:
        """Close the list."""
        self.dismiss(None)


def _first_line(error: ErrorInfo) -> str:
    text = next((line for line in plain_lines(error.message).splitlines() if line.strip()), "")
    return plain(text, limit=160)
