"""The screen of many hosts: one line for all of them, each host's state, and the answers grouped.

The line has the keys at first; Down and Tab lead to the list. What the chosen row is about stands below it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path, PurePath
from typing import ClassVar

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import PstuiError
from pstui.backends.threads import in_thread
from pstui.tui.cut import cut
from pstui.tui.dialogs.connect_test import AskingArea, BareConsole
from pstui.tui.dialogs.fields import DialogInput, PickList, Verb, step_focus
from pstui.tui.dialogs.messages import QuitScreen
from pstui.tui.fanout.board import Board
from pstui.tui.fanout.engine import FanOut, Host, State
from pstui.tui.fanout.export import FORMATS, write
from pstui.tui.fanout.groups import counted
from pstui.tui.fanout.rows import Row, details, rows_of
from pstui.tui.guard.asking import may_run
from pstui.tui.guard.bar import prompt_bar
from pstui.tui.guard.guards import strictest
from pstui.tui.key_row import KeyBox
from pstui.tui.plain import plain, plain_lines
from pstui.tui.runbooks.call import RunbookCall
from pstui.tui.sizes import time_text
from pstui.tui.still import Still
from pstui.tui.title import short
from pstui.tui.workspace.context import AppContext
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

#: seconds between two looks at what has come
LOOK = 0.15
#: columns that the far ends are told to have
_WIDTH = 120

#: opens a tab; raises PstuiError
Enter = Callable[[ConnectionInfo], Awaitable[None]]


class FanOutScreen(ModalScreen[None]):
    """One line on ``targets``, or a runbook. ``enter`` opens a tab; ``left_out`` says of other hosts why they are not
    there.

    Its sessions are closed with it, but for those that a tab has taken.
    """

    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = ["../dialogs/dialogs.tcss", "fanout.tcss"]
    AUTO_FOCUS = None
    VERBS: ClassVar[tuple[tuple[str, str, str], ...]] = (
        ("Enter", "difference", "Difference"),
        ("o", "open", "Open"),
        ("r", "again", "Retry"),
        ("s", "stop", "Stop"),
        ("S", "stop_all", "Stop all"),
        ("x", "export", "Export"),
    )

    def __init__(
        self,
        context: AppContext,
        targets: Sequence[tuple[str, ConnectionInfo]],
        enter: Enter,
        left_out: Sequence[str] = (),
        runbook: RunbookCall | None = None,
    ) -> None:
        super().__init__()
        self._left_out, self.runbook = left_out, runbook
        self.context, self._enter_tab = context, enter
        self.asking = AskingArea()
        self.fan = FanOut(
            targets,
            context.sessions,
            context.prepared,
            board=lambda others: Board(self.asking.present, self.asking.withdraw, others),
            on_change=self._changed,
            width=_WIDTH,
        )
        self.guard = strictest(context.guard(info) for _, info in targets)
        line = "" if runbook is None else runbook.line
        self.input = DialogInput(line, placeholder="a line for all of them", id="fan-line")
        self.file = DialogInput(placeholder=f"a new file: NAME{' or '.join(FORMATS)}", id="fan-file")
        self.list = PickList(id="fan-rows", empty="Type a line and press Enter." if not line else "Enter runs it.")
        self.summary = Still(id="fan-summary")
        self.head = Static(id="fan-head", markup=False)
        self.text = Static(id="fan-text", markup=False)
        self.message = Static(id="fan-message", markup=False)
        self.verbs = {action: Verb(action, caption, key) for key, action, caption in self.VERBS}
        self.rows: list[Row] = []
        self._unfolded: set[str] = set()
        self._compare = self._dirty = True

    def compose(self) -> ComposeResult:
        with KeyBox(id="fan-box") as box:
            what = "One line" if self.runbook is None else cut(plain(self.runbook.name), 40)
            box.border_title = short(f"{what} on {counted(self.fan.hosts)}", 70)
            box.border_subtitle = "Tab list  Enter runs  → hosts of a group  F1 keys  Esc closes"
            with Horizontal(id="fan-row"):
                yield Static(prompt_bar("", self.guard) + Content("> "), id="fan-prompt", markup=False)
                yield self.input
            yield self.summary
            with VerticalScroll(id="fan-scroll", can_focus=False):
                yield self.list
            yield self.head
            with VerticalScroll(id="fan-text-scroll", can_focus=False):
                yield self.text
            yield self.asking
            yield self.file
            yield self.message
            with Horizontal(id="verbs"):
                yield from self.verbs.values()

    def on_mount(self) -> None:
        """Begin with the line."""
        self.file.display = False
        self.set_focus(self.input)
        self._draw()
        if self._left_out:
            self._say("\n".join([f"{counted(self._left_out)} left out:", *self._left_out]), wrong=True)
        self.set_interval(LOOK, self._look)

    # -- what is shown ----------------------------------------------------------------------------------------

    def _changed(self) -> None:
        self._dirty = True

    def _look(self) -> None:
        if self._dirty:
            self._draw()
        elif self.fan.running:
            self._count()

    def _draw(self) -> None:
        self._dirty = False
        before = self.chosen.key if self.chosen is not None else ""
        self.rows = rows_of(self.fan, self._unfolded)
        self.list.put_rows([row.text for row in self.rows])
        place = next((index for index, row in enumerate(self.rows) if before and row.key == before), None)
        if place is not None and place != self.list.index:
            self.list.put(place)
        self._count()
        self._show_details()
        self._allow()

    def _count(self) -> None:
        """Say how many hosts are where, and how long the line runs."""
        counts = [(state, sum(host.state is state for host in self.fan.hosts)) for state in State]
        began = any(host.task is not None for host in self.fan.hosts)
        said = "   ".join(f"{count} {state.value}" for state, count in counts if count) if began else ""
        took = f"   {time_text(self.fan.seconds)}" if began else ""
        self.summary.say(Content.assemble((said, "bold"), (took, "$calm")), layout=False)

    def _show_details(self) -> None:
        row = self.chosen
        heading, text = ("", "") if row is None else details(row, self.fan, compare=self._compare)
        self.head.update(Content.styled(plain(heading), "$calm"))
        styled = Content(plain_lines(text))
        if ": the difference" in heading:
            styled = Content("\n").join(
                Content.styled(line, {"+": "$success", "-": "$error"}.get(line[:1], "")) for line in text.split("\n")
            )
        self.text.update(styled)

    @property
    def chosen(self) -> Row | None:
        """The row that the verbs are about."""
        return self.rows[self.list.index] if 0 <= self.list.index < len(self.rows) else None

    @property
    def host(self) -> Host | None:
        """The host that the verbs are about: the one of the row, or the only one of its group."""
        row = self.chosen
        if row is None or row.host is not None:
            return None if row is None else row.host
        return row.group.hosts[0] if row.group is not None and len(row.group.hosts) == 1 else None

    def _allow(self) -> None:
        for action, verb in self.verbs.items():
            verb.allow(self._why_not(action))

    def _why_not(self, action: str) -> str:
        row, host, running = self.chosen, self.host, self.fan.running
        match action:
            case "difference":
                is_other = row is not None and row.group is not None and row.group.state is State.DONE
                return (
                    ""
                    if is_other and row is not None and row.group is not None and not row.group.is_most
                    else ("It shows what an answer that differs has other than that of most hosts.")
                )
            case "open" if host is None:
                return "Choose one host: → shows the hosts of a group."
            case "again" if running or not self.fan.failed:
                return "It still runs." if running else "None has failed."
            case "stop" if host is None or host.state.over:
                return "Choose a host that runs."
            case "stop_all" if not running:
                return "Nothing runs."
            case "export" if running or not self.fan.line:
                return "There is nothing yet." if not running else "It still runs."
        return ""

    def _say(self, text: str, *, wrong: bool = False) -> None:
        self.message.update(Content.styled(plain_lines(text), "$error" if wrong else ""))

    # -- keys -------------------------------------------------------------------------------------------------

    def dialog_key(self, key: str) -> bool:
        """Act on the keys of the screen."""
        if self.asking.asking:
            return False
        if self.file.display:
            return self._file_key(key)
        if self.focused is self.input:
            return self._line_key(key)
        match key:
            case "escape" | "q":
                self.action_leave()
            case "ctrl+c":
                self.do("stop_all") if self.fan.running else self.action_leave()
            case "tab" | "shift+tab":
                step_focus(self.list, 1 if key == "tab" else -1)
            case "up" | "down":
                if not self.list.step(-1 if key == "up" else 1) and key == "up":
                    self.set_focus(self.input)
            case "left" | "right":
                self._fold(key == "right")
            case "enter":
                self.do(self.focused.action if isinstance(self.focused, Verb) else "difference")
            case _:
                action = next((action for letter, action, _ in self.VERBS if letter == key), "")
                if not action:
                    return False
                self.do(action)
        return True

    def _line_key(self, key: str) -> bool:
        match key:
            case "enter":
                self.run_line(self.input.value)
            case "tab" | "down":
                self.set_focus(self.list)
            case "escape":
                self.action_leave()
            case "ctrl+c":
                self.do("stop_all") if self.fan.running else self.action_leave()
            case "home" | "end" | "left" | "right":
                return False
            case _:
                return self.runbook is not None  # its line stands for it, and is no text to be edited
        return True

    def _file_key(self, key: str) -> bool:
        match key:
            case "enter":
                self.run_worker(self._export(self.file.value.strip()), group="export", exclusive=True)
            case "escape" | "ctrl+c":
                self._close_file()
            case _:
                return False
        return True

    def pasted(self, text: str) -> bool:
        """A paste goes into the line, if it is one."""
        return self.runbook is not None and self.focused is self.input

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """Show what the row is about."""
        event.stop()
        self._show_details()
        self._allow()

    def on_verb_pressed(self, event: Verb.Pressed) -> None:
        """Do what a button says."""
        event.stop()
        self.do(event.verb.action)

    def _fold(self, unfold: bool) -> None:
        row = self.chosen
        if row is not None and row.group is not None:
            (self._unfolded.add if unfold else self._unfolded.discard)(row.key)
            self._draw()

    # -- what can be done -------------------------------------------------------------------------------------

    def run_line(self, line: str, hosts: Sequence[Host] | None = None) -> None:
        """Run a line, if nothing runs and the guard of the hosts lets it through."""
        if not line.strip() or self.fan.running:
            self._say("It still runs: S stops all." if self.fan.running else "", wrong=True)
            return
        self.run_worker(self._run(line, hosts), group="line", exclusive=True)

    async def _run(self, line: str, hosts: Sequence[Host] | None) -> None:
        console = BareConsole(self.asking)
        self._say("")
        wanted = [host for host in (self.fan.hosts if hosts is None else hosts) if not host.taken]
        guard = strictest(self.context.guard(host.info) for host in wanted)
        script = None if self.runbook is None else self.runbook.script
        if not await may_run(console, guard, line if script is None else script.text, "Guard", hosts=len(wanted)):
            self._say("\n".join(console.said), wrong=True)
            return
        if hosts is None:
            self._unfolded.clear()
        self.set_focus(self.list)
        await self.fan.run(line, hosts, script)
        self._draw()

    def do(self, action: str) -> None:
        """Do what a verb says, or say why not."""
        if why := self._why_not(action):
            self._say(why)
            return
        self._say("")
        host = self.host
        match action:
            case "difference":
                self._compare = not self._compare
                self._show_details()
            case "open" if host is not None:
                self.run_worker(self._open(host), group="open", exclusive=True)
            case "again":
                self.run_line(self.fan.line, self.fan.failed)
            case "stop" if host is not None:
                self.run_worker(self.fan.stop(host), group="stop")
            case "stop_all":
                self.run_worker(self.fan.stop_all(), group="stop")
            case "export":
                self.file.display = True
                self.set_focus(self.file)

    async def _open(self, host: Host) -> None:
        session = host.session
        if session is None:
            info = host.info
        else:
            self.context.sessions.keep(session)
            host.taken = True
            info = ConnectionInfo(ParameterSet.SESSION, {"Session": session}, host.name)
        try:
            await self._enter_tab(info)
        except PstuiError as error:
            self._say(error.text(), wrong=True)
            return
        self._say(f"{host.name} is in a tab of its own{'' if session is None else ', with the same session'}.")

    async def _export(self, name: str) -> None:
        path = Path(name)
        try:
            await in_thread(lambda: write(self.fan, path))
        except PstuiError as error:
            self._say(error.text(), wrong=True)
            return
        self._close_file()
        self._say(f"{path} was written.")

    def _close_file(self) -> None:
        self.file.display = False
        self.set_focus(self.list)

    def action_leave(self) -> None:
        """Close the screen; while something runs ask first."""
        if not self.fan.running:
            self.run_worker(self._close(), group="close", exclusive=True)
            return
        lines = [f"{counted([host for host in self.fan.hosts if not host.state.over])} still on the way."]
        asking = QuitScreen("Stop them and close?", lines, verb="stops them")

        def answered(go: bool | None) -> None:
            if go:
                self.run_worker(self._close(), group="close", exclusive=True)

        self.app.push_screen(asking, answered)

    async def _close(self) -> None:
        self.asking.refuse()
        await self.fan.close()
        self.dismiss(None)
