"""The installed command against a real OpenSSH server and against a local PowerShell's stand-in: the demo endpoint."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.parts import requires
from tests.support.replay_script import read_recording
from tests.support.sshd import Sshd

PSTUI = [sys.executable, "-m", "pstui.tui.cli.main"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    requires("sshd")
    one = Sshd(tmp_path_factory.mktemp("sshd"))
    one.start()
    yield one
    one.stop()


@pytest.fixture
def over_ssh(server: Sshd, isolated_home: Path) -> list[str]:
    """The parameters of a target that works."""
    folder = isolated_home / ".ssh"
    folder.mkdir(mode=0o700)
    (folder / "known_hosts").write_text(server.known_hosts_line)
    return ["-HostName", f"{server.user}@{server.host}:{server.port}", "-KeyFilePath", str(server.user_key)]


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ``pwsh`` first on PATH that speaks the protocol."""
    stand_in = tmp_path / "pwsh"
    stand_in.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -m pstui.tui.cli.main demo --stdio\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")


def pstui(*words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    # a session of its own, so that no question reaches the terminal of the person who runs the tests
    return subprocess.run(
        [*PSTUI, *words],
        input=given,
        stdin=subprocess.DEVNULL if given is None else None,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        start_new_session=True,
    )


def test_ansibles_hosts_are_entered(server: Sshd, isolated_home: Path, tmp_path: Path) -> None:
    """By ansible-inventory where it is; a command that prints what it would stands in for it elsewhere."""
    (isolated_home / ".ssh").mkdir(mode=0o700)
    (isolated_home / ".ssh" / "known_hosts").write_text(server.known_hosts_line)
    variables = {
        "ansible_host": server.host,
        "ansible_port": server.port,
        "ansible_user": server.user,
        "ansible_ssh_private_key_file": str(server.user_key),
    }
    if shutil.which("ansible-inventory"):
        told = "\n".join(f"    {key}={value}" for key, value in variables.items())
        (tmp_path / "hosts.ini").write_text("[web]\nweb[1:2]\n[web:vars]\n" + textwrap.dedent(told) + "\n")
        source = f"ansible = {json.dumps(str(tmp_path / 'hosts.ini'))}"
    else:
        hosts = {
            "_meta": {"hostvars": dict.fromkeys(("web1", "web2"), variables)},
            "web": {"hosts": ["web1", "web2"]},
        }
        source = f"command = {json.dumps([sys.executable, '-c', f'print({json.dumps(hosts)!r})'])}"
    (tmp_path / "profiles.toml").write_text(f"[inventory.estate]\n{source}\n")
    done = pstui("--config", str(tmp_path / "profiles.toml"), "icm", "group:web", "--group", "-ScriptBlock", "1 + 1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == ["web1,web2 (2)", "-" * 15, "2"]
    one = pstui("--config", str(tmp_path / "profiles.toml"), "icm", "web2", "-ScriptBlock", "'there'")
    assert (one.returncode, one.stdout) == (0, "there\n")


def test_five_thousand_lines_over_ssh(over_ssh: list[str]) -> None:
    done = pstui("Invoke-Command", *over_ssh, "-ScriptBlock", "1..5000")
    assert done.stdout == "".join(f"{number}\n" for number in range(1, 5001))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_throw_over_ssh(over_ssh: list[str]) -> None:
    done = pstui("icm", *over_ssh, "-ScriptBlock", "'before'; throw 'boom'")
    assert (done.returncode, done.stdout, done.stderr) == (1, "before\n", "OperationStopped: boom\n")


def test_several_targets_at_once(over_ssh: list[str]) -> None:
    _, target, *key = over_ssh
    hosts = f"{target},{target},nobody@127.0.0.1:1"
    done = pstui("icm", "-HostName", hosts, *key, "-ScriptBlock", "1..1000")
    assert done.returncode == 3, "two of the three went well"
    assert sorted(done.stdout.splitlines(), key=int) == [str(number) for number in range(1, 1001) for _ in "12"]
    assert "port 1 is closed" in done.stderr or "refused" in done.stderr
    done = pstui("--json", "icm", "-HostName", f"{target},{target}", *key, "-ScriptBlock", "7")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["value"], one["PSComputerName"]) for one in found] == [(7, "127.0.0.1")] * 2
    assert len({one["RunspaceId"] for one in found}) == 2, "each from a session of its own"


