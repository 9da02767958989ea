"""What this computer has for each way to a far end: libraries, programs, agents, engines."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import platform
import shutil
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from pstui.backends.doctor.checks import Check, absent, bad, good
from pstui.backends.errors import PstuiError
from pstui.backends.extras import CREDSSP, FAST_TERMINAL, FIDO2, KERBEROS, LIBVIRT, install_command
from pstui.backends.timeouts import timeout
from pstui.backends.transports.command import run_tool
from pstui.backends.transports.container.engine import Engine, engines

#: seconds that a program of this computer has for its answer
PATIENCE = 5.0
#: the parts that are installed on demand: what they are needed for, and the modules that they bring
EXTRAS = {
    KERBEROS: ("Kerberos, over WinRM and SSH", ("gssapi", "krb5")),
    CREDSSP: ("CredSSP over WinRM", ("requests_credssp",)),
    LIBVIRT: ("virtual machines of libvirt", ("libvirt",)),
    FIDO2: ("security keys over SSH", ("fido2",)),
    FAST_TERMINAL: ("floods in a terminal, many times as fast", ("pyghostty",)),
}


async def look_at_machine() -> AsyncIterator[Check]:
    """Yield what is here; nothing that is absent is a fault by itself."""
    yield good("Python", f"{platform.python_version()} on {platform.system()} {platform.release()}")
    for extra, (purpose, modules) in EXTRAS.items():
        missing = [name for name in modules if importlib.util.find_spec(name) is None]
        yield (
            absent(f"extra {extra}", f"not installed; for {purpose}", f"Run: {install_command(extra)}")
            if missing
            else good(f"extra {extra}", "installed")
        )
    yield await _ssh()
    yield await asyncio.to_thread(_ssh_folder)
    yield await _agent()
    found = engines()
    if not found:
        yield absent("container engine", "neither podman nor docker is here")
    for engine in found:
        yield await _engine(engine)


async def _ssh() -> Check:
    program = shutil.which("ssh")
    if program is None:
        return absent("ssh", "not here: ~/.ssh/config is read by pstui itself")
    try:
        answer = await run_tool([program, "-V"], seconds=PATIENCE)
    except PstuiError as error:
        return bad("ssh", error.what, error.why)
    return good("ssh", answer.reason)


def _ssh_folder() -> Check:
    """Say whether others may change what ssh reads: it refuses such files."""
    folder = Path.home() / ".ssh"
    open_to_others: list[str] = []
    if sys.platform != "win32":
        for name in ("", "config", "known_hosts"):
            try:
                mode = (folder / name).stat().st_mode
            except OSError:
                continue
            if mode & (stat.S_IWGRP | stat.S_IWOTH):
                open_to_others.append(name or ".ssh")
    if open_to_others:
        names = ", ".join(open_to_others)
        return bad("ssh files", f"others may write {names}", "ssh refuses such files.", "Run: chmod -R go-w ~/.ssh")
    return good("ssh files", "only you may write them")


async def _agent() -> Check:
    place = os.environ.get("SSH_AUTH_SOCK", "")
    if not place:
        return absent("ssh agent", "SSH_AUTH_SOCK is not set: keys come from files alone")
    if sys.platform == "win32":
        return good("ssh agent", "named")
    try:
        async with timeout(PATIENCE):
            _, writer = await asyncio.open_unix_connection(place)
    except (OSError, TimeoutError) as error:
        why = f"SSH_AUTH_SOCK names an agent that does not answer ({type(error).__name__})."
        return bad("ssh agent", "not reached", why, 'Run: eval "$(ssh-agent)"')
    writer.close()
    return good("ssh agent", "answers")


async def _engine(engine: Engine) -> Check:
    name = f"engine {engine.name}"
    try:
        count = len(await engine.containers())
    except PstuiError as error:
        return bad(name, error.what, error.why, f"Run: {engine.name} ps")
    return good(name, f"answers, {count} container{'' if count == 1 else 's'}")
