"""Sessions over WinRM from a profile file: what pstui itself must know stands there, in [defaults] or on the line."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from pstui.backends.binding.connections import connection_info
from pstui.backends.binding.line import bind_line
from pstui.backends.binding.writer import line_of
from pstui.backends.errors import CallError, OpenError
from pstui.backends.sessions.interactive import Outcome
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.profiles.reading import load
from pstui.tui.profiles.schema import profile_table

from tests.support.scripted_console import ScriptedConsole
from tests.support.winrm_fixture import PASSWORD, USER, WinRMEndpoint, WinRMOptions, winrm_endpoint
from tests.support.winrm_runs import a_new_run
from tests.support.wsman_calls import DEADLINE, answering

__all__ = ["a_new_run", "winrm_endpoint"]

WINRM = WinRMOptions(arguments=["--auth", "Negotiate,Basic", "--allow-unencrypted"])


def profiles(folder: Path, port: int, host: str = "", defaults: str = "", address: str = "") -> str:
    target = f'connection_uri = "{address}"' if address else f'computer_name = "localhost"\nport = {port}'
    file = folder / "profiles.toml"
    file.write_text(
        f'[defaults]\n{defaults}\n\n[credentials.box]\nuser_name = "{USER}"\n\n'
        f'[hosts.box]\n{target}\ncredential = "box"\n{host}\n'
    )
    return str(file)


async def entered(file: str) -> list[str]:
    """Enter the profile's host, answer the question for the password, run a command, and return what was shown."""
    console, manager = ScriptedConsole(), SessionManager()
    interactive = manager.interact(manager.create(load(file).connection("host", "box"), console), console)
    answers = asyncio.create_task(answering(console, PASSWORD))
    try:
        async with asyncio.timeout(DEADLINE):
            await interactive.enter()
            assert await interactive.run("'w' * 3") is Outcome.READY
        return console.shown()
    finally:
        answers.cancel()
        await manager.close_all()


@pytest.mark.parametrize("place", ["host", "defaults"])
async def test_a_trusted_host_is_entered_over_http(winrm_endpoint: WinRMEndpoint, tmp_path: Path, place: str) -> None:
    file = profiles(tmp_path, winrm_endpoint.port, **{place: 'trusted_hosts = ["other", "local*"]'})
    assert "www" in await entered(file)


async def test_a_uri_takes_the_same_keys(winrm_endpoint: WinRMEndpoint, tmp_path: Path) -> None:
    address = winrm_endpoint.url.replace("127.0.0.1", "localhost")
    assert "www" in await entered(profiles(tmp_path, 0, 'trusted_hosts = "localhost"', address=address))


async def test_without_it_nothing_is_sent(winrm_endpoint: WinRMEndpoint, tmp_path: Path) -> None:
    before = winrm_endpoint.wire("in").count(b"Authorization: ")
    with pytest.raises(OpenError) as told:
        await entered(profiles(tmp_path, winrm_endpoint.port, defaults='trusted_hosts = ["elsewhere"]'))
    assert "trusted_hosts" in told.value.text()
    assert winrm_endpoint.wire("in").count(b"Authorization: ") == before


async def test_what_is_readable_must_be_allowed_in_plain_words(winrm_endpoint: WinRMEndpoint, tmp_path: Path) -> None:
    basic = 'authentication = "Basic"\n'
    with pytest.raises(OpenError, match="Basic"):
        await entered(profiles(tmp_path, winrm_endpoint.port, basic))
    assert "www" in await entered(profiles(tmp_path, winrm_endpoint.port, basic + "allow_unencrypted = true"))


def test_every_key_arrives_where_the_transport_looks(tmp_path: Path) -> None:
    keys = (
        'trusted_hosts = ["*.lab"]\nallow_unencrypted = false\nrealms = { LAB = "LAB.EXAMPLE" }\n'
        'certificate_files = ["~/certificates"]\nmax_envelope_size_kb = 150\nmax_retry_time = 60000\n'
        "receive_timeout = 5000\n"
    )
    file = profiles(tmp_path, 5985, keys, defaults='trusted_hosts = ["x"]\nmax_retry_time = 1\nwidth = 100')
    assert not load(file).configuration.problems
    info = load(file).connection("host", "box")
    assert dict(info.settings) == {
        "credential": "box",
        "trusted_hosts": ("*.lab",),
        "allow_unencrypted": False,
        "realms": {"LAB": "LAB.EXAMPLE"},
        "certificate_files": ("~/certificates",),
        "max_envelope_size_kb": 150,
        "max_retry_time": 60000,
        "receive_timeout": 5000,
        "width": 100,
    }
    assert "TrustedHosts" not in info.values
    table = profile_table(info)
    assert table["trusted_hosts"] == ["*.lab"]
    assert table["realms"] == {"LAB": "LAB.EXAMPLE"}


@pytest.mark.parametrize("key", ["trusted_hosts = 5", "receive_timeout = 5", "realms = 'x'", "max_retry_time = -1"])
def test_a_wrong_value_is_a_problem_of_the_file(tmp_path: Path, key: str) -> None:
    problems = load(profiles(tmp_path, 5985, key)).configuration.problems
    assert any(key.split()[0] in str(problem) for problem in problems)


def test_on_a_line_they_are_named_in_full() -> None:
    line = "Enter-PSSession -ComputerName web -TrustedHosts web, db -MaxRetryTime 60000"
    info = connection_info(bind_line(line), defaults={"max_retry_time": 5, "receive_timeout": 9000})
    assert dict(info.settings) == {"trusted_hosts": ("web", "db"), "max_retry_time": 60000, "receive_timeout": 9000}
    assert "-TrustedHosts 'web', 'db' -MaxRetryTime 60000" in line_of(info)
    with pytest.raises(CallError):
        bind_line("Enter-PSSession -ComputerName web -Trusted web")
    with pytest.raises(CallError):
        bind_line("Enter-PSSession -HostName web -TrustedHosts web")


async def invoked(file: str, *words: str) -> tuple[int, str, str]:
    """Run ``pstui Invoke-Command`` without a terminal; return its exit code and what it wrote."""
    command = [sys.executable, "-m", "pstui.tui.cli.main", "--config", file, "icm", *words, "-ScriptBlock", "'w' * 3"]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "BOX_PASSWORD": PASSWORD},
    )
    async with asyncio.timeout(DEADLINE):
        out, errors = await process.communicate()
    return process.returncode or 0, out.decode().strip(), errors.decode()


@pytest.mark.parametrize("source", ['{ env = "BOX_PASSWORD" }', '{ command = ["printenv", "BOX_PASSWORD"] }'])
async def test_a_saved_credential_serves_a_call_without_a_terminal(
    winrm_endpoint: WinRMEndpoint, tmp_path: Path, source: str
) -> None:
    file = profiles(tmp_path, winrm_endpoint.port, defaults='trusted_hosts = ["localhost"]')
    text = Path(file).read_text().replace(f'user_name = "{USER}"', f'user_name = "{USER}"\npassword = {source}')
    Path(file).write_text(text)
    where = ("-ComputerName", "localhost", "-Port", str(winrm_endpoint.port))
    assert await invoked(file, *where, "-Credential", "box") == (0, "www", "")
    # Any other name is a user's, whose password nobody is there to be asked for.
    code, out, errors = await invoked(file, *where, "-Credential", "somebody")
    assert (code, out) == (3, "")
    assert "a password is needed, and there is nobody to ask" in errors
    assert "[credentials]" in errors
    assert "Traceback" not in errors
