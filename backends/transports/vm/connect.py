"""Virtual machines by name or id: Hyper-V on its own computer, libvirt anywhere (protocol-notes 1.8, 6.6)."""

from __future__ import annotations

from dataclasses import replace

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Question, QuestionCancelled, QuestionKind
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import OpenCancelled, OpenError
from pstui.backends.extras import LIBVIRT, install_command
from pstui.backends.transports.base import ConnectContext, TerminalChannel, TerminalWish, Transport
from pstui.backends.transports.streams import printable
from pstui.backends.transports.vm.handshake import GuestLogon
from pstui.backends.transports.vm.hyperv import unavailable as no_hyperv
from pstui.backends.transports.vm.libvirt import Hypervisor, default_uris
from pstui.backends.transports.vm.libvirt import unavailable as no_libvirt


async def connect(info: ConnectionInfo, context: ConnectContext) -> Transport:
    """Find the machine and enter its guest. Raises OpenError with PowerShell's ids."""
    hypervisors = _hypervisors(info)  # before anybody is asked for an account
    info = await _with_credential(info, context)
    context.step("name", info.computer_name)
    if not hypervisors:
        from pstui.backends.transports.vm import hyperv

        return await hyperv.connect(info, context)
    from pstui.backends.transports.vm.guest import enter_guest

    return await enter_guest(hypervisors, info, context)


async def check(info: ConnectionInfo, context: ConnectContext) -> None:
    """Raise OpenError where no virtual machine can be looked up from here, whatever the password is."""
    _hypervisors(info)


async def open_terminal(info: ConnectionInfo, context: ConnectContext, wish: TerminalWish) -> TerminalChannel:
    """Open a terminal in the guest, by the SSH server that its sessions use. Raises OpenError."""
    hypervisors = _hypervisors(info)
    if not hypervisors:
        raise OpenError(
            f"{info.label}: a terminal cannot be opened",
            "Hyper-V's own way into a guest carries PowerShell alone.",
            "Where the guest runs an SSH server, enter it by its address with -HostName.",
        )
    from pstui.backends.transports.vm.guest import terminal_in_guest

    info = await _with_credential(info, context)
    context.step("name", info.computer_name)
    return await terminal_in_guest(hypervisors, info, context, wish)


def _hypervisors(info: ConnectionInfo) -> list[Hypervisor]:
    """Return the hypervisors of libvirt to ask, none where Hyper-V is. Raises OpenError where there is neither."""
    uri = info.text("LibvirtUri")
    if not uri and not no_hyperv():
        return []
    uris = (uri,) if uri else default_uris()
    reason = no_libvirt()
    if reason or not uris:
        raise _nothing_here(reason or "No hypervisor of libvirt runs here (qemu:///system, qemu:///session).")
    return [Hypervisor(one) for one in uris]


async def _with_credential(info: ConnectionInfo, context: ConnectContext) -> ConnectionInfo:
    """Return a connection with an account of the guest, asked for where none is given. Raises OpenError."""
    credential = info.values.get("Credential")
    if credential is None or (not credential.user_name and credential.password is None):
        credential = await _asked(info, context, credential)
    GuestLogon.of(credential.user_name, Secret(""))
    return replace(info, values={**info.values, "Credential": credential})


async def _asked(info: ConnectionInfo, context: ConnectContext, given: PSCredential | None) -> PSCredential:
    """Ask for the user, as for a machine that was found and not saved; the password is asked where it is needed."""
    name = printable(info.computer_name)
    try:
        question = Question(QuestionKind.LINE, f"User in the virtual machine {name}: ", remote=False, source=name)
        return PSCredential((await context.console.ask(question)).reveal().strip())
    except QuestionCancelled as cancelled:
        if not cancelled.nobody:
            raise OpenCancelled(f"{name}: not connected, no user was given") from cancelled
        if given is not None:
            return given
        raise OpenError(
            "a virtual machine is entered with an account of its guest",
            "No credential was given.",
            "Give -Credential.",
            error_id="InvalidCredential",
        ) from cancelled


def _nothing_here(why: str) -> OpenError:
    return OpenError(
        "virtual machines cannot be looked up from here",
        f"{why}\n{no_hyperv()}".strip(),
        f"Install libvirt-python ({install_command(LIBVIRT)}) and name a hypervisor with -LibvirtUri, or enter the "
        "guest by its address with -HostName or -ComputerName.",
        error_id="HyperVModuleNotAvailable",
    )
