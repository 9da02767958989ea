"""The fast road to JSON: objects of one shape differ only in the texts between their tags.

How this works. A flood is mostly one kind of object, sent each time with the same tags, attributes and type names: its
shape. The first object of a shape is walked with marks in place of its texts; what comes out, cut at the marks, is the
``Template`` of the shape. Every further object is cut into shape and texts by one regular expression, and its JSON is
the template with its texts. Where a text decides more than its own place (a key, an IP address, what is cut) the
template would not give what the walk gives; it is tried at once, and such a shape is walked each time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pstui.backends.psrp.clixml import resolved

#: longer objects are walked: their shapes seldom come again (bytes)
LONGEST = 16 * 1024
#: so many shapes are remembered, of so many characters together
MOST, MOST_CHARACTERS = 500, 2 * 1024 * 1024

#: The text before an end tag, but not that of a type name, which belongs to the shape.
_TEXT = re.compile(r">([^<]*)</(?!T>)")
#: Marks are private characters; one around the number of a text, one more around what the walk made of it.
_MARK, _DONE = "\ue000", "\ue001"

Convert = Callable[[str], str]
#: Walks the object with this CLIXML and returns its JSON, or None when there is something to warn of. What it writes
#: of each single value is what the function given returns.
Walk = Callable[[bytes, Callable[[Convert, str], str]], str | None]


class Template:
    """The JSON of a shape: constant pieces, and between them the number of a text and what makes JSON of it."""

    def __init__(self, first: str, rest: Sequence[tuple[int, Convert, str]]) -> None:
        self._first, self._rest = first, rest

    def json(self, texts: Sequence[str]) -> str:
        """Return the JSON of the object with these texts."""
        parts = [self._first]
        for number, convert, constant in self._rest:
            parts.append(convert(texts[number]))
            parts.append(constant)
        return "".join(parts)


class Templates:
    """The templates of a run. ``json`` is the way in."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._known: dict[tuple[str, ...], Template | None] = {}
        self._characters = 0

    def json(self, body: bytes) -> str | None:
        """Return the JSON of an object, or None where it has to be walked."""
        if len(body) > LONGEST:
            return None
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return None
        if "\r" in text or _MARK in text or _DONE in text:
            return None
        parts = _TEXT.split(text)
        shape, texts = tuple(parts[::2]), parts[1::2]
        if "&" in text and not self._resolve(texts):
            return None
        template = self._known.get(shape)
        if template is None:
            if shape in self._known:
                return None
            template = self._learn(body, shape, texts)
        return None if template is None else template.json(texts)

    def _resolve(self, texts: list[str]) -> bool:
        for number, text in enumerate(texts):
            if "&" in text:
                found = resolved(text)
                if found is None:
                    return False
                texts[number] = found
        return True

    def _learn(self, body: bytes, shape: tuple[str, ...], texts: Sequence[str]) -> Template | None:
        size = sum(map(len, shape))
        if len(self._known) >= MOST or self._characters + size > MOST_CHARACTERS:
            self._known.clear()
            self._characters = 0
        self._characters += size
        template = self._made(shape)
        if template is not None and template.json(texts) != self._walk(body, lambda convert, raw: convert(raw)):
            template = None
        self._known[shape] = template
        return template

    def _made(self, shape: tuple[str, ...]) -> Template | None:
        marked = "".join(
            part if number == 0 else f">{_MARK}{number - 1}{_MARK}</{part}" for number, part in enumerate(shape)
        )
        converts: list[Convert] = []

        def mark(convert: Convert, raw: str) -> str:
            converts.append(convert)
            return f"{_DONE}{raw}{_DONE}"

        found = self._walk(marked.encode(), mark)
        if found is None:
            return None
        first, *pieces = found.split(_DONE)
        rest: list[tuple[int, Convert, str]] = []
        for convert, raw, constant in zip(converts, pieces[::2], pieces[1::2], strict=True):
            number = raw.strip(_MARK)
            if number.isdecimal():
                rest.append((int(number), convert, constant))
            elif raw:
                return None
            elif rest:  # an element without an end tag, such as null, is part of the shape
                rest[-1] = (*rest[-1][:2], rest[-1][2] + convert("") + constant)
            else:
                first += convert("") + constant
        if any(_MARK in constant for constant in (first, *(constant for _, _, constant in rest))):
            return None
        return Template(first, rest)
