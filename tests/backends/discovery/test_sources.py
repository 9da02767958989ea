"""Hosts of ssh_config and names that a command of the user's own prints: what is listed, and what is left out."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.discovery import ssh_config
from pstui.backends.discovery.model import Section, Watcher, look
from pstui.backends.discovery.polled import CommandSource
from pstui.backends.discovery.ssh_config import SSHConfigSource
from pstui.backends.sessions.manager import SessionManager

from tests.support.scripted_console import ScriptedConsole


@pytest.fixture
def ssh(isolated_home: Path) -> Path:
    folder = isolated_home / ".ssh"
    folder.mkdir()
    return folder


async def hosts(*files: Path) -> dict[str, str]:
    section = await SSHConfigSource(files or None).look()
    assert section is not None
    return {one.info.text("HostName"): one.address for one in section.found}


async def test_hosts_are_listed_and_wildcards_left_out(ssh: Path) -> None:
    (ssh / "config").write_text(
        "# comment\nHost web *.example.org !bad db?\n  HostName web.example.org\n  User deploy\n"
        "HOST=plain\nHost \"two words\" 'quoted'\n  Port 1\nHost 'x\nUser lost\n"
        "Host *\n  User everyone\n  Port 2200\n"
        "Host jump -oProxyCommand=x a@b\n\tport = 2222\n  HostName 10.0.0.1 # note\n"
        "Match host web\n  HostName elsewhere\n"
    )
    found = await hosts(ssh / "config")
    assert found == {
        "quoted": "everyone@quoted:1",
        "web": "deploy@web.example.org:2200",
        "plain": "everyone@plain:2200",
        "jump": "everyone@10.0.0.1:2200",
    }


async def test_includes_are_followed_but_not_in_a_circle(ssh: Path) -> None:
    (ssh / "conf.d").mkdir()
    (ssh / "config").write_text(
        "Include conf.d/*.conf missing ~/.ssh/home\nHost outer\n  HostName first\n  Include same\n"
    )
    (ssh / "conf.d" / "a.conf").write_text("Host one\n  HostName 1.1.1.1\nInclude config\nInclude ../config\n")
    (ssh / "conf.d" / "b.conf").write_text("Host two\n")
    (ssh / "home").write_text("Host three\n")
    (ssh / "same").write_text("HostName second\nUser u\n")
    found = await hosts(ssh / "config")
    assert found == {"one": "1.1.1.1", "two": "", "three": "", "outer": "u@first"}


async def test_an_include_starts_at_the_configurations_folder_wherever_it_stands(ssh: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "work").write_text("Include more\nHost far\n")
    (elsewhere / "more").write_text("Host wrong\n")
    (ssh / "more").write_text("Host right\n")
    (ssh / "config").write_text(f"Include {elsewhere}/work /dev/zero\n")
    assert set(await hosts(ssh / "config")) == {"right", "far"}


async def test_a_file_can_be_included_for_several_hosts(ssh: Path) -> None:
    (ssh / "same").write_text("User u\n")
    (ssh / "config").write_text("Host a\n  HostName x\n  Include same\nHost b\n  HostName y\n  Include same\n")
    assert await hosts(ssh / "config") == {"a": "u@x", "b": "u@y"}


async def test_without_a_configuration_there_is_no_section(ssh: Path) -> None:
    assert await SSHConfigSource((ssh / "config",)).look() is None


async def test_a_change_of_any_file_is_seen(ssh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_config, "POLL", 0.01)
    (ssh / "config").write_text("Include more\nHost a\n")
    (ssh / "more").write_text("Host b\n")
    seen: list[tuple[Section, ...]] = []
    watcher = Watcher([SSHConfigSource((ssh / "config",))], lambda sections: seen.append(tuple(sections)))
    watcher.start()
    try:
        async with asyncio.timeout(10):
            while not seen:
                await asyncio.sleep(0.01)
            (ssh / "more").write_text("Host changed\n")
            while "changed" not in str(watcher.sections):
                await asyncio.sleep(0.01)
            (ssh / "config").unlink()
            while watcher.sections:
                await asyncio.sleep(0.01)
    finally:
        await watcher.stop()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_no_configuration_fails_and_no_host_is_an_option(text: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "config")
        file.write_text(f"Host {text}\nHostName {text}\n", encoding="utf-8")
        section = asyncio.run(SSHConfigSource((file,)).look())
    assert section is not None
    for found in section.found:
        name = found.info.text("HostName")
        assert name.isprintable() and not name.startswith("-") and "*" not in name


def profile(discover: tuple[str, ...], command: tuple[str, ...]) -> ConnectionInfo:
    return ConnectionInfo(ParameterSet.PROCESS, {"Discover": discover, "Command": command}, "cluster", {"width": 100})


def prints(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", f"print({text!r})")


async def test_each_printed_name_becomes_one_argument(tmp_path: Path) -> None:
    names = "pod/a\n\n  b c  \n'q'\n\"d\"\n;id\n$(id)\n-h\n--help\nesc\x1b[2Jape\npod/a\n"
    source = CommandSource(profile(prints(names), ("kubectl", "exec", "-i", "{}", "--", "x={}")))
    section = await source.look()
    assert section is not None
    assert (section.source, section.kind) == ("cluster", "host")
    assert [one.name for one in section.found] == ["pod/a", "b c", "'q'", '"d"', ";id", "$(id)"]
    for one in section.found:
        assert one.info.values["Command"] == ("kubectl", "exec", "-i", one.name, "--", f"x={one.name}")
        assert one.info.settings == {"width": 100}


async def test_what_is_found_is_entered() -> None:
    command = (sys.executable, "-c", "import sys; from pstui.backends.demo.server.stdio import main; main()", "{}")
    section = await CommandSource(profile(prints("$(touch x)"), command)).look()
    assert section is not None
    manager, console = SessionManager(), ScriptedConsole()
    interactive = manager.interact(manager.create(section.found[0].info, console), console)
    try:
        async with asyncio.timeout(30):
            await interactive.enter()
            await interactive.run("'x' * 3")
        assert "xxx" in console.shown()
    finally:
        await manager.close_all()


@pytest.mark.parametrize(
    ("discover", "command", "says"),
    [
        ((sys.executable, "-c", "raise SystemExit('no \x1bcluster\\nhere')"), ("x", "{}"), "no ?cluster here"),
        (("no-such-command-of-ours",), ("x", "{}"), "could not be started"),
        (("",), ("x", "{}"), "cannot be run"),
        (prints("a"), ("x", "y"), "no {} where the name belongs"),
        (prints("a"), ("{}",), "no {} where the name belongs"),
        (prints("a"), (), "no {} where the name belongs"),
        ((sys.executable, "-c", "print('x' * (2 << 20))"), ("x", "{}"), "more than can be taken"),
    ],
)
async def test_a_command_that_fails_says_why_in_one_line(
    discover: tuple[str, ...], command: tuple[str, ...], says: str
) -> None:
    section = await look(CommandSource(profile(discover, command)))
    assert section is not None
    assert says in section.problem
    assert "\n" not in section.problem and not section.found


async def test_a_profile_without_discovery_has_no_section() -> None:
    assert await CommandSource(profile((), ("x", "{}"))).look() is None
