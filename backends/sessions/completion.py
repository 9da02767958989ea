"""Tab completion: TabExpansion2's call and its answer, or the commands there are where it is missing (3.10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pstui.backends.bounded import Bounded
from pstui.backends.sessions.command_names import CommandNames

if TYPE_CHECKING:
    from pstui.backends.psrp.commands import Invocation
    from pstui.backends.sessions.pssession import PSSession

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

    def below(self, above: int) -> Completion:
        """Return it for the text without its first ``above`` code points; none where it would reach into them."""
        if self.start < above:
            return Completion(0, 0, ())
        return Completion(self.start - above, self.length, self.matches)


class Completions:
    """Finds completions in one session: by its TabExpansion2, or from its commands where that is missing."""

    def __init__(self, session: PSSession) -> None:
        self._session = session
        self._names: CommandNames | None = None

    async def find(self, text: str, cursor: int) -> Completion:
        """Return the completions at ``cursor`` (code points). Raises SessionStateError when the session is busy."""
        nested = self._session.stopped is not None
        if self._names is None or nested:
            found = Bounded(1)
            result = await self._session.run(completion_invocation(text, cursor, nested=nested), on_output=found.take)
            missing = result.error is not None and result.error.fully_qualified_error_id == "CommandNotFoundException"
            if not missing or nested:
                return read_completion(found, text)
            self._names = CommandNames()
        if not self._names.loaded:
            _, described = await self._session.command_metadata(["*"])
            self._names.load(described)
        start, words = self._names.complete(text[:cursor])
        matches = [CompletionMatch(word, word, kind, tooltip) for word, kind, tooltip in words[:MAX_MATCHES]]
        return Completion(start, cursor - start, tuple(matches))


def completion_invocation(text: str, cursor: int, *, nested: bool = False) -> Invocation:
    """Return the pipeline that asks for completions at ``cursor`` (code points; sent in UTF-16 units).

    ``nested`` asks through the debugger, with named arguments, while a script stands at a breakpoint.
    """
    from pstui.backends.psrp.commands import EVERY_STREAM, Call, Invocation

    names = ("InputScript", "CursorColumn", "Options") if nested else (None, None, None)
    values = (text, _units(text[:cursor]), None)
    merged = EVERY_STREAM if nested else frozenset()
    call = Call("TabExpansion2", tuple(zip(names, values, strict=True)), merged=merged, by_stream=nested)
    return Invocation(((call,),), redirect_errors=True, invocation_info=True, is_nested=nested)


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
