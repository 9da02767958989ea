"""The sessions that computers keep for the next run: written down when they are let go of, offered until taken up.

A session over WinRM lives on at its computer when it is disconnected, or when its connection is lost. Its id and how
it was reached stand in a file of their own beside the state of the workspace, so that the sidebar can offer it, in this
run and in the next ones. No secret is in the file: a place is a profile's name or the Enter-PSSession line.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.records import RunspaceState
from pstui.config.paths import private_folder, put_in_place
from pstui.tui.profiles.listed import groups_text
from pstui.tui.sidebar.model import identity, kind_of

if TYPE_CHECKING:
    from pstui.backends.sessions.manager import SessionManager
    from pstui.backends.sessions.session import PSSession

#: the setting of a connection that names the session to take up there
TAKE_UP = "take_up"
#: bounds of what is read back: bytes, sessions, characters of one text
MAX_FILE, MAX_KEPT, MAX_TEXT = 1 << 18, 200, 4096
#: seconds after which an entry is dropped unseen: no service keeps a session that nobody is connected to for so long
LONGEST = 30 * 86400.0


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session that was let go of. ``profile`` as ``host:web1``, or else the ``line``, is the way to its computer.

    ``place`` is the identity of that connection, ``label`` what tabs call it, ``left`` seconds since the epoch,
    ``groups`` those that an inventory has the host in, one a line.
    """

    id: str
    name: str
    label: str
    place: str
    profile: str = ""
    line: str = ""
    left: float = 0.0
    groups: str = ""


class KeptSessions:
    """Those of this user, in a file or, without one, in memory. ``on_change`` is called when there are others."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._kept = {one.id: one for one in self._read()}
        self.on_change: Callable[[], None] = lambda: None

    @property
    def sessions(self) -> Sequence[KeptSession]:
        """All of them, in the order in which they were let go of."""
        return sorted(self._kept.values(), key=lambda one: one.left)

    def at(self, place: str) -> Sequence[KeptSession]:
        """Return those of one connection."""
        return [one for one in self.sessions if one.place == place]

    def counted(self) -> list[tuple[str, str, int]]:
        """Return for each connection its identity, its label, and how many sessions are kept there."""
        labels = {one.place: one.label for one in self.sessions}
        return [(place, label, len(self.at(place))) for place, label in labels.items()]

    def watch(self, sessions: SessionManager) -> None:
        """Follow what becomes of the sessions of this run; the command line's is made before the workspace is."""
        sessions.on_session = self._follow
        sessions.on_gone = self.forget
        for session in sessions.sessions:
            self._follow(session)

    def _follow(self, session: PSSession) -> None:
        session.status.on_change_of_state.append(partial(self.look, session))
        self.look(session)

    def look(self, session: PSSession) -> None:
        """Write down a session that was let go of; forget one that is connected to, or at its end."""
        if session.can_connect:
            self._add(session)
        elif session.state not in (RunspaceState.CONNECTING, RunspaceState.DISCONNECTING):
            self.forget(session.instance_id)

    def forget(self, instance_id: uuid.UUID) -> None:
        """Offer a session no more."""
        if str(instance_id) in self._kept:
            self._write(without=str(instance_id))

    def _add(self, session: PSSession) -> None:
        from pstui.backends.binding.writer import line_of

        info = session.info
        known = str(session.instance_id) in self._kept
        if known or info.parameter_set not in (ParameterSet.COMPUTER_NAME, ParameterSet.URI):
            return
        info = replace(info, settings={key: value for key, value in info.settings.items() if key != TAKE_UP})
        way = {"profile": f"{kind_of(info)}:{info.profile}"} if info.profile else {"line": line_of(info)}
        own = (str(session.instance_id), session.given_name, info.label, identity(info))
        self._write(more=KeptSession(*own, left=time.time(), groups=groups_text(info), **way))

    def _write(self, *, more: KeptSession | None = None, without: str = "") -> None:
        """Change the file as another run of pstui has left it, and remember what it holds then."""
        if self._file is not None:
            self._kept = {one.id: one for one in self._read()}
        if more is not None:
            self._kept[more.id] = more
        self._kept.pop(without, None)
        if self._file is not None:
            with contextlib.suppress(OSError):  # a convenience: the sessions can be listed at their computer as well
                _replace(self._file, [asdict(one) for one in self.sessions][-MAX_KEPT:])
        self.on_change()

    def _read(self) -> list[KeptSession]:
        if self._file is None:
            return []
        try:
            with self._file.open("rb") as stream:
                raw = stream.read(MAX_FILE + 1)
            found = json.loads(raw) if len(raw) <= MAX_FILE else []
        except (OSError, ValueError, RecursionError):
            return []
        known = (
            [one for each in found[:MAX_KEPT] if (one := _kept(each)) is not None] if isinstance(found, list) else []
        )
        return [one for one in known if time.time() - one.left < LONGEST]


def taking_up(info: ConnectionInfo, kept: KeptSession) -> ConnectionInfo:
    """Return the connection that leads into a kept session."""
    return replace(info, settings=MappingProxyType({**info.settings, TAKE_UP: kept.id}))


def _kept(one: Any) -> KeptSession | None:
    if not isinstance(one, dict):
        return None
    texts = {key: one.get(key, "") for key in ("id", "name", "label", "place", "profile", "line", "groups")}
    left = one.get("left")
    if not all(isinstance(text, str) and len(text) <= MAX_TEXT for text in texts.values()):
        return None
    if not isinstance(left, int | float) or not 0 <= left < 1e12 or not (texts["profile"] or texts["line"]):
        return None
    try:
        texts["id"] = str(uuid.UUID(texts["id"]))
    except ValueError:
        return None
    return KeptSession(**texts, left=float(left))


def _replace(file: Path, content: Sequence[Any]) -> None:
    """Replace the file as a whole, readable by its owner alone. Raises OSError."""
    private_folder(file.parent)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(content, stream)
        put_in_place(Path(name), file)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
