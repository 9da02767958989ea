"""What a text would do as far as it can be read: its commands, method calls, assignments and files it writes to.

How this works. The tokens are gone through once. A command is what stands where PowerShell looks for one: after a pipe,
a separator, a bracket, ``&`` or a dot. Its name is what the far end would look up, without quotes, escapes and module,
and an alias is the command it stands for. What hides code is read as well: sub-expressions in strings, script blocks,
a string that is handed to something that runs it. What cannot be read (``& $name``) is told as UNKNOWN. It is a reading
of words, not a judgement: a function may do anything below a harmless name.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pstui.backends.language import lexemes
from pstui.backends.language.aliases import ALIASES
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import Token, TokenKind


class Kind(enum.Enum):
    """What is done."""

    COMMAND = "command"
    METHOD = "method"
    ASSIGNMENT = "assignment"
    FILE = "file"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Use:
    """One thing that a text does. ``name`` is in lower case, ``text`` as it is written there.

    ``words`` are the constant arguments of a command that are no parameters, ``parameters`` the names of these with
    their dash, in lower case; ``bare`` are the words that follow no option, of which they may be the value
    (``kubectl -n prod delete``). ``is_aliased`` says that the name was an alias of PowerShell's.
    """

    kind: Kind
    name: str
    text: str
    words: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    is_aliased: bool = False
    bare: tuple[str, ...] = ()


#: what keeps a command from doing what it says, unless its value is false or cannot be read
WHAT_IF = ("-whatif", "-wi")
#: how deep code inside of strings is read, and how long a text may be (characters)
MAX_DEPTH, MAX_TEXT = 8, 1 << 16
#: tokens that are read of one command, and characters that are shown of it
_MAX_ARGUMENTS, _MAX_SHOWN = 200, 200
_STRINGS = (TokenKind.STRING, TokenKind.EXPANDABLE_STRING, TokenKind.HERE_STRING)
_WORDS = (TokenKind.ARGUMENT, *_STRINGS)
_ENDS = (TokenKind.PIPE, TokenKind.CHAIN, TokenKind.SEMICOLON, TokenKind.NEWLINE, TokenKind.BACKGROUND)
_SILENT = (TokenKind.COMMENT, TokenKind.CONTINUATION)
#: commands whose arguments are, or name, what is run
RUNNERS = lexemes.words(
    "invoke-expression invoke-item start-process start-job start-threadjob set-alias new-alias invoke-command cmd"
    " powershell pwsh bash sh zsh dash wsl sudo doas env nohup xargs nice timeout time watch ssh su"
    " busybox chroot setsid stdbuf runas psexec"
)
_ENCODED = re.compile(r"-e(?:c|nc\w*)?\Z|-encodedcommand\Z")
#: methods that run what they are called on
_INVOKING = lexemes.words("invoke invokereturnasis invokewithcontext dynamicinvoke")
#: what is put there is a command from then on
_NAMES_A_COMMAND = re.compile(r"(?:alias|function):", re.IGNORECASE)
_PUTTING = lexemes.words("set new copy rename")
#: commands that call a method that they are given by its name, and the option of find that runs what follows it
_CALLERS = lexemes.words("invoke-cimmethod invoke-wmimethod")
_FINDS = lexemes.words("-exec -execdir -ok -okdir")
_RUN_TEXT = lexemes.words("create invokescript newscriptblock addscript expandstring")
#: a variable of a provider's drive, such as ``$env:PATH``
_ON_DRIVE = re.compile(r"(?i)\$\{?(?!(?:global|local|script|private|using|variable):)[^:{}]+:[^:]")
#: the option of a shell before its line, as in ``/c del x``
_OPTION = re.compile(r"\A\s*[-/]\w+\s+")
_PROGRAM = re.compile(r"\.(?:exe|com|cmd|bat)\Z")
_ASSIGNS = (*lexemes.ASSIGNMENTS, "++", "--")


def uses(text: str, depth: int = 0) -> tuple[Use, ...]:
    """Return what a text does, in its order. Never raises; its time grows with the length of the text."""
    if depth > MAX_DEPTH or len(text) > MAX_TEXT:
        return (Use(Kind.UNKNOWN, "", text[:40]),)
    tokens = [token for token in tokenize(text) if token.kind not in _SILENT]
    return tuple(use for place in range(len(tokens)) for use in _at(tokens, place, text, depth))


def command_name(name: str) -> tuple[str, bool]:
    """Return the command that a name means, in lower case without module, folder and ``.exe``; and if it is an alias.

    Other dashes are the dash that they look like, as PowerShell has it.
    """
    name = name.rpartition("\\")[2].rpartition("/")[2].casefold()
    name = "".join("-" if lexemes.is_dash(character) else character for character in name)
    found = ALIASES.get(name)
    return (found, True) if found else (_PROGRAM.sub("", name), False)


def _at(tokens: Sequence[Token], place: int, text: str, depth: int) -> Iterator[Use]:
    """Yield what the token at a place does."""
    token = tokens[place]
    match token.kind:
        case TokenKind.COMMAND:
            if not (place and tokens[place - 1].kind is TokenKind.KEYWORD and tokens[place - 1].text in _NAMING):
                yield from _command(tokens, place, text, depth)
        case TokenKind.INVOKE:
            yield from _invoked(tokens, place, text, depth)
        case TokenKind.MEMBER:
            yield from _member(tokens, place, depth)
        case TokenKind.REDIRECTION if "&" not in token.text:
            target = tokens[place + 1] if place + 1 < len(tokens) else token
            if target.text.casefold() != "$null":
                yield Use(Kind.FILE, target.text.casefold(), f"{token.text} {target.text}")
        case TokenKind.OPERATOR if token.text in _ASSIGNS:
            yield from _assigned(tokens, place, depth)
        case TokenKind.OPERATOR if token.text in (".", "::", "?."):
            yield from _computed_member(tokens, place)
    if token.expands:
        yield from _inside(token, depth)


_NAMING = lexemes.NAMING_KEYWORDS


def _command(tokens: Sequence[Token], place: int, text: str, depth: int) -> Iterator[Use]:
    token = tokens[place]
    if token.expands:
        yield Use(Kind.UNKNOWN, "", token.text)
        return
    arguments = list(_arguments(tokens, place))
    name, aliased = command_name(token.value())
    words = tuple(each.value() for each in arguments if each.kind in _WORDS and not each.expands)
    bare = tuple(each.value() for each in _bare(arguments))
    parameters = tuple(_parameters(arguments))
    end = arguments[-1].end if arguments else token.end
    yield Use(
        Kind.COMMAND, name, text[token.start : min(end, token.start + _MAX_SHOWN)], words, parameters, aliased, bare
    )
    if name == "foreach-object":
        yield from _member_of_each(arguments)
    elif name in RUNNERS:
        yield from _run(name, tokens, place, arguments, depth)
    elif name in _CALLERS:
        yield from (Use(Kind.METHOD, word.casefold(), f"{token.text} … {word}") for word in words)
    elif name == "find":
        yield from _run_by_find(arguments)
    elif name == "invoke-history":  # what it runs stands in the far end's history
        yield Use(Kind.UNKNOWN, "", text[token.start : min(end, token.start + _MAX_SHOWN)])
    if name.partition("-")[0] in _PUTTING and any(map(_NAMES_A_COMMAND.match, words)):
        for word in words:
            if not _NAMES_A_COMMAND.match(word):
                yield from uses(word, depth + 1)


def _arguments(tokens: Sequence[Token], place: int) -> Iterator[Token]:
    """Yield the tokens of a command after its name: to the next separator, or the bracket around it."""
    open_brackets = 0
    for index in range(place + 1, min(place + 1 + _MAX_ARGUMENTS, len(tokens))):
        token = tokens[index]
        if token.kind is TokenKind.LEFT:
            open_brackets += 1
        elif token.kind is TokenKind.RIGHT:
            open_brackets -= 1
        if open_brackets < 0 or (not open_brackets and token.kind in _ENDS):
            return
        yield token


def _bare(arguments: Sequence[Token]) -> Iterator[Token]:
    """Yield the constant words that follow no option, and no options."""
    for place, token in enumerate(arguments):
        before = arguments[place - 1] if place else None
        is_value = before is not None and (before.kind is TokenKind.PARAMETER or _is_option(before))
        if token.kind in _WORDS and not (token.expands or is_value or _is_option(token)):
            yield token


def _is_option(token: Token) -> bool:
    """Whether a word is an option that holds no value of its own, as in ``--context=prod``."""
    return token.kind in _WORDS and token.text.startswith("-") and "=" not in token.text


def _parameters(arguments: Sequence[Token]) -> Iterator[str]:
    """Yield the parameters that are given and not switched off."""
    depth = 0
    for place, token in enumerate(arguments):
        depth += (token.kind is TokenKind.LEFT) - (token.kind is TokenKind.RIGHT)
        if token.kind is not TokenKind.PARAMETER or depth:
            continue
        after = arguments[place + 1].text.casefold() if place + 1 < len(arguments) else ""
        name = "-" + token.text[1:].rstrip(":").casefold()
        is_off = after in ("$false", "0", "$null") or (name in WHAT_IF and after not in ("$true", "1"))
        if not (token.text.endswith(":") and is_off):
            yield name


def _run(name: str, tokens: Sequence[Token], place: int, arguments: Sequence[Token], depth: int) -> Iterator[Use]:
    """Yield what a command runs that is given to it as text."""
    said = [each for each in arguments if each.kind in _WORDS]
    if name == "invoke-expression" and not said and place and tokens[place - 1].kind is TokenKind.PIPE:
        said = [each for each in tokens[max(place - 2, 0) : place - 1] if each.kind in _STRINGS]
    bare = list(_bare(arguments))
    for each in said:
        value = each.value()
        if each.kind in _STRINGS or " " in value:
            yield from uses(_OPTION.sub("", value), depth + 1)
        elif not value.startswith(("-", "/")) or is_dotted(value):
            found, aliased = command_name(value)
            yield Use(
                Kind.COMMAND,
                found,
                f"{tokens[place].text} … {value}",
                _after(said, each),
                (),
                aliased,
                _after(bare, each),
            )
    names = [each.text.casefold() for each in arguments if each.kind is TokenKind.PARAMETER]
    hidden = name in ("powershell", "pwsh") and any(_ENCODED.match(each) for each in names)
    computed = any(each.kind in (TokenKind.COMMAND, TokenKind.OPERATOR, TokenKind.VARIABLE) for each in arguments)
    variable = name == "invoke-expression" and (not said or computed)
    if hidden or variable or any(each.expands for each in said):
        yield Use(Kind.UNKNOWN, "", " ".join([tokens[place].text, *(each.text for each in arguments)])[:80])


def _run_by_find(arguments: Sequence[Token]) -> Iterator[Use]:
    """Yield the programs that find runs on what it finds."""
    for option, program in pairwise(arguments):
        if option.text.casefold() in _FINDS and program.kind in _WORDS:
            found, aliased = command_name(program.value())
            yield Use(Kind.COMMAND, found, f"find … {option.text} {program.text}", (), (), aliased)


def is_dotted(value: str) -> bool:
    """Whether a word that begins with a slash is a path and not an option of cmd's."""
    return value.count("/") > 1


