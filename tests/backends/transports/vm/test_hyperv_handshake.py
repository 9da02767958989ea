"""The logon of PowerShell Direct against a guest that follows the protocol's table, every refusal included."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import OpenError
from pstui.backends.sessions.interactive import Outcome
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.transports.vm import connect as vm
from pstui.backends.transports.vm import hyperv
from pstui.backends.transports.vm import hyperv as hyperv_socket
from pstui.backends.transports.vm.handshake import GuestLogon, Handshake
from pstui.backends.transports.vm.hyperv import open_channel

from tests.support.hyperv_peer import (
    GIVE_TOKEN,
    OLD_GUEST,
    TAKE_TOKEN,
    TOKEN,
    VERSION,
    Close,
    Get,
    Guest,
    Pieces,
    Say,
    Turn,
    Wait,
    account,
    wide,
)
from tests.support.scripted_console import ScriptedConsole

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the guest stands on Unix sockets")

ADA = GuestLogon("ada", Secret("pass word€"))
LOGIN = account("localhost", "ada", "pass word€")
#: the end of a logon that wants no configuration
CONTENT: list[Turn] = [Say(b"PASS"), Get(b"PASS")]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose name is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="h") as made:
        yield Path(made)


async def opens(guest: Guest, logon: GuestLogon = ADA, *, must_prove: bool = False) -> None:
    """Log on and check that the guest has nothing to complain of."""
    async with guest:
        channel = await open_channel(logon, guest.dial, name="vm", must_prove=must_prove)
        await channel.stop()
    assert guest.faults == []


async def refused(guest: Guest, logon: GuestLogon = ADA, *, must_prove: bool = False) -> OpenError:
    async with guest:
        with pytest.raises(OpenError) as refusal:
            await open_channel(logon, guest.dial, name="vm", must_prove=must_prove)
    assert guest.faults == []
    return refusal.value


def new_guest(folder: Path, *turns: Sequence[Turn]) -> Guest:
    """A guest of version 2 with these turns after the version, and a PowerShell behind it."""
    return Guest(folder, [[*VERSION, *(turn for part in turns for turn in part)]], [TAKE_TOKEN])


async def test_version_two_without_a_configuration(folder: Path) -> None:
    await opens(new_guest(folder, LOGIN, CONTENT, GIVE_TOKEN))


async def test_an_empty_configuration_is_said_to_be_empty(folder: Path) -> None:
    await opens(new_guest(folder, LOGIN, [Say(b"CONF"), Get(b"EMPTYCF")], GIVE_TOKEN))


async def test_a_configuration_is_named(folder: Path) -> None:
    turns: list[Turn] = [Say(b"CONF"), Get(b"NONEMPTYCF"), Say(b"PASS"), Get(wide("my config"))]
    logon = dataclasses.replace(ADA, configuration="my config")
    await opens(new_guest(folder, LOGIN, turns, GIVE_TOKEN), logon)


async def test_an_empty_password_is_said_to_be_empty(folder: Path) -> None:
    login = account("CONTOSO", "ada", "")
    await opens(new_guest(folder, login, CONTENT, GIVE_TOKEN), GuestLogon("ada", Secret(""), "CONTOSO"))


@pytest.mark.parametrize(
    ("given", "domain", "user"),
    [("ada", "localhost", "ada"), ("CONTOSO\\ada", "CONTOSO", "ada"), ("ada@contoso.com", "contoso.com", "ada")],
)
async def test_the_domain_is_part_of_the_name_or_localhost(folder: Path, given: str, domain: str, user: str) -> None:
    turns = account(domain, user, "p")
    await opens(new_guest(folder, turns, CONTENT, GIVE_TOKEN), GuestLogon.of(given, Secret("p")))


@pytest.mark.parametrize("name", ["", "  ", "CONTOSO\\", "@contoso.com"])
def test_an_empty_user_is_refused(name: str) -> None:
    with pytest.raises(OpenError) as refusal:
        GuestLogon.of(name, Secret("p"))
    assert refusal.value.error_id == "InvalidUsername"


async def test_a_refused_account_is_acknowledged_and_told(folder: Path) -> None:
    error = await refused(new_guest(folder, LOGIN, [Say(b"FAIL"), Get(b"FAIL")]))
    assert error.error_id == "InvalidCredential"
    assert "pass word" not in error.text() + error.details


async def test_answers_may_come_in_pieces_and_with_zeros_behind(folder: Path) -> None:
    broker: list[Turn] = [
        Get(b"VERSION"),
        Pieces((b"VER", b"SION_", b"12\0\0")),
        Get(b"VERSION_2"),
        Pieces((b"P", b"ASS\0\0\0")),
        *LOGIN,
        Pieces((b"PA", b"SS")),
        Get(b"PASS"),
        Pieces((b"TOK", b"EN " + TOKEN[:7], TOKEN[7:])),
        Get(b"PASS"),
    ]
    await opens(Guest(folder, [broker], [TAKE_TOKEN]))


async def test_the_longest_token_is_taken_and_one_more_is_not(folder: Path) -> None:
    token = b"QUJD" * 254
    assert len(b"TOKEN " + token) == 1022
    powershell: list[Turn] = [*VERSION, Get(b"TOKEN " + token), Say(b"PASS")]
    broker = [*VERSION, *LOGIN, *CONTENT, Say(b"TOKEN " + token), Get(b"PASS")]
    await opens(Guest(folder, [broker], [powershell]))


async def test_a_token_that_is_too_long_is_refused(folder: Path) -> None:
    too_long = b"TOKEN " + b"QUJD" * 255
    error = await refused(new_guest(folder, LOGIN, CONTENT, [Say(too_long), Wait()]))
    assert error.error_id == "VMSessionConnectFailed"


async def test_an_old_guest_is_tried_and_then_logged_on_to_without_a_version(folder: Path) -> None:
    old: list[Turn] = [*LOGIN, *CONTENT]
    guest = Guest(folder, [OLD_GUEST, old], [[]])
    await opens(guest)
    assert guest.connections == {"broker": 2, "powershell": 1}


async def test_an_old_guest_may_want_a_configuration_and_may_refuse(folder: Path) -> None:
    turns: list[Turn] = [*LOGIN, Say(b"CONF"), Get(b"NONEMPTYCF"), Say(b"PASS"), Get(wide("c"))]
    await opens(Guest(folder, [OLD_GUEST, turns], [[]]), dataclasses.replace(ADA, configuration="c"))


async def test_an_old_guest_that_refuses_the_account(folder: Path) -> None:
    error = await refused(Guest(folder, [OLD_GUEST, [*LOGIN, Say(b"FAIL"), Get(b"FAIL")]], []))
    assert error.error_id == "InvalidCredential"


async def test_an_old_guest_is_refused_where_proof_is_demanded(folder: Path) -> None:
    guest = Guest(folder, [OLD_GUEST], [])
    error = await refused(guest, must_prove=True)
    assert error.error_id == "HyperVNegotiationFailed"
    assert "RequirePsDirectAuthentication" in error.why
    # the real account was never sent
    assert guest.connections == {"broker": 1, "powershell": 0}


@pytest.mark.parametrize("verdict", [b"PASS", b"CONF"])
async def test_an_old_guest_that_lets_anybody_in_gets_no_password(folder: Path, verdict: bytes) -> None:
    guest = Guest(folder, [[*OLD_GUEST[:5], Say(verdict), Wait()]], [])
    assert (await refused(guest)).error_id == "HyperVNegotiationFailed"
    assert guest.connections["broker"] == 1


STEPS: dict[str, list[Turn]] = {
    "version": [Get(b"VERSION")],
    "agreement": [Get(b"VERSION"), Say(b"VERSION_2"), Get(b"VERSION_2")],
    "domain": [*VERSION, Get(wide("localhost"))],
    "user": [*VERSION, *LOGIN[:3]],
    "password announced": [*VERSION, *LOGIN[:5]],
    "password": [*VERSION, *LOGIN],
    "configuration": [*VERSION, *LOGIN, Say(b"CONF"), Get(b"NONEMPTYCF")],
    "token": [*VERSION, *LOGIN, *CONTENT],
}


WRONG = [b"FAIL", b"pass", b"NO", b"\xff\xfe", b"PASSPASS", b"TOKEN !", b"VERSION_x"]


@pytest.mark.parametrize(
    ("step", "answer"),
    # a FAIL after the password is the refusal of the account, shown above
    [(step, answer) for step in STEPS for answer in WRONG if (step, answer) != ("password", b"FAIL")],
)
async def test_a_wrong_answer_at_any_step_ends_the_logon(folder: Path, step: str, answer: bytes) -> None:
    logon = dataclasses.replace(ADA, configuration="c") if step == "configuration" else ADA
    error = await refused(Guest(folder, [[*STEPS[step], Say(answer), Wait()]], []), logon)
    assert error.error_id == "VMSessionConnectFailed"
    assert "pass word" not in error.text()


@pytest.mark.parametrize("step", STEPS)
async def test_a_guest_that_hangs_up_at_any_step_is_said_to(folder: Path, step: str) -> None:
    logon = dataclasses.replace(ADA, configuration="c") if step == "configuration" else ADA
    error = await refused(Guest(folder, [[*STEPS[step], Close()]], []), logon)
    assert "HyperVSocketTransportProcessEnded" in error.why or "Connection reset" in error.why


@pytest.mark.parametrize("version", [b"VERSION_1", b"VERSION_0"])
async def test_a_version_below_two_is_not_spoken(folder: Path, version: bytes) -> None:
    error = await refused(Guest(folder, [[Get(b"VERSION"), Say(version), Wait()]], []))
    assert error.error_id == "HyperVNegotiationFailed"


@pytest.mark.parametrize("answer", [b"FAIL", b"NO", b"<Data"])
async def test_a_powershell_that_refuses_the_token(folder: Path, answer: bytes) -> None:
    guest = new_guest(folder, LOGIN, CONTENT, GIVE_TOKEN)
    guest.powershell = [[*VERSION, Get(b"TOKEN " + TOKEN), Say(answer), Wait()]]
    assert (await refused(guest)).error_id == "VMSessionConnectFailed"


async def test_a_guest_that_says_nothing_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hyperv_socket, "LOGON", 0.1)
    error = await refused(Guest(folder, [[Get(b"VERSION"), Wait()]], []))
    assert "in time" in error.why


async def test_a_guest_that_is_not_there(folder: Path) -> None:
    guest = Guest(folder)
    with pytest.raises(OpenError) as refusal:
        await open_channel(ADA, guest.dial, name="vm", must_prove=False)
    assert refusal.value.error_id == "VMSessionConnectFailed"


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_no_answer_of_a_guest_does_harm(first: bytes, second: bytes) -> None:
    for talk in (Handshake.broker(ADA), Handshake.legacy_broker(ADA), Handshake.powershell(TOKEN)):
        talk.start()
        for data in (first, second):
            try:
                sent = talk.receive(data)
            except OpenError as error:
                assert error.error_id in ("VMSessionConnectFailed", "HyperVNegotiationFailed", "InvalidCredential")
                break
            assert ADA.password.reveal().encode("utf-16-le") not in sent


# The whole way, as on a Windows computer: the look-up by its PowerShell, the sockets, the session.

ID = uuid.UUID("0f0e0d0c-0b0a-4908-8706-050403020100")
LISTED = (
    f'{{"Id":"{ID}","Name":"Win 11","State":2}}\n{{"Id":"{uuid.UUID(int=5)}","Name":"off","State":3}}\n'
    f'{{"Id":"{uuid.UUID(int=6)}","Name":"twin","State":2}}\n{{"Id":"{uuid.UUID(int=7)}","Name":"TWIN","State":2}}\n'
    "no json\n[]\n"
)


def lists(text: str, code: int = 0, errors: str = "") -> tuple[str, ...]:
    """A program in place of Windows PowerShell."""
    program = f"import sys; sys.stdout.write({text!r}); sys.stderr.write({errors!r}); sys.exit({code})"
    return (sys.executable, "-c", program)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A computer with Hyper-V: set what its PowerShell lists, and the guest behind its sockets."""

    def made(listing: tuple[str, ...], guest: Guest | None = None) -> None:
        real = hyperv.machines
        monkeypatch.setattr(vm, "no_hyperv", lambda: "")
        monkeypatch.setattr(hyperv, "machines", lambda: real(listing))
        if guest is not None:
            monkeypatch.setattr(hyperv, "dial_guest", lambda machine: guest.dial)

    return made


