"""Ten thousand profiles beside ten: a letter of the filter as it is typed, and the start up to a filled sidebar.

The letter is measured from the key to the end of the next paint in the running app, by processor time; the bar is a
frame of 60 Hz. The start is that of the whole program on a pseudo terminal, until the last profile in sight is there.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from pstui.tui.app import PstuiApp
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from textual import events

from tests.bench.start import _painted, profiles
from tests.bench.tabs import _until, painted
from tests.support.stand_in import StandInManager

FEW, MANY = 10, 10_000
SIZE = (120, 40)
FRAME = 1 / 60
#: what is typed into the filter, and how often
TYPED, ROUNDS = "web1 rack", 5
STARTS = 7


async def _letters(file: Path) -> float:
    """Median seconds of processor time that a typed letter takes until it is painted."""
    book = ProfileBook(read(file))
    app = PstuiApp(sessions=StandInManager().as_manager(), book=book)
    taken: list[float] = []
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.workspace.set_focus(app.workspace.sidebar)
        with painted() as paints:
            for _ in range(ROUNDS):
                app.post_message(events.Key("slash", "/"))
                await pilot.pause()
                for letter in TYPED:
                    await asyncio.sleep(0.02)
                    paints.clear()
                    cpu = time.thread_time()
                    app.post_message(events.Key(letter if letter != " " else "space", letter))
                    await _until(lambda: bool(paints))
                    taken.append(paints[0][0] - cpu)
                app.post_message(events.Key("escape", None))
                await pilot.pause()
    return median(taken)


def _started(file: Path, environ: dict[str, str]) -> float:
    program = str(Path(sys.executable).with_name("pstui"))
    return _painted([program, "--config", str(file)], environ, b"web0")[0]


def run() -> list[str]:
    """Both ratios."""
    with tempfile.TemporaryDirectory() as home:
        few, many = Path(home) / "few.toml", Path(home) / "many.toml"
        few.write_text(profiles(FEW))
        many.write_text(profiles(MANY))
        environ = {**os.environ, **dict.fromkeys(("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"), home)}
        environ["TERM"] = "xterm-256color"
        environ["PYTHONPYCACHEPREFIX"] = f"{home}/compiled"
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        pairs = [(asyncio.run(_letters(few)), asyncio.run(_letters(many))) for _ in range(2)]
        starts = [(_started(few, environ), _started(many, environ)) for _ in range(STARTS + 1)][1:]
    small, large = (min(column) for column in zip(*pairs, strict=True))
    first, second = (median(column) for column in zip(*starts, strict=True))
    return [
        f"a letter of the filter among {MANY} profiles: {large * 1000:.1f} ms to its paint, among {FEW} "
        f"{small * 1000:.1f} ms: {large / small:.2f} times (bar: a frame, {FRAME * 1000:.1f} ms)",
        f"start with {MANY} profiles: {second * 1000:.0f} ms until they are listed, with {FEW} {first * 1000:.0f} ms: "
        f"{second / first:.2f} times",
    ]
