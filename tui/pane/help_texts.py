"""The help texts of one session: asked for once, kept a while, and told beside completions."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from pstui.backends.errors import PstuiError
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import TokenKind
from pstui.backends.sessions.command_help import CommandHelp
from pstui.tui.dialogs.help_text import HelpText, read

#: columns that a help text is asked for with: PowerShell breaks words at the width it is told, the reader breaks lines
WIDTH: Final = 1900
#: texts that are kept
MOST: Final = 32
#: seconds for which a parameter is looked at before its help is asked for
REST: Final = 0.7
_ENDS: Final = frozenset(
    {TokenKind.PIPE, TokenKind.SEMICOLON, TokenKind.NEWLINE, TokenKind.CHAIN, TokenKind.LEFT, TokenKind.BACKGROUND}
)
_HELP: Final = frozenset({"get-help", "help", "man"})


class HelpTexts:
    """``ask`` asks the far end and raises PstuiError."""

    def __init__(self, ask: Callable[[str], Awaitable[CommandHelp]], rest: float = REST) -> None:
        self._ask, self._rest = ask, rest
        self._known: OrderedDict[str, HelpText] = OrderedDict()
        self._lacking: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    async def get(self, topic: str) -> HelpText:
        """Return a topic's text. Raises PstuiError."""
        key = topic.casefold()
        if key not in self._known:
            self._known[key] = read(await self._ask(topic))
            while len(self._known) > MOST:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]

    def about(self, text: str, start: int, parameter: str, looks: Callable[[], bool]) -> Sequence[str]:
        """Return what is known of a parameter at a place of a line.

        Where nothing is known yet, it is asked for after a moment if ``looks`` says that it is still looked at, and
        ``looks`` is called again when it has come.
        """
        command = command_at(text, start)[0]
        if (known := self._known.get(command.casefold())) is not None:
            return known.about(parameter)
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if command and command.casefold() not in self._lacking:
            self._task = asyncio.create_task(self._fetch(command, looks))
        return ()

    async def _fetch(self, command: str, looks: Callable[[], bool]) -> None:
        await asyncio.sleep(self._rest)
        if not looks():
            return
        try:
            await self.get(command)
        except PstuiError:
            if len(self._lacking) < MOST:
                self._lacking.add(command.casefold())
        else:
            looks()


def command_at(text: str, cursor: int) -> tuple[str, str]:
    """Return the topic that a place of a line is about, and the parameter; empty where there is none.

    That is the command, of whose arguments one is there; the topic that Get-Help is given; the word of the language.
    """
    command, parameter, is_topic = "", "", False
    for token in tokenize(text[:100_000]):
        if token.start > cursor or (token.start == cursor and command):
            break
        at = token.start <= cursor <= token.end
        if token.kind in _ENDS:
            command, parameter, is_topic = "", "", False
        elif token.kind is TokenKind.COMMAND:
            command, parameter = token.value(), ""
            is_topic = command.casefold() in _HELP
        elif token.kind is TokenKind.KEYWORD and at:
            return f"about_{token.text.capitalize()}", ""
        elif token.kind is TokenKind.PARAMETER and at:
            parameter = token.text.lstrip("-").partition(":")[0]
        elif token.kind in (TokenKind.ARGUMENT, TokenKind.STRING) and is_topic:
            return token.value(), ""
    return command, parameter
