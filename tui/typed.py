"""Characters that come at once are one event, not one each.

A terminal that cannot mark a paste gives it as keys, and so do expect, a serial line and ``tmux send-keys``. A key is
read in some 10 µs and handled in a turn of the screen of its own, some milliseconds; thousands of them would keep Enter
and Ctrl+C waiting behind them for seconds. The parser makes one ``Typed`` of the characters of a read, and
``gathering`` one of all that were read while the loop did something else; only what is no character, such as Enter,
ends it.
"""

from __future__ import annotations

import threading
from functools import cached_property
from typing import Any, Final

from textual import events
from textual.driver import Driver
from textual.keys import _character_to_key
from textual.message import Message

#: most characters of one event, so that one of them does not hold the loop
MOST: Final = 4_096
#: characters of one event that nobody types by hand
MANY: Final = 64


class Typed(events.Event, bubble=False):
    """Several characters that were typed one after the other."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of the keys that type them."""
        return frozenset(map(_character_to_key, set(self.text)))

    @property
    def keys(self) -> list[events.Key]:
        """A key for each, read when all were."""
        keys = [events.Key(_character_to_key(character), character) for character in self.text]
        for key in keys:
            key.time = self.time
        return keys


def gathering(base: type[Driver]) -> type[Driver]:
    """Return a driver as ``base`` that sends characters which were read at once as one ``Typed``."""

    class Gathering(base):  # type: ignore[misc, valid-type]  # which driver it is, is known at run time only
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._lock = threading.Lock()
            self._parts: list[events.Key | Typed] | None = None
            self._length = 0

        def process_message(self, message: Message) -> None:
            """Take what was read, in the thread that reads."""
            if isinstance(message, Typed) or (isinstance(message, events.Key) and message.is_printable):
                with self._lock:
                    if self._parts is not None and self._length < MOST:
                        self._parts.append(message)
                        self._length += len(_text(message))
                        return
                    self._parts = parts = [message]
                    self._length = len(_text(message))
                self._loop.call_soon_threadsafe(self._send, parts)
                return
            with self._lock:
                self._parts = None  # what is typed from now on comes after this
            # By the same way as the characters, or it would overtake them.
            self._loop.call_soon_threadsafe(super().process_message, message)

        def _send(self, parts: list[events.Key | Typed]) -> None:
            with self._lock:
                if self._parts is parts:
                    self._parts = None
            message = parts[0]
            if len(parts) > 1:
                message = Typed("".join(map(_text, parts)))
                message.time = parts[0].time
            super().process_message(message)

    made: Any = Gathering
    return made  # type: ignore[no-any-return]  # a class made here, of the type asked for


def _text(part: events.Key | Typed) -> str:
    return part.text if isinstance(part, Typed) else part.character or ""