def info(parameter_set: ParameterSet = ParameterSet.VM_NAME, **values: Any) -> ConnectionInfo:
    credential = PSCredential("ada", Secret("pass word€"))
    return ConnectionInfo(parameter_set, {"Credential": credential, **values})


@pytest.mark.parametrize("target", [info(VMName="win 11"), info(ParameterSet.VM_ID, VMId=ID)], ids=["by name", "by id"])
async def test_a_guest_is_entered_with_its_name_as_prompt(folder: Path, windows: Any, target: ConnectionInfo) -> None:
    guest = new_guest(folder, LOGIN, CONTENT, GIVE_TOKEN)
    windows(lists(LISTED), guest)
    manager, console = SessionManager(), ScriptedConsole()
    session = manager.create(target, console)
    interactive = manager.interact(session, console)
    async with guest, asyncio.timeout(30):
        try:
            await interactive.enter()
            assert (session.transport, session.computer_type) == ("VMBus", "VirtualMachine")
            assert interactive.prompt.startswith("[Win 11]: PS ")
            assert await interactive.run("'v' * 3") is Outcome.READY
            assert "vvv" in console.shown()
            assert await interactive.run("exit") is Outcome.LEFT
        finally:
            await manager.close_all()
    assert guest.faults == []


async def test_a_password_that_is_missing_is_asked(folder: Path, windows: Any) -> None:
    guest = new_guest(folder, LOGIN, CONTENT, GIVE_TOKEN)
    windows(lists(LISTED), guest)
    manager, console = SessionManager(), ScriptedConsole()
    session = manager.create(info(VMName="Win 11", Credential=PSCredential("ada")), console)
    opening = asyncio.ensure_future(session.open())
    async with guest, asyncio.timeout(30):
        (await console.question()).set_result("pass word€")
        await opening
        await manager.close_all()
    assert "pass word" not in "".join(console.shown())


