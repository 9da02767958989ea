"""The digit argument of PSReadLine: how often the next key acts, typed with Alt before it.

Alt+1 to Alt+9 go to tabs, from the editor too: that is what they do everywhere else in pstui, and a count is asked for
far more rarely. So an argument begins with Alt+0 or Alt+-, and what follows is its own: Alt+0 Alt+1 Alt+2 is twelve.
Where the ``[keys]`` table gives the tabs other keys, every digit begins one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from textual.content import Content

#: how often a key may act
MOST: Final = 1_000
_KEYS: Final = {**{f"alt+{digit}": str(digit) for digit in range(10)}, "alt+minus": "-"}
_PAIRS: Final = (
    ("left", "right"),
    ("select_left", "select_right"),
    ("select_word_left", "select_word_right"),
    ("older", "newer"),
    ("word_left", "word_end"),
)
#: functions and actions that act several times, as in PSReadLine no kills, and what each is with a negative argument,
#: empty for nothing
_OPPOSITE: Final = {
    **dict(_PAIRS),
    **{second: first for first, second in _PAIRS},
    "word_right": "word_left",
    "row_down": "row_up",
    "row_up": "row_up",
    **dict.fromkeys(("delete_left", "delete_right"), ""),
}


class DigitArgument:
    """The digits typed so far. ``show`` gets the row that shows them, None to hide it."""

    def __init__(self, show: Callable[[Content | None], None]) -> None:
        self._show = show
        self._digits = ""
        #: whether digits were typed
        self.active = False

    def claims(self, key: str) -> bool:
        """Return whether a key belongs to an argument that has begun."""
        return key in _KEYS

    def take(self, key: str) -> bool:
        """Take a digit, or a minus, which turns the sign; False for any other key."""
        digit = _KEYS.get(key)
        if digit is None:
            return False
        if digit == "-":
            self._digits = self._digits[1:] if self._digits.startswith("-") else f"-{self._digits}"
        else:
            self._digits += digit
        self.active = bool(self._digits)
        self._show(Content(f"digit-argument: {self._digits}") if self.active else None)
        return True

    def end(self) -> int | None:
        """Forget the digits and return their number, None without any."""
        digits, self._digits, self.active = self._digits, "", False
        if not digits:
            return None
        self._show(None)
        number = int(f"{digits}1") if digits == "-" else int(digits[:8])
        return max(min(number, MOST), -MOST)


def repeated(name: str, times: int) -> list[str]:
    """Return the functions or actions that a key is with an argument, one after the other."""
    opposite = _OPPOSITE.get(name)
    if opposite is None:
        return [name]
    if times >= 0:
        return [name] * times
    return [opposite] * -times if opposite else []
