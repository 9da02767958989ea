"""The form of a host: one for a new one, a saved one, and the connection of a tab.

It shows the kind of target, its fields, and the Enter-PSSession line that says the same. ``ConnectFrame`` lays it out,
``ConnectScreen`` acts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import ClassVar

from pstui.backends.binding.declaration import OptionKind
from pstui.backends.binding.errors import MissingMandatory
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError, PstuiError
from pstui.tui.dialogs.connect_draft import Draft, FieldProblem, FieldsMissing
from pstui.tui.dialogs.connect_form import ENTRIES, HOME, ConnectForm, Fold, KindRow, entry_of, unreachable
from pstui.tui.dialogs.connect_test import AskingArea, ConnectTest
from pstui.tui.dialogs.fields import DialogInput, PickList, Verb, step_focus
from pstui.tui.dialogs.host_profile import (
    KNOWN,
    NAME,
    Known,
    NameTaken,
    known_problems,
    passed_down,
    save,
    suggested,
)
from pstui.tui.dialogs.messages import QuitScreen
from pstui.tui.key_row import KeyBox
from pstui.tui.mends.stylesheet import OF_PANES
from pstui.tui.plain import plain, plain_lines
from pstui.tui.profiles.edits import ChangedMeanwhile
from pstui.tui.title import short
from pstui.tui.workspace.context import AppContext, is_call
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import ModalScreen
from textual.style import Style
from textual.widgets import Static
from textual.worker import Worker

#: rows of the frame
_FRAME = 2
#: rows from which the groups stand apart
_TALL = 32
#: the least rows that the fields keep
_LEAST = 5
#: the field of a profile's name
_NAME = KNOWN + NAME.name


class ConnectFrame(ModalScreen[ConnectionInfo | None]):
    """The kinds and the fields, then help, the line that says the same, results and buttons."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["dialogs.tcss", OF_PANES]
    AUTO_FOCUS = None

    def __init__(self, draft: Draft, title: str, *, known: bool, saves: bool) -> None:
        super().__init__()
        self.form = ConnectForm(draft, known=known)
        self.sets = KindRow()
        self.asking = AskingArea()
        #: whether Enter saves; otherwise it connects
        self.saves = saves
        self._title, self._shown_line = title, ""
        self._help = Static(id="help-line", markup=False)
        self._problem = Static(id="problem", markup=False)
        self._line = Static(id="line", markup=False)
        self._result = Static(id="result", markup=False)
        captions = {"test": "Test", "save": "Save", "save_and_connect": "Save and connect", "connect": "Connect"}
        if not known:
            captions = {action: captions[action] for action in ("test", "connect")}
        self.verbs = [Verb(action, caption) for action, caption in captions.items()]
        for hidden in (self._problem, self._result):
            hidden.display = False

    @property
    def draft(self) -> Draft:
        """What the fields hold."""
        return self.form.draft

    def compose(self) -> ComposeResult:
        with KeyBox(id="connect-box") as box:
            box.border_title = short(self._title, 70)
            yield self.sets
            yield self.form
            yield self._help
            yield self._line
            yield self._problem
            yield self._result
            yield self.asking
            with Horizontal(id="verbs"):
                yield from self.verbs

    def on_resize(self) -> None:
        """There is more room, or less: the groups stand apart where there is."""
        self.set_class(self.size.height >= _TALL, "-tall")
        self.call_after_refresh(self.fit)

    def fit(self) -> None:
        """Let the fields scroll where they do not all fit: what is below them stays in sight."""
        others = [x for box in self.query("#connect-box") for x in box.children if x.display and x is not self.form]
        around = sum(each.outer_size.height + each.styles.margin.height for each in others) + _FRAME
        self.form.styles.max_height = max(self.size.height - around, _LEAST)

    def show_primary(self) -> None:
        """Tell what Enter does, in the frame and at the button that does it."""
        enter = "saves" if self.saves else "connects"
        keys = f"Enter {enter}  Ctrl+T tests  Ctrl+Y copies  F1 help  Esc closes"
        self.query_one("#connect-box").border_subtitle = Content(keys)
        for verb in self.verbs:
            verb.set_class(verb.action == ("save" if self.saves else "connect"), "-primary")

    def offer(self, sets: Sequence[ParameterSet]) -> None:
        """Offer the kinds of these sets."""
        places = [index for index, entry in enumerate(ENTRIES) if any(one in sets for one in entry.sets)]
        self.sets.put(entry_of(self.draft.parameter_set), places)

    def verb(self, action: str) -> Verb:
        """Return a button by its action."""
        return next(each for each in self.verbs if each.action == action)

    def allow(self, action: str, why_not: str) -> None:
        """Let a button do what it says, or say why not."""
        for verb in (each for each in self.verbs if each.action == action):
            verb.allow(why_not)

    def on_descendant_focus(self) -> None:
        """Show the help of the field that has the keys."""
        self.show_help()

    def show_help(self) -> None:
        """Show the help of the field that has the keys, otherwise what is to be known of the set."""
        text = self.form.help_of(self.focused) or unreachable(self.draft.parameter_set)
        self._help.update(Content(plain_lines(text)))

    def on_asking_area_changed(self, event: AskingArea.Changed) -> None:
        """A question has come or gone."""
        event.stop()
        self.call_after_refresh(self.fit)

    def show_line(self, line: str) -> None:
        """Show the line of the fields; a click copies it."""
        # what a test said is about the line that was tried
        self._result.display, self._shown_line = self._result.display and line == self._shown_line, line
        self._line.update(Content(plain_lines(line)).stylize(Style.from_meta({"@click": "screen.copy_line"})))

    def show_problem(self, text: str) -> None:
        """Show what is wrong, nothing for an empty text."""
        self._problem.display = bool(text)
        self._problem.update(Content(plain_lines(f"✗ {text}")) if text else Content(""))
        self.call_after_refresh(self.fit)

    def show_result(self, content: Content) -> None:
        """Show how something went."""
        if self.is_attached:
            self._result.display = True
            self._result.update(content)
            self.call_after_refresh(self.fit)


