"""Completion in the editor: Tab and Ctrl+Space ask the far end, whose answer is shown in a list and narrowed by typing.

How this works: ``Completions`` finds what fits at the cursor. It asks the far end, which alone knows its commands
and files, and keeps the answer for a moment; when the far end cannot be asked now (a command runs, the session is
lost) it offers what is known here: the names of common commands and what is in the history. A far end's answer is
cleaned before anything of it is shown or inserted.

A question may take its time. It goes on behind whatever is typed, and its answer is kept for who asks the same again;
Escape, another question and a line that is run end it.

``Completing`` is one completion at the keyboard. ``begin`` shows an answer that is at hand, or awaits one in a task;
meanwhile keys are taken as usual. A key pressed before the answer has come ends the completion, except where Tab is
followed by the beginning of the next word: then the word is completed when the answer comes, if it has only one
completion and the text has not been changed otherwise. An open list works in one of two ways: Tab *cycles*, each press
puts the next entry into the text; Ctrl+Space *narrows*, the text stays as typed until an entry is taken. A word that
became shorter than the one asked about is asked about anew. Escape puts back what was typed, and what the far end has
replaced after the cursor.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pstui.backends.errors import PstuiError
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.secrets import looks_secret
from pstui.backends.language.tokens import Token, TokenKind
from pstui.backends.sessions.completion import Completion, CompletionMatch
from pstui.tui.editor.completion_menu import CompletionMenu, Listing
from pstui.tui.editor.history import LineHistory
from pstui.tui.editor.surface import EditingSurface
from pstui.tui.plain import plain, typed_text, without_controls
from pstui.tui.transcript.render.cells import without_last

#: answers kept, and seconds for which one is good: files come and go
CACHED: Final = 32
FRESH: Final = 30.0
#: entries offered when the far end was not asked
MAX_KNOWN: Final = 200
#: characters of a completion that are kept
MAX_TEXT: Final = 4096
#: seconds without an answer after which the menu says that it waits for one
PATIENCE: Final = 0.3
#: what ends a word: typed after a completion it belongs to what comes next
_ENDS_WORD = frozenset(" \t|;,(){}[]<>&='\"")
_COMMAND_KINDS = frozenset([TokenKind.COMMAND])
_WORDS = frozenset([TokenKind.ARGUMENT, TokenKind.PARAMETER, TokenKind.VARIABLE, TokenKind.STRING, TokenKind.SPLAT])
_BLANK = re.compile(r"[\s|;(){}&,=]")

#: Command names that almost every far end knows, for when it cannot be asked: verb → nouns, of the modules that come
#: with PowerShell.
_CORE: Final = {
    "Add": "Content History Member Type",
    "Clear": "Content Host History Item ItemProperty Variable",
    "Compare": "Object",
    "Convert": "Path",
    "ConvertFrom": "Csv Json SecureString StringData",
    "ConvertTo": "Csv Html Json SecureString Xml",
    "Copy": "Item ItemProperty",
    "Disable": "PSBreakpoint PSRemoting PSSessionConfiguration",
    "Enable": "PSBreakpoint PSRemoting PSSessionConfiguration",
    "Enter": "PSHostProcess PSSession",
    "Exit": "PSHostProcess PSSession",
    "Expand": "Archive",
    "Export": "Alias Clixml Csv ModuleMember PSSession",
    "Find": "Module Package Script",
    "ForEach": "Object",
    "Format": "Custom Hex List Table Wide",
    "Get": (
        "Acl Alias ChildItem CimInstance Clipboard Command ComputerInfo Content Credential Culture Date Error Event "
        "EventLog ExecutionPolicy FileHash Help History Host HotFix Item ItemProperty ItemPropertyValue Job Location "
        "Member Module NetAdapter NetIPAddress NetTCPConnection Package Process PSBreakpoint PSCallStack PSDrive "
        "PSProvider PSSession Random Runspace ScheduledTask Service TimeZone Unique Uptime Variable Verb WinEvent"
    ),
    "Group": "Object",
    "Import": "Alias Clixml Csv LocalizedData Module PowerShellDataFile PSSession",
    "Install": "Module Package Script",
    "Invoke": "CimMethod Command Expression History Item RestMethod WebRequest",
    "Join": "Path String",
    "Measure": "Command Object",
    "Move": "Item ItemProperty",
    "New": (
        "Alias CimInstance CimSession Event Guid Item ItemProperty Module Object PSDrive PSSession PSSessionOption "
        "Service TemporaryFile TimeSpan Variable"
    ),
    "Out": "Default File GridView Host Null String",
    "Pop": "Location",
    "Push": "Location",
    "Read": "Host",
    "Receive": "Job",
    "Register": "ArgumentCompleter EngineEvent ObjectEvent PSSessionConfiguration ScheduledTask",
    "Remove": "Alias CimInstance Event Item ItemProperty Job Module Package PSBreakpoint PSDrive PSSession Variable",
    "Rename": "Computer Item ItemProperty",
    "Resolve": "DnsName Path",
    "Restart": "Computer Service",
    "Resume": "Service",
    "Save": "Help Module",
    "Select": "Object String Xml",
    "Send": "MailMessage",
    "Set": (
        "Acl Alias Clipboard Content Date ExecutionPolicy Item ItemProperty Location PSBreakpoint PSDebug "
        "PSSessionConfiguration Service StrictMode TimeZone Variable"
    ),
    "Sort": "Object",
    "Split": "Path",
    "Start": "Job Process Service Sleep ThreadJob Transcript",
    "Stop": "Computer Job Process Service Transcript",
    "Suspend": "Service",
    "Tee": "Object",
    "Test": "Connection Json NetConnection Path WSMan",
    "Trace": "Command",
    "Unblock": "File",
    "Uninstall": "Module Package",
    "Unregister": "Event PSSessionConfiguration ScheduledTask",
    "Update": "FormatData Help Module TypeData",
    "Wait": "Debugger Event Job Process",
    "Where": "Object",
    "Write": "Debug Error Host Information Output Progress Verbose Warning",
}

CORE_COMMANDS: Final = tuple(f"{verb}-{noun}" for verb, nouns in _CORE.items() for noun in nouns.split())

Ask = Callable[[str, int], Awaitable[Completion]]
Describe = Callable[[str, int, str, Callable[[], bool]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Found:
    """Completions, and why they are not the far end's (empty if they are)."""

    completion: Completion
    why: str = ""


