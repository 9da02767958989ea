"""The streams of a running pipeline: each record goes out as a record and as the host call that shows it.

With Out-Default at the end of a statement everything is rendered here, as host calls; without it objects and error
records travel as they are (protocol-notes 3.4).
"""

from __future__ import annotations

import datetime
from contextlib import suppress
from typing import Any

from psrpcore.types import (
    DebugRecord,
    HostMethodIdentifier,
    InformationRecord,
    InformationRecordMsg,
    ProgressRecordMsg,
    ProgressRecordType,
    PSInt64,
    PSRPMessageType,
    VerboseRecord,
    WarningRecord,
)
from pstui.backends.demo.commands.formatting import Renderer, errors_as_lines
from pstui.backends.demo.language.errors import ErrorInfo, StatementError
from pstui.backends.demo.language.values import Thing
from pstui.backends.demo.server.encode import bare, encode, error_record
from pstui.backends.demo.server.link import PipelineLink
from pstui.backends.demo.server.session import Session

_RECORDS: dict[str, tuple[Any, PSRPMessageType, int]] = {
    "Warning": (WarningRecord, PSRPMessageType.WarningRecord, int(HostMethodIdentifier.WriteWarningLine)),
    "Verbose": (VerboseRecord, PSRPMessageType.VerboseRecord, int(HostMethodIdentifier.WriteVerboseLine)),
    "Debug": (DebugRecord, PSRPMessageType.DebugRecord, int(HostMethodIdentifier.WriteDebugLine)),
}
_DEFAULTS = {"Warning": "Continue", "Verbose": "SilentlyContinue", "Debug": "SilentlyContinue"}
CONFIRM_CHOICES = (
    ("&Yes", "Go on with this one."),
    ("Yes to &All", "Go on with this one and all that follow."),
    ("&No", "Leave this one out."),
    ("No to A&ll", "Leave this one out and all that follow."),
)


