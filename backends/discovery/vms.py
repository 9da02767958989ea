"""The virtual machines of libvirt's hypervisors and of Hyper-V, with their states and addresses."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.discovery.model import MAX_FOUND, Found, Section
from pstui.backends.transports.vm import hyperv
from pstui.backends.transports.vm.hyperv import unavailable as no_hyperv
from pstui.backends.transports.vm.libvirt import Hypervisor, default_uris
from pstui.backends.transports.vm.libvirt import unavailable as no_libvirt
from pstui.backends.transports.vm.machine import Machine

#: seconds between two looks; a look at Hyper-V starts a PowerShell
POLL, POLL_HYPERV = 5.0, 20.0


class LibvirtSource:
    """The machines that one libvirt connection knows."""

    kind = "vm"

    def __init__(self, uri: str) -> None:
        self.name = uri
        self._hypervisor = Hypervisor(uri)

    async def look(self) -> Section | None:
        """Return the machines; None where libvirt-python is not installed."""
        if no_libvirt():
            return None
        machines = await self._hypervisor.machines()
        return _section(self.name, machines, {"LibvirtUri": self.name})

    async def wait(self) -> None:
        await asyncio.sleep(POLL)

    async def close(self) -> None:
        await self._hypervisor.close()


class HyperVSource:
    """The machines of this Windows computer."""

    name, kind = "Hyper-V", "vm"

    async def look(self) -> Section | None:
        """Return the machines; None where there is no Hyper-V. Raises OpenError."""
        if no_hyperv():
            return None
        return _section(self.name, await hyperv.machines(), {})

    async def wait(self) -> None:
        await asyncio.sleep(POLL_HYPERV)

    async def close(self) -> None:
        return


def vm_sources(more: Sequence[str] = ()) -> list[LibvirtSource | HyperVSource]:
    """Return the sources of this machine: Hyper-V, the hypervisors that run here, and the URIs of profiles."""
    return [HyperVSource(), *(LibvirtSource(uri) for uri in dict.fromkeys([*default_uris(), *more]))]


def _section(source: str, machines: Sequence[Machine], values: dict[str, object]) -> Section:
    ordered = sorted(machines, key=lambda one: one.name.casefold())[:MAX_FOUND]
    return Section(source, "vm", tuple(_found(one, values) for one in ordered))


def _found(machine: Machine, values: dict[str, object]) -> Found:
    # By id, because two machines of different hypervisors may have one name; the credential is asked by the caller.
    info = ConnectionInfo(ParameterSet.VM_ID, {"VMId": machine.id, **values})
    address = machine.addresses[0] if machine.addresses else ""
    return Found("vm", machine.name, info, machine.state, address=address, id=str(machine.id))
