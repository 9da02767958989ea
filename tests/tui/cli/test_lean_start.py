"""What a call from a shell loads: the way that it goes, and nothing of the screen, the other ways and their tools; and
what the screen loads before its first paint: nothing that only a session, a typed line or a profile needs."""

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


#: what no workspace without a tab needs: it would come before the first paint
NOT_BEFORE_THE_PAINT = (
    *("asyncssh", "pypsrp", "tomlkit", "hashlib", "pstui.backends.language", "pstui.backends.binding"),
    *(
        "pstui.backends.transports.base",
        "pstui.backends.forwards",
        "pstui.backends.console",
        "pstui.backends.sessions.session",
    ),
    *("pstui.tui.transcript.render.buffer", "pstui.tui.pane.pane", "pstui.tui.editor.editor", "pstui.tui.guard.rules"),
    *("pstui.tui.dialogs", "pstui.tui.grid", "pstui.tui.files", "pstui.tui.fanout", "pstui.tui.terminal.pane"),
)


def loaded_by(code: str) -> tuple[str, list[str]]:
    """Return what a program prints first, and the names of the modules that are loaded at its end."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(said, *sys.modules, sep='\\n')"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environ,
        cwd=Path(sys.prefix),
    )
    assert done.returncode == 0, done.stderr
    said, *loaded = done.stdout.splitlines()
    return said, loaded


def among(loaded: list[str], unwanted: tuple[str, ...]) -> list[str]:
    """Return which of the modules are unwanted ones, or parts of them."""
    return [name for name in loaded if any(name == one or name.startswith(one + ".") for one in unwanted)]


@pytest.mark.parametrize(
    ("where", "not_loaded"),
    [(("-HostName", "localhost"), OF_WINRM), (("-ComputerName", "localhost", "-Credential", "ann"), OF_SSH)],
    ids=["ssh", "winrm"],
)
def test_a_call_loads_only_what_its_way_needs(where: tuple[str, ...], not_loaded: tuple[str, ...]) -> None:
    call = ("icm", *where, "-Port", "1", "-ScriptBlock", "1")  # the port of nobody: what it takes is loaded by then
    code, loaded = loaded_by(f"from pstui.tui.cli.main import main\nsaid = main({call!r})")
    assert code == str(EXIT_NO_SESSION)
    assert not among(loaded, (*NEVER, *not_loaded))


def test_the_screen_loads_only_what_its_first_paint_needs() -> None:
    ways = ["main", "start", "screen", "args", "first_frame"]
    modules = [*(f"pstui.tui.cli.{name}" for name in ways), "pstui.tui.app", "pstui.tui.profiles.book"]
    said, loaded = loaded_by(f"import {', '.join(modules)}\nsaid = 'loaded'")
    assert said == "loaded"
    assert "pstui.tui.workspace.screen" in loaded
    assert not among(loaded, NOT_BEFORE_THE_PAINT)
