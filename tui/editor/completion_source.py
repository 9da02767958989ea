"""Where completions come from: the far end, what it answered a moment ago, or what is known here."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from pstui.backends.errors import PstuiError
from pstui.backends.language.secrets import looks_secret
from pstui.backends.language.token_kinds import Token, TokenKind
from pstui.backends.language.tokens import tokenize
from pstui.backends.sessions.completion import Completion, CompletionMatch
from pstui.tui.editor.completion_names import CORE_COMMANDS
from pstui.tui.editor.line_history import LineHistory
from pstui.tui.pane.plain import plain

Ask = Callable[[str, int], Awaitable[Completion]]

#: answers kept, and seconds for which one is good: files come and go
CACHED = 32
FRESH = 30.0
#: entries offered where the far end was not asked
MAX_KNOWN = 200
#: characters of a completion that are kept
MAX_TEXT = 4096
_COMMAND_KINDS = frozenset([TokenKind.COMMAND])
_WORDS = frozenset([TokenKind.ARGUMENT, TokenKind.PARAMETER, TokenKind.VARIABLE, TokenKind.STRING, TokenKind.SPLAT])
_BLANK = re.compile(r"[\s|;(){}&,=]")


@dataclass(frozen=True, slots=True)
class Found:
    """Completions, and why they are not the far end's (empty where they are)."""

    completion: Completion
    why: str = ""


class Completions:
    """Asks the far end by ``ask``, which raises PstuiError when it cannot be asked now."""

    def __init__(self, ask: Ask, history: LineHistory) -> None:
        self._ask, self._history = ask, history
        self._cache: OrderedDict[tuple[str, int], tuple[float, Completion]] = OrderedDict()
        self._commands: set[str] = set()

    def forget(self) -> None:
        """A command was run: what was answered before may be wrong now."""
        self._cache.clear()

    def cached(self, text: str, cursor: int) -> Found | None:
        """Return the far end's answer if it gave one a moment ago."""
        since, completion = self._cache.get((text, cursor), (0.0, None))
        return Found(completion) if completion is not None and time.monotonic() - since < FRESH else None

    async def find(self, text: str, cursor: int) -> Found:
        """Return what may stand at ``cursor`` (code points). Raises nothing but CancelledError."""
        try:
            answer = await self._ask(text, cursor)
        except PstuiError as error:
            return Found(self.known(text, cursor), plain(error.what, limit=200))
        completion = clean(answer, text)
        self._cache[text, cursor] = time.monotonic(), completion
        while len(self._cache) > CACHED:
            self._cache.popitem(last=False)
        self._commands.update(match.text for match in completion.matches if match.kind == "Command")
        return Found(completion)

    def known(self, text: str, cursor: int) -> Completion:
        """Return what fits from the history and from the names of commands."""
        before = text[:cursor]
        token = next((each for each in reversed(tokenize(before)) if each.end == cursor), None)
        start = _word_start(before, token)
        word = before[start:]
        if _at_command(before, start):
            names = _fitting({*CORE_COMMANDS, *self._commands, *self._words(_COMMAND_KINDS)}, word)
            matches = [CompletionMatch(name, name, "Command", "") for name in names]
        else:
            words = _fitting(self._words(_WORDS), word) if word else []
            matches = [CompletionMatch(each, each, "Text", "") for each in words]
        lines = [line for line in reversed(self._history.lines) if _continues(line, before)]
        matches += [_line_match(line, start) for line in lines]
        different = {match.text: match for match in reversed(matches)}
        return Completion(start, len(word), tuple(reversed(different.values()))[:MAX_KNOWN])

    def _words(self, kinds: Iterable[TokenKind]) -> set[str]:
        wanted = frozenset(kinds)
        lines = (line for line in self._history.lines[-500:] if not looks_secret(line))
        return {token.text for line in lines for token in tokenize(line[:1000]) if token.kind in wanted}


def clean(completion: Completion, text: str) -> Completion:
    """Return a far end's answer fit to be shown and inserted: within ``text``, and without control characters."""
    start = min(max(completion.start, 0), len(text))
    length = min(max(completion.length, 0), len(text) - start)
    matches = []
    for match in completion.matches:
        inserted = plain(match.text, limit=MAX_TEXT)
        if inserted and inserted == match.text:
            tooltip = next((line for line in match.tooltip[:2000].splitlines() if line.strip()), "")
            label = plain(match.label, limit=200) or inserted[:200]
            matches.append(CompletionMatch(inserted, label, plain(match.kind, limit=40), plain(tooltip, limit=400)))
    return Completion(start, length, tuple(matches))


def fits(match: CompletionMatch, word: str) -> bool:
    """Whether a completion still fits when ``word`` stands in its place: its text, or its last part, begins so."""
    typed = word.lower()
    if match.text.lower().startswith(typed):
        return True
    last = re.split(r"[\\/]", typed.lstrip("'\""))[-1]
    return bool(last) and match.label.lower().startswith(last)


def _word_start(before: str, token: Token | None) -> int:
    if token is not None and token.kind in _WORDS | _COMMAND_KINDS:
        return token.start
    place = len(before)
    while place and not _BLANK.match(before[place - 1]):
        place -= 1
    return place


def _at_command(before: str, start: int) -> bool:
    tokens = tokenize(before[:start] + "x")
    return bool(tokens) and tokens[-1].kind is TokenKind.COMMAND


def _fitting(names: Iterable[str], word: str) -> list[str]:
    lower = word.lower()
    found = {name.lower(): name for name in names if name.lower().startswith(lower) and name != word}
    return [found[key] for key in sorted(found)]


def _continues(line: str, before: str) -> bool:
    begins = len(line) > len(before) > 0 and line.lower().startswith(before.lower())
    return begins and "\n" not in line and not looks_secret(line)


def _line_match(line: str, start: int) -> CompletionMatch:
    return CompletionMatch(line[start:], line[start:], "History", line)
