"""The registry: which transports there are, which serves what, and what it costs to ask."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import NobodyConsole
from pstui.backends.errors import OpenError
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext, TransportKind


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


def test_a_file_beside_a_transport_named_after_it_is_its_part() -> None:
    names = {"ssh", "ssh_options", "named_pipe", "named_pipe_security"}
    assert registry._is_part("ssh_options", names)
    assert registry._is_part("named_pipe_security", names)
    assert not registry._is_part("named_pipe", names)
    assert not registry._is_part("ssh", names)


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
