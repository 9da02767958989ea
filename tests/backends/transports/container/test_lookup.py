"""What is said of a container that is not there, by the engines that answer and those that do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError
from pstui.backends.transports.container.connect import find

WORKS, FAILS = "exit 0", "echo 'Cannot connect to the Docker daemon' >&2; exit 1"


@pytest.mark.parametrize(
    ("podman", "docker", "what", "why"),
    [
        (WORKS, FAILS, "there is no container nosuch", "podman found no container"),
        (FAILS, WORKS, "there is no container nosuch", "docker found no container"),
        (WORKS, WORKS, "there is no container nosuch", "podman and docker found no container"),
        (FAILS, FAILS, "the container nosuch cannot be looked up", "podman: podman is not running"),
    ],
)
async def test_who_answers_is_heard_and_who_fails_is_named_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, podman: str, docker: str, what: str, why: str
) -> None:
    for name, script in (("podman", podman), ("docker", docker)):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OpenError) as refused:
        await find(ConnectionInfo(ParameterSet.CONTAINER_ID, {"ContainerId": "nosuch"}))
    assert refused.value.what == what
    assert refused.value.why.startswith(why)
    for name, script in (("podman", podman), ("docker", docker)):
        assert (f"{name} is not running" in refused.value.why) is (script == FAILS)


async def test_the_command_that_lists_them_is_the_one_that_was_asked(tmp_path: Path) -> None:
    program = tmp_path / "my docker"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    engine = (str(program), "--host", "ssh://root@build")
    with pytest.raises(OpenError) as refused:
        await find(ConnectionInfo(ParameterSet.CONTAINER_ID, {"ContainerId": "nosuch", "Engine": engine}))
    assert refused.value.hint == f"To see them all: '{program}' --host ssh://root@build ps --all"
