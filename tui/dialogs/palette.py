"""Alt+X: every action, found by a few typed letters, and the session cmdlets typed as in PowerShell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import ClassVar

from pstui.backends.binding.errors import MissingMandatory
from pstui.backends.binding.line import one_line
from pstui.backends.errors import PstuiError
from pstui.tui.cmdlets.common_parameters import CmdletOutput
from pstui.tui.cmdlets.run import CmdletRunner, SessionUI
from pstui.tui.dialogs.connect_test import AskingArea, BareConsole
from pstui.tui.dialogs.fields import DialogInput, PickList
from pstui.tui.editor.history import LineHistory
from pstui.tui.keys.actions import KeyAction
from pstui.tui.plain import plain, plain_lines
from pstui.tui.workspace.context import AppContext, is_call
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.worker import Worker


def matching(actions: Iterable[KeyAction], text: str) -> list[KeyAction]:
    """Return the actions that a text means, the best first: by the beginning of a word, within, then by letters."""
    wanted = text.strip().casefold()
    ranked = [(rank, place, each) for place, each in enumerate(actions) if (rank := _rank(each, wanted)) is not None]
    return [each for _, _, each in sorted(ranked, key=lambda item: item[:2])]


def _rank(action: KeyAction, wanted: str) -> int | None:
    label, text = action.label.casefold(), f"{action.label} {action.help}".casefold()
    if not wanted or label.startswith(wanted):
        return 0
    if any(word.startswith(wanted) for word in label.split()):
        return 1
    if all(any(word.startswith(part) for word in text.split()) for part in wanted.split()):
        return 2
    if wanted in text:
        return 3
    return 4 if _in_order(wanted.replace(" ", ""), label) else None


def _in_order(letters: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)


#: the calls that can be typed, listed after the actions; they have no action, choosing one begins to type it
CMDLETS = tuple(
    KeyAction("", name, "", (), alias, help)
    for name, alias, help in (
        ("Enter-PSSession", "etsn", "enter a session, new or open, in a tab"),
        ("New-PSSession", "nsn", "open a session that stays when it is left"),
        ("Get-PSSession", "gsn", "list the sessions that are open"),
        ("Exit-PSSession", "exsn", "leave the session of this tab"),
        ("Disconnect-PSSession", "dnsn", "disconnect from a session that keeps running"),
        ("Connect-PSSession", "cnsn", "connect to a disconnected session"),
        ("Receive-PSSession", "rcsn", "follow in a tab what runs in a session"),
        ("Remove-PSSession", "rsn", "close a session"),
    )
)
#: parts of what was said that stay on the screen
_MAX_SAID = 40


class CommandPalette(ModalScreen[KeyAction | MissingMandatory | None]):
    """Returns the action to do, a call that lacks a value and is to be asked for, or None.

    ``history`` holds the calls typed before; it belongs to the workspace and outlives the screen. ``line`` is run at
    once.
    """

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape,ctrl+c", "leave", "Close")]
    AUTO_FOCUS = None

    def __init__(
        self,
        context: AppContext,
        ui: SessionUI,
        actions: Sequence[tuple[KeyAction, str]],
        history: LineHistory,
        line: str = "",
    ) -> None:
        super().__init__()
        self.asking = AskingArea()
        self.input = DialogInput(placeholder="an action, or a cmdlet such as Get-PSSession", id="command")
        self._commands = CmdletRunner(
            context, ui, BareConsole(self.asking), lambda: self.query_one("#command-row").size.width
        )
        self._actions = [*actions, *((each, each.shown) for each in CMDLETS)]
        self._history = history
        self._list = PickList(id="actions", empty="No action has that name.")
        self._shown: list[KeyAction] = []
        self._said = Static(id="said", markup=False)
        self._lines: list[Content] = []
        self._work: Worker[None] | None = None
        #: the lines that run after the one that runs now
        self._waiting = [line] if line else []

    def compose(self) -> ComposeResult:
        with Vertical(id="command-box") as box:
            box.border_title = "Commands"
            with Horizontal(id="command-row"):
                yield Static("> ", classes="label", markup=False)
                yield self.input
            with VerticalScroll(id="said-scroll", can_focus=False) as scroll:
                scroll.display = False
                yield self._said
            yield self.asking
            with VerticalScroll(id="actions-scroll", can_focus=False):
                yield self._list
            yield Static("Enter runs   Up, Down choose   Esc closes", id="keys", markup=False)

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
                self._complete()
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
        at_top = not self._list.step(by) and by < 0 and not self.input.value
        if at_top and (line := self._history.older("")) is not None:
            self._put(line)

    def _put(self, text: str) -> None:
        self.input.value = text
        self.input.cursor_position = len(text)

    def _complete(self) -> None:
        if 0 <= self._list.index < len(self._shown) and not self._calling:
            chosen = self._shown[self._list.index]
            self._put(chosen.label if chosen.action else f"{chosen.label} ")

    @property
    def _calling(self) -> bool:
        return is_call(self.input.value.strip())

    def on_input_changed(self, event: DialogInput.Changed) -> None:
        """Show the actions that are meant."""
        if event.input is self.input:
            self._filter()

    def _filter(self) -> None:
        call = self._calling
        self.query_one("#actions-scroll").display = self._list.display = not call
        if call:
            return
        keys = {id(action): shown for action, shown in self._actions}
        self._shown = matching([action for action, _ in self._actions], self.input.value)
        self._list.put_rows([f"{each.label:<21}{keys[id(each)]:<13}{each.help}" for each in self._shown])
        self._list.put(0 if self._shown else -1)

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """A click on an action does it; the keys only choose it."""
        event.stop()

    def on_click(self, event: object) -> None:
        """Keep the keys in the line."""
        self.set_focus(self.input)

    def _enter(self) -> None:
        text = self.input.value.strip()
        if is_call(text):
            self._history.add(text)
            self._put("")
            self._waiting.append(text)
            self._run_next()
        elif self._is_running:
            self._say([CmdletOutput("A call is still running; Esc cancels it.")], "")
        else:
            found = matching([action for action, _ in self._actions], text)
            index = self._list.index if found == self._shown else 0
            if 0 <= index < len(found):
                self._take(found[index])

    def _take(self, action: KeyAction) -> None:
        if action.action:
            self.dismiss(action)
        else:
            self._put(f"{action.label} ")

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
