"""The registry: which transports there are, which serves what, and what it costs to ask."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pstui.backends import transports
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext, TransportKind

from tests.support.nobody import NobodyConsole


async def _no_connect(info: ConnectionInfo, context: ConnectContext) -> Any:
    return (info, context)


def _kind(name: str, reason: str = "", rank: int = 100) -> TransportKind:
    return TransportKind(name, frozenset({ParameterSet.VM_ID}), _no_connect, lambda: reason, rank)


def test_the_transports_of_the_folder_are_found_by_their_constant() -> None:
    found = {kind.name: kind for kind in registry.kinds()}
    assert ParameterSet.PROCESS in found["Process"].parameter_sets
    assert ParameterSet.SSH_HOST in found["SSH"].parameter_sets


def test_every_set_of_powershell_is_served_or_refused_by_name() -> None:
    for parameter_set in ParameterSet.all():
        try:
            kind = registry.for_set(parameter_set)
        except OpenError as error:
            assert parameter_set.value in error.what
            assert error.why
        else:
            assert parameter_set in kind.parameter_sets


def test_listing_loads_no_heavy_library() -> None:
    program = (
        "import sys\n"
        "from pstui.backends.transports import registry\n"
        "kinds = registry.kinds()\n"
        "[kind.unavailable() for kind in kinds]\n"
        "assert kinds\n"
        "heavy = ('asyncssh', 'pypsrp', 'psrpcore', 'textual', 'cryptography')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_a_new_transport_is_a_module_or_a_package_with_a_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        "from pstui.backends.connection import ParameterSet\n"
        "from pstui.backends.transports.base import TransportKind\n"
        "TRANSPORT = TransportKind(__name__, frozenset({ParameterSet.VM_ID}), connect=print)\n"
    )
    (tmp_path / "novel.py").write_text(source)
    (tmp_path / "helper_of_none.py").write_text("")
    package = tmp_path / "wide"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "kind.py").write_text(source)
    (package / "heavy.py").write_text("raise ImportError('only connecting may load this')")
    folders = [*transports.__path__, str(tmp_path)]
    monkeypatch.setattr(transports, "__path__", folders)
    monkeypatch.setattr(registry, "_folder", folders)
    for name in ("novel", "helper_of_none", "wide", "wide.kind"):
        # What the test loads is forgotten after it.
        monkeypatch.setitem(sys.modules, f"{transports.__name__}.{name}", None)
        del sys.modules[f"{transports.__name__}.{name}"]
    found = {kind.name.removeprefix(f"{transports.__name__}.") for kind in registry.kinds()}
    assert {"novel", "wide.kind"} <= found


async def test_a_computer_s_sessions_are_listed_by_the_transport_that_keeps_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def list_sessions(info: ConnectionInfo, context: ConnectContext) -> Any:
        return [(info, context)]

    keeping = TransportKind("Keeper", frozenset({ParameterSet.URI}), _no_connect, list_sessions=list_sessions)
    monkeypatch.setattr(registry, "kinds", lambda: (_kind("Socket"), keeping))
    info, context = ConnectionInfo(ParameterSet.URI), ConnectContext(NobodyConsole())
    assert await registry.list_sessions(info, context) == [(info, context)]
    with pytest.raises(OpenError) as refusal:
        await registry.list_sessions(ConnectionInfo(ParameterSet.VM_ID), context)
    assert "Socket" in refusal.value.why
    assert "Keeper" in refusal.value.why


def test_the_usable_transport_of_the_lowest_rank_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    both = (_kind("First", "it needs Windows", rank=1), _kind("Second", rank=2), _kind("Third", rank=3))
    monkeypatch.setattr(registry, "kinds", lambda: both)
    assert registry.for_set(ParameterSet.VM_ID).name == "Second"


def test_a_set_nobody_can_open_here_names_every_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    both = (_kind("Socket", "it needs Windows with Hyper-V"), _kind("Libvirt", "libvirt-python is not installed"))
    monkeypatch.setattr(registry, "kinds", lambda: both)
    with pytest.raises(OpenError) as refusal:
        registry.for_set(ParameterSet.VM_ID)
    assert "VMId" in refusal.value.what
    assert "Socket: it needs Windows with Hyper-V" in refusal.value.why
    assert "Libvirt: libvirt-python is not installed" in refusal.value.why


def test_a_set_without_any_transport_names_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "kinds", lambda: (_kind("Socket"),))
    with pytest.raises(OpenError) as refusal:
        registry.for_set(ParameterSet.URI)
    assert "Uri" in refusal.value.what
    assert "VMId" in refusal.value.hint


@pytest.mark.parametrize("parameter_set", [one for one in ParameterSet.all() if one.is_lookup])
def test_look_ups_open_nothing(parameter_set: ParameterSet) -> None:
    with pytest.raises(OpenError, match=parameter_set.value):
        registry.for_set(parameter_set)


async def test_connect_hands_the_values_to_the_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "kinds", lambda: (_kind("Socket"),))
    info = ConnectionInfo(ParameterSet.VM_ID)
    context = ConnectContext(NobodyConsole())
    assert await registry.connect(info, context) == (info, context)
