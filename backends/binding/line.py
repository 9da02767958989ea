"""Calls as people give them: the arguments of a shell, or a whole PowerShell line, typed or pasted.

Taken as a line: one call; ``$s = CALL``; assignments before the call that uses them; a value, a session or another
call piped into it; calls in parentheses for a session, session options or a credential. A console's prompts,
continuation prompts and line breaks before a parameter are passed over. Everything else is refused with its place
marked.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pstui.backends.binding.binder import bind_elements, shell_elements
from pstui.backends.binding.context import BindContext, BoundCall, PendingSession, is_session, refuse_at
from pstui.backends.binding.errors import quoted
from pstui.backends.binding.expressions import Reader, without_scope
from pstui.backends.binding.parameters import cmdlet_name
from pstui.backends.binding.values import Value
from pstui.backends.errors import CallError
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import Token, TokenKind

#: the begin of a line; a terminal hands over the line ends of a paste as carriage returns
_BEGIN = r"(?:^|(?<=\r))"
_PROMPT = re.compile(_BEGIN + r"[ \t]*(?:\[[^\]\r\n]*\]:[ \t]*)?PS(?:[ \t][^>\r\n]*)?>+[ \t]?", re.MULTILINE)
_MORE = re.compile(_BEGIN + r"[ \t]*>>(?:[ \t]|$)", re.MULTILINE)
# it begins at no blank: a long row of them would be gone through from each one
_WRAPPED = re.compile(r"(?:`[ \t]*)?(?:\r\n|\r|\n)(?=[ \t]*[-\u2013\u2014\u2015][A-Za-z])")
_MAX_LENGTH = 1 << 16
#: cmdlets that work on each session that comes through the pipe
_TAKE_ALL = ("Remove-PSSession", "Disconnect-PSSession", "Connect-PSSession", "Receive-PSSession")
_TEXTS = (TokenKind.STRING, TokenKind.EXPANDABLE_STRING, TokenKind.HERE_STRING)
_BREAKS = (TokenKind.SEMICOLON, TokenKind.NEWLINE)


def bind(name: str, arguments: Sequence[str], *, context: BindContext | None = None) -> BoundCall:
    """Bind the arguments of a shell to a cmdlet, given by name or alias.

    Quotes are gone by then: digits alone are a number (so ``99`` names a session's Id, as in PowerShell), everything
    else is text until its parameter's type says otherwise. Raises CallError with the id of the real cmdlet.
    """
    return bind_elements(name, shell_elements(arguments), replace(context or BindContext(), evaluate=evaluate))


def bind_line(text: str, *, context: BindContext | None = None) -> BoundCall:
    """Bind one whole PowerShell line: the call at its end, with what comes before it put in.

    Raises CallError; forms that pstui does not take are refused with their place.
    """
    context = context or BindContext()
    reader = _reader(text, context)
    call: BoundCall | None = None
    opened: list[tuple[Token, BoundCall]] = []
    while True:
        while _at_break(reader):
            reader.take()
        token = reader.peek()
        if token is None:
            break
        if call is not None and not call.assign:
            raise reader.refuse(token, "Only one call can be given", "Give this one by itself.")
        call = _statement(reader)
        if call.cmdlet == "New-PSSession":
            opened.append((token, call))
        after = reader.peek()
        if after is not None and not _at_break(reader):
            raise reader.refuse(after, "This cannot be used here", "Give the call alone.")
    if call is None:
        raise refuse_at(text, 0, 1, "There is no call in this line", "Such as Enter-PSSession -HostName user@host.")
    used = replace(call.source or call, assign="")
    for first, made in opened:
        if replace(made, assign="") != used:
            raise reader.refuse(first, f"${made.assign} is not used after it", "Make one call for each session.")
    if call.cmdlet == _PLAIN and not context.keeps_variables:
        raise refuse_at(text, 0, len(text), "A value alone does nothing here", "Give a call that uses it.")
    return replace(call, variables=dict(reader.variables)) if call.cmdlet == "Invoke-Command" else call


def statements(text: str) -> list[str]:
    """Return the statements of a line one by one, for who runs them one after the other. Raises CallError."""
    clean = _clean(text)
    cuts = [0]
    depth = 0
    for token in tokenize(clean):
        depth += (token.kind is TokenKind.LEFT) - (token.kind is TokenKind.RIGHT)
        if depth <= 0 and token.kind in _BREAKS:
            cuts += [token.start, token.end]
    parts = [clean[start:end].strip() for start, end in zip(cuts[::2], [*cuts[1::2], len(clean)], strict=True)]
    return [part for part in parts if part]


def evaluate(text: str, context: BindContext) -> Any:
    """Return the value of one expression: a hashtable, a variable, a call in parentheses. Raises CallError."""
    # in parentheses, so that a variable or a hashtable is read as the value that it is
    reader = _reader(f"({text})", context)
    result = reader.operand()
    after = reader.peek()
    if after is not None:
        raise reader.refuse(after, "This cannot be used here", "Give one value.")
    return result.value


#: marks the assignment of a plain value, which is not a call by itself
_PLAIN = ""


def _reader(text: str, context: BindContext) -> Reader:
    return Reader(text, tokenize(_clean(text)), context)


def _clean(text: str) -> str:
    """Return a line without prompts, and without breaks before a parameter."""
    if len(text) > _MAX_LENGTH:
        raise CallError("The line is too long", f"It has {len(text)} characters; {_MAX_LENGTH} are read.")
    clean = text
    for pattern in (_PROMPT, _MORE):
        # blanks in its place keep every other character where it is, for the marks of a refusal
        clean = pattern.sub(_blanks, clean)
    if _WRAPPED.search(clean) is None:
        return clean
    texts = [token for token in tokenize(clean) if token.kind in _TEXTS]
    starts = [token.start for token in texts]

    def unwrapped(match: re.Match[str]) -> str:
        before = bisect.bisect_left(starts, match.end() - 1) - 1
        return match[0] if before >= 0 and match.end() <= texts[before].end else _blanks(match)

    return _WRAPPED.sub(unwrapped, clean)


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _at_break(reader: Reader) -> bool:
    token = reader.peek()
    return token is not None and token.kind in _BREAKS


def _statement(reader: Reader) -> BoundCall:
    name = _assigned(reader)
    call, value, first = _pipeline(reader)
    if not name:
        return call if call is not None else _shown(reader, value, first)
    if call is not None:
        call = replace(call, assign=name)
        value = _assignable(reader, call, first)
    reader.variables[name.casefold()] = value
    return call or BoundCall(_PLAIN, "", {"Value": value}, assign=name)


def _assigned(reader: Reader) -> str:
    if not (reader.next_is(TokenKind.VARIABLE) and reader.index + 1 < len(reader.tokens)):
        return ""
    equals = reader.tokens[reader.index + 1]
    if equals.kind is not TokenKind.OPERATOR or equals.text != "=":
        return ""
    name = without_scope(reader.take().text[1:].strip("{}"))
    reader.take()
    return name


def _assignable(reader: Reader, call: BoundCall, token: Token) -> Any:
    if call.cmdlet == "Get-PSSession" and "ComputerName" in call.values and reader.peek() is None:
        return None  # the computer is asked once the line is run; nothing after it in the line needs to know now
    if call.cmdlet in ("New-PSSession", "New-PSSessionOption", "Get-PSSession", "Get-Credential"):
        return reader.result_of(call, token)
    if call.cmdlet == "Invoke-Command":
        return None
    what = f"{call.cmdlet} gives nothing that a variable could hold"
    raise reader.refuse(token, what, "Write the call without the variable.")


def _pipeline(reader: Reader) -> tuple[BoundCall | None, Any, Token]:
    """Read a value or call, and what it is piped into: (call or None, value, first token)."""
    first = reader.peek() or reader.take()
    call: BoundCall | None = None
    value: Any = None
    if first.kind in (TokenKind.COMMAND, TokenKind.INVOKE):
        call = reader.call()
    else:
        value = reader.argument().value
        if isinstance(value, PendingSession) and not reader.next_is(TokenKind.PIPE):
            call = value.call
    while reader.next_is(TokenKind.PIPE):
        pipe = reader.take()
        if call is not None:
            value = reader.result_of(call, pipe)
        source = call
        call = _piped_into(reader, value, pipe)
        if call.source is None and source is not None:
            call = replace(call, source=source)
        if reader.next_is(TokenKind.PIPE):
            raise reader.refuse(
                reader.take(), "The pipeline has too many parts", "Give at most one source and one call."
            )
    return call, value, first


def _piped_into(reader: Reader, value: Any, pipe: Token) -> BoundCall:
    following = reader.peek()
    target = cmdlet_name(following.value()) if following is not None else None
    items: Sequence[Any] = value if isinstance(value, list | tuple) else [value]
    if target != "Invoke-Command":
        if len(items) > 1 and target == "Enter-PSSession":
            what = f"{len(items)} values come through the pipe; one session can be entered at a time"
            raise reader.refuse(pipe, what, "Name one of them.")
        if not items or items == [None]:
            if target in _TAKE_ALL and following is not None:
                return _nothing_to_do(reader, target)
            raise reader.refuse(
                pipe, "Nothing comes through the pipe", "Get-PSSession lists the sessions that are open."
            )
        value = items[0] if len(items) == 1 else list(items)
    return reader.call(Value(value, str(value) if isinstance(value, str | int) else "", False, pipe.start))


def _nothing_to_do(reader: Reader, target: str) -> BoundCall:
    """Read over a call that gets no session from the pipe: PowerShell does nothing then, and says nothing."""
    reader.take()
    reader.arguments()
    return BoundCall(target, "Session", {}, notices=("No session comes through the pipe: there is nothing to do.",))


def _shown(reader: Reader, value: Any, token: Token) -> BoundCall:
    """A session alone, or a property of one, is shown as Get-PSSession shows it."""
    sessions = [item for item in (value if isinstance(value, list | tuple) else [value]) if is_session(item)]
    if sessions:
        ids = tuple(item.instance_id for item in sessions)
        return BoundCall("Get-PSSession", "InstanceId", {"InstanceId": ids}, sessions=tuple(sessions))
    if token.kind is TokenKind.VARIABLE and reader.index > 1 and value is not None:
        named = reader.variable(token)
        if is_session(named):
            notice = f"{reader.text[token.start : reader.tokens[reader.index - 1].end]} is {quoted(str(value))}."
            return BoundCall(
                "Get-PSSession",
                "InstanceId",
                {"InstanceId": (named.instance_id,)},
                notices=(notice,),
                sessions=(named,),
            )
    raise reader.refuse(token, "A value alone does nothing here", "Give a call that uses it.")
