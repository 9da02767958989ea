"""Style sheets that are read when what they are for is first seen, and parsed once.

Textual parses all of them again for each one that a screen brings. Here what was parsed counts until the colours
change: ``Stylesheet.set_variables`` forgets it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from textual.css.stylesheet import Stylesheet

#: what a tab looks like
OF_PANES: Final = Path(__file__).parents[1] / "pane" / "pane.tcss"


class KeptStylesheet(Stylesheet):
    """Textual's style sheet, which parses only what is new and knows a file by all its paths."""

    def has_source(self, path: str, class_var: str = "") -> bool:
        """Return whether a file, or what a class of it says, was added. ``read`` keeps files by their whole paths."""
        return super().has_source(path if class_var else os.path.abspath(path), class_var)  # noqa: PTH100  # as ``read`` does

    def reparse(self) -> None:
        """Parse what was added. Raises what ``parse`` does, and then nothing has changed."""
        self.parse()


def read_once(sheet: Stylesheet, file: Path) -> None:
    """Add a file to a style sheet unless it was added. Raises what ``Stylesheet.parse`` does."""
    if not sheet.has_source(str(file)):
        sheet.read(file)
        sheet.parse()
