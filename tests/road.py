"""The road of one typed line: which files of the product run from Enter to the next prompt.

``python -m tests.road [ssh|demo] [LINE]`` prints them, with ``-v`` the functions that ran. The far end is the demo
endpoint: over SSH, served by a process of its own, or the one inside the program. Clocks that tick all the time stand
still meanwhile, for the line does not wind them. It is run several times; what did not run each time is named apart.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from pstui import backends, config, tui
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.config.history import History
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from pstui.tui.workspace.state import StateFile
from textual.app import App

from tests.support.pilot import Screen, screen

#: most files of the product that one line may touch on its way over SSH
MOST = 56
#: where the product's files are: folder → how a place in it is told
FOLDERS = {f"{next(iter(room.__path__))}/": f"{room.__name__}/" for room in (tui, backends, config)}
#: how often the line is run, and at most where more files than MOST ran each time: what is late on a busy machine
#: (the footer that says "busy") runs often, but not always
WALKS, MOST_WALKS = 4, 24
#: seconds the opening may take, and a line
LIMIT = 60.0
#: repaints after a prompt until all that it changed has been painted: the editor, the text, the footer
REPAINTS = 3
LINE = "Get-Date"
PROFILES = """
[hosts.web1]
host_name = "root@web1"
group = "Production"

