"""A form over one table of the profile file: a row for each key, checked while it is typed, saved as a whole.

Its field, like that of every screen that is typed into from its first moment on, loses no key before it has the focus.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pstui.backends.binding.declaration import Option
from pstui.backends.errors import PstuiError
from pstui.config.schema import Field, Kind
from pstui.tui.covering import cover
from pstui.tui.key_row import wrapped
from pstui.tui.keys.contexts import bound_actions
from pstui.tui.line_input import LineInput
from pstui.tui.plain import plain, typed_text
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.edits import Change
from pstui.tui.profiles.schema import shown, value_of
from pstui.tui.still import Still
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, ScreenResultType
from textual.style import Style
from textual.widgets import Input, Static

#: the keys of a field; Ctrl+C leaves a screen rather than copying
_ACTIONS = {key: action for key, action in bound_actions(Input.BINDINGS).items() if key != "ctrl+c"}


class TypedInput(LineInput):
    """A field that acts on each key at once, so that no key typed after it overtakes it."""

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
        if typed := typed_text(event.character):
            field.insert_text_at_cursor(typed)
        elif (action := _ACTIONS.get(event.key)) is not None:
            await field.run_action(action)
        else:
            return
        event.stop()
        event.prevent_default()


#: rows of a form beside the keys of its table, and what is above and below the box
_AROUND = 14
#: columns beside the longest key: the sign of what is wrong, and a gap
_BESIDE_KEY = 4
#: the choices of a switch, as a form writes them
YES_NO = ("yes", "no")


@dataclass(frozen=True, slots=True)
class Item:
    """A key of the table: ``empty`` is what an empty text means, ``choices`` what Space goes through.

    ``opens`` says what Ctrl+O opens, empty for nothing; a ``masked`` text is not shown.
    """

    key: str
    field: Field
    help: str
    empty: str = ""
    choices: tuple[str, ...] = ()
    opens: str = ""
    masked: bool = False

    @classmethod
    def of(cls, key: str, field: Field, help: str, empty: str = "", opens: str = "") -> Item:
        """Return a key with the choices that its kind has."""
        choices = YES_NO if field.kind is Kind.SWITCH else field.choices
        if field.kind is Kind.SWITCH:
            empty = {"off": "no", "on": "yes"}.get(empty, empty)
        return cls(key, field, help, empty, choices, opens)

    @classmethod
    def of_option(cls, option: Option, field: Field, opens: str = "", empty: str | None = None) -> Item:
        """Return the key of an option, with its caution in the help."""
        caution = f" {option.caution}" if option.caution else ""
        unit = f" In {option.unit}." if option.unit else ""
        return cls.of(
            option.key, field, f"{option.help}{unit}{caution}", option.default_text if empty is None else empty, opens
        )


class FormInput(TypedInput):
    """The text of a row. Space goes to the next choice where there are any: no choice has a blank in it."""

    def __init__(self, text: str, item: Item) -> None:
        super().__init__(text, placeholder=item.empty)
        self.password, self.choices = item.masked, item.choices

    def action_cut(self) -> None:
        """Cut what is selected; a masked text goes nowhere."""
        if not self.password:
            super().action_cut()

    def action_copy(self) -> None:
        """Copy what is selected; a masked text goes nowhere."""
        if not self.password:
            super().action_copy()

    async def on_key(self, event: events.Key) -> None:
        """Take Space for the next choice."""
        if event.key == "space" and self.choices:
            event.stop()
            event.prevent_default()
            self.next_choice()
            return
        await super().on_key(event)

    def next_choice(self) -> None:
        """Show the choice after the one that is shown, after the last one none."""
        folded = ["", *(choice.casefold() for choice in self.choices)]
        here = self.value.strip().casefold()
        place = folded.index(here) if here in folded else 0
        self.value = ("", *self.choices)[(place + 1) % len(folded)]
        self.cursor_position = len(self.value)


class FormRow(Horizontal):
    """A key and its text."""

    def __init__(self, item: Item, text: str, width: int) -> None:
        super().__init__(classes="form-row")
        self.item = item
        self.input = FormInput(text, item)
        self._key = Static(item.key, classes="form-key", markup=False)
        self._key.styles.width = width

    @property
    def key(self) -> str:
        """The key."""
        return self.item.key

    def compose(self) -> ComposeResult:
        yield self._key
        yield self.input

    def mark(self, *, wrong: bool) -> None:
        """Show at the key whether its text is wrong."""
        if wrong != self.has_class("-wrong"):
            self._key.update(f"✗ {self.key}" if wrong else self.key)
            self.set_class(wrong, "-wrong")

    def on_click(self, event: events.Click) -> None:
        """A click on the key goes to its text."""
        self.screen.set_focus(self.input)


@dataclass(frozen=True, slots=True)
class FormContext:
    """What every form over the profile file needs: the profiles, and how an edit is written and taken back.

    ``write`` takes edits and the words that name them for undo; ``undo`` returns the words of what was taken back. Both
    raise PstuiError. ``forget`` is told of a credential whose password may be another now.
    """

    book: ProfileBook
    write: Callable[[Sequence[Change], str], Awaitable[None]]
    undo: Callable[[], Awaitable[str]]
    forget: Callable[[str], None]


class TableForm(TypingScreen[str | None]):
    """Enter or Ctrl+S saves, Esc leaves everything as it was, Up and Down go from key to key.

    Returns what was saved, by its name; None where nothing was. It stays open, with everything typed, until the
    file has taken it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "cancel", "Cancel", priority=True),
        Binding("ctrl+s", "save", "Save", priority=True),
        Binding("up,shift+tab", "move(-1)", "Up", priority=True),
        Binding("down,tab", "move(1)", "Down", priority=True),
        Binding("ctrl+o", "open", "Open", priority=True),
    ]

    #: what is said of the keys that do something with the whole form, and the actions
    VERBS: ClassVar[tuple[tuple[str, str], ...]] = (("Enter saves", "save"),)

    def __init__(self, context: FormContext) -> None:
        super().__init__()
        self.context = context
        self.rows: list[FormRow] = []
        self._box = VerticalScroll(classes="form-rows", can_focus=False)
        self._title = Still(classes="title")
        self._help = Still(classes="form-help")
        self._said = Still(classes="form-said")
        self._keys = Still(classes="form-keys")
        self._failed = ""
        self._saving = False
        #: the texts that it began with, and whether anything was typed or tried since
        self._before: dict[str, str] = {}
        self._touched = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="box form"):
            yield self._title
            yield self._box
            yield self._help
            yield self._said
            yield self._keys

    @on(events.Mount)
    def take_place(self) -> None:
        """Take the place of the dialog below."""
        cover(self)

    def on_resize(self) -> None:
        """Let the rows scroll where they do not all fit: the words below them stay in sight."""
        self._box.styles.max_height = max(self.size.height - _AROUND, 3)
        if self.rows:
            self.call_after_refresh(self.check)  # the keys wrap at another width

    # -- what a form says of its table ------------------------------------------------------------------------

    def heading(self) -> tuple[str, str | Content]:
        """Return the title, and what is shown after it."""
        raise AssertionError("every form has a heading of its own")

    def wrong(self) -> tuple[str, str]:
        """Return the key that is wrong, where it is one, and why; both empty where all is well."""
        return "", ""

    def good(self) -> str:
        """Return what to say when nothing is wrong."""
        return "This can be saved."

    async def save(self) -> str:
        """Save what is typed and return its name. Raises PstuiError."""
        raise AssertionError("every form saves in its own way")

    def opened(self, row: FormRow) -> None:
        """Open what a row leads to."""

    # -- rows -------------------------------------------------------------------------------------------------

    async def fill(self, items: Sequence[Item], texts: Mapping[str, str]) -> None:
        """Show rows for these keys."""
        await self._box.remove_children()
        width = max(len(item.key) for item in items) + _BESIDE_KEY
        self.rows = [FormRow(item, texts.get(item.key, ""), width) for item in items]
        await self._box.mount_all(self.rows)
        self._before = self._texts()
        self.check()

    def _texts(self) -> dict[str, str]:
        return {row.key: row.input.value for row in self.rows}

    @property
    def is_changed(self) -> bool:
        """Whether something was typed that was not saved."""
        return self._texts() != self._before

    def row(self, key: str) -> FormRow | None:
        """Return the row of a key."""
        return next((row for row in self.rows if row.key == key), None)

    def text(self, key: str) -> str:
        """Return what is typed for a key, without blanks around it."""
        row = self.row(key)
        return row.input.value.strip() if row is not None and row.display else ""

    def values(self) -> tuple[dict[str, Any], str, str]:
        """Return the values of the rows that are shown, and of the first that is wrong its key and why."""
        found: dict[str, Any] = {}
        for row in self.rows:
            if row.display:
                value, wrong = value_of(row.input.value, row.item.field)
                if wrong:
                    return {}, row.key, f"{row.key} {wrong}."
                if value is not None:
                    found[row.key] = value
        return found, "", ""

    def check(self) -> None:
        """Tell whether it can be saved, and about the row with the keys."""
        head, aside = self.heading()
        behind = Content.styled(aside, "$calm") if isinstance(aside, str) else aside
        title = Content.assemble((plain(head, limit=80), "bold"), "   ", behind)
        self._title.say(title, layout=False)
        key, why = self.wrong() if self._touched or self.is_changed else ("", "")
        here = self.row_with_keys
        for row in self.rows:
            row.mark(wrong=row.key == key)
            row.set_class(row is here, "-keyed")
        said = self._failed or why
        quiet = not said and bool(self.wrong()[1])
        verdict = ("✗ ", "$error") if said else ("✓ ", "$success")
        self._help.say(Content.styled(_help(here), "$calm"), layout=False)
        self._said.say(Content("") if quiet else Content.assemble(verdict, plain(said or self.good(), limit=300)))
        keys = [*self.VERBS, ("Esc cancels", "cancel"), ("↑ ↓ fields", "move(1)")]
        if here is not None and here.item.choices:
            keys.append(("Space next choice", "next_choice"))
        if here is not None and here.item.opens:
            keys.append((f"Ctrl+O {here.item.opens}", "open"))
        width = self._keys.size.width or self.app.size.width
        self._keys.say(wrapped([clickable(text, action) for text, action in keys], width))

    @property
    def row_with_keys(self) -> FormRow | None:
        """The row that is typed into."""
        return next((row for row in self.rows if row.input is self.focused), None)

    @property
    def typed_into(self) -> Input | None:
        """The row with the keys; the first one before any has them."""
        if (row := self.row_with_keys) is not None:
            return row.input
        return self.rows[0].input if self.rows else None

    # -- keys -------------------------------------------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        """Check what was typed."""
        event.stop()
        self._failed = ""
        self.check()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show the help of another key."""
        self.check()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter saves."""
        event.stop()
        self.action_save()

    def action_save(self) -> None:
        """Save, if nothing is wrong; otherwise go to what is."""
        self._touched = True
        key, why = self.wrong()
        if why:
            self.check()
            self.app.bell()
            if (row := self.row(key)) is not None:
                self.set_focus(row.input)
        elif not self._saving:
            self._saving = True
            self.run_worker(self._save(), group="save")

    async def _save(self) -> None:
        try:
            name = await self.save()
        except PstuiError as error:
            self._failed = " ".join(part for part in (f"{error.what}.", error.why, error.hint) if part)
            self.check()
        else:
            self.dismiss(name)
        finally:
            self._saving = False

    def action_cancel(self) -> None:
        """Leave everything as it was; a changed form asks first."""
        if self._saving:
            return
        if not self.is_changed:
            self.dismiss(None)
            return
        from pstui.tui.dialogs.messages import QuitScreen

        def answered(go: bool | None) -> None:
            if go:
                self.dismiss(None)

        lines = ["What was typed is neither saved nor used."]
        self.app.push_screen(QuitScreen("Close this form?", lines, verb="closes it"), answered)

    def action_move(self, by: int) -> None:
        """Go to another key."""
        rows = [row for row in self.rows if row.display]
        here = self.row_with_keys
        place = rows.index(here) if here in rows else 0
        self.set_focus(rows[(place + by) % len(rows)].input)

    def action_next_choice(self) -> None:
        """Show the next choice of the row with the keys."""
        if (row := self.row_with_keys) is not None:
            row.input.next_choice()

    def action_open(self) -> None:
        """Open what the row with the keys leads to."""
        row = self.row_with_keys
        if row is not None and row.item.opens:
            self.opened(row)
        else:
            self.app.bell()


def clickable(text: str, action: str) -> Content:
    """Return calm words that do an action of the screen when they are clicked."""
    return Content.styled(text, "$calm").stylize(Style.from_meta({"@click": f"screen.{action}"}))


def texts_of(values: Mapping[str, Any], items: Sequence[Item]) -> dict[str, str]:
    """Return the texts of a table's values."""
    return {item.key: shown(values[item.key], item.field) for item in items if item.key in values}


#: choices that the help of a row names: with all themes it would be longer than its place
_CHOICES = 8


def _help(row: FormRow | None) -> str:
    if row is None:
        return ""
    item = row.item
    if not item.choices or item.choices == YES_NO:
        return item.help
    more = len(item.choices) - _CHOICES
    behind = f" and {more} more: Space shows each" if more > 0 else ""
    return f"{item.help} One of {', '.join(item.choices[:_CHOICES])}{behind}."
