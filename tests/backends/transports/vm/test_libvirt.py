"""Virtual machines of libvirt: listed with states and addresses, looked up, and entered over SSH in the guest."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Question, QuestionKind
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.discovery.model import Watcher, look
from pstui.backends.discovery.polled import LibvirtSource, vm_sources
from pstui.backends.errors import OpenError
from pstui.backends.sessions.interactive import Outcome
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext, TerminalWish
from pstui.backends.transports.command import detached, end
from pstui.backends.transports.vm import connect as vm
from pstui.backends.transports.vm import guest as vm_guest
from pstui.backends.transports.vm import libvirt as vm_libvirt
from pstui.backends.transports.vm.guest import CredentialConsole, guest_connection, reach
from pstui.backends.transports.vm.machine import Machine

from tests.support.answers import AnsweringConsole
from tests.support.libvirt_machines import ADDRESS, LOCALHOST, OFF, PAUSED, Described, machines_file
from tests.support.nobody import NobodyConsole
from tests.support.scripted_console import ScriptedConsole
from tests.support.sshd import Sshd, free_port, make_home, running_sshd
from tests.support.terminals import try_out_a_shell
from tests.support.winrm_fixture import PASSWORD as WINRM_PASSWORD
from tests.support.winrm_fixture import USER, running_winrm

ID = uuid.UUID("11111111-2222-4333-8444-555555555555")
ODD = "web 1; $(id) \"q\" '--x'"
PASSWORD = "pass word€"  # not a secret of anybody


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return machines_file(
        tmp_path / "machines.xml",
        [
            Described(ODD, id=ID),
            Described("off", OFF),
            Described("paused", PAUSED),
            Described("lonely", has_network=False),
        ],
    )


@pytest.fixture
def guest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    """An SSH server on the address of the first machine; the client's own key may log in."""
    port = free_port()
    with running_sshd(tmp_path / "sshd", port=port, more_config=f"ListenAddress {ADDRESS}:{port}") as server:
        key = (server.folder / "host_key.pub").read_text().split()[:2]
        ssh = make_home(tmp_path / "home", monkeypatch, f"{ID} {' '.join(key)}\n")
        shutil.copy(server.user_key, ssh / "id_ed25519")
        yield server


def info(uri: str, parameter_set: ParameterSet = ParameterSet.VM_NAME, **values: Any) -> ConnectionInfo:
    credential = PSCredential("root", Secret(PASSWORD))
    return ConnectionInfo(parameter_set, {"Credential": credential, "LibvirtUri": uri, **values})


async def refused(target: ConnectionInfo) -> OpenError:
    manager = SessionManager()
    with pytest.raises(OpenError) as refusal:
        async with asyncio.timeout(30):
            await manager.create(target, NobodyConsole()).open()
    return refusal.value


@pytest.mark.parametrize("values", [{"VMName": ODD}, {"VMName": ODD.upper()}, {"VMId": ID}], ids=str)
async def test_a_guest_is_entered_over_sshd_with_the_machines_name(
    uri: str, guest: Sshd, values: dict[str, Any]
) -> None:
    parameter_set = ParameterSet.VM_ID if "VMId" in values else ParameterSet.VM_NAME
    target = info(uri, parameter_set, GuestPort=guest.port, Credential=PSCredential(guest.user), **values)
    manager, console = SessionManager(), ScriptedConsole()
    session = manager.create(target, console)
    steps: list[tuple[str, str]] = []
    session.on_step = lambda name, detail: steps.append((name, detail))
    interactive = manager.interact(session, console)
    try:
        async with asyncio.timeout(60):
            await interactive.enter()
            shown = ODD if "VMId" in values else values["VMName"]
            assert interactive.prompt.startswith(f"[{ODD}]: PS "), shown
            assert session.computer_type == "VirtualMachine"
            assert ("port", f"{ADDRESS} port {guest.port} (SSH)") in steps
            assert await interactive.run("'v' * 3") is Outcome.READY
            assert "vvv" in console.shown()
            assert await interactive.run("exit") is Outcome.LEFT
    finally:
        await manager.close_all()


async def test_a_terminal_in_a_guest_goes_the_way_of_its_sessions(uri: str, guest: Sshd) -> None:
    target = info(uri, VMName=ODD, GuestPort=guest.port, Credential=PSCredential(guest.user))
    wish = TerminalWish(91, 17, "/usr")
    channel = await registry.open_terminal(target, ConnectContext(ScriptedConsole()), wish)
    try:
        await try_out_a_shell(channel, "17 91", "/usr", guest.user)
    finally:
        await channel.stop()


