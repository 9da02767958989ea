"""Errors of the endpoint's language: what an ErrorRecord says, and whether it ends a statement or the pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

NOT_POWERSHELL = "This is the pstui demo endpoint, not PowerShell: it knows a small set of commands. Try Get-Command."


@dataclass(slots=True, eq=False)
class ErrorInfo:
    """One error. ``command`` comes before the message when it is printed, ``reason`` is the exception's short name."""

    message: str
    error_id: str = "DemoEndpoint"
    category: str = "NotSpecified"
    reason: str = "RuntimeException"
    target: Any = None
    command: str = ""
    recommendation: str = ""
    #: an ErrorRecord that came back from the client is printed as ``Error: …`` on ordinary output (protocol-notes 3.6)
    came_back: bool = False
    exception_type: str = field(default="")

    @property
    def type_name(self) -> str:
        """The exception's full name."""
        return self.exception_type or f"System.Management.Automation.{self.reason}"


class StatementError(Exception):
    """Ends the statement; the script goes on with the next one, unless ``ends_pipeline``."""

    def __init__(self, info: ErrorInfo, *, ends_pipeline: bool = False) -> None:
        super().__init__(info.message)
        self.info, self.ends_pipeline = info, ends_pipeline


class ScriptIncomplete(Exception):
    """The text ends inside something that must be closed: the client asks for more lines (protocol-notes 3.5)."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.info = ErrorInfo(message, "IncompleteString", "ParserError", "IncompleteParseException")


class ScriptError(Exception):
    """The text is not a script of the endpoint's language."""

    def __init__(self, message: str, error_id: str = "ParserError") -> None:
        super().__init__(message)
        self.info = ErrorInfo(message, error_id, "ParserError", "ParseException")


class ExitRequested(Exception):
    """``exit`` ran in a script: SetShouldExit with the code (protocol-notes 2.8)."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class LoopControl(Exception):
    """``break`` or ``continue`` on its way to the loop."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class Returned(Exception):
    """``return`` on its way to the end of the function or script."""


def not_supported(what: str) -> ScriptError:
    """Refuse a piece of the language in the endpoint's own name."""
    return ScriptError(f"{what} is not understood here. {NOT_POWERSHELL}", "NotSupportedByDemoEndpoint")


def command_not_found(name: str) -> ErrorInfo:
    """Say that a command does not exist, with PowerShell's id and category."""
    return ErrorInfo(
        f"'{name[:200]}' is neither a command of this endpoint nor a program on the PATH there.\n{NOT_POWERSHELL}",
        "CommandNotFoundException",
        "ObjectNotFound",
        "CommandNotFoundException",
        name[:200],
        name[:80],
    )


def bad_argument(message: str, error_id: str = "ParameterArgumentTransformationError") -> StatementError:
    """Refuse an argument of a command."""
    return StatementError(ErrorInfo(message, error_id, "InvalidArgument", "ParameterBindingException"))
