"""The list of containers: what it says, how it keeps current, and that it costs nothing while nobody looks."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pstui.backends.discovery import containers, model
from pstui.backends.discovery.containers import ContainerSource, container_sources
from pstui.backends.discovery.model import Found, Section, Watcher, look
from pstui.backends.transports.container.engine import MAX_CONTAINERS, Engine, matching, read_containers
from pstui.backends.transports.streams import printable
from pstui.tui.sidebar.found import found_entries

from tests.support.podman import PLAIN, Podman, podman

__all__ = ["podman"]

#: seconds for the engine to tell of a change
NEWS = 15.0

ENGINE = Engine(("docker",))
DOCKER = (
    '{"Command":"\\"sleep 1d\\"","CreatedAt":"2026-11-20 12:00:00 +0100 CET","ID":"%s","Image":"nginx:1",'
    '"Names":"web","State":"running","Status":"Up 2 hours (healthy)"}'
)


class Screen:
    """Takes the sections and waits until they are as wanted."""

    def __init__(self) -> None:
        self.sections: Sequence[Section] = ()
        self.changes = 0
        self._news = asyncio.Event()

    def __call__(self, sections: Sequence[Section]) -> None:
        self.sections, self.changes = sections, self.changes + 1
        self._news.set()

    async def shows(self, wanted: Callable[[dict[str, Found]], bool]) -> dict[str, Found]:
        async with asyncio.timeout(NEWS):
            while True:
                found = {one.name: one for section in self.sections for one in section.found}
                if wanted(found):
                    return found
                self._news.clear()
                await self._news.wait()


def fake_engine(folder: Path, body: str) -> tuple[str, ...]:
    """Make a program that answers as ``body`` (Python; ``args`` are its arguments) says."""
    path = folder / "engine"
    path.write_text(f"#!{sys.executable}\nimport os, sys, time\nargs = sys.argv[1:]\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return (str(path),)


def children() -> set[str]:
    """Return the processes that this one has started and that still run."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid() and fields[0] != "Z":
            found.add(entry.parent.name)
    return found


async def test_twenty_containers_are_listed_with_what_is_known_of_them(podman: Podman) -> None:
    names = [f"list{number:02}" for number in range(20)]
    podman("create", "--name", "not-started", "--network", "none", PLAIN)
    made = [podman.run(name, PLAIN) for name in names]
    podman("pause", "list07")
    try:
        section = await ContainerSource(Engine(podman.command)).look()
    finally:
        podman.remove(*made)
    assert section is not None and not section.problem
    assert [one.name for one in section.found] == names
    for one, identity in zip(section.found, made, strict=True):
        assert one.id == identity
        assert one.state == ("paused" if one.name == "list07" else "running")
        assert one.image == f"localhost/{PLAIN}"
        assert one.info.text("ContainerId") == one.name


@pytest.mark.parametrize(
    "said",
    [
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "Error: unable to connect to Podman socket: dial unix /run/podman/podman.sock: no such file",
    ],
)
async def test_an_engine_that_does_not_answer_is_said_not_to_run(tmp_path: Path, said: str) -> None:
    section = await look(ContainerSource(Engine(fake_engine(tmp_path, f"sys.exit({said!r})"))))
    assert section is not None
    assert section.problem.startswith("engine is not running. ")
    assert said in section.problem
    assert found_entries([section])[0].name.startswith("engine: not running. ")


async def test_the_list_keeps_current_and_costs_nothing_once_hidden(podman: Podman) -> None:
    screen = Screen()
    before = children()
    watcher = Watcher([ContainerSource(Engine(podman.command))], screen)
    watcher.start()
    try:
        await screen.shows(lambda found: screen.changes > 0)
        identity = await asyncio.to_thread(podman.run, "comes", PLAIN)
        await screen.shows(lambda found: "comes" in found)
        await podman.later("pause", "comes")
        await screen.shows(lambda found: "comes" in found and found["comes"].state == "paused")
        await podman.later("unpause", "comes")
        await podman.later("rename", "comes", "renamed")
        await screen.shows(lambda found: "renamed" in found)
        await podman.later("rm", "--force", "--time", "0", identity)
        await screen.shows(lambda found: not found)
    finally:
        await watcher.stop()
    assert not watcher.is_running
    assert children() == before
    seen = screen.changes
    await asyncio.to_thread(podman.run, "unseen", PLAIN)
    podman.remove("unseen")
    assert screen.changes == seen


async def test_health_is_shown(tmp_path: Path) -> None:
    row = DOCKER % ("ab" * 32)
    command = fake_engine(tmp_path, f"print({row!r})")
    section = await ContainerSource(Engine(command)).look()
    assert section is not None
    [one] = section.found
    assert (one.name, one.image, one.health, one.state) == ("web", "nginx:1", "healthy", "running")
    assert one.created == 1795172400.0


