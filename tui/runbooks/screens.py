"""The list of runbooks, and the place where their secrets are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from pstui.backends.errors import PstuiError
from pstui.backends.threads import in_thread
from pstui.tui.cut import column
from pstui.tui.dialogs.connect_test import AskingArea, BareConsole
from pstui.tui.dialogs.fields import PickList
from pstui.tui.dialogs.text import TextScreen
from pstui.tui.dialogs.verb_list import VerbList
from pstui.tui.key_row import KeyBox
from pstui.tui.plain import plain, plain_lines
from pstui.tui.runbooks.call import PasswordSource, RunbookCall, filled
from pstui.tui.runbooks.folder import Runbook, Script, read
from pstui.tui.runbooks.form import shown_text
from pstui.tui.still import Still
from pstui.tui.title import short
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import ModalScreen

#: columns of a name, and rows above and below the list on the screen
_NAME, _AROUND = 34, 9


class RunbooksScreen(VerbList):
    """The runbooks. ``chosen`` is the one whose form is wanted, once the list is closed."""

    CSS_PATH = "../dialogs/dialogs.tcss"
    TITLE_TEXT, BOX, ROWS, FIRST = "Runbooks", "runbooks-box", "runbook-rows", "form"
    VERBS: ClassVar[tuple[tuple[str, str, str], ...]] = (("Enter", "form", "Form"), ("p", "text", "Show the text"))

    def __init__(self, found: Sequence[Runbook], problems: Sequence[str], place: str) -> None:
        super().__init__(empty="There are no runbooks yet.")
        hint = [] if found else [f"Put .ps1 files into {place}"]
        self._found, self._is_wrong, self._told = found, bool(problems), "\n".join([*problems, *hint])
        self._synopses: dict[int, str] = {}
        self.chosen: Script | None = None

    def on_mount(self) -> None:
        """List them; what each is for is read meanwhile."""
        self.draw_rows()
        self.set_focus(self.list)
        self.say(self._told, wrong=self._is_wrong)
        self.run_worker(self._read_all(), group="synopses")

    def on_resize(self) -> None:
        """Let the list have the room there is."""
        self.query_one("#rows-scroll").styles.max_height = max(self.size.height - _AROUND, 3)
        self.draw_rows()

    def draw_rows(self) -> None:
        """Show the rows as far as they are known."""
        self.captions.say(Content.styled("  " + column("Name", _NAME) + " For", "$calm"))
        for verb in self.verbs.values():
            verb.allow("" if self._found else "There are none yet.")
        self.list.put_rows(
            [
                Content.assemble(column(plain(one.name), _NAME), (f" {self._synopses.get(number, '')}", "$calm"))
                for number, one in enumerate(self._found)
            ]
        )

    async def _read_all(self) -> None:
        for number, one in enumerate(self._found):
            self._synopses[number] = await in_thread(partial(_synopsis, one))
            if number % 20 == 0:
                self.draw_rows()
        self.draw_rows()

    def say(self, text: str, *, wrong: bool = False) -> None:
        """Say something below the list."""
        self.message.say(Content.styled(plain_lines(text), "$error" if wrong else "$calm"))

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """Another runbook: nothing is said of the one before."""
        event.stop()
        self.say("")

    def do(self, action: str) -> None:
        """Read the runbook that is chosen, and show its text or leave for its form."""
        if 0 <= self.list.index < len(self._found) and action:
            self.run_worker(self._do(action, self._found[self.list.index]), group="read", exclusive=True)

    async def _do(self, action: str, runbook: Runbook) -> None:
        try:
            script = await in_thread(lambda: read(runbook))
        except PstuiError as error:
            self.say(error.text(), wrong=True)
            return
        if action == "text":
            self.app.push_screen(TextScreen(runbook.name, shown_text(script.text)))
        else:
            self.chosen = script
            self.dismiss(None)


def _synopsis(runbook: Runbook) -> str:
    try:
        block = read(runbook).block
    except PstuiError as error:
        return f"✗ {plain(error.what.rpartition(': ')[2], limit=100)}"
    count = len(block.parameters)
    said = block.synopsis or block.description
    return plain(said or ("1 parameter" if count == 1 else f"{count} parameters"), limit=200)


class SecretsScreen(ModalScreen[RunbookCall | None]):
    """Fetches the secrets of a call, or asks for them. Returns the call with them, None where it is not to run."""

    CSS_PATH = "../dialogs/dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape,ctrl+c", "leave", "Close")]
    AUTO_FOCUS = None

    def __init__(self, call: RunbookCall, passwords: PasswordSource | None) -> None:
        super().__init__()
        self.call, self._passwords = call, passwords
        self.asking = AskingArea()
        self.message = Still(id="message")

    def compose(self) -> ComposeResult:
        with KeyBox(id="runbooks-box") as box:
            box.border_title, box.border_subtitle = short(self.call.name, 60), "Esc closes"
            yield self.asking
            yield self.message

    def on_mount(self) -> None:
        """Begin."""
        self.run_worker(self._fill(), group="fill")

    async def _fill(self) -> None:
        try:
            call = await filled(self.call, self._passwords, BareConsole(self.asking))
        except PstuiError as error:
            self.message.say(Content.styled(plain_lines(error.text()), "$error"))
            return
        self.dismiss(call)

    def dialog_key(self, key: str) -> bool:
        """Only the question takes keys."""
        return False

    def pasted(self, text: str) -> bool:
        """A paste goes into the answer."""
        return False

    def action_leave(self) -> None:
        """Close it; nothing runs."""
        self.asking.refuse()
        self.dismiss(None)
