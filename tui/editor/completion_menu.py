"""The list of completions, beside the word that is completed; it lies over the text and moves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pstui.backends.sessions.completion import CompletionMatch
from pstui.tui.colors import chosen_style
from pstui.tui.key_row import pressable
from rich.cells import cell_len, set_cell_size
from textual import events
from textual.content import Content
from textual.geometry import Offset
from textual.message import Message
from textual.widgets import Static

#: entries shown at once
ROWS = 8
#: columns of the list at least, and of a label and of a tooltip at most
MIN_WIDTH, MAX_LABEL, MAX_TOOLTIP = 36, 48, 70
_KINDS = {
    "ProviderItem": "file",
    "ProviderContainer": "folder",
    "ParameterName": "parameter",
    "ParameterValue": "value",
    "DynamicKeyword": "keyword",
}


@dataclass(frozen=True, slots=True)
class Listing:
    """What the menu shows. ``selected`` is -1 for none; ``hint`` names the keys, ``why`` a lack, both in short.

    ``about`` says in a few lines what the selected one is for.
    """

    matches: Sequence[CompletionMatch]
    selected: int
    hint: str
    why: str = ""
    about: tuple[str, ...] = ()


class CompletionMenu(Static):
    """Shows a part of the completions around the selected one, its tooltip below."""

    class Picked(Message):
        """An entry was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.auto_links = False
        self.display = False
        self._first = 0
        self._rows = 0

    def hide(self) -> None:
        """Take the list off the screen."""
        self.display = False
        self._first = 0

    def show(self, listing: Listing, word: Offset) -> None:
        """Show a listing beside the screen position where the completed word begins."""
        room = max(self.screen.size.width - 2, 1)
        above, below = word.y, self.screen.size.height - word.y - 1
        count = len(listing.matches)
        self._rows = min(ROWS, count, max(max(above, below) - 2 - len(listing.about), 1))
        self._bring_into_view(listing.selected, count)
        lines = self._lines(listing, room)
        width = cell_len(lines[0].plain) if lines else 0
        self.update(Content("\n").join(lines))
        self.styles.width, self.styles.height = width, len(lines)
        x = max(min(word.x - 1, self.screen.size.width - width), 0)
        y = word.y + 1 if len(lines) <= below else max(word.y - len(lines), 0)
        self.absolute_offset = Offset(x, y)
        self.display = True

    def on_click(self, event: events.Click) -> None:
        """Take the entry clicked on."""
        event.stop()
        if event.y < self._rows:
            self.post_message(self.Picked(self._first + event.y))

    def _bring_into_view(self, selected: int, count: int) -> None:
        if selected >= 0:
            self._first = min(max(self._first, selected - self._rows + 1), selected)
        self._first = min(self._first, max(count - self._rows, 0))

    def _lines(self, listing: Listing, room: int) -> list[Content]:
        shown = listing.matches[self._first : self._first + self._rows]
        kinds = [kind_word(match.kind) for match in shown]
        kind = max(map(cell_len, kinds), default=0)
        tail = _tail(listing)
        tooltip = listing.matches[listing.selected].tooltip if listing.selected >= 0 else ""
        widest = max((cell_len(match.label) for match in shown), default=0)
        label = max(min(widest, MAX_LABEL, room - kind - 5), 1)
        said = max(map(cell_len, (tooltip, *listing.about)))
        wanted = max(label + kind + 5, MIN_WIDTH, cell_len(tail) + 2, min(said, MAX_TOOLTIP) + 2)
        width = min(wanted, room)
        fill = " " * (width - label - kind - 3)
        chosen = chosen_style()
        rows = []
        for index, (match, word) in enumerate(zip(shown, kinds, strict=True), self._first):
            name = _cut(match.label, label)
            if index == listing.selected:
                rows.append(Content.styled(f"›{name}  {word:<{kind}}{fill}", chosen))
            else:
                rows.append(Content.assemble(f" {name}  ", (f"{word:<{kind}}{fill}", "$calm")))
        if tooltip and tooltip != listing.matches[listing.selected].label:
            rows.append(Content(" " + _cut(tooltip, width - 2) + " "))
        rows += [Content(" " + _cut(line, width - 2) + " ") for line in listing.about]
        rows.append(pressable(" " + _cut(tail, width - 2) + " "))
        return rows


def kind_word(kind: str) -> str:
    """Return a word for CompletionResultType's name."""
    return _KINDS.get(kind, kind.lower())[:12]


def _tail(listing: Listing) -> str:
    place = f"{listing.selected + 1}/{len(listing.matches)}  " if listing.matches else ""
    why = f"{listing.why}  " if listing.why else ""
    return f"{why}{place}{listing.hint}"


def _cut(text: str, width: int) -> str:
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, max(width - 1, 0)) + "…"
