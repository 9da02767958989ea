"""Expressions and arguments of a PowerShell line, as far as a call to a session cmdlet needs them.

How this works. ``Reader`` reads from a place among tokens (``Cursor``) by descent: ``pipeline`` is a value or a call
and what it is piped into, ``call`` a cmdlet with its arguments, ``argument`` one value or several with commas between
them, ``operand`` one value with its properties and items; in the block of a Where-Object there are conditions, too.

``result_of`` says what a call gives to the rest of the line. Where the line is run (``BindContext.results``) a call
inside it is run first: it raises ``CallNeeded``, and the line is read again with what it gave. Where the line is only
bound, a session that is yet to be opened is a ``PendingSession``.

An expression of constants is computed (``computed``). What that does not know is refused with its place marked, as are
types other than a few.
"""

from __future__ import annotations

import dataclasses
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pstui.backends.binding import session_options as binding_options
from pstui.backends.binding import values
from pstui.backends.binding.binder import DASHES, Element, Name, bind_elements
from pstui.backends.binding.computed import computed
from pstui.backends.binding.conditions import condition
from pstui.backends.binding.context import BindContext, BoundCall, CallNeeded, PendingSession, ScriptBlock, mark
from pstui.backends.binding.conversion import SessionOption
from pstui.backends.binding.cursor import Cursor, preferences
from pstui.backends.binding.errors import BindingError
from pstui.backends.binding.members import item, objects_of, only, text_of
from pstui.backends.binding.parameters import OPENING, cmdlet_name, object_cmdlet_name
from pstui.backends.binding.pipes import imported, is_true, passed_on
from pstui.backends.binding.values import NUMBER_TYPES, ConversionError, Value
from pstui.backends.binding.writer import quote
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import CallError
from pstui.backends.language.numbers import literal_value
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import Token, TokenKind
from pstui.backends.language.typed_texts import TYPES, typed
from pstui.backends.records import Record

_STRINGS = (TokenKind.STRING, TokenKind.EXPANDABLE_STRING, TokenKind.HERE_STRING)
#: what ends the arguments of a command
_ENDS = (TokenKind.PIPE, TokenKind.SEMICOLON, TokenKind.NEWLINE, TokenKind.RIGHT)
#: what to use here instead of another cmdlet
_INSTEAD = {"enter-pshostprocess": "Enter-PSSession -ProcessId NUMBER enters a process of this computer."}
_MAX_DEPTH = 24
#: most items of a range
_MAX_RANGE = 1000
#: what begins with a call rather than a value
_CALLS = (TokenKind.COMMAND, TokenKind.INVOKE)
#: what may stand before a property or an index
_HAVE_MEMBERS = (TokenKind.VARIABLE, TokenKind.LEFT, TokenKind.STRING, TokenKind.EXPANDABLE_STRING)
#: cmdlets that work on all sessions that come through the pipe at once
_TAKE_ALL = ("Remove-PSSession", "Disconnect-PSSession", "Connect-PSSession")
#: cmdlets whose place is at the end, because they lead elsewhere
_LEAD_AWAY = ("Enter-PSSession", "Exit-PSSession", "Receive-PSSession")
#: cmdlets that give something to a line that is only bound
_GIVE = ("Get-Credential", "Import-Csv", "New-PSSession", "Get-PSSession")
_SUCH_AS = {
    "char": "'x' or 65.",
    "version": "'1.2.3'.",
    "datetime": "'2024-12-31 23:59:59'.",
    "timespan": "'1.02:03:04'.",
    "uri": "'http://server/path'.",
}
_CULTURES = {"get-culture": "psculture", "get-uiculture": "psuiculture"}
_MINUS_NAME = re.compile(r"(?P<name>[^:]*)(?P<colon>:?)\Z", re.DOTALL)