[hosts.db]
computer_name = "db.example.com"
"""


class Road:
    """Counts the functions of the product that are called in any thread while it is open."""

    def __init__(self) -> None:
        #: one entry a walk: file of the product, as it stands in the repository → functions that ran
        self.walks: list[dict[str, set[str]]] = []
        self._open = False

    @property
    def files(self) -> dict[str, set[str]]:
        """The files in which code ran in every walk, with all functions that ran."""
        always = set[str].intersection(*(set(walk) for walk in self.walks))
        return {place: set[str]().union(*(walk[place] for walk in self.walks)) for place in sorted(always)}

    @property
    def by_chance(self) -> list[str]:
        """The files in which code ran in some walks only."""
        return sorted({place for walk in self.walks for place in walk} - set(self.files))

    def _called(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call" and self._open:
            path = frame.f_code.co_filename
            for folder, room in FOLDERS.items():
                if path.startswith(folder):
                    place = room.removeprefix("pstui.") + path.removeprefix(folder)
                    self.walks[-1].setdefault(place, set()).add(frame.f_code.co_qualname)

    @contextlib.contextmanager
    def threads(self) -> Iterator[None]:
        """Look at the threads that begin meanwhile."""
        threading.setprofile(self._called)
        try:
            yield
        finally:
            threading.setprofile(None)

    @contextlib.contextmanager
    def walk(self) -> Iterator[None]:
        """Count what runs in the block, in this thread and in those looked at."""
        self.walks.append({})
        self._open = True
        sys.setprofile(self._called)
        try:
            yield
        finally:
            sys.setprofile(None)
            self._open = False


async def repainted(s: Screen) -> None:
    """Wait until what has been said so far in the pane is painted."""
    for _ in range(REPAINTS):
        done = asyncio.Event()
        s.pane.call_after_refresh(done.set)
        await done.wait()


async def walk(s: Screen, road: Road, line: str) -> None:
    """Type a line at the prompt and count from Enter to the next prompt, painted."""
    await s.type(line, enter=False)
    await s.until(lambda: s.pane.editor.text == line, "the line")
    await repainted(s)
    before = s.shown()
    prompt = asyncio.Event()
    conversation, enter_state = s.pane.conversation, s.pane.conversation._enter_state

    def entered(state: PaneState, shown: str = "") -> None:
        enter_state(state, shown)
        if state is PaneState.PROMPT:
            prompt.set()

    conversation._enter_state = entered  # type: ignore[assignment]  # asking for the state would be a part of the road
    with road.walk():
        s.burst("enter")
        await prompt.wait()
        await repainted(s)
    conversation._enter_state = enter_state  # type: ignore[method-assign]  # as it was
    assert s.shown() != before, "the output has been painted"


def stop_clocks(app: App[Any]) -> None:
    """Let every timer of the screen that repeats for ever stand still."""
    for pump in (app.screen, *app.screen.walk_children(with_self=False)):
        for timer in pump._timers:
            if timer._repeat is None and timer is not getattr(pump, "_update_timer", None):
                timer.pause()


async def serve(key: Path, host_key: Path, authorized: Path) -> None:
    """Serve the demo endpoint over SSH on a port of the loopback, which is printed, until standard input ends."""
    import asyncssh

    async def handle(process: asyncssh.SSHServerProcess[bytes]) -> None:
        command = (sys.executable, "-m", "pstui.backends.demo.server.stdio")
        far = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        await process.redirect(stdin=far.stdin, stdout=far.stdout)
        await process.wait_closed()

    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[str(host_key)],
        authorized_client_keys=str(authorized),
        process_factory=handle,
        encoding=None,
    )
    print(server.get_port(), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


@contextlib.asynccontextmanager
async def far_end(folder: Path) -> Any:
    """Run the server in a process of its own and yield the connection to it."""
    import asyncssh

    for name in ("host_key", "user_key"):
        asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(folder / name))
        asyncssh.read_private_key(str(folder / name)).write_public_key(str(folder / f"{name}.pub"))
        (folder / name).chmod(0o600)
    pipe = asyncio.subprocess.PIPE
    environment = {**os.environ, "HOME": "/"}  # the far end begins there: its prompt is as short everywhere
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.road", "--serve", str(folder), stdin=pipe, stdout=pipe, env=environment
    )
    assert process.stdin is not None and process.stdout is not None
    port = int(await process.stdout.readline())
    ssh = folder / "home" / ".ssh"
    ssh.mkdir(mode=0o700, parents=True)
    kind, public = (folder / "host_key.pub").read_text().split()[:2]
    (ssh / "known_hosts").write_text(f"[127.0.0.1]:{port} {kind} {public}\n")
    os.environ["HOME"] = str(folder / "home")
    os.environ.pop("SSH_AUTH_SOCK", None)
    values = {"HostName": "127.0.0.1", "UserName": "road", "Port": port, "KeyFilePath": str(folder / "user_key")}
    try:
        yield ConnectionInfo(ParameterSet.SSH_HOST, values)
    finally:
        process.stdin.close()
        await process.wait()


async def measure(info: ConnectionInfo, folder: Path, line: str) -> Road:
    """Run the program as it runs for a person, with profiles, history and memory, and return the road."""
    profiles = folder / "profiles.toml"
    profiles.write_text(PROFILES)
    options: dict[str, Any] = {
        "book": ProfileBook(read(profiles)),
        "history": History(folder / "history.jsonl", lambda text: False),
        "memory": StateFile(folder / "workspace.json"),
    }
    road = Road()
    with road.threads():
        async with screen(info, **options) as s:
            async with asyncio.timeout(LIMIT):
                while s.pane.state is not PaneState.PROMPT:
                    await s.pilot.pause()
            await s.run(line)  # what the first line loads and makes is no part of the road of every line
            stop_clocks(s.app)
            while len(road.walks) < WALKS or (len(road.files) > MOST and len(road.walks) < MOST_WALKS):
                async with asyncio.timeout(LIMIT):
                    await walk(s, road, line)
    return road


async def run(way: str, line: str) -> Road:
    """Measure the road of a line over ``way``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if way == "demo":
            return await measure(ConnectionInfo(ParameterSet.DEMO), folder, line)
        async with far_end(folder) as info:
            return await measure(info, folder, line)


def main(arguments: list[str]) -> int:
    """Print the road; the exit code is 1 when it is too long."""
    parser = argparse.ArgumentParser(prog="python -m tests.road", description=__doc__)
    parser.add_argument("way", nargs="?", choices=("ssh", "demo"), default="ssh")
    parser.add_argument("line", nargs="?", default=LINE)
    parser.add_argument("-v", "--verbose", action="store_true", help="name the functions, too")
    parser.add_argument("--serve", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        folder = Path(options.serve)
        asyncio.run(serve(folder / "user_key", folder / "host_key", folder / "user_key.pub"))
        return 0
    road = asyncio.run(run(options.way, options.line))
    for place, functions in road.files.items():
        print(place)
        if options.verbose:
            print(*(f"    {function}" for function in sorted(functions)), sep="\n")
    if road.by_chance:
        print("by chance:", ", ".join(road.by_chance))
    print(f"{len(road.files)} files of the product ran from Enter to the next prompt")
    return int(options.way == "ssh" and len(road.files) > MOST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
