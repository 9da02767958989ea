"""CLIXML, the XML in which PowerShell sends objects: read into plain Python values, and written from them.

How this works. A message goes one of two roads. The general one is ``parse`` (bytes to XML), ``read`` (XML to
psrpcore's objects) and ``plain`` (psrpcore's objects to Python values: a dict for an object, ``Secret`` for a
SecureString); what goes out passes ``outgoing``. Whatever is hostile in a body (a document type, nesting without end,
values that cannot be read) is refused on this road as Unreadable, so that everything above sees plain values
only.

The fast road is for the messages of a flood: lines written by the host, simple outputs and states. Real servers write
each in one fixed shape, so ``host_write``, ``simple_output`` and ``pipeline_state`` compare the bytes with that shape
and cut the value out, without building objects. Whatever differs by a byte is "not mine" (None) and takes the general
road. Property tests hold both roads to the same result. Strings are decoded on UTF-16 code units, as PowerShell does.

``write_record`` says what each writing host method shows; both roads end in it (protocol-notes 4.3, 4.9).
"""

from __future__ import annotations

import base64
import enum
import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

from psrpcore import types as ps
from psrpcore.types import HostMethodIdentifier, PSCryptoProvider, PSObject, add_note_property, deserialize
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import Unreadable
from pstui.backends.language.number_types import Whole
from pstui.backends.language.typed_texts import Typed
from pstui.backends.psrp.limits import MAX_DEPTH, MAX_TEXT, too_deep
from pstui.backends.records import Record, Stream, Write

# Its debug log holds whole messages: what is typed, and what is answered.
logging.getLogger("psrpcore").setLevel(logging.INFO)


class MessageType(enum.IntEnum):
    """Message numbers a client receives (protocol-notes 3.8)."""

    SESSION_CAPABILITY = 0x00010002
    ENCRYPTED_SESSION_KEY = 0x00010006
    PUBLIC_KEY_REQUEST = 0x00010007
    RUNSPACE_AVAILABILITY = 0x00021004
    RUNSPACEPOOL_STATE = 0x00021005
    USER_EVENT = 0x00021008
    APPLICATION_PRIVATE_DATA = 0x00021009
    RUNSPACEPOOL_INIT_DATA = 0x0002100B
    RUNSPACEPOOL_HOST_CALL = 0x00021100
    PIPELINE_OUTPUT = 0x00041004
    ERROR_RECORD = 0x00041005
    PIPELINE_STATE = 0x00041006
    DEBUG_RECORD = 0x00041007
    VERBOSE_RECORD = 0x00041008
    WARNING_RECORD = 0x00041009
    PROGRESS_RECORD = 0x00041010
    INFORMATION_RECORD = 0x00041011
    PIPELINE_HOST_CALL = 0x00041100


class PlainCipher(PSCryptoProvider):
    """SecureString of protocol 2.4: base64 of UTF-16LE, protected by the transport alone (protocol-notes 4.8)."""

    def decrypt(self, value: str) -> str:
        return base64.b64decode(value).decode("utf-16-le", "surrogatepass")

    def encrypt(self, value: str) -> str:
        return base64.b64encode(value.encode("utf-16-le", "surrogatepass")).decode("ascii")

    def register_key(self, key: bytes) -> None:
        """Ignore a session key: this protocol version has none."""


def without_no_characters(body: bytes) -> bytes:
    """Return CLIXML in which U+FFFE and U+FFFF are escaped as control characters are.

    PowerShell writes them as references although XML lacks them (protocol-notes 3.14).
    """
    if b"&#x" not in body:
        return body
    return body.replace(b"&#xFFFE;", b"_xFFFE_").replace(b"&#xFFFF;", b"_xFFFF_")


