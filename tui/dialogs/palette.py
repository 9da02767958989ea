"""Go (Alt+G, F2, Alt+X): tabs, hosts, found hosts and actions by a few typed letters; cmdlets typed as in PowerShell.

What is typed may also be a target itself: a name, user@host, or an Enter-PSSession line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from pstui.backends.binding.errors import MissingMandatory
from pstui.backends.binding.line import one_line
from pstui.backends.errors import PstuiError
from pstui.tui.cmdlets.common_parameters import CmdletOutput
from pstui.tui.cmdlets.run import CmdletRunner, SessionUI
from pstui.tui.dialogs.connect_test import AskingArea, BareConsole
from pstui.tui.dialogs.fields import DialogInput, PickList
from pstui.tui.dialogs.goals import CMDLETS, Goal, Kind, matching, row
from pstui.tui.editor.history import LineHistory
from pstui.tui.key_row import KeyRow
from pstui.tui.plain import plain, plain_lines
from pstui.tui.workspace.context import AppContext, is_call
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.worker import Worker

#: parts of what was said that stay on the screen
_MAX_SAID = 40
#: rows that are listed; typing finds the others
MOST = 100
#: columns of the name and of what is beside it, on a narrow screen and on a wide one
_NARROW, _WIDE = (22, 16), (28, 22)
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class ToForm:
    """The form of a host is wanted, filled with what was typed; ``asks_name`` begins it with saving."""

    text: str
    asks_name: bool = False


class CommandPalette(ModalScreen[Goal | ToForm | MissingMandatory | None]):
    """Returns where to go, a wish for the form of a host, a call that lacks a value and is to be asked for, or None.

    ``goals`` are listed, ``typed`` returns those that a text itself stands for. ``history`` holds the calls typed
    before; it belongs to the workspace and outlives the screen. ``line`` is run at once.
    """

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape,ctrl+c", "leave", "Close")]
    AUTO_FOCUS = None

    def __init__(
        self,
        context: AppContext,
        ui: SessionUI,
        goals: Sequence[Goal],
        history: LineHistory,
        line: str = "",
        *,
        typed: Callable[[str], Sequence[Goal]] = lambda text: (),
    ) -> None:
        super().__init__()
        self.asking = AskingArea()
        self.input = DialogInput(placeholder="a host, user@host, a tab, an action, or a cmdlet", id="command")
        self._commands = CmdletRunner(
            context, ui, BareConsole(self.asking), lambda: self.query_one("#command-row").size.width
        )
        self.context, self._ui = context, ui
        self._goals, self._typed = [*goals, *CMDLETS], typed
        #: the text that the rows shown are for
        self._text = ""
        self._history = history
        self._list = PickList(id="actions", empty="Nothing has that name.")
        self._shown: list[Goal] = []
        #: whether Up or Down has chosen a row
        self._chose = False
        self._said = Static(id="said", markup=False)
        self._lines: list[Content] = []
        self._work: Worker[None] | None = None
        #: the lines that run after the one that runs now
        self._waiting = [line] if line else []

    def compose(self) -> ComposeResult:
        with Vertical(id="command-box") as box:
            box.border_title = "Go"
            with Horizontal(id="command-row"):
                yield Static("> ", classes="label", markup=False)
                yield self.input
            with VerticalScroll(id="said-scroll", can_focus=False) as scroll:
                scroll.display = False
                yield self._said
            yield self.asking
            with VerticalScroll(id="actions-scroll", can_focus=False):
                yield self._list
            yield KeyRow("Enter goes   ↑ ↓ choose   Tab form   Ctrl+S saves   F1 help   Esc closes", id="keys")

    def on_mount(self) -> None:
        """Show every action."""
        self._list.can_focus = False
        self._filter()
        self.set_focus(self.input)
        self._run_next()

    @property
    def is_idle(self) -> bool:
        """Whether no call runs and none waits to be typed."""
        return not self.input.value and not self._waiting and not self._is_running

    # -- keys -------------------------------------------------------------------------------------------------

    def dialog_key(self, key: str) -> bool:
        """Act on the keys of the screen."""
        if self.asking.asking:
            return False
        match key:
            case "escape" | "ctrl+c":
                self.action_leave()
            case "enter":
                self._enter()
            case "up" | "down":
                self._up_or_down(-1 if key == "up" else 1)
            case "pageup" | "pagedown":
                self._said_scroll().scroll_relative(y=-8 if key == "pageup" else 8, animate=False)
            case "tab" | "shift+tab":
                self._tab()
            case "ctrl+s":
                self._to_form(asks_name=True)
            case _:
                return False
        return True

    def pasted(self, text: str) -> bool:
        """A pasted text goes into the line; of several lines nothing is lost: they become statements of one."""
        if "\n" not in text.strip() and "\r" not in text.strip():
            return False
        before, after = self.input.value[: self.input.cursor_position], self.input.value[self.input.cursor_position :]
        joined = one_line(text)
        self.input.value = before + joined + after
        self.input.cursor_position = len(before + joined)
        return True

    def _up_or_down(self, by: int) -> None:
        if self._calling or not self._list.display:
            line = self._history.older(self.input.value) if by < 0 else self._history.newer()
            if line is not None:
                self._put(line)
            return
        self._catch_up()
        self._chose = True
        at_top = not self._list.step(by) and by < 0 and not self.input.value
        if at_top and (line := self._history.older("")) is not None:
            self._put(line)

    def _put(self, text: str) -> None:
        self.input.value = text
        self.input.cursor_position = len(text)

    def _tab(self) -> None:
        """Complete a cmdlet, or an action that was chosen; otherwise show the host in its form."""
        goal = self._goal
        if goal is not None and not self._calling and (goal.kind is Kind.CMDLET or (goal.name and self._chose)):
            self._put(f"{goal.label} " if goal.kind is Kind.CMDLET else goal.label)
        elif goal is not None and goal.form is not None and not self._calling:
            self.dismiss(Goal(goal.kind, goal.label, goal.form))
        else:
            self._to_form(asks_name=False)

    def _to_form(self, *, asks_name: bool) -> None:
        """Show what is typed in the form of a host."""
        self.dismiss(ToForm(self.input.value.strip(), asks_name))

    @property
    def _goal(self) -> Goal | None:
        """The row that is chosen, of those that fit what is typed by now."""
        self._catch_up()
        index = self._list.index
        return self._shown[index] if 0 <= index < len(self._shown) else None

    def _find(self) -> list[Goal]:
        text = self.input.value
        return matching(self._goals, text, self._typed(text.strip()))

    @property
    def _calling(self) -> bool:
        return is_call(self.input.value.strip())

    def on_resize(self) -> None:
        """Give the columns the room there is."""
        self._show_rows()

    def on_input_changed(self, event: DialogInput.Changed) -> None:
        """Show the actions that are meant."""
        if event.input is self.input:
            self._catch_up()

    def _catch_up(self) -> None:
        """Show what fits what is typed by now: keys may come faster than the messages about them."""
        if self.input.value != self._text:
            self._filter()

    def _filter(self) -> None:
        self._text = self.input.value
        call = self._calling
        self.query_one("#actions-scroll").display = self._list.display = not call
        if call:
            return
        self._chose = False
        self._shown = self._find()
        self._list.index = 0
        self._show_rows()
        self._list.put(0 if self._shown else -1)

    def _show_rows(self) -> None:
        widths = _WIDE if self.size.width >= _WIDTH else _NARROW
        rows = [row(goal, widths) for goal in self._shown[:MOST]]
        if len(self._shown) > MOST:
            rows.append(Content.styled(f"  … and {len(self._shown) - MOST:,} more: type on", "$calm"))
        self._list.put_rows(rows)

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """The keys only choose a row."""
        event.stop()

    def on_click(self, event: events.Click) -> None:
        """A click on a row goes there; elsewhere it keeps the keys in the line."""
        row = event.screen_y - self._list.region.y
        rows = self.query_one("#actions-scroll").region
        if self._list.display and rows.contains(event.screen_x, event.screen_y) and 0 <= row < len(self._shown[:MOST]):
            self._take(self._shown[row])
            return
        self.set_focus(self.input)

    def _enter(self) -> None:
        text = self.input.value.strip()
        if is_call(text):
            text = f"Enter-PSSession {text}" if text.startswith("-") else text
            self._history.add(text)
            self._put("")
            self._waiting.append(text)
            self._run_next()
        elif self._is_running:
            self._say([CmdletOutput("A call is still running; Esc cancels it.")], "")
        elif (goal := self._goal) is not None:
            self._take(goal)
        elif text:
            self._try(text)

    def _try(self, text: str) -> None:
        """Enter what is typed; where that cannot be, say why and leave it there."""
        try:
            info = self.context.connection(text)
        except PstuiError as error:
            self._say([CmdletOutput.of(error)], text)
        else:
            self.dismiss(Goal(Kind.HOST, text, partial(self._ui.enter, info)))

    def _take(self, goal: Goal) -> None:
        if goal.target:
            self._try(goal.target)
        elif goal.run is None:
            self._put(f"{goal.label} ")
        else:
            self.dismiss(goal)

    @property
    def _is_running(self) -> bool:
        return self._work is not None and not self._work.is_finished

    def _run_next(self) -> None:
        """Run the next line that waits, unless one runs."""
        if self._waiting and not self._is_running:
            self._work = self.run_worker(self._run(self._waiting.pop(0)), group="call")

    async def _run(self, line: str) -> None:
        box = self.query_one("#command-box")
        box.border_subtitle = "… running, Esc cancels it"
        try:
            await self._call(line)
        finally:
            box.border_subtitle = ""
        if self.is_attached and self._waiting:
            self.call_after_refresh(self._run_next)

    async def _call(self, line: str) -> None:
        self._say([], line)
        try:
            said = await self._commands.run(line)
        except MissingMandatory as error:
            if error.call is not None and error.call.cmdlet == "Enter-PSSession":
                self.dismiss(error)
                return
            said = [CmdletOutput.of(error)]
        except PstuiError as error:
            said = [CmdletOutput.of(error)]
        except asyncio.CancelledError:
            self._waiting.clear()
            if self.is_attached:
                self._say([CmdletOutput("The call was cancelled.")], "")
            raise
        if not self.is_attached:
            return
        self._say(said, "")
        if self._commands.led_away and not any(each.is_error for each in said):
            self.dismiss(None)

    def _say(self, said: Sequence[CmdletOutput], line: str) -> None:
        if line:
            self._lines.append(Content.assemble(("> ", "$primary"), plain(line, limit=400)))
        for each in said:
            text = plain_lines(each.text)
            self._lines.append(Content.styled(f"✗ {text}", "$error") if each.is_error else Content(text))
            if each.error_id:
                self._lines.append(Content.styled(f"  FullyQualifiedErrorId: {plain(each.error_id)}", "$calm"))
        del self._lines[:-_MAX_SAID]
        self._said.update(Content("\n").join(self._lines))
        scroll = self._said_scroll()
        scroll.display = bool(self._lines)
        self.set_class(scroll.display, "-said")
        self.call_after_refresh(scroll.scroll_end, animate=False)

    def _said_scroll(self) -> VerticalScroll:
        return self.query_one("#said-scroll", VerticalScroll)

    def action_leave(self) -> None:
        """Cancel a call that runs, or close."""
        if self.asking.asking:
            self.asking.refuse()
        elif self._work is not None and self._is_running:
            self._work.cancel()
        else:
            self.dismiss(None)