async def test_the_configuration_is_the_guests_subsystem(uri: str, guest: Sshd) -> None:
    target = info(uri, VMName=ODD, GuestPort=guest.port, Credential=PSCredential(guest.user), ConfigurationName="nope")
    assert "nope" in (await refused(target)).text()


async def test_a_guest_with_winrm_is_entered_with_the_credential(tmp_path: Path) -> None:
    uri = machines_file(tmp_path / "machines.xml", [Described("win", id=ID)], LOCALHOST)
    with running_winrm(tmp_path / "winrm") as endpoint:
        credential = PSCredential(USER, Secret(WINRM_PASSWORD))
        manager, console = SessionManager(), ScriptedConsole()
        values: dict[str, Any] = {"VMName": "WIN", "GuestPort": endpoint.port, "Credential": credential}
        assert "trusted" in (await refused(info(uri, **values))).text()
        target = info(uri, **values, GuestTransport="WSMan")
        interactive = manager.interact(manager.create(target, console), console)
        try:
            async with asyncio.timeout(60):
                await interactive.enter()
                assert interactive.prompt.startswith("[win]: PS ")
                assert await interactive.run("'w' * 3") is Outcome.READY
                assert "www" in console.shown()
        finally:
            await manager.close_all()
        assert {one["user"] for one in endpoint.requests("Create")} == {USER}


