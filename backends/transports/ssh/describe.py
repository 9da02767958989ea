"""What -WhatIf says of an SSH host: every host on the way, resolved, and where each value came from."""

from __future__ import annotations

import getpass
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pstui.backends.addresses import shown_user
from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import PstuiError
from pstui.backends.places import expanded
from pstui.backends.transports.ssh.config_reader import ConfigReader
from pstui.backends.transports.ssh.config_values import ConfigError
from pstui.backends.transports.ssh.engine import SSH, engine_of
from pstui.backends.transports.ssh.masters import engine_by_master
from pstui.backends.transports.ssh.options import option_lines
from pstui.backends.transports.ssh.target import Hop, config_files, resolve
from pstui.backends.transports.streams import printable


def describe(info: ConnectionInfo) -> list[dict[str, Any]] | str:
    """Return the hosts in the order they are connected to, ready for JSON; a text where they cannot be resolved.

    ``From`` names a line of a file, ``-Options``, ``the call``, ``ProxyJump`` or ``default``. Reads files, asks ssh.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="pstui-ssh-") as folder:
            hops = resolve(info, Path(folder))
            return [_described(hop, info, is_target=hop is hops[-1]) for hop in hops]
    except PstuiError as error:
        return " ".join(part for part in (error.what, error.why) if part)


def _described(hop: Hop, info: ConnectionInfo, *, is_target: bool) -> dict[str, Any]:
    own = str(info.settings.get("ssh_config") or "")
    files = [expanded(own)] if own and own.lower() != "none" else [] if own else config_files()
    options, is_program = info.values.get("Options") or {}, engine_of(info).is_program
    lines = option_lines(options, for_jump_host=not is_target, program=is_program)
    # A Match exec was run when the host was resolved; here it only leaves the origin of its values open.
    reader = ConfigReader(hop.name, runs_commands=False, local_user=getpass.getuser())
    said: Mapping[str, tuple[str, ...]] = {}
    try:
        said = reader.read(files, lines)
    except (ConfigError, PstuiError):
        reader.origins.clear()
    given = {"hostname": ""} if is_target else {"hostname": "", "user": "ProxyJump", "port": "ProxyJump"}
    if is_target:
        given |= {"user": "the call"} if info.text("UserName") else {}
        given |= {"port": "the call"} if info.number("Port") else {}

    def of(keyword: str, value: str, usual: str) -> dict[str, str]:
        origin = reader.origins.get(keyword, "")
        if value in said.get(keyword, ()) and origin:
            return {"Value": printable(value), "From": printable(origin)}
        origin = given.get(keyword) or ("default" if value == usual else "ssh -G")
        return {"Value": printable(value), "From": origin}

    described: dict[str, Any] = {
        "Name": printable(hop.name),
        **({"Engine": _engine(info, hop)} if is_target else {}),
        "HostName": of("hostname", hop.host, hop.name.lower()),
        "User": of("user", shown_user(hop.user), getpass.getuser()),
        "Port": of("port", str(hop.port), "22"),
    }
    if (named := info.text("KeyFilePath")) and is_target:
        described["KeyFilePath"] = {"Value": printable(named), "From": "the call"}
    for title, keyword in (("IdentityFile", "identityfile"), ("CertificateFile", "certificatefile")):
        if paths := hop.paths(title):
            values = [printable(str(path)) for path in paths]
            described[title] = {"Value": values, "From": printable(reader.origins.get(keyword, "ssh -G"))}
    if hop.proxy_command:
        described["ProxyCommand"] = of("proxycommand", hop.proxy_command, "")
        described["ProxyCommand"]["From"] = printable(reader.origins.get("proxycommand", "ssh -G"))
    if jump := str(hop.option("ProxyJump") or ""):
        described["ProxyJump"] = of("proxyjump", jump, "")
    if hop.forwards.specs and is_target:
        origins = ((spec, reader.origins.get(f"{spec.kind.value}forward", "ssh -G")) for spec in hop.forwards.specs)
        described["Forwards"] = [{"Value": printable(str(spec)), "From": printable(place)} for spec, place in origins]
    if hop.unsupported and not (is_target and described["Engine"]["Value"] == SSH):
        described["NotDone"] = [printable(name) for name in hop.unsupported]
    if hop.told is not None and hop.told.meaningless:
        described["WithoutMeaning"] = [printable(name) for name in hop.told.meaningless]
    return described


def _engine(info: ConnectionInfo, hop: Hop) -> dict[str, str]:
    """Return which program would speak SSH, and why."""
    engine = engine_by_master(info, hop.told) or engine_of(info)
    return {"Value": engine.name, "From": printable(engine.why)}
