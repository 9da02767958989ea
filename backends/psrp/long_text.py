"""A long text of CLIXML, read portion by portion: no call into C holds up the loop, or Python's lock, for long.

A text may have 200 MiB. It is never parsed as a whole, which takes four times its size, nor decoded as a whole: who
writes it somewhere gets one piece after the other.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator

from pstui.backends.psrp.clixml import parse, unescape

#: what is parsed, decoded or written in one go, in bytes or characters
PORTION = 256 * 1024
#: the longest reference to a character that XML lacks
REFERENCE = len("&#xFFFE;")
_ESCAPE_LENGTH = len("_x0000_")
_ESCAPE = re.compile("_x[0-9A-Fa-f]{4}_")
_BEGUN = re.compile(r"_(?:x[0-9A-Fa-f]{0,4})?\Z")
#: what begins a sequence that acts on a terminal, and how far it may reach, in characters
_BEGINS = re.compile("[\x1b\x90\x98\x9b\x9d-\x9f]")
_SEQUENCE = 4096


def is_text(body: bytes, start: int, last: int) -> bool:
    """Tell whether no element stands between two places of a body."""
    return not any(body.find(b"<", place, min(place + PORTION, last)) >= 0 for place in range(start, last, PORTION))


def raw_pieces(body: bytes, start: int, last: int) -> Iterator[str]:
    """Yield what stands between two places of a body, as XML has it, cut anywhere. Raises Unreadable."""
    while start < last:
        end = min(start + PORTION, last)
        if end < last:
            reference = body.rfind(b"&", end - REFERENCE, end)
            end = reference if reference > start else end
            while end > start + 1 and (body[end] & 0xC0 == 0x80 or body[end - 1] == 0x0D):
                end -= 1  # within a character, or in a line end of two
        yield parse(b"<S>" + body[start:end] + b"</S>").text or ""
        start = end


def portions(text: str) -> Iterator[str]:
    """Decode the text of an element (protocol-notes 7.5), portion by portion; no character is cut in two."""
    return decoded(text[start : start + PORTION] for start in range(0, len(text), PORTION))


def decoded(pieces: Iterable[str]) -> Iterator[str]:
    """Decode the pieces of a text, cut anywhere, as ``portions`` does."""
    rest = carried = ""
    for piece in itertools.chain(pieces, (None,)):
        text = rest + (piece or "")
        end = len(text) if piece is None else _safe_end(text)
        found, rest = unescape(text[:end]), text[end:]
        if carried and found:
            found, carried = joined(carried + found), ""
        if piece is not None and found and "\ud800" <= found[-1] <= "\udbff":
            found, carried = found[:-1], found[-1]
        if carried and piece is None:
            found += carried
        if found:
            yield found


def joined(text: str) -> str:
    """Return a text whose surrogate pairs are characters."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _safe_end(text: str) -> int:
    """Return how much of a text can be decoded before the rest is there: not the begin of an escape."""
    begun = _BEGUN.search(text, max(0, len(text) - _ESCAPE_LENGTH + 1))
    if begun is None:
        return len(text)
    end = 0
    for match in _ESCAPE.finditer(text):  # its first character may be the last of an escape
        end = match.end()
    return begun.start() if begun.start() >= end else len(text)


def long_text(body: bytes, start: int, last: int) -> Iterator[str]:
    """Yield the text between two places of a body; a sequence for a terminal is not cut. Raises Unreadable."""
    held = ""
    for piece in decoded(raw_pieces(body, start, last)):
        text = held + piece
        begun = _BEGINS.search(text, max(0, len(text) - _SEQUENCE))
        end = begun.start() if begun is not None and begun.start() else len(text)
        held = text[end:]
        yield text[:end]
    if held:
        yield held
