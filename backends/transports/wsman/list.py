"""Lists of shells and of their commands: asked for by Enumerate, read from what the service says of each (5.4)."""

from __future__ import annotations

import re
import uuid
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from pstui.backends.transports.wsman import faults
from pstui.backends.transports.wsman.client import Client
from pstui.backends.transports.wsman.envelope import COMMAND_RESOURCE, SHELL_RESOURCE, texts
from pypsrp.wsman import NAMESPACES, SelectorSet, WSManAction

#: shells taken from one service, and answers that they may be spread over
MAX_SHELLS, MAX_PAGES = 1000, 100

#: seconds, more than any service keeps a shell: what is beyond is as good as for ever
LONGEST = 1e10

_DURATION = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?\Z")


@dataclass(frozen=True, slots=True)
class ShellInfo:
    """A shell as the service describes it. Times are in seconds; ``state`` is Connected or Disconnected."""

    shell_id: uuid.UUID
    name: str
    resource_uri: str
    state: str
    owner: str = ""
    idle_timeout: float = 0.0
    max_idle_timeout: float = 0.0
    buffer_mode: str = ""
    locale: str = ""
    inactivity: float = 0.0


async def list_shells(client: Client) -> list[ShellInfo]:
    """Return every shell that this user may see. Raises WSManFailure."""
    found = await _enumerate(client, SHELL_RESOURCE, "rsp:Shell", None)
    return [shell for item in found if (shell := _shell_info(item)) is not None]


async def list_commands(client: Client, shell_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the ids of the commands of a shell that output may still come from. Raises WSManFailure."""
    found = await _enumerate(client, COMMAND_RESOURCE, "rsp:Command", shell_id)
    ids = [_uuid(item.findtext("rsp:CommandId", "", NAMESPACES)) for item in found]
    return [one for one in ids if one is not None]


async def _enumerate(client: Client, resource: str, item: str, shell_id: uuid.UUID | None) -> list[ET.Element]:
    patience = client.way.settings.operation_timeout
    body = ET.Element(_wsen("Enumerate"))
    ET.SubElement(body, _wsman("OptimizeEnumeration"))
    ET.SubElement(body, _wsman("MaxElements")).text = "32000"
    if shell_id is not None:
        dialect = "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"
        chosen = ET.SubElement(body, _wsman("Filter"), {"Dialect": dialect})
        selectors = SelectorSet()
        selectors.add_option("ShellId", str(shell_id).upper())
        chosen.append(selectors.pack())
    action, found = WSManAction.ENUMERATE, list[ET.Element]()
    for _ in range(MAX_PAGES):
        answer = await client.call(client.envelopes.request(action, resource, body, patience=patience))
        page = next(iter(answer), None)
        if page is None:
            raise faults.BadReply("the service answered an Enumerate with nothing")
        found += [*page.findall(f"wsman:Items/{item}", NAMESPACES), *page.findall(f"wsen:Items/{item}", NAMESPACES)]
        context = page.findtext("wsen:EnumerationContext", "", NAMESPACES)
        ended = any(one.tag.endswith("}EndOfSequence") for one in page)
        if ended or not context or len(found) >= MAX_SHELLS:
            break
        action, body = WSManAction.PULL, ET.Element(_wsen("Pull"))
        ET.SubElement(body, _wsen("EnumerationContext")).text = context
        ET.SubElement(body, _wsen("MaxElements")).text = "32000"
    return found[:MAX_SHELLS]


def shells(body: ET.Element) -> list[ShellInfo]:
    """Read the shells that a CreateResponse or a GetResponse describes."""
    return [found for item in body.findall("rsp:Shell", NAMESPACES) if (found := _shell_info(item)) is not None]


def _shell_info(element: ET.Element) -> ShellInfo | None:
    told = texts(element)
    shell_id = _uuid(told.get("ShellId", ""))
    if shell_id is None:
        return None
    return ShellInfo(
        shell_id,
        told.get("Name", "") or element.get("Name", ""),
        told.get("ResourceUri", ""),
        told.get("State", ""),
        told.get("Owner", ""),
        seconds(told.get("IdleTimeOut", "")),
        seconds(told.get("MaxIdleTimeOut", "")),
        told.get("BufferMode", ""),
        told.get("Locale", ""),
        seconds(told.get("ShellInactivity", "")),
    )


def seconds(text: str) -> float:
    """Return an XML duration in seconds, 0 for one that cannot be read."""
    found = _DURATION.match(text)
    if found is None:
        return 0.0
    try:
        days, hours, minutes, rest = (float(part or 0) for part in found.groups())
    except ValueError:
        return 0.0
    return min(LONGEST, ((days * 24 + hours) * 60 + minutes) * 60 + rest)


def _wsen(name: str) -> str:
    return f"{{{NAMESPACES['wsen']}}}{name}"


def _wsman(name: str) -> str:
    return f"{{{NAMESPACES['wsman']}}}{name}"


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
