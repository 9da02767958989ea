"""What a call asks for: a name, Enter-PSSession or Invoke-Command, bound and handed to the screen or run without it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

from pstui.backends.binding.connections import Target, opens, parse_target, what_if
from pstui.backends.binding.context import BindContext, BoundCall
from pstui.backends.binding.errors import MissingMandatory
from pstui.backends.binding.parameters import CMDLETS, cmdlet_name
from pstui.backends.binding.shell import bind
from pstui.backends.connection import ORIGIN, ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError, OpenCancelled
from pstui.tui.cli.args import (
    ENTER_NAMES,
    INVOKE_NAMES,
    Options,
    is_what_if,
    refuse_invoke_options,
    refuse_late_options,
)
from pstui.tui.cli.start import open_screen
from pstui.tui.profiles.reading import TABLES, Profiles, load


def is_cmdlet(word: str) -> bool:
    """Tell whether a word is a session cmdlet's name or alias."""
    return cmdlet_name(word) is not None


def refuse_misspelled(word: str, profiles: Profiles) -> None:
    """Raise CallError for what is nearly the name of a session cmdlet, and no profile: no computer's name is meant."""
    if any(word in table for table in profiles.tables.values()):
        return
    import difflib

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
    target = _target(name, profiles)
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
            return _connection(_target(text, profiles), profiles)
        text = f"Enter-PSSession {text}"
    from pstui.backends.binding.line import bind_line
    from pstui.tui.cli.targets import entered, is_choice

    call = bind_line(text, context=BindContext(is_choice=is_choice))
    if call.cmdlet != "Enter-PSSession":
        raise CallError(f"{call.cmdlet} opens no tab", hint="Type an Enter-PSSession line.")
    return entered(call, profiles)


def _target(name: str, profiles: Profiles) -> Target:
    credentials = profiles.named_credential
    return parse_target(
        name, profiles.tables, hosts=_hosts(profiles), defaults=profiles.defaults, credentials=credentials
    )


def _connection(target: Target, profiles: Profiles) -> ConnectionInfo:
    info = target.connection or profiles.connection(target.kind, target.name)
    return replace(info, settings={**info.settings, ORIGIN: target.origin}) if target.origin else info


def _hosts(profiles: Profiles) -> Callable[[str], tuple[ConnectionInfo, str] | None]:
    """Return what finds a host by its name in the inventories, and in the user's OpenSSH configuration."""

    def found(name: str) -> tuple[ConnectionInfo, str] | None:
        from pstui.backends.discovery.ssh_config import SSHConfigSource
        from pstui.tui.cli.targets import listed

        if known := listed(name, profiles):
            return known
        host = SSHConfigSource().named(name)
        return None if host is None else (profiles.found_connection(host), "ssh_config")

    return found


def _refuse_damaged(text: str, profiles: Profiles) -> None:
    """A profile that the file holds damaged must not be taken for a computer's name."""
    kind, colon, rest = text.partition(":")
    name = rest if colon and kind in TABLES else text
    if any(name in table for table in profiles.tables.values()):
        return
    problems = [problem for kind in TABLES for problem in profiles.problems_of(kind, name)]
    if problems:
        raise CallError(f"the profile {name!r} cannot be used", "\n".join(problems), "Correct the file and try again.")


