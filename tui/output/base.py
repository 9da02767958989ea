"""What the formats and the writer of objects share: the kinds of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from pstui.backends.records import SentObject

#: what is cleaned and written in one go, in characters
PORTION = 256 * 1024
#: takes a piece of text of any length
Emit = Callable[[str], object]
#: text that is made when it is written
Deferred = Callable[[Emit], None]
#: the queue's ``put``: where, what, and its size in bytes
Put = Callable[[Literal["out", "err"], Deferred, int], None]
#: properties that are added to an object, such as PSComputerName
Notes = Mapping[str, str | bool]


class Format(Protocol):
    """A way of writing objects. All of it runs in one thread."""

    #: what the person should know, each once
    warnings: dict[str, None]
    #: whether an object was left out, wholly or in part
    lost: bool

    def write(self, sent: SentObject, notes: Notes, emit: Emit) -> None:
        """Write one object. What cannot be read becomes a warning."""

    def end(self, emit: Emit) -> None:
        """Write what follows the last object."""