def checked(body: bytes) -> None:
    """Raise Unreadable where a body is no CLIXML of this protocol: a document type, another encoding than UTF-8."""
    if b"<!" in body:
        raise Unreadable("the far end sent a document type inside a message", "The protocol has none.")
    # An XML declaration may name any encoding, and UTF-16 needs none: its bytes hold a NUL, which no XML has.
    if b"<?" in body or b"\0" in body or body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("the far end sent a message in another encoding than UTF-8", "The protocol has only that.")


def not_xml(error: ElementTree.ParseError) -> Unreadable:
    """Return the error for a body that is no XML."""
    return Unreadable("the far end sent a message that is not XML", _reason(error))


def parse(body: bytes) -> ElementTree.Element:
    """Parse a CLIXML body. Raises Unreadable when it is no XML or holds what the protocol has not."""
    checked(body)
    try:
        return ElementTree.fromstring(without_no_characters(body))  # noqa: S314  declarations are refused above, sizes are bounded
    except ElementTree.ParseError as error:
        raise not_xml(error) from error


def read(element: ElementTree.Element, cipher: PSCryptoProvider) -> Any:
    """Turn a parsed CLIXML element into psrpcore's object for it. Raises Unreadable."""
    try:
        return deserialize(element, cipher=cipher)
    except RecursionError as error:
        raise Unreadable("the far end sent an object nested too deeply") from error
    except Exception as error:  # psrpcore raises what its parsers raise: KeyError, ValueError, TypeError, …
        raise Unreadable("the far end sent a value that cannot be read", _reason(error)) from error


def _reason(error: Exception) -> str:
    """Return a parser's complaint, which may quote what the peer sent, as one short, harmless line."""
    text = "".join(char for char in str(error)[:200] if char.isprintable())
    return f"{type(error).__name__}: {text}"


def plain(value: Any, depth: int = 0) -> Any:
    """Return a psrpcore value as plain Python: None, bool, int, float, str, bytes, Secret, list, dict, …

    Objects become dicts of their properties; an object without any becomes its text. Raises LimitExceeded on
    nesting deeper than MAX_DEPTH.
    """
    if depth > MAX_DEPTH:
        raise too_deep()
    match value:
        case None | bool():
            return value
        case ps.PSSecureString():
            return Secret(str(value.decrypt()))
        case ps.PSChar():
            return chr(value)
        case enum.Enum():
            return int(value.value)
        case str():
            return str.__str__(value)
        case int():
            return int(value)
        case float():
            return float(value)
        case bytes():
            return bytes(value)
        case Mapping():
            return {_key(key): plain(item, depth + 1) for key, item in value.items()}
        case list() | tuple() | set():
            return [plain(item, depth + 1) for item in value]
        case PSObject():
            return _plain_object(value, depth)
        case _:
            return value


def _key(key: Any) -> Any:
    bare = plain(key, MAX_DEPTH)
    return bare if isinstance(bare, str | int | float | bool) else str(bare)


def _plain_object(value: PSObject, depth: int) -> Any:
    if isinstance(value, ps.PSDateTime | ps.PSGuid | ps.PSVersion | ps.PSDuration | ps.PSDecimal):
        return str(value)
    found = properties(value)
    if found:
        return {name: plain(item, depth + 1) for name, item in found.items()}
    return str(value)


def properties(value: Any) -> dict[str, Any]:
    """Return an object's properties by name, extended ones winning, values as psrpcore has them."""
    if not isinstance(value, PSObject):
        return {}
    found: dict[str, Any] = {}
    for prop in (*value.PSObject.adapted_properties, *value.PSObject.extended_properties):
        found[prop.name] = prop.get_value(value)
    return found


def note_object(**notes: Any) -> PSObject:
    """Build an object that is nothing but its properties, in order."""
    made = PSObject()
    made.PSObject.type_names = []
    for name, value in notes.items():
        add_note_property(made, name, value)
    return made


def custom_object(properties: Mapping[str, Any]) -> PSObject:
    """Build a PSCustomObject of plain values, in order."""
    made = note_object(**{name: outgoing(value) for name, value in properties.items()})
    made.PSObject.type_names = ["System.Management.Automation.PSCustomObject", "System.Object"]
    return made


