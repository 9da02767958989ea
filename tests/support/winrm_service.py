"""The verbs of the WinRM service over its shells, apart from HTTP and authentication."""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from pstui.backends.demo.wire import SESSION

from tests.support import winrm_soap as soap
from tests.support.winrm_psrp import ShellServer
from tests.support.winrm_shells import MIN_IDLE, NO_SHELL, POWERSHELL, Limits, Shell
from tests.support.winrm_soap import NS, Fault, Request, element

#: answers kept for clients that ask again
MAX_KEPT = 512
TERMINATE = f"{soap.SHELL}/signal/terminate"
CTRL_C = ("powershell/signal/crtl_c", f"{soap.SHELL}/signal/ctrl_c")

Verb = Callable[[Request, str], Awaitable[str]]


class Service:
    """Answers request envelopes of authenticated users."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.shells: dict[str, Shell] = {}
        self._kept: OrderedDict[str, asyncio.Task[bytes]] = OrderedDict()
        self._verbs: dict[str, Verb] = {
            "Create": self._create,
            "Delete": self._delete,
            "Command": self._command,
            "Send": self._send,
            "Receive": self._receive,
            "Signal": self._signal,
            "Disconnect": self._disconnect,
            "Reconnect": self._reconnect,
            "Connect": self._connect,
            "Enumerate": self._enumerate,
            "Get": self._get,
        }

    async def answer(self, data: bytes, user: str) -> tuple[int, bytes, Request | None]:
        """Answer one envelope: the HTTP status, the envelope, and the request if it could be read."""
        request: Request | None = None
        try:
            if len(data) > self.limits.max_envelope:
                limit = f"The size of the request exceeded the configured envelope limit of {self.limits.max_envelope}."
                raise Fault(soap.SERVER_ENVELOPE_LIMIT, limit, "w:EncodingLimit")
            request = soap.read_request(data)
            return 200, await self._once(request, user), request
        except Fault as fault:
            return 500, soap.fault_envelope(request, fault), request
        except ParseError:
            return 400, b"", None

    async def _once(self, request: Request, user: str) -> bytes:
        """Run a request, or find its answer again.

        A Receive that repeats a message id gets the kept answer, or an error while the first is still running, as
        real servers do it; any verb with an OperationID follows MS-WSMV 3.1.4.1.39.
        """
        key = request.operation_id or (request.message_id if request.verb == "Receive" else "")
        before = self._kept.get(key) if key else None
        if before is not None and request.operation_id and not request.repeats:
            raise Fault(soap.INVALID_HEADER, "The OperationID is in use.", "a:InvalidMessageInformationHeader")
        if before is not None:
            if not before.done() and not request.operation_id:
                raise Fault(soap.INTERNAL_ERROR, "An operation with this message id is still running.", sender=False)
            return await asyncio.shield(before)
        # A task of its own: the operation does not end with the connection that asked for it.
        task = asyncio.ensure_future(self._run(request, user))
        if key:
            self._kept[key] = task
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return await asyncio.shield(task)

    async def _run(self, request: Request, user: str) -> bytes:
        verb = self._verbs.get(request.verb)
        if verb is None:
            raise Fault(
                soap.ACTION_NOT_SUPPORTED, f"The action {request.action} is not supported.", "a:ActionNotSupported"
            )
        return soap.envelope(request, f"{request.action}Response", await verb(request, user))

    # --- shells

    def _check_create(self, request: Request, user: str) -> None:
        limits = self.limits
        name = request.resource_uri.removeprefix(POWERSHELL)
        if name == request.resource_uri or name.lower() not in {one.lower() for one in limits.configurations}:
            text = (
                "The WS-Management service cannot process the request. "
                f"The resource URI ({request.resource_uri}) was not found in the WS-Management catalog."
            )
            raise Fault(soap.INVALID_RESOURCE_URI, text, "a:DestinationUnreachable")
        if bare_name(user) in limits.denied_users or name.lower() in limits.denied_configurations:
            raise Fault(soap.ACCESS_DENIED, "Access is denied. ", "w:AccessDenied")
        if sum(is_same(shell.owner, user) for shell in self.shells.values()) >= limits.max_shells:
            text = (
                "The WS-Management service cannot process the request. This user is allowed a maximum number of "
                f"{limits.max_shells} concurrent shells, which has been exceeded."
            )
            raise Fault(soap.QUOTA_MAX_SHELLS, text, "w:QuotaLimit")

    def _idle(self, wanted: float) -> float:
        limits = self.limits
        if wanted >= 4294967 or wanted == 0:
            return min(limits.default_idle, limits.max_idle)
        if not MIN_IDLE <= wanted <= limits.max_idle:
            text = (
                f"The requested IdleTimeout of {wanted:g} s is outside the allowed range, which is from "
                f"{MIN_IDLE:g} s to {limits.max_idle:g} s."
            )
            raise Fault(soap.IDLETIMEOUT_OUTOFBOUNDS, text, "w:InvalidParameter")
        return wanted

    async def _create(self, request: Request, user: str) -> str:
        self._check_create(request, user)
        body = request.body
        assert body is not None
        shell_id = (body.get("ShellId") or str(uuid.uuid4())).upper()
        if shell_id in self.shells:
            raise Fault(soap.SHELL_ID_CONFLICT, "A shell with this id exists already.")
        shell = Shell(shell_id, request, user, ShellServer(lambda: shell.envelope * 3 // 4 - 2200))
        shell.name = body.findtext("rsp:Name", "", NS) or body.get("Name", "")
        shell.idle = self._idle(soap.seconds(body.findtext("rsp:IdleTimeOut", "PT0S", NS), "IdleTimeOut"))
        shell.max_idle = self.limits.max_idle
        shell.buffer_mode = body.findtext("rsp:BufferMode", "Block", NS)
        shell.session_id, shell.envelope = request.session_id, request.max_envelope
        opening = _content(body, "pwsh:creationXml")
        shell.feed(lambda: shell.server.open(opening))
        self.shells[shell_id] = shell
        selector = element("w:SelectorSet", element("w:Selector", shell_id, Name="ShellId"))
        reference = element("w:ResourceURI", escape(request.resource_uri)) + selector
        address = element("a:Address", "http://127.0.0.1/wsman") + element("a:ReferenceParameters", reference)
        return element("x:ResourceCreated", address) + shell.describe()

    def shell(self, request: Request, user: str, *, connected: bool = True) -> Shell:
        """Return the shell that a request selects. Raises Fault."""
        shell = self.shells.get(request.selectors.get("ShellId", "").upper())
        if shell is None or not is_same(shell.owner, user):
            raise Fault(soap.UNEXPECTED_SELECTORS, NO_SHELL, "w:InvalidSelectors")
        if connected:
            if shell.state != "Connected":
                raise Fault(soap.SHELL_DISCONNECTED, "The shell is disconnected.")
            if request.session_id and shell.session_id != request.session_id:
                raise Fault(soap.CLIENTSESSIONID_MISMATCH, "The shell belongs to another session of a client.")
        shell.touched = time.monotonic()
        return shell

    async def _delete(self, request: Request, user: str) -> str:
        await self.end(self.shell(request, user, connected=False))
        return ""

    async def end(self, shell: Shell) -> None:
        """End a shell and everything that waits on it."""
        self.shells.pop(shell.shell_id, None)
        shell.interrupt(Fault(soap.OPERATION_ABORTED, "The I/O operation has been aborted. ", sender=False))
        await shell.server.shut()

    # --- commands

    async def _command(self, request: Request, user: str) -> str:
        shell, body = self.shell(request, user), request.body
        assert body is not None
        guid = uuid.UUID(body.get("CommandId") or str(uuid.uuid4()))
        if guid in shell.finished or guid in shell.server.outbox.queues:
            raise Fault(soap.COMMAND_ID_CONFLICT, "A command with this id exists already.")
        first = b"".join(_decoded(one.text) for one in body.findall("rsp:Arguments", NS))
        shell.feed(lambda: shell.server.command(guid, first))
        return element("rsp:CommandResponse", element("rsp:CommandId", str(guid).upper()))

    async def _send(self, request: Request, user: str) -> str:
        shell = self.shell(request, user)
        assert request.body is not None
        for stream in request.body.findall("rsp:Stream", NS):
            guid, data = _guid(stream.get("CommandId")), _decoded(stream.text)
            if guid not in shell.finished:
                shell.queue(guid)
            if data:
                shell.feed(lambda guid=guid, data=data: shell.server.send(guid, data))  # type: ignore[misc]  # called at once
        return element("rsp:SendResponse")

    async def _receive(self, request: Request, user: str) -> str:
        shell = self.shell(request, user)
        assert request.body is not None
        stream = request.body.find("rsp:DesiredStream", NS)
        guid = _guid(None if stream is None else stream.get("CommandId"))
        shell.envelope = min(request.max_envelope, self.limits.max_envelope)
        shell.waiting += 1
        try:
            return await shell.receive(request, guid, self.limits.scale, self.limits.second_receive)
        finally:
            shell.waiting -= 1
            shell.touched = time.monotonic()

    async def _signal(self, request: Request, user: str) -> str:
        shell, body = self.shell(request, user), request.body
        assert body is not None
        guid = _guid(body.get("CommandId"))
        code = body.findtext("rsp:Code", "", NS)
        if guid in shell.finished:
            shell.finished.discard(guid)
            return element("rsp:SignalResponse")
        shell.queue(guid)
        if code in CTRL_C:
            await shell.server.signal(guid)
        else:
            # Whatever is no stop closes the command, as on a real server.
            shell.interrupt(Fault(soap.OPERATION_ABORTED, "The command was closed.", sender=False), guid)
            await shell.server.close_command(guid)
        return element("rsp:SignalResponse")

    # --- disconnected sessions

    async def _disconnect(self, request: Request, user: str) -> str:
        shell = self.shell(request, user, connected=False)
        if shell.state != "Connected":
            raise Fault(soap.DISCONNECT_NOT_VALID, "The shell cannot be disconnected in its present state.")
        if request.session_id != shell.session_id:
            raise Fault(soap.CLIENTSESSIONID_MISMATCH, "The shell belongs to another session of a client.")
        body = request.body
        idle = "" if body is None else body.findtext("rsp:IdleTimeOut", "", NS)
        if idle:
            shell.idle = self._idle(soap.seconds(idle, "IdleTimeOut"))
        if body is not None:
            shell.buffer_mode = body.findtext("rsp:BufferMode", shell.buffer_mode, NS)
        self.drop_client(shell)
        return ""

    def drop_client(self, shell: Shell) -> None:
        """Make a shell Disconnected; what waits on it ends."""
        shell.state = "Disconnected"
        shell.server.outbox.set_mode(shell.buffer_mode)
        shell.interrupt(Fault(soap.STREAM_DISCONNECTED, "The stream is disconnected.", sender=False))

    def _take_client(self, shell: Shell, request: Request) -> None:
        shell.state, shell.session_id = "Connected", request.session_id
        shell.server.outbox.set_mode("Block")

    async def _reconnect(self, request: Request, user: str) -> str:
        shell = self.shell(request, user, connected=False)
        if shell.session_id != request.session_id:
            raise Fault(soap.CLIENTSESSIONID_MISMATCH, "Another session of a client disconnected this shell.")
        if shell.state != "Disconnected":
            raise Fault(soap.RECONNECT_NOT_VALID, "The shell cannot be reconnected in its present state.")
        self._take_client(shell, request)
        return ""

    async def _connect(self, request: Request, user: str) -> str:
        shell, body = self.shell(request, user, connected=False), request.body
        assert body is not None
        if body.get("CommandId"):
            shell.queue(_guid(body.get("CommandId")))
            return element("rsp:ConnectResponse")
        if shell.state == "Connected" and shell.session_id != request.session_id:
            raise Fault(soap.CONNECTED_TO_DIFFERENT_CLIENT, "The shell is connected to a different client.")
        asked = _content(body, "pwsh:connectXml")
        answer = b""

        def connect() -> None:
            nonlocal answer
            answer = shell.server.connect(asked)

        shell.feed(connect)
        self._take_client(shell, request)
        content = f'<connectResponseXml xmlns="{NS["pwsh"]}">{base64.b64encode(answer).decode()}</connectResponseXml>'
        streams = element("rsp:InputStreams", "stdin pr") + element("rsp:OutputStreams", "stdout")
        return element("rsp:ConnectResponse", streams + content)

    async def _enumerate(self, request: Request, user: str) -> str:
        items = ""
        if request.resource_uri == f"{soap.SHELL}/Command":
            assert request.body is not None
            chosen = request.body.find("w:Filter/w:SelectorSet/w:Selector", NS)
            shell = self.shells.get(((chosen.text if chosen is not None else "") or "").upper())
            items = shell.commands() if shell is not None and is_same(shell.owner, user) else ""
        elif request.resource_uri == soap.SHELL:
            mine = [shell for shell in self.shells.values() if is_same(shell.owner, user)]
            items = "".join(shell.describe(listed=True) for shell in mine)
        else:
            raise Fault(soap.INVALID_RESOURCE_URI, f"{request.resource_uri} is unknown.", "a:DestinationUnreachable")
        inner = "<n:EnumerationContext></n:EnumerationContext>"
        inner += (element("w:Items", items) if items else "") + "<w:EndOfSequence/>"
        return element("n:EnumerateResponse", inner)

    async def _get(self, request: Request, user: str) -> str:
        if request.resource_uri == NS["cfg"]:
            size = element("cfg:MaxEnvelopeSizekb", str(self.limits.max_envelope // 1024))
            return f'<cfg:Config xmlns:cfg="{NS["cfg"]}">{size}</cfg:Config>'
        return self.shell(request, user, connected=False).describe(listed=True)

    # --- time

    async def watch(self) -> None:
        """End shells that rest for too long, and disconnect those whose client has gone."""
        while True:
            await asyncio.sleep(min(1.0, 2 * self.limits.scale))
            now = time.monotonic()
            for shell in list(self.shells.values()):
                rests = 0.0 if shell.waiting else now - shell.touched
                if shell.state == "Connected" and rests > self.limits.silence * self.limits.scale:
                    self.drop_client(shell)
                if rests > shell.idle * self.limits.scale:
                    await self.end(shell)


def bare_name(user: str) -> str:
    """Return a user's name without domain or realm, in lower case."""
    return user.rpartition("\\")[2].partition("@")[0].lower()


def is_same(one: str, other: str) -> bool:
    """Return whether two spellings name one user."""
    return bare_name(one) == bare_name(other)


def _guid(text: str | None) -> uuid.UUID:
    return uuid.UUID(text) if text else SESSION


def _decoded(text: str | None) -> bytes:
    try:
        return base64.b64decode(text or "", validate=True)
    except binascii.Error:
        raise Fault(soap.INVALID_DATA, "The data is invalid.") from None


def _content(body: Element, name: str) -> bytes:
    found = body.find(name, NS)
    return _decoded(None if found is None else found.text)