def _after(said: Sequence[Token], token: Token) -> tuple[str, ...]:
    return tuple(each.value() for each in said if each.start > token.start)


def _member_of_each(arguments: Sequence[Token]) -> Iterator[Use]:
    """Yield the method that ``ForEach-Object Delete`` calls on each object."""
    for place, token in enumerate(arguments):
        before = arguments[place - 1].text.casefold() if place else ""
        named = before.startswith("-m") and "-membername".startswith(before.rstrip(":"))
        if token.kind in _WORDS and (named or place == 0):
            yield Use(Kind.METHOD, token.value().casefold(), f"… {token.text}")
            return


def _invoked(tokens: Sequence[Token], place: int, text: str, depth: int) -> Iterator[Use]:
    """Yield what ``&`` or a dot runs; a block is read by its own tokens, and so is a bare name."""
    following = tokens[place + 1] if place + 1 < len(tokens) else None
    if following is None or following.kind is TokenKind.COMMAND or following.text == "{":
        return
    if following.kind in _STRINGS and not following.expands:
        yield from _command(tokens, place + 1, text, depth)
        return
    yield Use(Kind.UNKNOWN, "", f"{tokens[place].text} {following.text}")


def _member(tokens: Sequence[Token], place: int, depth: int) -> Iterator[Use]:
    """Yield the method that is called, if one is."""
    token = tokens[place]
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    if after is None or after.text != "(" or after.start != token.end:
        return
    name = token.text.strip("'\"").casefold()
    yield Use(Kind.METHOD, name, f"{tokens[place - 1].text if place else '.'}{token.text}()")
    if name in _INVOKING and (place < 2 or tokens[place - 2].text != "}"):  # a block is read by its own tokens
        yield Use(Kind.UNKNOWN, "", f".{token.text}()")
    if name == "foreach" and place + 2 < len(tokens) and tokens[place + 2].kind in _STRINGS:
        yield Use(Kind.METHOD, tokens[place + 2].value().casefold(), f"… {tokens[place + 2].text}")
    if name in _RUN_TEXT and place + 2 < len(tokens) and tokens[place + 2].kind in _STRINGS:
        yield from uses(tokens[place + 2].value(), depth + 1)


