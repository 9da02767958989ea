"""Where a session goes: the parameter sets of Enter-PSSession and the values bound to one of them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


class ParameterSet(enum.Enum):
    """The ten sets of Enter-PSSession in PowerShell's order (protocol-notes 1.1), then pstui's own three."""

    COMPUTER_NAME = "ComputerName"
    SSH_HOST = "SSHHost"
    SESSION = "Session"
    URI = "Uri"
    INSTANCE_ID = "InstanceId"
    ID = "Id"
    NAME = "Name"
    VM_ID = "VMId"
    VM_NAME = "VMName"
    CONTAINER_ID = "ContainerId"
    #: a local process that speaks the protocol on its standard streams; ``Command`` is its argument list
    PROCESS = "Process"
    #: a running PowerShell on this machine, as Enter-PSHostProcess enters it; ``ProcessId``
    HOST_PROCESS = "HostProcess"
    #: the embedded endpoint
    DEMO = "Demo"

    @property
    def is_lookup(self) -> bool:
        """True for the sets that name a session that exists: no transport, a look-up in the SessionManager."""
        return self in _LOOKUPS


_LOOKUPS = frozenset({ParameterSet.SESSION, ParameterSet.INSTANCE_ID, ParameterSet.ID, ParameterSet.NAME})


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """One bound and validated target: a parameter set and its values, keyed by PowerShell's parameter names.

    Values have their final types: str, int, bool (switches), uuid.UUID, PSCredential, dict (Options),
    tuple[str, ...] (Command). A parameter that was not given is absent. For SSHHost, ``HostName`` is the bare host,
    lower-cased, IPv6 in brackets, with ``UserName`` and ``Port`` taken out of it (protocol-notes 1.4).

    ``profile`` names the saved profile it came from, ``""`` if none. ``settings`` holds pstui's own additions, by
    TOML key: ``width`` (int), ``load_profile`` (bool) and the like.
    """

    parameter_set: ParameterSet
    values: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    profile: str = ""
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def text(self, name: str, default: str = "") -> str:
        """Return a text value, or ``default`` when it was not given."""
        value = self.values.get(name)
        return default if value is None else str(value)

    def number(self, name: str, default: int = 0) -> int:
        """Return an integer value, or ``default`` when it was not given."""
        value = self.values.get(name)
        return default if value is None else int(value)

    def switch(self, name: str) -> bool:
        """Return a switch's value; absent is False."""
        return bool(self.values.get(name, False))

    @property
    def computer_name(self) -> str:
        """The PSSession property ComputerName (protocol-notes 5.1): what prompts and lists call the target."""
        match self.parameter_set:
            case ParameterSet.SSH_HOST:
                return self.text("HostName")
            case ParameterSet.COMPUTER_NAME:
                return self.text("ComputerName")
            case ParameterSet.URI:
                return uri_host(self.text("ConnectionUri"))
            case ParameterSet.CONTAINER_ID:
                return self.text("ContainerId")
            case ParameterSet.VM_NAME:
                return self.text("VMName")
            case ParameterSet.VM_ID:
                return self.text("VMId")
            case ParameterSet.DEMO:
                return "demo"
            case _:
                return "localhost"

    @property
    def label(self) -> str:
        """The short name a tab and a sidebar show: the profile's, else ``user@host`` or the computer name."""
        if self.profile:
            return self.profile
        user = self.text("UserName")
        return f"{user}@{self.computer_name}" if user else self.computer_name


def uri_host(uri: str) -> str:
    """Return the host part of an absolute URI as typed, IPv6 with its brackets; the whole text if there is none."""
    rest = uri.partition("://")[2].split("/", 1)[0].rpartition("@")[2]
    if rest.startswith("["):
        return rest.partition("]")[0] + "]"
    return rest.partition(":")[0] or uri
