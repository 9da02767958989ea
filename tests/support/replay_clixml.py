"""CLIXML as plain values, just far enough to compare what two clients sent."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LISTS = frozenset({"LST", "IE", "QUE", "STK"})


def unescape(text: str) -> str:
    """Undo the ``_xHHHH_`` escapes of a CLIXML string."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def read(clixml: str) -> Any:
    """Return the value of one CLIXML document: dict for properties, list, tuple (tag, text) for typed scalars.

    Type names, reference ids and display texts are left out, so that two encodings of one meaning are equal; an
    enum is its number.
    """
    if not clixml:
        return None
    root = ET.fromstring(clixml)
    if _tag(root) == "Objs":
        root = root[0]
    return _value(root, {})


def _tag(node: ET.Element) -> str:
    return node.tag.rpartition("}")[2]


def _value(node: ET.Element, seen: dict[str, Any]) -> Any:
    match _tag(node):
        case "Nil":
            return None
        case "S":
            return unescape(node.text or "")
        case "B":
            return node.text == "true"
        case "Ref":
            return seen.get(node.get("RefId", ""))
        case "Obj":
            value = _object(node, seen)
            seen[node.get("RefId", "")] = value
            return value
        case tag:
            return (tag, node.text or "")


def _object(node: ET.Element, seen: dict[str, Any]) -> Any:
    properties: dict[str, Any] = {}
    content: Any = None
    for child in node:
        tag = _tag(child)
        if tag in ("MS", "Props"):
            properties.update((unescape(item.get("N", "")), _value(item, seen)) for item in child)
        elif tag in _LISTS:
            content = [_value(item, seen) for item in child]
        elif tag == "DCT":
            content = _dictionary(child, seen)
        elif tag not in ("TN", "TNRef", "ToString"):
            content = _value(child, seen)
    if content is None:
        return properties
    return {"value": content, **properties} if properties else content


def _dictionary(node: ET.Element, seen: dict[str, Any]) -> dict[Any, Any]:
    result: dict[Any, Any] = {}
    for entry in node:
        key, value = (_value(item, seen) for item in entry)
        result[key] = value
    return result


def differences(recorded: Any, sent: Any, path: str = "") -> list[tuple[str, str]]:
    """Return each place where ``sent`` is unlike ``recorded`` as (path, what stands there)."""
    if isinstance(recorded, dict) and isinstance(sent, dict):
        found = []
        for key in [*recorded, *(key for key in sent if key not in recorded)]:
            below = f"{path}.{key}" if path else str(key)
            if key not in sent:
                found.append((below, f"recorded {recorded[key]!r}, not sent"))
            elif key not in recorded:
                found.append((below, f"sent {sent[key]!r}, not recorded"))
            else:
                found += differences(recorded[key], sent[key], below)
        return found
    if isinstance(recorded, list) and isinstance(sent, list) and len(recorded) == len(sent):
        pairs = enumerate(zip(recorded, sent, strict=True))
        return [found for index, pair in pairs for found in differences(*pair, f"{path}[{index}]")]
    if recorded == sent:
        return []
    return [(path, f"recorded {recorded!r}, sent {sent!r}")]
