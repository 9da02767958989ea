"""What a connection or a typed call is bound against: open sessions, profiles, variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pstui.backends.connection import ConnectionInfo
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import CallError
from pstui.backends.pace import Pace
from pstui.tui.garbage import Garbage
from pstui.tui.profiles.listed import in_groups

if TYPE_CHECKING:
    from pstui.backends.binding.context import BindContext, BoundCall
    from pstui.backends.console import Console
    from pstui.backends.sessions.manager import SessionManager
    from pstui.backends.sessions.session import PSSession
    from pstui.tui.dialogs.table_form import FormContext
    from pstui.tui.guard.guards import Guard
    from pstui.tui.profiles.book import ProfileBook
    from pstui.tui.profiles.vault import Vault
    from pstui.tui.workspace.kept import KeptSession
    from pstui.tui.workspace.state import SavedTab

#: turns a name into a connection; raises PstuiError
Bind = Callable[[str], ConnectionInfo]

_NOTHING: Mapping[str, Any] = {}


@dataclass
class AppContext:
    """What the screens and typed calls share. ``book`` holds the profiles, None where there is no profile file."""

    sessions: SessionManager
    bind: Bind | None = None
    book: ProfileBook | None = None
    #: fetches the passwords that profiles name, before a session opens
    vault: Vault | None = None
    #: the work that gives way to a key
    pace: Pace = field(default_factory=Pace)
    #: lets go of what closed tabs held
    garbage: Garbage = field(init=False)
    #: what forms over the profile file need, None where nothing can be edited
    forms: Callable[[], FormContext | None] = field(default=lambda: None)
    #: what ``$name`` means in typed calls, names in lower case
    variables: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.garbage = Garbage(self.pace)

    @property
    def kept(self) -> Sequence[PSSession]:
        """The sessions that Get-PSSession shows: those that stay open when they are left."""
        return [session for session in self.sessions.sessions if not session.temporary]

    def bind_context(self, results: Mapping[tuple[int, ...], Any] | None = None) -> BindContext:
        """Return what calls are bound against; ``results`` is what calls inside a line that is run have given."""
        from pstui.backends.binding.context import BindContext
        from pstui.tui.cli.targets import is_choice

        return BindContext(
            sessions=lambda: self.kept,
            variables=self.variables,
            results=results,
            is_choice=is_choice if self.book is not None else lambda name: False,
        )

    @property
    def defaults(self) -> Mapping[str, Any]:
        """The [defaults] of the profile file."""
        return _NOTHING if self.book is None else self.book.defaults

    def guard(self, info: ConnectionInfo) -> Guard | None:
        """Return the guard of a connection as the profile file has it now, None where there is none."""
        return None if self.book is None else self.book.guards.of(info)

    def credential(self, name: str) -> PSCredential:
        """Return a saved credential by its name; any other name is a user's. Raises CallError."""
        return PSCredential(name) if self.book is None else self.book.profiles.named_credential(name)

    async def prepared(self, info: ConnectionInfo, console: Console) -> ConnectionInfo:
        """Return a connection with the passwords that its profile names. Raises OpenError, OpenCancelled."""
        return info if self.vault is None else await self.vault.ready(info, console)

    def call(self, text: str, results: Mapping[tuple[int, ...], Any] | None = None) -> BoundCall:
        """Bind a PowerShell line. With ``results`` it is one that is run, and may also set or show a variable.

        Raises CallError; CallNeeded for a call inside a line that is run.
        """
        from pstui.backends.binding.line import bind_line

        return bind_line(text, context=self.bind_context(results))

    def is_more_than_a_connection(self, text: str) -> bool:
        """Tell whether a text is a line for the command bar: several statements, or a session that is to be kept."""
        if not is_call(text.strip()) or text.strip().startswith("-"):
            return False
        from pstui.backends.binding.line import statements

        try:
            if len(statements(text)) > 1:
                return True
            call = self.call(text)
        except CallError:
            return False
        return call.cmdlet != "Enter-PSSession" or call.source is not None

    def connection(self, text: str, *, bare: bool = False) -> ConnectionInfo:
        """Return what a text means: a name, ``user@host``, parameters, or an Enter-PSSession line.

        A ``bare`` one of a call has only what the call says, not what the defaults add to it. Raises MissingMandatory
        for a call that lacks a value, CallError for what cannot be connected to.
        """
        from pstui.backends.binding.connections import connection_info, parse_target

        text = text.strip()
        if not is_call(text):
            if not text:
                raise CallError("Nothing was typed", hint="Type user@host, a name, or an Enter-PSSession line.")
            if self.bind is not None:
                return self.bind(text)
            target = parse_target(text, {}, context=self.bind_context())
            if target.connection is not None:
                return target.connection
            raise CallError(f"There is no {text!r}")
        call = self.call(f"Enter-PSSession {text}" if text.startswith("-") else text)
        if call.cmdlet != "Enter-PSSession":
            raise CallError(f"{call.cmdlet} opens no tab", hint="Give an Enter-PSSession line.")
        return connection_info(call, credentials=self.credential) if bare else self.entered(call)

    def opened(self, call: BoundCall) -> tuple[ConnectionInfo, ...]:
        """Return every connection that a call asks for, those of profiles that it names included. Raises CallError."""
        from pstui.tui.cli.targets import opened

        if self.book is not None:
            return opened(call, self.book.profiles)
        from pstui.backends.binding.connections import connections

        return connections(call)

    def entered(self, call: BoundCall) -> ConnectionInfo:
        """Return the one connection that a call enters, that of a profile included. Raises CallError."""
        from pstui.backends.binding.connections import connection_info
        from pstui.tui.cli.targets import entered

        return connection_info(call) if self.book is None else entered(call, self.book.profiles)

    def saved_connection(self, tab: SavedTab) -> ConnectionInfo | None:
        """Return where a tab of the last run leads, None where it no longer leads anywhere. Raises PstuiError."""
        if tab.profile and self.book is not None:
            kind, _, name = tab.profile.partition(":")
            return self.book.connection(kind, name)
        return in_groups(self.bind(tab.line), tab.groups) if tab.line and self.bind is not None else None

    def kept_connection(self, kept: KeptSession) -> ConnectionInfo:
        """Return the connection that leads into a session that its computer keeps. Raises PstuiError."""
        from pstui.tui.workspace.kept import taking_up

        kind, _, name = kept.profile.partition(":")
        if kept.profile and self.book is None:
            raise CallError(f"There is no saved {kind} named {name!r}")
        info = self.book.connection(kind, name) if name and self.book is not None else self.connection(kept.line)
        return taking_up(in_groups(info, kept.groups), kept)


def is_call(text: str) -> bool:
    """Tell whether a text is a call, or parameters of one, and not a name."""
    from pstui.backends.binding.parameters import cmdlet_name, object_cmdlet_name

    words = text.split(maxsplit=2)
    if not words:
        return False
    first = words[0].rstrip(";")
    is_cmdlet = cmdlet_name(first) is not None or ("-" in first and object_cmdlet_name(first) is not None)
    return text.startswith(("-", "$", "(", "@", "PS ", "[", "'", '"')) or is_cmdlet or "|" in text