class Reader(Cursor):
    """Reads calls and the values among their arguments."""

    def __init__(
        self,
        text: str,
        tokens: Sequence[Token],
        context: BindContext,
        *,
        computes: bool = False,
        prefix: tuple[int, ...] = (),
    ) -> None:
        super().__init__(text, tokens, context)
        #: whether comparisons are computed: where the line is run
        self.computes = computes
        self._prefix, self._blocks = prefix, 0

    # -- pipelines and calls ----------------------------------------------------------------------------------

    def pipeline(self) -> tuple[BoundCall | None, Any, Token]:
        """Read a value or a call and what it is piped into: (the call at the end or None, the value, first token)."""
        first = self.peek() or self.take()
        call: BoundCall | None = None
        value: Any = None
        if first.kind in _CALLS and first.text.casefold() in _CULTURES:
            value = self.lookup(_CULTURES[self.take().text.casefold()])
        elif first.kind in _CALLS:
            call = self.call()
            if object_cmdlet_name(call.cmdlet) and call.cmdlet not in ("Get-Credential", "Import-Csv"):
                raise self.refuse(first, f"{call.cmdlet} needs something from the pipe", "Such as Get-PSSession | …")
        elif (found := computed(self.tokens[self.index :], self.lookup)) is not None:
            value, self.index = found.value, self.index + found.length
        else:
            value = condition(self) if self.computes else self.argument().value
        while self.next_is(TokenKind.PIPE):
            pipe, source = self.take(), call
            objects = objects_of(value if call is None else self.result_of(call, pipe))
            call, value = self._piped_into(objects, pipe)
            if call is not None and call.source is None and source is not None and self.context.results is None:
                call = dataclasses.replace(call, source=source)
        return call, value, first

    def _piped_into(self, objects: list[Any], pipe: Token) -> tuple[BoundCall | None, Any]:
        """Read what takes the objects: the call that is yet to be run, or what a cmdlet has made of them."""
        following = self.peek()
        word = following.value() if following is not None else ""
        if object_cmdlet_name(word) is not None:
            call = self.call()
            try:
                return None, only(passed_on(call, objects, self._run_block))
            except (CallError, ConversionError) as error:
                raise self._marked(error, following or pipe) from None
        target = cmdlet_name(word)
        if target == "Invoke-Command":
            call = self.call(_piped(objects[0] if len(objects) == 1 else objects or None, pipe))
            # each is one value for the script, a list in a list too
            given = {"InputObject": tuple(objects)} if not objects or "InputObject" in call.values else {}
            return dataclasses.replace(call, values={**call.values, **given}), None
        if len(objects) > 1 and target == "Enter-PSSession":
            what = f"{len(objects)} values come through the pipe; one session can be entered at a time"
            raise self.refuse(pipe, what, "Name one of them, such as with Select-Object -First 1.")
        if not objects or (self.context.results is None and objects == [None]):
            if target is None or not (self.context.results is not None or target in _TAKE_ALL):
                hint = "Get-PSSession lists the sessions that are open."
                raise self.refuse(pipe, "Nothing comes through the pipe", hint)
            return self._nothing_to_do(target), None
        if target in _TAKE_ALL and len(objects) > 1:
            return self.call(_piped(objects, pipe)), None
        start, calls = self.index, list[BoundCall]()
        for each in objects:
            self.index = start
            calls.append(self.call(_piped(each, pipe)))
        return dataclasses.replace(calls[0], others=tuple(calls[1:])), None

    def _nothing_to_do(self, target: str) -> BoundCall:
        """Read over a call that gets nothing from the pipe: PowerShell does nothing then, and says nothing."""
        self.take()
        self.arguments()
        return BoundCall(target, "Session", {}, notices=("Nothing comes through the pipe: there is nothing to do.",))

    def _run_block(self, block: str, each: Any) -> Any:
        """Return what a script block gives, with ``$_`` for an object of the pipe."""
        if self.depth >= _MAX_DEPTH:
            raise CallError("There are too many blocks inside one another", "", f"At most {_MAX_DEPTH} are read.")
        self._blocks += 1
        inner = Reader(block, tokenize(block), self.context, computes=True, prefix=(*self._prefix, -self._blocks))
        inner.variables = {**self.variables, "_": each, "psitem": each}
        inner.depth = self.depth + 1
        given: list[Any] = []
        while (token := inner.peek()) is not None:
            if token.kind in (TokenKind.SEMICOLON, TokenKind.NEWLINE):
                inner.take()
                continue
            call, value, first = inner.pipeline()
            given += objects_of(value if call is None else inner.result_of(call, first))
            after = inner.peek()
            if after is not None and after.kind not in (TokenKind.SEMICOLON, TokenKind.NEWLINE):
                raise inner.refuse(after, "This is not computed here", "Comparisons with -and, -or and -not are.")
        return given[0] if len(given) == 1 else given

    def call(self, piped: Value | None = None) -> BoundCall:
        """Read one command with its arguments and bind it."""
        if self.next_is(TokenKind.INVOKE, "&"):
            self.take()
        token = self.take()
        if token.kind in _STRINGS or token.kind is TokenKind.COMMAND:
            word = token.value()
        else:
            raise self.refuse(token, "A cmdlet is expected here", "Such as Enter-PSSession or New-PSSession.")
        if cmdlet_name(word) is None and object_cmdlet_name(word) is None:
            hint = f"Only the session cmdlets can be called here. A text needs quotes: {quote(word)}."
            hint = _INSTEAD.get(word.casefold(), hint)
            raise self.refuse(token, f"{word!r} is not a session cmdlet", hint, error_id="CommandNotFoundException")
        self.unset.clear()
        try:
            call = bind_elements(word, self.arguments(), self.context, piped=piped)
        except BindingError as error:
            raise self._marked(error) from None
        if call.cmdlet == "Get-Credential":
            return _asked(call)
        if call.cmdlet in OPENING and (found := preferences(self.known)):
            call = dataclasses.replace(call, preferences=found)
        named = (*objects_of(call.values.get("Session")), *call.sessions)
        pending = [each for each in named if isinstance(each, PendingSession)]
        if not pending:
            return call
        return dataclasses.replace(call, source=pending[0].call, picked=pending[0].index)

    def _marked(self, error: CallError | ConversionError, token: Token | None = None) -> CallError:
        """Return a refusal with its place marked, and with the variables that are not set."""
        if isinstance(error, ConversionError):
            assert token is not None
            return self.refuse(token, error.why, error.hint)
        if isinstance(error, BindingError) and error.place >= 0:
            marked = mark(self.text, error.place, error.place + error.length)
            error.why, error.place = f"{error.why}\n{marked}".lstrip("\n"), -1
        if self.unset:
            names = ", ".join(f"${name}" for name in dict.fromkeys(self.unset))
            error.hint = f"{names} {'has' if len(set(self.unset)) == 1 else 'have'} no value here. {error.hint}".strip()
        return error

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
            elif token.kind is TokenKind.SPLAT:
                elements += _splatted(self.take(), self.variable(token))
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
        if token.kind in _HAVE_MEMBERS:
            result = self._members(result, token)
        if self.next_is(TokenKind.OPERATOR, ".."):
            result = self._range(result, self.take())
        self.depth -= 1
        following = self.peek()
        if (
            not self.computes
            and following is not None
            and following.kind is TokenKind.OPERATOR
            and following.text != "="
        ):
            raise self.refuse(following, "Nothing is computed here", "Write the value itself.")
        return result

    def _members(self, result: Value, token: Token) -> Value:
        """Read the properties and indexes that follow a value."""
        while (following := self.peek()) is not None:
            if following.kind is TokenKind.OPERATOR and following.text == ".":
                self.take()
                result = Value(self.member(result.value, self.take()), token.text, False, token.start)
            elif following.text == "[" and following.start == self.tokens[self.index - 1].end:
                self.take()
                index = self.argument().value
                self.close()
                try:
                    result = Value(item(result.value, index), token.text, False, token.start)
                except ConversionError as error:
                    raise self.refuse(following, error.why, error.hint) from None
                except CallError as error:
                    raise self._marked(self.refuse(token, error.what, error.hint, error_id=error.error_id)) from None
            else:
                break
        return result

    def _range(self, first: Value, operator: Token) -> Value:
        try:
            numbers = _numbers(first.value, self.operand().value)
        except ConversionError as error:
            raise self.refuse(operator, error.why, error.hint) from None
        return Value(numbers, first.text, False, first.place)

    # -- values -----------------------------------------------------------------------------------------------

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
                given = [] if self.next_is(TokenKind.RIGHT) else self.statement().value
                self.close()
                return Value(objects_of(given), "@(…)", False, token.start)
            case "(" | "$(":
                inner = self.statement()
                self.close()
                return Value(inner.value, inner.text, False, token.start)
            case "[":
                return self._cast()
        raise self.refuse(token, "This is not computed here", "Write the value itself.")

    def statement(self) -> Value:
        """Read what parentheses may hold: a call or a pipeline, whose result it is, or a list of values."""
        token = self.peek()
        start = self.index
        call, value, first = self.pipeline()
        if call is not None:
            return Value(self.result_of(call, first), first.text, False, first.start)
        text = value if isinstance(value, str) else self.text[first.start : self.tokens[self.index - 1].end]
        if token is not None and self.index == start + 1:
            text = token.text if not isinstance(value, str) else value
        return Value(value, text, False, first.start)

    def result_of(self, call: BoundCall, token: Token) -> Any:
        """Return what a call gives to the rest of the line. Raises CallNeeded where it is to be run for that."""
        if call.cmdlet == "New-PSSessionOption":
            return SessionOption(call.values)
        if call.cmdlet in _LEAD_AWAY or (self.context.results is None and call.cmdlet not in _GIVE):
            hint = "Write it by itself, without a pipe or parentheses."
            raise self.refuse(token, f"{call.cmdlet} gives nothing that could be used here", hint)
        if self.context.results is not None:
            place = (*self._prefix, token.start)
            if place not in self.context.results:
                raise CallNeeded(call, place)
            return self.context.results[place]
        if call.cmdlet == "Get-Credential":
            return call.values["Credential"]
        if call.cmdlet == "Import-Csv":
            return imported(call, self.context.cwd, self.context.home)
        if call.cmdlet == "New-PSSession":
            return PendingSession(call)
        found = self.found_sessions(call, token)
        return found[0] if len(found) == 1 else found

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
        if is_array := self.next_is(TokenKind.LEFT, "["):
            self.take()
            self.close()
        self.close()
        if (following := self.peek()) is None or following.kind in (*_ENDS, TokenKind.OPERATOR):
            raise self.refuse(name, "A type by itself cannot be used here", "Write the value itself.")
        operand = self.operand()
        try:
            value = _converted(name.text.casefold().removeprefix("system."), operand, is_array=is_array)
        except ConversionError as error:
            raise self.refuse(name, error.why, error.hint, error_id=error.cast_id) from None
        if value is None:
            raise self.refuse(name, "This type is not known here", "Write the value itself.")
        return Value(value, _text_of_cast(value, operand), False, name.start)


