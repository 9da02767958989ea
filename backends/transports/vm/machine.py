"""A virtual machine as a look-up knows it, and which one a name or an id means (protocol-notes 1.10)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import Offer, OpenError
from pstui.backends.transports.streams import printable


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine. ``state`` is a word to show; ``start`` is the way to make it run, where there is one.

    ``addresses`` are those of its guest, the likeliest first, ``where`` the hypervisor that knows it.
    """

    id: uuid.UUID
    name: str
    state: str
    is_running: bool
    where: str = ""
    addresses: tuple[str, ...] = ()
    start: Offer | None = field(default=None, compare=False)


def choose(machines: Sequence[Machine], info: ConnectionInfo) -> Machine:
    """Return the machine that ``info`` names; names are compared without case, as Get-VM does.

    Raises OpenError InvalidVMId, InvalidVMNameNoVM, InvalidVMNameMultipleVM, or InvalidVMState with an offer to start.
    """
    if info.parameter_set is ParameterSet.VM_ID:
        wanted = info.values.get("VMId")
        found = [one for one in machines if one.id == wanted]
        error_id = "InvalidVMId"
    else:
        wanted = info.text("VMName")
        found = [one for one in machines if one.name == wanted]
        found = found or [one for one in machines if one.name.casefold() == wanted.casefold()]
        error_id = "InvalidVMNameNoVM"
    shown = printable(str(wanted))[:100]
    distinct = list({one.id: one for one in found}.values())
    if not distinct:
        known = ", ".join(one.name for one in machines[:8]) + (", …" if len(machines) > 8 else "")
        raise OpenError(
            f"there is no virtual machine {shown}",
            f"Known are {known}." if known else "The hypervisor has no machines, or does not show them to this user.",
            "Check the spelling, and that you may see the machine.",
            error_id=error_id,
        )
    if len(distinct) > 1:
        ids = ", ".join(f"{one.id}{f' ({one.where})' if one.where else ''}" for one in distinct[:5])
        raise OpenError(
            f"{len(distinct)} virtual machines are named {shown}",
            f"Their ids: {ids}.",
            "Choose one with -VMId.",
            error_id="InvalidVMNameMultipleVM",
        )
    machine = distinct[0]
    if not machine.is_running:
        raise OpenError(
            f"the virtual machine {machine.name} is not running: it is {machine.state}",
            "Only a running machine can be entered.",
            "Start it first.",
            error_id="InvalidVMState",
            offers=[machine.start] if machine.start else (),
        )
    return machine