class Completions:
    """Finds completions by ``ask``, which asks the far end and raises PstuiError when it cannot be asked now."""

    def __init__(self, ask: Ask, history: LineHistory) -> None:
        self._ask, self._history = ask, history
        self._cache: OrderedDict[tuple[str, int], tuple[float, Completion]] = OrderedDict()
        self._commands: set[str] = set()
        #: what was asked last, and the task that has, or will have, the answer
        self._asked: tuple[tuple[str, int], asyncio.Task[Found]] | None = None

    def forget(self) -> None:
        """Forget the answers: a command was run, and they may be wrong now."""
        self._cache.clear()

    def cached(self, text: str, cursor: int) -> Found | None:
        """Return the far end's answer if it gave one a moment ago."""
        since, completion = self._cache.get((text, cursor), (0.0, None))
        return Found(completion) if completion is not None and time.monotonic() - since < FRESH else None

    def find(self, text: str, cursor: int) -> asyncio.Task[Found]:
        """Return the task that finds what fits at ``cursor`` (code points); the one that does so already, if there is.

        It raises nothing but CancelledError, when something else is asked, or nothing more.
        """
        if self._asked is not None and self._asked[0] == (text, cursor) and not self._asked[1].done():
            return self._asked[1]
        self.stop()
        task = asyncio.create_task(self._find(text, cursor))
        self._asked = (text, cursor), task
        return task

    def stop(self) -> None:
        """Await the answer no longer."""
        if self._asked is not None:
            self._asked[1].cancel()
            self._asked = None

    async def _find(self, text: str, cursor: int) -> Found:
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
    """Return a far end's answer fit to be shown and inserted: within ``text``, no control character but line feeds."""
    start = min(max(completion.start, 0), len(text))
    length = min(max(completion.length, 0), len(text) - start)
    matches = []
    for match in completion.matches:
        inserted = match.text.replace("\r\n", "\n")
        if inserted and without_controls(inserted, limit=MAX_TEXT) == inserted:
            tooltip = next((line for line in match.tooltip[:2000].splitlines() if line.strip()), "")
            label = plain(match.label, limit=200) or plain(inserted, limit=200)
            matches.append(CompletionMatch(inserted, label, plain(match.kind, limit=40), plain(tooltip, limit=400)))
    return Completion(start, length, tuple(matches))


def fits(match: CompletionMatch, word: str) -> bool:
    """Whether a completion still fits when ``word`` is in its place: its text, or its last part, begins so."""
    typed = word.lower()
    if match.text.lower().startswith(typed):
        return True
    last = re.split(r"[\\/]", typed.lstrip("'\""))[-1]
    return bool(last) and match.label.lower().startswith(last)


