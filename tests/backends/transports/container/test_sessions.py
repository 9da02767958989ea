"""Sessions in real containers: found by id, prefix and name, entered as either account, and what ends them."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import OpenError
from pstui.backends.records import RunspaceState
from pstui.backends.sessions.interactive import InteractiveSession, Outcome
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.session import PSSession
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext, TerminalWish
from pstui.backends.transports.container import channel as container_channel
from pstui.backends.transports.container.connect import find

from tests.support.podman import PLAIN, USER, Podman, podman
from tests.support.scripted_console import ScriptedConsole
from tests.support.terminals import try_out_a_shell

__all__ = ["podman"]

#: seconds for the engine to say that something ended
PROMPT = 15.0


@contextlib.asynccontextmanager
async def entered(
    info: ConnectionInfo, console: ScriptedConsole | None = None, *, temporary: bool = True
) -> AsyncIterator[tuple[PSSession, InteractiveSession, ScriptedConsole]]:
    console = console or ScriptedConsole()
    manager = SessionManager()
    session = manager.create(info, console, temporary=temporary)
    interactive = manager.interact(session, console)
    try:
        async with asyncio.timeout(60):
            await interactive.enter()
        yield session, interactive, console
    finally:
        await manager.close_all()


async def refused(info: ConnectionInfo) -> OpenError:
    with pytest.raises(OpenError) as refusal:
        async with entered(info):
            pass
    return refusal.value


async def broken(session: PSSession) -> str:
    """Wait for the end of a session and return what it says."""
    news = asyncio.Event()
    session.on_state(lambda changed: news.set())
    async with asyncio.timeout(PROMPT):
        while session.state is not RunspaceState.BROKEN:
            news.clear()
            await news.wait()
    assert session.failure is not None
    return session.failure.message


@pytest.fixture(scope="module")
def api(podman: Podman) -> str:
    return podman.run("api")


@pytest.fixture
def brief(podman: Podman) -> Any:
    """A container for one test, to be stopped, paused or removed."""
    identity = podman.run()
    yield identity
    podman.remove(identity)


async def test_a_name_enters_as_the_containers_own_user(podman: Podman, api: str) -> None:
    async with entered(podman.info("api")) as (session, interactive, console):
        assert session.state is RunspaceState.OPENED
        assert (session.transport, session.computer_type) == ("Container", "Container")
        assert interactive.prompt == "[api]: PS /tmp> "
        assert await interactive.run("cd /usr") is Outcome.READY
        assert interactive.prompt == "[api]: PS /usr> "
        assert await interactive.run("id") is Outcome.READY
        assert f"uid=1234({USER})" in "\n".join(console.shown())
        assert await interactive.run("exit") is Outcome.LEFT
    assert podman("exec", api, "cat", "/tmp/pwsh-arguments-1234").split() == ["-s", "-NoLogo", "-NoProfile"]


async def test_run_as_administrator_is_root(podman: Podman, api: str) -> None:
    async with entered(podman.info("api", RunAsAdministrator=True)) as (_, interactive, console):
        await interactive.run("id")
        assert "uid=0(root)" in "\n".join(console.shown())


@pytest.mark.parametrize("values, user", [({}, USER), ({"RunAsAdministrator": True}, "root")])
async def test_a_terminal_is_opened_by_the_engine(podman: Podman, api: str, values: dict[str, bool], user: str) -> None:
    wish = TerminalWish(91, 17, "/usr")
    channel = await registry.open_terminal(podman.info("api", **values), ConnectContext(ScriptedConsole()), wish)
    try:
        await try_out_a_shell(channel, "17 91", "/usr", user)
    finally:
        await channel.stop()


async def test_the_id_and_its_unique_beginning_enter_with_a_prompt_of_fifteen(podman: Podman, api: str) -> None:
    async with entered(podman.info(api)) as (_, interactive, _console):
        assert interactive.prompt.startswith(f"[{api[:14]}…]: PS ")
    async with entered(podman.info(api[:15].upper())) as (_, interactive, _console):
        assert interactive.prompt.startswith(f"[{api[:15].upper()}]: PS ")


async def test_a_kept_session_shows_the_whole_id(podman: Podman, api: str) -> None:
    async with entered(podman.info(api), temporary=False) as (_, interactive, _console):
        assert interactive.prompt.startswith(f"[{api}]: PS ")


async def test_the_configuration_is_an_argument_of_its_own(podman: Podman, api: str) -> None:
    name = "a b;$(touch /tmp/x) '\"-x"
    async with entered(podman.info("api", ConfigurationName=name)) as (session, _, _console):
        assert session.configuration_name == name
        said = podman("exec", api, "cat", "/tmp/pwsh-arguments-1234")
        assert said.splitlines() == ["-s", "-NoLogo", "-NoProfile", "-Config", name]


async def test_another_shell_may_be_named(podman: Podman, api: str) -> None:
    whole = ("sh", "-c", "exec /usr/bin/pwsh mine", "name")
    async with entered(podman.info("api", Shell=whole)) as (_, interactive, _console):
        assert interactive.prompt.startswith("[api]: ")
    assert podman("exec", api, "cat", "/tmp/pwsh-arguments-1234").split() == ["mine"]
    async with entered(podman.info("api", Shell=("/usr/bin/pwsh",))):
        pass
    assert podman("exec", api, "cat", "/tmp/pwsh-arguments-1234").split() == ["-s", "-NoLogo", "-NoProfile"]


async def test_windows_powershell_is_tried_where_pwsh_is_missing(podman: Podman, brief: str) -> None:
    podman("exec", "--user=root", brief, "mv", "/usr/bin/pwsh", "/usr/bin/powershell.exe")
    async with entered(podman.info(brief)) as (_, interactive, console):
        await interactive.run("'w' * 3")
        assert "www" in console.shown()


async def test_without_any_powershell_a_plain_terminal_is_offered(podman: Podman) -> None:
    identity = podman.run("bare", PLAIN)
    try:
        error = await refused(podman.info("bare"))
    finally:
        podman.remove(identity)
    assert "bare has no PowerShell" in error.what
    assert "pwsh or powershell.exe" in error.why
    [offer] = error.offers
    assert offer.command == (*podman.command, "exec", "-it", identity[:12], "sh")
    assert error.error_id == "CreateRemoteRunspaceForContainerFailed"


async def test_a_stopped_container_is_said_to_be_and_started(podman: Podman, brief: str) -> None:
    podman("stop", "--time", "0", brief)
    error = await refused(podman.info(brief))
    assert "not running but exited" in error.what
    assert f"start {brief[:12]}" in error.hint
    [offer] = error.offers
    assert offer.run is not None
    await offer.run()
    async with entered(podman.info(brief)) as (session, _, _console):
        assert session.state is RunspaceState.OPENED


async def test_a_paused_container_is_said_to_be_and_goes_on(podman: Podman, brief: str) -> None:
    podman("pause", brief)
    error = await refused(podman.info(brief))
    assert "is paused" in error.what
    assert f"unpause {brief[:12]}" in error.hint
    [offer] = error.offers
    assert offer.run is not None
    await offer.run()
    assert podman.state(brief)["Status"] == "running"


@pytest.mark.parametrize(
    ("how", "says"),
    [
        (("stop", "--time", "0"), "was stopped or killed (exit code 137: signal 9 (SIGKILL)"),
        (("kill",), "was stopped or killed (exit code 137: signal 9 (SIGKILL)"),
        (("rm", "--force", "--time", "0"), "was removed"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
async def test_what_ends_the_container_ends_the_session_with_its_name(
    podman: Podman, brief: str, how: tuple[str, ...], says: str
) -> None:
    name = podman("inspect", "--format", "{{.Name}}", brief).strip()
    async with entered(podman.info(brief)) as (session, interactive, console):
        await interactive.run("'kept text'")
        ending = asyncio.ensure_future(podman.later(*how, brief))
        assert f"the container {name} {says}" in await broken(session)
        await ending
        assert await interactive.run("'never run'") is Outcome.BROKEN
        assert "kept text" in console.shown()
        assert "never run" not in console.shown()


async def test_a_powershell_that_is_killed_leaves_the_container_running(podman: Podman, brief: str) -> None:
    async with entered(podman.info(brief)) as (session, interactive, _console):
        running = asyncio.ensure_future(interactive.run("Start-Sleep 600"))
        killing = (
            "import os,signal; [os.kill(int(p), 9) for p in os.listdir('/proc') if p.isdigit() and "
            "b'demo.server.stdio' in open(f'/proc/{p}/cmdline','rb').read() and int(p) != os.getpid()]"
        )
        await podman.later("exec", "--user=root", brief, "python3", "-c", killing)
        assert "the PowerShell in the container" in await broken(session)
        assert await asyncio.wait_for(running, PROMPT) is Outcome.BROKEN


async def test_a_pause_while_entered_is_told_and_ends(
    podman: Podman, brief: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container_channel, "QUIET", 0.3)
    async with entered(podman.info(brief)) as (_, interactive, console):
        podman("pause", brief)
        running = asyncio.ensure_future(interactive.run("'after' + 'wards'"))
        async with asyncio.timeout(PROMPT):
            while "is paused" not in "\n".join(console.shown()):
                await asyncio.sleep(0.02)
        assert not running.done()
        podman("unpause", brief)
        assert await asyncio.wait_for(running, PROMPT) is Outcome.READY
        assert "afterwards" in console.shown()
        async with asyncio.timeout(PROMPT):
            while "is running again" not in "\n".join(console.shown()):
                await asyncio.sleep(0.02)


async def test_nothing_stays_in_the_container_when_the_session_is_dropped(podman: Podman, brief: str) -> None:
    async with entered(podman.info(brief)) as (session, interactive, _console):
        running = asyncio.ensure_future(interactive.run("Start-Sleep 600"))
        async with asyncio.timeout(PROMPT):
            while session.availability.value != 3 and not interactive.busy:
                await asyncio.sleep(0)
        await session.close()
        await asyncio.wait_for(running, PROMPT)
    left = podman("top", brief, "args")
    async with asyncio.timeout(PROMPT):
        while "demo.server.stdio" in left:
            left = await asyncio.to_thread(podman, "top", brief, "args")


@pytest.mark.parametrize(
    "name", ["a b", "'", '"', ";id", "$(id)", "-h", "--help", "`id`", "no-such", "\n", "*", "zz" * 40]
)
async def test_no_name_is_ever_read_as_anything_else(podman: Podman, api: str, name: str) -> None:
    with pytest.raises(OpenError) as refusal:
        await find(podman.info(name))
    assert "there is no container" in refusal.value.what
    assert "\n" not in refusal.value.what


async def test_a_beginning_of_several_ids_names_them(podman: Podman) -> None:
    made = [podman("create", "--name", f"many{n}", *("--network", "none"), PLAIN).strip() for n in range(17)]
    try:
        firsts = [one[0] for one in made]
        twice = next(first for first in firsts if firsts.count(first) > 1)
        error = await refused(podman.info(twice))
    finally:
        podman.remove(*made)
    assert "containers match" in error.what
    assert "many" in error.why


async def test_an_engine_elsewhere_is_entered_by_its_address(podman: Podman, api: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        address = f"unix://{folder}/podman.sock"
        service = subprocess.Popen(
            [*podman.command, "system", "service", "--time", "0", address], stderr=subprocess.DEVNULL
        )
        try:
            async with asyncio.timeout(PROMPT):
                while not Path(folder, "podman.sock").exists():
                    await asyncio.sleep(0.02)
            info = podman.info("api", Engine=podman.command[:1], EngineUrl=address)
            async with entered(info) as (_, interactive, console):
                await interactive.run("'r' * 3")
                assert "rrr" in console.shown()
        finally:
            service.kill()
            service.wait()


async def test_without_an_engine_the_reason_and_a_way_are_given(
    podman: Podman, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    error = await refused(ConnectionInfo(podman.info("api").parameter_set, {"ContainerId": "api"}))
    assert "Neither podman nor docker" in error.why
    assert "-Engine" in error.hint


async def test_an_engine_that_fails_is_quoted(podman: Podman) -> None:
    error = await refused(podman.info("api", Engine=podman.command[:1], EngineUrl="unix:///no/such/socket"))
    assert "podman" in error.why and "/no/such/socket" in error.why
    error = await refused(podman.info("api", Engine=("no-such-engine",)))
    assert "no-such-engine could not be started" in error.why
