"""A far end that waits for one key press ($Host.UI.RawUI.ReadKey)."""

from __future__ import annotations

from pstui.backends.console import KeyInfo
from pstui.tui.pane.asking import AskingKey, StrayKey
from pstui.tui.pane.plain import plain
from textual import events
from textual.widgets import Static

#: virtual key codes by Textual's key names (semantics 4.2); letters and digits are their own upper-case code
_CODES = {
    "backspace": 8,
    "tab": 9,
    "enter": 13,
    "escape": 27,
    "space": 32,
    "pageup": 33,
    "pagedown": 34,
    "end": 35,
    "home": 36,
    "left": 37,
    "up": 38,
    "right": 39,
    "down": 40,
    "insert": 45,
    "delete": 46,
    **{f"f{n}": 111 + n for n in range(1, 25)},
}
_LEFT_ALT, _LEFT_CTRL, _SHIFT = 0x02, 0x08, 0x10


def key_info(key: str, character: str | None) -> KeyInfo:
    """Translate Textual's key name and character into what ReadKey returns."""
    *modifiers, name = key.split("+")
    state = 0
    state |= _LEFT_ALT if "alt" in modifiers else 0
    state |= _LEFT_CTRL if "ctrl" in modifiers else 0
    state |= _SHIFT if "shift" in modifiers or (len(name) == 1 and name.isupper()) else 0
    code = _CODES.get(name, 0)
    if not code and len(name) == 1 and name.isascii() and name.isalnum():
        code = ord(name.upper())
    return KeyInfo(code, character or "", state)


class KeyBox(Static, can_focus=True):
    """Says that a key is awaited and takes it once it has the focus."""

    def __init__(self, asking: AskingKey, stray: StrayKey) -> None:
        source = plain(asking.source, limit=80) or "The session"
        super().__init__(f"{source} waits for a key", markup=False)
        self.asking = asking
        self._stray = stray

    def take_focus(self) -> None:
        """Let the keys come here."""
        self.screen.set_focus(self)

    @property
    def has_keys(self) -> bool:
        """Whether the keys come here now."""
        return self.is_attached and self.screen.focused is self

    async def on_key(self, event: events.Key) -> None:
        """Answer with the key; Ctrl+C refuses."""
        event.stop()
        event.prevent_default()
        if self.asking.reply.done():
            await self._stray(event.key, event.character)
        elif event.key == "ctrl+c":
            self.asking.refuse()
        else:
            self.asking.answer(key_info(event.key, event.character))
