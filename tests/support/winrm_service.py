"""The verbs of the WinRM service over its shells, apart from HTTP and authentication."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape

from tests.support import winrm_commands, winrm_sessions
from tests.support import winrm_soap as soap
from tests.support.winrm_powershell import server
from tests.support.winrm_shells import MIN_IDLE, NO_SHELL, POWERSHELL, Limits, Shell, bare_name, is_same
from tests.support.winrm_soap import NS, Fault, Request, content, element

#: answers kept for clients that ask again
MAX_KEPT = 512


class Service:
    """Answers request envelopes of authenticated users."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.shells: dict[str, Shell] = {}
        self._kept: OrderedDict[str, asyncio.Task[bytes]] = OrderedDict()

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
        task.add_done_callback(_looked_at)
        if key:
            self._kept[key] = task
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return await asyncio.shield(task)

    async def _run(self, request: Request, user: str) -> bytes:
        verb = VERBS.get(request.verb)
        if verb is None:
            raise Fault(
                soap.ACTION_NOT_SUPPORTED, f"The action {request.action} is not supported.", "a:ActionNotSupported"
            )
        return soap.envelope(request, f"{request.action}Response", await verb(self, request, user))

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

    def idle(self, wanted: float) -> float:
        """Return the idle timeout that a client gets who wants one, in seconds (0: none named). Raises Fault."""
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

    async def create(self, request: Request, user: str) -> str:
        """Create a shell."""
        self._check_create(request, user)
        body = request.body
        assert body is not None
        shell_id = (body.get("ShellId") or str(uuid.uuid4())).upper()
        if shell_id in self.shells:
            raise Fault(soap.SHELL_ID_CONFLICT, "A shell with this id exists already.")
        shell = Shell(shell_id, request, user, server(lambda: shell.envelope * 3 // 4 - 2200))
        shell.name = body.findtext("rsp:Name", "", NS) or body.get("Name", "")
        shell.idle = self.idle(soap.seconds(body.findtext("rsp:IdleTimeOut", "PT0S", NS), "IdleTimeOut"))
        shell.max_idle = self.limits.max_idle
        shell.buffer_mode = body.findtext("rsp:BufferMode", "Block", NS)
        shell.session_id, shell.envelope = request.session_id, request.max_envelope
        shell.feed(shell.server.open, content(body, "pwsh:creationXml"))
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

    async def delete(self, request: Request, user: str) -> str:
        """Delete a shell."""
        await self.end(self.shell(request, user, connected=False))
        return ""

    async def end(self, shell: Shell) -> None:
        """End a shell and everything that waits on it."""
        self.shells.pop(shell.shell_id, None)
        shell.interrupt(Fault(soap.OPERATION_ABORTED, "The I/O operation has been aborted. ", sender=False))
        await shell.server.shut()

    def drop_client(self, shell: Shell) -> None:
        """Make a shell Disconnected; what waits on it ends."""
        shell.state = "Disconnected"
        shell.server.outbox.set_mode(shell.buffer_mode)
        shell.interrupt(Fault(soap.STREAM_DISCONNECTED, "The stream is disconnected.", sender=False))

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


def _looked_at(task: asyncio.Task[bytes]) -> None:
    """Take note of a fault that no connection is left to carry."""
    if not task.cancelled():
        task.exception()


Verb = Callable[[Service, Request, str], Awaitable[str]]
VERBS: dict[str, Verb] = {
    "Create": Service.create,
    "Delete": Service.delete,
    "Command": winrm_commands.command,
    "Send": winrm_commands.send,
    "Receive": winrm_commands.receive,
    "Signal": winrm_commands.signal,
    "Disconnect": winrm_sessions.disconnect,
    "Reconnect": winrm_sessions.reconnect,
    "Connect": winrm_sessions.connect,
    "Enumerate": winrm_sessions.enumerate_items,
    "Get": winrm_sessions.get,
}