def _computed_member(tokens: Sequence[Token], place: int) -> Iterator[Use]:
    """Yield the method whose name is a string, as in ``$x.'Delete'()``, or is worked out over there."""
    end = place + 1
    named = tokens[end] if end < len(tokens) else None
    if named is None or named.kind is TokenKind.MEMBER:
        return
    if named.kind is TokenKind.LEFT:
        open_brackets = 0
        while end < len(tokens):
            open_brackets += (tokens[end].kind is TokenKind.LEFT) - (tokens[end].kind is TokenKind.RIGHT)
            if not open_brackets:
                break
            end += 1
    after = tokens[end + 1] if end + 1 < len(tokens) else None
    if after is None or after.text != "(" or after.start != tokens[end].end:
        return
    if named.kind in _STRINGS and not named.expands:
        yield Use(Kind.METHOD, named.value().casefold(), f"{tokens[place].text}{named.text}()")
    else:
        yield Use(Kind.UNKNOWN, "", f"{tokens[place].text}{named.text}()")


def _assigned(tokens: Sequence[Token], place: int, depth: int) -> Iterator[Use]:
    """Yield what a value is given to, unless it is a plain variable or the key of a hashtable."""
    if not place:
        return
    before = tokens[place - 1]
    is_member = before.kind is TokenKind.MEMBER and place > 1 and tokens[place - 2].text in (".", "::")
    on_drive = before.kind is TokenKind.VARIABLE and _ON_DRIVE.match(before.text) is not None
    if is_member or on_drive or before.text == "]":
        yield Use(Kind.ASSIGNMENT, before.text.casefold(), f"{before.text} {tokens[place].text}")
    if on_drive and _NAMES_A_COMMAND.match(before.text.strip("${")) and place + 1 < len(tokens):
        value = tokens[place + 1]
        if value.kind in _STRINGS and not value.expands:
            yield from uses(value.value(), depth + 1)
        elif value.text != "{":
            yield Use(Kind.UNKNOWN, "", f"{before.text} {tokens[place].text} {value.text}")


def _inside(token: Token, depth: int) -> Iterator[Use]:
    """Yield what the sub-expressions of a string or word do."""
    spans: lexemes.Spans = []
    match token.kind:
        case TokenKind.EXPANDABLE_STRING:
            lexemes.expandable_string(token.text, 0, spans)
        case TokenKind.HERE_STRING:
            lexemes.here_string(token.text, 0, spans)
        case _:
            lexemes.bare_word(token.text, 0, spans)
    for start, end in spans:
        yield from uses(token.text[start + 2 : end - 1 if token.text[end - 1 : end] == ")" else end], depth + 1)