def test_ctrl_c_stops_every_target(over_ssh: list[str]) -> None:
    _, target, *key = over_ssh
    words = ["icm", "-HostName", f"{target},{target}", *key, "-ScriptBlock", "'ready'; Start-Sleep 60"]
    call = subprocess.Popen(
        [*PSTUI, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert call.stdout is not None
    assert [call.stdout.readline() for _ in "12"] == [b"ready\n"] * 2
    call.send_signal(signal.SIGINT)
    _, err = call.communicate(timeout=20)
    assert (call.returncode, err) == (130, b"")


def test_no_session_over_ssh(server: Sshd, over_ssh: list[str], isolated_home: Path) -> None:
    refused = pstui("icm", "-HostName", "nobody@127.0.0.1:1", "-ScriptBlock", "1")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "refused" in refused.stderr
    (isolated_home / ".ssh" / "known_hosts").unlink()
    unknown = pstui("icm", *over_ssh, "-ScriptBlock", "1")
    assert (unknown.returncode, unknown.stdout) == (3, "")
    assert "Traceback" not in unknown.stderr


@pytest.mark.usefixtures("local")
def test_the_streams_go_their_ways() -> None:
    done = pstui("icm", "-ScriptBlock", "Write-Error 'no'; Write-Warning 'careful'; 'ok'")
    assert done.stdout == "ok\n"
    assert done.stderr.splitlines() == ["Write-Error: no", "WARNING: careful"]
    assert done.returncode == 1


@pytest.mark.usefixtures("local")
def test_objects_and_input() -> None:
    done = pstui("--json", "icm", "-ScriptBlock", '$input | ForEach-Object { "got $_" }; 7; $true', given="a\nb\n")
    assert [json.loads(line) for line in done.stdout.splitlines()] == ["got a", "got b", 7, True]
    done = pstui("icm", "--json", "-ScriptBlock", f"Get-Process -Id {os.getpid()}")
    assert json.loads(done.stdout)["Id"] == os.getpid()


@pytest.mark.usefixtures("local")
def test_a_line_holds_the_whole_call() -> None:
    done = pstui("--line", "icm { 1..3 }")
    assert (done.stdout, done.returncode) == ("1\n2\n3\n", 0)


def test_a_script_file_and_a_transcript(over_ssh: list[str], tmp_path: Path) -> None:
    script = tmp_path / "count.ps1"
    script.write_text("1..2\n")
    files = ("--transcript", str(tmp_path / "t.log"), "--trace", str(tmp_path / "t.jsonl"))
    done = pstui(*files, "icm", *over_ssh, "-FilePath", str(script))
    assert done.stdout == "1\n2\n"
    assert (tmp_path / "t.log").read_text() == "1\n2\n"
    trace = read_recording(tmp_path / "t.jsonl")
    assert "1..2" in str(trace) and any(entry["element"] == "Close" for entry in trace[-4:])


@pytest.mark.usefixtures("local")
def test_a_question_without_anybody_fails() -> None:
    done = pstui("icm", "-ScriptBlock", "'x'; Read-Host Name")
    assert (done.returncode, done.stdout) == (1, "x\n")
    assert "nobody is there to answer 'Name:'" in done.stderr


@pytest.mark.usefixtures("local")
def test_ctrl_c_stops_the_far_end() -> None:
    script = "'started'; Start-Sleep 600; 'never'"
    with subprocess.Popen(
        [*PSTUI, "icm", "-ScriptBlock", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == b""
        assert process.wait(30) == 130


def test_without_powershell_the_loopback_names_the_demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = pstui("icm", "-ScriptBlock", "1")
    assert (done.returncode, done.stdout) == (3, "")
    assert "demo" in done.stderr
