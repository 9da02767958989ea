"""``pstui demo``: three hosts of the demo endpoint to try everything on, in a folder of their own that goes with them.

Profiles, history and whatever else is remembered lie in that folder as well: the user's own are neither read nor
changed.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from pstui.config.paths import CONFIG_VARIABLE, STATE_VARIABLE
from pstui.tui.keys.keymap import keymap

#: the hosts, and how many workers each one's settings name: two agree, one does not
_WORKERS = {"web1": 4, "web2": 4, "web3": 2}
_SETTINGS = "# What the web server of this host is told.\nlisten = 443\nworkers = {workers}\ntls = 1.3\n"
_LEVELS = ("info", "info", "info", "warn", "info", "info", "error")
_RUNBOOK = """\
<#
.SYNOPSIS
Shows the end of the web server's log.
.PARAMETER Lines
How many lines.
.PARAMETER Level
Only lines of this level.
#>
param(
    [ValidateRange(1, 60)]
    [int]$Lines = 10,

    [ValidateSet('all', 'info', 'warn', 'error')]
    [string]$Level = 'all'
)
Get-Content ~/web.log | Where-Object { $Level -eq 'all' -or $_ -match $Level } | Select-Object -Last $Lines
"""
_WELCOME = """\
Three hosts, web1, web2 and web3: each is a folder of this computer.
Nothing goes over a network, and all of it is gone at the end.
Five things to try:
  1  Type Get-Process, then press {grid}: its objects in a table
     that is sorted, filtered and exported.
  2  Press {sidebar}, mark web1, web2 and web3 with Space, then press x
     and run Get-Content app.conf: one is not like the others.
  3  Press {files}: the files of this host beside yours.
     psedit app.conf opens one in your own editor.
  4  Press {runbooks}: Show-Log is a script with a form.
  5  Press {going}: go to a host, a tab or an action by a part of its name.
{help} tells all keys, exit ends the demo.
"""


@contextlib.contextmanager
def playground() -> Iterator[Path]:
    """Make the folder, and let configuration and memory lie there; gives the profile file. All goes at the end."""
    with tempfile.TemporaryDirectory(prefix="pstui-demo-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        file = make(folder)
        before = {variable: os.environ.get(variable) for variable in (CONFIG_VARIABLE, STATE_VARIABLE)}
        os.environ |= {CONFIG_VARIABLE: str(file), STATE_VARIABLE: str(folder / "state")}
        try:
            yield file
        finally:
            for variable, value in before.items():
                if value is None:
                    del os.environ[variable]
                else:
                    os.environ[variable] = value


def make(folder: Path) -> Path:
    """Write the hosts, a runbook and the profiles into an empty folder; return the profile file."""
    hosts: dict[str, dict[str, Any]] = {}
    for host, workers in _WORKERS.items():
        home = folder / host
        home.mkdir()
        (home / "app.conf").write_text(_SETTINGS.format(workers=workers), encoding="utf-8")
        log = (f"12:{minute:02} {_LEVELS[minute * workers % 7]} request {minute}\n" for minute in range(60))
        (home / "web.log").write_text("".join(log), encoding="utf-8")
        hosts[host] = {"demo": True, "demo_home": str(home), "group": "Demo", "tags": ["web"]}
    runbooks = folder / "runbooks"
    runbooks.mkdir()
    (runbooks / "Show-Log.ps1").write_text(_RUNBOOK, encoding="utf-8")
    file = folder / "profiles.toml"
    file.write_text(tomlkit.dumps({"hosts": hosts}), encoding="utf-8")
    return file


def welcome(keys: Mapping[str, Any] | None = None) -> str:
    """Return what is said first: what there is to try, with its keys. ``keys`` is a [keys] table."""
    known = keymap(keys)
    names = {
        "grid": "grid",
        "sidebar": "sidebar",
        "files": "files",
        "runbooks": "runbooks",
        "going": "connect",
        "help": "help",
    }
    return _WELCOME.format(**{word: known.shown(name) for word, name in names.items()}).rstrip("\n")
