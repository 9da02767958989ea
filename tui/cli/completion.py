"""Completion of the command line in bash, zsh and fish.

How this works. ``pstui completion SHELL`` prints a few lines for the shell, which ask ``pstui completion --words N --
WORD…`` at each Tab: what the word of number N could be. So there is one place that knows, and it knows the profiles and
the parameters as they are now. Libraries that make completions write down what argparse knows, once; PowerShell's
parameters and the profiles are not among it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from pstui.backends.errors import CallError
from pstui.tui.cli.args import DECLARED, ENTER_NAMES, INVOKE_NAMES, Declared

SHELLS = ("bash", "zsh", "fish")
_COMMANDS = (
    *("Enter-PSSession", "Invoke-Command", "icm", "etsn"),
    *("cp", "run", "demo", "doctor", "log", "man"),
)
_MORE_COMMANDS = ("completion", "replay")
#: what a shell would take for something else than a character of a word
_SPECIAL = re.compile(r"[^\w@%+=:,./-]")
#: and between double quotes
_SPECIAL_THERE = re.compile(r'[$`"\\]')

_SCRIPTS = {
    "bash": """\
_pstui() {
    local before="${COMP_LINE:0:COMP_POINT}"
    mapfile -t COMPREPLY < <(pstui completion --line "$before" 2>/dev/null)
    # a path comes behind the colon
    if [[ ${#COMPREPLY[@]} == 1 && "${COMPREPLY[0]}" == *: ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o default -F _pstui pstui
""",
    "zsh": """\
#compdef pstui
_pstui() {
    local -a found
    found=("${(@f)$(pstui completion --words $((CURRENT - 1)) -- "${(@)words}" 2>/dev/null)}")
    found=("${(@)found:#}")
    if (( ${#found} == 1 )) && [[ "$found[1]" == *: ]]; then compadd -U -S "" -a found
    elif (( ${#found} )); then compadd -U -a found
    else _files; fi
}
# As a file of $fpath this is the body of the function; in a start-up file it only makes it known.
if [[ "$funcstack[1]" == _pstui ]]; then _pstui "$@"; else compdef _pstui pstui; fi
""",
    "fish": """\
function __pstui_complete
    set -l before (commandline -opc)
    pstui completion --words (count $before) -- $before (commandline -ct) 2>/dev/null
end
complete -c pstui -a '(__pstui_complete)'
""",
}


def script(shell: str) -> str:
    """Return the lines that a shell of ``SHELLS`` needs; the wheel installs them as files, too."""
    return _SCRIPTS[shell]


def main(arguments: Sequence[str]) -> int:
    """Print a shell's script, or what a word could be. Raises CallError."""
    if len(arguments) == 1 and arguments[0] in SHELLS:
        print(script(arguments[0]), end="")
        return 0
    if len(arguments) == 2 and arguments[0] == "--line":
        words, quote = _split(arguments[1])
        # bash takes a colon for the end of a word and replaces only what is behind it; it quotes nothing by itself
        skipped = words[-1].rfind(":") + 1
        found = [_quoted(one[skipped:], quote) for one in candidates(words[1:]) if quote != "'" or "'" not in one]
    elif len(arguments) >= 3 and arguments[0] == "--words" and arguments[2] == "--" and arguments[1].isdigit():
        # zsh and fish hand the word over as it is typed, with its quotes
        *words, current = [*arguments[3:], ""][: int(arguments[1]) + 1]
        bare = _split(current)[0]
        words.append(bare[0] if len(bare) == 1 else current)
        found = candidates(words[1:])
    else:
        raise CallError(
            "completion needs the name of a shell",
            "",
            f"Write: pstui completion {'|'.join(SHELLS)}, in its start-up file.",
        )
    for one in found:
        if one.isprintable():
            print(one)
    return 0


def _quoted(text: str, quote: str) -> str:
    """Return a text as bash takes it for itself behind a quote, or without one: it runs nothing of a name."""
    special = {"": _SPECIAL, '"': _SPECIAL_THERE}.get(quote)
    return text if special is None else special.sub(r"\\\g<0>", text)


def _split(line: str) -> tuple[list[str], str]:
    """Return the words of a line up to the cursor, and the quote that is open in the last one, which is typed now."""
    import shlex

    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    try:
        words.extend(lexer)
    except ValueError as error:  # "No closing quotation", or a backslash at the end
        return [*words, lexer.token], str(getattr(lexer, "state", "")) if "quotation" in str(error) else ""
    return ([*words, ""] if not words or line[-1:].isspace() else words), ""


def candidates(words: Sequence[str]) -> list[str]:
    """Return what the last of ``words`` could be; what comes before it are the words after ``pstui``."""
    *before, current = words or [""]
    found = dict.fromkeys(_all(list(before), current))
    wanted = current.casefold()
    return [one for one in found if one.casefold().startswith(wanted)]


def _all(before: list[str], current: str) -> Iterator[str]:
    config = None
    while before and before[0].startswith("--"):
        option = _declared(before.pop(0))
        if option is None or not option.value:
            continue
        if not before:
            yield from option.choices
            return
        value = before.pop(0)
        config = value if option.name == "--config" else config
    if before:
        yield from _behind(before, current, config)
    elif current.startswith("--"):
        yield from (option.name for option in DECLARED)
    elif current.startswith("-"):
        yield from _parameters("Enter-PSSession")
    else:
        yield from (*_COMMANDS, *_MORE_COMMANDS)
        yield from _hosts(_Known(config))


def _behind(before: list[str], current: str, config: str | None) -> Iterator[str]:
    """Yield what can come after a command."""
    command, last = before[0].casefold(), before[-1]
    if command in (*INVOKE_NAMES, "doctor") and len(before) == 1 and not current.startswith("-"):
        yield from _targets(config, current)
        return
    if command == "cp":
        # what has a slash or a colon is a path already, here or there
        yield from () if set("/:") & set(current) else (f"{name}:" for name in _hosts(_Known(config)))
        return
    if command == "run":
        yield from _runbooks(config) if len(before) == 1 else _targets(config, current) if len(before) == 2 else ()
        return
    if command == "completion":
        yield from SHELLS
    elif command == "demo":
        yield "--stdio"
    elif command != "man":
        cmdlet = "Invoke-Command" if command in INVOKE_NAMES else "Enter-PSSession"
        if cmdlet == "Enter-PSSession" and not (command.startswith("-") or command in ENTER_NAMES):
            yield "-WhatIf"
            return
        option = _declared(last) if command in INVOKE_NAMES and len(before) > 1 else None
        if option is not None and option.value:
            yield from option.choices
        elif current.startswith("--"):
            yield from (item.name for item in DECLARED if item.invoke and cmdlet == "Invoke-Command")
        elif current.startswith("-"):
            yield from _parameters(cmdlet)
        elif last.casefold() in ("-computername", "-hostname"):
            yield from _targets(config, current) if cmdlet == "Invoke-Command" else _hosts(_Known(config))
        else:
            yield from _values(cmdlet, last)


def _declared(word: str) -> Declared | None:
    """Return the option of a word; None for one that holds its value already, and for what is none."""
    return next((option for option in DECLARED if option.name == word), None)


def _parameters(name: str) -> Iterator[str]:
    from pstui.backends.binding.parameters import cmdlet

    yield from (f"-{parameter}" for parameter in cmdlet(name, what_if=True).parameters)


def _values(name: str, word: str) -> Iterator[str]:
    """Yield the values of the parameter that a word names."""
    from pstui.backends.binding.binder import find_parameter
    from pstui.backends.binding.parameters import OPTIONS, cmdlet
    from pstui.backends.binding.values import ENUMS

    if not word.startswith("-"):
        return
    parameter = find_parameter(cmdlet(name, what_if=True), word[1:])
    if parameter is not None:
        yield from ENUMS.get(parameter.type, ())
        yield from next((option.choices for option in OPTIONS if option.name == parameter.name), ())


class _Known:
    """What has a name: the profiles, and the hosts and groups that inventories had when they were looked at last."""

    def __init__(self, config: str | None) -> None:
        from pstui.tui.profiles.kept_hosts import kept
        from pstui.tui.profiles.reading import load

        self.profiles = load(config)
        listed = [
            kept(profile.file.absolute().parent, profile.name)
            for profile in self.profiles.configuration.profiles
            if profile.kind == "inventory"
        ]
        self.hosts = [host for hosts, _ in listed for host in hosts]
        self.groups = [group for _, groups in listed for group in groups]


def _targets(config: str | None, current: str) -> Iterator[str]:
    """Yield the targets of Invoke-Command: hosts, groups of them and those above, tags; behind a comma, too."""
    from pstui.tui.profiles.inheritance import around

    known = _Known(config)
    before, comma, _ = current.rpartition(",")
    profiles = [values for table in known.profiles.effective.values() for values in table.values()]
    groups = [path for values in profiles for path in reversed([*around(str(values.get("group", "")))])]
    tags = [str(tag) for values in profiles for tag in values.get("tags", ())]
    found = [
        *_hosts(known),
        *(f"group:{path}" for path in dict.fromkeys([*groups, *known.groups])),
        *(f"tag:{tag}" for tag in dict.fromkeys([*tags, *known.groups])),
    ]
    yield from (before + comma + one for one in found)


def _hosts(known: _Known) -> Iterator[str]:
    """Yield the names of hosts: the saved profiles, one that is used twice with its kind, and what is found."""
    from pstui.backends.transports.ssh.config_hosts import ConfigHosts, usual_files

    tables = known.profiles.tables
    count = Counter(name for table in tables.values() for name in table)
    for kind, table in tables.items():
        for name in table:
            yield name if count[name] == 1 else f"{kind}:{name}"
    yield from known.hosts
    yield from ConfigHosts.read(usual_files()).names


def _runbooks(config: str | None) -> Iterator[str]:
    from pstui.tui.profiles.reading import load
    from pstui.tui.runbooks.folder import folders, runbooks

    profiles = load(config)
    yield from (each.name for each in runbooks(folders(profiles.path, profiles.settings))[0])
