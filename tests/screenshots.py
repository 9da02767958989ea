"""Draw the pictures in ``screenshots/`` from the running app, on the embedded endpoint: ``make screenshots``."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.dialogs.connect import ConnectScreen
from pstui.tui.dialogs.connect_draft import Draft
from pstui.tui.keys.actions import PREFIX_KEY
from pstui.tui.pane.face import PaneState
from pstui.tui.sidebar.model import SidebarEntry
from pstui.tui.workspace.context import AppContext

from tests.support.paths import ROOT
from tests.support.pilot import Screen, screen

FOLDER = ROOT / "screenshots"
DEMO = ConnectionInfo(ParameterSet.DEMO)
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
    await s.type("Remove-Item motd.txt -Confirm")
    await s.until(lambda: s.pane.question_has_keys, "the question")


async def _error(s: Screen) -> None:
    await s.keys("alt+2")
    await s.until(lambda: s.pane.state is PaneState.FAILED, "the refusal")


async def _small(s: Screen) -> None:
    await s.run("Get-ChildItem")
    await s.type("Get-Content mo", enter=False)


def _dialog(parameter_set: ParameterSet, **texts: str) -> Callable[[Screen], Awaitable[None]]:
    """Return what opens the connection dialog on a set, filled in."""

    async def play(s: Screen) -> None:
        shown = ConnectScreen(AppContext(SessionManager()), Draft(parameter_set, texts))
        s.app.push_screen(shown)
        await s.until(lambda: s.app.screen is shown and shown.focused is not None, "the dialog")

    return play


async def _sessions(s: Screen) -> None:
    await s.keys(PREFIX_KEY, "S")
    await s.until(lambda: s.app.screen.focused is not None and len(s.app.screen_stack) > 1, "the list")


async def _palette(s: Screen) -> None:
    await s.keys("alt+x")
    await s.until(lambda: len(s.app.screen_stack) > 1, "the palette")


#: picture → what is done for it, which sessions are open, and the size of the terminal
PICTURES: dict[str, tuple[Callable[[Screen], Awaitable[None]], tuple[ConnectionInfo, ...], tuple[int, int]]] = {
    "workspace": (_workspace, (DEMO, DEMO), (100, 26)),
    "question": (_question, (DEMO,), (100, 26)),
    "error": (_error, (DEMO, REFUSED), (100, 26)),
    "dialog-ssh": (
        _dialog(ParameterSet.SSH_HOST, HostName="root@db:22", Options="ProxyJump=bastion"),
        (DEMO,),
        (100, 30),
    ),
    "dialog-winrm": (
        _dialog(ParameterSet.COMPUTER_NAME, ComputerName="web1.contoso.com", Credential="CONTOSO\\admin", UseSSL="on"),
        (DEMO,),
        (100, 30),
    ),
    "dialog-container": (
        _dialog(ParameterSet.CONTAINER_ID, ContainerId="api", RunAsAdministrator="on"),
        (DEMO,),
        (100, 30),
    ),
    "sessions": (_sessions, (DEMO, DEMO), (100, 26)),
    "palette": (_palette, (DEMO,), (100, 26)),
    "80x24": (_small, (DEMO, DEMO), (80, 24)),
}


async def draw(name: str) -> str:
    """Return one picture as SVG."""
    play, sessions, size = PICTURES[name]
    options: dict[str, Any] = {"sidebar": SIDEBAR, "settings": {"theme": "dark"}}
    async with screen(*sessions, size=size, **options) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the first prompt")
        await play(s)
        await s.idle()
        # The picture must not depend on a font that is fetched from elsewhere when it is looked at.
        return re.sub(r"@font-face \{.*?\}\s*", "", s.app.export_screenshot(title="pstui"), flags=re.DOTALL)


def furnish(folder: Path) -> None:
    """Lay out what the pictures show a listing of."""
    (folder / "motd.txt").write_text("Backups run at 02:00. Ask before restarting web1.\n")
    for name in ("site", "logs"):
        (folder / name).mkdir()
    stamp = 1_795_000_000  # the pictures shall not change with the day they are drawn on
    for path in (folder / "motd.txt", folder / "site", folder / "logs"):
        path.chmod(0o644 if path.is_file() else 0o755)
        os.utime(path, (stamp, stamp))


def main(names: list[str]) -> int:
    """Draw the named pictures, or all of them."""
    # The endpoint begins in the user's home; its path is in the pictures, so it has the same name each time.
    home = Path(tempfile.gettempdir()) / "web1"
    home.mkdir(mode=0o700)
    try:
        furnish(home)
        os.environ["HOME"] = str(home)
        for name in names or PICTURES:
            (FOLDER / f"{name}.svg").write_text(asyncio.run(draw(name)), encoding="utf-8")
            print(f"screenshots/{name}.svg")
    finally:
        shutil.rmtree(home)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
