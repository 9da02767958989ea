"""Imports every module of pstui as it would be on Windows: ``python -m tests.support.as_windows`` names what fails.

How this works. All of it is imported once as it is here, which brings the libraries. Then pstui is forgotten, the
modules that Unix alone has cannot be imported any more, and those that both have show a face without what Windows
lacks, with its platform and name. What is imported again sees these faces; the libraries keep what they have.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import traceback
import types
from collections.abc import Iterator
from typing import Any

ROOMS = ("backends", "config", "tui")
#: modules that Windows does not have
GONE = ("crypt", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "spwd", "syslog", "termios", "tty")
#: what the modules of both systems lack there, of that which a program may want
LACKING = {
    "asyncio": "open_unix_connection start_unix_server",
    "os": (
        "O_CLOEXEC O_DIRECTORY O_NOCTTY O_NOFOLLOW O_NONBLOCK O_SYNC WEXITSTATUS WIFEXITED WIFSIGNALED WTERMSIG chown "
        "chroot confstr ctermid fchown fork forkpty getegid geteuid getgid getgroups getloadavg getpgid getpgrp "
        "getpriority getresuid getsid getuid initgroups killpg lchown major makedev minor mkfifo mknod nice "
        "openpty pathconf pipe2 posix_fallocate posix_spawn pread pwrite readv register_at_fork sched_getaffinity "
        "sendfile setgid setpgid setsid setuid statvfs sync sysconf tcgetpgrp tcsetpgrp ttyname uname wait wait3 wait4 "
        "writev"
    ),
    "select": "devpoll epoll kqueue poll",
    "signal": (
        "SIGALRM SIGBUS SIGCHLD SIGCONT SIGHUP SIGIO SIGKILL SIGPIPE SIGPROF SIGPWR SIGQUIT SIGSTOP SIGSYS SIGTRAP "
        "SIGTSTP SIGTTIN SIGTTOU SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ alarm pause pthread_kill "
        "pthread_sigmask setitimer siginterrupt sigpending sigwait"
    ),
    "socket": "AF_NETLINK AF_PACKET AF_UNIX MSG_DONTWAIT MSG_NOSIGNAL SO_PEERCRED SO_REUSEPORT recv_fds send_fds",
    "time": "clock_getres clock_gettime clock_settime tzset",
}


class Face(types.ModuleType):
    """A module without what Windows lacks, and with what it has instead."""

    def __init__(self, real: types.ModuleType, lacking: str, has: dict[str, Any]) -> None:
        super().__init__(real.__name__)
        self.__dict__.update(has, _real=real, _lacking=frozenset(lacking.split()))

    def __getattr__(self, name: str) -> Any:
        if name in self._lacking:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)
        return getattr(self._real, name)


def faces() -> dict[str, types.ModuleType]:
    """Return the modules that Windows has otherwise."""
    has: dict[str, dict[str, Any]] = {
        "os": {"name": "nt", "O_BINARY": 0x8000},
        "signal": {"SIGBREAK": 21, "CTRL_C_EVENT": 0, "CTRL_BREAK_EVENT": 1},
        "subprocess": {"CREATE_NEW_PROCESS_GROUP": 0x200, "CREATE_NO_WINDOW": 0x8000000},
        "sys": {"platform": "win32"},
    }
    found: dict[str, types.ModuleType] = {
        name: Face(importlib.import_module(name), LACKING.get(name, ""), has.get(name, {}))
        for name in sorted({*LACKING, *has})
    }
    return {**found, "msvcrt": types.ModuleType("msvcrt"), "winreg": types.ModuleType("winreg")}


def names() -> Iterator[str]:
    """Yield the names of all modules of pstui, packages before what is in them."""
    for room in ROOMS:
        package = importlib.import_module(f"pstui.{room}")
        yield package.__name__
        yield from (each.name for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."))


def main() -> int:
    """Print a traceback for each module that cannot be imported, and return how many those are.

    The last line is how many could be, and the names of those that need an extra which is not installed.
    """
    modules, left_out = [], []
    for name in names():
        try:
            importlib.import_module(name)
            modules.append(name)
        except ModuleNotFoundError as error:
            if not error.name or error.name.startswith("pstui"):
                raise
            left_out.append(name)
    for name in [name for name in sys.modules if name.startswith("pstui")]:
        del sys.modules[name]
    real, changed = sys.modules, faces()
    real.update(changed)
    real.update(dict.fromkeys(GONE))  # type: ignore[arg-type]  # None is how an import is forbidden
    failed = 0
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:
            failed += 1
            print(f"{name}\n{traceback.format_exc(limit=-2)}")
    print(len(modules) - failed, *left_out)
    return failed


if __name__ == "__main__":
    sys.exit(min(main(), 1))