class _Fixed(Decimal):
    """A Decimal whose text has no exponent, which the far end could not read."""

    def __str__(self) -> str:
        return format(self, "f")


def sent_number(value: int | float | Decimal, clr_type: str) -> Any:
    """Return a number as psrpcore sends it in its .NET type."""
    if clr_type == "Decimal":
        return _Fixed(value)
    if clr_type == "BigInteger":
        made = PSObject()
        made.PSObject.type_names = ["System.Numerics.BigInteger", "System.ValueType", "System.Object"]
        made.PSObject.to_string = str(int(value))
        return made
    return _NUMBERS[clr_type](value)


_NUMBERS: dict[str, Any] = {
    "Int32": ps.PSInt,
    "Int64": ps.PSInt64,
    "UInt32": ps.PSUInt,
    "UInt64": ps.PSUInt64,
    "Int16": ps.PSInt16,
    "UInt16": ps.PSUInt16,
    "Byte": ps.PSByte,
    "SByte": ps.PSSByte,
    "Double": ps.PSDouble,
    "Single": ps.PSSingle,
}
_LARGEST_DECIMAL = 2**96 - 1
_TYPED: dict[str, Callable[[Any], Any]] = {
    "Char": ps.PSChar,
    "Version": ps.PSVersion,
    "Uri": ps.PSUri,
    "DateTime": lambda value: value,
    "TimeSpan": lambda value: value,
}


def outgoing(value: Any) -> Any:
    """Return a plain value as psrpcore sends it: doubles as doubles, secrets as SecureString.

    A whole number that has no .NET type yet gets the smallest of Int32, Int64, Decimal and BigInteger that holds it.
    """
    match value:
        case Secret():
            return ps.PSSecureString(value.reveal())
        case PSCredential():
            password = value.password or Secret("")
            return ps.PSCredential(UserName=value.user_name, Password=ps.PSSecureString(password.reveal()))
        case bool() | None:
            return value
        case float():
            return ps.PSDouble(value)
        case Decimal():
            return _Fixed(value)
        case Typed():
            return _TYPED[value.clr_type](value.sent)
        case Whole():
            return sent_number(value, value.clr_type)
        case int() if not -(2**31) <= value < 2**31:
            if -(2**63) <= value < 2**63:
                return ps.PSInt64(value)
            return sent_number(value, "Decimal" if abs(value) <= _LARGEST_DECIMAL else "BigInteger")
        case Record():
            return custom_object(value.values)
        case Mapping():
            table: Any = {key: outgoing(item) for key, item in value.items()}
            if isinstance(value, OrderedDict):
                table = ps.PSDict(table)
                table.PSObject.type_names = ["System.Collections.Specialized.OrderedDictionary", "System.Object"]
            return table
        case list() | tuple():
            return [outgoing(item) for item in value]
        case _:
            return value


#: How text is written: whether the method ends the line, without colours and with them, or what it puts before.
_PLAIN = {HostMethodIdentifier.Write1: False, HostMethodIdentifier.WriteLine2: True}
_COLOURED = {HostMethodIdentifier.Write2: False, HostMethodIdentifier.WriteLine3: True}
_PREFIXED = {
    HostMethodIdentifier.WriteDebugLine: ("DEBUG: ", Stream.DEBUG),
    HostMethodIdentifier.WriteVerboseLine: ("VERBOSE: ", Stream.VERBOSE),
    HostMethodIdentifier.WriteWarningLine: ("WARNING: ", Stream.WARNING),
}
#: The host methods that write text.
WRITE_METHODS = frozenset(
    {HostMethodIdentifier.WriteLine1, HostMethodIdentifier.WriteErrorLine, *_PLAIN, *_COLOURED, *_PREFIXED}
)


