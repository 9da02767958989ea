"""Virtual machines by name or id: Hyper-V on its own computer, libvirt anywhere (semantics 1.8, 6.6)."""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import OpenError
from pstui.backends.transports.base import ConnectContext, Transport, TransportKind
from pstui.backends.transports.hyperv_handshake import GuestLogon
from pstui.backends.transports.hyperv_socket import unavailable as no_hyperv
from pstui.backends.transports.vm_libvirt import Hypervisor, default_uris
from pstui.backends.transports.vm_libvirt import unavailable as no_libvirt


async def connect(info: ConnectionInfo, context: ConnectContext) -> Transport:
    """Find the machine and enter its guest. Raises OpenError with PowerShell's ids."""
    credential = info.values.get("Credential")
    if not isinstance(credential, PSCredential):
        raise OpenError(
            "a virtual machine is entered with an account of its guest",
            "No credential was given.",
            "Give -Credential.",
            error_id="InvalidCredential",
        )
    GuestLogon.of(credential.user_name, Secret(""))
    context.step("name", info.computer_name)
    uri = info.text("LibvirtUri")
    if not uri and not no_hyperv():
        from pstui.backends.transports import hyperv

        return await hyperv.connect(info, context)
    uris = (uri,) if uri else default_uris()
    reason = no_libvirt()
    if reason or not uris:
        raise _nothing_here(reason or "No hypervisor of libvirt runs here (qemu:///system, qemu:///session).")
    from pstui.backends.transports.vm_guest import enter_guest

    return await enter_guest([Hypervisor(one) for one in uris], info, context)


def _nothing_here(why: str) -> OpenError:
    return OpenError(
        "virtual machines cannot be looked up from here",
        f"{why}\n{no_hyperv()}".strip(),
        "Install libvirt-python (pip install 'pstui[libvirt]') and name a hypervisor with -LibvirtUri, or enter the "
        "guest by its address with -HostName or -ComputerName.",
        error_id="HyperVModuleNotAvailable",
    )


TRANSPORT = TransportKind(
    name="VMBus", parameter_sets=frozenset({ParameterSet.VM_ID, ParameterSet.VM_NAME}), connect=connect
)
