"""Draw the pictures in ``screenshots/`` from the running app, on the embedded endpoint: ``make screenshots``."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.app import PstuiApp
from pstui.tui.dialogs.connect import ConnectScreen
from pstui.tui.dialogs.connect_draft import Draft
from pstui.tui.fanout.screen import FanOutScreen
from pstui.tui.grid.screen import GridScreen
from pstui.tui.keys.actions import PREFIX_KEY
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from pstui.tui.runbooks.form import RunbookForm
from pstui.tui.runbooks.screens import RunbooksScreen
from pstui.tui.sidebar.model import SidebarEntry
from pstui.tui.workspace.context import AppContext

from tests.support.fan_hosts import FakeSessions, target
from tests.support.paths import ROOT
from tests.support.pilot import Screen

FOLDER = ROOT / "screenshots"
DEMO = ConnectionInfo(ParameterSet.DEMO)
#: the same by a profile
WEB1 = ConnectionInfo(ParameterSet.DEMO, {}, "web1")
#: when the files of the pictures were written: they shall not change with the day they are drawn on
STAMP = 1_795_000_000
#: seconds until a far end must be there
START = 60.0
#: nothing listens on the first port of the loopback
REFUSED = ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": "localhost", "UserName": "admin", "Port": 1}, "web2")


def _saved(name: str, host: str, group: str) -> SidebarEntry:
    info = ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": host, "UserName": "admin"}, name)
    return SidebarEntry("host", name, group, "SSH", "saved", info)


SIDEBAR = [
    _saved("web1", "web1.example.com", "Production"),
    _saved("web2", "web2.example.com", "Production"),
    _saved("db", "db.example.com", "Production"),
    _saved("build", "build.example.com", "Lab"),
]


PROFILES = """\
[credentials.deploy]
user_name = "deploy"

[hosts.web1]
host_name = "admin@web1.example.com"
group = "Production/Web"

[hosts.web2]
computer_name = "web2.example.com"
group = "Production/Web"

[hosts.db]
host_name = "db.example.com:2222"
credential = "deploy"
group = "Production/SQL"
tags = ["sql", "prod"]
color = "red"
note = "backups run at 02:00"

[hosts.build]
host_name = "build.example.com"
group = "Lab"
"""


async def _workspace(s: Screen) -> None:
    await s.run("Get-ChildItem")
    await s.run("Get-Content motd.txt")
    await s.run("'{0:N0} lines' -f 5000")
    await s.keys("alt+2")
    await s.run("Get-Location")
    await s.keys("alt+1")
    await s.type("Get-ChildItem -Path si", enter=False)


async def _question(s: Screen) -> None:
    await s.run("Get-Content motd.txt")
    # The footer keeps the room that its longest word took: it shall have been seen.
    await s.until(lambda: s.shows(" ms"), "how long it took")
    await s.type("Remove-Item motd.txt -Confirm")
    await s.until(lambda: s.pane.questions.has_keys, "the question")


async def _error(s: Screen) -> None:
    await s.keys("alt+2")
    await s.until(lambda: s.pane.state is PaneState.FAILED, "the refusal")


async def _small(s: Screen) -> None:
    await s.run("Get-ChildItem")
    await s.type("Get-Content mo", enter=False)
    await s.until(lambda: s.shows(" ready "), "the footer, which comes a moment after the prompt")


#: of the picture of a guard
GUARDED = """\
[groups."Prod"]
guard = "confirm"
color = "red"

[hosts.web1]
demo = true
group = "Prod/Web"

[hosts.web2]
computer_name = "web2.example.com"
group = "Prod/Web"

