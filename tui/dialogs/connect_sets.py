"""The first choice of the connection dialog: what kind of target, and which of them can be reached from here."""

from __future__ import annotations

from dataclasses import dataclass

from pstui.backends.binding.options import options_of
from pstui.backends.connection import ParameterSet
from pstui.backends.errors import OpenError
from pstui.backends.transports import registry

_S = ParameterSet
#: the look-ups of one entry, in the order in which its field offers them
LOOKUPS = (_S.ID, _S.NAME, _S.INSTANCE_ID, _S.SESSION)


@dataclass(frozen=True, slots=True)
class SetEntry:
    """One row: its caption, the way, and the sets behind it."""

    caption: str
    way: str
    sets: tuple[ParameterSet, ...]


ENTRIES: tuple[SetEntry, ...] = (
    SetEntry("Computer name", "WinRM", (_S.COMPUTER_NAME,)),
    SetEntry("Host name", "SSH", (_S.SSH_HOST,)),
    SetEntry("Connection URI", "WinRM", (_S.URI,)),
    SetEntry("VM name", "", (_S.VM_NAME,)),
    SetEntry("VM id", "", (_S.VM_ID,)),
    SetEntry("Container", "", (_S.CONTAINER_ID,)),
    SetEntry("Open session", "", LOOKUPS),
    SetEntry("Local process", "", (_S.PROCESS,)),
    SetEntry("PowerShell here", "", (_S.HOST_PROCESS,)),
    SetEntry("Demo", "", (_S.DEMO,)),
)


def entry_of(parameter_set: ParameterSet) -> int:
    """Return the place of the row that a set belongs to."""
    return next(index for index, entry in enumerate(ENTRIES) if parameter_set in entry.sets)


def unreachable(parameter_set: ParameterSet) -> str:
    """Return why a set cannot be opened here, empty where it can."""
    if parameter_set.is_lookup:
        return ""
    try:
        registry.for_set(parameter_set)
    except OpenError as error:
        return error.text()
    return ""


def winrm_alone(parameter_set: ParameterSet) -> str:
    """Return what only WinRM can do, for a set that goes another way; empty for WinRM's own."""
    if parameter_set.is_lookup or any(item.wsman for item in options_of(parameter_set)):
        return ""
    return "WinRM alone has: session options, redirection, certificates, sessions that outlive a disconnection."
