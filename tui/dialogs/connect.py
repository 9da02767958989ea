"""The connection dialog: what kind of target, its fields, and the Enter-PSSession line that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pstui.backends.binding.errors import MissingMandatory
from pstui.backends.binding.line import one_line
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError, PstuiError
from pstui.tui.dialogs.connect_draft import Draft, FieldsMissing
from pstui.tui.dialogs.connect_form import ENTRIES, ConnectForm, OptionsFold, entry_of, unreachable, winrm_alone
from pstui.tui.dialogs.connect_saving import SaveRow, save
from pstui.tui.dialogs.connect_test import AskingArea, ConnectTest
from pstui.tui.dialogs.fields import DialogInput, PickList, Verb, step_focus
from pstui.tui.plain import plain_lines
from pstui.tui.workspace.context import AppContext, is_call
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.worker import Worker

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


class ConnectScreen(ConnectFrame):
    """Returns the connection to open, None when it was closed; ``bar_line`` is then a line for the command bar.

    ``draft`` fills it; ``missing`` are the options to begin with, because the call lacks them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape,ctrl+c", "leave", "Close")]

    def __init__(self, context: AppContext, draft: Draft | None = None, missing: Sequence[str] = ()) -> None:
        super().__init__(draft)
        self.context = context
        self._missing = tuple(missing)
        #: the text of the first line that was refused, so that its late echo does not wipe out why
        self._refused = ""
        self._begun_with_fields = draft is not None
        self._test: Worker[None] | None = None
        self.line = ""
        #: what was typed, where it is more than a connection
        self.bar_line = ""

    async def on_mount(self) -> None:
        """Begin with the first line, or with what a call lacks."""
        self.form.show_sessions(self.context.kept)
        self.show_sets()
        self._refresh()
        if self._begun_with_fields:
            await self.form.focus_field(self._missing[0] if self._missing else "")
        else:
            self.set_focus(self.quick)

    # -- keeping fields and line in step ----------------------------------------------------------------------

    def _refresh(self, said: PstuiError | None = None) -> None:
        """Show the line of the fields and what is wrong; ``said`` comes before what the fields say."""
        draft, problems = self.draft, self.draft.problems(self.context.credential)
        missing = draft.missing()
        wrong: CallError | None = None
        try:
            draft.connection(self.context.bind_context(), credentials=self.context.credential)
            self.line = draft.line(self.context.bind_context(), self.context.credential)
        except CallError as error:
            wrong = error
            self.line = draft.rough_line()
        shown = said or (wrong if not isinstance(wrong, FieldsMissing) else None)
        self._problem.display = shown is not None
        if shown is not None:
            self._problem.update(Content(plain_lines("✗ " + shown.text().removeprefix("Enter-PSSession: "))))
        self._line.update(Content(plain_lines(self.line)))
        self.form.show_problems(problems, missing)
        self._allow(draft.parameter_set, wrong)

    def _allow(self, parameter_set: ParameterSet, wrong: CallError | None) -> None:
        away = unreachable(parameter_set)
        self.show_help()
        why = away or ("" if wrong is None else wrong.text())
        lookup = parameter_set.is_lookup
        self.verb("connect").allow(why)
        self.verb("test").allow("The session is open already." if lookup else why)
        unsaved = "An open session is not a profile: it ends with pstui." if lookup else ""
        self.verb("save").allow(unsaved or ("" if wrong is None else wrong.text()))
        self.verb("copy").allow("")

    async def fill(self, draft: Draft) -> None:
        """Show a draft in the fields."""
        await self.form.show_draft(draft)
        self.form.show_sessions(self.context.kept)
        self.sets.put(entry_of(draft.parameter_set))
        self._refresh()

    async def on_input_changed(self, event: DialogInput.Changed) -> None:
        """Let the fields follow what is typed into the first line."""
        if event.input is not self.quick:
            return
        event.stop()
        if event.value != self.quick.value or event.value in ("", self._refused):
            return
        self._refused = ""
        try:
            await self.fill(Draft.of(self.context.connection(event.value, bare=True)))
        except MissingMandatory as error:
            if error.call is not None:
                await self.fill(Draft.of_call(error.call))
        except PstuiError:
            self._refresh()  # half a line is not a mistake yet; Enter says what is wrong with it

    def on_connect_form_changed(self, event: ConnectForm.Changed) -> None:
        """Let the line follow the fields; what was typed into the first line no longer says the same."""
        event.stop()
        self._forget_quick()
        self._refresh()

    def _forget_quick(self) -> None:
        if self.quick.value:
            with self.quick.prevent(DialogInput.Changed):
                self.quick.value = ""

    @on(PickList.Picked, "#sets")
    async def picked(self, event: PickList.Picked) -> None:
        """Show the fields of another set; values that both sets have stay."""
        event.stop()
        self._forget_quick()
        chosen = ENTRIES[event.index].sets[0]
        names = {name for name, _ in Draft(chosen).fields()}
        kept = {name: text for name, text in self.draft.texts.items() if name in names}
        await self.fill(Draft(chosen, kept))

    # -- keys -------------------------------------------------------------------------------------------------

    def dialog_key(self, key: str) -> bool:
        """Act on the keys of the dialog."""
        if self.asking.asking:
            return False
        focused = self.focused
        match key:
            case "escape" | "ctrl+c":
                self.action_leave()
            case "tab":
                step_focus(self.quick, 1)
            case "shift+tab":
                step_focus(self.quick, -1)
            case "up" | "down":
                by = 1 if key == "down" else -1
                if not (isinstance(focused, PickList) and focused.step(by)) and focused is not self.sets:
                    step_focus(self.quick, by)
            case "enter":
                self._enter()
            case "ctrl+t":
                self._do("test")
            case "ctrl+s":
                self._do("save")
            case "ctrl+y":
                self._do("copy")
            case _:
                return False
        return True

    def pasted(self, text: str) -> bool:
        """Fill the fields from a pasted line."""
        if not is_call(text.strip()):
            return False
        if self.context.is_more_than_a_connection(text):
            self.quick.value = one_line(text)
            self.quick.cursor_position = len(self.quick.value)
            self.set_focus(self.quick)
            return True
        self.run_worker(self._take_line(text), group="fill", exclusive=True)
        return True

    async def _take_line(self, text: str) -> None:
        self._forget_quick()
        try:
            await self.fill(Draft.of(self.context.connection(text, bare=True)))
            await self.form.focus_field("")
        except MissingMandatory as error:
            if error.call is not None:
                await self.fill(Draft.of_call(error.call))
                await self.form.focus_field(error.missing[0])
        except PstuiError as error:
            self._refresh(error)

    def _enter(self) -> None:
        focused = self.focused
        if isinstance(focused, Verb):
            focused.post_message(Verb.Pressed(focused))
        elif isinstance(focused, OptionsFold):
            focused.toggle()
        elif self.saving.has_keys:
            self.saving.confirm()
        elif focused is self.quick and self.quick.value.strip():
            self.run_worker(self._quick(self.quick.value), group="fill", exclusive=True)
        else:
            self._do("connect")

    async def _quick(self, text: str) -> None:
        if self.context.is_more_than_a_connection(text):
            self.bar_line = text
            self._end(None)
            return
        try:
            info = self.context.connection(text)
        except MissingMandatory:
            await self._take_line(text)
        except PstuiError as error:
            self._refused = text
            self._refresh(error)
        else:
            self._connect(info)

    # -- what can be done -------------------------------------------------------------------------------------

    def on_verb_pressed(self, event: Verb.Pressed) -> None:
        """Do what a button says."""
        event.stop()
        self._do(event.verb.action)

    def _do(self, action: str) -> None:
        if action == "copy":
            self.form.gather()
            self._refresh()
            self.app.copy_to_clipboard(self.line)
            self.show_result(Content.styled("The line was copied.", "$calm"))
            return
        self.form.gather()
        self._refresh()
        verb = self.verb(action)
        if action != "save" and (missing := self.draft.missing()):
            self._refresh(FieldsMissing(missing))
            self.run_worker(self.form.focus_field(missing[0]), group="focus", exclusive=True)
            return
        if verb.why_not:
            self._refresh(CallError(verb.why_not))
            return
        if action == "save":
            self.saving.open(self.draft)
            return
        try:
            info = self.connection()
        except CallError as error:
            self._refresh(error)
            return
        if action == "connect":
            self._connect(info)
        elif self._test is None or self._test.is_finished:
            context = self.context
            test = ConnectTest(context.sessions, info, self.asking, self.show_result, context.prepared)
            self._test = self.run_worker(test.run(), group="test")

    def connection(self) -> ConnectionInfo:
        """Return the connection of the fields, defaults filled in. Raises CallError."""
        context = self.context
        return self.draft.connection(context.bind_context(), defaults=context.defaults, credentials=context.credential)

    def _connect(self, info: ConnectionInfo) -> None:
        if why := unreachable(info.parameter_set):
            self._refresh(CallError(why))
        else:
            self._end(info)

    async def on_save_row_wanted(self, event: SaveRow.Wanted) -> None:
        """Write the profile, then also connect if that was wanted."""
        event.stop()
        try:
            said = await save(self.context, self.draft, event.name, event.group, replace=event.replace)
            info = self.connection() if event.connect else None
        except PstuiError as error:
            self.saving.say(error)
            return
        self.saving.close()
        if info is not None:
            self._connect(ConnectionInfo(info.parameter_set, info.values, event.name, info.settings))
            return
        self.show_result(Content.styled(said, "$success"))
        self.set_focus(self.verb("connect"))

    def action_leave(self) -> None:
        """End the test, close the row for saving, or close the dialog."""
        if self.asking.asking:
            self.asking.refuse()
        elif self._test is not None and not self._test.is_finished:
            self._test.cancel()
            self.show_result(Content("The test was given up."))
        elif self.saving.display:
            self.saving.close()
            self.set_focus(self.verb("save"))
        else:
            self._end(None)

    def _end(self, info: ConnectionInfo | None) -> None:
        if self._test is not None:
            self._test.cancel()
        self.dismiss(info)
