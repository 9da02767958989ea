"""What Get-Help says of a command, as text, and what an endpoint without it knows (protocol-notes 3.9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pstui.backends.errors import PstuiError, SessionStateError
from pstui.backends.records import Bounded, ErrorInfo

if TYPE_CHECKING:
    from pstui.backends.psrp.pipeline import PipelineResult
    from pstui.backends.sessions.session import PSSession

#: lines and characters of a text that are kept
MOST_LINES, MOST_TEXT = 20_000, 2 << 20
#: parameters that are told of a command from its metadata
MOST_PARAMETERS = 500


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """What was said of ``name``. ``note`` says why it is less than Get-Help's own, empty where it is not."""

    name: str
    text: str
    note: str = ""


async def command_help(session: PSSession, name: str, width: int) -> CommandHelp:
    """Ask for the help of a command or a topic, with lines of ``width`` columns.

    Raises PstuiError when there is none, SessionStateError when the session is busy.
    """
    if session.stopped is not None:
        raise SessionStateError("a script stands at a breakpoint")
    lines, error = await _asked(session, name, width, full=True)
    if error is not None and _is(error, "NamedParameterNotFound"):
        lines, error = await _asked(session, name, width, full=False)
    if any(line.strip() for line in lines):
        return CommandHelp(name, "\n".join(lines)[:MOST_TEXT])
    if error is not None and not _is(error, "CommandNotFoundException"):
        raise PstuiError(f"There is no help on {name}", error.message)
    if error is not None and (text := await _described(session, name)):
        return CommandHelp(name, text, "This endpoint has no Get-Help: this is made of what it tells of its commands.")
    raise PstuiError(f"There is no help on {name}", "" if error is None else "This endpoint has no Get-Help.")


def _is(error: ErrorInfo, name: str) -> bool:
    return error.fully_qualified_error_id.partition(",")[0] == name


async def _asked(session: PSSession, name: str, width: int, *, full: bool) -> tuple[Sequence[str], ErrorInfo | None]:
    from pstui.backends.psrp.invocation import Call, Invocation

    arguments: tuple[tuple[str, Any], ...] = (("Name", name), *((("Full", True),) if full else ()))
    calls = Call("Get-Help", arguments), Call("Out-String", (("Stream", True), ("Width", width)))
    lines, errors = Bounded(MOST_LINES), list[ErrorInfo]()
    result = await session.run(
        Invocation((calls,), redirect_errors=True), on_output=lines.take, on_error=_first_of(errors)
    )
    return [each for each in lines if isinstance(each, str)], _why(result, errors)


def _first_of(errors: list[ErrorInfo]) -> Any:
    return lambda error: errors.append(error) if not errors else None


def _why(result: PipelineResult, errors: Sequence[ErrorInfo]) -> ErrorInfo | None:
    return result.error or (errors[0] if errors else None)


async def _described(session: PSSession, name: str) -> str:
    """Return what the command's metadata says; empty where there is no such command."""
    _, described = await session.command_metadata([name])
    for item in described:
        found = item.get("Parameters") if isinstance(item, Mapping) else None
        if isinstance(item, Mapping) and str(item.get("Name", "")).casefold() == name.casefold():
            parameters = found if isinstance(found, Mapping) else {}
            rows = [f"    -{each} <{_type(kind)}>\n" for each, kind in list(parameters.items())[:MOST_PARAMETERS]]
            return "\n".join(["NAME", f"    {item['Name']}", "", "PARAMETERS", *rows])
    return ""


def _type(described: Any) -> str:
    kind = described.get("ParameterType") if isinstance(described, Mapping) else ""
    return str(kind).partition(",")[0].rpartition(".")[2][:80]
