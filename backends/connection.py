"""Where a session goes: the parameter sets of Enter-PSSession and the values bound to one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, ClassVar

from pstui.backends.addresses import join_host, shown_user, uri_host

#: the kinds of profile, and the prefix that tells them apart where a name is used twice
KINDS = ("host", "vm", "container")


@dataclass(frozen=True, slots=True, eq=False)
class ParameterSet:
    """One way of saying where a session goes, and all that is to be known of it. Making one declares it.

    ``value`` is its name, PowerShell's for PowerShell's sets. ``target`` is the parameter that names where it goes;
    its TOML key decides that a profile is of this set. ``caption`` is its row in the connection dialog with the
    ``way`` beside it, ``short`` what the form of a profile calls it. ``kind`` is where its profiles are: host, vm
    or container.
    """

    value: str
    target: str
    caption: str
    way: str = ""
    short: str = ""
    kind: str = "host"
    #: whether it names a session that exists: no transport, a look-up in the SessionManager
    is_lookup: bool = False
    #: whether it is pstui's and not PowerShell's; its own parameters belong to Enter-PSSession alone
    own: bool = False
    #: the PSSession property ComputerName where the target does not give it
    computer_name: str = ""
    #: the PSSession property ComputerType (protocol-notes 5.1)
    computer_type: str = "RemoteMachine"
    #: what the prompt there says before the location, ``{}`` being the target; empty where the far end keeps its own
    prompt: str = ""
    #: what a tab is called, ``{}`` being the target; empty for user and computer
    tab: str = ""

    COMPUTER_NAME: ClassVar[ParameterSet]
    SSH_HOST: ClassVar[ParameterSet]
    SESSION: ClassVar[ParameterSet]
    URI: ClassVar[ParameterSet]
    INSTANCE_ID: ClassVar[ParameterSet]
    ID: ClassVar[ParameterSet]
    NAME: ClassVar[ParameterSet]
    VM_ID: ClassVar[ParameterSet]
    VM_NAME: ClassVar[ParameterSet]
    CONTAINER_ID: ClassVar[ParameterSet]
    #: a local process that speaks the protocol on its standard streams; ``Command`` is its argument list
    PROCESS: ClassVar[ParameterSet]
    #: a running PowerShell on this computer, as Enter-PSHostProcess enters it; ``ProcessId``
    HOST_PROCESS: ClassVar[ParameterSet]
    #: the embedded endpoint
    DEMO: ClassVar[ParameterSet]

    def __post_init__(self) -> None:
        _DECLARED[self.value] = self

    def __repr__(self) -> str:
        return f"<ParameterSet {self.value}>"

    @staticmethod
    def all() -> tuple[ParameterSet, ...]:
        """Return every set, in the order in which the connection dialog offers them."""
        return tuple(_DECLARED.values())

    @staticmethod
    def opening() -> tuple[ParameterSet, ...]:
        """Return the sets that lead somewhere, without the look-ups."""
        return tuple(one for one in _DECLARED.values() if not one.is_lookup)

    @staticmethod
    def named(value: str) -> ParameterSet:
        """Return a set by its name. Raises KeyError."""
        return _DECLARED[value]


_DECLARED: dict[str, ParameterSet] = {}


def _lookup(name: str) -> ParameterSet:
    return ParameterSet(name, name, "Open session", is_lookup=True, computer_name="localhost")


def _machine(name: str, caption: str) -> ParameterSet:
    short = "VM" if name == "VMName" else caption
    return ParameterSet(name, name, caption, short=short, kind="vm", computer_type="VirtualMachine", prompt="{}")


# PowerShell's ten sets (protocol-notes 1.1), in the order of the dialog, then pstui's own
ParameterSet.COMPUTER_NAME = ParameterSet("ComputerName", "ComputerName", "Computer name", "WinRM", "WinRM")
ParameterSet.SSH_HOST = ParameterSet("SSHHost", "HostName", "Host name", "SSH", "SSH")
ParameterSet.URI = ParameterSet("Uri", "ConnectionUri", "Connection URI", "WinRM", "URI")
ParameterSet.VM_NAME = _machine("VMName", "VM name")
ParameterSet.VM_ID = _machine("VMId", "VM id")
ParameterSet.CONTAINER_ID = ParameterSet(
    "ContainerId",
    "ContainerId",
    "Container",
    short="container",
    kind="container",
    computer_type="Container",
    prompt="{}",
)
ParameterSet.ID = _lookup("Id")
ParameterSet.NAME = _lookup("Name")
ParameterSet.INSTANCE_ID = _lookup("InstanceId")
ParameterSet.SESSION = _lookup("Session")
ParameterSet.PROCESS = ParameterSet(
    "Process", "Command", "Local process", short="command", own=True, computer_name="localhost"
)
ParameterSet.HOST_PROCESS = ParameterSet(
    "HostProcess",
    "ProcessId",
    "PowerShell here",
    short="process",
    own=True,
    computer_name="localhost",
    prompt="Process:{}",
    tab="pid {}",
)
ParameterSet.DEMO = ParameterSet("Demo", "Demo", "Demo", own=True, computer_name="demo")


#: the setting that says in one line what a name was taken for, to be shown before the session opens
ORIGIN = "origin"
#: of something that was found: the text that it is known by, whatever groups and defaults add to it, and for each key
#: that these add the table it is from
FOUND_AS, FOUND_FROM = "found_as", "found_from"
#: the name that an inventory has for its host
LISTED_AS = "listed_as"


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
        found: ConnectionInfo | None = getattr(self.values.get("Session"), "info", None)
        if found is not None:
            return found.computer_name  # of a session that is open already
        if self.parameter_set is ParameterSet.URI:
            return uri_host(self.text("ConnectionUri"))
        if self.parameter_set is ParameterSet.DEMO and (home := str(self.settings.get("demo_home", ""))):
            return PurePath(home).name or self.parameter_set.computer_name
        return self.parameter_set.computer_name or self.text(self.parameter_set.target)

    @property
    def account(self) -> str:
        """The account that is given, by its name or by a credential, as it may be shown; empty for none."""
        return shown_user(self.text("UserName") or getattr(self.values.get("Credential"), "user_name", ""))

    @property
    def label(self) -> str:
        """The short name that a tab shows: the profile's or an inventory's, else ``user@host`` or the computer name."""
        if not self.profile and self.parameter_set.tab:
            return self.parameter_set.tab.format(self.text(self.parameter_set.target))
        listed = str(self.settings.get(LISTED_AS, ""))
        name = self.profile or ("" if listed.casefold() == self.computer_name.casefold() else listed)
        return name or join_host(self.computer_name, shown_user(self.text("UserName")))
