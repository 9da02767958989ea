"""How a copy is made: what a call or a person wants of it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

#: bytes at the end of a part that are compared before it is taken up, and written anew: those that were on their way
#: when it was cut may have arrived in any order
OVERLAP = 8 * 1024 * 1024


class Existing(enum.Enum):
    """What happens to a file that is there already and differs."""

    ASK = "ask"
    OVERWRITE = "overwrite"
    SKIP = "skip"
    #: overwrite it where the source is newer
    NEWER = "newer"


@dataclass(slots=True)
class Options:
    """How a copy is made. ``keeps`` is whether times and permissions come with the files, ``moves`` removes the source
    of what was copied, ``checks`` compares sums.
    """

    recurse: bool = False
    existing: Existing = Existing.ASK
    keeps: bool = True
    moves: bool = False
    checks: bool = True
    #: whether a file that looks the same (size and time) is copied all the same
    forces: bool = False
    #: whether what a link leads to is copied, and not the link
    follows: bool = False
    #: whether a pattern is a name
    literal: bool = False
    #: whether a folder is made without what is in it, where it is not to be copied with all
    shallow: bool = False
    #: whether hidden files inside a folder are copied
    hidden: bool = True
    #: which files inside a folder are copied, by their name
    wanted: Callable[[str], bool] = lambda name: True
    overlap: int = OVERLAP
