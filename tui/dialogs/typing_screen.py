"""Screens that are typed into from their first moment on: no key is lost before the field has the focus."""

from __future__ import annotations

from pstui.tui.keys.direct import bound_actions
from textual import events
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Input

#: the keys of a field; Ctrl+C leaves a screen rather than copying
_ACTIONS = {key: action for key, action in bound_actions(Input.BINDINGS).items() if key != "ctrl+c"}


class TypedInput(Input):
    """A field that acts on each key at once, so that no key typed behind it overtakes it."""

    def __init__(self, text: str = "", *, placeholder: str = "", classes: str | None = None, limit: int = 0) -> None:
        super().__init__(text, placeholder=placeholder, compact=True, classes=classes, select_on_focus=False)
        self.max_length = limit
        self.cursor_blink = False

    async def on_key(self, event: events.Key) -> None:
        """Run what a key means here."""
        if (action := _ACTIONS.get(event.key)) is not None:
            event.stop()
            event.prevent_default()
            await self.run_action(action)


class TypingScreen(ModalScreen[ScreenResultType]):
    """A modal screen whose keys go to a field, also those that come before the field has the focus."""

    @property
    def typed_into(self) -> Input | None:
        """The field that is typed into; None while keys are not text."""
        return self.focused if isinstance(self.focused, Input) else None

    async def on_key(self, event: events.Key) -> None:
        """Do at once, in the order of typing, what a field would do after the key has gone up and back.

        A character that arrives here was typed before the field had the focus: a field with the focus keeps its own.
        """
        field = self.typed_into
        if field is None:
            return
        if event.is_printable and event.character:
            field.insert_text_at_cursor(event.character)
        elif (action := _ACTIONS.get(event.key)) is not None:
            await field.run_action(action)
        else:
            return
        event.stop()
        event.prevent_default()
