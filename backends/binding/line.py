"""Calls as people give them in a whole PowerShell line, typed or pasted; ``shell.py`` takes the arguments of a shell.

Taken as a line: one call; ``$s = CALL``; assignments before the call that uses them; a value, a session or another
call piped into it; calls in parentheses for a session, session options or a credential. Where the line is run, a value
alone is shown, too. A console's prompts, continuation prompts and line breaks before a parameter are passed over.
Everything else is refused with its place marked.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import replace
from typing import Any

from pstui.backends.binding.context import BindContext, BoundCall, PendingSession, is_session, refuse_at
from pstui.backends.binding.cursor import without_scope
from pstui.backends.binding.errors import quoted
from pstui.backends.binding.expressions import Reader
from pstui.backends.binding.members import objects_of, only, with_member
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
_TEXTS = (TokenKind.STRING, TokenKind.EXPANDABLE_STRING, TokenKind.HERE_STRING)
_BREAKS = (TokenKind.SEMICOLON, TokenKind.NEWLINE)


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
        if call is not None and not call.assign and call.cmdlet != "New-PSSession":
            raise reader.refuse(token, "Only one call can be given", "Give this one by itself.")
        call = _statement(reader)
        if call.cmdlet == "New-PSSession":
            opened.append((token, call))
            reader.context = _with_sessions(reader.context, PendingSession(call))
        after = reader.peek()
        if after is not None and not _at_break(reader):
            raise reader.refuse(after, "This cannot be used here", "Give the call alone.")
    if call is None:
        raise refuse_at(text, 0, 1, "There is no call in this line", "Such as Enter-PSSession -HostName user@host.")
    used = replace(call.source or call, assign="")
    for first, made in opened:
        if replace(made, assign="") != used:
            what = f"${made.assign} is not used after it" if made.assign else "The session is not used after it"
            raise reader.refuse(first, what, "Make one call for each session.")
    if call.cmdlet == _PLAIN and context.results is None:
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


def one_line(text: str) -> str:
    """Return lines as one: statements with semicolons between them, line breaks inside brackets as what they mean."""
    try:
        parts = statements(text)
    except CallError:
        return " ".join(text.split())
    return "; ".join(map(_unbroken, parts))


def _unbroken(part: str) -> str:
    opened: list[str] = []
    pieces, end = list[str](), 0
    for token in tokenize(part):
        if token.kind is TokenKind.LEFT:
            opened.append(token.text)
        elif token.kind is TokenKind.RIGHT and opened:
            opened.pop()
        elif token.kind is TokenKind.CONTINUATION or token.kind is TokenKind.NEWLINE:
            separates = token.kind is TokenKind.NEWLINE and bool(opened) and opened[-1] not in ("(", "[")
            last = "".join(pieces) + part[end : token.start]
            pieces += [part[end : token.start], "; " if separates and last.rstrip()[-1:] not in "{;(" else " "]
            end = token.end
    return "".join([*pieces, part[end:]])


def evaluate(text: str, context: BindContext) -> Any:
    """Return the value of one expression: a hashtable, a variable, a call in parentheses. Raises CallError."""
    # in parentheses, so that a variable or a hashtable is read as the value that it is
    reader = _reader(f"({text})", context)
    result = reader.operand()
    after = reader.peek()
    if after is not None:
        raise reader.refuse(after, "This cannot be used here", "Give one value.")
    return result.value


#: marks the assignment of a plain value, which is not a call by itself, and a value that is to be shown
_PLAIN, SHOWN = "", "Out-Default"
#: cmdlets whose result a variable can hold
_KEEP = ("New-PSSession", "Get-PSSession", "Connect-PSSession", "Disconnect-PSSession", "Get-Credential", "Import-Csv")


def _reader(text: str, context: BindContext) -> Reader:
    return Reader(text, tokenize(_clean(text)), context, computes=context.results is not None)


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


def _with_sessions(context: BindContext, made: PendingSession) -> BindContext:
    """Return surroundings in which the sessions of a call in the line are found by their names."""
    named = [each for each in made.each() if each.name]
    return replace(context, sessions=lambda: [*context.sessions(), *named])


def _statement(reader: Reader) -> BoundCall:
    name, property_name = _assigned(reader)
    call, value, first = reader.pipeline()
    if call is None and isinstance(value, PendingSession):
        call = value.call
    if not name:
        return call if call is not None else _shown(reader, value, first)
    if property_name:
        value = value if call is None else only(objects_of(reader.result_of(call, first)))
        value, call = with_member(reader.lookup(name), property_name, value), None
    elif call is not None:
        call = replace(call, assign=name)
        value = _assignable(reader, call, first)
    reader.variables[name.casefold()] = value
    return call or BoundCall(_PLAIN, "", {"Value": value}, assign=name)


def _assigned(reader: Reader) -> tuple[str, str]:
    """Read ``$name =`` or ``$name.Property =``; return the name and the property, empty where nothing is assigned."""
    tokens = reader.tokens[reader.index : reader.index + 4]
    if not tokens or tokens[0].kind is not TokenKind.VARIABLE:
        return "", ""
    has_property = len(tokens) == 4 and tokens[1].text == "." and tokens[2].kind is TokenKind.MEMBER
    equals = tokens[3] if has_property else tokens[1] if len(tokens) > 1 else tokens[0]
    if equals.kind is not TokenKind.OPERATOR or equals.text != "=":
        return "", ""
    reader.index += 4 if has_property else 2
    return without_scope(tokens[0].text[1:].strip("{}")), tokens[2].text if has_property else ""


def _assignable(reader: Reader, call: BoundCall, token: Token) -> Any:
    if reader.context.results is not None and call.cmdlet in _KEEP:
        return None  # the call is run by itself, and its result kept then
    if call.cmdlet == "Get-PSSession" and "ComputerName" in call.values and reader.peek() is None:
        return None  # the computer is asked once the line is run; nothing after it in the line needs to know now
    if call.cmdlet == "Invoke-Command":
        return None
    if call.cmdlet in (*_KEEP, "New-PSSessionOption"):
        return reader.result_of(call, token)
    what = f"{call.cmdlet} gives nothing that a variable could hold"
    raise reader.refuse(token, what, "Write the call without the variable.")


def _shown(reader: Reader, value: Any, token: Token) -> BoundCall:
    """A session alone, or a property of one, is shown as Get-PSSession shows it."""
    if reader.context.results is not None:
        unset = tuple(f"${name} has no value here." for name in dict.fromkeys(reader.unset)) if value is None else ()
        return BoundCall(SHOWN, "", {"InputObject": value}, notices=unset)
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
