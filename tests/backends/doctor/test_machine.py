"""What the doctor says of this computer where that depends on the system."""

from __future__ import annotations

from collections.abc import Sequence

from pstui.backends.doctor.checks import Sign
from pstui.backends.doctor.machine import agent_of, agent_pipe

PIPE = r"\\.\pipe\openssh-ssh-agent"


def test_windows_has_an_agent_that_no_variable_names() -> None:
    assert agent_of({}, "linux") == agent_of({}, "darwin") == ""
    assert agent_of({}, "win32") == PIPE
    assert agent_of({"SSH_AUTH_SOCK": r"\\.\pipe\mine"}, "win32") == r"\\.\pipe\mine"
    assert agent_of({"SSH_AUTH_SOCK": "/run/agent"}, "linux") == "/run/agent"


def test_its_pipe_says_whether_it_runs() -> None:
    asked: list[str] = []

    def pipes(folder: str) -> Sequence[str]:
        asked.append(folder)
        return ["InitShutdown", "OpenSSH-ssh-agent"]

    def none(folder: str) -> Sequence[str]:
        raise FileNotFoundError(folder)

    assert agent_pipe(PIPE, pipes).sign is Sign.GOOD and asked == ["\\\\.\\pipe\\"]
    missing = agent_pipe(PIPE.replace("openssh", "other"), pipes)
    assert missing.sign is agent_pipe(PIPE, none).sign is Sign.ABSENT
    assert "Set-Service ssh-agent" in missing.next