class ConnectScreen(ConnectFrame):
    """Returns the connection to open, None when it was closed. ``saved`` is the profile that was saved last.

    ``draft`` fills it; ``missing`` are the options to begin with, because the call lacks them. ``known`` is the profile
    it is about, by default a new one. With ``saves`` Enter saves and closes, and ``name`` is proposed for a new one.
    With ``asks_name`` it begins with saving.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape,ctrl+c", "leave", "Close")]

    def __init__(
        self,
        context: AppContext,
        draft: Draft | None = None,
        missing: Sequence[str] = (),
        *,
        known: Known | None = None,
        saves: bool = False,
        name: str = "",
        asks_name: bool = False,
    ) -> None:
        self.known = known or Known()
        if draft is None:
            draft = self.known.draft(self.known.parameter_set or HOME, name)
        title = f"Host {self.known.name}" if self.known.name else "New host" if saves else "Connect"
        super().__init__(draft, title, known=context.book is not None, saves=saves)
        self.context = context
        self._missing = tuple(missing)
        self._asks_name = asks_name
        self._closes = saves
        self._test: Worker[None] | None = None
        self._taken = ""
        #: whether anything was typed or tried: before that nothing is complained about
        self._touched = bool(missing)
        self._before: tuple[ParameterSet, dict[str, str]] = self._now()
        self.line = ""
        self.saved: Known | None = None

    async def on_mount(self) -> None:
        """Begin with the first field, or with what a call lacks."""
        self.show_primary()
        self._offer()
        self.form.show_sessions(self.context.kept)
        self._refresh()
        await self.form.focus_field(self._missing[0] if self._missing else "")
        if self.focused is None:
            self.set_focus(self.sets)  # a kind that needs nothing to be typed
        if self._asks_name:
            self._ask_name()

    def _offer(self) -> None:
        """Offer what can be chosen: a saved profile stays of its kind, and an open session is no profile."""
        sets = ParameterSet.opening() if self._closes else ParameterSet.all()
        if self.known.name:
            sets = tuple(one for one in sets if one.kind == self.known.kind)
        self.offer(sets)

    def _now(self) -> tuple[ParameterSet, dict[str, str]]:
        return self.draft.parameter_set, {name: text for name, text in self.draft.texts.items() if text}

    @property
    def is_changed(self) -> bool:
        """Whether something was typed that was neither saved nor used."""
        self.form.gather()
        return self._now() != self._before

    # -- keeping fields and line in step ----------------------------------------------------------------------

    def _refresh(self, said: PstuiError | None = None) -> None:
        """Show the line of the fields and what is wrong; ``said`` comes before what the fields say."""
        draft = self.draft
        problems = {**draft.problems(self.context.credential), **known_problems(draft)}
        context, wrong = self.context, None
        self._whole, origins = passed_down(context, draft, self.known)
        try:
            self._whole.connection(context.bind_context(), credentials=context.credential)
            self.line = self._whole.line(context.bind_context(), context.credential)
        except CallError as error:
            wrong = error
            self.line = self._whole.rough_line()
        unknown = next((problem for name, problem in problems.items() if name.startswith(KNOWN)), None)
        shown = said or (wrong if not isinstance(wrong, FieldsMissing) else None) or unknown
        if not self._touched:
            shown, problems = None, {}
        self.show_problem("" if shown is None else shown.text().removeprefix("Enter-PSSession: "))
        self.show_line(self.line)
        self.form.show_problems(problems, draft.missing() if self._touched else (), origins)
        self._allow(draft.parameter_set, wrong)

    def _allow(self, parameter_set: ParameterSet, wrong: CallError | None) -> None:
        self.show_help()
        away = unreachable(parameter_set)
        why = away or ("" if wrong is None else wrong.text())
        lookup = parameter_set.is_lookup
        unsaved = "An open session is not a profile: it ends with pstui." if lookup else ""
        unsaved = unsaved or ("" if wrong is None else wrong.text())
        self.allow("connect", why)
        self.allow("test", "The session is open already." if lookup else why)
        self.allow("save", unsaved)
        self.allow("save_and_connect", unsaved or why)

    async def fill(self, draft: Draft) -> None:
        """Show a draft in the fields."""
        await self.form.show_draft(draft)
        self.form.show_sessions(self.context.kept)
        self._offer()
        self._refresh()

    def on_connect_form_changed(self, event: ConnectForm.Changed) -> None:
        """Let the line follow the fields."""
        event.stop()
        self._touched = True
        self._taken = ""
        self._refresh()

    async def on_kind_row_picked(self, event: KindRow.Picked) -> None:
        """Show the fields of another kind; values that both have stay."""
        event.stop()
        chosen = ENTRIES[event.index].sets[0]
        names = {name for name, _ in Draft(chosen).fields()}
        kept = {n: text for n, text in self.draft.texts.items() if n in names or n.startswith(KNOWN)}
        old, new = self.draft.parameter_set.target, chosen.target
        if {old, new} <= {"HostName", "ComputerName"} and (host := self.draft.text(old)):
            kept.setdefault(new, host.rpartition("@")[2])
        await self.fill(Draft(chosen, kept))

    # -- keys -------------------------------------------------------------------------------------------------

    def dialog_key(self, key: str) -> bool:
        """Act on the keys of the form."""
        if self.asking.asking:
            return False
        focused = self.focused
        match key:
            case "escape" | "ctrl+c":
                self.action_leave()
            case "tab" | "shift+tab":
                step_focus(self.sets, 1 if key == "tab" else -1)
            case "up" | "down":
                by = 1 if key == "down" else -1
                if not (isinstance(focused, PickList) and focused.step(by)):
                    step_focus(self.sets, by)
            case "enter":
                self._enter()
            case "ctrl+t":
                self._do("test")
            case "ctrl+s":
                self._do("save")
            case "ctrl+y":
                self.action_copy_line()
            case "ctrl+o":
                self._open_credential()
            case _:
                return False
        return True

    def pasted(self, text: str) -> bool:
        """Fill the fields from a pasted line."""
        if not is_call(text.strip()) or self.context.is_more_than_a_connection(text):
            return False
        self.run_worker(self._take_line(text), group="fill", exclusive=True)
        return True

    async def _take_line(self, text: str) -> None:
        self._touched = True
        known = {name: said for name, said in self.draft.texts.items() if name.startswith(KNOWN)}
        try:
            draft, missing = _draft_of_line(self.context, text)
        except PstuiError as error:
            self._refresh(error)
            return
        draft.texts |= known
        await self.fill(draft)
        await self.form.focus_field(missing)

    def _enter(self) -> None:
        focused = self.focused
        if isinstance(focused, Verb):
            focused.post_message(Verb.Pressed(focused))
        elif isinstance(focused, Fold):
            focused.toggle()
        elif isinstance(focused, DialogInput) and self._is_line(focused.value):
            self.run_worker(self._take_line(focused.value), group="fill", exclusive=True)
        else:
            self._do("save" if self.saves else "connect")

    def _is_line(self, text: str) -> bool:
        """Whether an Enter-PSSession line was typed where a target is meant."""
        begins = text.strip().casefold().startswith(("enter-pssession ", "etsn ", "-"))
        return begins and self.form.name_with_keys(self.focused) == self.draft.parameter_set.target

    def _open_credential(self) -> None:
        """Open the account that the field with the keys names."""
        forms, row = self.context.forms(), self.form.rows.get(self.form.name_with_keys(self.focused))
        if forms is None or row is None or row.option.kind is not OptionKind.CREDENTIAL:
            self.app.bell()
            return
        from pstui.tui.dialogs.credential_form import CredentialForm

        def closed(name: str | None) -> None:
            if name is not None:
                row.put(name)
                self.form.draft.texts[row.field] = name
                self._touched = True
            self.set_focus(row.control)
            self._refresh()

        self.app.push_screen(CredentialForm(forms, row.text.strip()), closed)

    # -- what can be done -------------------------------------------------------------------------------------

    def on_verb_pressed(self, event: Verb.Pressed) -> None:
        """Do what a button says."""
        event.stop()
        self._do(event.verb.action)

    def action_copy_line(self) -> None:
        """Copy the line of the fields."""
        self.form.gather()
        self._refresh()
        self.app.copy_to_clipboard(self.line)
        self.show_result(Content.styled("The line was copied.", "$calm"))

    def _do(self, action: str) -> None:
        self._touched = True
        self.form.gather()
        self._refresh()
        if missing := self.draft.missing():
            self._refresh(FieldsMissing(missing))
            self._go_to(missing[0])
            return
        problems = {**self.draft.problems(self.context.credential), **known_problems(self.draft)}
        if problems and action != "test":
            self._go_to(next(iter(problems)))
        verb = next((each for each in self.verbs if each.action == action), None)
        if verb is None or verb.why_not:
            why = "This window has no profile file to save to" if verb is None else verb.why_not
            self._refresh(CallError(why))
            return
        match action:
            case "connect":
                self._connect()
            case "test":
                self._try_it()
            case "save" | "save_and_connect" if self.draft.text(_NAME):
                self.run_worker(self._save(connect=action == "save_and_connect"), group="save")
            case _:
                self._ask_name()

    def _go_to(self, name: str) -> None:
        self.run_worker(self.form.focus_field(name), group="focus", exclusive=True)

    def _ask_name(self) -> None:
        """Ask for the name of what is to be saved; what is typed takes the place of the one that is proposed."""
        row = self.form.rows.get(_NAME)
        if row is None or not isinstance(row.control, DialogInput):
            return
        if not row.text.strip():
            row.put(suggested(self.draft))
            self.draft.texts[_NAME] = row.text
        self.saves = True
        self.show_primary()
        self.set_focus(row.control)
        row.control.action_select_all()
        self._refresh()

    def _try_it(self) -> None:
        if self._test is not None and not self._test.is_finished:
            return
        context = self.context
        try:
            info = self.connection()
        except CallError as error:
            self._refresh(error)
            return
        test = ConnectTest(context.sessions, info, self.asking, self.show_result, context.prepared)
        self._test = self.run_worker(test.run(), group="test")

    def connection(self) -> ConnectionInfo:
        """Return the connection of the fields, defaults filled in. Raises CallError."""
        context = self.context
        info = self._whole.connection(context.bind_context(), defaults=context.defaults, credentials=context.credential)
        if self.saved is None or self.is_changed:
            return info
        return ConnectionInfo(info.parameter_set, info.values, self.saved.name, info.settings)

    def _connect(self) -> None:
        try:
            self._end(self.connection())
        except CallError as error:
            self._refresh(error)

    async def _save(self, *, connect: bool) -> None:
        name, self.tells_saved = self.draft.text(_NAME), not (connect or self._closes)
        try:
            self.known = self.saved = await save(self.context, self.draft, self.known, replace=self._taken == name)
            info = self.connection() if connect else None
        except FieldProblem as error:
            self._refresh(error)
            await self.form.focus_field(error.name)
            return
        except ChangedMeanwhile as error:
            # saving once more is then a decision, made with the knowledge of the change
            table = {} if self.context.book is None else self.context.book.table(self.known.kind, self.known.name)
            self.known = Known(self.known.kind, self.known.name, dict(table))
            self._refresh(error)
            return
        except PstuiError as error:
            self._taken = name if isinstance(error, NameTaken) else ""
            self._refresh(error)
            return
        self._before = self._now()
        if info is not None:
            self._end(ConnectionInfo(info.parameter_set, info.values, name, info.settings))
        elif self._closes:
            self._end(None)
        else:
            self.saves = False
            self.show_primary()
            self._refresh()
            path = "" if self.context.book is None else str(self.context.book.path)
            self.show_result(Content.styled(f"✓ {plain(name)} was saved to {plain(path)}.", "$success"))
            self.set_focus(self.verb("connect"))

    def action_leave(self) -> None:
        """End the test, or close the form; a changed one asks first."""
        if self.asking.asking:
            self.asking.refuse()
        elif self._test is not None and not self._test.is_finished:
            self._test.cancel()
            self.show_result(Content("The test was cancelled."))
        elif self.is_changed:
            asking = QuitScreen("Close this form?", ["What was typed is neither saved nor used."], verb="closes it")
            self.app.push_screen(asking, lambda go: self._end(None) if go else None)
        else:
            self._end(None)

    def _end(self, info: ConnectionInfo | None) -> None:
        if self._test is not None:
            self._test.cancel()
        self.dismiss(info)


def _draft_of_line(context: AppContext, text: str) -> tuple[Draft, str]:
    """Return the draft of an Enter-PSSession line and the first option that it lacks, if any. Raises PstuiError."""
    try:
        return Draft.of(context.connection(text, bare=True)), ""
    except MissingMandatory as error:
        if error.call is None:
            raise
        return Draft.of_call(error.call), error.missing[0]
