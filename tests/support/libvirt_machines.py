"""Virtual machines of libvirt's test driver: described in a file, their network on this computer's loopback."""

from __future__ import annotations

import importlib.util
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from tests.support.parts import missing

#: the address that the driver gives to the first machine, and the network that makes it do so
ADDRESS = "127.0.0.3"
_NETWORK = (
    "<ip address='127.0.0.1' netmask='255.255.255.0'><dhcp><range start='127.0.0.2' end='127.0.0.254'/></dhcp></ip>"
)
#: a network whose first machine has the address 127.0.0.1
LOCALHOST = "<ip address='127.0.0.0' netmask='255.255.255.0'/>"
#: run states of the driver, as virDomainState numbers them
RUNNING, PAUSED, OFF = 1, 3, 5

_FILE = """\
<node>
  <network>
    <name>default</name>
    <bridge name='virbr0' stp='on' delay='0'/>
    {network}
  </network>
{domains}
</node>
"""
_DOMAIN = """\
  <domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
    <name>{name}</name>
    <uuid>{identity}</uuid>
    <memory>65536</memory>
    <os><type arch='i686'>hvm</type></os>
    <devices>{interface}</devices>
    <test:runstate>{state}</test:runstate>
  </domain>
"""
_INTERFACE = (
    "<interface type='network'><mac address='aa:bb:cc:dd:ee:01'/>"
    "<source network='default'/><target dev='testnet0'/></interface>"
)


@dataclass(frozen=True)
class Described:
    """One machine of a file."""

    name: str
    state: int = RUNNING
    has_network: bool = True
    id: uuid.UUID = field(default_factory=uuid.uuid4)


def machines_file(path: Path, machines: Sequence[Described], network: str = _NETWORK) -> str:
    """Write the machines to a file and return the connection URI; the test is skipped where libvirt is missing."""
    if importlib.util.find_spec("libvirt") is None:
        missing("libvirt", "libvirt-python is not installed")
    domains = "".join(
        _DOMAIN.format(
            name=escape(one.name),
            identity=one.id,
            interface=_INTERFACE if one.has_network else "",
            state=one.state,
        )
        for one in machines
    )
    path.write_text(_FILE.format(domains=domains, network=network))
    return f"test://{path}"
