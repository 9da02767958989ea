"""The engine between two folders of this computer: what happens to files that are there, change, or are no files."""

from __future__ import annotations

import asyncio
import fcntl
import os
import resource
import socket
import stat
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pstui.backends.files import local
from pstui.backends.files.base import FileError, Pieces, Reason
from pstui.backends.files.local import LocalFiles
from pstui.backends.files.options import Existing, Options
from pstui.backends.files.plan import Outcome, State
from pstui.backends.files.transfer import Answer, Conflict, Transfer

from tests.support.far_files import look


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[LocalFiles]:
    found = LocalFiles(str(tmp_path))
    yield found
    await found.close()


@pytest.fixture
async def other(tmp_path: Path) -> AsyncIterator[LocalFiles]:
    """The same files as another end sees them."""
    found = LocalFiles(str(tmp_path))
    yield found
    await found.close()


class Asked:
    """A person who gives the same answer each time."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.conflicts = answer, list[Conflict]()

    async def __call__(self, conflict: Conflict) -> Answer:
        self.conflicts.append(conflict)
        return self.answer


def two_folders(tmp_path: Path) -> None:
    """Make ``new`` with three files, and ``old`` with others of the same names; ``b`` is newer there."""
    for folder, time in (("new", 2_000_000), ("old", 1_000_000)):
        (tmp_path / folder).mkdir()
        for name in "abc":
            (tmp_path / folder / name).write_text(f"{folder} {name} {time}")
            os.utime(tmp_path / folder / name, (time, time))
    os.utime(tmp_path / "old" / "b", (3_000_000, 3_000_000))


def left(tmp_path: Path) -> str:
    """Return which of the files in ``old`` are still the old ones."""
    return "".join(name for name in "abc" if (tmp_path / "old" / name).read_text().startswith("old"))


@pytest.mark.parametrize(
    "answer, asked, old",
    [
        (Answer(Existing.OVERWRITE), 3, ""),
        (Answer(Existing.OVERWRITE, for_all=True), 1, ""),
        (Answer(Existing.SKIP), 3, "abc"),
        (Answer(Existing.SKIP, for_all=True), 1, "abc"),
        (Answer(Existing.NEWER, for_all=True), 1, "b"),
    ],
)
async def test_what_differs_is_asked_about(
    files: LocalFiles, other: LocalFiles, tmp_path: Path, answer: Answer, asked: int, old: str
) -> None:
    two_folders(tmp_path)
    person = Asked(answer)
    await Transfer(files, other, Options(), ask=person).run(["new/a", "new/b", "new/c"], "old")
    assert (len(person.conflicts), left(tmp_path)) == (asked, old)


@pytest.mark.parametrize("existing, old", [(Existing.OVERWRITE, ""), (Existing.SKIP, "abc"), (Existing.NEWER, "b")])
async def test_nobody_is_asked_where_it_was_said_before(
    files: LocalFiles, other: LocalFiles, tmp_path: Path, existing: Existing, old: str
) -> None:
    two_folders(tmp_path)
    person = Asked(Answer(Existing.OVERWRITE))
    await Transfer(files, other, Options(existing=existing), ask=person).run(["new/a", "new/b", "new/c"], "old")
    assert (person.conflicts, left(tmp_path)) == ([], old)


async def run(
    files: LocalFiles, other: LocalFiles, *paths: str, to: str = "to", recurse: bool = True, forces: bool = False
) -> list[Outcome]:
    return list(await Transfer(files, other, Options(recurse=recurse, forces=forces)).run(paths, to))


async def test_what_is_no_file_is_named_and_left_out(files: LocalFiles, other: LocalFiles, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    os.mkfifo(tree / "fifo")
    (tree / "good").write_text("good")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tree / "socket"))
        outcomes = await run(files, other, "tree")
    assert {Path(each.path).name for each in outcomes if each.state is State.FAILED} == {"fifo", "socket"}
    assert sorted(look(tmp_path / "to")) == ["good"]


async def test_of_two_names_that_are_one_there_the_second_is_refused(
    files: LocalFiles, other: LocalFiles, tmp_path: Path
) -> None:
    (tmp_path / "tree").mkdir()
    for name in ("README", "ReadMe"):
        (tmp_path / "tree" / name).write_text(name)
    other.names = replace(other.names, folds=True)
    outcomes = await run(files, other, "tree")
    assert [Path(each.path).name for each in outcomes if each.state is State.FAILED] == ["ReadMe"]
    assert sorted(look(tmp_path / "to")) == ["README"]


async def test_of_two_sources_with_one_name_the_second_is_refused_and_folders_become_one(
    files: LocalFiles, other: LocalFiles, tmp_path: Path
) -> None:
    for name in ("one/f", "two/f", "one/sub/a", "two/sub/a", "two/sub/b"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "to").mkdir()
    outcomes = await run(files, other, "one/f", "two/f", "one/sub", "one/f", "two/sub")
    refused = {each.path for each in outcomes if each.state is State.FAILED}
    assert refused == {"two/f", str(tmp_path / "two" / "sub" / "a")}
    to = tmp_path / "to"
    assert [(to / name).read_text() for name in ("f", "sub/a", "sub/b")] == ["one/f", "one/sub/a", "two/sub/b"]


async def test_what_windows_would_take_for_a_device_is_not_written(
    files: LocalFiles, other: LocalFiles, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    other.names = replace(other.names, is_windows=True)
    (outcome,) = await run(files, other, "file", to="nul.txt")
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.NAME)
    assert not (tmp_path / "nul.txt").exists()


async def test_the_beginning_of_another_copy_is_left_out(files: LocalFiles, other: LocalFiles, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.pstui-part").write_text("half")
    (outcome,) = await run(files, other, "tree")
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.REFUSED)


async def test_a_folder_needs_to_be_asked_for(files: LocalFiles, other: LocalFiles, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (outcome,) = await run(files, other, "tree", recurse=False)
    assert "-r" in outcome.text


async def test_a_folder_is_not_copied_into_itself(files: LocalFiles, tmp_path: Path) -> None:
    (tmp_path / "tree" / "in").mkdir(parents=True)
    (outcome,) = await run(files, files, "tree", to="tree/in")
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.REFUSED)


async def test_a_file_does_not_replace_a_folder_nor_a_folder_a_file(
    files: LocalFiles, other: LocalFiles, tmp_path: Path
) -> None:
    (tmp_path / "from" / "x").mkdir(parents=True)
    (tmp_path / "from" / "y").write_text("file")
    (tmp_path / "to" / "from" / "y").mkdir(parents=True)
    (tmp_path / "to" / "from" / "x").write_text("file")
    outcomes = await run(files, other, "from")
    assert [each.state for each in outcomes] == [State.FAILED, State.FAILED]
    assert (tmp_path / "to" / "from" / "x").read_text() == "file"


async def test_several_need_a_folder(files: LocalFiles, other: LocalFiles, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).touch()
    with pytest.raises(FileError):
        await run(files, other, "a", "b", to="missing")
    with pytest.raises(FileError):
        await run(files, other, "a", to="missing/")


class Changing(LocalFiles):
    """Files that change while they are read: ``change`` does it after the first piece."""

    mode = "ab"
    size = 10

    async def read(self, path: str, offset: int, length: int) -> Pieces:
        async for piece in super().read(path, offset, length):
            yield piece
            with Path(path).open(self.mode) as stream:
                stream.write(b"more" * self.size)


@contextmanager
def changing(tmp_path: Path, mode: str, size: int) -> Iterator[Changing]:
    found = Changing(str(tmp_path))
    found.mode, found.size = mode, size
    (tmp_path / "file").write_bytes(b"0123" * 1000)
    os.utime(tmp_path / "file", (1_000_000, 1_000_000))
    yield found


async def test_a_file_that_grows_arrives_as_it_was_at_first(tmp_path: Path, other: LocalFiles) -> None:
    with changing(tmp_path, "ab", 10) as source:
        (outcome,) = await run(source, other, "file")
    assert outcome.state is State.COPIED
    assert "has grown" in outcome.text
    assert (tmp_path / "to").read_bytes() == b"0123" * 1000


@pytest.mark.parametrize("mode, size", [("wb", 10), ("wb", 1000)], ids=["shorter", "other content"])
async def test_a_file_that_is_changed_is_not_taken(tmp_path: Path, other: LocalFiles, mode: str, size: int) -> None:
    with changing(tmp_path, mode, size) as source:
        (outcome,) = await run(source, other, "file")
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.CHANGED)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file"]


class Damaging(LocalFiles):
    """Another computer whose files are not what was sent."""

    label = "damaging"

    async def digest(self, path: str, length: int) -> str | None:
        return "0" * 64


async def test_what_arrives_damaged_does_not_get_its_name(tmp_path: Path, files: LocalFiles) -> None:
    (tmp_path / "file").write_text("content")
    (outcome,) = await run(files, Damaging(str(tmp_path)), "file")
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.CHANGED)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file"]


async def test_a_full_disk_leaves_nothing(files: LocalFiles, other: LocalFiles, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(300_000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        (outcome,) = await run(files, other, "file")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.FULL)
    assert "Make room" in outcome.text
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file"]


async def test_two_copies_to_one_name_do_not_mix(files: LocalFiles, other: LocalFiles, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a" * 3_000_000)
    (tmp_path / "b").write_bytes(b"b" * 3_000_001)
    both = await asyncio.gather(run(files, other, "a", to="to"), run(other, files, "b", to="to"))
    outcomes = {outcome.state: outcome for (outcome,) in both}
    assert outcomes[State.FAILED].reason is Reason.BUSY
    taken = Path(outcomes[State.COPIED].path).read_bytes()
    assert (tmp_path / "to").read_bytes() == taken

    with (tmp_path / "to.pstui-part").open("wb") as held:  # by a copy of another process
        fcntl.flock(held, fcntl.LOCK_EX)
        (outcome,) = await run(files, other, "b", to="to", forces=True)
        assert (outcome.state, outcome.reason) == (State.FAILED, Reason.BUSY)
        assert "Another copy writes it now" in outcome.text
        assert (tmp_path / "to.pstui-part").exists()
    assert (tmp_path / "to").read_bytes() == taken


async def test_what_is_no_file_is_not_replaced(files: LocalFiles, other: LocalFiles, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    (outcome,) = await run(files, other, "file", to="pipe", forces=True)
    assert outcome.state is State.FAILED
    assert "special file" in outcome.text
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("target", ["nowhere", "to"])
async def test_a_link_where_a_file_should_be_is_replaced(
    files: LocalFiles, other: LocalFiles, tmp_path: Path, target: str
) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "to").symlink_to(target)  # the second leads to itself
    (outcome,) = await run(files, other, "file", to="to", forces=True)
    assert outcome.state is State.COPIED
    assert not (tmp_path / "to").is_symlink()
    assert not (tmp_path / "nowhere").exists()


async def test_a_link_to_a_name_with_control_characters_is_named(
    files: LocalFiles, other: LocalFiles, tmp_path: Path
) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link").symlink_to("a\nb")
    (outcome,) = await run(files, other, "tree", recurse=True)
    assert outcome.reason is Reason.NAME
    assert "control characters" in outcome.text


async def test_a_longest_name_has_room_for_its_part(files: LocalFiles, other: LocalFiles, tmp_path: Path) -> None:
    (tmp_path / ("ü" * 127)).write_text("x")
    (outcome,) = await run(files, other, "ü" * 127, to="to" + "ü" * 126)
    assert outcome.state is State.COPIED


async def test_without_times_kept_a_new_file_has_its_own(files: LocalFiles, other: LocalFiles, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    os.utime(tmp_path / "file", (1_000_000, 1_000_000))
    await Transfer(files, other, Options(keeps=False)).run(["file"], "to")
    assert (tmp_path / "to").stat().st_mtime > 1_000_000_000


async def test_a_pause_holds_it_until_it_may_go_on(files: LocalFiles, other: LocalFiles, tmp_path: Path) -> None:
    import asyncio

    (tmp_path / "file").write_bytes(bytes(100_000))
    copy = Transfer(files, other, Options())
    copy.pause()
    running = asyncio.ensure_future(copy.run(["file"], "to"))
    while not copy.progress.is_planned:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.01)
    assert copy.is_paused
    assert not (tmp_path / "to").exists()
    copy.go_on()
    await running
    assert (tmp_path / "to").exists()


async def test_a_reading_that_is_broken_off_closes_its_file(
    files: LocalFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"x")
    begun, may_open = threading.Event(), threading.Event()
    opened: list[int] = []
    real = local._open_to_read

    def slow(place: Path) -> int:
        begun.set()
        assert may_open.wait(60)
        opened.append(real(place))
        return opened[0]

    monkeypatch.setattr(local, "_open_to_read", slow)

    async def read() -> None:
        async with aclosing(files.read("a", 0, 1)) as pieces:
            async for _ in pieces:
                pass

    reading = asyncio.create_task(read())
    assert await asyncio.to_thread(begun.wait, 60)
    while not reading.done():  # whoever waits for the end is broken off, too
        reading.cancel()
        await asyncio.sleep(0)
    may_open.set()

    async with asyncio.timeout(30):
        while not opened or is_open(opened[0]):
            await asyncio.sleep(0.005)


async def test_a_writing_that_is_broken_off_closes_its_file(files: LocalFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_write = threading.Event(), threading.Event()
    opened: list[int] = []
    real = local._write_all

    def slow(file: int, block: list[bytes]) -> None:
        opened.append(file)
        begun.set()
        assert may_write.wait(60)
        real(file, block)

    monkeypatch.setattr(local, "_write_all", slow)

    async def blocks() -> AsyncGenerator[bytes, None]:
        for _ in range(2):
            yield b"x" * local.BLOCK

    writing = asyncio.create_task(files.write("a", 0, blocks()))
    assert await asyncio.to_thread(begun.wait, 60)
    while not writing.done():
        writing.cancel()
        await asyncio.sleep(0)
    assert is_open(opened[0])
    may_write.set()
    async with asyncio.timeout(30):
        while is_open(opened[0]):
            await asyncio.sleep(0.005)


def is_open(file: int) -> bool:
    """Whether a descriptor leads to a file."""
    try:
        os.fstat(file)
    except OSError:
        return False
    return True
