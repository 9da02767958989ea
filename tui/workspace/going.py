"""Where a person can go: the tabs, hosts and actions that the list of Go offers, and going there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import PstuiError
from pstui.tui.keys.keymap import Keymap
from pstui.tui.pane.glance import badge, glance
from pstui.tui.sidebar.model import FOUND, MARKS, KnownPlaces, SidebarEntry
from pstui.tui.workspace.context import AppContext, is_call
from pstui.tui.workspace.fan_out import FanOutActions
from pstui.tui.workspace.profiles import ProfileActions
from pstui.tui.workspace.sessions import SessionActions
from pstui.tui.workspace.status_bar import state_text, target
from pstui.tui.workspace.tabs import TabbedPanes
from textual.screen import Screen

if TYPE_CHECKING:
    from pstui.backends.binding.errors import MissingMandatory
    from pstui.tui.dialogs.goals import Goal
    from pstui.tui.dialogs.palette import ToForm
    from pstui.tui.editor.history import LineHistory
    from pstui.tui.workspace.kinds import AnyPane

#: characters that a name of a computer has not, but a target has: what is typed is then meant as one
_OF_TARGETS = frozenset("@:[")


class Going:
    """Opens the list and goes where was chosen. The list is imported when it is opened."""

    def __init__(
        self,
        screen: Screen[None],
        tabs: TabbedPanes,
        sessions: SessionActions,
        profiles: ProfileActions,
        context: AppContext,
        keymap: Keymap,
        fan_out: FanOutActions,
    ) -> None:
        self._fan_out = fan_out
        self._screen, self._tabs, self._sessions, self._profiles = screen, tabs, sessions, profiles
        self._context, self._keymap = context, keymap
        #: the cmdlets typed in the list
        self._typed: LineHistory | None = None

    # -- opening the list -------------------------------------------------------------------------------------

    def action_connect(self) -> None:
        """Open the list: tabs and hosts first."""
        self.open()

    def action_switch_tab(self) -> None:
        """Open the list: tabs and hosts first."""
        self.open()

    def action_commands(self) -> None:
        """Open the list, actions first."""
        self.open(actions_first=True)

    def action_new_host(self) -> None:
        """Show the form of a new host."""
        self._profiles.edit("host", "", {})

    def run_line(self, line: str) -> None:
        """Open the list and run a line of cmdlets there, where its questions and errors are shown."""
        self.open(line)

    def open(self, line: str = "", *, actions_first: bool = False) -> None:
        """Open the list; ``line`` is run at once."""
        from pstui.tui.dialogs.palette import CommandPalette
        from pstui.tui.editor.history import LineHistory

        self._typed = history = self._typed or LineHistory()
        if (book := self._context.book) is not None:  # where the sidebar is hidden, nobody has looked
            self._screen.run_worker(book.profiles.hosts.look(book.profiles.configuration), group="inventories")
        places, actions = [*self._tab_goals(), *self._host_goals()], self._action_goals()
        goals = [*actions, *places] if actions_first else [*places, *actions]
        shown = CommandPalette(self._context, self._sessions, goals, history, line, typed=self._typed_goals)
        self._screen.app.push_screen(shown, self._answered)

    async def _answered(self, chosen: Goal | ToForm | MissingMandatory | None) -> None:
        from pstui.tui.dialogs.goals import Goal
        from pstui.tui.dialogs.palette import ToForm

        match chosen:
            case None:
                self._sessions.focus_pane()
            case Goal():
                result = chosen.run() if chosen.run is not None else None
                if result is not None:
                    await self._sessions.try_open(result)
            case ToForm():
                self._show_typed(chosen)
            case _:
                self._sessions.ask_connection(chosen)

    # -- what there is ----------------------------------------------------------------------------------------

    def _tab_goals(self) -> list[Goal]:
        from pstui.tui.dialogs.goals import Goal, Kind

        def goal(number: int, pane: AnyPane) -> Goal:
            aside = "  ".join(part for part in (f"tab {number}", state_text(pane), glance(pane).news[0]) if part)
            where = target(pane)
            return Goal(
                Kind.TAB,
                pane.caption,
                lambda: self._to_tab(pane),
                badge(pane)[0][:1] or "●",
                aside,
                where,
                f"{number} {where} {pane.state.value} {aside}",
            )

        panes = self._tabs.panes
        front = next((index for index, pane in enumerate(panes) if pane.active), -1)
        numbered = list(enumerate(panes, 1))
        # the tab in front comes last: whoever opens the list wants to leave it
        order = [*numbered[front + 1 :], *numbered[: front + 1]] if front >= 0 else numbered
        return [goal(number, pane) for number, pane in order]

    def _to_tab(self, pane: AnyPane) -> None:
        if pane in self._tabs.panes:
            self._tabs.bring_to_front(pane)

    def _host_goals(self) -> list[Goal]:
        from pstui.tui.dialogs.goals import Goal, Kind

        sidebar = self._profiles.sidebar
        tab_of = self._profiles.marks.tab_of

        def goal(entry: SidebarEntry) -> Goal:
            kind = Kind.HOST if entry.saved else Kind.FOUND
            where = entry.group.removeprefix(f"{FOUND} ") or ("" if entry.saved else entry.source)
            mark = MARKS["note"] if kind is Kind.FOUND else MARKS.get(sidebar.mark_of(entry).state, "○")
            words = f"{entry.group} {entry.subtitle} {' '.join(entry.tags)}"
            form = partial(self._profiles.do, "edit", entry)
            more = partial(self._more, entry) if entry.saved else None
            go = partial(self._sessions.choose, entry, None)
            return Goal(kind, entry.name, go, mark, where, entry.subtitle, words, form=form, more=more)

        used = sidebar.model.used
        entries = [entry for entry in sidebar.entries if entry.can_open and tab_of(entry) is None]
        return [goal(entry) for entry in sorted(entries, key=lambda each: -used.get(each.identity, 0.0))]

    def _more(self, entry: SidebarEntry) -> Sequence[Goal]:
        from pstui.tui.dialogs.goals import Goal, Kind

        def verb(label: str, verb: str, mark: str = " ") -> Goal:
            return Goal(Kind.ACTION, label, lambda: self._profiles.do(verb, entry), mark, destroys=bool(mark.strip()))

        name = entry.name
        return (
            verb(f"Edit {name} …", "edit"),
            verb(f"Clone {name} …", "clone"),
            verb(f"Delete {name}", "delete", "✗"),
        )

    def _action_goals(self) -> list[Goal]:
        from pstui.tui.dialogs.goals import action_goal

        def run(action: str) -> Callable[[], Any]:
            return lambda: self._screen.run_action(action)

        # The tabs that there are stand in the list themselves.
        left_out = ("commands", "connect", "switch_tab", *(f"tab_{number}" for number in range(1, 10)))
        keymap = self._keymap
        return [
            action_goal(each, keymap.shown(each.name), run(each.action))
            for each in keymap.actions
            if each.name not in left_out
        ]

    # -- what is typed itself ---------------------------------------------------------------------------------

    def _typed_goals(self, text: str) -> list[Goal]:
        """Return what a text stands for that is no name in the list: a target, over WinRM and over SSH."""
        from pstui.tui.dialogs.goals import Goal, Kind

        if (many := self._many(text)) is not None:
            return [many]
        if not text or " " in text or is_call(text):
            return []

        def enter(line: str, way: str) -> Goal:
            return Goal(Kind.HOST, f"Enter {text}", mark="→", aside=way, about="a new session", target=line)

        if _OF_TARGETS & set(text):
            return [enter(text, "")]
        return [enter(text, "WinRM"), enter(f"-HostName {text}", "SSH")]

    def _many(self, text: str) -> Goal | None:
        """Return the goal of a line on every host that a group, a tag, a wildcard or a list of these means."""
        from pstui.tui.cli.targets import NOT, chosen, is_choice, listed_hosts
        from pstui.tui.dialogs.goals import Goal, Kind

        items = [item.strip() for item in text.split(",")]
        if self._context.book is None or not all(map(is_choice, items)):
            return None
        profiles = self._context.book.profiles
        wanted = [item for item in items if not item.startswith(NOT)]
        unwanted = [item.removeprefix(NOT) for item in items if item.startswith(NOT)]
        meant, left_out = (
            {f"{kind}:{name}" for item in each for kind, name in chosen(item, profiles)} for each in (wanted, unwanted)
        )
        saved = [entry for entry in self._profiles.sidebar.model.saved if entry.saved]
        entries = [entry for entry in saved if entry.identity in meant - left_out]
        places = KnownPlaces(entry.target for entry in saved if entry.identity in meant)
        others = set(map(id, listed_hosts(unwanted, profiles)))
        entries += [
            SidebarEntry("host", found.name, resolve=partial(profiles.found_connection, found))
            for found in listed_hosts(wanted, profiles)
            if found.info not in places and id(found) not in others
        ]
        hosts = "1 host" if len(entries) == 1 else f"{len(entries)} hosts"
        run = partial(self._fan_out.open, entries)
        return Goal(Kind.HOST, f"Run a line on {hosts}", run, "■", about="answers grouped")

    def _show_typed(self, wish: ToForm) -> None:
        """Show the form of a host, filled with what was typed."""
        from pstui.backends.binding.errors import MissingMandatory
        from pstui.tui.dialogs.connect_draft import Draft
        from pstui.tui.dialogs.connect_form import HOME

        draft, said = Draft(HOME), None
        missing: tuple[str, ...] = ()
        if wish.text:
            try:
                info = self._context.connection(wish.text, bare=True)
                is_bare = info.parameter_set is ParameterSet.COMPUTER_NAME and not is_call(wish.text)
                draft = Draft(HOME, {HOME.target: wish.text}) if is_bare else Draft.of(_unnamed(info))
            except MissingMandatory as error:
                draft, missing = (draft, ()) if error.call is None else (Draft.of_call(error.call), error.missing)
            except PstuiError as error:
                draft, said = Draft(HOME, {HOME.target: wish.text}), error
        self._sessions.show_form(draft, missing, asks_name=wish.asks_name)
        if said is not None:
            self._sessions.complain(said)


def _unnamed(info: ConnectionInfo) -> ConnectionInfo:
    """Return a connection without the profile that it came from: what is filled with it is a new one."""
    return ConnectionInfo(info.parameter_set, info.values, "", info.settings)
