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
    #: from how many lines back the last argument was taken
    argument: int = 0
    #: whether the previous key took a line typed before, so that Up goes on to the one before it
    recalling: bool = False
    #: what the lines begin with that F8 walks through
    beginning: str = ""
    #: the column that Up and Down keep to
    column: int = 0


KeyFunction = Callable[[Editing], None]
