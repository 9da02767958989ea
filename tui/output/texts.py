"""The text of a value: what PowerShell's ToString says of it, for keys, cut objects and cells of CSV."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterable

from pstui.backends.psrp.clixml import unescape
from pstui.backends.psrp.long_text import PORTION, portions
from pstui.tui.output.elements import Document, Element
from pstui.tui.output.live_types import SECOND, ticks_of
from pstui.tui.output.scalars import local_date

#: texts that come over as they are
_PLAIN = frozenset({"S", "SBK", "XD", "URI", "G", "Version", "I32", "I64", "U32", "U64", "I16", "U16", "By", "SB", "D"})
_COLLECTIONS = frozenset({"LST", "IE", "QUE", "STK"})
#: what PowerShell's client makes of collections, whatever they were
_MADE = {
    "LST": "System.Collections.ArrayList",
    "IE": "System.Collections.ArrayList",
    "QUE": "System.Collections.Queue",
    "STK": "System.Collections.Stack",
    "DCT": "System.Collections.Hashtable",
}
_ORDERED = "System.Collections.Specialized.OrderedDictionary"
#: how much of a list or of properties a text holds at most
_MANY = 1000


def text_of(element: Element, document: Document, *, nested: bool = False) -> str:
    """Return the text of any element; ``nested`` is what stands inside the text of another value."""
    tag, raw = element.tag, element.text or ""
    if tag == "Obj":
        return _object(element, document, nested)
    if tag == "Ref":
        target = document.target(element)
        return "" if target is None else _object(target, document, nested)
    if tag in _PLAIN:
        return unescape(raw) if len(raw) <= PORTION else "".join(portions(raw))
    match tag:
        case "Nil":
            return ""
        case "B":
            return "True" if raw == "true" else "False"
        case "C":
            return chr(int(raw)) if len(raw) < 6 and raw.isascii() and raw.isdigit() and int(raw) < 0x10000 else ""
        case "Db" | "Sg":
            return {"INF": "Infinity", "-INF": "-Infinity"}.get(raw, raw)
        case "SS":
            return "System.Security.SecureString"
        case "BA":
            return _some(str(byte) for byte in _bytes(raw))
        case "DT":
            return invariant_date(raw)
        case "TS":
            return time_span(raw)
    return unescape(raw)


def invariant_date(raw: str) -> str:
    """Return a date as .NET's invariant culture writes it, which has whole seconds; a local one in the time of here."""
    local = local_date(raw)
    if len(local) < 19 or local[10] != "T":
        return unescape(local)
    return f"{local[5:7]}/{local[8:10]}/{local[:4]} {local[11:19]}"


def time_span(raw: str) -> str:
    """Return a TimeSpan as ``d.hh:mm:ss.fffffff``; days and fraction only where there are some."""
    ticks = ticks_of(raw)
    if ticks is None:
        return unescape(raw)
    seconds, fraction = divmod(abs(ticks), SECOND)
    days, seconds = divmod(seconds, 86400)
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return ("-" * (ticks < 0)) + (f"{days}." if days else "") + clock + (f".{fraction:07d}" if fraction else "")


def _bytes(raw: str) -> bytes:
    try:
        return base64.b64decode(raw[: 2 * _MANY])  # more than the text will hold
    except ValueError:
        return b""


def _some(texts: Iterable[str], between: str = " ") -> str:
    """Join texts, but not so many that one cell or one cut value is all there is to see; what is cut ends in "…"."""
    found = list(itertools.islice(texts, _MANY + 1))
    return between.join([*found[:_MANY], "…"] if len(found) > _MANY else found)


def _object(element: Element, document: Document, nested: bool) -> str:
    shape = document.shape(element)
    if shape.text is not None:
        return unescape(shape.text)
    base = shape.base
    if base is None:
        if nested or shape.notes is None:
            return ""
        inside = (f"{unescape(item.get('N', ''))}={text_of(item, document, nested=True)}" for item in shape.notes)
        return "@{" + _some(inside, "; ") + "}"
    if base.tag in _COLLECTIONS and not nested:
        return _some(text_of(item, document, nested=True) for item in base)
    if base.tag == "DCT" and _ORDERED in shape.types:
        return _ORDERED
    if (made := _MADE.get(base.tag)) is not None:
        return made
    return text_of(base, document)
