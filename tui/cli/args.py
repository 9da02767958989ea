"""pstui's own options: declared once, and taken off the front of the command line, or from behind Invoke-Command.

Everything after the options belongs to the cmdlet. ``help.py``, ``completion.py`` and ``manual.py`` read the
declarations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pstui.backends.errors import CallError

ENTER_NAMES = ("enter-pssession", "etsn")
INVOKE_NAMES = ("invoke-command", "icm")


@dataclass(frozen=True, slots=True)
class Declared:
    """One option. ``value`` is what its value is called, empty for a switch; ``choices`` are all that it may be.

    One of ``invoke``'s goes with Invoke-Command only, and may also come after it.
    """

    name: str
    value: str
    help: str
    invoke: bool = False
    choices: tuple[str, ...] = ()
    several: bool = False

    @property
    def field(self) -> str:
        """Its name in ``Options``."""
        return self.name[2:].replace("-", "_")


DECLARED = (
    Declared(
        "--config", "FILE", "use this profile file instead of the usual one (which the variable PSTUI_CONFIG may name)"
    ),
    Declared("--line", "LINE", "take the whole call as one PowerShell line; -WhatIf may follow it"),
    Declared(
        "--transcript",
        "FILE",
        "write what the pane shows to FILE, as plain text, while it happens. A file that exists is appended to",
    ),
    Declared(
        "--trace",
        "FILE",
        "write the protocol of the session to FILE, a new file, as lines of JSON without secrets; those of further "
        "sessions go beside it",
    ),
    Declared("--check", "", "report every problem of the configuration"),
    Declared("--version", "", "print the version; with -v behind it those of Python and the libraries, too"),
    Declared("--help", "", "print this text; after icm, that of Invoke-Command"),
    Declared("--json", "", "objects as JSON, one a line, instead of text", invoke=True),
    Declared(
        "--json-streams",
        "",
        "every record of every stream as one JSON object a line, with its stream, host and time",
        invoke=True,
    ),
    Declared("--csv", "", "objects as CSV", invoke=True),
    Declared("--clixml", "", "objects as a file for Import-Clixml", invoke=True),
    Declared(
        "--depth", "N", "how many levels of an object JSON has, 0 to 100 (100); what is cut is marked", invoke=True
    ),
    Declared(
        "--input",
        "FORM",
        "standard input as lines of text, as JSON values, or raw as byte arrays",
        invoke=True,
        choices=("lines", "json", "raw"),
    ),
    Declared("--var", "NAME=VALUE", "the value of $using:NAME in the script; repeatable", invoke=True, several=True),
    Declared("--encoding", "NAME", "the encoding of the file of -FilePath, where it is not UTF-8", invoke=True),
    Declared("--throttle", "N", "how many targets run at once (32), whatever the transport", invoke=True),
    Declared("--group", "", "at the end, targets that wrote the same are shown together", invoke=True),
    Declared("--diff", "", "as --group, and what differs from the text of most targets alone", invoke=True),
    Declared(
        "--yes",
        "",
        "run what the guard of a profile, group or tag holds without asking; one that lets only reading lines through"
        " stays as it is. A guard protects from slips, not from malice",
        invoke=True,
    ),
    Declared("--timeout", "SECONDS", "stop the whole run after this time: exit code 124", invoke=True),
    Declared("--exit-code", "", "end with the far end's own exit code: exit N, or $LASTEXITCODE", invoke=True),
    Declared("--quiet", "", "nothing on standard error but errors", invoke=True),
)
_BY_NAME = {option.name: option for option in DECLARED}
#: pstui's own commands, and which of the options before them each heeds
COMMANDS = {
    "demo": ("--config", "--transcript", "--trace"),
    "doctor": ("--config", "--line", "--trace"),
    "log": ("--config",),
    "cp": ("--config",),
    "run": (
        *("--config", "--transcript", "--trace"),
        *(option.name for option in DECLARED if option.invoke and option.name not in ("--var", "--encoding")),
    ),
    "replay": ("--config",),
    "completion": (),
    "man": (),
}
_SELF_HELP = ("-h", "-?", "/?", "--help")


@dataclass(slots=True)
class Options:
    """What stood before the cmdlet, and ``rest``: the cmdlet, a name, ``demo`` or nothing.

    Values are None when not given; ``what_if`` is a -WhatIf after ``--line``.
    """

    version: bool = False
    help: bool = False
    check: bool = False
    json: bool = False
    json_streams: bool = False
    csv: bool = False
    clixml: bool = False
    exit_code: bool = False
    quiet: bool = False
    group: bool = False
    diff: bool = False
    yes: bool = False
    what_if: bool = False
    config: str | None = None
    line: str | None = None
    transcript: str | None = None
    trace: str | None = None
    depth: str | None = None
    input: str | None = None
    encoding: str | None = None
    throttle: str | None = None
    timeout: str | None = None
    var: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()


def parse(argv: Sequence[str]) -> Options:
    """Split ``argv`` into pstui's options and the rest. Raises CallError for an option that does not exist."""
    options = Options()
    words = list(argv)
    if len(words) == 1 and words[0] in _SELF_HELP:
        options.help = True
        return options
    while words and words[0].startswith("--"):
        _take(options, words)
    if options.line is not None:
        options.what_if = any(is_what_if(word) for word in words)
        words = [word for word in words if not is_what_if(word)]
        if words:
            raise CallError(
                "--line holds the whole call, so nothing but -WhatIf may follow it",
                f"What follows is {words[0]!r}.",
                "Put it inside the line, or leave --line out.",
            )
    options.rest = tuple(words)
    # after a command of our own each way to ask for help; after a cmdlet or a name -? and -h are a parameter
    if len(words) == 2 and words[1] in (_SELF_HELP if words[0] in COMMANDS else ("--help",)):
        options.help = True
        options.rest = (words[0],)
    return options


