"""Expressions and arguments of a PowerShell line, as far as a call to a session cmdlet needs them.

How this works. ``Cursor`` is a place among the tokens of one line, with the variables that the line has set so far.
``Reader`` reads from there by descent: ``call`` is a cmdlet with its arguments, ``argument`` one value or several with
commas between them, ``operand`` one value with its properties, ``statement`` what parentheses may hold. A call in
parentheses is bound at once, and ``result_of`` says what it gives to the one around it: session options, a credential,
the open sessions it finds, or a ``PendingSession`` where a session is yet to be opened.

Nothing is computed: operators, sub-expressions in a text and types other than a few are refused with their place
marked. The value of a variable is looked up in the line first, then among what was set before, then among the
constants. ``preferences`` turns the preference variables for remoting (protocol-notes 1.6) into what a profile's
``[defaults]`` would say.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from pstui.backends.binding import session_options as binding_options
from pstui.backends.binding import values
from pstui.backends.binding.binder import DASHES, Element, Name, bind_elements
from pstui.backends.binding.context import (
    BindContext,
    BoundCall,
    PendingSession,
    ScriptBlock,
    is_session,
    mark,
    refuse_at,
)
from pstui.backends.binding.conversion import SessionOption
from pstui.backends.binding.errors import BindingError
from pstui.backends.binding.parameters import OPENING, cmdlet_name
from pstui.backends.binding.session_options import SESSION_OPTIONS, from_table
from pstui.backends.binding.values import ConversionError, Value
from pstui.backends.binding.writer import quote
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import CallError
from pstui.backends.language.numbers import parse_number
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


_PROPERTIES = {"id": "id", "name": "name", "instanceid": "instance_id"}
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
        return self.lookup(token.text[1:].strip("{}"), token)

    def lookup(self, spelled: str, token: Token) -> Any:
        """Return what a variable holds. Raises CallError for one that is not known here."""
        name = without_scope(spelled).casefold()
        constants = {"true": True, "false": False, "null": None, "home": self.context.home, "pwd": self.context.cwd}
        constants |= {"env:user": self.context.user, "env:username": self.context.user, "env:home": self.context.home}
        for known in (self.variables, self.context.variables, constants):
            if name in known:
                return known[name]
        if name.startswith("env:") and spelled[4:] in self.context.environment:
            return self.context.environment[spelled[4:]]
        hint = "The variables known are those that were set here, $true, $false, $null, $HOME, $PWD and $env:NAME."
        raise self.refuse(token, "This variable is not known here", hint)

    def known(self, name: str) -> Any:
        """Return what a variable that was set holds, None if it was not; the name in lower case."""
        return self.variables.get(name, self.context.variables.get(name))

    def expand(self, token: Token) -> str:
        """Return a double-quoted text with its variables put in; anything that would be computed is refused."""
        if re.search(r"(?<!`)\$\(", token.text) or "`$" in token.text:
            raise self.refuse(token, "Nothing is computed inside a text here", "Use single quotes, or write it out.")

        def put_in(match: re.Match[str]) -> str:
            value = self.lookup(match["braced"] or match["name"] or "", token)
            if isinstance(value, str | int):
                return str(value)
            raise self.refuse(token, "Only a text or a number can be put into a text", "Write it out.")

        return _IN_TEXT.sub(put_in, token.value())

    def member(self, value: Any, member: Token) -> Any:
        name = member.text.casefold()
        if isinstance(value, PendingSession):
            hint = "Give the session itself: -Session $s."
            raise self.refuse(member, "The session is not open yet, so it has no properties", hint)
        if is_session(value) and name in _PROPERTIES:
            return getattr(value, _PROPERTIES[name])
        if is_session(value) and name == "computername":
            return value.info.computer_name
        if isinstance(value, PSCredential) and name == "username":
            return value.user_name
        raise self.refuse(
            member, "This property is not known here", "A session has Id, Name, InstanceId, ComputerName."
        )


_STRINGS = (TokenKind.STRING, TokenKind.EXPANDABLE_STRING, TokenKind.HERE_STRING)
#: what ends the arguments of a command
_ENDS = (TokenKind.PIPE, TokenKind.SEMICOLON, TokenKind.NEWLINE, TokenKind.RIGHT)
#: what to use here instead of another cmdlet
_INSTEAD = {"enter-pshostprocess": "Enter-PSSession -ProcessId NUMBER enters a process of this computer."}
_MAX_DEPTH = 24
_MINUS_NAME = re.compile(r"(?P<name>[^:]*)(?P<colon>:?)\Z", re.DOTALL)


class Reader(Cursor):
    """Reads calls and the values among their arguments."""

    def call(self, piped: Value | None = None) -> BoundCall:
        """Read one command with its arguments and bind it."""
        if self.next_is(TokenKind.INVOKE, "&"):
            self.take()
        token = self.take()
        if token.kind in _STRINGS or token.kind is TokenKind.COMMAND:
            word = token.value()
        else:
            raise self.refuse(token, "A cmdlet is expected here", "Such as Enter-PSSession or New-PSSession.")
        if word.casefold() in ("get-credential", "microsoft.powershell.security\\get-credential"):
            return self._get_credential()
        if cmdlet_name(word) is None:
            hint = f"Only the session cmdlets can be called here. A text needs quotes: {quote(word)}."
            hint = _INSTEAD.get(word.casefold(), hint)
            raise self.refuse(token, f"{word!r} is not a session cmdlet", hint, error_id="CommandNotFoundException")
        try:
            call = bind_elements(word, self.arguments(), self.context, piped=piped)
        except BindingError as error:
            if error.place >= 0:
                marked = mark(self.text, error.place, error.place + error.length)
                error.why, error.place = f"{error.why}\n{marked}".lstrip("\n"), -1
            raise
        if call.cmdlet in OPENING and (found := preferences(self.known)):
            call = dataclasses.replace(call, preferences=found)
        pending = [item for item in _items(call.values.get("Session")) if isinstance(item, PendingSession)]
        if not pending:
            return call
        return dataclasses.replace(call, source=pending[0].call)

    def arguments(self) -> list[Element]:
        """Read arguments up to the end of the command."""
        elements: list[Element] = []
        names = True
        while True:
            token = self.peek()
            if token is None or token.kind in _ENDS:
                return elements
            if token.kind is TokenKind.PARAMETER:
                self.take()
                if names and len(token.text) == 2 and token.text[1] in DASHES:
                    names = False  # two dashes: everything after them is a value
                    continue
                if not names:
                    elements.append(Value(token.text, token.text, False, token.start))
                    continue
                match = _MINUS_NAME.match(token.text[1:])
                name, colon = (match["name"], bool(match["colon"])) if match else (token.text[1:], False)
                elements.append(Name(name, token.text.rstrip(":"), colon, False, token.start))
            else:
                elements.append(self.argument())

    def argument(self) -> Value:
        """Read one argument; values with commas between them are one list."""
        first = self.peek()
        start = first.start if first else len(self.text)
        # a comma before the first value makes a list of that one
        single = self.next_is(TokenKind.COMMA) and bool(self.take())
        items = [self.operand()]
        while self.next_is(TokenKind.COMMA):
            self.take()
            items.append(self.operand())
        end = self.tokens[self.index - 1].end
        if len(items) == 1 and not single:
            return Value(items[0].value, items[0].text, False, start)
        return Value([item.value for item in items], self.text[start:end], False, start)

    def operand(self) -> Value:
        """Read one value: a constant, a variable, something in brackets; then its properties."""
        token = self.take()
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            hint = f"At most {_MAX_DEPTH} are read; assign the inner value to a variable first."
            raise self.refuse(token, "There are too many brackets inside one another", hint)
        result = self._primary(token)
        self.depth -= 1
        while self.next_is(TokenKind.OPERATOR, ".") and token.kind in (TokenKind.VARIABLE, TokenKind.LEFT):
            self.take()
            result = Value(self.member(result.value, self.take()), token.text, False, token.start)
        following = self.peek()
        if following is not None and following.kind is TokenKind.OPERATOR and following.text != "=":
            raise self.refuse(following, "Nothing is computed here", "Write the value itself.")
        return result

    def _primary(self, token: Token) -> Value:
        kind, text = token.kind, token.text
        if not token.complete:
            raise self.refuse(token, "The closing quote or bracket is missing", "Add it where the value ends.")
        if kind in _STRINGS or kind in (TokenKind.ARGUMENT, TokenKind.COMMAND, TokenKind.MEMBER, TokenKind.TYPE):
            plain = self.expand(token) if token.expands else token.value()
            return Value(plain, plain, False, token.start)
        if kind is TokenKind.NUMBER:
            return Value(_number(text), text, False, token.start)
        if kind is TokenKind.VARIABLE:
            return Value(self.variable(token), text, False, token.start)
        if kind is TokenKind.LEFT:
            return self._bracket(token)
        if kind is TokenKind.SPLAT:
            hint = "Write the parameters out; a hashtable with @ before it is not spread here."
            raise self.refuse(token, "Splatting is not possible here", hint)
        if kind is TokenKind.OPERATOR and text in "-–—―":
            return Value(text, text, False, token.start)
        what = {
            TokenKind.REDIRECTION: "Output cannot be redirected here",
            TokenKind.CHAIN: "Only one call can be given",
            TokenKind.BACKGROUND: "A session cannot be opened as a background job here",
            TokenKind.KEYWORD: "Only a call can be given here, not a statement of the language",
        }.get(kind, "This cannot be used here")
        raise self.refuse(token, what, "Give the call alone.")

    def _bracket(self, token: Token) -> Value:
        match token.text:
            case "{":
                return self._script_block(token)
            case "@{":
                return Value(self._table(), "@{…}", False, token.start)
            case "@(":
                items = [] if self.next_is(TokenKind.RIGHT) else self.statement().value
                self.close()
                return Value(items if isinstance(items, list) else [items], "@(…)", False, token.start)
            case "(" | "$(":
                inner = self.statement()
                self.close()
                return Value(inner.value, inner.text, False, token.start)
            case "[":
                return self._cast()
        raise self.refuse(token, "This is not computed here", "Write the value itself.")

    def statement(self) -> Value:
        """Read what parentheses may hold: a call, whose result it is, or a list of values."""
        token = self.peek()
        if token is not None and token.kind in (TokenKind.COMMAND, TokenKind.INVOKE):
            return Value(self.result_of(self.call(), token), token.text, False, token.start)
        return self.argument()

    def result_of(self, call: BoundCall, token: Token) -> Any:
        """Return what a call gives to the one around it: options, a credential, a session to be made, sessions."""
        if call.cmdlet == "New-PSSessionOption":
            return SessionOption(call.values)
        if call.cmdlet == "Get-Credential":
            return call.values["Credential"]
        if call.cmdlet == "New-PSSession":
            return PendingSession(call)
        if call.cmdlet == "Get-PSSession":
            found = self.found_sessions(call, token)
            return found[0] if len(found) == 1 else found or None
        hint = "Write it by itself, without a pipe or parentheses."
        raise self.refuse(token, f"{call.cmdlet} gives nothing that could be used here", hint)

    def found_sessions(self, call: BoundCall, token: Token) -> list[Any]:
        """Return the open sessions that Get-PSSession finds; a computer's name also finds a session so named."""
        if call.sessions or "ComputerName" not in call.values:
            return list(call.sessions)
        wanted = {name.casefold() for name in call.values["ComputerName"]}
        sessions = self.context.sessions()
        found = [item for item in sessions if item.info.computer_name.casefold() in wanted]
        found = found or [item for item in sessions if item.name.casefold() in wanted]
        if not found:
            error_id = "RemoteRunspaceNotAvailableForSpecifiedName,Microsoft.PowerShell.Commands.GetPSSessionCommand"
            hint = "Get-PSSession lists the sessions that are open."
            raise self.refuse(token, "No open session goes there or has that name", hint, error_id=error_id)
        return found

    def _script_block(self, opening: Token) -> Value:
        while True:
            token = self.take()
            if token.kind is TokenKind.RIGHT and token.depth == opening.depth:
                inside = self.text[opening.end : token.start]
                return Value(ScriptBlock(inside.strip()), self.text[opening.start : token.end], False, opening.start)

    def _table(self) -> dict[str, Any]:
        table: dict[str, Any] = {}
        separators = (TokenKind.SEMICOLON, TokenKind.NEWLINE)
        while True:
            token = self.take()
            if token.kind is TokenKind.RIGHT:
                return table
            if token.kind in separators:
                continue
            key = self._primary(token)
            equals = self.take()
            if equals.text != "=":
                raise self.refuse(equals, "A hashtable is written as @{Name = 'value'; Other = 1}")
            first = self.peek()
            value = self.statement()
            if str(key.value).casefold() in (name.casefold() for name in table):
                raise self.refuse(token, "The key is given twice", "Keep one.", error_id="DuplicateKeyInHashLiteral")
            ended = self.peek()
            if ended is not None and ended.kind not in (*separators, TokenKind.RIGHT):
                what = "The entries of a hashtable are separated by semicolons"
                raise self.refuse(ended, what, "Such as @{Name = 'value'; Other = 1}.")
            table[key.text if first is None else str(key.value)] = value.value

    def _cast(self) -> Value:
        name = self.take()
        self.close()
        operand = self.operand()
        wanted = name.text.casefold().removeprefix("system.")
        try:
            match wanted:
                case "guid":
                    return Value(values.guid(operand.value), operand.text, False, name.start)
                case "int" | "int32":
                    return Value(values.integer(operand.value), operand.text, False, name.start)
                case "string":
                    text = values.text_of(operand)
                    return Value(text, text, False, name.start)
                case "management.automation.remoting.pssessionoption" if isinstance(operand.value, dict):
                    options = SessionOption(binding_options.from_table(operand.value))
                    return Value(options, operand.text, False, name.start)
                case "uri" | "timespan" if isinstance(operand.value, str):
                    return operand
        except ConversionError as error:
            raise self.refuse(name, error.why, error.hint) from None
        raise self.refuse(name, "This type is not known here", "Write the value itself.")

    def _get_credential(self) -> BoundCall:
        user = ""
        elements = self.arguments()
        for index, element in enumerate(elements):
            before = elements[index - 1] if index else None
            about = before.name.casefold() if isinstance(before, Name) else ""
            if isinstance(element, Value) and not (
                about and any(word.startswith(about) for word in ("message", "title"))
            ):
                user = element.value.user_name if isinstance(element.value, PSCredential) else str(element.value)
        return BoundCall("Get-Credential", "CredentialSet", {"Credential": PSCredential(user)})


def _number(text: str) -> int | float | str:
    found = values.number_of(text)
    if found is not None:
        return found
    number = parse_number(text)
    if number is None:
        return text
    return float(number.value) if isinstance(number.value, Decimal) else number.value


def _items(value: Any) -> Sequence[Any]:
    if value is None:
        return []
    return value if isinstance(value, list | tuple) else [value]
