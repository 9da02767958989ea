"""The parts of a dialog that take keys: lines of text, lists, choices, buttons, and the row of one parameter.

Keys are acted on in the order in which they were typed. Tab, Enter and the like move the focus or end the dialog while
keys typed after them are already on their way to the widget that had the focus. Every widget of a dialog that takes
keys therefore hands on what is no longer its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

from pstui.backends.binding.codec import OFF, ON
from pstui.backends.binding.declaration import Option, OptionKind
from pstui.backends.places import expanded
from pstui.tui.colors import chosen_style
from pstui.tui.keys.contexts import bound_actions
from pstui.tui.line_input import LineInput
from pstui.tui.plain import plain, typed_text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, ScrollableContainer
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.suggester import Suggester
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
        # the dialog is closed already: the key was meant for what is below it
        widget.app.post_message(events.Key(event.key, event.character))
        return
    focused = screen.focused if widget.is_attached else None
    if isinstance(screen, DialogKeys) and screen.dialog_key(event.key):
        return
    target = focused if isinstance(focused, KeyTaker) else widget
    if isinstance(target, KeyTaker):
        await target.take_key(event.key, event.character)


class DialogInput(LineInput):
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
        elif text := typed_text(character):
            self.replace(text, *self.selection)

    def on_paste(self, event: events.Paste) -> None:
        """Offer a pasted text to the dialog first."""
        screen: Any = self.screen
        if isinstance(screen, DialogKeys) and screen.pasted(event.text):
            event.stop()
            event.prevent_default()


class DialogStatic(Static, can_focus=True):
    """Something in a dialog that takes keys and is not a line of text. ``draw`` is called when the keys come or go."""

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
        """Draw it again; nothing by default."""

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


class PickList(DialogStatic):
    """Rows of text; Up and Down choose at once, so does a click. ``index`` is -1 while there are none."""

    class Picked(Message):
        """Another row was chosen."""

        def __init__(self, picker: PickList, index: int) -> None:
            super().__init__()
            self.picker, self.index = picker, index

        @property
        def control(self) -> PickList:
            """The list, for handlers that ask for one by its id."""
            return self.picker

    def __init__(
        self, rows: Sequence[str | Content] = (), *, index: int = 0, empty: str = "", id: str | None = None
    ) -> None:
        super().__init__(markup=False, id=id)
        self._rows = [Content(row) if isinstance(row, str) else row for row in rows]
        self._empty = empty
        self._shown: Content | None = None
        self.index = index if rows else -1

    def on_mount(self) -> None:
        """Draw it."""
        self.draw()

    def on_resize(self) -> None:
        """The chosen row is marked in its whole width."""
        self.draw()

    def put_rows(self, rows: Sequence[str | Content]) -> None:
        """Show other rows; the choice stays at its place as far as there is one."""
        self._rows = [Content(row) if isinstance(row, str) else row for row in rows]
        self.index = min(max(self.index, 0), len(rows) - 1)
        self.draw()

    def put(self, index: int) -> None:
        """Choose a row without saying so."""
        self.index = index
        self.draw()
        self.call_after_refresh(self.reveal)

    async def take_key(self, key: str, character: str | None) -> None:
        """Choose by Home, End or the page keys; Up and Down come by way of the dialog."""
        last = len(self._rows) - 1
        match key:
            case "home" | "pageup":
                self.pick(0)
            case "end" | "pagedown":
                self.pick(last)

    def step(self, by: int) -> bool:
        """Choose the next row or the one before; False at the end of the list."""
        place = self.index + by
        if not 0 <= place < len(self._rows):
            return False
        self.pick(place)
        return True

    def pick(self, index: int) -> None:
        """Choose a row and say so."""
        if 0 <= index < len(self._rows) and index != self.index:
            self.index = index
            self.draw()
            self.reveal()
            self.post_message(self.Picked(self, index))

    def reveal(self) -> None:
        """Bring the chosen row to where it is seen, in a list that is longer than its place."""
        if self.is_attached and isinstance(place := self.parent, ScrollableContainer):
            row = Region(0, self.virtual_region.y + max(self.index, 0), 1, 1)
            place.scroll_to_region(row, animate=False, force=True, immediate=True)
        elif self.is_attached:
            self.scroll_visible()

    def on_click(self, event: events.Click) -> None:
        """Choose the row under the mouse."""
        self.pick(event.y)

    def draw(self) -> None:
        """Draw the rows, the chosen one with its sign."""
        if not self.is_attached:
            return
        content = self._content()
        before, self._shown = self._shown, content
        # An update lays the whole screen out, and a list is drawn anew whenever what it is of may have changed.
        if before is None or (content.plain, content.spans) != (before.plain, before.spans):
            self.update(content)

    def _content(self) -> Content:
        if not self._rows:
            return Content.styled(self._empty, "$calm")
        lines = []
        for index, row in enumerate(self._rows):
            if index != self.index:
                lines.append(Content.assemble("  ", row))
                continue
            line = Content.assemble("▶ ", row)
            line = line.pad_right(max(self.size.width - line.cell_length, 0))
            lines.append(line.stylize(chosen_style()))
        return Content("\n").join(lines)


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
        entries = zip(expanded(folder).iterdir(), range(_MAX_ENTRIES), strict=False)
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
        elif character and typed_text(character):
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
        inner = Content(self.value) if self.value else Content.styled(self._default or "not set", "$foreground 72%")
        if self.keyed:
            inner = Content.assemble(("‹ ", "$primary"), inner, (" ›", "$primary"))
        self.update(inner)


#: columns of a field's name, its mark and a gap left out, beyond which its row has a wider one
_LABEL = 21


class FieldRow(Horizontal):
    """The row of one option. ``name_`` is the field's name, which for a session option is longer than the option's."""

    class Changed(Message):
        """The text of a field is another."""

        def __init__(self, name: str, text: str) -> None:
            super().__init__()
            self.name, self.text = name, text

    def __init__(self, name: str, option: Option, text: str, *, must: bool = False) -> None:
        super().__init__(classes="-long" if len(option.name) > _LABEL else "")
        self.field, self.option, self.must = name, option, must
        self.control: DialogInput | ChoiceField = self._control(text)
        self._label = Static(classes="label", markup=False)
        self._aside = Static(classes="aside", markup=False)

    def _control(self, text: str) -> DialogInput | ChoiceField:
        option = self.option
        if option.kind is OptionKind.SWITCH:
            return ChoiceField((ON, OFF), option.default_text or OFF, text)
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
        """Show whether the value is wrong, and what is shown after it instead of the unit."""
        sign = "✗ " if wrong else ""
        style = "$error" if wrong else "bold" if self.must else ""
        self._label.update(Content.styled(f"{sign}{self.option.name}", style))
        beside = plain(aside or self.option.unit, limit=60)
        self._aside.display = bool(beside)  # so that all fields end in one column
        self._aside.update(Content(beside))

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
        super().__init__(f"[{key}] {caption}" if key else f"[ {caption} ]", markup=False, classes="verb")
        self.action, self.why_not = action, ""

    def allow(self, why_not: str) -> None:
        """Let it be done, or say why not."""
        self.why_not = why_not
        self.tooltip = Content(why_not) if why_not else None
        self.set_class(bool(why_not), "-greyed")

    def on_click(self) -> None:
        """Do it."""
        self.post_message(self.Pressed(self))

    async def take_key(self, key: str, character: str | None) -> None:
        """Space also does it; Enter comes by way of the dialog."""
        if key == "space":
            self.post_message(self.Pressed(self))
