"""The port forwards of a session's connection: what listens where, what goes through it, and adding and removing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pstui.backends.errors import PstuiError
from pstui.backends.forwards import Forward, ForwardKind, Forwards, ForwardState, parse, problem
from pstui.backends.sessions.session import PSSession
from pstui.tui.cut import column
from pstui.tui.dialogs.fields import PickList
from pstui.tui.dialogs.verb_list import VerbList
from pstui.tui.plain import plain, plain_lines
from pstui.tui.workspace.switcher import LineScreen
from textual.content import Content

#: seconds between two looks at the traffic
LOOK = 0.5
#: columns of kind, listening end, target, state, connections, sent and received; they fit 80 cells together
_NARROW = (7, 15, 19, 9, 3, 7, 8)
_WIDE = (7, 25, 33, 9, 5, 10, 10)
_CAPTIONS = ("Kind", "Listens on", "Leads to", "State", "Now", "Sent", "Received")
#: what stands for the state in its column
_STATES = {ForwardState.LISTENING: "listening", ForwardState.FAILED: "failed", ForwardState.WAITING: "waits"}
#: what is typed for a kind, where its name is another word
_KINDS = {ForwardKind.DYNAMIC: "socks"}
_ENDS = "They end with the last session to that host, and come back when a lost connection is made again."


def size(count: int) -> str:
    """Return a number of bytes in at most seven characters."""
    amount, units = float(count), iter(("B", "KB", "MB", "GB", "TB"))
    unit = next(units)
    while amount >= 999.5 and unit != "TB":
        amount, unit = amount / 1000, next(units)
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 99.95 else f"{amount:.1f} {unit}"


def summary(forwards: Sequence[Forward]) -> str:
    """Return a line about the forwards of a connection, and the key that leads to them."""
    if not forwards:
        return "No port is forwarded. f forwards one."
    failed = sum(each.state is ForwardState.FAILED for each in forwards)
    count = f"{len(forwards)} forward{'' if len(forwards) == 1 else 's'}"
    now = sum(each.connections for each in forwards)
    parts = [f"{count}, {failed} failed" if failed else count]
    parts.append(f"{now} connection{'' if now == 1 else 's'} now")
    parts.append(f"{size(sum(each.sent for each in forwards))} sent")
    parts.append(f"{size(sum(each.received for each in forwards))} received")
    return f"{', '.join(parts)}. f shows them."


class ForwardsScreen(VerbList):
    """The list. Closed by Esc."""

    TITLE_TEXT, BOX, ROWS = "Forwards", "forwards-box", "forward-rows"
    FIRST, LAST = "why", "remove"
    VERBS: ClassVar[tuple[tuple[str, str, str], ...]] = (
        ("a", "add", "Add"),
        ("Enter", "why", "Details"),
        ("x", "remove", "Remove"),
    )

    def __init__(self, session: PSSession) -> None:
        super().__init__(empty="Nothing is forwarded. a adds a forward.")
        self._session = session
        self._rows: list[Forward] = []
        self._drawn: list[str] = []
        #: what was typed and could not be added
        self._typed = ""
        #: whether something was told that stays until the next key
        self._told = False

    @property
    def forwards(self) -> Forwards | None:
        """Those of the session's present connection."""
        return self._session.link.forwards

    @property
    def chosen(self) -> Forward | None:
        """The forward that the verbs are about."""
        index = self.list.index
        return self._rows[index] if 0 <= index < len(self._rows) else None

    def on_mount(self) -> None:
        """List them, and keep the list current."""
        self.look()
        self.set_interval(LOOK, self.look)
        self.set_focus(self.list)

    def on_resize(self) -> None:
        """Give the columns the room there is."""
        self.look()

    def look(self) -> None:
        """List what there is now."""
        widths = _NARROW if self.size.width < 110 else _WIDE
        self.captions.say(Content.styled(f"  {_row(widths, _CAPTIONS)}", "$calm"))
        self._rows = list(self.forwards.listed()) if self.forwards is not None else []
        drawn = [_row(widths, _cells(each)) for each in self._rows]
        if drawn != self._drawn or not drawn:
            self._drawn = drawn
            self.list.put_rows(drawn)
        for action, verb in self.verbs.items():
            verb.allow(self._why_not(action))
        if not self._told:
            self.message.say(Content.styled(_ENDS, "$calm"))

    def _why_not(self, action: str) -> str:
        if self.forwards is None:
            return "The session has no connection over SSH."
        return "There is no forward." if action != "add" and self.chosen is None else ""

    def _tell(self, text: str, *, wrong: bool = True) -> None:
        self._told = True
        self.message.say(Content(plain_lines(f"! {text}" if wrong else text)))

    # -- keys -------------------------------------------------------------------------------------------------

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """Another forward: nothing is said of the one before."""
        event.stop()
        self._told = False
        self.look()

    def do(self, action: str) -> None:
        """Do what a verb says, or say why not."""
        if why := self._why_not(action):
            self._tell(why)
            return
        match action:
            case "add":
                form = LineScreen(
                    "A forward: local 8080 db:5432, remote 9000 localhost:80, or socks 1080",
                    self._typed,
                    keys="Enter adds it   Esc cancels",
                    limit=300,
                    check=lambda text: problem(text) if text else "is empty",
                )
                self.app.push_screen(form, self._entered)
            case "remove" if (forward := self.chosen) is not None:
                self.run_worker(self._remove(forward), group="forwards")
            case "why" if (forward := self.chosen) is not None:
                self._tell(_details(forward), wrong=forward.state is ForwardState.FAILED)

    def _entered(self, text: str | None) -> None:
        if text:
            self._typed = text
            self.run_worker(self._add(text), group="forwards")

    async def _add(self, text: str) -> None:
        self._told = False
        try:
            if (forwards := self.forwards) is not None:
                await forwards.add(parse(text))
                self._typed = ""
        except PstuiError as error:
            self._tell(error.text())
        if self.is_attached:
            self.look()

    async def _remove(self, forward: Forward) -> None:
        self._told = False
        if (forwards := self.forwards) is not None:
            await forwards.remove(forward)
        if self.is_attached:
            self.look()


def _details(forward: Forward) -> str:
    known = f" on port {forward.port}" if forward.port else ""
    state = f"{forward.spec}: {forward.state.value}{known}."
    traffic = f"Sent {forward.sent:,} bytes, received {forward.received:,} bytes, {forward.connections} connections."
    return f"{state} {forward.why}\n{traffic}" if forward.why else f"{state}\n{traffic}"


def _cells(forward: Forward) -> tuple[str, ...]:
    listen, target = forward.spec.listen, forward.spec.target
    shown = str(listen) if listen.path or listen.port or not forward.port else f"{forward.port} (free)"
    return (
        _KINDS.get(forward.spec.kind, forward.spec.kind.value),
        shown,
        "what is asked for" if target is None else str(target),
        _STATES[forward.state],
        str(forward.connections),
        size(forward.sent),
        size(forward.received),
    )


def _row(widths: Sequence[int], cells: Sequence[str]) -> str:
    return " ".join(column(plain(cell), width) for cell, width in zip(cells, widths, strict=True))
