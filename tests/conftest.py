"""Every test runs in a home of its own and leaves nothing behind.

No profile, key, agent, ticket or key ring of the person who runs it gets in, and the process is afterwards what it was.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Generator, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support import guard

#: what would let a test reach into the surroundings it happens to run in
_FOREIGN = (
    "SSH_AUTH_SOCK",
    "SSH_ASKPASS",
    "KRB5CCNAME",
    "KRB5_CONFIG",
    "KRB5_KTNAME",
    "NTLM_USER_FILE",
    "NO_COLOR",
    "FORCE_COLOR",
    "COLUMNS",
    "LINES",
    "DOCKER_HOST",
    "CONTAINER_HOST",
    "DBUS_SESSION_BUS_ADDRESS",
    "TEXTUAL",
    "TMUX",
)

#: signals whose handling stays as it was; SIGINT is asyncio's while a loop runs
_SIGNALS = ("SIGTERM", "SIGHUP", "SIGWINCH", "SIGTSTP", "SIGCONT", "SIGXFSZ", "SIGPIPE", "SIGCHLD")

#: what Python has on Unix alone, and some tests are made of
_OF_UNIX = ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty")

#: seconds for a test that may be the first to need the container image, whose base is bootstrapped once a machine
_WITH_BOOTSTRAP = 1200


#: files that take half a minute or have one test of ten seconds
_LONG = (
    "tests/tui/dialogs/test_connect.py",
    "tests/tui/dialogs/test_forms.py",
    "tests/tui/test_hostile_far_ends.py",
    "tests/tui/pane/test_recordings_terminal.py",
    "tests/tui/cmdlets/test_sessions_terminal.py",
    "tests/tui/sidebar/test_terminal.py",
    "tests/tui/fanout/test_terminal.py",
    "tests/tui/test_random_keys.py",
    "tests/backends/discovery/test_containers.py",
    "tests/house/test_road.py",
    "tests/soak/",
    "tests/live/test_corpus.py",
    "tests/live/test_dialogues.py",
    "tests/live/test_grid.py",
)

_BEFORE, _FAILED = pytest.StashKey[guard.Before](), pytest.StashKey[bool]()


def pytest_configure() -> None:
    """Listen to what is made, for the guard."""
    guard.install()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, pytest.CollectReport]:
    """Skip a file of tests that needs a module of Unix, where there is none."""
    report: pytest.CollectReport = yield
    for name in _OF_UNIX if report.failed else ():
        if f"No module named '{name}'" in str(report.longrepr) and find_spec(name) is None:
            report.outcome = "skipped"
            report.longrepr = (str(collector.path), 0, f"Skipped: this system has no module {name}")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Note what there is before a module's fixtures are made."""
    module = item.getparent(pytest.Module)
    if item.nodeid.startswith(guard.LOOKED_AT) and module not in guard.modules:
        guard.modules[module] = guard.Before()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    """Take what a fixture of a wider scope makes for given, by those it outlives."""
    if fixturedef.scope == "function":
        return (yield)
    with guard.outliving(the_module=fixturedef.scope in ("package", "session")):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Note which test failed: it is not asked what it left behind. No collection runs while its report is made.

    A test that calls what Python has on Unix alone is skipped on Windows, as a file of them is; pstui is not let off.
    Python 3.11 fails to read a source into a tree when what a collection calls changes the depth of its recursion.
    """
    if call.excinfo is not None:
        item.stash[_FAILED] = True
    enabled = gc.isenabled()
    gc.disable()
    try:
        report: pytest.TestReport = yield
    finally:
        if enabled:
            gc.enable()
    error = call.excinfo.value if call.excinfo is not None else None
    if sys.platform == "win32" and isinstance(error, AttributeError) and isinstance(error.obj, ModuleType):
        at = call.excinfo.traceback[-1] if call.excinfo is not None else None
        if at is not None and Path(at.path).is_relative_to(Path(__file__).parent):
            report.outcome = "skipped"
            report.longrepr = (str(item.path), 0, f"Skipped: this system has no {error.obj.__name__}.{error.name}")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, None, None]:
    """Fail the test, or the module, that leaves anything behind."""
    try:
        yield
    finally:
        before = item.stash.get(_BEFORE, None)
        if before is not None and item.get_closest_marker("lets_connections_go") is not None:
            before.look_away_from_sockets()
        guard.tests.clear()
        module = item.getparent(pytest.Module)
        ends = nextitem is None or nextitem.getparent(pytest.Module) is not module
        whole = guard.modules.pop(module, None) if ends else None
        if whole is not None and before is not None:
            whole.told()
            marker = item.get_closest_marker("lets_connections_go")
            if marker is not None and marker.kwargs.get("behind_the_module"):
                whole.look_away_from_sockets()
    if item.stash.get(_FAILED, False):
        return
    if before is not None and (left := before.left()):
        raise AssertionError(f"{item.name} leaves behind: {'; '.join(left)}")
    if whole is not None and (left := whole.left()):
        raise AssertionError(f"{module and module.name} and its fixtures leave behind: {'; '.join(left)}")


def pytest_collection_finish() -> None:
    """Let collections pass over what was loaded for all tests: there is much of it, and it stays."""
    from pstui.tui.garbage import COLLECT_AFTER

    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)  # as the program does


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that no worker is left alone with one of them at the end.

    The tests at real containers are given the time that making their image takes.
    """
    items.sort(key=lambda item: (not item.nodeid.startswith(_LONG), not item.nodeid.startswith("tests/tui/")))
    for item in items:
        if "podman" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(_WITH_BOOTSTRAP))


def _process() -> dict[str, object]:
    """Return what belongs to the whole process, and what a test can change for all that come after it."""
    # pytest itself writes there which test runs, and in which of its parts.
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    handlers = {name: signal.getsignal(getattr(signal, name)) for name in _SIGNALS if hasattr(signal, name)}
    return {"environment": environment, "folder": Path.cwd(), "zone": time.tzname, "gc": gc.isenabled(), **handlers}


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test that leaves the process in another state than it found it in, or anything behind."""
    if request.node.nodeid.startswith(guard.LOOKED_AT):
        request.node.stash[_BEFORE] = guard.Before()
        guard.tests[:] = [request.node.stash[_BEFORE]]
    before = _process()
    yield
    after = _process()
    left = {name: (value, after[name]) for name, value in before.items() if after[name] != value}
    assert not left, "a test changes the process through monkeypatch, which puts it back"


@pytest.fixture(autouse=True)
def isolated_home(
    nothing_left_behind: None, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Give the test an empty home and empty XDG folders; returns the home."""
    home = tmp_path_factory.mktemp("home", numbered=True)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(home))
    for variable, folder in {
        "XDG_CONFIG_HOME": ".config",
        "XDG_STATE_HOME": ".local/state",
        "XDG_DATA_HOME": ".local/share",
        "XDG_CACHE_HOME": ".cache",
    }.items():
        monkeypatch.setenv(variable, str(home / folder))
    for variable in _FOREIGN:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    return home