@pytest.mark.parametrize(
    ("listing", "target", "error_id", "says"),
    [
        (lists(LISTED), info(VMName="nobody"), "InvalidVMNameNoVM", "Known are Win 11, off"),
        (lists(LISTED), info(VMName="$(id); --x 'y'\n"), "InvalidVMNameNoVM", "there is no virtual machine"),
        (lists(LISTED), info(VMName="Twin"), "InvalidVMNameMultipleVM", "-VMId"),
        (lists(LISTED), info(VMName="off"), "InvalidVMState", "it is off"),
        (lists(LISTED), info(ParameterSet.VM_ID, VMId=uuid.UUID(int=9)), "InvalidVMId", "there is no virtual machine"),
        (
            lists("", hyperv.NO_MODULE, "module Hyper-V was not loaded"),
            info(VMName="x"),
            "HyperVModuleNotAvailable",
            "not loaded",
        ),
        (("no-such-powershell",), info(VMName="x"), "HyperVModuleNotAvailable", "could not be started"),
        (lists("", 1, "access denied"), info(VMName="x"), "CreateRemoteRunspaceForVMFailed", "access denied"),
        (lists(LISTED), info(VMName="Win 11", Credential=PSCredential("\\")), "InvalidUsername", "empty"),
    ],
)
async def test_look_ups_that_fail_have_powershells_ids(
    windows: Any, listing: tuple[str, ...], target: ConnectionInfo, error_id: str, says: str
) -> None:
    windows(listing)
    manager = SessionManager()
    with pytest.raises(OpenError) as refusal:
        await manager.create(target, ScriptedConsole()).open()
    assert refusal.value.error_id == error_id
    assert says in refusal.value.text()


