"""Tab completion on the far end: TabExpansion2's call and its answer (semantics 3.10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .psrp.commands import Invocation

#: Most matches kept; a far end may offer every command it has.
MAX_MATCHES = 5000


@dataclass(frozen=True, slots=True)
class CompletionMatch:
    """One entry of CommandCompletion.CompletionMatches: what is inserted, how it is listed, its kind, its help."""

    text: str
    label: str
    kind: str
    tooltip: str


@dataclass(frozen=True, slots=True)
class Completion:
    """Replace ``length`` code points at ``start`` by the text of one of ``matches``."""

    start: int
    length: int
    matches: tuple[CompletionMatch, ...]


def completion_invocation(text: str, cursor: int) -> Invocation:
    """Return the pipeline that asks for completions at ``cursor`` (code points; sent in UTF-16 units)."""
    from .psrp.commands import Call, Invocation

    call = Call("TabExpansion2", ((None, text), (None, _units(text[:cursor])), (None, None)))
    return Invocation(((call,),), redirect_errors=True, invocation_info=True)


def read_completion(outputs: Sequence[Any], text: str) -> Completion:
    """Read the answer; anything unexpected is no matches."""
    answer = outputs[0] if outputs and isinstance(outputs[0], dict) else {}
    start = _points(text, answer.get("ReplacementIndex"))
    end = _points(text, _sum(answer.get("ReplacementIndex"), answer.get("ReplacementLength")))
    found = answer.get("CompletionMatches")
    matches = [_match(item) for item in found[:MAX_MATCHES]] if isinstance(found, list) else []
    return Completion(start, max(0, end - start), tuple(match for match in matches if match.text))


def _match(item: Any) -> CompletionMatch:
    found = item if isinstance(item, dict) else {}
    names = ("CompletionText", "ListItemText", "ResultType", "ToolTip")
    text, label, kind, tooltip = (str(found.get(name) or "") for name in names)
    return CompletionMatch(text, label or text, kind, tooltip)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _points(text: str, units: Any) -> int:
    """Turn an offset in UTF-16 units into code points, within the text."""
    if not isinstance(units, int) or units <= 0:
        return 0
    raw = text.encode("utf-16-le", "surrogatepass")[: units * 2]
    return len(raw.decode("utf-16-le", "ignore"))


def _sum(first: Any, second: Any) -> int | None:
    return first + second if isinstance(first, int) and isinstance(second, int) else None
