"""What the interpreter itself can do so that keys are answered at once."""

from __future__ import annotations

import gc
import sys
from typing import Final

#: seconds after which a thread that waits gets the interpreter; Python's own 0.005 make a key, which passes two threads
#: on its way in and out, wait for several frames while the loop is busy
SWITCH: Final = 0.0005


class _Done:
    settled = False


def share_the_interpreter() -> None:
    """Let the threads that read keys and write the screen have their turn soon."""
    sys.setswitchinterval(SWITCH)


def settle() -> None:
    """Take everything that lives now out of later collections; once, when all that is needed has been loaded.

    A full collection of Textual and the protocol libraries takes some 50 ms, three frames in which no key is answered.
    """
    if not _Done.settled:
        _Done.settled = True
        gc.freeze()
