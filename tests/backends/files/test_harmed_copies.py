"""A copy over a harmed connection: what is there at the end is whole, and a second copy goes on behind the first."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest
from pstui.backends.connection import ConnectionInfo
from pstui.backends.files.base import FileError
from pstui.backends.files.options import Options
from pstui.backends.files.transfer import Transfer

from tests.support.far_files import far_files, look, near_files, own_sftp
from tests.support.harm import DIRECTIONS, KINDS, Direction, HarmingRelay, Kind, harming
from tests.support.harmed_runs import END, PATIENCE

#: bytes that pass before the harm: into the first requests, into a content, into the last file
PLACES = (0, 900, 40_000, 300_000)
CASES = [(kind, direction, after) for kind in KINDS for direction in DIRECTIONS for after in PLACES]
#: how many are run; `make faults` runs them all
SAMPLE = min(int(os.environ.get("PSTUI_FAULTS", "3")), len(CASES))
#: what once was a fault is always run: a listing that is stalled could not be stopped
CHOSEN = list(dict.fromkeys([("stall", "there", 900), *random.Random("copy 18").sample(CASES, SAMPLE)]))
SIZES = {"a": 0, "b": 70_000, "sub/c": 300_000, "sub/d": 11}


@asynccontextmanager
async def relayed(home: Path) -> AsyncIterator[tuple[ConnectionInfo, HarmingRelay]]:
    """A server of SFTP with a relay before it."""
    (home / ".ssh").mkdir()
    async with own_sftp(asyncssh.SFTPServer, home) as info, harming(info.number("Port")) as (relay, port):
        known = home / ".ssh/known_hosts"
        known.write_text(known.read_text().replace(f":{info.number('Port')} ", f":{port} ", 1))
        yield replace(info, values={**info.values, "Port": port}), relay


def whole(made: Path, source: Path) -> None:
    """What stands under its final name is what it shall be."""
    for path in made.rglob("*"):
        if path.is_file() and not path.name.endswith(".pstui-part"):
            assert path.read_bytes() == (source / path.relative_to(made)).read_bytes(), path


@pytest.mark.parametrize("fetches", [False, True], ids=["sent", "fetched"])
@pytest.mark.parametrize(("kind", "direction", "after"), CHOSEN)
async def test_a_harmed_copy(
    kind: Kind,
    direction: Direction,
    after: int,
    fetches: bool,
    isolated_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pstui.backends.files.sftp.FAREWELL", 0.2)
    source, made = tmp_path / "source", tmp_path / "made"
    for name, size in SIZES.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(random.Random(name).randbytes(size))

    async def copy(*, harmed: bool) -> bool:
        async with far_files(info) as far, near_files(tmp_path) as near:
            options = Options(recurse=True)
            transfer = Transfer(far, near, options) if fetches else Transfer(near, far, options)
            if harmed:
                relay.arm(kind, direction, after)
            # A folder that is there is copied into; the tree becomes "made" only where none is.
            await transfer.run([f"{source}/*" if made.exists() else str(source)], str(made))
            return not transfer.failed

    async with relayed(isolated_home) as (info, relay), asyncio.timeout(2 * END):
        running = asyncio.create_task(copy(harmed=True))
        await asyncio.wait({running}, timeout=END if kind == "slow" else 3 * PATIENCE)
        if not running.done():  # who sees nothing happen stops it
            running.cancel()
            await asyncio.wait({running}, timeout=END)
        assert running.done(), "it cannot be stopped"
        if not running.cancelled() and (error := running.exception()) is not None:
            assert isinstance(error, FileError) and error.text().strip(), error
        whole(made, source)
        relay.harm = None
        assert await copy(harmed=False)
    assert {name: one[0] for name, one in look(made).items()} == {name: one[0] for name, one in look(source).items()}
