"""The fields of a dialog: one row an option, with its name, its value, and what stands behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from pstui.backends.binding.options_model import Option, OptionKind
from pstui.tui.dialogs.field_values import OFF, ON
from pstui.tui.dialogs.fields_keys import DialogInput, DialogStatic
from pstui.tui.pane.plain import plain
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Static

#: entries of a folder looked at for one suggestion
_MAX_ENTRIES = 2000


class PathSuggester(Suggester):
    """Suggests the first file or folder that begins as typed; ``~`` is the home folder."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the whole path, None where nothing fits."""
        folder, slash, begin = value.rpartition("/")
        found = await asyncio.to_thread(_entries, folder + slash, begin) if slash and begin else []
        return f"{folder}/{found[0]}" if found else None


def _entries(folder: str, begin: str) -> list[str]:
    try:
        entries = zip(Path(folder).expanduser().iterdir(), range(_MAX_ENTRIES), strict=False)
        return sorted(e.name + ("/" if e.is_dir() else "") for e, _ in entries if e.name.startswith(begin))
    except (OSError, RuntimeError, ValueError):
        return []


class ChoiceField(DialogStatic):
    """One of a few values, ``""`` being the default: Left, Right, Space, a click, or the first letter."""

    def __init__(self, choices: Sequence[str], default: str, value: str = "") -> None:
        super().__init__(markup=False)
        self._choices = ["", *choices]
        self._default = default
        self.value = value

    class Changed(Message):
        """Another value was chosen."""

        def __init__(self, field: ChoiceField) -> None:
            super().__init__()
            self.field = field

    def on_mount(self) -> None:
        """Draw it."""
        self.draw()

    def put(self, value: str) -> None:
        """Show another value without saying so."""
        self.value = value
        if self.is_mounted:
            self.draw()

    async def take_key(self, key: str, character: str | None) -> None:
        """Choose."""
        if key in ("right", "space"):
            self._step(1)
        elif key == "left":
            self._step(-1)
        elif key in ("backspace", "delete"):
            self._choose("")
        elif character and character.isprintable():
            self._jump(character.casefold())

    def on_click(self) -> None:
        """Choose the next one."""
        self._step(1)

    def _step(self, by: int) -> None:
        place = self._choices.index(self.value) if self.value in self._choices else 0
        self._choose(self._choices[(place + by) % len(self._choices)])

    def _jump(self, letter: str) -> None:
        fitting = [choice for choice in self._choices if choice.casefold().startswith(letter)]
        if fitting:
            place = fitting.index(self.value) + 1 if self.value in fitting else 0
            self._choose(fitting[place % len(fitting)])

    def _choose(self, value: str) -> None:
        if value != self.value:
            self.value = value
            self.draw()
            self.post_message(self.Changed(self))

    def draw(self) -> None:
        """Draw the value; with the keys, that it can be changed."""
        inner = Content(self.value) if self.value else Content.styled(self._default or "not set", "$calm")
        if self.keyed:
            inner = Content.assemble(("‹ ", "$primary"), inner, (" ›", "$primary"))
        self.update(inner)


class FieldRow(Horizontal):
    """The row of one option. ``name_`` is the field's name, which for a session option is longer than the option's."""

    class Changed(Message):
        """The text of a field is another."""

        def __init__(self, name: str, text: str) -> None:
            super().__init__()
            self.name, self.text = name, text

    def __init__(self, name: str, option: Option, text: str, *, must: bool = False, indent: bool = False) -> None:
        super().__init__(classes="-indent" if indent else "")
        self.field, self.option, self.must = name, option, must
        self.control: DialogInput | ChoiceField = self._control(text)
        self._label = Static(classes="label", markup=False)
        self._aside = Static(classes="aside", markup=False)

    def _control(self, text: str) -> DialogInput | ChoiceField:
        option = self.option
        if option.kind is OptionKind.SWITCH:
            return ChoiceField((ON,), option.default_text or OFF, text if text == ON else "")
        if option.kind is OptionKind.CHOICE:
            others = [choice for choice in option.choices if choice != option.default_text]
            return ChoiceField(others, option.default_text, text)
        suggester = PathSuggester() if option.kind is OptionKind.PATH else None
        # what must be given has no default, whatever other sets may have
        return DialogInput(text, placeholder="" if self.must else option.default_text, suggester=suggester)

    def compose(self) -> ComposeResult:
        yield self._label
        yield self.control
        yield self._aside

    def on_mount(self) -> None:
        """Show name and unit."""
        self.show_state()

    @property
    def text(self) -> str:
        """The text in the field."""
        return self.control.value

    def put(self, text: str) -> None:
        """Show another text without saying so."""
        if text == self.control.value:
            return
        if isinstance(self.control, ChoiceField):
            self.control.put(text)
        else:
            with self.control.prevent(DialogInput.Changed):
                self.control.value = text
                self.control.cursor_position = len(text)

    def show_state(self, *, wrong: bool = False, aside: str = "") -> None:
        """Show whether the value is wrong, and what stands behind it instead of the unit."""
        sign = "✗ " if wrong else ""
        style = "$error" if wrong else "bold" if self.must else ""
        self._label.update(Content.styled(f"{sign}{self.option.name}", style))
        self._aside.update(Content(plain(aside or self.option.unit, limit=60)))

    def on_input_changed(self, event: DialogInput.Changed) -> None:
        """Hand it on under the field's name."""
        event.stop()
        self.post_message(self.Changed(self.field, event.value))

    def on_choice_field_changed(self, event: ChoiceField.Changed) -> None:
        """Hand it on under the field's name."""
        event.stop()
        self.post_message(self.Changed(self.field, event.field.value))

    def on_click(self, event: events.Click) -> None:
        """A click on the name goes to the value."""
        self.screen.set_focus(self.control)


class Verb(DialogStatic):
    """A thing to do, as a button of one row. ``why_not`` says why it cannot be done now.

    ``key`` is the key that does the same, where there is one.
    """

    class Pressed(Message):
        """Do it."""

        def __init__(self, verb: Verb) -> None:
            super().__init__()
            self.verb = verb

    def __init__(self, action: str, caption: str, key: str = "") -> None:
        super().__init__(markup=False, classes="verb")
        self.action, self.why_not = action, ""
        self._text = f"[{key}] {caption}" if key else f"[ {caption} ]"

    def on_mount(self) -> None:
        """Draw it."""
        self.allow("")

    def allow(self, why_not: str) -> None:
        """Let it be done, or say why not."""
        self.why_not = why_not
        self.tooltip = why_not or None
        self.set_class(bool(why_not), "-greyed")
        self.update(Content(self._text))

    def on_click(self) -> None:
        """Do it."""
        self.post_message(self.Pressed(self))

    async def take_key(self, key: str, character: str | None) -> None:
        """Space does it, too; Enter comes by way of the dialog."""
        if key == "space":
            self.post_message(self.Pressed(self))
