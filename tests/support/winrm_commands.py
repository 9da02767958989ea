"""The verbs that concern one command of a shell, or its pool: Command, Send, Receive, Signal."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

from pstui.backends.transports.outofproc import SESSION

from tests.support import winrm_soap as soap
from tests.support.winrm_soap import NS, Fault, Request, decoded, element

if TYPE_CHECKING:
    from tests.support.winrm_service import Service

TERMINATE = f"{soap.SHELL}/signal/terminate"
CTRL_C = ("powershell/signal/crtl_c", f"{soap.SHELL}/signal/ctrl_c")


async def command(service: Service, request: Request, user: str) -> str:
    """Begin a command."""
    shell, body = service.shell(request, user), request.body
    assert body is not None
    guid = uuid.UUID(body.get("CommandId") or str(uuid.uuid4()))
    if guid in shell.finished or guid in shell.server.outbox.queues:
        raise Fault(soap.COMMAND_ID_CONFLICT, "A command with this id exists already.")
    first = b"".join(decoded(one.text) for one in body.findall("rsp:Arguments", NS))
    shell.feed(shell.server.command, guid, first)
    return element("rsp:CommandResponse", element("rsp:CommandId", str(guid).upper()))


async def send(service: Service, request: Request, user: str) -> str:
    """Take input of a command or the pool, and answers to questions."""
    shell = service.shell(request, user)
    assert request.body is not None
    for stream in request.body.findall("rsp:Stream", NS):
        guid, data = guid_of(stream.get("CommandId")), decoded(stream.text)
        if guid not in shell.finished:
            shell.queue(guid)
        if data:
            shell.feed(shell.server.send, guid, data)
    return element("rsp:SendResponse")


async def receive(service: Service, request: Request, user: str) -> str:
    """Wait for output."""
    shell = service.shell(request, user)
    assert request.body is not None
    stream = request.body.find("rsp:DesiredStream", NS)
    guid = guid_of(None if stream is None else stream.get("CommandId"))
    shell.envelope = min(request.max_envelope, service.limits.max_envelope)
    shell.waiting += 1
    try:
        return await shell.receive(request, guid, service.limits.scale, service.limits.second_receive)
    finally:
        shell.waiting -= 1
        shell.touched = time.monotonic()


async def signal(service: Service, request: Request, user: str) -> str:
    """Stop a command, or close it."""
    shell, body = service.shell(request, user), request.body
    assert body is not None
    guid = guid_of(body.get("CommandId"))
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


def guid_of(text: str | None) -> uuid.UUID:
    """Return a command's id, or the pool's where none is named."""
    return uuid.UUID(text) if text else SESSION