def write_record(
    method: HostMethodIdentifier, arguments: Sequence[Any], max_text: int | None = MAX_TEXT
) -> Write | None:
    """Return what a writing call shows, or None where it shows nothing (an empty error line).

    Text of more than ``max_text`` characters is cut.
    """
    if not arguments:
        return Write("")
    text = arguments[-1] or ""
    if max_text is not None and len(text) > max_text:
        text = text[:max_text] + "…"
    if (newline := _PLAIN.get(method)) is not None:
        return Write(text, newline=newline)
    if (newline := _COLOURED.get(method)) is not None:
        return Write(text, newline, arguments[0], arguments[1])
    if method in _PREFIXED:
        prefix, stream = _PREFIXED[method]
        return Write(prefix + text, stream=stream)
    return Write(text, stream=Stream.ERROR) if text else None


_HEAD = (
    b'<Obj RefId="0"><MS><I64 N="ci">-100</I64><Obj N="mi" RefId="1"><TN RefId="0">'
    b"<T>System.Management.Automation.Remoting.RemoteHostMethodId</T><T>System.Enum</T><T>System.ValueType</T>"
    b"<T>System.Object</T></TN><ToString>%s</ToString><I32>%d</I32></Obj>"
    b'<Obj N="mp" RefId="2"><TN RefId="1"><T>System.Collections.ArrayList</T><T>System.Object</T></TN><LST>'
)
TAIL = b"</LST></Obj></MS></Obj>"
_TEXT_TAIL = b"</S>" + TAIL


def head_of(method: HostMethodIdentifier) -> bytes:
    """Return what the call of a void host method begins with, as real servers send it, up to its arguments."""
    head: bytes = _HEAD % (method.name.encode(), method.value)
    return head


_STATE_HEAD = b'<Obj RefId="0"><MS><I32 N="PipelineState">'
_STATE_TAIL = b"</I32></MS></Obj>"

#: Heads in the order of how often a real server sends them.
_HEADS = tuple(
    (head_of(method), method, colours)
    for method, colours in (
        (HostMethodIdentifier.WriteLine2, 0),
        (HostMethodIdentifier.Write1, 0),
        (HostMethodIdentifier.WriteLine3, 2),
        (HostMethodIdentifier.Write2, 2),
        (HostMethodIdentifier.WriteErrorLine, 0),
        (HostMethodIdentifier.WriteWarningLine, 0),
        (HostMethodIdentifier.WriteVerboseLine, 0),
        (HostMethodIdentifier.WriteDebugLine, 0),
    )
)
_COLOURS = re.compile(rb"<I32>(-?\d{1,2})</I32><I32>(-?\d{1,2})</I32>")
#: Int32, Int64, Int16, UInt16, UInt32, SByte and Byte, no longer than their type allows.
_NUMBER = re.compile(rb"<(I32|I64|I16|U16|U32|SB|By)>(-?\d{1,19})</\1>")
_TRUTH = {b"<B>true</B>": True, b"<B>false</B>": False}
#: a longer text is neither
_TRUTH_LONGEST = 16
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_SURROGATE = re.compile("[\ud800-\udfff]")
#: the ampersand last: what it gives is no entity any more
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}


def text_of(raw: bytes) -> str | None:
    """Decode the inside of an ``<S>`` element, or None when it holds anything unusual."""
    if b"<" in raw or b"\r" in raw:
        return None  # a child element, or a line end that XML would change
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if "&" in text:
        found = resolved(text)
        if found is None:
            return None
        text = found
    if "_x" in text:
        text = unescape(text)
    return text


def resolved(text: str) -> str | None:
    """Resolve XML's own entities, or return None when there are others."""
    if sum(map(text.count, _ENTITIES)) != text.count("&"):
        return None
    for entity, char in _ENTITIES.items():
        text = text.replace(entity, char)
    return text


def unescape(text: str) -> str:
    """Resolve CLIXML's ``_xHHHH_`` escapes, left to right; surrogate pairs become one character."""
    found = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    if _SURROGATE.search(found):
        found = found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return found