def _confirm(name: str, close: tuple[str, ...]) -> None:
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        return  # nobody to ask; without a terminal the screen does not open either
    print(f"There is no profile {name!r}, but {', '.join(map(repr, close))}.", file=sys.stderr)
    print(f"Connect to a computer called {name!r}? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise OpenCancelled(f"{name}: not opened")


_INVOKE, _ENTER = "Invoke-Command", "Enter-PSSession"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call that is bound: where it goes, and the call itself unless a profile's name was given."""

    infos: tuple[ConnectionInfo, ...]
    call: BoundCall | None = None
    what_if: bool = False


def dispatch(options: Options) -> int:
    """Do what a call on the command line asks for and return the exit code. Raises PstuiError."""
    profiles = load(options.config)
    try:
        wanted = bound(options, profiles)
    except MissingMandatory as error:
        if not _can_be_asked(error):
            raise
        return _screen([], options, profiles, single=True, lacking=error)
    if wanted.call is not None and wanted.call.cmdlet == "Get-Help":
        return _help(wanted.call)
    if wanted.what_if or options.what_if:
        return _describe(wanted, profiles)
    if wanted.call is not None:
        _tell(wanted.call)
        if wanted.call.cmdlet == _INVOKE:
            from pstui.tui.cli import invoke  # its sessions load asyncio

            return invoke.invoke(wanted.infos, wanted.call, options, profiles)
    refuse_invoke_options(options)
    if options.line is not None and wanted.call is not None and _is_for_the_bar(options.line, wanted.call):
        return _screen([], options, profiles, single=True, line=options.line)
    return _screen(list(wanted.infos), options, profiles, single=True)


def _is_for_the_bar(line: str, call: BoundCall) -> bool:
    """Whether a line does more than enter one session: it keeps one, or sets variables."""
    from pstui.backends.binding.line import statements

    return call.source is not None or len(statements(line)) > 1


def demo(options: Options) -> int:
    """Open the screen with a session on the embedded endpoint: with hosts of its own, or with the profiles named."""
    if len(options.rest) > 1:
        raise CallError(
            f"demo does not take {options.rest[1]!r}", hint="pstui demo opens the screen, pstui demo --stdio serves."
        )
    refuse_invoke_options(options)
    if options.config is not None:
        return _screen([ConnectionInfo(ParameterSet.DEMO)], options, load(options.config), single=True)
    from pstui.tui.cli.playground import playground, welcome

    with playground() as file:
        profiles = load(str(file))
        info = resolve("web1", profiles)
        first = replace(info, settings={**info.settings, ORIGIN: welcome()})
        return _screen([first], options, profiles, single=True)


def bound(options: Options, profiles: Profiles) -> Wanted:
    """Bind the words of a call: a name, or a cmdlet with its parameters. Raises PstuiError."""
    from pstui.tui.cli.targets import is_choice

    context = BindContext(allow_what_if=True, is_choice=is_choice)
    if options.line is not None:
        from pstui.backends.binding.line import bind_line  # PowerShell's language

        call = bind_line(options.line, context=context)
        return _checked(call, profiles, what_if=options.what_if)
    first, *others = options.rest
    if first.lower() in INVOKE_NAMES:
        refuse_late_options(others)
        if (wanted := _named_targets(others, profiles)) is not None:
            return wanted
        try:
            call = bind(_INVOKE, others, context=context)
        except CallError as error:
            if "-ThrottleLimit" in error.why:  # PowerShell's does not go with every target
                error.hint = f"{error.hint} --throttle N goes with every target.".strip()
            raise
        return _checked(call, profiles)
    if first.lower() in ENTER_NAMES:
        refuse_late_options(others)
        return _checked(bind(_ENTER, others, context=context), profiles)
    refuse_late_options(options.rest)
    if not is_cmdlet(first):
        refuse_misspelled(first, profiles)
    rest = [word for word in others if not is_what_if(word)]
    if first.startswith("-") or rest or is_cmdlet(first):
        # a cmdlet by its name that is not one of ours is refused by the binder or below; the rest is Enter-PSSession
        name, arguments = (first, tuple(others)) if is_cmdlet(first) else (_ENTER, options.rest)
        return _checked(bind(name, arguments, context=context), profiles)
    return Wanted((resolve(first, profiles, ask=not others),), what_if=bool(others))


#: stands for the names of targets while a call is bound: they are no names of computers
_TARGETS = "targets"


def _named_targets(words: list[str], profiles: Profiles) -> Wanted | None:
    """Return what a call wants whose targets are named before its parameters; None for any other call.

    ``pstui icm web1 -ScriptBlock …`` takes what ``pstui web1`` takes, and several profiles at once (``targets.py``).
    """
    if not words or words[0].startswith("-"):
        return None
    from pstui.tui.cli.targets import is_choice, may_be_saved, targets

    try:
        call = bind(_INVOKE, [_TARGETS, *words[1:]], context=BindContext(allow_what_if=True))
    except CallError:
        if is_choice(words[0]):
            raise
        return None
    if call.values.get("ComputerName") != (_TARGETS,):
        return None
    if not may_be_saved(call, words[0]):
        return None  # a computer with its parameters, as in PowerShell
    infos = targets(words[0].split(","), profiles, lambda name: resolve(name, profiles, ask=False))
    return _checked(call, profiles, infos=infos)


def _checked(
    call: BoundCall, profiles: Profiles, *, what_if: bool = False, infos: tuple[ConnectionInfo, ...] = ()
) -> Wanted:
    """Return what a call wants that may be called from here; ``infos`` is where it leads, if that is known already."""
    from pstui.tui.cli.targets import entered, opened

    if call.cmdlet == _ENTER:
        return Wanted((entered(call, profiles),), call, call.what_if)
    if call.cmdlet == "Get-Help":
        return Wanted((), call)
    if call.missed:
        raise call.missed[0]
    if call.cmdlet != _INVOKE and not (call.what_if or what_if):
        raise CallError(
            f"{call.cmdlet} cannot be called from here",
            "There are no sessions yet to list, keep or end.",
            "Call Enter-PSSession or Invoke-Command; in the screen, Alt+X takes every session cmdlet.",
        )
    if call.cmdlet == _INVOKE:
        from pstui.tui.cli import invoke  # its sessions load asyncio

        invoke.check(call)
        invoke.check_common(call)
    return Wanted(infos or (opened(call, profiles) if opens(call) else ()), call, call.what_if)


def _describe(wanted: Wanted, profiles: Profiles) -> int:
    """Print what would be done: one object, for several targets a list of them."""
    found = [what_if(info, wanted.call) for info in wanted.infos or (None,)]
    for info, described in zip(wanted.infos, found, strict=False):
        if origins := profiles.origins(info):
            described["Sources"] = origins
        if info.parameter_set is ParameterSet.SSH_HOST:
            from pstui.backends.transports.ssh.describe import describe  # loads asyncssh

            described["Hosts"] = describe(info)
    print(json.dumps(found[0] if len(found) == 1 else found, indent=2))
    return 0


def _help(call: BoundCall) -> int:
    """Print the ways of calling a cmdlet: what -? asks for."""
    from pstui.backends.binding.writer import syntax

    print(syntax(call.values["Name"]))
    return 0


def _can_be_asked(error: MissingMandatory) -> bool:
    """Whether the dialog can ask for what a call lacks: an Enter-PSSession that is meant, and a person to ask."""
    call = error.call
    if call is None or call.cmdlet != _ENTER or call.what_if:
        return False
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def _screen(
    infos: list[ConnectionInfo],
    options: Options,
    profiles: Profiles,
    *,
    single: bool = False,
    lacking: MissingMandatory | None = None,
    line: str = "",
) -> int:
    return open_screen(infos, options, profiles, from_text, single=single, lacking=lacking, line=line)


def _tell(call: BoundCall) -> None:
    for notice in call.notices:
        _warn(notice)


def _warn(text: str) -> None:
    from pstui.tui.transcript.render.sgr import plain

    if text:
        print(f"pstui: {plain(text)}", file=sys.stderr)
