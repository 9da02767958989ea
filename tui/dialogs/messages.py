"""Screens that only show a list.

There are four: problems of the profile files, errors of a session, what is open before pstui ends, and the keys (F1)
with what each does here and after the prefix key.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, Final

from pstui.backends.records import ErrorInfo
from pstui.config.problems import Problem
from pstui.tui.dialogs.fields import PickList
from pstui.tui.keys.actions import PREFIX_SHOWN
from pstui.tui.keys.contexts import CONTEXT_KEYS, EDITING, Context
from pstui.tui.keys.keymap import Keymap
from pstui.tui.plain import plain, plain_lines
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
    parts.append(Content.styled("Esc closes this list", "$calm"))
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


#: rows of the box beside the list: its padding, the title and the keys, each with a blank row
_AROUND = 6


class QuitScreen(ModalScreen[bool]):
    """Names what still runs. Enter (or the key that asked, once more) goes, Esc stays."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("enter,y,q,f10,ctrl+d", "go", "Go"),
        ("escape,n,ctrl+c", "stay", "Stay"),
        ("d", "keep", "Disconnect"),
    ]

    def __init__(self, title: str, lines: Sequence[str], *, verb: str, keeps: str = "", stays: str = "stays") -> None:
        super().__init__()
        self._title, self._lines, self._verb, self._keeps, self._stays = title, lines, verb, keeps, stays
        #: whether what can be kept was chosen to be kept
        self.keeps = False

    def compose(self) -> ComposeResult:
        with Vertical(id="ask-box"):
            yield Static(self._title, classes="title", markup=False)
            with VerticalScroll(classes="lines"):
                yield Static("\n".join(self._lines), markup=False)
            keeps = f"d {self._keeps}   " if self._keeps else ""
            yield Static(f"Enter {self._verb}   {keeps}Esc {self._stays}", classes="keys", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """Leave the rows that the list may take: what scrolls is the list, never the keys."""
        self.query_one(".lines").styles.max_height = max(event.size.height * 9 // 10 - _AROUND, 1)

    def action_go(self) -> None:
        """Leave."""
        self.dismiss(True)

    def action_keep(self) -> None:
        """Leave, and keep what can be kept."""
        if self._keeps:
            self.keeps = True
            self.dismiss(True)

    def action_stay(self) -> None:
        """Stay."""
        self.dismiss(False)


#: columns of a key, and of the key after the prefix
_COLUMN: Final = 13


class HelpScreen(ModalScreen[None]):
    """A list of keys; any of Esc, Enter, F1 closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,enter,q,f1,ctrl+c", "close", "Close")]

    def __init__(self, context: Context = Context.PROMPT, keymap: Keymap | None = None) -> None:
        super().__init__()
        self._where, self._keymap = context, keymap or Keymap()

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help-box"):
            yield KeyTable(self._where, self._keymap)

    def action_close(self) -> None:
        """Close the list."""
        self.dismiss(None)


class KeyTable(Static):
    """The list, as wide as there is room: long descriptions wrap in their column."""

    def __init__(self, context: Context, keymap: Keymap) -> None:
        super().__init__(markup=False)
        self._where, self._keymap, self._width = context, keymap, 0

    def on_resize(self) -> None:
        """Wrap the lines again."""
        if self.size.width != self._width:
            self._width = self.size.width
            self.update(_table(self._where, self._keymap, max(self._width - 2 * _COLUMN, 20)))


def _table(context: Context, keymap: Keymap, width: int) -> Content:
    """What works here comes first, then what works everywhere, then the other places; words are ``width`` wide."""
    rows: list[Content] = []
    line = partial(_line, width)
    if context in CONTEXT_KEYS:
        rows += [*_of_context(context, width), Content("")]
    rows.append(Content.styled(f"{'Key':<{_COLUMN}}{'after ' + PREFIX_SHOWN:<{_COLUMN}}everywhere", "bold"))
    for each in keymap.actions:
        if not each.name.startswith("tab_"):
            rows.append(line(each.shown, each.prefix_shown, each.help))
    first, last = keymap.named("tab_1"), keymap.named("tab_9")
    rows.append(line(f"{first.shown}…9", f"{first.prefix}…{last.prefix}", "go to a tab by its number"))
    rows += [Content(""), Content.styled("In the editor", "bold")]
    rows += [line(key, None, text) for key, text in EDITING]
    for other in CONTEXT_KEYS:
        if other is not context:
            rows += [Content(""), *_of_context(other, width)]
    rows += [Content(""), Content.styled("Esc closes this list", "$calm")]
    return Content("\n").join(rows)


def _of_context(context: Context, width: int) -> list[Content]:
    keys = (each for each in CONTEXT_KEYS[context] if each.shown)
    return [Content.styled(context.value, "bold"), *(_line(width, each.shown, None, each.help) for each in keys)]


def _line(width: int, key: str, prefix: str | None, text: str) -> Content:
    """One key; without a column for the prefix where it leads to nothing."""
    before = _COLUMN if prefix is None else 2 * _COLUMN
    said = f"\n{'':<{before}}".join(textwrap.wrap(text, width + 2 * _COLUMN - before))
    # A long name of a key moves the words, but never touches them.
    name = f"{key:<{_COLUMN - 1}} "
    return Content.assemble((name, "bold"), "" if prefix is None else f"{prefix:<{_COLUMN}}", (said, "$calm"))
