"""The fast decoder: the messages of a flood, decoded from their bytes without building objects (design decision 7).

Real servers write these messages in one fixed shape. Whatever differs by a byte is left to psrpcore: every function
returns None for "not mine". Strings are decoded as PowerShell does, on UTF-16 code units.
"""

from __future__ import annotations

import re

from pstui.backends.psrp.writes import WRITE_METHODS, write_record
from pstui.backends.records import Write

_HEAD = (
    b'<Obj RefId="0"><MS><I64 N="ci">-100</I64><Obj N="mi" RefId="1"><TN RefId="0">'
    b"<T>System.Management.Automation.Remoting.RemoteHostMethodId</T><T>System.Enum</T><T>System.ValueType</T>"
    b"<T>System.Object</T></TN><ToString>%s</ToString><I32>%d</I32></Obj>"
    b'<Obj N="mp" RefId="2"><TN RefId="1"><T>System.Collections.ArrayList</T><T>System.Object</T></TN><LST>'
)
_TAIL = b"</LST></Obj></MS></Obj>"
_STATE_HEAD = b'<Obj RefId="0"><MS><I32 N="PipelineState">'
_STATE_TAIL = b"</I32></MS></Obj>"

#: Heads in the order of how often a real server sends them.
_HEADS = tuple(
    (_HEAD % (name, number), number, colours)
    for name, number, colours in (
        (b"WriteLine2", 16, 0),
        (b"Write1", 13, 0),
        (b"WriteLine3", 17, 2),
        (b"Write2", 14, 2),
        (b"WriteErrorLine", 18, 0),
        (b"WriteWarningLine", 22, 0),
        (b"WriteVerboseLine", 21, 0),
        (b"WriteDebugLine", 19, 0),
    )
)
_COLOURS = re.compile(rb"<I32>(-?\d{1,2})</I32><I32>(-?\d{1,2})</I32>")
#: Int32, Int64, Int16, UInt16, UInt32, SByte and Byte, no longer than their type allows.
_NUMBER = re.compile(rb"<(I32|I64|I16|U16|U32|SB|By)>(-?\d{1,19})</\1>")
_TRUTH = {b"<B>true</B>": True, b"<B>false</B>": False}
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&apos;": "'"}
_ENTITY = re.compile("&[a-z]{2,4};")


def text_of(raw: bytes) -> str | None:
    """Decode the inside of an ``<S>`` element, or None when it holds anything unusual."""
    if b"<" in raw or b"\r" in raw:
        return None  # a child element, or a line end that XML would change
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if "&" in text:
        if len(_ENTITY.findall(text)) != text.count("&"):
            return None
        try:
            text = _ENTITY.sub(lambda match: _ENTITIES[match[0]], text)
        except KeyError:
            return None
    if "_x" in text:
        text = unescape(text)
    return text


def unescape(text: str) -> str:
    """Resolve CLIXML's ``_xHHHH_`` escapes, left to right; surrogate pairs become one character."""
    found = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    if any("\ud800" <= char <= "\udfff" for char in found):
        found = found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return found


#: What an empty error line becomes: it is ignored (semantics 4.3), but decoded all the same.
_NOTHING = Write("", newline=False)


def host_write(body: bytes) -> Write | None:
    """Decode a PIPELINE_HOST_CALL that writes text, or None."""
    found = next((entry for entry in _HEADS if body.startswith(entry[0])), None)
    if found is None or not body.endswith(_TAIL):
        return None
    head, number, colours = found
    inside = body[len(head) : -len(_TAIL)]
    numbers: tuple[int, ...] = ()
    if colours:
        match = _COLOURS.match(inside)
        if match is None:
            return None
        numbers = (int(match[1]), int(match[2]))
        inside = inside[match.end() :]
    if not (inside.startswith(b"<S>") and inside.endswith(b"</S>")):
        return None
    text = text_of(inside[3:-4])
    if text is None or not all(-1 <= number <= 15 for number in numbers):
        return None
    return write_record(number, (*numbers, text)) or _NOTHING


def simple_output(body: bytes) -> str | int | bool | None:
    """Decode a PIPELINE_OUTPUT that is one string, whole number or truth value, or None."""
    if body.startswith(b"<S>") and body.endswith(b"</S>"):
        return text_of(body[3:-4])
    if match := _NUMBER.fullmatch(body):
        return int(match[2])
    return _TRUTH.get(body)


def pipeline_state(body: bytes) -> int | None:
    """Decode a PIPELINE_STATE without an error, or None."""
    if body.startswith(_STATE_HEAD) and body.endswith(_STATE_TAIL):
        number = body[len(_STATE_HEAD) : -len(_STATE_TAIL)]
        if number.isdigit() and len(number) < 3:
            return int(number)
    return None


if any(number not in WRITE_METHODS for _, number, _ in _HEADS):
    raise RuntimeError("the fast decoder knows a method that the host does not")