async def test_a_name_spelled_exactly_wins_over_another_spelling(windows: Any) -> None:
    windows(lists(LISTED))
    with pytest.raises(OpenError) as refusal:
        await vm.connect(info(VMName="TWIN", Credential=PSCredential("ada")), _nobody())
    assert refusal.value.error_id == "InvalidCredential"  # found; then nobody could be asked for the password


def _nobody() -> Any:
    from pstui.backends.transports.base import ConnectContext

    from tests.support.nobody import NobodyConsole

    return ConnectContext(NobodyConsole())


async def test_elsewhere_the_reason_and_what_would_work_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vm, "no_libvirt", lambda: "libvirt-python is not installed.")
    with pytest.raises(OpenError) as refusal:
        await vm.connect(info(VMName="x"), _nobody())
    error = refusal.value
    assert error.error_id == "HyperVModuleNotAvailable"
    assert "libvirt-python" in error.why and "Windows computer" in error.why
    assert "-LibvirtUri" in error.hint and "-HostName" in error.hint


async def test_elsewhere_nobody_is_asked_for_an_account_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vm, "no_libvirt", lambda: "libvirt-python is not installed.")
    console = ScriptedConsole()
    for target in (info(VMName="x"), info(VMName="x", Credential=PSCredential("ada"))):
        manager = SessionManager()
        with pytest.raises(OpenError, match="cannot be looked up"):
            await manager.check(target, console)
        with pytest.raises(OpenError, match="cannot be looked up"):
            await manager.create(target, console).open()
    assert console.questions == [], "neither before the look-up nor instead of it"
