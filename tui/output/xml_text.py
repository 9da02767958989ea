"""XML elements as text, a long one portion by portion: ElementTree would make one text of all, four times as large."""

from __future__ import annotations

import re

from pstui.backends.psrp.long_text import PORTION
from pstui.tui.output.base import Emit
from pstui.tui.output.elements import Element

_UNUSUAL = re.compile("[&<>\r]")
_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_UNUSUAL_IN_ATTRIBUTE = re.compile('[&<>"\r\n\t]')
_ATTRIBUTE = {**_TEXT, '"': "&quot;", "\n": "&#10;", "\t": "&#09;"}

#: pieces of text that are joined to one
_PARTS = 1_000


def cdata(text: str) -> str:
    """Return a text as it stands between two tags."""
    return _UNUSUAL.sub(lambda match: _TEXT[match.group()], text)


def write_xml(root: Element, emit: Emit) -> None:
    """Write an element with all that is in it."""
    parts = list[str]()
    waiting: list[Element | str] = [root]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            parts.append(one)
            continue
        attributes = "".join(f' {name}="{_attribute(value)}"' for name, value in one.items())
        text = one.text or ""
        if not text and not len(one):
            parts.append(f"<{one.tag}{attributes} />")
            continue
        parts.append(f"<{one.tag}{attributes}>")
        if len(text) > PORTION or len(parts) > _PARTS:
            emit("".join(parts))
            parts.clear()
        for start in range(0, len(text) - PORTION, PORTION):
            emit(cdata(text[start : start + PORTION]))
        parts.append(cdata(text[max(len(text) - 1, 0) // PORTION * PORTION :]))
        waiting.append(f"</{one.tag}>")
        waiting.extend(reversed(one))
    emit("".join(parts))


def _attribute(text: str) -> str:
    return _UNUSUAL_IN_ATTRIBUTE.sub(lambda match: _ATTRIBUTE[match.group()], text)