class Streams:
    """Writes for one pipeline. ``rendering`` is True while Out-Default takes the statement's output.

    ``claiming`` is True where it claims the errors before it as well; they go out as records otherwise.
    """

    def __init__(self, link: PipelineLink, session: Session) -> None:
        self.link, self.session = link, session
        self.rendering = self.claiming = False
        self.renderer = Renderer(link.line, self._error_lines, link.host.width)

    @property
    def width(self) -> int:
        """The width of the client's console, in cells."""
        return self.link.host.width

    async def emit(self, value: Any) -> None:
        """Take one value that left the end of a statement."""
        if self.rendering:
            await self.renderer.feed(value)
        else:
            await self.link.output(value)

    async def settle(self) -> None:
        """Show what is gathered, before something else is shown or waited for."""
        await self.renderer.flush()

    async def error(self, info: ErrorInfo) -> None:
        """Write to the error stream."""
        self.session.remember_error(info)
        self.session.succeeded = False
        if self.claiming:
            await self.renderer.error(info)
        else:
            await self.link.send(error_record(info), PSRPMessageType.ErrorRecord)

    async def _error_lines(self, info: ErrorInfo) -> None:
        if info.came_back:
            for line in f"Error: {info.message}".split("\n"):
                await self.link.line(line)
            return
        for line in errors_as_lines(info):
            await self.link.tell(HostMethodIdentifier.WriteErrorLine, line)

    async def record(self, stream: str, text: str, action: str = "") -> None:
        """Write to the Warning, Verbose or Debug stream under an action preference."""
        made, kind, method = _RECORDS[stream]
        chosen = action or str(self.session.variables.get(f"{stream.lower()}preference") or _DEFAULTS[stream])
        if chosen.lower() in ("silentlycontinue", "ignore"):
            return
        await self.settle()
        await self.link.send(made(Message=text), kind)
        await self.link.tell(method, text)
        if chosen.lower() == "stop":
            raise StatementError(
                ErrorInfo(
                    f"The {stream.lower()} stream stops the command: {text}",
                    "ActionPreferenceStop",
                    "OperationStopped",
                    "ActionPreferenceStopException",
                ),
                ends_pipeline=True,
            )
        if chosen.lower() == "inquire":
            await self._inquire(text)

    async def _inquire(self, text: str) -> None:
        choices = (("&Yes", "Go on."), ("Yes to &All", "Go on."), ("&Halt Command", "Stop this command."))
        if await self.choice("Confirm", f"{text}\nGo on?", choices, 0) == 2:
            raise StatementError(
                ErrorInfo(
                    "The command was halted by the answer.",
                    "ActionPreferenceStop",
                    "OperationStopped",
                    "ActionPreferenceStopException",
                ),
                ends_pipeline=True,
            )

    async def information(self, data: Any, source: str, tags: list[str]) -> None:
        """Send an information record, to clients that know them (protocol 2.3)."""
        if self.link.pool.protocol < "2.3":
            return
        record = InformationRecord.create(encode(data), source, tags=tags)
        names = ("MessageData", "Source", "TimeGenerated", "Tags", "User", "Computer", "ProcessId", "NativeThreadId")
        fields = {name: getattr(record, name) for name in names}
        await self.link.send(InformationRecordMsg(**fields, ManagedThreadId=0), PSRPMessageType.InformationRecord)

    async def host_text(self, text: str, foreground: int | None, background: int | None, newline: bool) -> None:
        """What Write-Host does: a record tagged PSHOST, then Write2 or WriteLine3 with the console's colours."""
        await self.settle()
        host = self.link.host
        colours = [
            host.foreground if foreground is None else foreground,
            host.background if background is None else background,
        ]
        message = Thing(
            ("System.Management.Automation.HostInformationMessage",),
            {"Message": text, "NoNewLine": not newline, "ForegroundColor": colours[0], "BackgroundColor": colours[1]},
            text,
        )
        await self.information(message, "Write-Host", ["PSHOST"])
        method = HostMethodIdentifier.WriteLine3 if newline else HostMethodIdentifier.Write2
        await self.link.tell(method, *colours, text)

    async def progress(self, activity: str, status: str, **given: Any) -> None:
        """Write a progress record: ``number``, ``parent``, ``percent``, ``seconds``, ``operation``, ``completed``."""
        done = bool(given.get("completed"))
        fields = {
            "Activity": activity,
            "ActivityId": int(given.get("number", 0)),
            "StatusDescription": status or "Processing",
            "CurrentOperation": given.get("operation"),
            "ParentActivityId": int(given.get("parent", -1)),
            "PercentComplete": max(-1, min(100, int(given.get("percent", -1)))),
            "SecondsRemaining": int(given.get("seconds", -1)),
        }
        kind = ProgressRecordType.Completed if done else ProgressRecordType.Processing
        await self.settle()
        await self.link.send(ProgressRecordMsg(**fields, Type=kind), PSRPMessageType.ProgressRecord)
        await self.link.tell(HostMethodIdentifier.WriteProgress, PSInt64(0), bare(**fields, Type=kind))

    async def choice(self, caption: str, message: str, choices: Any, default: int) -> int:
        """Ask for one of (label, help) choices and return its index."""
        await self.settle()
        listed = [bare(label=label, helpMessage=text) for label, text in choices]
        answer = await self.link.ask(HostMethodIdentifier.PromptForChoice, caption, message, listed, default)
        if not isinstance(answer, int) or not 0 <= answer < len(choices):
            raise _bad_answer()
        return answer

    async def fields(self, caption: str, message: str, fields: list[tuple[str, str]]) -> dict[str, Any]:
        """Ask for values: (name, type) with the types String, SecureString, Int32 (protocol-notes 4.3, Prompt)."""
        await self.settle()
        if any(kind == "SecureString" for _, kind in fields):
            await self._exchange_key()
        listed = [_field(name, kind) for name, kind in fields]
        answer = await self.link.ask(HostMethodIdentifier.Prompt, caption, message, listed)
        if not isinstance(answer, dict):
            raise _bad_answer()
        return answer

    async def credential(self, caption: str, message: str, user: str) -> Any:
        """Ask for a credential; null when the person gave none."""
        await self.settle()
        await self._exchange_key()
        method = HostMethodIdentifier.PromptForCredential2
        return await self.link.ask(method, caption, message, user, "", 3, 1)

    async def _exchange_key(self) -> None:
        """Ask a client of protocol 2.1 or older for its key; later ones begin by themselves (protocol-notes 3.7)."""
        if self.link.pool.protocol in ("2.0", "2.1"):
            with suppress(Exception):
                self.link.pool.request_key()

    async def confirm(self, action: str, target: str) -> int:
        """Ask before something is done for real: 0 yes, 1 yes to all, 2 no, 3 no to all."""
        message = (
            f'Are you sure you want to perform this action?\nPerforming the operation "{action}" on target "{target}".'
        )
        return await self.choice("Confirm", message, CONFIRM_CHOICES, 0)


def _bad_answer() -> StatementError:
    return StatementError(
        ErrorInfo(
            "The client's answer does not fit the question.",
            "HostResponse",
            "InvalidData",
            "HostException",
            exception_type="System.Management.Automation.Host.HostException",
        ),
        ends_pipeline=True,
    )


def _field(name: str, kind: str) -> Any:
    full = "System.Security.SecureString" if kind == "SecureString" else f"System.{kind}"
    return bare(
        name=name,
        label="",
        parameterTypeName=kind,
        parameterTypeFullName=full,
        parameterAssemblyFullName=full,
        helpMessage="",
        isMandatory=True,
        metadata=[],
        modifiedByRemotingProtocol=False,
        isFromRemoteHost=False,
    )


def now() -> datetime.datetime:
    """Return the local time, with its offset."""
    return datetime.datetime.now().astimezone()