class Passwords(asyncssh.SSHServer):
    """A server that takes one password and keeps those it was given."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self.given.append(password)
        return password == PASSWORD


@contextlib.asynccontextmanager
async def passwords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Passwords, int]]:
    """A server with passwords whose subsystem is the demo endpoint."""

    async def serve(process: asyncssh.SSHServerProcess[bytes]) -> None:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "pstui.backends.demo.server.stdio",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            **detached(),
        )
        assert child.stdin is not None and child.stdout is not None

        async def copy(read: Any, write: Any) -> None:
            while data := await read(65536):
                write(data)

        inwards = asyncio.ensure_future(copy(process.stdin.read, child.stdin.write))
        try:
            await copy(child.stdout.read, process.stdout.write)
        finally:
            inwards.cancel()
            await end(child)
        process.exit(0)

    server = Passwords()
    key = asyncssh.generate_private_key("ssh-ed25519")
    listener = await asyncssh.listen(
        ADDRESS, 0, server_factory=lambda: server, server_host_keys=[key], process_factory=serve, encoding=None
    )
    make_home(tmp_path / "home", monkeypatch, f"{ID} {key.export_public_key().decode()}")
    try:
        yield server, listener.get_port()
    finally:
        listener.close()
        await listener.wait_closed()


async def test_the_credential_logs_on_without_a_question(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with passwords(tmp_path, monkeypatch) as (server, port), asyncio.timeout(60):
        manager, console = SessionManager(), ScriptedConsole()
        session = manager.create(info(uri, VMName=ODD, GuestPort=port), console)
        await session.open()
        await manager.close_all()
    assert server.given == [PASSWORD]
    assert console.questions == []
    assert PASSWORD not in "".join(console.shown())


async def test_without_a_credential_the_user_is_asked_and_then_the_password(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with passwords(tmp_path, monkeypatch) as (server, port), asyncio.timeout(60):
        manager, console = SessionManager(), ScriptedConsole()
        opening = asyncio.ensure_future(
            manager.create(info(uri, VMName=ODD, GuestPort=port, Credential=None), console).open()
        )
        for answer in ("ann", PASSWORD):
            (await console.question()).set_result(answer)
            console.asked = None
        await opening
        await manager.close_all()
    assert server.given == [PASSWORD]
    assert [question.kind for question in console.questions] == [QuestionKind.LINE, QuestionKind.SECRET]
    assert not any(question.remote for question in console.questions)


async def test_a_wrong_password_is_sent_once_and_no_more(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with passwords(tmp_path, monkeypatch) as (server, port):
        credential = PSCredential("root", Secret("wrong one"))
        error = await refused(info(uri, VMName=ODD, GuestPort=port, Credential=credential))
    assert server.given == ["wrong one"]
    assert "wrong one" not in error.text() + error.details


@pytest.mark.parametrize("label", ["ann@host's password: ", "(ann@host) Password: ", "(ann@host) PASSWORD "])
async def test_only_the_first_question_for_the_password_is_answered(label: str) -> None:
    person = AnsweringConsole(answers=["one", "two", "three", "four", "five"])
    console = CredentialConsole(person, PSCredential("ann", Secret(PASSWORD)))

    async def ask(label: str, **values: Any) -> str:
        question = Question(QuestionKind.SECRET, label, **{"remote": False, **values})
        return (await console.ask(question)).reveal()

    assert await ask("(ann@host) Verification code: ") == "one"
    assert await ask("Enter passphrase for key '/x': ") == "two"
    assert await ask("other@host's password: ", remote=True) == "three"
    assert await ask(label) == PASSWORD
    assert await ask(label) == "four"
    assert await ask("ann@host's password: ") == "five"


async def test_machines_are_listed_with_state_and_address(uri: str) -> None:
    section = await LibvirtSource(uri).look()
    assert section is not None
    shown = {one.name: (one.state, one.address) for one in section.found}
    assert shown == {
        "lonely": ("running", ""),
        "off": ("shut off", ""),
        "paused": ("paused", ""),
        ODD: ("running", ADDRESS),
    }
    [odd] = [one for one in section.found if one.name == ODD]
    assert (odd.kind, odd.id, odd.info.values["VMId"]) == ("vm", str(ID), ID)
    assert odd.info.text("LibvirtUri") == uri


async def test_the_list_follows_the_machines_while_it_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    libvirt: Any = pytest.importorskip("libvirt")
    monkeypatch.setattr("pstui.backends.discovery.polled.POLL_LIBVIRT", 0.01)
    held = libvirt.open("test:///default")
    domain = held.lookupByName("test")
    watcher = Watcher([LibvirtSource("test:///default")], lambda sections: None)

    async def shows(state: str) -> None:
        async with asyncio.timeout(20):
            while [one.state for section in watcher.sections for one in section.found] != [state]:
                await asyncio.sleep(0.01)

    watcher.start()
    try:
        await shows("running")
        domain.suspend()
        await shows("paused")
        await watcher.stop()
        domain.resume()
        async with asyncio.timeout(20):
            while any(thread.name == "libvirt" for thread in threading.enumerate()):
                await asyncio.sleep(0.01)
        watcher.start()
        await shows("running")
    finally:
        await watcher.stop()
        held.close()


async def test_a_hypervisor_that_fails_says_why_in_one_line(uri: str) -> None:
    section = await look(LibvirtSource("test:///no/such/file.xml"))
    assert section is not None
    assert "test:///no/such/file.xml cannot be asked" in section.problem
    assert "\n" not in section.problem


async def test_without_libvirt_there_is_no_section(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pstui.backends.discovery.polled.no_libvirt", lambda: "not installed")
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", "test:///default")
    assert [await source.look() for source in vm_sources()] == [None, None]


@pytest.mark.parametrize(
    ("target", "error_id", "says"),
    [
        ({"VMName": "nobody"}, "InvalidVMNameNoVM", "Known are"),
        ({"VMName": "--help"}, "InvalidVMNameNoVM", "there is no virtual machine --help"),
        ({"VMName": "$(id)\n"}, "InvalidVMNameNoVM", "there is no virtual machine"),
        ({"VMId": uuid.UUID(int=3)}, "InvalidVMId", "there is no virtual machine"),
        ({"VMName": "off"}, "InvalidVMState", "it is shut off"),
        ({"VMName": "paused"}, "InvalidVMState", "it is paused"),
        ({"VMName": "lonely"}, "CreateRemoteRunspaceForVMFailed", "no address"),
        ({"VMName": ODD, "Credential": PSCredential("")}, "InvalidUsername", "empty"),
        ({"VMName": ODD, "Credential": None}, "InvalidCredential", "-Credential"),
        ({"VMName": ODD, "Credential": PSCredential("\\")}, "InvalidUsername", "empty"),
    ],
    ids=str,
)
async def test_look_ups_that_fail_have_powershells_ids(
    uri: str, target: dict[str, Any], error_id: str, says: str
) -> None:
    parameter_set = ParameterSet.VM_ID if "VMId" in target else ParameterSet.VM_NAME
    error = await refused(info(uri, parameter_set, **target))
    assert error.error_id == error_id
    assert says in error.text()


async def test_two_machines_of_one_name_are_told_apart_by_their_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uris = [machines_file(tmp_path / f"{n}.xml", [Described("twin", id=uuid.UUID(int=n + 1))]) for n in range(2)]
    monkeypatch.setattr(vm, "default_uris", lambda: tuple(uris))
    error = await refused(info("", VMName="twin"))
    assert error.error_id == "InvalidVMNameMultipleVM"
    assert str(uuid.UUID(int=1)) in error.why and uris[1] in error.why


async def test_a_machine_that_does_not_run_can_be_started_by_the_offer() -> None:
    """The default driver keeps its state while a connection is open; a file's is read anew by each."""
    libvirt: Any = pytest.importorskip("libvirt")
    held = libvirt.open("test:///default")
    domain = held.lookupByName("test")
    target = info("test:///default", VMName="test")
    try:
        domain.suspend()
        [offer] = (await refused(target)).offers
        assert offer.run is not None and "Resume" in offer.caption
        await offer.run()
        assert domain.state()[0] == libvirt.VIR_DOMAIN_RUNNING
        domain.destroy()
        error = await refused(target)
        assert error.error_id == "InvalidVMState"
        [offer] = error.offers
        assert offer.run is not None and "Start it" in offer.caption
        await offer.run()
        assert domain.state()[0] == libvirt.VIR_DOMAIN_RUNNING
    finally:
        held.close()


