"""The form of a runbook: a row for each parameter, as its ``param()`` block says; what is sent, shown before it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pstui.backends.language.param_blocks import ALL_SETS
from pstui.backends.records import Write
from pstui.config.schema import Field as Spec
from pstui.config.schema import Kind
from pstui.tui.dialogs.credential_form import CredentialForm
from pstui.tui.dialogs.table_form import YES_NO, FormContext, FormRow, Item, TableForm
from pstui.tui.dialogs.text import TextScreen
from pstui.tui.plain import plain, plain_lines
from pstui.tui.runbooks.call import Given, RunbookCall, unknown_credential, values_of
from pstui.tui.runbooks.fields import Field, Takes
from pstui.tui.runbooks.folder import Script
from textual.binding import Binding, BindingType
from textual.content import Content

#: the key of the row that chooses a parameter set: no parameter can be called so
SET_ROW = "parameter set"


class RunbookForm(TableForm):
    """Returns "tab" or "hosts", where it is to run; ``call`` is what, and ``texts`` what was typed for it.

    ``texts`` fills the form. ``tab`` is the caption of the tab it can run in, empty for none; ``hosts`` counts the
    marked hosts.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "run('hosts')", "On the marked hosts", priority=True),
        Binding("ctrl+p", "preview", "Preview", priority=True),
    ]
    VERBS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("Enter runs it here", "run('tab')"),
        ("Ctrl+R on marked hosts", "run('hosts')"),
        ("Ctrl+P preview", "preview"),
    )

    def __init__(self, context: FormContext, script: Script, texts: Mapping[str, str], *, tab: str, hosts: int) -> None:
        super().__init__(context)
        self.script, self._filled, self._tab, self._hosts = script, texts, tab, hosts
        self.call = RunbookCall(script.runbook.name, script.text)
        self._where = "tab" if tab or not hosts else "hosts"

    async def on_mount(self) -> None:
        """Fill the form."""
        sets = self.script.block.sets
        items = [_item(field, self.context) for field in self.script.fields]
        if sets:
            said = "Which of its parameters go together. The others are hidden."
            items.insert(0, Item(SET_ROW, Spec(Kind.TEXT), said, sets[0], sets))
        if items:
            known = {item.key for item in items}
            await self.fill(items, {key: text for key, text in self._filled.items() if key in known})
            self.set_focus(self.rows[1 if sets and len(items) > 1 else 0].input)
        else:
            self.check()
        self._show_set()

    @property
    def texts(self) -> dict[str, str]:
        """What is typed, but for what must not be kept."""
        hidden = {field.name for field in self.script.fields if field.is_masked}
        return {row.key: row.input.value for row in self.rows if row.key not in hidden}

    @property
    def set_name(self) -> str:
        """The parameter set that is chosen, empty where there is one alone."""
        sets = self.script.block.sets
        typed = self.text(SET_ROW).casefold()
        return next((name for name in sets if name.casefold() == typed), sets[0]) if sets else ""

    def _show_set(self) -> None:
        """Show the rows of the parameter set that is chosen alone."""
        name = self.set_name
        if name:
            for row, field in zip(self.rows[1:], self.script.fields, strict=True):
                row.display = field.parameter.is_in(name)
                must = field.parameter.is_mandatory(name)
                row.input.placeholder = "mandatory" if must and not field.is_secret else field.empty

    def heading(self) -> tuple[str, str | Content]:
        """Return its name, and what it is for."""
        block = self.script.block
        return self.script.runbook.name, plain(block.synopsis or block.description, limit=160)

    def opened(self, row: FormRow) -> None:
        """Open the credential that a row names, or a new one."""

        def closed(name: str | None) -> None:
            if name is not None:
                row.input.value = name
            self.set_focus(row.input)
            self.check()

        self.app.push_screen(CredentialForm(self.context, row.input.value.strip("? ")), closed)

    def _values(self) -> tuple[tuple[Given, ...], str, str]:
        block, texts = self.script.block, {row.key: row.input.value for row in self.rows if row.display}
        typed = self.text(SET_ROW)
        if typed and typed.casefold() != self.set_name.casefold():
            return (), SET_ROW, f"{SET_ROW} must be one of {', '.join(block.sets)}"
        given, key, wrong = values_of(block, self.script.fields, texts, self.set_name)
        if not wrong and (key := unknown_credential(given, lambda name: name in self.context.book.credentials)):
            wrong = f"{key}: there is no credential of that name. Ctrl+O makes it; leave it empty to be asked"
        return given, key, wrong

    def wrong(self) -> tuple[str, str]:
        """Return the parameter that keeps it from running, and why."""
        _, key, wrong = self._values()
        return key, f"{wrong}." if wrong else ""

    def good(self) -> str:
        """Return where it can run."""
        here = f"here: {plain(self._tab, limit=40)}" if self._tab else "here: no session is at its prompt"
        hosts = "1 host is marked" if self._hosts == 1 else f"{self._hosts or 'no'} hosts are marked"
        return f"This can run {here}; {hosts}."

    def check(self) -> None:
        """Tell whether it can run."""
        if self.script.block.sets and self.rows:
            self._show_set()
        super().check()

    async def save(self) -> str:
        """Take the values as they are typed."""
        self.call = RunbookCall(self.call.name, self.script.text, self._values()[0])
        return self._where

    def action_save(self) -> None:
        """Enter: here, or where no session is open on the marked hosts."""
        self.action_run("tab" if self._tab or not self._hosts else "hosts")

    def action_run(self, where: str) -> None:
        """Run it, if nothing is wrong."""
        if (where == "tab" and not self._tab) or (where == "hosts" and not self._hosts):
            self._failed = (
                "No session is at its prompt in the tab in front: open one, or mark hosts in the sidebar first."
                if where == "tab"
                else "No host is marked: close this, and mark some in the sidebar with Space."
            )
            self.check()
            self.app.bell()
            return
        self._where = where
        super().action_save()

    def action_preview(self) -> None:
        """Show what would be sent."""
        given, _, wrong = self._values()
        call = RunbookCall(self.call.name, self.script.text, given)
        self.app.push_screen(
            TextScreen(self.call.name, shown_text(f"{wrong}.\n\n{call.text}" if wrong else call.preview))
        )

    def action_cancel(self) -> None:
        """Leave; what was typed is kept for the next time by whoever opened it."""
        self.dismiss(None)


def _item(field: Field, context: FormContext) -> Item:
    must = field.parameter.is_mandatory(ALL_SETS)
    choices = field.choices or (YES_NO if field.takes in (Takes.SWITCH, Takes.BOOL) else ())
    opens = ""
    if field.is_secret:
        choices, opens = ("?", *context.book.credentials), "the credential"
    empty = "mandatory" if must and not field.is_secret else field.empty
    return Item(field.name, Spec(Kind.TEXT), field.help, empty, choices, opens, field.is_masked)


def shown_text(text: str) -> list[Write]:
    """Return the lines of a script as they are, but for what a terminal would act on."""
    return [Write(line) for line in plain_lines(text, limit=len(text) + 1).split("\n")]
