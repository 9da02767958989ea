"""A place among the tokens of a typed line, and what variables mean there.

A variable is looked up in the line first, then among what was set before, then among the constants and PowerShell's own
variables; one that nobody has set is nothing, as in PowerShell. ``preferences`` turns the preference variables for
remoting (protocol-notes 1.6) into what a profile's ``[defaults]`` would say.
"""

from __future__ import annotations

import locale
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pstui.backends.binding.context import BindContext, PendingSession, is_session, refuse_at
from pstui.backends.binding.conversion import SessionOption
from pstui.backends.binding.members import member, text_of
from pstui.backends.binding.session_options import SESSION_OPTIONS, from_table
from pstui.backends.binding.values import ConversionError
from pstui.backends.errors import CallError, PstuiError
from pstui.backends.language.tokens import Token, TokenKind

_KEYS = {"pssessionconfigurationname": "configuration_name", "pssessionapplicationname": "application_name"}


def preferences(value_of: Callable[[str], Any]) -> dict[str, Any]:
    """Return the variables that are set as profiles' ``[defaults]`` would say them, by TOML key.

    ``value_of`` returns what a variable of a lower-case name holds, None if nothing. A ``$PSSessionOption`` that does
    not convert counts as not set, as in PowerShell (``session-option``).
    """
    found: dict[str, Any] = {
        key: text for name, key in _KEYS.items() if isinstance(text := value_of(name), str) and text
    }
    options = value_of("pssessionoption")
    if isinstance(options, Mapping):
        try:
            by_name = options if isinstance(options, SessionOption) else from_table(options)
        except ConversionError:
            return found
        keys = {item.name: item.key for item in SESSION_OPTIONS}
        found["session_option"] = {keys[name]: value for name, value in by_name.items() if value is not None}
    return found


def _culture(_: str) -> str:
    """Return the name of this computer's culture, empty for the invariant one."""
    return (locale.getlocale()[0] or "").replace("_", "-").removeprefix("C")


def _refused(spelled: str) -> Any:
    """Refuse a variable that would otherwise count as nothing. Raises CallError."""
    raise CallError(f"${spelled} is not known here", "", "It belongs to a PowerShell: type the line in a session.")


def _instead(value: Any, name: str) -> str:
    """Return what to use instead of a property that PowerShell has and this lacks; the name in lower case."""
    if is_session(value) and name == "runspace":
        return "Give the session itself: -Session $s."
    if isinstance(value, PstuiError) and name in _OF_ERRORS:
        return "An error has Exception.Message and FullyQualifiedErrorId here."
    return ""


#: variables that a PowerShell sets and that nothing here can stand for, in lower case
_ELSEWHERE = (
    *("?", "^", "$", "args", "executioncontext", "host", "input", "islinux", "ismacos", "iswindows", "lastexitcode"),
    *("matches", "myinvocation", "pid", "profile", "pscommandpath", "pshome", "psscriptroot", "psversiontable"),
)


#: variables that PowerShell sets by itself, in lower case
_AUTOMATIC: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(_ELSEWHERE, _refused),
    "pssessionoption": lambda _: SessionOption(),
    "pssessionconfigurationname": lambda _: "http://schemas.microsoft.com/powershell/Microsoft.PowerShell",
    "pssessionapplicationname": lambda _: "wsman",
    "erroractionpreference": lambda _: "Continue",
    **dict.fromkeys(("psculture", "psuiculture", "uiculture"), _culture),
}
#: what an error record has and an error here has not, in lower case
_OF_ERRORS = ("categoryinfo", "errordetails", "invocationinfo", "scriptstacktrace", "targetobject")
_SCOPE = re.compile(r"(?:global|script|local|private|variable):", re.IGNORECASE)
_IN_TEXT = re.compile(r"\$(?:\{(?P<braced>[^}]*)\}|(?P<name>(?:env:)?\w+))", re.IGNORECASE)


def without_scope(name: str) -> str:
    """Return a variable's name without its scope: there is one for all here."""
    return name[found.end() :] if (found := _SCOPE.match(name)) else name


class Cursor:
    """A place among tokens; ``variables`` holds what earlier statements of the same text assigned."""

    def __init__(self, text: str, tokens: Sequence[Token], context: BindContext) -> None:
        skipped = (TokenKind.CONTINUATION, TokenKind.COMMENT)
        self.text = text
        self.tokens = [token for token in tokens if token.kind not in skipped]
        self.index = 0
        self.depth = 0
        self.context = context
        self.variables: dict[str, Any] = {}
        #: the variables that were looked up and that nobody has set
        self.unset: list[str] = []

    def peek(self) -> Token | None:
        return self.tokens[self.index] if self.index < len(self.tokens) else None

    def next_is(self, kind: TokenKind, text: str = "") -> bool:
        token = self.peek()
        return token is not None and token.kind is kind and (not text or token.text == text)

    def take(self) -> Token:
        token = self.peek()
        if token is None:
            hint = "A value, a closing quote or a bracket is missing at its end."
            raise refuse_at(self.text, len(self.text), len(self.text), "The line ends too early", hint)
        self.index += 1
        return token

    def refuse(self, token: Token, what: str, hint: str = "", *, error_id: str = "") -> CallError:
        return refuse_at(self.text, token.start, token.end, what, hint, error_id=error_id)

    def close(self) -> None:
        token = self.take()
        if token.kind is not TokenKind.RIGHT:
            raise self.refuse(token, "The bracket should close here", "Give one call or one value in parentheses.")

    def variable(self, token: Token) -> Any:
        return self.lookup(token.text[1:].strip("{}"))

    def lookup(self, spelled: str) -> Any:
        """Return what a variable holds, None for one that nobody has set; ``unset`` keeps its name."""
        name = without_scope(spelled).casefold()
        constants = {"true": True, "false": False, "null": None, "home": self.context.home, "pwd": self.context.cwd}
        constants |= {"env:user": self.context.user, "env:username": self.context.user, "env:home": self.context.home}
        for known in (self.variables, self.context.variables, constants):
            if name in known:
                return known[name]
        if name.startswith("env:"):
            return self.context.environment.get(spelled[4:])
        if name in _AUTOMATIC:
            return _AUTOMATIC[name](spelled)
        self.unset.append(spelled)
        return None

    def known(self, name: str) -> Any:
        """Return what a variable that was set holds, None if it was not; the name in lower case."""
        return self.variables.get(name, self.context.variables.get(name))

    def expand(self, token: Token) -> str:
        """Return a double-quoted text with its variables put in; anything that would be computed is refused."""
        if re.search(r"(?<!`)\$\(", token.text) or "`$" in token.text:
            raise self.refuse(token, "Nothing is computed inside a text here", "Use single quotes, or write it out.")

        def put_in(match: re.Match[str]) -> str:
            return text_of(self.lookup(match["braced"] or match["name"] or ""))

        return _IN_TEXT.sub(put_in, token.value())

    def member(self, value: Any, name: Token) -> Any:
        """Return a property of a value."""
        pending = isinstance(value, PendingSession) and name.text.casefold() not in ("name", "computername", "count")
        if pending:
            hint = "Give the session itself: -Session $s."
            raise self.refuse(name, "The session is not open yet, so it has no such property", hint)
        if hint := _instead(value, name.text.casefold()):
            raise self.refuse(name, "This property is not known here", hint)
        return member(value, name.value())