#: What an empty error line becomes: it is ignored (protocol-notes 4.3), but decoded all the same.
_NOTHING = Write("", newline=False)


def written(body: bytes) -> tuple[HostMethodIdentifier, tuple[int, ...], int, int] | None:
    """Return what a PIPELINE_HOST_CALL that writes text is: method, colours, and where the text is; None of others."""
    found = next((entry for entry in _HEADS if body.startswith(entry[0])), None)
    if found is None or not body.endswith(_TEXT_TAIL):
        return None
    head, method, colours = found
    start = len(head)
    numbers: tuple[int, ...] = ()
    if colours:
        match = _COLOURS.match(body, start)
        if match is None:
            return None
        numbers, start = (int(match[1]), int(match[2])), match.end()
    end = len(body) - len(_TEXT_TAIL)
    if not body.startswith(b"<S>", start) or start + 3 > end or not all(-1 <= number <= 15 for number in numbers):
        return None
    return method, numbers, start + 3, end


def host_write(body: bytes, max_text: int | None = MAX_TEXT) -> Write | None:
    """Decode a PIPELINE_HOST_CALL that writes text, or None; text of more than ``max_text`` characters is cut."""
    found = written(body)
    if found is None:
        return None
    method, numbers, start, end = found
    text = text_of(body[start:end])
    if text is None:
        return None
    return write_record(method, (*numbers, text), max_text) or _NOTHING


#: most bytes that one character of a text takes in a message, as in ``_x000A_``
_LONGEST = 7
#: what a text may end with that was cut within an entity or an escape
_HALF = re.compile(rb"(?:&[a-z#0-9]{0,6}|_(?:x[0-9A-Fa-f]{0,4})?|[\xc0-\xff][\x80-\xbf]{0,2})\Z")
#: most escapes in a text that is decoded without a turn of the loop, each some 0.4 µs
MAX_QUICK_ESCAPES = 50_000


def clipped(body: bytes, max_text: int | None) -> tuple[bytes, bool]:
    """Return a message that is a text alone, written or given out, without what lies far beyond ``max_text``.

    What remains is longer still, so that it is cut and marked as ever. The second value says whether decoding it takes
    no time to speak of.
    """
    tail = TAIL if body.startswith(b"<Obj") else b""
    if tail and not (body.endswith(tail) and any(body.startswith(head) for head, _, _ in _HEADS)):
        return body, False
    if not tail and not body.startswith(b"<S>"):
        return body, False
    room = len(_HEADS[0][0]) + ((max_text or 0) + 8) * _LONGEST
    if max_text is not None and len(body) > room and body.endswith(b"</S>" + tail):
        body = body[: room - 16] + _HALF.sub(b"", body[room - 16 : room]) + b"</S>" + tail
    return body, body.count(b"_x") <= MAX_QUICK_ESCAPES and b"\r" not in body and b"&#" not in body


def simple_output(body: bytes) -> str | int | bool | None:
    """Decode a PIPELINE_OUTPUT that is one string, whole number or truth value, or None."""
    if body.startswith(b"<S>") and body.endswith(b"</S>"):
        return text_of(body[3:-4])
    if match := _NUMBER.fullmatch(body):
        return int(match[2])
    return _TRUTH.get(bytes(body)) if len(body) < _TRUTH_LONGEST else None


def pipeline_state(body: bytes) -> int | None:
    """Decode a PIPELINE_STATE without an error, or None."""
    if body.startswith(_STATE_HEAD) and body.endswith(_STATE_TAIL):
        number = body[len(_STATE_HEAD) : -len(_STATE_TAIL)]
        if number.isdigit() and len(number) < 3:
            return int(number)
    return None


if any(method not in WRITE_METHODS for _, method, _ in _HEADS):
    raise RuntimeError("the fast decoder knows a method that the host does not")
