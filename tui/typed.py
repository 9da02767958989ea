"""Characters that come at once are one event, not one each.

A terminal that cannot mark a paste gives it as keys, and so do expect, a serial line and ``tmux send-keys``. A key is
handled in a turn of the screen of its own, some milliseconds; thousands of them would keep Enter and Ctrl+C waiting
behind them for seconds. ``gathering`` makes one ``Typed`` of all characters that were read while the loop did something
else; only what is no character, such as Enter, ends it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Final

from textual import events
from textual.driver import Driver
from textual.message import Message

#: most keys of one event, so that one of them does not hold the loop
MOST: Final = 4_096


class Typed(events.Event, bubble=False):
    """Several characters that were typed one after the other, as their keys."""

    def __init__(self, keys: Sequence[events.Key]) -> None:
        super().__init__()
        self.keys = tuple(keys)

    @property
    def text(self) -> str:
        """What they are together."""
        return "".join(key.character or "" for key in self.keys)


def gathering(base: type[Driver]) -> type[Driver]:
    """Return a driver as ``base`` that sends characters which were read at once as one ``Typed``."""

    class Gathering(base):  # type: ignore[misc, valid-type]  # which driver it is, is known at run time only
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._lock = threading.Lock()
            self._keys: list[events.Key] | None = None

        def process_message(self, message: Message) -> None:
            """Take what was read, in the thread that reads."""
            if isinstance(message, events.Key) and message.is_printable:
                with self._lock:
                    if self._keys is not None and len(self._keys) < MOST:
                        self._keys.append(message)
                        return
                    self._keys = keys = [message]
                self._loop.call_soon_threadsafe(self._send, keys)
                return
            with self._lock:
                self._keys = None  # what is typed from now on comes after this
            # By the same way as the characters, or it would overtake them.
            self._loop.call_soon_threadsafe(super().process_message, message)

        def _send(self, keys: list[events.Key]) -> None:
            with self._lock:
                if self._keys is keys:
                    self._keys = None
            super().process_message(keys[0] if len(keys) == 1 else Typed(keys))

    made: Any = Gathering
    return made  # type: ignore[no-any-return]  # a class made here, of the type asked for
