"""The screens look as they did: pictures of what is seen, compared with those that were approved.

After a change that is meant, ``make test ARGS='tests/tui/test_snapshots.py --snapshot-update'`` draws them anew; look
at each before it is committed. A picture that differs is shown beside the approved one in ``snapshot_report.html``.
"""

from __future__ import annotations

import grp
import pwd
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.screenshots import MORE, PICTURES, furnish, without_fonts
from tests.support.parts import missing
from tests.support.pilot import Screen

#: what the approved pictures were drawn with; other releases may draw the same screen in another way
DRAWN_WITH = {"textual": "8.2.8", "rich": "15.0.0"}
#: the name of the home in the pictures, as long as the random one it takes the place of
HOME = "/tmp/web1home"
SCENES = PICTURES | MORE


@pytest.fixture
def home() -> Iterator[Path]:
    """A furnished home in a machine of nowhere: its user, its hours and what a command takes stay the same."""
    folder = Path(tempfile.mkdtemp(prefix="", dir="/tmp"))
    person = pwd.struct_passwd(("admin", "x", 1000, 1000, "", str(folder), "/bin/sh"))
    group = grp.struct_group(("admin", "x", 1000, []))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        patch.setenv("TZ", "UTC")
        patch.setenv("COLORTERM", "truecolor")
        patch.setattr(pwd, "getpwuid", lambda number: person)
        patch.setattr(grp, "getgrgid", lambda number: group)
        patch.setattr("pstui.tui.workspace.status_bar.elapsed", lambda seconds: "00:00")
        patch.setattr("pstui.tui.workspace.status_bar.took", lambda seconds: "25 ms")
        patch.setattr("pstui.tui.fanout.screen.time_text", lambda seconds: "0:00")
        time.tzset()
        furnish(folder)
        yield folder
    time.tzset()
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", SCENES)
def test_screen(name: str, home: Path, snap_compare: Callable[..., bool]) -> None:
    here = {library: version(library) for library in DRAWN_WITH}
    if here != DRAWN_WITH:
        missing("snapshots", f"the pictures were drawn with {DRAWN_WITH}, and here are {here}")
    scene = SCENES[name]
    app = scene.app()
    export = app.export_screenshot

    def picture(**options: Any) -> str:
        return without_fonts(export(**options)).replace(str(home), HOME)

    app.export_screenshot = picture  # type: ignore[method-assign]  # the plugin calls it when the screen stands still

    async def act(pilot: Pilot[int]) -> None:
        s = Screen(app, pilot)
        await scene.act(s)
        await s.still()

    assert snap_compare(app, terminal_size=scene.size, run_before=act)