async def test_a_hypervisor_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("libvirt")
    monkeypatch.setattr(vm_libvirt, "ANSWER_TIMEOUT", 0.1)
    hang = threading.Event()
    hypervisor = vm_libvirt.Hypervisor("test:///default")
    monkeypatch.setattr(hypervisor, "_open", hang.wait)
    with pytest.raises(OpenError, match="cannot be asked"):
        await hypervisor.machines()
    hang.set()


# Which way into the guest is taken.

MACHINE = Machine(ID, "m", "running", True, addresses=("127.0.0.1",))


@contextlib.asynccontextmanager
async def greeting(text: bytes) -> AsyncIterator[int]:
    """A port that says ``text`` first."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_port_is_known_by_its_greeting(monkeypatch: pytest.MonkeyPatch) -> None:
    async with greeting(b"SSH-2.0-x\r\n") as port:
        assert await reach(MACHINE, "", port) == ("127.0.0.1", port, "SSH")
        assert await reach(MACHINE, "wsman", port) == ("127.0.0.1", port, "WSMan")
    async with greeting(b"HTTP") as port:
        assert await reach(MACHINE, "", port) == ("127.0.0.1", port, "WSMan")


async def test_ssh_is_preferred_and_a_closed_guest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with greeting(b"") as winrm, greeting(b"SSH-2.0-x") as ssh:
        monkeypatch.setattr(vm_guest, "WINRM_TLS", free_port())
        monkeypatch.setattr(vm_guest, "SSH", ssh)
        monkeypatch.setattr(vm_guest, "WINRM", winrm)
        assert await reach(MACHINE, "", 0) == ("127.0.0.1", ssh, "SSH")
        monkeypatch.setattr(vm_guest, "SSH", free_port())
        assert await reach(MACHINE, "", 0) == ("127.0.0.1", winrm, "WSMan")
    with pytest.raises(OpenError, match="accepts no connection"):
        await reach(MACHINE, "SSH", free_port())


def test_the_connection_into_the_guest_has_the_values_of_its_set() -> None:
    target = info("test:///x", VMName="m", ConfigurationName="c")
    ssh = guest_connection(target, MACHINE, "fe00::1", 22, "SSH")
    assert (ssh.parameter_set, ssh.text("HostName"), ssh.text("Subsystem")) == (ParameterSet.SSH_HOST, "[fe00::1]", "c")
    assert ssh.values["Options"]["HostKeyAlias"] == str(ID)
    winrm = guest_connection(target, MACHINE, "10.0.0.9", 5986, "WSMan")
    assert (winrm.parameter_set, winrm.text("ConfigurationName")) == (ParameterSet.COMPUTER_NAME, "c")
    assert winrm.switch("UseSSL") and winrm.values["Credential"] is target.values["Credential"]
    plain = guest_connection(target, MACHINE, "10.0.0.9", 5985, "WSMan")
    assert not plain.switch("UseSSL")
