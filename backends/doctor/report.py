"""A report of the checks as text: for a terminal, and one to paste, without secrets and names."""

from __future__ import annotations

import contextlib
import getpass
import socket
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pstui.backends.connection import ConnectionInfo
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.doctor.checks import Check, Sign
from pstui.backends.redaction import Redactor


def told(checks: Sequence[Check]) -> Iterator[str]:
    """Yield the lines of the checks; the first that is bad is explained whole, what is absent only by what helps."""
    explained = False
    for check in checks:
        yield check.line
        if check.sign is Sign.BAD and not explained:
            explained = True
            yield from (f"    {line}" for line in check.why.splitlines())
            if check.next:
                first, *more = check.next.splitlines()
                yield from (f"    → {first}", *(f"      {line}" for line in more))
        elif check.sign is Sign.ABSENT and check.next:
            yield f"    {check.next}"


def redactor_for(infos: Iterable[ConnectionInfo]) -> Redactor:
    """Return what takes out the names of this computer, of its user and of these targets, and their passwords."""
    names: set[tuple[str, str]] = set()
    secrets: set[str] = set()
    for name in (socket.gethostname(), socket.gethostname().partition(".")[0], socket.getfqdn()):
        if name not in ("localhost", ""):
            names.add((name, "host"))
    with contextlib.suppress(OSError, KeyError, ImportError):  # an account without a name
        names.add((getpass.getuser(), "user"))
    names.add((str(Path.home()), "folder"))
    for info in infos:
        names |= {(info.profile, "profile"), (info.computer_name, "host"), (info.text("UserName"), "user")}
        names.add((info.text(info.parameter_set.target), "target"))
        secrets.add(info.text("UserName").partition(":")[2])  # what somebody wrote there as in a URL
        for value in info.values.values():
            if isinstance(value, PSCredential):
                names.add((value.user_name, "user"))
                secrets |= {value.password.reveal()} if value.password else set()
            elif isinstance(value, Secret):
                secrets.add(value.reveal())
    return Redactor(secrets, {(name, kind) for name, kind in names if name and name.casefold() != "localhost"})
