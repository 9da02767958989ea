"""One login of ssh for all that this run opens to the same host: a master of our own (ControlMaster).

How this works. The first ssh of a host becomes the master and listens in a folder that nobody else may enter; those
that follow find it there and need no login. A master that ends takes the others with it, so one that is done with
before them only loses its input, and is ended with the last. Where the master gives no more sessions (MaxSessions),
ssh signs in anew by itself. Opening one goes in turn: while the first logs in, the others wait for its master.

It is not for a host whose configuration names a ControlPath: that is the user's own arrangement.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import weakref
from collections.abc import Awaitable, Callable
from pathlib import Path

from pstui.backends.connection import ConnectionInfo
from pstui.backends.transports.ssh.askpass import Askpass, private_folder
from pstui.backends.transports.ssh.options import quoted
from pstui.backends.transports.ssh.resolved import Resolved

#: what makes two hosts the same: all that ssh would do, the key file named, the forwards of the profile
Key = tuple[object, ...]


class OwnMaster:
    """The place of a master, and those that use it. ``join`` makes one; each that joined calls ``leave`` once."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self._users = 0
        self._folder: Path | None = None
        self._lingering: list[Callable[[], Awaitable[None]]] = []
        #: held by the one that opens
        self.turn = asyncio.Lock()

    @property
    def has_others(self) -> bool:
        """Whether somebody beside the one that asks uses it."""
        return self._users > 1

    @property
    def is_there(self) -> bool:
        """Whether a master listens, as far as can be seen."""
        return self._folder is not None and (self._folder / "m").is_socket()

    async def options(self, *, may_be_master: bool = True) -> list[str]:
        """Return the options of ssh that make or use the master. Raises OSError."""
        if self._folder is None:
            self._folder = Path(await asyncio.to_thread(private_folder))
        place = str(self._folder / "m").replace("%", "%%")
        if "${" in place:
            return []  # ssh would read it as a variable, and there is no other way to write it
        return [f"ControlMaster={'auto' if may_be_master else 'no'}", f"ControlPath={quoted(place)}"]

    def linger(self, end: Callable[[], Awaitable[None]]) -> None:
        """Have the ssh that is the master ended with the last user."""
        self._lingering.append(end)

    async def leave(self) -> None:
        """Use it no more; the last one ends it, and removes its folder."""
        self._users -= 1
        if self._users:
            return
        masters = _masters.get(asyncio.get_running_loop(), {})
        if masters.get(self._key) is self:
            del masters[self._key]
        for end in self._lingering:
            with contextlib.suppress(Exception):
                await end()
        if self._folder is not None:
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True))

    def joined(self) -> OwnMaster:
        """Return it with one user more."""
        self._users += 1
        return self


_masters: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Key, OwnMaster]] = weakref.WeakKeyDictionary()


def join(info: ConnectionInfo, told: Resolved) -> OwnMaster | None:
    """Return the place of the master for a host; None where logins are not shared, or not by us."""
    paths, wishes = (told.values.get(name, ("",))[0] for name in ("controlpath", "controlmaster"))
    if info.settings.get("share") is False or not Askpass.is_possible():
        return None
    if paths not in ("", "none") or wishes not in ("", "no", "false"):
        return None
    forwards = tuple(info.settings.get("forwards") or ())
    values = tuple(sorted((name, tuple(value)) for name, value in told.values.items()))
    key: Key = (values, info.text("KeyFilePath"), forwards)
    masters = _masters.setdefault(asyncio.get_running_loop(), {})
    return masters.setdefault(key, OwnMaster(key)).joined()
