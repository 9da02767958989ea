"""AddKeysToAgent: a key that has logged in is in the real agent afterwards, as after ssh."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.agent_keys import wish

from tests.backends.transports.ssh.test_transport import ACKNOWLEDGE
from tests.support.answers import AnsweringConsole
from tests.support.parts import requires
from tests.support.sshd import Sshd, make_home, make_key, running_sshd


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("sshd"), subsystems={"powershell": ACKNOWLEDGE}) as sshd:
        sshd.allow(make_key(sshd.folder / "locked", "sesame", comment="locked one"))
        yield sshd


@pytest.fixture
def agent(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty agent of one's own."""
    make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)
    program = requires("sshd", ("ssh-agent", "ssh-add"))
    place = tmp_path / "agent"
    process = subprocess.Popen([program, "-D", "-a", str(place)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    monkeypatch.setenv("SSH_AUTH_SOCK", str(place))
    yield
    process.kill()
    process.wait()
    process.stdout.close()


def held() -> list[str]:
    """Return the comments of the keys in the agent."""
    done = subprocess.run(["ssh-add", "-l"], env=os.environ, capture_output=True, text=True, check=False, timeout=20)
    return [line.split(" ", 2)[2] for line in done.stdout.splitlines() if "SHA256:" in line]


async def log_in(server: Sshd, answers: list[str | None], wanted: str, **values: object) -> AnsweringConsole:
    console = AnsweringConsole(answers=answers)
    info = server.info(Options={"AddKeysToAgent": wanted}, **values)
    transport = await registry.connect(info, ConnectContext(console))
    await transport.abort()
    assert not console.answers
    return console


@pytest.mark.parametrize(
    ("wanted", "answers", "there"),
    [
        ("yes", [], True),
        ("no", [], False),
        ("ask", ["y"], True),
        ("ask", ["n"], False),
        ("ask", [None], False),
        ("1h", [], True),
        ("confirm", [], True),
        ("confirm 30m", [], True),
    ],
)
async def test_a_key_that_logged_in_is_put_into_the_agent(
    wanted: str, answers: list[str | None], there: bool, server: Sshd, agent: None
) -> None:
    await log_in(server, answers, wanted)
    assert held() == (["test (ED25519)"] if there else [])


async def test_its_passphrase_is_asked_once_for_all_logins(server: Sshd, agent: None) -> None:
    key = str(server.folder / "locked")
    await log_in(server, ["sesame"], "yes", KeyFilePath=key)
    assert held() == ["locked one (ED25519)"]
    await log_in(server, [], "yes", KeyFilePath=key)


async def test_a_key_that_the_server_does_not_take_stays_out(server: Sshd, agent: None, tmp_path: Path) -> None:
    wrong = make_key(tmp_path / "wrong", comment="wrong")
    console = AnsweringConsole(answers=[])
    info = server.info(Options={"AddKeysToAgent": "yes", "IdentityFile": str(wrong)})
    transport = await registry.connect(info, ConnectContext(console))
    await transport.abort()
    assert held() == ["test (ED25519)"]


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("", None), ("no", None), ("false", None), ("yes", ("yes", None)), ("true", ("yes", None)),
        ("ask", ("ask", None)), ("confirm", ("confirm", None)), ("confirm 1h30m", ("confirm", 5400)),
        ("7200", ("yes", 7200)), ("2h", ("yes", 7200)), ("odd", None),
    ],
)  # fmt: skip
def test_the_values_of_files_and_of_ssh_are_understood(value: str, meaning: object) -> None:
    assert wish(value) == meaning
