"""The command ``pstui``: looks at its arguments and hands over. What it needs is imported when it is needed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from pstui.tui.cli.exit_codes import (
    EXIT_CALL,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_NO_SESSION,
    EXIT_OK,
    EXIT_PIPE,
)

#: what the system says of a full disk; their numbers are not the same everywhere
_NO_ROOM = ("ENOSPC", "EDQUOT", "EFBIG", "EIO")
#: what a first word does, and the module whose ``main`` does it
_COMMANDS = {"doctor": "doctor", "log": "log", "run": "runbook", "replay": "replay", "cp": "copy"}
TYPE_CHECKING = False  # typing itself would be the heaviest import here
if TYPE_CHECKING:
    from pstui.backends.connection import ConnectionInfo
    from pstui.backends.errors import PstuiError
    from pstui.tui.cli.args import Options
    from pstui.tui.profiles.reading import Profiles


def main(argv: Sequence[str] | None = None) -> int:
    """Run pstui with ``argv`` (by default the process's own) and return its exit code. Raises nothing."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if argv is None and arguments != ["--version"]:
        from pstui.tui.cli.interrupts import end_at_interrupt

        end_at_interrupt()
        _keep_libraries_quiet()
        _write_utf_8()
    try:
        code = _version() if arguments == ["--version"] else _run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return _closed_output()
    except OSError as error:
        return _failed_output(error) if error.filename is None else _failed(error)
    except Exception as error:  # the last resort: whatever it is, the user gets a sentence and a file
        return _failed(error)


def complain(error: PstuiError) -> None:
    """Write an error to standard error: what, why, what to do, and PowerShell's id where there is one."""
    from pstui.tui.transcript.render.sgr import plain

    lines = plain(error.text()).split("\n")
    print(f"pstui: {lines[0]}", *(f"  {line}" for line in lines[1:]), sep="\n", file=sys.stderr)
    if error.error_id:
        print(f"FullyQualifiedErrorId: {plain(error.error_id)}", file=sys.stderr)


def _keep_libraries_quiet() -> None:
    """Keep off the terminal what libraries log and warn of: Python writes both to standard error by itself."""
    import logging
    import warnings

    logging.getLogger().addHandler(logging.NullHandler())
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def _write_utf_8() -> None:
    """Write UTF-8 whatever the locale or a code page says, as a run does: no other has all signs that are written."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.encoding.casefold().startswith("utf"):
            stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # Python's own: nothing has replaced them


def _run(arguments: list[str]) -> int:
    from pstui.tui.cli.args import INVOKE_NAMES, parse, refuse_unheeded_options, take_options

    options = parse(arguments)
    if options.version:
        return _version(options.rest)
    if options.rest and (options.rest[0].lower() in INVOKE_NAMES or options.rest[0] == "run"):
        options.rest = (options.rest[0], *take_options(options, options.rest[1:]))
    if options.help:
        return _help(options)
    refuse_unheeded_options(options)
    if options.check:
        from pstui.tui.profiles.reading import check

        return check(options.config)
    if options.rest[:1] == ("demo",):
        return _demo(options)
    if options.rest and (module := _COMMANDS.get(options.rest[0])):
        return int(import_module(f"pstui.tui.cli.{module}").main(options))
    if options.rest[:1] == ("completion",):
        from pstui.tui.cli.completion import main as complete

        return complete(options.rest[1:])
    if options.rest == ("man",):
        from pstui.tui.cli.manual import manual

        print(manual(), end="")
        return EXIT_OK
    import gc

    gc.disable()  # what is loaded now is no garbage, and looking for any takes a tenth of the start
    try:
        if not options.rest and options.line is None:
            from pstui.tui.cli.start import open_workspace

            return open_workspace(options, _bind_typed)
        return _call(options)
    finally:
        gc.enable()


def _call(options: Options) -> int:
    """Do what a call asks for."""
    from pstui.tui.cli.calls import dispatch

    return dispatch(options)


def _bind_typed(text: str, profiles: Profiles) -> ConnectionInfo:
    from pstui.tui.cli.calls import from_text

    return from_text(text, profiles)


def _help(options: Options) -> int:
    from pstui.tui.cli.args import COMMANDS, INVOKE_NAMES
    from pstui.tui.cli.copy_call import HELP
    from pstui.tui.cli.help import command_help, help_text, invoke_help

    command = options.rest[0] if options.rest else ""
    if command.lower() in INVOKE_NAMES:
        text = invoke_help()
    elif command == "cp":
        text = HELP
    else:
        text = command_help(command) if command in COMMANDS else help_text()
    print(text, end="")
    return EXIT_OK


def _demo(options: Options) -> int:
    if options.rest == ("demo", "--stdio"):
        from pstui.backends.demo.server.stdio import main as serve

        return serve()
    from pstui.tui.cli.calls import demo

    return demo(options)


def _version(rest: Sequence[str] = ()) -> int:
    if rest:
        from pstui.backends.errors import CallError

        if list(rest) != ["-v"]:
            raise CallError(f"--version does not take {rest[0]!r}", hint="pstui --version -v tells the libraries, too.")
        from pstui.tui.cli.versions import versions

        print(versions(), end="")
        return EXIT_OK
    from pstui.backends.version import VERSION

    print(f"pstui {VERSION}")
    return EXIT_OK


def _closed_output() -> int:
    """Nobody reads any longer: keep Python from complaining about it on its way out."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_PIPE


def _failed_output(error: OSError) -> int:
    """Standard output takes nothing: the disk behind it is full, or what Windows says of a pipe that nobody reads."""
    import errno
    import os

    if sys.platform == "win32" and error.errno == errno.EINVAL:
        return _closed_output()
    if error.errno not in [getattr(errno, name, None) for name in _NO_ROOM]:
        return _failed(error)
    print(f"pstui: standard output cannot be written ({error.strerror})", file=sys.stderr)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python would complain once more on its way out
    return EXIT_FAILED


def _failed(error: Exception) -> int:
    from pstui.backends.errors import CallError, OpenCancelled, OpenError, PstuiError

    if isinstance(error, OpenCancelled):
        return EXIT_INTERRUPTED
    if isinstance(error, PstuiError):
        complain(error)
        if isinstance(error, CallError):
            return EXIT_CALL
        return EXIT_NO_SESSION if isinstance(error, OpenError) else EXIT_FAILED
    from pstui.tui.cli.crash import report

    return report(error)


if __name__ == "__main__":
    sys.exit(main())
