"""psedit: the file comes here, each save goes back, and what was changed over there meanwhile is asked about."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Question
from pstui.backends.credentials import Secret
from pstui.backends.errors import PstuiError
from pstui.backends.psrp.invocation import Call, Invocation
from pstui.backends.records import RunspaceAvailability, RunspaceState, Write
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.session import PSSession
from pstui.tui.pane.remote_editing import RemoteEditing

from tests.support.far_files import far_files, sftp_sshd
from tests.support.nobody import NobodyConsole
from tests.support.sshd import Sshd, make_home

CONTENT = b"\xef\xbb\xbfone\r\ntwo\r\n\xff"


class Person(NobodyConsole):
    """Answers each question alike and keeps what was said."""

    def __init__(self, answer: str) -> None:
        super().__init__()
        self.answer, self.said, self.asked = answer, list[str](), list[Question]()

    def write(self, record: Write) -> None:
        self.said.append(record.text)

    async def ask(self, question: Question) -> Secret:
        self.asked.append(question)
        return Secret(self.answer)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sftp_sshd(tmp_path_factory.mktemp("psedit") / "sshd") as running:
        yield running


@pytest.fixture
def session(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PSSession:
    """A session whose far end has the files of the server."""
    make_home(tmp_path / "home", monkeypatch, known=server.known_hosts_line)
    found = SessionManager().create(server.info(), NobodyConsole())
    found.status.set(RunspaceState.OPENED, RunspaceAvailability.AVAILABLE)
    return found


async def edited(session: PSSession, file: Path, editor: Callable[[Path], Any], answer: str = "k") -> Person:
    """Let a far end ask for a file, and an editor do something with the copy."""
    person, copies = Person(answer), list[Path]()

    async def run_editor(copy: Path) -> None:
        copies.append(copy)
        done = editor(copy)
        if asyncio.iscoroutine(done):
            await done

    editing = RemoteEditing(person, run_editor)
    await editing.prepare(session, f"psedit {file}")
    identifier = "PSISERemoteSessionOpenFile"
    session.records.on_event({"PSEventArgs.SourceIdentifier": identifier, "PSEventArgs.SourceArgs": [str(file), b""]})
    await editing.edit()
    person.copies = copies  # type: ignore[attr-defined]  # only for the tests
    return person


async def test_what_is_saved_goes_back_byte_by_byte_with_its_mode(session: PSSession, tmp_path: Path) -> None:
    file = tmp_path / "file.ps1"
    file.write_bytes(CONTENT)
    file.chmod(0o640)
    seen = []

    def editor(copy: Path) -> None:
        seen.append((copy.read_bytes(), copy.suffix, copy.stat().st_mode & 0o777))
        copy.write_bytes(CONTENT + b"three\r\n")

    person = await edited(session, file, editor)
    assert seen == [(CONTENT, ".ps1", 0o600)]
    assert file.read_bytes() == CONTENT + b"three\r\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert not person.copies[0].exists()  # type: ignore[attr-defined]  # set above


async def test_each_save_goes_back_while_the_editor_is_open(
    session: PSSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pstui.tui.pane.remote_editing.LOOK", 0.01)
    file = tmp_path / "file"
    file.write_text("first")

    async def editor(copy: Path) -> None:
        copy.write_text("second")
        while file.read_text() != "second":
            await asyncio.sleep(0.01)

    await edited(session, file, editor)
    assert file.read_text() == "second"


async def test_a_new_file_is_made_by_its_first_save(session: PSSession, tmp_path: Path) -> None:
    await edited(session, tmp_path / "new", lambda copy: copy.write_text("new"))
    assert (tmp_path / "new").read_text() == "new"


async def test_nothing_saved_is_nothing_sent(session: PSSession, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("same")
    before = file.stat().st_ino
    await edited(session, file, lambda copy: None)
    await edited(session, tmp_path / "none", lambda copy: None)
    assert file.stat().st_ino == before
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("answer, there, beside", [("o", "mine", None), ("b", "theirs", "mine"), ("k", "theirs", None)])
async def test_what_was_changed_over_there_meanwhile_is_asked_about(
    session: PSSession, tmp_path: Path, answer: str, there: str, beside: str | None
) -> None:
    file, other = tmp_path / "file", tmp_path / "file.pstui-mine"
    file.write_text("first")

    def editor(copy: Path) -> None:
        file.write_text("theirs")
        copy.write_text("mine")

    person = await edited(session, file, editor, answer)
    assert file.read_text() == there
    assert (other.read_text() if other.exists() else None) == beside
    shown = [write.text for write in person.asked[0].preamble]
    assert "-theirs" in shown and "+mine" in shown
    copy = person.copies[0]  # type: ignore[attr-defined]  # set above
    assert copy.exists() is (answer == "k")
    assert any(str(copy) in text for text in person.said) is (answer == "k")
    shutil.rmtree(copy.parent, ignore_errors=True)


@pytest.mark.parametrize("answer, there, beside", [("o", "mine", None), ("b", "first", "mine"), ("k", "first", None)])
async def test_a_read_only_file_is_told_of_and_a_save_asks_first(
    session: PSSession, tmp_path: Path, answer: str, there: str, beside: str | None
) -> None:
    file, other = tmp_path / "file", tmp_path / "file.pstui-mine"
    file.write_text("first")
    file.chmod(0o444)
    person = await edited(session, file, lambda copy: copy.write_text("mine"), answer)
    assert f"{file} is read-only over there. Before a save replaces it, you are asked." in person.said[0]
    assert [write.text for write in person.asked[0].preamble] == [f"{file} is read-only over there."]
    assert (file.read_text(), file.stat().st_mode & 0o777) == (there, 0o444)
    assert (other.read_text() if other.exists() else None) == beside
    shutil.rmtree(person.copies[0].parent, ignore_errors=True)  # type: ignore[attr-defined]  # set above


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
async def test_a_difference_is_text_in_every_encoding(
    session: PSSession, tmp_path: Path, encoding: str, ending: str
) -> None:
    file = tmp_path / "file"
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""

    def content(word: str) -> bytes:
        return mark + ending.join(("same", word, "no line end")).encode(encoding)

    file.write_bytes(content("Grüße"))

    def editor(copy: Path) -> None:
        assert copy.read_bytes() == content("Grüße")
        file.write_bytes(content("Süßes"))
        copy.write_bytes(content("Größe"))

    person = await edited(session, file, editor, "o")
    shown = [write.text for write in person.asked[0].preamble]
    assert "-Süßes" in shown and "+Größe" in shown and " same" in shown
    assert file.read_bytes() == content("Größe")


async def test_a_difference_in_line_ends_alone_is_said(session: PSSession, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"a\nb\n")

    def editor(copy: Path) -> None:
        file.write_bytes(b"a\r\nb\r\n")
        copy.write_bytes(b"\xef\xbb\xbfa\nb\n")

    person = await edited(session, file, editor, "o")
    assert any("line ends" in write.text for write in person.asked[0].preamble)


async def test_an_editor_may_save_by_renaming(
    session: PSSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pstui.tui.pane.remote_editing.LOOK", 0.01)
    file = tmp_path / "file"
    file.write_text("first")

    async def editor(copy: Path) -> None:
        for text in ("again", "other"):  # as long as the first one
            copy.rename(f"{copy}~")
            (copy.parent / "4913").write_text(text)
            (copy.parent / "4913").rename(copy)
            while file.read_text() != text:
                await asyncio.sleep(0.01)

    person = await edited(session, file, editor)
    assert not person.copies[0].parent.exists()  # type: ignore[attr-defined]  # set above


async def test_an_editor_that_comes_back_at_once_may_still_be_open(
    session: PSSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pstui.tui.pane.remote_editing.LOOK", 0.01)
    monkeypatch.setattr("pstui.tui.pane.remote_editing.QUICK", 60.0)
    file = tmp_path / "file"
    file.write_text("first")

    class Windowed(Person):
        """Saves in a window of its own before it says that it is done."""

        async def ask(self, question: Question) -> Secret:
            (copy,) = self.copies
            assert copy.read_text() == "first"
            copy.write_text("second")
            while file.read_text() != "second":
                await asyncio.sleep(0.01)
            return await super().ask(question)

        copies: list[Path]

    person = Windowed("d")
    person.copies = []

    async def run_editor(copy: Path) -> None:
        person.copies.append(copy)

    async with far_files(session.info) as files:
        await RemoteEditing(person, run_editor).open(files, str(file))
    assert len(person.asked) == 1
    assert file.read_text() == "second"
    assert not person.copies[0].exists()


async def test_links_to_links_stay(session: PSSession, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("first")
    (tmp_path / "one").symlink_to("file")
    (tmp_path / "two").symlink_to("one")
    await edited(session, tmp_path / "two", lambda copy: copy.write_text("second"))
    assert (tmp_path / "one").is_symlink() and (tmp_path / "two").is_symlink()
    assert (tmp_path / "file").read_text() == "second"


async def test_the_copy_stays_when_the_connection_is_gone(server: Sshd, session: PSSession, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("first")

    def editor(copy: Path) -> None:
        copy.write_text("mine")
        server.stop()

    person = await edited(session, file, editor)
    server.start()
    copy = person.copies[0]  # type: ignore[attr-defined]  # set above
    assert (file.read_text(), copy.read_text()) == ("first", "mine")
    assert any(str(copy) in text for text in person.said)
    shutil.rmtree(copy.parent)


async def test_an_editor_that_fails_loses_nothing(session: PSSession, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("first")

    def editor(copy: Path) -> None:
        copy.write_text("mine")
        raise PstuiError("vi ended with exit code 1")

    await edited(session, file, editor)
    assert file.read_text() == "mine"


async def test_a_far_end_opens_nothing_by_itself(session: PSSession, tmp_path: Path) -> None:
    opened: list[Path] = []

    async def run_editor(copy: Path) -> None:
        opened.append(copy)

    editing = RemoteEditing(Person(""), run_editor)
    await editing.prepare(session, "psedit x")
    await editing.prepare(session, "Get-Date")
    identifier = "PSISERemoteSessionOpenFile"
    session.records.on_event(
        {"PSEventArgs.SourceIdentifier": identifier, "PSEventArgs.SourceArgs": ["/etc/passwd", b""]}
    )
    await editing.edit()
    assert opened == []


async def test_the_demo_endpoint_asks_for_the_editor_by_itself(tmp_path: Path) -> None:
    """It runs no script of ours: the command is its own, and sends the event of the protocol."""
    file, person, manager = tmp_path / "a file", Person("k"), SessionManager()
    file.write_text("before")
    session = manager.create(ConnectionInfo(ParameterSet.DEMO), person)
    await session.open()

    async def run_editor(copy: Path) -> None:
        assert copy.read_text() == "before"
        copy.write_text("after")

    editing = RemoteEditing(person, run_editor)
    line = f"psedit '{file}', {tmp_path}"
    await editing.prepare(session, line)
    result = await session.run(Invocation(((Call(line, is_script=True),),)))
    await editing.edit()
    assert file.read_text() == "after"
    assert result.had_errors, "a folder is no file"
    assert person.said == [f"{file}: saved, 5 bytes"]
    await manager.remove(session)
