"""The verbs that concern sessions which a client left, and the lists of them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tests.support import winrm_soap as soap
from tests.support.winrm_commands import guid_of
from tests.support.winrm_shells import Shell, is_same
from tests.support.winrm_soap import NS, Fault, Request, content, element

if TYPE_CHECKING:
    from tests.support.winrm_service import Service


async def disconnect(service: Service, request: Request, user: str) -> str:
    """Disconnect a shell from its client."""
    shell = service.shell(request, user, connected=False)
    if shell.state != "Connected":
        raise Fault(soap.DISCONNECT_NOT_VALID, "The shell cannot be disconnected in its present state.")
    if request.session_id != shell.session_id:
        raise Fault(soap.CLIENTSESSIONID_MISMATCH, "The shell belongs to another session of a client.")
    body = request.body
    idle = "" if body is None else body.findtext("rsp:IdleTimeOut", "", NS)
    if idle:
        shell.idle = service.idle(soap.seconds(idle, "IdleTimeOut"))
    if body is not None:
        shell.buffer_mode = body.findtext("rsp:BufferMode", shell.buffer_mode, NS)
    service.drop_client(shell)
    return ""


def _take_client(shell: Shell, request: Request) -> None:
    shell.state, shell.session_id = "Connected", request.session_id
    shell.server.outbox.set_mode("Block")


async def reconnect(service: Service, request: Request, user: str) -> str:
    """Give a shell back to the session of a client that left it."""
    shell = service.shell(request, user, connected=False)
    if shell.session_id != request.session_id:
        raise Fault(soap.CLIENTSESSIONID_MISMATCH, "Another session of a client disconnected this shell.")
    if shell.state != "Disconnected":
        raise Fault(soap.RECONNECT_NOT_VALID, "The shell cannot be reconnected in its present state.")
    _take_client(shell, request)
    return ""


async def connect(service: Service, request: Request, user: str) -> str:
    """Give a disconnected shell, or one of its commands, to another client."""
    shell, body = service.shell(request, user, connected=False), request.body
    assert body is not None
    if body.get("CommandId"):
        shell.queue(guid_of(body.get("CommandId")))
        return element("rsp:ConnectResponse")
    if shell.state == "Connected" and shell.session_id != request.session_id:
        raise Fault(soap.CONNECTED_TO_DIFFERENT_CLIENT, "The shell is connected to a different client.")
    answer = base64.b64encode(shell.feed(shell.server.connect, content(body, "pwsh:connectXml"))).decode()
    _take_client(shell, request)
    reply = f'<connectResponseXml xmlns="{NS["pwsh"]}">{answer}</connectResponseXml>'
    streams = element("rsp:InputStreams", "stdin pr") + element("rsp:OutputStreams", "stdout")
    return element("rsp:ConnectResponse", streams + reply)


async def enumerate_items(service: Service, request: Request, user: str) -> str:
    """List the user's shells, or the commands of one."""
    items = ""
    if request.resource_uri == f"{soap.SHELL}/Command":
        assert request.body is not None
        chosen = request.body.find("w:Filter/w:SelectorSet/w:Selector", NS)
        shell = service.shells.get(((chosen.text if chosen is not None else "") or "").upper())
        items = shell.commands() if shell is not None and is_same(shell.owner, user) else ""
    elif request.resource_uri == soap.SHELL:
        mine = [shell for shell in service.shells.values() if is_same(shell.owner, user)]
        items = "".join(shell.describe(listed=True) for shell in mine)
    else:
        raise Fault(soap.INVALID_RESOURCE_URI, f"{request.resource_uri} is unknown.", "a:DestinationUnreachable")
    inner = "<n:EnumerationContext></n:EnumerationContext>"
    inner += (element("w:Items", items) if items else "") + "<w:EndOfSequence/>"
    return element("n:EnumerateResponse", inner)


async def get(service: Service, request: Request, user: str) -> str:
    """Describe a shell, or the service."""
    if request.resource_uri == NS["cfg"]:
        size = element("cfg:MaxEnvelopeSizekb", str(service.limits.max_envelope // 1024))
        return f'<cfg:Config xmlns:cfg="{NS["cfg"]}">{size}</cfg:Config>'
    return service.shell(request, user, connected=False).describe(listed=True)
