"""The small sources: a profile's own command, the virtual machines of libvirt and Hyper-V, local PowerShell processes.

Each is asked again after a fixed time, because nothing tells it of a change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.discovery.model import MAX_FOUND, Found, Section
from pstui.backends.errors import OpenError
from pstui.backends.transports.command import run_tool
from pstui.backends.transports.named_pipe import HostPipe, host_pipes
from pstui.backends.transports.streams import printable
from pstui.backends.transports.vm import hyperv
from pstui.backends.transports.vm.hyperv import unavailable as no_hyperv
from pstui.backends.transports.vm.libvirt import Hypervisor, default_uris
from pstui.backends.transports.vm.libvirt import unavailable as no_libvirt
from pstui.backends.transports.vm.machine import Machine

#: seconds between two looks. A command may be slow, and paid for by the call; a look at Hyper-V starts a PowerShell
POLL_COMMAND, POLL_LIBVIRT, POLL_HYPERV, POLL_PROCESSES = 30.0, 5.0, 20.0, 3.0
#: what stands for the name in a profile's command
PLACE = "{}"
#: longest name taken from a profile's command, in characters
MAX_NAME = 300


class CommandSource:
    """The names that a profile's discovery command prints, one a line.

    ``info`` is the profile's connection with ``Discover`` and a ``Command`` that has ``{}`` where the name belongs.
    """

    kind = "host"

    def __init__(self, info: ConnectionInfo) -> None:
        self.info = info
        self._discover = tuple(str(part) for part in info.values.get("Discover") or ())
        self.name = info.profile or (printable(self._discover[0]) if self._discover else "")

    async def look(self) -> Section | None:
        """Run the command; None where the profile has none. Raises OpenError with the command's own words."""
        if not self._discover:
            return None
        command = tuple(str(part) for part in self.info.values.get("Command") or ())
        if not any(PLACE in part for part in command[1:]):
            why = f"Its command has no {PLACE} where the name belongs."
            raise OpenError(f"the discovery command of {self.name} cannot be used", why)
        answer = await run_tool(self._discover, limit=1 << 20)
        if answer.code != 0:
            raise OpenError(f"the discovery command of {self.name} failed", answer.reason)
        names = dict.fromkeys(line.strip() for line in answer.output.splitlines())
        found = [self._found(command, name) for name in names if is_enterable(name)]
        return Section(self.name, self.kind, tuple(found[:MAX_FOUND]))

    async def wait(self) -> None:
        await asyncio.sleep(POLL_COMMAND)

    async def close(self) -> None:
        return

    def _found(self, command: Sequence[str], name: str) -> Found:
        values = {"Command": (command[0], *(part.replace(PLACE, name) for part in command[1:]))}
        info = ConnectionInfo(ParameterSet.PROCESS, values, "", self.info.settings)
        return Found("host", printable(name), info)


def is_enterable(name: str) -> bool:
    """Whether a printed name may become an argument: not empty, printable, not to be read as an option."""
    return bool(name) and len(name) <= MAX_NAME and name.isprintable() and not name.startswith("-")


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
        return _machine_section(self.name, machines, {"LibvirtUri": self.name})

    async def wait(self) -> None:
        await asyncio.sleep(POLL_LIBVIRT)

    async def close(self) -> None:
        await self._hypervisor.close()


class HyperVSource:
    """The machines of this Windows computer."""

    name, kind = "Hyper-V", "vm"

    async def look(self) -> Section | None:
        """Return the machines; None where there is no Hyper-V. Raises OpenError."""
        if no_hyperv():
            return None
        return _machine_section(self.name, await hyperv.machines(), {})

    async def wait(self) -> None:
        await asyncio.sleep(POLL_HYPERV)

    async def close(self) -> None:
        return


def vm_sources(more: Sequence[str] = ()) -> list[LibvirtSource | HyperVSource]:
    """Return the sources of this computer: Hyper-V, the hypervisors that run here, and the URIs of profiles."""
    return [HyperVSource(), *(LibvirtSource(uri) for uri in dict.fromkeys([*default_uris(), *more]))]


def _machine_section(source: str, machines: Sequence[Machine], values: dict[str, object]) -> Section:
    ordered = sorted(machines, key=lambda one: one.name.casefold())[:MAX_FOUND]
    return Section(source, "vm", tuple(_machine(one, values) for one in ordered))


def _machine(machine: Machine, values: dict[str, object]) -> Found:
    # By id, because two machines of different hypervisors may have one name; the credential is asked by the caller.
    info = ConnectionInfo(ParameterSet.VM_ID, {"VMId": machine.id, **values})
    address = machine.addresses[0] if machine.addresses else ""
    return Found("vm", machine.name, info, machine.state, address=address, id=str(machine.id))


class ProcessSource:
    """Local PowerShell processes, as Get-PSHostProcessInfo lists them."""

    name, kind = "processes", "process"

    async def look(self) -> Section | None:
        """Return the processes; None where there are none."""
        found = tuple(_process(pipe) for pipe in (await asyncio.to_thread(host_pipes))[:MAX_FOUND])
        return Section(self.name, self.kind, found) if found else None

    async def wait(self) -> None:
        await asyncio.sleep(POLL_PROCESSES)

    async def close(self) -> None:
        return


def _process(pipe: HostPipe) -> Found:
    info = ConnectionInfo(ParameterSet.HOST_PROCESS, {"ProcessId": pipe.process_id})
    name = f"{pipe.program} {pipe.process_id}"
    return Found("process", name, info, "running", pipe.program, id=str(pipe.process_id))
