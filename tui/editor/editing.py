"""What the key functions of the editor share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pstui.tui.editor.history import HistorySteps
from pstui.tui.editor.paint import Prediction
from pstui.tui.editor.surface import EditingSurface


@dataclass
class Editing:
    """What a key function works on, and what one leaves for the next."""

    surface: EditingSurface
    prediction: Prediction
    steps: HistorySteps
    #: the name of the function or action of the previous key, empty after a character
    did: str = ""
    #: the offsets of the text that was yanked last, or of the last argument
    inserted: tuple[int, int] = (0, 0)
    #: the number that was typed before the key with Alt, None for none
    count: int | None = None
    #: the line from which a word was taken last, which of its words, and which way the next one goes
    argument: int = 0
    word: int | None = None
    direction: int = -1
    #: whether the previous key took a line typed before, so that Up goes on to the one before it
    recalling: bool = False
    #: what the lines begin with that F8 walks through
    beginning: str = ""
    #: the column that Up and Down keep to
    column: int = 0

    def call(self, function: KeyFunction) -> None:
        """Do a key function; only those of ``select_…`` keep what is selected, the others act at the cursor."""
        start, end = self.surface.selected
        if start < end and not function.__name__.startswith("select_"):
            self.surface.go(self.surface.cursor)
        function(self)

    def found(self, line: str) -> None:
        """Go on from a line that was searched for as from a recalled one."""
        self.steps.stand_at(line)
        self.recalling = True


KeyFunction = Callable[[Editing], None]