def _splatted(token: Token, value: Any) -> list[Element]:
    """Return the arguments that a splatted hashtable or list stands for."""
    if not isinstance(value, Mapping):
        return [Value(each, text_of(each), False, token.start) for each in objects_of(value)]
    elements = list[Element]()
    for name, inner in value.items():
        elements.append(Name(str(name), token.text, True, False, token.start, splatted=True))
        elements.append(Value(inner, text_of(inner), False, token.start))
    return elements


def _number(text: str) -> int | float | Decimal | str:
    number = literal_value(text)
    return text if number is None else number


def _text_of_cast(value: Any, operand: Value) -> str:
    if isinstance(value, str):
        return value
    return text_of(value) if isinstance(value, bool | int | float | Decimal) else operand.text


def _converted(wanted: str, operand: Value, *, is_array: bool = False) -> Any:
    """Return a value as one of the types that a line may name, None for another type. Raises ConversionError."""
    value = operand.value
    if is_array:
        each = [Value(one, text_of(one)) for one in objects_of(value)]
        found = [one.value if wanted == "object" else _converted(wanted, one) for one in each]
        if wanted == "byte":
            return bytes(found)
        return None if wanted != "object" and None in found else found
    if (clr_type := NUMBER_TYPES.get(wanted)) is not None:
        return values.number_as(value, clr_type)
    if wanted in TYPES:
        if (made := typed(wanted, value)) is None:
            raise ConversionError(f"This is not known here as [{wanted}].", "Such as " + _SUCH_AS[wanted])
        return made
    match wanted:
        case "guid":
            return values.guid(value)
        case "bool" | "boolean":
            return is_true(value)
        case "string":
            return text_of(value) if isinstance(value, float | Decimal) else values.text_of(operand)
        case "management.automation.remoting.pssessionoption" if isinstance(value, dict):
            return SessionOption(binding_options.from_table(value))
        case "pscustomobject" | "psobject" | "management.automation.pscustomobject" if isinstance(value, Mapping):
            return Record(dict(value))
        case "ordered" if isinstance(value, dict):
            return OrderedDict(value)
        case "hashtable" if isinstance(value, dict):
            return value
    return None


def _numbers(first: Any, last: Any) -> list[int]:
    """Return the numbers of a range, upwards or downwards. Raises ConversionError."""
    begin, end = values.integer(first), values.integer(last)
    if abs(end - begin) >= _MAX_RANGE:
        raise ConversionError("The range is too long.", f"At most {_MAX_RANGE} numbers are taken.")
    return list(range(begin, end + 1) if begin <= end else range(begin, end - 1, -1))


def _piped(value: Any, pipe: Token) -> Value:
    return Value(value, str(value) if isinstance(value, str | int) else "", False, pipe.start)


def _asked(call: BoundCall) -> BoundCall:
    """Return a Get-Credential with the credential as far as it is given; a user name is one without its password."""
    given = call.values.get("Credential") or PSCredential(str(call.values.get("UserName") or ""))
    return dataclasses.replace(call, values={**call.values, "Credential": given})
