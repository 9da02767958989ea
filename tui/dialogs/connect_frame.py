"""What the connection dialog is made of, and where each part stands."""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.tui.dialogs.connect_console import AskingArea
from pstui.tui.dialogs.connect_draft import Draft
from pstui.tui.dialogs.connect_form import ConnectForm
from pstui.tui.dialogs.connect_saving import SaveRow
from pstui.tui.dialogs.connect_sets import ENTRIES, entry_of, unreachable, winrm_alone
from pstui.tui.dialogs.fields import Verb
from pstui.tui.dialogs.fields_keys import DialogInput
from pstui.tui.dialogs.fields_list import PickList
from pstui.tui.pane.plain import plain_lines
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

#: columns from which the list of sets has room for the way beside each
WIDE = 90


class ConnectFrame(ModalScreen[ConnectionInfo | None]):
    """The first line, the sets and the fields, then help, the line that says the same, results and buttons."""

    CSS_PATH = "dialogs.tcss"
    AUTO_FOCUS = None

    def __init__(self, draft: Draft | None) -> None:
        super().__init__()
        self.quick = DialogInput(placeholder="user@host[:port], a name, or paste an Enter-PSSession line", id="quick")
        self.form = ConnectForm(draft or Draft(ParameterSet.COMPUTER_NAME))
        self.sets = PickList(id="sets")
        self.asking = AskingArea()
        self.saving = SaveRow()
        self._help = Static(id="help-line", markup=False)
        self._problem = Static(id="problem", markup=False)
        self._line = Static(id="line", markup=False)
        self._result = Static(id="result", markup=False)
        self.verbs = [
            Verb("test", "Test"),
            Verb("save", "Save as…"),
            Verb("copy", "Copy line"),
            Verb("connect", "Connect"),
        ]
        for hidden in (self._problem, self._result, self.saving):
            hidden.display = False

    @property
    def draft(self) -> Draft:
        """What the fields hold."""
        return self.form.draft

    def compose(self) -> ComposeResult:
        with Vertical(id="connect-box") as box:
            box.border_title = "Connect"
            box.border_subtitle = "Enter connects  Ctrl+T tests  Ctrl+S saves  Ctrl+Y copies  Esc closes"
            with Horizontal(id="quick-row"):
                yield Static("Connect to ", classes="label", markup=False)
                yield self.quick
            with Horizontal(id="choice"):
                yield self.sets
                yield self.form
            yield self._help
            yield self._line
            yield self._problem
            yield self._result
            yield self.asking
            yield self.saving
            with Horizontal(id="verbs"):
                yield from self.verbs

    def on_resize(self) -> None:
        """Show the way beside a set where there is room."""
        self.show_sets()

    def show_sets(self) -> None:
        """List the sets."""
        wide = self.size.width >= WIDE
        self.set_class(not wide, "-narrow")
        self.sets.put_rows([f"{e.caption:<16}{e.way:<5}" if wide else e.caption for e in ENTRIES])
        self.sets.put(entry_of(self.draft.parameter_set))

    def verb(self, action: str) -> Verb:
        """Return a button by its action."""
        return next(each for each in self.verbs if each.action == action)

    def on_descendant_focus(self) -> None:
        """Show the help of the field that has the keys."""
        self.show_help()

    def show_help(self) -> None:
        """Show the help of the field that has the keys, otherwise what is to be known of the set."""
        parameter_set = self.draft.parameter_set
        about = unreachable(parameter_set) or winrm_alone(parameter_set)
        self._help.update(Content(plain_lines(self.form.help_of(self.focused) or about)))

    def show_result(self, content: Content) -> None:
        """Show how something went."""
        if self.is_attached:
            self._result.display = True
            self._result.update(content)
