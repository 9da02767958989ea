"""Logging in with passwords and with the server's own questions, and what the server says beside the protocol.

The server is asyncssh's, on the loopback: a password for OpenSSH needs PAM and a real account.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import QuestionKind
from pstui.backends.errors import OpenCancelled, OpenError, SessionBroken
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.login import MAX_BANNER

from tests.support.answers import AnsweringConsole
from tests.support.nobody import NobodyConsole
from tests.support.sshd import make_home

PASSWORD = "pä55 word"  # not a secret of anybody


@dataclass
class Rules(asyncssh.SSHServer):
    """What the server wants of a login: a password, answers to its questions, or both methods refused."""

    password: str | None = None
    questions: list[tuple[str, str, list[tuple[str, bool]], list[str]]] = field(default_factory=list)
    banner: str = ""
    banners: int = 1
    attempts: list[str] = field(default_factory=list)
    #: a password that has expired, and has to be changed
    expired: str = ""
    changed: tuple[str, str] = ("", "")
    _asked: int = 0

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._asked = 0
        for _ in range(self.banners if self.banner else 0):
            conn.send_auth_banner(self.banner)

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return False

    def password_auth_supported(self) -> bool:
        return self.password is not None

    def validate_password(self, username: str, password: str) -> bool:
        self.attempts.append(password)
        if self.expired and password == self.expired:
            raise asyncssh.PasswordChangeRequired("Your password has expired.\x1b[2J\nChoose another.")
        return password == self.password

    def change_password(self, username: str, old_password: str, new_password: str) -> bool:
        self.changed = (old_password, new_password)
        return old_password == self.expired

    def kbdint_auth_supported(self) -> bool:
        return bool(self.questions)

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Any:
        self._asked = 0
        title, text, prompts, _ = self.questions[0]
        return title, text, "", prompts

    def validate_kbdint_response(self, username: str, responses: Any) -> Any:
        self.attempts += responses
        if list(responses) != self.questions[self._asked][3]:
            return False
        self._asked += 1
        if self._asked == len(self.questions):
            return True
        title, text, prompts, _ = self.questions[self._asked]
        return title, text, "", prompts


async def serve(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """The subsystems: ``powershell`` waits, ``talkative`` writes to stderr, ``failing`` does and ends."""
    if process.subsystem != "powershell":
        process.stderr.write(b"careful \x1b[31mnow\n\n")
    if process.subsystem == "flood":
        for _ in range(1000):
            process.stderr.write(b"x" * 1000 + b"\n")
    if process.subsystem in {"failing", "flood"}:
        process.exit(3)
        return
    await process.stdin.read()


class Server:
    """A server that runs for a test; ``info`` is a connection to it."""

    def __init__(self, rules: Rules, port: int) -> None:
        self.rules, self.port = rules, port

    def info(self, **values: Any) -> ConnectionInfo:
        merged = {"HostName": "127.0.0.1", "Port": self.port, "UserName": "ann", **values}
        return ConnectionInfo(ParameterSet.SSH_HOST, merged)


@contextlib.asynccontextmanager
async def running(rules: Rules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    key = asyncssh.generate_private_key("ssh-ed25519")
    listener = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=lambda: rules,
        server_host_keys=[key],
        process_factory=serve,
        encoding=None,
        kbdint_auth=bool(rules.questions),
    )
    port = listener.get_port()
    public = key.export_public_key().decode().strip()
    make_home(tmp_path / "home", monkeypatch, f"[127.0.0.1]:{port} {public}\n")
    try:
        yield Server(rules, port)
    finally:
        listener.close()
        await listener.wait_closed()


async def log_in(server: Server, console: NobodyConsole, **values: Any) -> None:
    transport = await asyncio.wait_for(registry.connect(server.info(**values), ConnectContext(console)), 10)
    await transport.abort()


async def test_a_password_is_asked_and_lets_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=[PASSWORD])
        await log_in(server, console)
    (question,) = console.questions
    assert question.kind is QuestionKind.SECRET
    assert question.label == "ann@127.0.0.1's password: "
    assert not question.remote
    assert server.rules.attempts == [PASSWORD]


async def test_a_password_may_be_tried_three_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=["wrong", "wronger", PASSWORD])
        await log_in(server, console)
    assert server.rules.attempts == ["wrong", "wronger", PASSWORD]
    assert [bool(question.preamble) for question in console.questions] == [False, True, True]
    assert "Try again" in console.questions[1].preamble[0].text


@pytest.mark.parametrize(("options", "tries"), [({}, 3), ({"NumberOfPasswordPrompts": 1}, 1)])
async def test_wrong_passwords_are_sent_as_often_as_ssh_would(
    options: dict[str, int], tries: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=["wrong"] * 3)
        with pytest.raises(OpenError) as refused:
            await log_in(server, console, Options=options)
    assert server.rules.attempts == ["wrong"] * tries
    assert "refused" in refused.value.what
    assert "ann" in refused.value.why
    assert "password" in refused.value.why
    assert "Check the user name and the password" in refused.value.hint
    assert "wrong" not in refused.value.text() + refused.value.details


async def test_refusing_to_answer_cancels_and_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as server:
        with pytest.raises(OpenCancelled):
            await log_in(server, AnsweringConsole(answers=[None]))
    assert not server.rules.attempts


async def test_without_anybody_to_ask_the_password_that_was_wanted_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as server:
        with pytest.raises(OpenError) as refused:
            await log_in(server, NobodyConsole())
    assert not isinstance(refused.value, OpenCancelled)
    assert "There is nobody to ask for: ann@127.0.0.1's password" in refused.value.why


async def test_the_servers_own_questions_are_asked_in_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    questions = [
        ("Two steps", "First\x1b[2Jthe password", [("Password: ", False)], [PASSWORD]),
        ("", "", [("Code: ", True), ("Place: ", True)], ["123456", "home"]),
        ("Welcome", "back", [], []),
    ]
    async with running(Rules(questions=questions), tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=[PASSWORD, "123456", "home"])
        await log_in(server, console)
    kinds = [question.kind for question in console.questions]
    assert kinds == [QuestionKind.SECRET, QuestionKind.LINE, QuestionKind.LINE]
    assert console.questions[0].label == "(ann@127.0.0.1) Password: "
    said = [write.text for write in console.questions[0].preamble]
    assert said == ["127.0.0.1: Two steps", "127.0.0.1: First?[2Jthe password"]
    assert console.questions[0].voice == "from the server 127.0.0.1"
    assert "127.0.0.1: Welcome\n127.0.0.1: back" in console.text
    assert server.rules.attempts == [PASSWORD, "123456", "home"]


async def test_refused_answers_give_the_method_up_and_the_next_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = Rules(password=PASSWORD, questions=[("", "", [("Password: ", False)], [PASSWORD])])
    async with running(rules, tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=["wrong", "wrong", "wrong", PASSWORD])
        await log_in(server, console)
    assert rules.attempts == ["wrong", "wrong", "wrong", PASSWORD]
    assert [question.label[0] for question in console.questions] == ["(", "(", "(", "a"]
    first, *others = console.questions
    assert not first.preamble
    assert all("did not accept" in other.preamble[0].text for other in others), "each says why it comes"


async def test_the_same_question_may_come_twice_in_one_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Rules(questions=[("", "", [("Code: ", False)], ["1"]), ("", "", [("Code: ", False)], ["2"])])
    async with running(rules, tmp_path, monkeypatch) as server:
        await log_in(server, AnsweringConsole(answers=["1", "2"]))
    assert rules.attempts == ["1", "2"]


async def test_a_prompt_of_several_lines_is_asked_with_its_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = Rules(questions=[("", "", [("Change it.\nOld password: ", False)], ["a"])])
    async with running(rules, tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=["a"])
        await log_in(server, console)
    assert console.questions[0].label == "(ann@127.0.0.1) Old password: "
    assert [record.text for record in console.questions[0].preamble] == ["127.0.0.1: Change it."]


async def test_questions_without_end_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [("", "", [("x" * 300, True)] * 50, ["y"] * 50)]
    again = [("", "", [("Password: ", False)], ["a"])] * 30
    for questions, answers in ((many, []), (again, ["a"] * 30)):
        async with running(Rules(questions=questions), tmp_path / str(len(answers)), monkeypatch) as server:
            with pytest.raises(OpenError, match="refused"):
                await log_in(server, AnsweringConsole(answers=list(answers)))


async def test_the_methods_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Rules(password=PASSWORD, questions=[("", "", [("Password: ", False)], [PASSWORD])])
    async with running(rules, tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=[PASSWORD])
        await log_in(server, console, Options={"PreferredAuthentications": "password"})
        assert console.questions[0].label.startswith("ann@")
        none = {"PasswordAuthentication": False, "KbdInteractiveAuthentication": False}
        with pytest.raises(OpenError, match="refused"):
            await log_in(server, AnsweringConsole(), Options=none)


async def test_what_a_server_says_before_the_login_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Rules(password=PASSWORD, banner="\n".join(["\x1b[2Jx" * 500] * 30), banners=200)
    async with running(rules, tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=[PASSWORD])
        await log_in(server, console)
    lines = [line for line in console.text.splitlines() if line.startswith("127.0.0.1: ")]
    assert len(lines) == MAX_BANNER
    assert all(len(line) < 1100 and "\x1b" not in line for line in lines)


async def test_a_password_that_has_expired_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(Rules(password=PASSWORD, expired="old"), tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=["old", "old", "new", "other", "old", "new", "new"])
        await log_in(server, console)
    assert server.rules.changed == ("old", "new")
    assert [question.kind for question in console.questions] == [QuestionKind.SECRET] * 7
    assert [question.label for question in console.questions[1:4]] == [
        "ann@127.0.0.1's old password: ",
        "ann@127.0.0.1's new password: ",
        "The new password again: ",
    ]
    said = [[record.text for record in question.preamble] for question in console.questions]
    assert said[1] == ["Your password has expired.?[2J", "Choose another."]
    assert said[4] == ["The two new passwords are not the same."]
    assert "was changed" in console.text


async def test_a_password_that_nobody_changes_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(Rules(password=PASSWORD, expired="old"), tmp_path, monkeypatch) as server:
        with pytest.raises(OpenCancelled):
            await log_in(server, AnsweringConsole(answers=["old", None]))
    assert server.rules.changed == ("", "")


async def test_a_banner_is_a_notice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Rules(password=PASSWORD, banner="Authorised\r\nuse only\n")
    async with running(rules, tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=[PASSWORD])
        await log_in(server, console)
    assert console.text == "127.0.0.1: Authorised\n127.0.0.1: use only\n"
    assert {write.stream.value for write in console.writes} == {"notice"}


async def test_neither_logs_nor_errors_hold_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as server:
        with caplog.at_level(logging.DEBUG):
            await log_in(server, AnsweringConsole(answers=[PASSWORD]))
            with pytest.raises(OpenError):
                await log_in(server, AnsweringConsole(answers=["guess-work"] * 3))
    assert "Trying password auth" in caplog.text
    assert PASSWORD not in caplog.text
    assert "guess-work" not in caplog.text


async def test_stderr_is_a_notice_and_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=[PASSWORD])
        info = server.info(Subsystem="talkative")
        transport = await registry.connect(info, ConnectContext(console))
        await transport.open(b"opening")
        ended = asyncio.ensure_future(anext(transport.incoming()))
        async with asyncio.timeout(10):
            while "careful" not in console.text:
                await asyncio.sleep(0)
        assert console.writes[0].stream.value == "notice"
        assert not ended.done()
        await transport.abort()
        with contextlib.suppress(StopAsyncIteration, SessionBroken):
            await ended


@pytest.mark.parametrize("subsystem", ["failing", "flood"])
async def test_a_subsystem_that_fails_says_what_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subsystem: str
) -> None:
    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=[PASSWORD])
        transport = await registry.connect(server.info(Subsystem=subsystem), ConnectContext(console))
        with contextlib.suppress(SessionBroken):
            await transport.open(b"opening")
        with pytest.raises(SessionBroken) as broken:
            await asyncio.wait_for(anext(transport.incoming()), 10)
        await transport.abort()
    assert "exit code 3" in broken.value.why
    assert "careful ?[31mnow" in broken.value.why
    assert len(broken.value.why) < 20_000
