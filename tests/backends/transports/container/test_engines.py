"""What engines say in their own ways: missing programs, chatter, Windows, addresses; played by a small program."""

from __future__ import annotations

import asyncio
import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.transports.container.connect import exec_argv, find, server_commands
from pstui.backends.transports.container.engine import Container, Engine, engines

from tests.support.scripted_console import ScriptedConsole

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the engine is a script with a first line")

ID = "0123456789abcdef" * 4
#: an engine: lists one container, tells its state, and runs ``BODY`` as exec; ``args`` are what it was given
ENGINE = """\
#!{python}
import json, os, sys, time
args = sys.argv[1:]
with open({log!r}, "a") as log:
    log.write(json.dumps(args) + "\\n")
command = next(word for word in args if not word.startswith("-"))
demo = [sys.executable, "-m", "pstui.backends.demo.server.stdio"]
if command == "ps":
    print(json.dumps(dict(ID={id!r}, Names="api", State={state!r}, Status="Up 2 minutes", Image="i")))
elif command == "inspect":
    print("windows" if any("Platform" in word for word in args) else json.dumps(dict(Status="running", ExitCode=0)))
elif command == "exec":
    program = args[args.index({id!r}) + 1]
{body}
"""


class Played:
    """An engine played by a script, and what it was asked."""

    def __init__(self, folder: Path, body: str, *, state: str = "running", name: str = "docker") -> None:
        self.log, self.path = folder / "log", folder / name
        indented = "".join(f"    {line}\n" for line in body.splitlines())
        text = ENGINE.format(python=sys.executable, log=str(self.log), id=ID, state=state, body=indented)
        self.path.write_text(text)
        self.path.chmod(self.path.stat().st_mode | stat.S_IXUSR)

    def info(self, container: str = "api", **values: Any) -> ConnectionInfo:
        return ConnectionInfo(
            ParameterSet.CONTAINER_ID, {"ContainerId": container, "Engine": (str(self.path),), **values}
        )

    @property
    def asked(self) -> list[list[str]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    @property
    def executed(self) -> list[list[str]]:
        return [words for words in self.asked if words[0] == "exec"]


async def entered(info: ConnectionInfo) -> list[str]:
    """Enter, run a line, leave; return what was shown."""
    manager, console = SessionManager(), ScriptedConsole()
    interactive = manager.interact(manager.create(info, console), console)
    try:
        async with asyncio.timeout(30):
            await interactive.enter()
            await interactive.run("'z' * 3")
    finally:
        await manager.close_all()
    assert "zzz" in console.shown()
    return console.shown()


async def refused(info: ConnectionInfo) -> OpenError:
    with pytest.raises(OpenError) as refusal:
        await entered(info)
    return refusal.value


MISSING = {
    "Docker says it on stdout": "print(f'OCI runtime exec failed: exec failed: unable to start container process: "
    'exec: "{program}": executable file not found in $PATH: unknown\'); sys.exit(127)',
    "newer engines on stderr": 'sys.exit(f"Error: crun: executable file `{program}` not found in $PATH: No such file '
    'or directory: OCI runtime attempted to invoke a command that was not found")',
    "Windows": 'sys.exit("hcs::System::CreateProcess: The system cannot find the file specified.")',
    "by the exit code alone": "sys.exit(127)",
}


@pytest.mark.parametrize("said", MISSING.values(), ids=MISSING)
async def test_a_missing_program_is_known_however_the_engine_says_it(tmp_path: Path, said: str) -> None:
    engine = Played(tmp_path, f'if program == "pwsh":\n    {said}\nos.execv(demo[0], demo)')
    await entered(engine.info())
    assert [words[3:] for words in engine.executed] == [
        [program, "-s", "-NoLogo", "-NoProfile"] for program in ("pwsh", "powershell.exe")
    ]
    nothing = Played(tmp_path, said)
    error = await refused(nothing.info())
    assert "has no PowerShell" in error.what
    assert error.offers[0].command[-2:] == (ID[:12], "sh")


async def test_a_named_shell_has_no_other_behind_it(tmp_path: Path) -> None:
    engine = Played(tmp_path, "sys.exit(127)")
    error = await refused(engine.info(Shell=("/opt/pwsh",)))
    assert "/opt/pwsh" in error.why
    assert len(engine.executed) == 1


async def test_the_engines_own_chatter_is_no_error(tmp_path: Path) -> None:
    body = (
        'sys.stderr.write(\'time="2026-01-01T00:00:00Z" level=warning msg="something"\\n\')\n'
        "sys.stderr.write('Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg.\\n')\n"
        "sys.stderr.flush()\nos.execv(demo[0], demo)"
    )
    await entered(Played(tmp_path, body).info())


async def test_other_errors_of_the_engine_are_told(tmp_path: Path) -> None:
    error = await refused(Played(tmp_path, "sys.exit('Error: the \\x1b[2Jdaemon has a bad day')").info())
    assert "daemon has a bad day" in error.text()
    assert "\x1b" not in error.text() + error.details


async def test_a_program_that_ends_without_a_word_is_asked_for_its_version(tmp_path: Path) -> None:
    said = "Error relocating /usr/bin/pwsh: __register_atfork: symbol not found"
    engine = Played(tmp_path, f"if '-v' in args:\n    sys.exit({said!r})\nsys.exit(1)")
    error = await refused(engine.info())
    assert said in error.why
    assert "another C library" in error.why
    assert f"exec -i {ID} pwsh -v" in error.hint


async def test_a_program_that_was_killed_in_a_living_container_is_said_to_be(tmp_path: Path) -> None:
    error = await refused(Played(tmp_path, "sys.exit(0 if '-v' in args else 137)").info())
    assert "exit code 137: signal 9 (SIGKILL), often the lack of memory" in error.why


async def test_advice_follows_from_the_state_now(tmp_path: Path) -> None:
    engine = Played(tmp_path, "sys.exit(1)")
    engine.path.write_text(engine.path.read_text().replace('Status="running"', 'Status="paused"'))
    error = await refused(engine.info())
    assert "is paused" in error.what
    assert f"unpause {ID[:12]}" in error.hint


async def test_a_banner_in_place_of_the_protocol_is_quoted(tmp_path: Path) -> None:
    error = await refused(Played(tmp_path, "print('Welcome to the container', flush=True); time.sleep(600)").info())
    assert "Welcome to the container" in error.what


async def test_the_administrator_of_a_windows_container_is_its_own(tmp_path: Path) -> None:
    engine = Played(tmp_path, "os.execv(demo[0], demo)")
    await entered(engine.info(RunAsAdministrator=True))
    [words] = engine.executed
    assert words[:4] == ["exec", "-i", "--user=ContainerAdministrator", ID]


@pytest.mark.parametrize("state", ["created", "exited", "paused", "dead", "configured"])
async def test_a_container_in_any_other_state_is_not_entered(tmp_path: Path, state: str) -> None:
    engine = Played(tmp_path, "", state=state)
    error = await refused(engine.info())
    assert error.error_id == "CreateRemoteRunspaceForContainerFailed"
    assert engine.executed == []
    assert error.offers


def test_contexts_and_addresses_are_joined_to_their_option() -> None:
    def argv(**values: Any) -> tuple[str, ...]:
        [engine] = engines(ConnectionInfo(ParameterSet.CONTAINER_ID, {"ContainerId": "x", **values}))
        return engine.argv("ps")

    assert argv(Engine=("podman",), EngineContext="-x y") == ("podman", "--connection=-x y", "ps")
    assert argv(Engine=("podman",), EngineUrl="ssh://h") == ("podman", "--url=ssh://h", "ps")
    assert argv(Engine=("/usr/bin/docker",), EngineContext="prod") == ("/usr/bin/docker", "--context=prod", "ps")
    assert argv(Engine=("nerdctl", "-n", "k8s"), EngineUrl="$(x)") == ("nerdctl", "-n", "k8s", "--host=$(x)", "ps")


async def test_a_context_and_an_address_exclude_each_other() -> None:
    both = ConnectionInfo(ParameterSet.CONTAINER_ID, {"ContainerId": "x", "EngineContext": "a", "EngineUrl": "b"})
    with pytest.raises(OpenError, match="both a context and an address"):
        await find(both)


@pytest.mark.parametrize(
    ("command", "variable", "private"),
    [
        (("podman",), "", True),
        (("podman", "--url=ssh://u@h"), "", True),
        (("docker", "--host=tcp://h:2375"), "", False),
        (("docker", "-H", "tcp://h:2375"), "", False),
        (("docker", "--context=far"), "", False),
        (("docker",), "tcp://h:2375", False),
        (("docker",), "unix:///run/docker.sock", True),
    ],
)
def test_a_way_that_others_can_read_is_not_private(
    command: tuple[str, ...], variable: str, private: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", variable)
    assert Engine(command).is_private is private


@given(st.text(min_size=1), st.text())
def test_only_whole_arguments_are_ever_made_of_what_a_person_gives(configuration: str, shell: str) -> None:
    container = Container(Engine(("docker",)), ID, "api", state="running")
    values = {"ContainerId": "api", "ConfigurationName": configuration, "Shell": (shell,)}
    try:
        [program] = server_commands(ConnectionInfo(ParameterSet.CONTAINER_ID, values))
    except OpenError:
        assert not shell or shell.startswith("-") or "\0" in shell + configuration
        return
    argv = exec_argv(container, program, "root")
    assert argv == (
        *("docker", "exec", "-i", "--user=root", ID),
        *(shell, "-s", "-NoLogo", "-NoProfile", "-Config", configuration),
    )
