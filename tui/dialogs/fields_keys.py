"""Keys of a dialog, acted on in the order in which they were typed.

Tab, Enter and the like move the focus or end the dialog while keys typed behind them are already on their way to the
widget that had the focus. Every widget of a dialog that takes keys therefore hands on what is no longer its own.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, runtime_checkable

from pstui.tui.keys.direct_keys import bound_actions
from textual import events
from textual.widget import Widget
from textual.widgets import Input, Static


@runtime_checkable
class KeyTaker(Protocol):
    """A widget that can be handed a key: Textual's name of it, and its character."""

    async def take_key(self, key: str, character: str | None) -> None:
        """Act on the key at once."""


@runtime_checkable
class DialogKeys(Protocol):
    """The dialog: it sees each key first."""

    def dialog_key(self, key: str) -> bool:
        """Act on a key that is the dialog's own; False leaves it to the widget in focus."""

    def pasted(self, text: str) -> bool:
        """Take a pasted text that is meant for the dialog as a whole; False leaves it to the widget in focus."""


async def deliver(widget: Widget, event: events.Key) -> None:
    """Bring a key that reached ``widget`` to the one that has the focus by now, after the dialog has seen it."""
    event.stop()
    event.prevent_default()
    screen: Any = widget.screen
    if widget.app.screen is not screen:
        # the dialog is closed already: the key was meant for what stands behind it
        widget.app.post_message(events.Key(event.key, event.character))
        return
    focused = screen.focused if widget.is_attached else None
    if isinstance(screen, DialogKeys) and screen.dialog_key(event.key):
        return
    target = focused if isinstance(focused, KeyTaker) else widget
    if isinstance(target, KeyTaker):
        await target.take_key(event.key, event.character)


class DialogInput(Input):
    """A line of text in a dialog."""

    _ACTIONS: ClassVar[dict[str, str]] = bound_actions(Input.BINDINGS)

    def __init__(self, value: str = "", *, placeholder: str = "", password: bool = False, **options: Any) -> None:
        super().__init__(
            value, placeholder=placeholder, password=password, compact=True, select_on_focus=False, **options
        )
        self.cursor_blink = False

    async def on_key(self, event: events.Key) -> None:
        """Act on a key at once."""
        await deliver(self, event)

    async def take_key(self, key: str, character: str | None) -> None:
        """Act on a key."""
        if (action := self._ACTIONS.get(key)) is not None:
            await self.run_action(action)
        elif character is not None and character.isprintable():
            self.replace(character, *self.selection)

    def on_paste(self, event: events.Paste) -> None:
        """Offer a pasted text to the dialog first."""
        screen: Any = self.screen
        if isinstance(screen, DialogKeys) and screen.pasted(event.text):
            event.stop()
            event.prevent_default()


class DialogStatic(Static, can_focus=True):
    """Something in a dialog that takes keys and is no line of text. ``draw`` is called when the keys come or go."""

    #: whether the keys come here
    keyed = False

    def on_focus(self) -> None:
        """The keys come here."""
        self.keyed = True
        self.draw()

    def on_blur(self) -> None:
        """The keys go elsewhere."""
        self.keyed = False
        self.draw()

    def draw(self) -> None:
        """Draw it anew; nothing by default."""

    async def on_key(self, event: events.Key) -> None:
        """Act on a key at once."""
        await deliver(self, event)

    async def take_key(self, key: str, character: str | None) -> None:
        """Act on a key; nothing by default."""

    def on_paste(self, event: events.Paste) -> None:
        """Offer a pasted text to the dialog."""
        screen: Any = self.screen
        event.stop()
        if isinstance(screen, DialogKeys):
            screen.pasted(event.text)


def step_focus(widget: Widget, by: int) -> None:
    """Give the focus to the next widget of the dialog, or one before."""
    screen = widget.screen
    chain = screen.focus_chain
    if not chain:
        return
    place = chain.index(screen.focused) if screen.focused in chain else -1 if by > 0 else 0
    screen.set_focus(chain[(place + by) % len(chain)])
