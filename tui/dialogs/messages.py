"""Screens that only show a list.

There are three: problems of the profile files, errors of a session, and what is open before pstui ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from pstui.backends.records import ErrorInfo
from pstui.config.problems import Problem
from pstui.tui.dialogs.fields import PickList
from pstui.tui.key_row import KeyRow
from pstui.tui.once import Once
from pstui.tui.plain import plain, plain_lines
from pstui.tui.title import short
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

#: problems listed; a file that is not a profile file can have thousands
MOST = 500


class ProblemsScreen(ModalScreen[None]):
    """The list; Esc, Enter, q or ! closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,enter,q,exclamation_mark,ctrl+c", "close", "Close")]

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__()
        self._problems = problems

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="problems-box", classes="box"):
            yield Static(_text(self._problems), markup=False)
            yield KeyRow("Esc closes")

    def action_close(self) -> None:
        """Close the list."""
        self.dismiss(None)


def _text(problems: Sequence[Problem]) -> Content:
    if not problems:
        head = "No problem was found in the profile file."
    else:
        head = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    parts = [Content.styled(head, "bold")]
    file = None
    for problem in problems[:MOST]:
        if problem.file != file:
            file = problem.file
            parts.append(Content.styled(f"\n{plain(str(file))}", "$calm"))
        parts.append(_one(problem))
    if len(problems) > MOST:
        parts.append(Content.styled(f"… and {len(problems) - MOST} more", "$calm"))
    if problems:
        parts.append(Content.styled("\nThe other profiles can be used as they are.", "$calm"))
    return Content("\n").join(parts)


def _one(problem: Problem) -> Content:
    where = f"line {problem.line} " if problem.line else ""
    table = f"[{plain(problem.table)}] " if problem.table else ""
    text = Content.assemble(
        ("✗ ", "$error"),
        where,
        table,
        (plain(problem.key), "bold"),
        " " if problem.key else "",
        plain(problem.message),
    )
    if problem.nearest:
        text = text.append(Content.assemble("  Did you mean ", (plain(problem.nearest), "bold"), "?"))
    return text


_PARTS = (
    ("Error id", "fully_qualified_error_id"),
    ("Category", "category"),
    ("Reason", "category_reason"),
    ("Exception", "exception_type"),
    ("Target", "target"),
    ("Position", "position"),
    ("Stack", "stack_trace"),
)
_ERROR_KEYS = "Enter to its command   c copies this error   a copies all   PgUp, PgDn scroll   Esc closes"
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


class ErrorsScreen(ModalScreen[ErrorInfo | None]):
    """The list, newest first, and the chosen error below it; returns the error whose command is to be shown."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave", "Close")]
    AUTO_FOCUS = None

    def __init__(self, label: str, errors: Callable[[], Sequence[ErrorInfo]]) -> None:
        super().__init__()
        self._label, self._source = label, errors
        self._errors: list[ErrorInfo] = []
        self.list = PickList(id="error-rows", empty="No error in this session so far.")
        self._details = Static(id="error-details", markup=False)
        self._keys = KeyRow(id="keys")

    def compose(self) -> ComposeResult:
        with Vertical(id="errors-box") as box:
            box.border_title = Content("Errors of ") + short(self._label, 60)
            with VerticalScroll(id="rows-scroll", can_focus=False):
                yield self.list
            with VerticalScroll(id="details-scroll", can_focus=False):
                yield self._details
            yield self._keys

    def on_mount(self) -> None:
        """List them, newest first, and keep the list current."""
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
        if found == self._errors and (found or self.has_class("-empty")):
            return
        added = len(found) - len(self._errors) if self._errors else 0
        self._errors = found
        self.set_class(not found, "-empty")
        self._keys.say(_ERROR_KEYS if found else "Esc closes")
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
            case "enter" if self.chosen is not None:
                self.dismiss(self.chosen)
            case "c" | "ctrl+c":
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
        self._keys.say(f"{said}   c copies this error   a copies all   Esc closes")

    def action_leave(self) -> None:
        """Close the list."""
        self.dismiss(None)


def _first_line(error: ErrorInfo) -> str:
    text = next((line for line in plain_lines(error.message).splitlines() if line.strip()), "")
    return plain(text, limit=160)


#: rows of the box beside the list: its padding, the title and the keys, each with a blank row
_AROUND = 6


class QuitScreen(ModalScreen[bool]):
    """Names what still runs. Enter goes, and so does the key that asked, pressed again after a moment; Esc stays."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("enter,y", "go", "Go"),
        ("q,f10,ctrl+d", "go_after_all", "Go"),
        ("r", "go_and_also", "Go"),
        ("escape,n,ctrl+c", "stay", "Stay"),
        ("d", "keep", "Disconnect"),
    ]

    def __init__(
        self,
        title: str,
        lines: Sequence[str],
        *,
        verb: str,
        also: str = "",
        keeps: str = "",
        stays: str = "stays",
    ) -> None:
        """Ask; ``also`` is what r does beyond that, ``keeps`` what d does, empty where they do nothing."""
        super().__init__()
        self._title, self._lines, self._verb, self._also = title, lines, verb, also
        self._keeps, self._stays = keeps, stays
        #: whether r was pressed
        self.also_wanted = False
        #: whether d was pressed: what can be kept is to be kept
        self.keeps = False
        self._once = Once()

    def compose(self) -> ComposeResult:
        with Vertical(id="ask-box"):
            yield Static(self._title, classes="title", markup=False)
            with VerticalScroll(classes="lines"):
                yield Static("\n".join(self._lines), markup=False)
            also = [f"r {self._also}"] if self._also else []
            keeps = [f"d {self._keeps}"] if self._keeps else []
            with Vertical(classes="keys"):
                yield from map(KeyRow, (f"Enter {self._verb}   Esc {self._stays}", *also, *keeps))

    def on_mount(self) -> None:
        """The key that asked answers only once the question can be seen."""
        self._once.begin(self)
        self.call_after_refresh(self._once.ended)

    def on_resize(self, event: events.Resize) -> None:
        """Leave the rows that the list may take: what scrolls is the list, never the keys."""
        around = _AROUND + bool(self._also)
        self.query_one(".lines").styles.max_height = max(event.size.height * 9 // 10 - around, 1)

    def action_go(self) -> None:
        """Leave."""
        self.dismiss(True)

    def action_go_after_all(self) -> None:
        """The key that asked was pressed again."""
        if self._once.begin(self):
            self.action_go()

    def action_go_and_also(self) -> None:
        """Leave, and do what is offered beside it."""
        if self._also:
            self.also_wanted = True
            self.action_go()

    def action_keep(self) -> None:
        """Leave, and keep what can be kept."""
        if self._keeps:
            self.keeps = True
            self.action_go()

    def action_stay(self) -> None:
        """Stay."""
        self.dismiss(False)
