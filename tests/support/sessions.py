"""Stand-ins for open sessions, with the keys that the binder looks up."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from pstui.backends.binding.context import BindContext
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential


@dataclass(frozen=True)
class OpenSession:
    """A session as a look-up sees it."""

    id: int
    name: str
    host: str = "db"

    @property
    def instance_id(self) -> uuid.UUID:
        return uuid.UUID(int=self.id)

    @property
    def info(self) -> ConnectionInfo:
        return ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": self.host})


def context(*sessions: OpenSession, **changes: object) -> BindContext:
    """A context without anything of this computer: every file exists, $cred is a credential, $s the first session."""
    variables = {"cred": PSCredential("CONTOSO\\admin")} | ({"s": sessions[0]} if sessions else {})
    known: dict[str, object] = {
        "user": "me",
        "home": "/home/me",
        "cwd": "/home/me/here",
        "exists": lambda path: True,
        "sessions": lambda: sessions,
        "variables": variables,
        "environment": {},
        "platform": "linux",
    }
    return BindContext(**(known | changes))  # type: ignore[arg-type]  # a test names the fields it changes
