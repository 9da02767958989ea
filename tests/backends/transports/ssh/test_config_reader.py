"""Our reader of ssh_config against ``ssh -G``, on configurations made up from real constructs.

``make fuzz`` reads many more (PSTUI_FUZZ).
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from pstui.backends.errors import OpenError
from pstui.backends.transports.ssh.config_reader import ConfigReader
from pstui.backends.transports.ssh.config_values import ConfigError
from pstui.backends.transports.ssh.forward_options import read_options

from tests.support import ssh_configs
from tests.support.parts import requires

#: files read in an ordinary run, and the number of the first
FILES, FIRST = int(os.environ.get("PSTUI_FUZZ", "500")), int(os.environ.get("PSTUI_FUZZ_FIRST", "0"))

#: files that were once read otherwise
KEPT = (11_264, 16_210, 700_445)


def ours(file: Path, host: str) -> Mapping[str, tuple[str, ...]] | str:
    try:
        return ConfigReader(host, local_user=getpass.getuser()).read([file])
    except (ConfigError, OpenError) as error:
        return str(error)


def differences(number: int, folder: Path, usual: Mapping[str, tuple[str, ...]]) -> str:
    """Return how the two differ on one configuration, empty where they do not."""
    made = ssh_configs.make(number)
    file = made.write(folder / str(number))
    theirs, found = ssh_configs.ask_ssh(file, made.host), ours(file, made.host)
    told = f"--- {number}, {made.host}\n" + "".join(f"[{name}]\n{text}" for name, text in made.files.items())
    if theirs is None or isinstance(found, str):
        return "" if theirs is None and isinstance(found, str) else f"{told}=> ssh {theirs is not None}, we: {found}"
    wrong = [
        f"{name}: ssh {theirs.get(name)}, we {found.get(name)}"
        for name in sorted(ssh_configs.COMPARED | {"hostname", "user", "port"})
        if plain(name, theirs) != plain(name, found, usual)
        # Debian's own: a run without questions notices a dead link.
        and not (name == "serveraliveinterval" and name not in found and theirs["batchmode"] == ("yes",))
        # Stricter: a path does not overrule the switch that came first.
        and not (name == "forwardagent" and found.get(name) in (("yes",), ("no",)))
    ]
    # Stricter: ssh takes the last StreamLocalBindMask, also one of a block for other hosts.
    forwards = tuple(replace(read_options(values), mask=0) for values in (theirs, found))
    if forwards[0] != forwards[1]:
        wrong.append(f"forwards: ssh {forwards[0]}, we {forwards[1]}")
    return "\n".join([told, *wrong]) if wrong else ""


def plain(
    name: str, values: Mapping[str, tuple[str, ...]], usual: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[str, ...]:
    value = values.get(name) or (usual or {}).get(name, ())
    if name in ("controlpath", "forwardagent", "identityagent", "userknownhostsfile"):
        account = Path(f"~{getpass.getuser()}").expanduser()
        return tuple(one.replace(str(account), str(Path.home())) for one in value)
    return tuple({"true": "yes", "false": "no"}.get(one, one) for one in value)


def test_every_configuration_means_what_it_means_to_ssh(tmp_path: Path) -> None:
    requires("sshd", ("ssh",))
    usual = ssh_configs.ask_ssh(Path("none"), "x")
    assert usual is not None
    own = {name: value for name, value in usual.items() if name not in ("hostname", "user", "port")}
    with ThreadPoolExecutor(4) as pool:
        numbers = (*range(FIRST, FIRST + FILES), *KEPT)
        found = [one for one in pool.map(lambda n: differences(n, tmp_path, own), numbers) if one]
    assert not found, f"{len(found)} differ\n" + "\n\n".join(found[:8])


def test_a_value_that_is_a_comment_or_empty_is_refused_where_ssh_refuses_it(tmp_path: Path) -> None:
    requires("sshd", ("ssh",))
    names = ("GlobalKnownHostsFile", "CanonicalDomains", "LogVerbose", "LocalCommand", "SetEnv", "IdentityFile", "User")
    for name in names:
        for value in ("# x", '""', '/a ""'):
            file = tmp_path / "config"
            file.write_text(f"Host *\n{name} {value}\n")
            file.chmod(0o600)
            told = ssh_configs.ask_ssh(file, "web")
            assert isinstance(ours(file, "web"), str) == (told is None), (name, value)
