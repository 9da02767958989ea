"""What a call from a shell loads: the way that it goes, and nothing of the screen, the other ways and their tools."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pstui.tui.cli.exit_codes import EXIT_NO_SESSION

#: Packages and modules that no plain call needs: the screen, what reads PowerShell's language or a profile file, key
#: rings, the look-ups of other transports.
NEVER = (
    *("textual", "rich", "keyring", "tomllib", "tomlkit", "libvirt", "difflib"),
    *("pstui.backends.demo", "pstui.backends.discovery", "pstui.backends.doctor", "pstui.backends.language"),
    *(f"pstui.backends.binding.{name}" for name in ("line", "expressions", "cursor", "pipes", "members", "writer")),
    *("pstui.backends.transports.container.engine", "pstui.backends.transports.container.connect"),
    *("pstui.backends.transports.vm.connect", "pstui.backends.transports.vm.hyperv"),
    *(f"pstui.tui.{name}" for name in ("app", "cmdlets", "dialogs", "keys", "pane", "workspace")),
    *("pstui.tui.profiles.schema", "pstui.tui.profiles.book", "pstui.tui.cli.screen", "pstui.tui.cli.transcript_file"),
    *("pstui.tui.output.json_values", "pstui.tui.output.csv_rows", "pstui.tui.output.clixml_file"),
)
OF_SSH = ("asyncssh", "pstui.backends.transports.ssh.session", "pstui.backends.transports.ssh.login")
OF_WINRM = ("pypsrp", "spnego", "requests", "pstui.backends.transports.wsman.connect")


@pytest.mark.parametrize(
    ("where", "not_loaded"),
    [(("-HostName", "localhost"), OF_WINRM), (("-ComputerName", "localhost", "-Credential", "ann"), OF_SSH)],
    ids=["ssh", "winrm"],
)
def test_a_call_loads_only_what_its_way_needs(where: tuple[str, ...], not_loaded: tuple[str, ...]) -> None:
    call = ("icm", *where, "-Port", "1", "-ScriptBlock", "1")  # the port of nobody: what it takes is loaded by then
    program = (
        f"import sys\nfrom pstui.tui.cli.main import main\ncode = main({call!r})\nprint(code, *sys.modules, sep='\\n')"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environ,
        cwd=Path(sys.prefix),
    )
    code, *loaded = done.stdout.splitlines()
    assert code == str(EXIT_NO_SESSION), done.stderr
    unwanted = (*NEVER, *not_loaded)
    found = [name for name in loaded if any(name == one or name.startswith(one + ".") for one in unwanted)]
    assert not found