def insertion(match: CompletionMatch) -> tuple[str, int]:
    """Return what taking a completion inserts, and where in it the cursor goes.

    A folder gets the separator, if it has none, and a closing quote stays behind the cursor: there one goes on, as in
    PSReadLine. The separator is that of the far end, whatever it runs on.
    """
    text = match.text
    if match.kind != "ProviderContainer":
        return text, len(text)
    quote = text[-1] if len(text) > 1 and text[-1] in "'\"" else ""
    path = text.removesuffix(quote)
    if not path.endswith(("/", "\\")):
        path += next((character for character in path if character in "/\\"), "/")
    return path + quote, len(path)


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


class Completing:
    """One completion, from the key that asks for it to the key that ends it.

    ``cycling`` is Tab's way: each press puts the next completion into the text, any other key continues from there.
    Otherwise (Ctrl+Space) the text stays as typed until Enter or Tab takes an entry; typing narrows the list down.
    """

    def __init__(self, surface: EditingSurface, menu: CompletionMenu, completions: Completions) -> None:
        self._surface, self._menu, self._completions = surface, menu, completions
        self._task: asyncio.Task[None] | None = None
        self._found: Found | None = None
        self._matches: list[CompletionMatch] = []
        self._start = 0
        self._asked = ""  # the word that the far end was asked about
        self._word = ""  # as typed
        self._shown = ""  # what is in the text now
        self._rest = ""  # what the far end would replace after the cursor
        self._replaced = ""  # the same once it was replaced
        self._selected = -1
        self.active = False
        self.cycling = False
        #: whether the next word was begun while the answer is still awaited
        self._ahead = False
        #: tells in a few lines what a parameter is for: of a text, a place in it, the parameter, and whether it is
        #: looked at still (see ``HelpTexts.about``)
        self.describe: Describe = lambda text, start, parameter, looks: ()

    @property
    def selected(self) -> CompletionMatch | None:
        """The entry that is chosen in the list."""
        return self._matches[self._selected] if self.active and 0 <= self._selected < len(self._matches) else None

    def begin(self, *, cycling: bool, step: int = 1) -> None:
        """Ask for completions at the cursor."""
        self.end()
        self.active, self.cycling = True, cycling
        text, cursor = self._surface.text, self._surface.cursor
        if (found := self._completions.cached(text, cursor)) is not None:
            self._present(found, step)
        else:
            self._task = asyncio.create_task(self._wait(text, cursor, step))

    def end(self) -> None:
        """Close the menu, wait no longer for an answer; the text stays as it is."""
        self.active = self._ahead = False
        self._found = None
        self._matches = []
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._menu.display:
            self._menu.hide()

    def take(self, key: str, character: str | None) -> bool:
        """Take a key that belongs to the completion; False lets it act as usual (and ends this)."""
        if not self.active:
            return False
        if self._found is None:
            return self._take_waiting(key, character)
        match key:
            case "tab" | "down" | "up" | "shift+tab":
                self._step(1 if key in ("tab", "down") else -1, insert=self.cycling or key.endswith("tab"))
            case "escape":
                self._restore()
                self.end()
            case "enter" if not self.cycling and self._selected >= 0:
                self.pick(self._selected)
            case "backspace" if not self.cycling and len(self._shown) > 0:
                self._narrow(without_last(self._word))
            case "pageup" | "pagedown":
                self._step(8 if key == "pagedown" else -8, insert=self.cycling, clamp=True)
            case _ if character and typed_text(character) and character not in _ENDS_WORD:
                return self._typed(character)
            case _:
                self.end()
                return False
        return True

    def pick(self, index: int) -> None:
        """Take an entry and end."""
        if self.active and 0 <= index < len(self._matches):
            self._insert(self._matches[index])
        self.end()

    def _take_waiting(self, key: str, character: str | None) -> bool:
        """Take a key while the answer is awaited, where asking again changes nothing, or after an empty answer.

        Whoever types Tab and the next word at once is not held up: a word that has only one completion gets it when
        the answer comes.
        """
        if self._task is not None:
            if key in ("tab", "ctrl+@", "ctrl+space") and not self._ahead:
                return True
            if self.cycling and character and typed_text(character) and (self._ahead or character in _ENDS_WORD):
                self._ahead = True
                self._menu.hide()
                return False
        if key == "escape" and self._task is not None:
            self._completions.stop()
        self.end()
        return key == "escape"

    def _complete_before_typed(self, completion: Completion, text: str, cursor: int) -> None:
        """Complete a word after which typing went on, if it has only one completion and nothing else has changed."""
        now, place = self._surface.text, self._surface.cursor
        typed = place - cursor
        end = completion.start + completion.length
        if len(completion.matches) == 1 and end <= cursor and now == text[:cursor] + now[cursor:place] + text[cursor:]:
            inserted, _ = insertion(completion.matches[0])
            self._surface.change(completion.start, end, inserted, cursor + len(inserted) - completion.length + typed)
        self.end()

    async def _wait(self, text: str, cursor: int, step: int) -> None:
        asked, since = self._completions.find(text, cursor), time.monotonic()
        done, _ = await asyncio.wait({asked}, timeout=PATIENCE)
        while not done:
            if not self._ahead:
                seconds = int(time.monotonic() - since)
                waits = f"asking the far end… {f'{seconds} s' if seconds else ''}  Esc cancels"
                self._menu.show(Listing((), -1, waits), self._surface.screen_place(cursor))
            done, _ = await asyncio.wait({asked}, timeout=1)
        self._task = None
        if asked.cancelled():
            self.end()
            return
        found = asked.result()
        if self._ahead:
            self._complete_before_typed(found.completion if not found.why else Completion(0, 0, ()), text, cursor)
        # A text that has changed meanwhile ended this task; a cursor that was moved by the mouse did not.
        elif (self._surface.text, self._surface.cursor) == (text, cursor):
            self._present(found, step)
        else:
            self.end()

    def _present(self, found: Found, step: int) -> None:
        completion = found.completion
        cursor, text = self._surface.cursor, self._surface.text
        if not completion.matches:
            nothing = f"{found.why}: nothing known fits" if found.why else "nothing fits"
            self._menu.show(Listing((), -1, nothing), self._surface.screen_place(cursor))
            return
        self._found = found
        self._start = completion.start
        end = completion.start + completion.length
        self._shown = self._word = self._asked = text[completion.start : max(min(cursor, end), completion.start)]
        self._rest = text[completion.start + len(self._word) : end]
        self._replaced = ""
        self._matches = list(completion.matches)
        self._selected = 0 if step > 0 else len(self._matches) - 1
        if len(self._matches) == 1:
            self.pick(0)
            return
        if self.cycling:
            self._insert(self._matches[self._selected])
        self._show()

    def _step(self, by: int, *, insert: bool, clamp: bool = False) -> None:
        count = len(self._matches)
        if insert and not self.cycling:
            self.cycling = True
        elif clamp:
            self._selected = min(max(self._selected + by, 0), count - 1)
        else:
            self._selected = (self._selected + by) % count
        if insert:
            self._insert(self._matches[self._selected])
        self._show()

    def _typed(self, character: str) -> bool:
        """Narrow the list down; if nothing is left the character is inserted as usual."""
        if not any(fits(match, self._word + character) for match in self._source()):
            self.end()
            return False
        self._narrow(self._word + character)
        return True

    def _narrow(self, word: str) -> None:
        self._put(word, keep_rest=True)
        self._word = word
        self.cycling = False
        if len(word) < len(self._asked):
            self.begin(cycling=False)
            return
        self._matches = [match for match in self._source() if fits(match, word)]
        self._selected = 0
        if self._matches:
            self._show()
        else:
            self.end()

    def _source(self) -> tuple[CompletionMatch, ...]:
        return self._found.completion.matches if self._found is not None else ()

    def _restore(self) -> None:
        if self._shown != self._word:
            cursor = self._start + len(self._word)
            self._put(self._word + self._replaced)
            self._surface.change(cursor, cursor, "")

    def _insert(self, match: CompletionMatch) -> None:
        self._put(*insertion(match))

    def _put(self, text: str, cursor: int | None = None, *, keep_rest: bool = False) -> None:
        if not keep_rest and self._rest:
            self._replaced, self._rest = self._rest, ""
            self._shown += self._replaced
        place = self._start + (len(text) if cursor is None else cursor)
        self._surface.change(self._start, self._start + len(self._shown), text, place)
        self._shown = text

    def _show(self) -> None:
        found = self._found
        if found is None:
            return
        hint = "Tab next  Esc back" if self.cycling else "Enter takes  Esc closes"
        why = f"{found.why}, so: known names, history " if found.why else ""
        listing = Listing(self._matches, self._selected, hint, why, self._about())
        self._menu.show(listing, self._surface.screen_place(self._start))

    def _about(self) -> tuple[str, ...]:
        match = self.selected
        if match is None or match.kind != "ParameterName":
            return ()

        def looks() -> bool:
            if self.selected is not match:
                return False
            if self._about():
                self._show()
            return True

        return tuple(self.describe(self._surface.text, self._start, match.text, looks))