[hosts.build]
host_name = "build.example.com"
group = "Lab"
"""


def _book(profiles: str = PROFILES) -> ProfileBook:
    """The profile file of the pictures."""
    file = Path.home() / ".profiles.toml"
    file.write_text(profiles)
    return ProfileBook(read(file))


def _dialog(parameter_set: ParameterSet, **texts: str) -> Callable[[Screen], Awaitable[None]]:
    """Return what opens the form of a host on a set, filled in."""

    async def play(s: Screen) -> None:
        shown = ConnectScreen(AppContext(SessionManager(), book=_book()), Draft(parameter_set, texts))
        s.app.push_screen(shown)
        await s.until(lambda: s.app.screen is shown and shown.focused is not None, "the dialog")

    return play


async def _form(s: Screen) -> None:
    book = s.workspace.context.book
    assert book is not None
    s.workspace.profiles.edit("host", "db", dict(book.table("host", "db")))
    await s.until(lambda: len(s.app.screen_stack) > 1 and s.app.screen.focused is not None, "the form")


async def _go(s: Screen) -> None:
    await s.keys("alt+g")
    await s.type("prod", enter=False)


async def _menu(s: Screen) -> None:
    # The menu covers a part of the prompt's path: it shall be the same everywhere.
    await s.run("Set-Location /; Clear-Host")
    entry = next(entry for entry in s.workspace.sidebar.entries if entry.name == "web1")
    await s.keys("f6")
    s.workspace.sidebar.move_to(entry)
    await s.keys("m")
    await s.until(lambda: len(s.app.screen_stack) > 1, "the menu")


async def _sessions(s: Screen) -> None:
    await s.keys(PREFIX_KEY, "S")
    await s.until(lambda: s.app.screen.focused is not None and len(s.app.screen_stack) > 1, "the list")


async def _palette(s: Screen) -> None:
    await s.keys("alt+x")
    await s.until(lambda: len(s.app.screen_stack) > 1, "the palette")


async def _find(s: Screen) -> None:
    await s.run("Get-Content motd.txt")
    await s.keys("ctrl+f")
    await s.type("backups", enter=False)
    await s.until(lambda: s.shows("1 of 1") or s.shows("1/1"), "the match")


async def _help(s: Screen) -> None:
    await s.keys("f1")
    await s.until(lambda: s.shows("every key that works here"), "the rows of the help")


async def _light(s: Screen) -> None:
    await s.run("Get-Content nothing.txt")
    await s.type("Get-ChildItem | Where-Object Length -gt 10 # large", enter=False)


async def _fan_out(s: Screen) -> None:
    sessions = FakeSessions()
    sessions.go.set()
    context = AppContext(cast(Any, sessions))
    names = [*(f"same-{number}" for number in range(1, 18)), "other-1", "other-2", "refuse-1", "refuse-2", "die-1"]
    s.app.push_screen(FanOutScreen(context, [target(name) for name in names], s.workspace.sessions.enter))
    await s.until(lambda: isinstance(s.app.screen, FanOutScreen) and s.app.screen.focused, "the screen")
    await s.type("Get-Thing")
    await s.until(lambda: s.shows("19 done   3 failed"), "all of them")
    await s.keys("home", "down")
    await s.until(lambda: s.shows("-two"), "the difference")


async def _guard(s: Screen) -> None:
    await s.run("Get-ChildItem")
    await s.type("Get-ChildItem *.log | Remove-Item")
    await s.until(lambda: s.pane.questions.has_keys, "the question")


async def _grid(s: Screen) -> None:
    for number, name in enumerate(("api", "batch", "cache", "db", "mail", "queue", "search", "shop", "web2", "web3")):
        file = Path.home() / f"{name}.log"
        file.write_text("x" * (number * 7919 % 23) * 1000)
        os.utime(file, (STAMP + number * 86_477, STAMP + number * 86_477))
    await s.type("Get-ChildItem | Select-Object Name, Size, LastWriteTime | Out-GridView -PassThru | Remove-Item")
    await s.until(lambda: isinstance(s.app.screen, GridScreen), "the grid")
    shown = cast(GridScreen, s.app.screen)
    await s.until(lambda: not shown.grid.running and bool(shown.grid.rows.cells), "the rows")
    await s.keys("slash")
    await s.type("log Size>=3000", enter=False)
    await s.keys("enter", "right", "s", "s", "space", "space")
    await s.until(lambda: shown.grid.view.current and s.shows("2 picked"), "the order")


#: the runbook of the picture
RUNBOOK = """\
<#
.SYNOPSIS
Restarts a site and waits until it answers.
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    # The site to restart.
    [Parameter(Mandatory)] [ValidateSet('Default', 'Shop', 'Intranet')] [string] $Name,
    # Seconds until it must answer.
    [ValidateRange(5, 300)] [int] $TimeoutSec = 60,
    # Who is told.
    [string[]] $NotifyTo,
    [switch] $Force
)
"""


async def _runbook(s: Screen) -> None:
    folder = Path.home() / "runbooks"
    folder.mkdir()
    (folder / "Restart-Site.ps1").write_text(RUNBOOK)
    await s.keys(PREFIX_KEY, "R")
    await s.until(lambda: isinstance(s.app.screen, RunbooksScreen) and s.app.screen.focused, "the list")
    await s.keys("enter")
    await s.until(lambda: isinstance(s.app.screen, RunbookForm) and s.app.screen.focused, "the form")
    await s.keys("space", "space", "down")
    await s.type("90", enter=False)


#: what stands in the debugger, in the home that the far end begins in
SCRIPT = """\
function Measure-Free($disk) {
    (120, 64, 3)[$disk]
}
foreach ($disk in 0..2) {
    $left = Measure-Free $disk
    if ($left -lt 5) { Write-Warning "disk ${disk}: $left GB left" }
}
"""


async def _debugger(s: Screen) -> None:
    (Path.home() / "check.ps1").write_text(SCRIPT)
    await s.run("$null = Set-PSBreakpoint -Script ./check.ps1 -Line 2")
    for line in ("./check.ps1", "$disk", "k", "o", "$left", "l"):
        await s.run(line)
    await s.type("c", enter=False)


@dataclass(frozen=True)
class Scene:
    """A picture: what is done for it, which sessions are open, the size of the terminal, and the theme."""

    play: Callable[[Screen], Awaitable[None]]
    sessions: tuple[ConnectionInfo, ...] = (DEMO,)
    size: tuple[int, int] = (100, 26)
    theme: str = "dark"
    #: whether the sidebar shows the profiles of a file, and which
    saved: bool = False
    profiles: str = PROFILES

    def app(self) -> PstuiApp:
        """Return the program with its sessions to open."""
        settings, book = {"theme": self.theme}, _book(self.profiles) if self.saved else None
        return PstuiApp(open=self.sessions, sidebar=SIDEBAR, settings=settings, book=book)

    async def act(self, s: Screen) -> None:
        """Bring the running program to what the picture shows."""
        await s.until(lambda: s.workspace.front is not None, "a tab")
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the first prompt", START)
        await self.play(s)
        await s.idle()


_SSH = {"HostName": "root@db:22", "Options": "ProxyJump=bastion"}
_WINRM = {"ComputerName": "web1.contoso.com", "Credential": "CONTOSO\\admin", "UseSSL": "on"}
_CONTAINER = {"ContainerId": "api", "RunAsAdministrator": "on"}

#: the pictures of ``screenshots/``
PICTURES: dict[str, Scene] = {
    "workspace": Scene(_workspace, (DEMO, DEMO)),
    "question": Scene(_question),
    "error": Scene(_error, (DEMO, REFUSED)),
    "dialog-ssh": Scene(_dialog(ParameterSet.SSH_HOST, **_SSH), size=(100, 30)),
    "dialog-winrm": Scene(_dialog(ParameterSet.COMPUTER_NAME, **_WINRM), size=(100, 30)),
    "dialog-container": Scene(_dialog(ParameterSet.CONTAINER_ID, **_CONTAINER), size=(100, 30)),
    "sessions": Scene(_sessions, (DEMO, DEMO)),
    "palette": Scene(_palette),
    "80x24": Scene(_small, (DEMO, DEMO), (80, 24)),
    "fan-out": Scene(_fan_out),
}
#: pictures of README and the pages that no approved picture is kept of: tests of their own look at what they show
SHOWN: dict[str, Scene] = {
    "guard": Scene(_guard, (WEB1,), saved=True, profiles=GUARDED),
    "grid": Scene(_grid),
    "runbook": Scene(_runbook, saved=True),
    "go": Scene(_go, saved=True),
}
#: pictures of a real PowerShell, drawn where there is one
REAL: dict[str, Scene] = {
    "debugger": Scene(_debugger, (ConnectionInfo(ParameterSet.PROCESS),), size=(110, 48)),
}
#: scenes that only tests look at
MORE: dict[str, Scene] = {
    "find": Scene(_find),
    "help": Scene(_help),
    "light": Scene(_light, theme="light"),
    **{
        f"{name}-{columns}x{rows}": Scene(play, size=(columns, rows), theme=theme, saved=True)
        for name, play in (("form", _form), ("go", _go), ("menu", _menu))
        for columns, rows, theme in ((80, 24, "dark"), (120, 35, "light"))
    },
}


async def draw(scene: Scene) -> str:
    """Return one picture as SVG."""
    app = scene.app()
    async with app.run_test(size=scene.size) as pilot:
        shown = Screen(app, pilot)
        await scene.act(shown)
        await shown.still()
        return without_fonts(app.export_screenshot(title="pstui"))


def without_fonts(svg: str) -> str:
    """Return a picture that depends on no font that is fetched from elsewhere when it is looked at."""
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def furnish(folder: Path) -> None:
    """Lay out what the pictures show a listing of: files only, as every file system gives folders another size."""
    (folder / "motd.txt").write_text("Backups run at 02:00. Ask before restarting web1.\n")
    (folder / "site.cfg").write_text("# who may see it\n" * 24)
    (folder / "web1.log").write_text("GET / 200\n" * 1800)
    for path in folder.iterdir():
        path.chmod(0o644)
        os.utime(path, (STAMP, STAMP))


def main(names: list[str]) -> int:
    """Draw the named pictures, or all of them."""
    # The endpoint begins in the user's home; its path is in the pictures, so it has the same name each time.
    home = Path(tempfile.gettempdir()) / "web1"
    home.mkdir(mode=0o700)
    try:
        furnish(home)
        os.environ["HOME"] = str(home)
        # PowerShell goes on writing there when it has been left, which would bring the folder back.
        os.environ["XDG_CACHE_HOME"] = str(ROOT / "build" / "cache")
        pictures = PICTURES | SHOWN | (REAL if shutil.which("pwsh") else {})
        for name in names or pictures:
            (FOLDER / f"{name}.svg").write_text(asyncio.run(draw(pictures[name])), encoding="utf-8")
            print(f"screenshots/{name}.svg")
    finally:
        shutil.rmtree(home)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
