"""Trees over SFTP, both ways, against a real sshd: what arrives, what a cut leaves, and what a hostile server gets."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncssh
import pytest
from pstui.backends.files.base import FileError, Pieces, Reason, Settled
from pstui.backends.files.local import LocalFiles
from pstui.backends.files.options import Existing, Options
from pstui.backends.files.plan import State
from pstui.backends.files.transfer import Transfer

from tests.support.far_files import far_files, look, near_files, own_sftp, sftp_sshd
from tests.support.sshd import Sshd, make_home

LONG = "l" * 251 + ".txt"
#: what a shell, a pattern, an option or a normal form would make something else of
NAMES: tuple[str, ...] = (
    "--",
    "*",
    "?",
    "'",
    '"',
    "`id`",
    "${HOME}",
    "...",
    "e\u0301",
    "\u00e9",
    "漢" * 85,
    "trail ",
    " lead",
    "~root",
)
NAMES += ("a;b", "a|b", "#", "%41", "a:b", "\u202ex", "\ufeffx", "a\u2028b", "_x0041_", "&amp;", "\U0010ffff")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sftp_sshd(tmp_path_factory.mktemp("sftp") / "sshd") as running:
        yield running


@pytest.fixture
def home(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return make_home(tmp_path / "home", monkeypatch, known=server.known_hosts_line).parent


def odd_tree(folder: Path) -> Path:
    """Make a tree with what is odd about names, contents and links."""
    (folder / "sub" / "empty folder").mkdir(parents=True)
    for name in ("with space", "br[ack]et*?", "ünïcødé 漢字", "dots...", "CON", "back\\slash", "-r", LONG, *NAMES):
        (folder / "sub" / name).write_bytes(name.encode())
    for name in ("*", "~", "$(id)"):
        (folder / name).mkdir()
        (folder / name / "file").write_text(name)
    os.link(folder / "sub" / "-r", folder / "hard link")
    (folder / "epoch").touch()
    os.utime(folder / "epoch", (0, 0))
    (folder / "sub" / os.fsdecode(b"latin\xe9")).write_text("é")
    (folder / "empty").touch()
    (folder / "large").write_bytes(os.urandom(3_000_001))
    with (folder / "sparse").open("wb") as stream:
        stream.seek(2_000_000)
        stream.write(b"end")
    (folder / "to large").symlink_to("large")
    (folder / "sub" / "up").symlink_to("../empty")
    (folder / "loop").symlink_to("loop")
    (folder / "nowhere").symlink_to("missing")
    (folder / "large").chmod(0o640)
    (folder / "empty").chmod(0o755)
    os.utime(folder / "large", (1_000_000_000, 1_000_000_000))
    os.utime(folder / "sub", (1_100_000_000, 1_100_000_000))
    return folder


async def test_a_tree_arrives_as_it_was_both_ways(server: Sshd, home: Path, tmp_path: Path) -> None:
    tree = odd_tree(tmp_path / "tree")
    async with far_files(server.info()) as far, near_files(tmp_path) as near:
        sent = Transfer(near, far, Options(recurse=True))
        await sent.run(["tree"], str(tmp_path / "there"))
        assert not sent.failed, [each.text for each in sent.outcomes]
        fetched = Transfer(far, near, Options(recurse=True))
        await fetched.run([str(tmp_path / "there")], "back")
        assert not fetched.failed, [each.text for each in fetched.outcomes]
    assert look(tmp_path / "there") == look(tree) == look(tmp_path / "back")


async def test_what_is_there_already_is_not_sent_again(server: Sshd, home: Path, tmp_path: Path) -> None:
    odd_tree(tmp_path / "tree")
    async with far_files(server.info()) as far, near_files(tmp_path) as near:
        await Transfer(near, far, Options(recurse=True)).run(["tree"], str(tmp_path / "there"))
        again = Transfer(near, far, Options(recurse=True))
        await again.run(["tree/large", "tree/empty"], str(tmp_path / "there"))
    assert {each.state for each in again.outcomes} == {State.SAME}
    assert again.progress.spared == again.progress.done == again.progress.total == 3_000_001


async def test_a_pattern_is_matched_over_there(server: Sshd, home: Path, tmp_path: Path) -> None:
    for name in ("a1.log", "a2.log", "b.log", "[x].log", ".a.log"):
        (tmp_path / name).write_text(name)
    (tmp_path / "got").mkdir()
    async with far_files(server.info()) as far, near_files(tmp_path) as near:
        await Transfer(far, near, Options()).run([f"{tmp_path}/a*.log", f"{tmp_path}/[x].log"], "got")
        missed = Transfer(far, near, Options())
        await missed.run([f"{tmp_path}/z*"], "got")
    assert sorted(each.name for each in (tmp_path / "got").iterdir()) == ["[x].log", "a1.log", "a2.log"]
    assert missed.failed


class Halting(LocalFiles):
    """Files here whose content stops in the middle until it may go on."""

    def __init__(self, here: str) -> None:
        super().__init__(here)
        self.halted, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def read(self, path: str, offset: int, length: int) -> Pieces:
        async for piece in super().read(path, offset, length):
            if offset == 0 and not self.halted.is_set() and self.sent > 2_000_000:
                self.halted.set()
                await self.may_go_on.wait()
            self.sent += len(piece)
            yield piece

    sent = 0


async def test_a_cut_copy_goes_on_where_it_was(server: Sshd, home: Path, tmp_path: Path) -> None:
    content = os.urandom(4_000_000)
    (tmp_path / "big").write_bytes(content)
    there = tmp_path / "there"
    options = Options(overlap=256 * 1024)
    halting = Halting(str(tmp_path))
    async with far_files(server.info()) as far:
        running = asyncio.ensure_future(Transfer(halting, far, options).run(["big"], str(there)))
        await halting.halted.wait()
        while (
            not (tmp_path / "there.pstui-part").exists() or (tmp_path / "there.pstui-part").stat().st_size < 1_500_000
        ):
            await asyncio.sleep(0.01)
        server.kill_connections()
        halting.may_go_on.set()
        with pytest.raises(FileError) as caught:
            await running
        assert caught.value.reason is Reason.LOST
    assert not there.exists()
    async with far_files(server.info()) as far:
        second = Transfer(halting, far, options)
        await second.run(["big"], str(there))
    assert there.read_bytes() == content
    assert second.progress.spared >= 1_000_000
    assert not (tmp_path / "there.pstui-part").exists()
    await halting.close()


async def test_a_part_of_something_else_is_not_taken_up(server: Sshd, home: Path, tmp_path: Path) -> None:
    content = os.urandom(1_000_000)
    (tmp_path / "big").write_bytes(content)
    options = Options(overlap=64 * 1024)
    for beginning in (os.urandom(500_000), content[:100_000] + os.urandom(1) + content[100_001:500_000], content * 2):
        (tmp_path / "there").unlink(missing_ok=True)
        (tmp_path / "there.pstui-part").write_bytes(beginning)
        async with far_files(server.info()) as far, near_files(tmp_path) as near:
            copy = Transfer(near, far, options)
            await copy.run(["big"], str(tmp_path / "there"))
        assert not copy.failed
        assert (tmp_path / "there").read_bytes() == content


async def test_a_link_under_the_name_of_the_part_is_not_written_through(
    server: Sshd, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "new").write_text("new")
    (tmp_path / "other").write_text("other")
    (tmp_path / "there.pstui-part").symlink_to("other")
    async with far_files(server.info()) as far, near_files(tmp_path) as near:
        await Transfer(near, far, Options()).run(["new"], str(tmp_path / "there"))
    assert ((tmp_path / "other").read_text(), (tmp_path / "there").read_text()) == ("other", "new")


async def test_a_server_that_takes_nothing_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    with sftp_sshd(tmp_path / "sshd", "-R") as server:
        make_home(tmp_path / "home", monkeypatch, known=server.known_hosts_line)
        async with far_files(server.info()) as far, near_files(tmp_path) as near:
            copy = Transfer(near, far, Options())
            (outcome,) = await copy.run(["file"], str(tmp_path / "there"))
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.DENIED)
    assert not (tmp_path / "there").exists()


class Failing(asyncssh.SFTPServer):
    """A server that says only "Failure", and more of its disk."""

    disk = asyncssh.SFTPVFSAttrs()

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        raise asyncssh.SFTPFailure("Failure")

    def statvfs(self, path: bytes) -> asyncssh.SFTPVFSAttrs:
        return self.disk


@pytest.mark.parametrize(
    "disk, reason",
    [
        (asyncssh.SFTPVFSAttrs(4096, 4096, 100, 50, 0), Reason.FULL),
        (asyncssh.SFTPVFSAttrs(4096, 4096, 9999, 9999, 9999, 10, 0, 0), Reason.FULL),
        (asyncssh.SFTPVFSAttrs(4096, 4096, 9999, 9999, 9999, flags=1), Reason.DENIED),
        (asyncssh.SFTPVFSAttrs(4096, 4096, 9999, 9999, 9999), Reason.OTHER),
    ],
)
async def test_a_disk_tells_why_a_server_fails(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk: asyncssh.SFTPVFSAttrs, reason: Reason
) -> None:
    monkeypatch.setattr(Failing, "disk", disk)
    (tmp_path / "file").write_text("x")
    async with own_sftp(Failing, home) as info, far_files(info) as far, near_files(tmp_path) as near:
        (outcome,) = await Transfer(near, far, Options()).run(["file"], str(tmp_path / "there"))
    assert (outcome.state, outcome.reason) == (State.FAILED, reason)


async def test_a_time_that_does_not_fit_becomes_the_nearest(server: Sshd, home: Path, tmp_path: Path) -> None:
    for name, time in (("old", -86_400), ("late", 1 << 33)):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (time, time))
    (tmp_path / "there").mkdir()
    async with far_files(server.info()) as far, near_files(tmp_path) as near:
        await Transfer(near, far, Options()).run(["old", "late"], str(tmp_path / "there"))
        again = await Transfer(near, far, Options()).run(["old", "late"], str(tmp_path / "there"))
    assert [(tmp_path / "there" / name).stat().st_mtime for name in ("old", "late")] == [0, 0xFFFFFFFF]
    assert {each.state for each in again} == {State.SAME}


async def test_a_path_that_would_end_the_server_is_not_sent(server: Sshd, home: Path, tmp_path: Path) -> None:
    async with far_files(server.info()) as far:
        for path in (f"{tmp_path}/a\0b", f"{tmp_path}/{'n' * 256}", "/" + "n/" * 5000):
            with pytest.raises(FileError) as caught:
                await far.stat(path)
            assert caught.value.reason is Reason.NAME
        assert await far.stat(str(tmp_path)) is not None


async def test_from_host_to_host(server: Sshd, home: Path, tmp_path: Path) -> None:
    tree = odd_tree(tmp_path / "tree")
    async with far_files(server.info()) as one, far_files(server.info()) as other:
        copy = Transfer(one, other, Options(recurse=True))
        await copy.run([str(tree)], str(tmp_path / "there"))
    assert not copy.failed
    assert look(tmp_path / "there") == look(tree)


async def test_moving_removes_what_was_copied(server: Sshd, home: Path, tmp_path: Path) -> None:
    tree = odd_tree(tmp_path / "tree")
    before = look(tree)
    async with far_files(server.info()) as far, near_files(tmp_path) as near:
        copy = Transfer(near, far, Options(recurse=True, moves=True))
        await copy.run(["tree"], str(tmp_path / "there"))
    assert not copy.failed
    assert look(tmp_path / "there") == before
    assert not tree.exists()


# -- hostile servers -------------------------------------------------------------------------------------------


def regular(size: int = 1) -> asyncssh.SFTPAttrs:
    return asyncssh.SFTPAttrs(permissions=0o100644, size=size, mtime=1_000_000_000, atime=0)


def folder() -> asyncssh.SFTPAttrs:
    return asyncssh.SFTPAttrs(permissions=0o40755, mtime=1_000_000_000, atime=0)


class Hostile(asyncssh.SFTPServer):
    """A server of SFTP that lists what a test wants and gives ``X`` for each file."""

    names: tuple[tuple[bytes, asyncssh.SFTPAttrs], ...] = ()
    endless = deep = generous = False

    def realpath(self, path: bytes) -> bytes:
        return b"/"

    def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        name = path.rpartition(b"/")[2]
        return folder() if name in (b"top", b"down") else regular()

    lstat = stat

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        for name, attrs in self.names if path.endswith(b"top") else ():
            yield asyncssh.SFTPName(name, attrs=attrs)
        if self.deep:
            yield asyncssh.SFTPName(b"down", attrs=folder())
        number = 0
        while self.endless:
            number += 1
            yield asyncssh.SFTPName(b"f%d" % number, attrs=regular())

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        return object()

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        return b"X" * (size + 1000) if self.generous else b"X"[offset:]

    def close(self, file_obj: object) -> None:
        pass


async def fetch(factory: type[Hostile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Transfer:
    """Fetch the folder ``top`` of a server into ``got``."""
    ssh = make_home(tmp_path / "home", monkeypatch)
    (tmp_path / "got").mkdir()
    async with own_sftp(factory, ssh.parent) as info, far_files(info) as far, near_files(tmp_path) as near:
        copy = Transfer(far, near, Options(recurse=True, existing=Existing.OVERWRITE))
        await copy.run(["/top"], "got")
    return copy


async def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Server(Hostile):
        names = (
            (b"../escaped", regular()),
            (b"/tmp/escaped", regular()),
            (b"a/b", regular()),
            (b"esc\x1b]0;title\x07", regular()),
            (b"line\nbreak", regular()),
            (b"c1\xc2\x9b", regular()),
            (b"n" * 256, regular()),
            (b"good", regular()),
            (b"good", regular()),
        )

    copy = await fetch(Server, tmp_path, monkeypatch)
    failed = [each for each in copy.outcomes if each.state is State.FAILED]
    assert len(failed) == 8
    assert {each.reason for each in failed} == {Reason.NAME}
    assert not any("\x1b" in each.text for each in failed)
    assert sorted(str(each.relative_to(tmp_path / "got")) for each in (tmp_path / "got").rglob("*")) == [
        "top",
        "top/good",
    ]
    assert not (tmp_path / "escaped").exists()


async def test_a_link_and_what_would_go_through_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = asyncssh.SFTPAttrs(permissions=0o120777, mtime=0, atime=0)

    class Server(Hostile):
        names = ((b"down", link), (b"out", link), (b"far", link))

        def readlink(self, path: bytes) -> bytes:
            return {b"out": b"../../home", b"far": b"/etc"}.get(path.rpartition(b"/")[2], b"good")

    copy = await fetch(Server, tmp_path, monkeypatch)
    assert sorted(each.path for each in copy.outcomes if each.state is State.FAILED) == ["/top/far", "/top/out"]
    assert (tmp_path / "got" / "top" / "down").readlink() == Path("good")
    names: tuple[tuple[bytes, asyncssh.SFTPAttrs], ...] = ((b"down", folder()),)
    monkeypatch.setattr(Server, "names", names)
    (tmp_path / "got" / "good").mkdir()
    async with own_sftp(Server, tmp_path / "home") as info, far_files(info) as far, near_files(tmp_path) as near:
        second = Transfer(far, near, Options(recurse=True))
        await second.run(["/top"], "got")
    assert [each.reason for each in second.outcomes] == [Reason.EXISTS]


async def test_folders_without_end_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Server(Hostile):
        deep = True

    copy = await fetch(Server, tmp_path, monkeypatch)
    assert [each.reason for each in copy.outcomes if each.state is State.FAILED] == [Reason.REFUSED]


async def test_a_list_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Server(Hostile):
        endless = True

    monkeypatch.setattr("pstui.backends.files.sftp.MAX_ENTRIES", 500)
    copy = await fetch(Server, tmp_path, monkeypatch)
    assert [each.reason for each in copy.outcomes] == [Reason.REFUSED]


async def test_more_than_was_asked_for_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Server(Hostile):
        names = ((b"file", regular()),)
        generous = True

    with pytest.raises(FileError):
        await fetch(Server, tmp_path, monkeypatch)
    assert not (tmp_path / "got" / "top" / "file").exists()


class Stingy(asyncssh.SFTPServer):
    """Answers with half of what was asked for."""

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        return bytes(super().read(file_obj, offset, max(1, size // 2)))  # type: ignore[arg-type]


class Late(asyncssh.SFTPServer):
    """Has renamed a file already when it looks for what it was to set before."""

    def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        if path.endswith(b".pstui-part"):
            raise asyncssh.SFTPNoSuchFile("gone")
        super().setstat(path, attrs)


class Together(LocalFiles):
    """Files here that are written when eight are wanted."""

    wanted = 0

    async def write(
        self, path: str, offset: int, pieces: Pieces, *, mode: int | None = None, settled: Settled | None = None
    ) -> None:
        self.wanted += 1
        while self.wanted < 8:
            await asyncio.sleep(0)
        await super().write(path, offset, pieces, mode=mode, settled=settled)


async def test_many_files_travel_at_once_and_short_answers_are_asked_on(home: Path, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    for number in range(12):
        (tmp_path / "tree" / str(number)).write_bytes(os.urandom(1000 + number))
    near = Together(str(tmp_path))
    async with own_sftp(Stingy, home) as info, far_files(info) as far:
        fetched = Transfer(far, near, Options(recurse=True))
        await fetched.run([str(tmp_path / "tree")], "back")
    await near.close()
    assert not fetched.failed, [each.text for each in fetched.outcomes]
    assert look(tmp_path / "back") == look(tmp_path / "tree")


async def test_times_stay_where_a_server_takes_requests_in_another_order(home: Path, tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    os.utime(tmp_path / "old", (1_000_000_000, 1_000_000_000))
    async with own_sftp(Late, home) as info, far_files(info) as far, near_files(tmp_path) as near:
        await Transfer(near, far, Options()).run(["old"], str(tmp_path / "there"))
    assert (tmp_path / "there").stat().st_mtime == 1_000_000_000


class Folding(asyncssh.SFTPServer):
    """A server whose disk takes names that differ in case for one, as that of a Mac does."""

    def map_path(self, path: bytes) -> bytes:
        place = Path("/")
        for part in Path(os.fsdecode(super().map_path(path))).parts[1:]:
            inside = place.iterdir() if place.is_dir() else ()
            place = next((each for each in inside if each.name.casefold() == part.casefold()), place / part)
        return os.fsencode(place)


@pytest.mark.parametrize(
    "factory, refused",
    [
        (Folding, {"tree/ReadMe", "tree/src", "two/Notes"}),
        (asyncssh.SFTPServer, set[str]()),
    ],
)
@pytest.mark.parametrize("is_there", [True, False])
async def test_a_far_end_is_asked_whether_two_names_are_one(
    home: Path, tmp_path: Path, factory: type[asyncssh.SFTPServer], refused: set[str], is_there: bool
) -> None:
    for name in ("tree/README", "tree/ReadMe", "tree/Src/a", "tree/src/b", "one/notes", "two/Notes"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    to, sources = tmp_path / "to", ["tree", str(tmp_path / "one" / "notes"), str(tmp_path / "two" / "Notes")]
    if is_there:
        to.mkdir()
    async with own_sftp(factory, home) as info, far_files(info) as far, near_files(tmp_path) as near:
        copy = Transfer(near, far, Options(recurse=True))
        outcomes = await copy.run(sources if is_there else sources[:1], str(to))
    failed = {str(Path(each.path).relative_to(tmp_path)) for each in outcomes if each.state is State.FAILED}
    assert failed == (refused if is_there else refused - {"two/Notes"})
    top = to / "tree" if is_there else to
    assert (top / "README").read_text() == "tree/README" and (top / "Src" / "a").read_text() == "tree/Src/a"


async def test_what_is_there_under_the_same_name_in_other_case_is_asked_about(home: Path, tmp_path: Path) -> None:
    for name in ("tree/README", "there/tree/ReadMe"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(name)
    async with own_sftp(Folding, home) as info, far_files(info) as far, near_files(tmp_path) as near:
        (outcome,) = await Transfer(near, far, Options(recurse=True)).run(["tree"], str(tmp_path / "there"))
    assert outcome.state is State.SKIPPED
    assert (tmp_path / "there" / "tree" / "ReadMe").read_text() == "there/tree/ReadMe"
