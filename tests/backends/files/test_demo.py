"""The files of the demo endpoint: one command there answers what a PowerShell is asked by a script."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.demo.server.session import EDITION
from pstui.backends.files.base import FileError, FileSystem, Kind, Reason
from pstui.backends.files.content import read_content, replace_content
from pstui.backends.files.opening import open_files
from pstui.backends.sessions import demo_endpoint
from pstui.backends.sessions.manager import SessionManager

from tests.support.nobody import NobodyConsole

BIG = bytes(range(256)) * 12_000  # three pieces, and more than is acknowledged at once


@pytest.fixture
async def files() -> AsyncIterator[FileSystem]:
    found = await open_files(ConnectionInfo(ParameterSet.DEMO), NobodyConsole(), SessionManager())
    yield found
    await found.close()


async def pieces(data: bytes) -> AsyncGenerator[bytes, None]:
    for at in range(0, len(data), 100_000):
        yield data[at : at + 100_000]


async def refusal(call: Awaitable[object]) -> Reason:
    with pytest.raises(FileError) as caught:
        await call
    return caught.value.reason


def test_the_client_knows_it_by_its_edition() -> None:
    assert demo_endpoint.EDITION == EDITION
    assert not demo_endpoint.is_demo({"PSVersionTable": {"PSEdition": "Core"}}) and not demo_endpoint.is_demo({})


async def test_what_is_written_is_read_again(files: FileSystem, tmp_path: Path) -> None:
    far = tmp_path / "a file, with ümläuts %41"
    await files.write(str(far), 0, pieces(BIG), mode=0o600)
    assert far.read_bytes() == BIG
    await files.write(str(far), 10, pieces(b"end"))
    assert far.read_bytes() == BIG[:10] + b"end"
    assert b"".join([piece async for piece in files.read(str(far), 5, 6)]) == BIG[5:10] + b"e"
    assert await files.digest(str(far), 13) == hashlib.sha256(far.read_bytes()).hexdigest()
    await replace_content(files, str(far), b"other")
    assert await read_content(files, str(far)) == b"other"
    space = await files.space(str(tmp_path))
    assert space is not None and 0 < space.free <= space.total


async def test_a_folder_with_all_kinds(files: FileSystem, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"123")
    await files.make_folder(str(tmp_path / "folder"))
    await files.make_link(str(tmp_path / "link"), "file")
    found = {one.name: one for one in await files.entries(str(tmp_path))}
    assert {name: one.kind for name, one in found.items()} == {
        "file": Kind.FILE,
        "folder": Kind.FOLDER,
        "link": Kind.LINK,
    }
    assert found["file"].size == 3 and found["link"].target == "file"
    await files.set_attributes(str(tmp_path / "file"), 1_000_000_000.5, 0o640)
    entry = await files.stat(str(tmp_path / "link"))
    assert entry is not None and (entry.modified, entry.mode, entry.size) == (1_000_000_000.5, 0o640, 3)
    assert await files.stat(str(tmp_path / "none")) is None
    await files.rename(str(tmp_path / "file"), str(tmp_path / "new"))
    await files.remove(str(tmp_path / "link"))
    await files.remove(str(tmp_path / "folder"), folder=True)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


async def test_what_cannot_be_done_says_why(files: FileSystem, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).touch()
    assert await refusal(files.entries(str(tmp_path / "none"))) is Reason.MISSING
    assert await refusal(files.rename(str(tmp_path / "one"), str(tmp_path / "two"))) is Reason.EXISTS
    assert await refusal(files.make_folder("/proc/1/none" if Path("/proc/1").exists() else "/none/x")) is Reason.MISSING
    (tmp_path / "link").symlink_to(tmp_path / "one")
    await refusal(files.write(str(tmp_path / "link"), 0, pieces(b"not through a link")))
    assert (tmp_path / "one").read_bytes() == b""
    assert await files.stat(str(tmp_path / "one")) is not None, "it goes on after a refusal"
