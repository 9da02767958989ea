"""A password that was typed and has opened a session can be kept in the keyring of this system, if a person likes."""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import PstuiError
from pstui.backends.threads import in_thread
from pstui.config.problems import ConfigError
from pstui.config.sources import keyring_problem, store_password
from pstui.tui.keys.keymap import Keymap
from pstui.tui.plain import plain
from pstui.tui.profiles.edits import Change
from pstui.tui.refusing import NO_SESSION
from pstui.tui.sidebar.model import kind_of
from pstui.tui.workspace.context import AppContext
from pstui.tui.workspace.tabs import TabbedPanes
from textual.screen import Screen

#: seconds that the offer is shown
_OFFERED = 12


class Keeping:
    """Offers to keep the password of a saved host after its first good login, and keeps it."""

    def __init__(self, screen: Screen[None], tabs: TabbedPanes, context: AppContext, keymap: Keymap) -> None:
        self._screen, self._tabs, self._context, self._keymap = screen, tabs, context, keymap
        self._offered: set[str] = set()

    def opened(self, info: ConnectionInfo) -> None:
        """A session was opened: offer to keep what was typed for it, once for each host."""
        vault = self._context.vault
        if vault is None or not info.profile or info.profile in self._offered or vault.typed(info) is None:
            return
        self._offered.add(info.profile)
        self._screen.run_worker(self._offer(info), group="keyring")

    async def _offer(self, info: ConnectionInfo) -> None:
        if await in_thread(keyring_problem):
            return
        said = f"The password of {plain(info.profile, limit=60)} can be kept in the keyring of this system."
        key = self._keymap.shown("keep_password")
        self._screen.app.notify(f"{said} {key} keeps it.", markup=False, timeout=_OFFERED)

    async def action_keep_password(self) -> None:
        """Keep the password that was typed for the session in front."""
        front = self._tabs.session
        try:
            said = NO_SESSION if front is None else await self._keep(front.info)
        except ConfigError as error:
            said = f"{error.what[:1].upper()}{error.what[1:]}. {error.hint}"
        except PstuiError as error:
            said = error.text()
        self._screen.app.notify(said, markup=False)

    async def _keep(self, info: ConnectionInfo) -> str:
        """Put the password into the keyring, name the keyring as its source and return what to say.

        Raises ConfigError, PstuiError.
        """
        vault, book, forms = self._context.vault, self._context.book, self._context.forms()
        typed = None if vault is None else vault.typed(info)
        if not info.profile:
            return "This host is not saved: F3 and Ctrl+S save it. The password of the next login can then be kept."
        if vault is None or book is None or forms is None or typed is None or typed.password is None:
            return "No password was typed for this session."
        if why := await in_thread(keyring_problem):
            return why
        name, changes = vault.named(info), list[Change]()
        if not name:
            names = (info.profile, *(f"{info.profile}-{number}" for number in range(2, 10_000)))
            name = next(each for each in names if each not in book.credentials)
            table = book.table(kind_of(info), info.profile)
            changes.append(Change(kind_of(info), info.profile, {**table, "credential": name}, base=table))
        entry, password = f"pstui/{name}", typed.password
        await in_thread(lambda: store_password(entry, password.reveal()))
        old = book.credentials.get(name)
        source = {**(old or {"user_name": typed.user_name}), "password": {"keyring": entry}}
        changes.insert(0, Change("credentials", name, source, base=old, new=old is None))
        await forms.write(changes, f"the password of {info.profile} kept")
        vault.kept(info)
        return f"The password is in the keyring as {entry}; the file names it there."