async def test_an_engine_that_is_not_there_has_no_section(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert container_sources() == []
    screen = Screen()
    watcher = Watcher([ContainerSource(Engine(("podman",)))], screen)
    watcher.start()
    await screen.shows(lambda found: screen.changes > 0)
    await watcher.stop()
    assert watcher.sections == ()


async def test_a_failing_engine_says_why_in_one_line_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "FIRST_RETRY", 0.01)
    up = tmp_path / "up"
    body = (
        f"if not os.path.exists({str(up)!r}):\n"
        "    sys.exit('Cannot connect to the daemon\\x1b[2J at unix:///x.sock.\\nIs it running?')\n"
        f"print({DOCKER % ('cd' * 32)!r})"
    )
    screen = Screen()
    watcher = Watcher([ContainerSource(Engine(fake_engine(tmp_path, body)))], screen)
    watcher.start()
    try:
        await screen.shows(lambda found: screen.changes > 0)
        [section] = screen.sections
        assert "Cannot connect to the daemon?[2J at unix:///x.sock. Is it running?" in section.problem
        assert "\n" not in section.problem and not section.found
        up.touch()
        assert "web" in await screen.shows(lambda found: "web" in found)
    finally:
        await watcher.stop()


async def test_an_engine_that_fails_is_left_alone_ever_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def rest(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.Event().wait() if len(pauses) == 8 else None

    monkeypatch.setattr("pstui.backends.discovery.model.asyncio.sleep", rest)
    log = tmp_path / "log"
    body = f"open({str(log)!r}, 'a').write(args[0] + ' ')\nsys.exit('no daemon')"
    watcher = Watcher([ContainerSource(Engine(fake_engine(tmp_path, body)))], Screen())
    watcher.start()
    try:
        async with asyncio.timeout(30):
            while len(pauses) < 8:
                await asyncio.wait({asyncio.ensure_future(asyncio.to_thread(lambda: None))})
    finally:
        await watcher.stop()
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300]
    assert "events" not in log.read_text(), "its events are not asked for after a failure"


async def test_the_engine_is_never_asked_for_events_without_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "POLL", 0.01)
    log = tmp_path / "log"
    body = f"if args[0] == 'events':\n    open({str(log)!r}, 'a').write(' '.join(args))"
    source = ContainerSource(Engine(fake_engine(tmp_path, body)))
    await source.look()
    await asyncio.wait_for(source.wait(), NEWS)
    span = dict(word.removeprefix("--").split("=", 1) for word in log.read_text().split()[1:] if "=" in word)
    assert 0 < int(span["until"]) - int(span["since"]) <= containers.LONGEST + 1


async def test_an_engine_that_tells_no_events_is_asked_for_them_ever_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    async def rest(seconds: float) -> None:
        pauses.append(seconds)

    source = ContainerSource(Engine(fake_engine(tmp_path, "sys.exit('no events')")))
    monkeypatch.setattr("pstui.backends.discovery.containers.asyncio.sleep", rest)
    monkeypatch.setattr(containers, "POLL", 60.0)  # however slow the machine is, the engine gave up early
    for _ in range(5):
        await asyncio.wait_for(source.wait(), NEWS)
    assert pauses == [5, 10, 20, 40, 60]


async def test_an_engine_that_never_answers_can_be_hidden(tmp_path: Path) -> None:
    before = children()
    watcher = Watcher([ContainerSource(Engine(fake_engine(tmp_path, "time.sleep(600)")))], Screen())
    watcher.start()
    async with asyncio.timeout(NEWS):
        while children() == before:
            await asyncio.sleep(0)
        await watcher.stop()
    assert children() == before


async def test_docker_that_is_podman_is_not_listed_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("podman", "#!/bin/sh\n"), ("docker", '#!/bin/sh\nexec /usr/bin/podman "$@"\n')):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [source.name for source in container_sources()] == ["podman"]
    extra = Engine(("podman", "--connection=far"))
    assert len(container_sources([extra, extra])) == 2


def test_both_shapes_of_a_list_are_read_and_nonsense_is_left_out() -> None:
    lines = "\n".join([DOCKER % ("ab" * 32), "", "no json", "[]", '{"ID": "short"}', DOCKER % ("ab" * 32), '{"ID": 7}'])
    [docker] = read_containers(lines, ENGINE)
    assert docker.name == "web"
    podman_row = '[{"Id":"%s","Names":["a","b"],"State":"paused","Created":1795256272,"Image":null}, 3]' % ("ef" * 32)
    [other] = read_containers(podman_row, ENGINE)
    assert (other.names, other.state, other.created, other.image) == (("a", "b"), "paused", 1795256272.0, "")
    assert matching([docker, other], "b") == [other]
    assert matching([docker, other], "AB") == [docker]
    assert matching([docker, other], "") == []


def test_a_list_without_end_is_cut() -> None:
    rows = "\n".join(f'{{"ID":"{number:064x}"}}' for number in range(MAX_CONTAINERS + 10))
    assert len(read_containers(rows, ENGINE)) == MAX_CONTAINERS


@given(st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_nothing_an_engine_prints_fails(text: str, value: Any) -> None:
    read_containers(text, ENGINE)
    row = dict.fromkeys(("Names", "State", "Status", "Image", "Created", "CreatedAt"), value) | {"ID": "ab" * 32}
    [one] = read_containers(json.dumps(row), ENGINE)
    assert one.name == printable(one.name)
    assert one.image == printable(one.image)
