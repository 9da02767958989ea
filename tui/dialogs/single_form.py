"""The forms of what stands once: the [defaults], the [settings], and the session options of a profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pstui.backends.binding.options import options_of
from pstui.backends.binding.options_session import SESSION_OPTIONS
from pstui.backends.connection import ParameterSet
from pstui.config.schema import Field, Kind
from pstui.tui.dialogs.forms import OPENS, FormDesk, OpeningForm
from pstui.tui.dialogs.table_form import Item, texts_of
from pstui.tui.profiles.cli_schema import schema
from pstui.tui.profiles.edits import Change, ChangedMeanwhile
from pstui.tui.profiles.profiles import ProfileBook
from pstui.tui.profiles.values import shown
from pstui.tui.transcript.render.ring import MAX_LINES
from textual.content import Content

_SETTINGS_HELP = {
    "theme": ("The colours; auto follows the terminal. Counts from the next start.", "auto"),
    "restore": ("Opens the tabs of last time when pstui starts without a target.", "no"),
    "history": ("Keeps typed lines for the next run, except those that look like secrets.", "yes"),
    "predictions": ("Shows behind the cursor, in grey, what was typed before. Counts from the next start.", "yes"),
    "scrollback": ("Lines of text that each tab keeps. Counts from the next start.", f"{MAX_LINES:,}"),
}
_HEADINGS = {
    "defaults": ("Defaults", "for what a profile or a call does not say"),
    "settings": ("Settings", "of pstui itself"),
}


def default_items() -> Iterator[Item]:
    """Yield the keys that [defaults] may hold, each option once."""
    known = schema().single["defaults"]
    seen: set[str] = set()
    for parameter_set in ParameterSet:
        for option in options_of(parameter_set):
            if option.key in known and option.key not in seen and option.name != "SSHTransport":
                seen.add(option.key)
                yield Item.of_option(option, known[option.key], OPENS.get(option.key, ""))


def setting_items() -> Iterator[Item]:
    """Yield the keys of [settings]."""
    for key, field in schema().single["settings"].items():
        help, empty = _SETTINGS_HELP.get(key, ("", ""))
        yield Item.of(key, field, help, empty)


class SingleForm(OpeningForm):
    """The form of [defaults] or [settings]."""

    def __init__(self, book: ProfileBook, table: str, desk: FormDesk) -> None:
        super().__init__(desk)
        self._book, self._table = book, table
        self._values = dict(book.table(table, ""))

    async def on_mount(self) -> None:
        """Fill the form."""
        items = list(default_items() if self._table == "defaults" else setting_items())
        await self.fill(items, texts_of(self._values, items))
        self.set_focus(self.rows[0].input)

    def heading(self) -> tuple[str, str | Content]:
        """Return which table it is."""
        return _HEADINGS[self._table]

    def wrong(self) -> tuple[str, str]:
        """Return what keeps it from being saved."""
        values, key, wrong = self.values()
        return (key, wrong) if wrong else self.unknown_credential(values, "credential")

    async def save(self) -> str:
        """Write the table. Raises PstuiError."""
        typed, shown_keys = self.values()[0], {row.key for row in self.rows}
        unseen = {key: value for key, value in self._values.items() if key not in shown_keys}
        change = Change(self._table, "", {**typed, **unseen}, base=self._values)
        try:
            await self.desk.write([change], f"[{self._table}] saved")
        except ChangedMeanwhile:
            self._values = dict(self._book.table(self._table, ""))
            raise
        return self._table


class SessionOptionsForm(OpeningForm):
    """The session options one by one. Returns them as the text of the row that they stand behind."""

    def __init__(self, values: Mapping[str, Any], desk: FormDesk) -> None:
        super().__init__(desk)
        self._values = dict(values)

    async def on_mount(self) -> None:
        """Fill the form."""
        fields = schema().single["defaults"]["session_option"].fields
        items = [Item.of_option(option, fields[option.key], OPENS.get(option.key, "")) for option in SESSION_OPTIONS]
        await self.fill(items, texts_of(self._values, items))
        self.set_focus(self.rows[0].input)

    def heading(self) -> tuple[str, str | Content]:
        """Return what it is."""
        return "Session options", "take effect over WinRM"

    def wrong(self) -> tuple[str, str]:
        """Return what keeps them from being taken."""
        values, key, wrong = self.values()
        return (key, wrong) if wrong else self.unknown_credential(values, "proxy_credential")

    async def save(self) -> str:
        """Return them as one text."""
        return shown(self.values()[0], Field(Kind.TABLE))
