"""XML read safely: no document type, so no entities; elements, depth and texts bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from pstui.config.importing.model import MAX_DEPTH, MAX_TEXT
from pstui.config.problems import ConfigError

#: elements of one file
MAX_ELEMENTS = 500_000


@dataclass(slots=True)
class Element:
    """One element: its name without a prefix, attributes, the text directly inside it, and its children."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def child(self, name: str) -> Element | None:
        """Return the first child of a name."""
        return next((one for one in self.children if one.name == name), None)

    def said(self, *path: str) -> str:
        """Return the text at a path of names below, empty where there is none."""
        here: Element | None = self
        for name in path:
            here = None if here is None else here.child(name)
        return "" if here is None else here.text.strip()

    def named(self, *names: str) -> Iterator[Element]:
        """Yield the children that have one of the names."""
        return (one for one in self.children if one.name in names)


def _is_secret(name: str) -> bool:
    """Whether an attribute or element holds a password, encrypted or not: such a text is dropped at once."""
    return "password" in name.casefold()


def parse(raw: bytes) -> Element:
    """Return the root of a document. Raises ConfigError for what is no XML, or holds a document type."""
    parser = expat.ParserCreate(namespace_separator=" ")
    top = Element("")
    stack = [top]
    count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MAX_ELEMENTS or len(stack) > MAX_DEPTH:
            raise ConfigError("the file is nested too deeply or holds too much")
        kept = {key: value[:MAX_TEXT] for key, value in attributes.items() if not _is_secret(key)}
        element = Element(name.rpartition(" ")[2], kept)
        stack[-1].children.append(element)
        stack.append(element)

    def end(name: str) -> None:
        stack.pop()

    def characters(data: str) -> None:
        here = stack[-1]
        if len(here.text) < MAX_TEXT and not _is_secret(here.name):
            here.text += data[: MAX_TEXT - len(here.text)]

    def doctype(*_: object) -> None:
        raise ConfigError("the file declares a document type", "No export does so; such a file is not read.")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise ConfigError(
            f"the file is not complete XML: {expat.errors.messages[error.code]}, line {error.lineno}"
        ) from None
    except (ValueError, LookupError) as error:
        raise ConfigError("the file's text encoding is not known") from error
    return top.children[0] if top.children else top
