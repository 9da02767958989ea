"""What the screen of many hosts lists: who is on the way, then the groups, and the text of the row that is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pstui.tui.cut import column, cut
from pstui.tui.fanout.engine import FanOut, Group, Host, State
from pstui.tui.fanout.export import whole_text
from pstui.tui.fanout.groups import counted, difference
from pstui.tui.plain import plain
from textual.content import Content

_SIGNS = {
    State.WAITING: ("◌", "$calm"),
    State.OPENING: ("◌", "$calm"),
    State.RUNNING: ("…", "$primary"),
    State.ASKING: ("?", "$warning"),
    State.DONE: ("✓", "$success"),
    State.FAILED: ("✗", "$error"),
    State.STOPPED: ("■", "$warning"),
}
#: names in a row, hosts whose texts are shown together, lines of a text that are shown
_NAMES, _TEXTS, _LINES = 40, 30, 2_000
_NAME = 24
#: characters of a reason in the row of a group, so that 80 columns have room for a host beside it
_REASON = 44


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a group, a host, or how many wait (neither). ``text`` is what is shown."""

    text: Content
    group: Group | None = None
    host: Host | None = None

    @property
    def key(self) -> str:
        """What tells the row from others while the list changes."""
        if self.host is not None:
            return f"host {self.host.name}"
        return "" if self.group is None else key_of(self.group)


def key_of(group: Group) -> str:
    """Return what tells a group from the others of its run."""
    return f"{group.state.value} {group.hosts[0].name}"


def rows_of(fan: FanOut, unfolded: set[str]) -> list[Row]:
    """Return the rows; the hosts of a group in ``unfolded`` stand below it."""
    found = [_host_row(host) for host in fan.hosts if not host.state.over and host.state is not State.WAITING]
    waiting = [host for host in fan.hosts if host.state is State.WAITING and host.task is not None]
    if waiting:
        found.append(Row(_signed(State.WAITING, f"{counted(waiting)} wait for their turn")))
    for group in fan.groups():
        is_open = key_of(group) in unfolded
        found.append(Row(_group_text(group, is_open=is_open), group))
        if is_open:
            found += [_host_row(host, indent=2) for host in group.hosts]
    return found


def title(group: Group, *, most: int = 120) -> str:
    """Return what a group is called; ``most`` is how many characters of a reason are told."""
    count = len(group.hosts)
    match group.state:
        case State.FAILED:
            return f"{count} failed: {plain(group.hosts[0].problem, limit=most)}"
        case State.STOPPED:
            return f"{count} stopped"
    return counted(group.hosts) if group.is_most else f"{count} differ{'s' if count == 1 else ''}"


def _group_text(group: Group, *, is_open: bool) -> Content:
    names = ", ".join(cut(plain(host.name), _NAME) for host in group.hosts[:_NAMES])
    fold = "▾" if is_open else "▸"
    return _signed(
        group.state, title(group, most=_REASON), f"  {fold} {names}{' …' if len(group.hosts) > _NAMES else ''}"
    )


def _host_row(host: Host, indent: int = 0) -> Row:
    word = host.problem if host.state in (State.FAILED, State.STOPPED) else host.last
    name = f"{' ' * indent}{column(plain(host.name), _NAME)} {host.state.value:<10}"
    return Row(_signed(host.state, name, plain(word, limit=200)), host=host)


def _signed(state: State, text: str, aside: str = "") -> Content:
    sign, style = _SIGNS[state]
    return Content.assemble((f"{sign} ", style), text, (aside, "$calm"))


def details(row: Row, fan: FanOut, *, compare: bool) -> tuple[str, str]:
    """Return a heading and the text of a row; with ``compare`` of one that differs its difference to most hosts."""
    if row.host is not None:
        seconds = f", {row.host.seconds:.1f} s" if row.host.state.over else ""
        return f"{row.host.name}: {row.host.state.value}{seconds}", _bounded(whole_text(row.host))
    group = row.group
    if group is None:
        return "", ""
    if group.state is not State.DONE:
        more = len(group.hosts) - _TEXTS
        texts = [f"{host.name}\n{_indented(whole_text(host))}" for host in group.hosts[:_TEXTS]]
        return title(group), _bounded("\n".join([*texts, f"… {more} more"] if more > 0 else texts))
    text, most = group.hosts[0].output, next((each for each in fan.groups() if each.is_most), None)
    if compare and most is not None and not group.is_most:
        found = _differs(most.hosts[0].output, text, (counted(most.hosts), counted(group.hosts)))
        if found is not None:
            return f"{title(group)}: the difference to the answer of {counted(most.hosts)}", _bounded("\n".join(found))
    return f"{title(group)}: {_names(group.hosts)}", _bounded(text)


@lru_cache(maxsize=1)  # the list is drawn again and again while hosts answer
def _differs(most: str, text: str, names: tuple[str, str]) -> Sequence[str] | None:
    found = difference(most, text, names)
    return None if found is None else tuple(found)


def _names(hosts: Sequence[Host]) -> str:
    return ",".join(host.name for host in hosts[:_NAMES]) + (" …" if len(hosts) > _NAMES else "")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))


def _bounded(text: str) -> str:
    lines = text.split("\n")
    return "\n".join([*lines[:_LINES], f"… {len(lines) - _LINES} more lines"] if len(lines) > _LINES else lines)