def _take(options: Options, words: list[str]) -> None:
    """Take the option at the head of ``words`` with its value."""
    name, equals, value = words.pop(0).partition("=")
    option = _BY_NAME.get(name)
    if option is None or (equals and not option.value):
        raise _unknown(name)
    if not option.value:
        setattr(options, option.field, True)
        return
    if not equals:
        value = words.pop(0) if words else ""
    if not value:
        raise CallError(f"{name} needs a value: {option.help}", hint="pstui --help shows every option.")
    if option.choices and value not in option.choices:
        raise CallError(f"{name} does not take {value!r}", "", f"It is one of: {', '.join(option.choices)}.")
    if option.several:
        setattr(options, option.field, (*getattr(options, option.field), value))
    else:
        setattr(options, option.field, value)


def is_what_if(word: str) -> bool:
    """Tell whether a word is -WhatIf, in full or by its alias."""
    return word.lower() in ("-whatif", "-wi", "-whatif:$true", "-wi:$true")


def take_options(options: Options, arguments: Sequence[str]) -> tuple[str, ...]:
    """Take Invoke-Command's options out of what comes after it, where many put them; return what is left.

    Behind ``-ArgumentList`` they are left alone: there they are the script's. Raises CallError.
    """
    left: list[str] = []
    words = list(arguments)
    while words:
        if is_argument_list(words[0]):
            return (*left, *words)
        option = _BY_NAME.get(words[0].partition("=")[0])
        if option is not None and (option.invoke or option.name == "--help"):
            _take(options, words)
        else:
            left.append(words.pop(0))
    return tuple(left)


def usage(option: Declared) -> str:
    """Return an option as it is written."""
    return f"{option.name} {option.value}".rstrip()


def refuse_invoke_options(options: Options) -> None:
    """Raise CallError when an option is given that goes with Invoke-Command only."""
    for option in DECLARED:
        if option.invoke and getattr(options, option.field):
            raise CallError(
                f"{option.name} goes with Invoke-Command",
                hint=f"Write: pstui {usage(option)} icm … -ScriptBlock TEXT",
            )


def refuse_unheeded_options(options: Options) -> None:
    """Raise CallError when an option is given that one of pstui's own commands does not heed."""
    command = "--check" if options.check else options.rest[0] if options.rest else ""
    if not options.check and command not in COMMANDS:
        return
    heeded = COMMANDS.get(command, ("--config", "--check"))
    for option in DECLARED:
        if option.name not in heeded and getattr(options, option.field):
            raise CallError(f"{command} does not take {option.name}", "It would do nothing.", "Leave it out.")


def refuse_late_options(arguments: Sequence[str]) -> None:
    """Raise CallError when one of pstui's options comes after the cmdlet, where PowerShell's parameters are."""
    for word in arguments:
        if is_argument_list(word):
            return
        name = word.partition("=")[0]
        if name in _BY_NAME:
            raise CallError(
                f"{name} comes after the cmdlet",
                "pstui's own options come first, so that they are never taken for the cmdlet's.",
                f"Write: pstui {name} … Enter-PSSession …",
            )


def is_argument_list(word: str) -> bool:
    """Tell whether a word names Invoke-Command's -ArgumentList: in full, by a prefix or by its alias."""
    name = word.partition(":")[0].lower()
    return name == "-args" or (len(name) > 2 and "-argumentlist".startswith(name))


def _unknown(name: str) -> CallError:
    import difflib

    # without the dashes, which would make any two look alike
    known = {each.lstrip("-"): each for each in _BY_NAME}
    near = difflib.get_close_matches(name.lstrip("-"), known, n=1)
    if name == "--stdio":
        return CallError("--stdio belongs to demo", hint="Write: pstui demo --stdio")
    return CallError(
        f"there is no option {name}",
        hint=f"Did you mean {known[near[0]]}?" if near else "pstui --help shows every option.",
    )
