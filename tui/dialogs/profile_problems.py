"""What is wrong in the profile files, each with its place and the nearest name that would be right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pstui.config.problems import Problem
from pstui.tui.pane.plain import plain
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

#: problems listed; a file that is no profile file at all can have thousands
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
