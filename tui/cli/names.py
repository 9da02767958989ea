"""Names and typed lines as connections."""

from __future__ import annotations

import difflib
import sys

from pstui.backends.binding.binder import bind_line
from pstui.backends.binding.calls import connection_info
from pstui.backends.binding.tables import CMDLETS, cmdlet_name
from pstui.backends.binding.targets import Target, parse_target
from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import CallError, OpenCancelled
from pstui.tui.profiles.cli_profiles import TABLES, Profiles


def is_cmdlet(word: str) -> bool:
    """Tell whether a word is a session cmdlet's name or alias."""
    return cmdlet_name(word) is not None


def refuse_misspelled(word: str, profiles: Profiles) -> None:
    """Raise CallError for what is nearly the name of a session cmdlet, and no profile: no computer's name is meant."""
    if any(word in table for table in profiles.tables.values()):
        return
    near = difflib.get_close_matches(word.casefold(), [name.casefold() for name in CMDLETS], n=1, cutoff=0.85)
    if near:
        found = next(name for name in CMDLETS if name.casefold() == near[0])
        hint = f"Did you mean {found}? For a computer of that name write -ComputerName {word}."
        raise CallError(f"there is no cmdlet {word!r}", "", hint, error_id="CommandNotFoundException")


def resolve(name: str, profiles: Profiles, *, ask: bool = True) -> ConnectionInfo:
    """Return where a name of the command line leads; ``ask`` allows a question about a name that is close to another.

    Raises CallError, and OpenCancelled when the user says no to a name that is only close to a profile's.
    """
    _refuse_damaged(name, profiles)
    target = parse_target(name, profiles.tables, defaults=profiles.defaults)
    if target.close and ask:
        _confirm(name, target.close)
    return _connection(target, profiles)


def from_text(text: str, profiles: Profiles) -> ConnectionInfo:
    """Bind what was typed or pasted in the app: a name, parameters, or a whole Enter-PSSession line.

    Raises PstuiError.
    """
    text = text.strip()
    words = text.split()
    if not words:
        raise CallError("nothing was typed", hint="Type user@host, a name, or an Enter-PSSession line.")
    if not is_cmdlet(words[0]):
        refuse_misspelled(words[0], profiles)
        if len(words) == 1 and not text.startswith("-"):
            return _connection(parse_target(text, profiles.tables, defaults=profiles.defaults), profiles)
        text = f"Enter-PSSession {text}"
    call = bind_line(text)
    if call.cmdlet != "Enter-PSSession":
        raise CallError(f"{call.cmdlet} opens no tab", hint="Type an Enter-PSSession line.")
    return connection_info(call, defaults=profiles.defaults)


def _connection(target: Target, profiles: Profiles) -> ConnectionInfo:
    if target.connection is not None:
        return target.connection
    return profiles.connection(target.kind, target.name)


def _refuse_damaged(text: str, profiles: Profiles) -> None:
    """A profile that the file holds damaged must not be taken for a computer's name."""
    kind, colon, rest = text.partition(":")
    name = rest if colon and kind in TABLES else text
    if any(name in table for table in profiles.tables.values()):
        return
    problems = [problem for kind in TABLES for problem in profiles.problems_of(kind, name)]
    if problems:
        raise CallError(f"the profile {name!r} cannot be used", "\n".join(problems), "Mend the file, then try again.")


def _confirm(name: str, close: tuple[str, ...]) -> None:
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        return  # nobody to ask; without a terminal the screen does not open either
    print(f"{name!r} is no profile; there is {', '.join(map(repr, close))}.", file=sys.stderr)
    print(f"Connect to a computer called {name!r}? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise OpenCancelled(f"{name}: not opened")
