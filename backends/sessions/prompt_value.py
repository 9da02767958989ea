"""The text of the first object that a far end's prompt function puts out (protocol-notes 3.1).

The real console shows what ToString says of the object that arrived. Of most objects only a copy arrives, a bag of
properties, and its ToString says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element

from pstui.backends.errors import PstuiError
from pstui.backends.language.number_types import Number
from pstui.backends.language.numbers import to_string
from pstui.backends.records import SentObject

#: bytes of an object that are looked at; no prompt is as long
MAX_BODY = 1 << 20
#: ToString of what arrives whole in an object of its own: collections by their element
_COLLECTIONS = {
    "DCT": "System.Collections.Hashtable",
    "LST": "System.Collections.ArrayList",
    "IE": "System.Collections.ArrayList",
    "QUE": "System.Collections.Queue",
    "STK": "System.Collections.Stack",
}
#: types that the client makes whole again from their text
_REHYDRATED = ("System.Net.IPAddress", "System.Net.Mail.MailAddress")
_NAMESPACE = re.compile(r"\{.*\}")


def prompt_text(sent: SentObject) -> str:
    """Return the text of an object; empty where it has none, or cannot be read."""
    from pstui.backends.psrp.clixml import parse

    if not sent.body or len(sent.body) > MAX_BODY:
        return ""
    try:
        return _text(parse(sent.body))
    except (PstuiError, ValueError, OSError, ArithmeticError):  # Windows has no local time before 1970
        return ""


def _text(element: Element) -> str:
    from pstui.backends.psrp.clixml import unescape

    tag, text = _tag(element), element.text or ""
    if tag == "Obj":
        return _object(element)
    if tag in _VALUES:
        return _VALUES[tag](text)
    return "" if tag in ("Nil", "Ref") else unescape(text)


def _object(element: Element) -> str:
    """Return the text of an object: of the value in it, or by its type."""
    from pstui.backends.psrp.clixml import unescape

    parts = {_tag(part): part for part in element}
    for tag, part in parts.items():
        if tag in _COLLECTIONS:
            return _COLLECTIONS[tag]
        if tag not in ("TN", "TNRef", "ToString", "Props", "MS"):
            return _text(part)
    types = [(name.text or "").removeprefix("Deserialized.") for name in parts.get("TN", ())]
    if types and types[0] in _REHYDRATED and "ToString" in parts:
        return unescape(parts["ToString"].text or "")
    return ""


def _tag(element: Element) -> str:
    return _NAMESPACE.sub("", element.tag)


def _truth(text: str) -> str:
    return "True" if text == "true" else "False"


def _character(text: str) -> str:
    return chr(int(text)) if text.isdigit() and int(text) < 0x10000 else ""


def _double(text: str) -> str:
    special = {"INF": "Infinity", "-INF": "-Infinity", "NaN": "NaN"}
    return special[text] if text in special else to_string(Number(float(text), "Double"))


def _single(text: str) -> str:
    # .NET writes a Single with an exponent from 1E+07 on, a Double from 1E+15.
    if text in ("INF", "-INF", "NaN") or abs(float(text)) < 1e7:
        return _double(text)
    mantissa, _, exponent = f"{float(text):.8e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')}E{exponent[0]}{exponent[1:].zfill(2)}"


def _date(text: str) -> str:
    """Return a DateTime as the invariant culture writes it; one with an offset in the local time of here."""
    found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    if found.tzinfo is not None and not text.endswith("Z"):
        found = found.astimezone()
    return f"{found:%m/%d}/{found.year:04d} {found:%H:%M:%S}"


_DURATION = re.compile(r"(-?)P(?:(\d{1,8})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d{1,7})\d*)?S)?)?")


def _span(text: str) -> str:
    """Return a TimeSpan as ``d.hh:mm:ss.fffffff``, days and fraction where there are some."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return ""
    sign, days, hours, minutes, seconds, fraction = match.groups()
    span = timedelta(int(days or 0), int(seconds or 0), minutes=int(minutes or 0), hours=int(hours or 0))
    clock, rest = divmod(span.seconds, 3600)
    day = f"{span.days}." if span.days else ""
    return f"{sign}{day}{clock:02d}:{rest // 60:02d}:{rest % 60:02d}" + (f".{fraction:<07s}" if fraction else "")


_VALUES: dict[str, Callable[[str], str]] = {
    "B": _truth,
    "C": _character,
    "Db": _double,
    "Sg": _single,
    "DT": _date,
    "TS": _span,
    "BA": lambda text: "System.Byte[]",
    "SS": lambda text: "System.Security.SecureString",
    "XD": lambda text: "System.Xml.XmlDocument",
}
