"""Tab completion: TabExpansion2, or the endpoint's command metadata where it is missing (protocol-notes 3.9, 3.10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import Token, TokenKind
from pstui.backends.records import Bounded

if TYPE_CHECKING:
    from pstui.backends.psrp.invocation import Invocation
    from pstui.backends.sessions.session import PSSession

#: Most parameters of one command that are offered.
MAX_PARAMETERS = 500
#: What a new command comes after.
_BREAKS = frozenset(
    {TokenKind.PIPE, TokenKind.SEMICOLON, TokenKind.NEWLINE, TokenKind.CHAIN, TokenKind.LEFT, TokenKind.BACKGROUND}
)


class KnownCommands:
    """The commands of an endpoint and their parameters, asked for once."""

    def __init__(self) -> None:
        self.loaded = False
        self._parameters: dict[str, dict[str, str]] = {}
        self._spelling: dict[str, str] = {}
        self._aliases: dict[str, str] = {}

    def load(self, described: Iterable[Any]) -> None:
        """Take the answer to GET_COMMAND_METADATA; what is not a command is skipped."""
        self.loaded = True
        for item in described:
            name = item.get("Name") if isinstance(item, Mapping) else None
            if not isinstance(name, str) or not name.isprintable() or not name:
                continue
            key = name.casefold()
            self._spelling[key] = name
            found = item.get("Parameters")
            self._parameters[key] = _parameters(found) if isinstance(found, Mapping) else {}
            if isinstance(target := item.get("ResolvedCommandName"), str):
                self._aliases[key] = target.casefold()

    def complete(self, before: str) -> tuple[int, list[tuple[str, str, str]]]:
        """Return where the word before the cursor begins, and (text, kind, tooltip) of what could be there."""
        tokens = tokenize(before)
        word = tokens.pop() if tokens and tokens[-1].end == len(before) and tokens[-1].kind not in _BREAKS else None
        start = word.start if word else len(before)
        typed = word.text.casefold() if word else ""
        command = _command(tokens)
        if command is None:
            return start, self._commands(typed)
        if not typed.startswith("-"):
            return start, []
        return start, self._parameters_of(command.value().casefold(), typed[1:])

    def _commands(self, typed: str) -> list[tuple[str, str, str]]:
        names = sorted(name for key, name in self._spelling.items() if key.startswith(typed))
        return [(name, "Command", name) for name in names]

    def _parameters_of(self, command: str, typed: str) -> list[tuple[str, str, str]]:
        known = self._parameters.get(command) or self._parameters.get(self._aliases.get(command, ""), {})
        names = sorted(name for name in known if name.casefold().startswith(typed))
        return [(f"-{name}", "ParameterName", f"[{known[name]}] {name}" if known[name] else name) for name in names]


def _parameters(found: Mapping[Any, Any]) -> dict[str, str]:
    """Return the types of parameters by name."""
    kept: dict[str, str] = {}
    for name, described in list(found.items())[:MAX_PARAMETERS]:
        if isinstance(name, str) and name.isprintable():
            kind = described.get("ParameterType") if isinstance(described, Mapping) else ""
            kept[name] = kind.partition(",")[0].rpartition(".")[2][:80] if isinstance(kind, str) else ""
    return kept


def _command(tokens: list[Token]) -> Token | None:
    """Return the command whose arguments are at the end of these tokens."""
    for token in reversed(tokens):
        if token.kind in _BREAKS:
            return None
        if token.kind is TokenKind.COMMAND:
            return token
    return None


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


class Completer:
    """Finds completions in one session: by its TabExpansion2, or from its commands where that is missing."""

    def __init__(self, session: PSSession) -> None:
        self._session = session
        self._names: KnownCommands | None = None

    async def find(self, text: str, cursor: int) -> Completion:
        """Return the completions at ``cursor`` (code points). Raises SessionStateError when the session is busy."""
        nested = self._session.stopped is not None
        if self._names is None or nested:
            found = Bounded(1)
            result = await self._session.run(completion_invocation(text, cursor, nested=nested), on_output=found.take)
            missing = result.error is not None and result.error.fully_qualified_error_id == "CommandNotFoundException"
            if not missing or nested:
                return read_completion(found, text)
            self._names = KnownCommands()
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
    from pstui.backends.psrp.invocation import EVERY_STREAM, Call, Invocation

    names = ("InputScript", "CursorColumn", "Options") if nested else (None, None, None)
    values = (text, _units(text[:cursor]), None)
    merged = EVERY_STREAM if nested else frozenset()
    call = Call("TabExpansion2", tuple(zip(names, values, strict=True)), merged=merged, by_stream=nested)
    return Invocation(((call,),), redirect_errors=True, invocation_info=True, is_nested=nested)


def read_completion(outputs: Sequence[Any], text: str) -> Completion:
    """Read the answer; anything unexpected means no matches."""
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
