"""Commands that write to the streams, show progress, or ask the person at the client."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from psrpcore.types import HostMethodIdentifier, PSChar
from pstui.backends.demo.commands.registry import Call, Param, command
from pstui.backends.demo.language.errors import ErrorInfo, StatementError
from pstui.backends.demo.language.values import Credential, SecureText, Thing, to_items, to_text
from pstui.backends.demo.server.encode import bare

#: System.ConsoleColor, 0 to 15
COLOURS = (
    "Black",
    "DarkBlue",
    "DarkGreen",
    "DarkCyan",
    "DarkRed",
    "DarkMagenta",
    "DarkYellow",
    "Gray",
    "DarkGray",
    "Blue",
    "Green",
    "Cyan",
    "Red",
    "Magenta",
    "Yellow",
    "White",
)
CATEGORIES = ("NotSpecified", "InvalidArgument", "InvalidData", "InvalidOperation", "ObjectNotFound", "ResourceBusy",
              "PermissionDenied", "OperationTimeout", "ReadError", "WriteError")  # fmt: skip
Output = AsyncGenerator[Any, None]


@command(
    "Write-Output",
    "Pass values on through the pipeline.",
    Param("InputObject", "any", rest=True),
    Param("NoEnumerate", "switch"),
    aliases=("echo", "write"),
)
async def write_output(call: Call) -> Output:
    """Yield the arguments, or the input."""
    async for item in call.input:
        yield item
    for item in to_items(call.get("InputObject")):
        yield item


@command(
    "Write-Host",
    "Write text to the console, in colour if you like.",
    Param("Object", "any", rest=True),
    Param("ForegroundColor", aliases=("fore",), choices=COLOURS),
    Param("BackgroundColor", aliases=("back",), choices=COLOURS),
    Param("NoNewline", "switch"),
    Param("Separator"),
)
async def write_host(call: Call) -> None:
    """Write through the host, with a record tagged PSHOST."""
    items = [item async for item in call.input] or list(to_items(call.get("Object")))
    text = call.text("Separator", " ").join(map(to_text, items))
    colours = [
        COLOURS.index(call.get(name)) if call.get(name) else None for name in ("ForegroundColor", "BackgroundColor")
    ]
    await call.streams.host_text(text, colours[0], colours[1], not call.switch("NoNewline"))


async def _record(call: Call, stream: str, action: str) -> None:
    texts = [to_text(item) async for item in call.input] or [call.text("Message")]
    for text in texts:
        await call.streams.record(stream, text, action)


@command("Write-Warning", "Write a warning.", Param("Message", position=0))
async def write_warning(call: Call) -> None:
    """Write a warning."""
    await _record(call, "Warning", call.text("WarningAction"))


@command("Write-Verbose", "Write a verbose message, shown with -Verbose.", Param("Message", position=0))
async def write_verbose(call: Call) -> None:
    """Write a verbose message."""
    await _record(call, "Verbose", "Continue" if call.switch("Verbose") else "")


@command("Write-Debug", "Write a debug message, shown with -Debug.", Param("Message", position=0))
async def write_debug(call: Call) -> None:
    """Write a debug message."""
    await _record(call, "Debug", "Continue" if call.switch("Debug") else "")


@command(
    "Write-Information",
    "Write an information record, shown with -InformationAction Continue.",
    Param("MessageData", "any", position=0, aliases=("msg", "message")),
    Param("Tags", many=True, position=1),
)
async def write_information(call: Call) -> None:
    """Write an information record, and its text when wanted."""
    data = call.get("MessageData")
    await call.streams.information(data, "Write-Information", call.get("Tags", []))
    default = call.session.variables.get("informationpreference", "SilentlyContinue")
    if str(call.get("InformationAction", default)).lower() == "continue":
        await call.streams.settle()
        await call.streams.link.line(to_text(data))


@command(
    "Write-Error",
    "Write an error that does not end the command.",
    Param("Message", position=0, aliases=("msg",)),
    Param("ErrorRecord", "any"),
    Param("ErrorId"),
    Param("Category", choices=CATEGORIES),
    Param("TargetObject", "any"),
    Param("RecommendedAction"),
)
async def write_error(call: Call) -> None:
    """Write an error record."""
    record = call.get("ErrorRecord")
    if isinstance(record, ErrorInfo):
        info = ErrorInfo(record.message, record.error_id, record.category, record.reason, record.target, "Write-Error")
    else:
        info = ErrorInfo(
            call.text("Message"),
            call.text("ErrorId", "Microsoft.PowerShell.Commands.WriteErrorException"),
            call.text("Category", "NotSpecified"),
            "WriteErrorException",
            call.get("TargetObject"),
            "Write-Error",
            call.text("RecommendedAction"),
            exception_type="Microsoft.PowerShell.Commands.WriteErrorException",
        )
    await call.error_info(info)
    call.session.succeeded = False


@command(
    "Write-Progress",
    "Show or remove a progress bar.",
    Param("Activity", position=0),
    Param("Status", position=1),
    Param("Id", "number", position=2),
    Param("PercentComplete", "number"),
    Param("SecondsRemaining", "number"),
    Param("CurrentOperation"),
    Param("ParentId", "number"),
    Param("Completed", "switch"),
)
async def write_progress(call: Call) -> None:
    """Write a progress record."""
    await call.streams.progress(
        call.text("Activity"),
        call.text("Status"),
        number=call.number("Id"),
        percent=call.number("PercentComplete", -1),
        seconds=call.number("SecondsRemaining", -1),
        parent=call.number("ParentId", -1),
        operation=call.get("CurrentOperation"),
        completed=call.switch("Completed"),
    )


@command(
    "Show-Progress",
    "Demonstrate nested progress bars; Ctrl+C stops it.",
    Param("Seconds", "number", position=0),
)
async def show_progress(call: Call) -> Output:
    """Move an outer and an inner bar for a few seconds."""
    total = max(0.0, min(600.0, call.number("Seconds", 4)))
    steps, parts = 4, 10
    for step in range(steps):
        left = round(total * (steps - step) / steps)
        await call.streams.progress(
            "Showing progress", f"Step {step + 1} of {steps}", number=1, percent=step * 100 / steps, seconds=left
        )
        for part in range(parts):
            await call.streams.progress(
                "One step", f"Part {part + 1} of {parts}", number=2, parent=1, percent=(part + 1) * 100 / parts,
                operation=f"item {step * parts + part + 1}",
            )  # fmt: skip
            await call.sleep(total / (steps * parts))
    await call.streams.progress("One step", "", number=2, parent=1, completed=True)
    await call.streams.progress("Showing progress", "", number=1, completed=True)
    yield f"{steps * parts} items shown."


@command("Show-Colors", "Show the sixteen console colours and what ANSI styles the client shows.", kind="Function")
async def show_colors(call: Call) -> Output:
    """Write every colour by its name, then some styles."""
    for number, name in enumerate(COLOURS):
        await call.streams.host_text(f"{name:<14}", number, None, newline=False)
        await call.streams.host_text(f" on {name} ", 15 if number < 7 else 0, number, newline=True)
    styles = (("bold", 1), ("dim", 2), ("italic", 3), ("underline", 4), ("reversed", 7), ("struck out", 9))
    yield "  ".join(f"\x1b[{code}m{name}\x1b[0m" for name, code in styles)
    yield "".join(f"\x1b[48;2;{red};{255 - red};128m \x1b[0m" for red in range(0, 256, 8))


@command(
    "Start-Sleep",
    "Wait.",
    Param("Seconds", "number", position=0),
    Param("Milliseconds", "number", aliases=("ms",)),
    aliases=("sleep",),
)
async def start_sleep(call: Call) -> None:
    """Wait; a stop ends it at once."""
    seconds = call.number("Milliseconds") / 1000 if call.get("Milliseconds") is not None else call.number("Seconds")
    if not 0 <= seconds <= 2_147_483:
        raise call.fail("Start-Sleep takes 0 to 2147483 seconds.", "ParameterArgumentValidationError", "InvalidData")
    await call.sleep(seconds)


@command("Clear-Host", "Clear the screen.", aliases=("cls", "clear"), kind="Function")
async def clear_host(call: Call) -> None:
    """Set the cursor to the corner and fill the buffer with blanks, as a Windows server does (protocol-notes 4.3)."""
    host = call.streams.link.host
    await call.streams.settle()
    await call.streams.link.tell(HostMethodIdentifier.SetCursorPosition, bare(x=0, y=0))
    blank = bare(
        character=PSChar(" "), foregroundColor=host.foreground, backgroundColor=host.background, bufferCellType=0
    )
    everything = bare(left=-1, top=-1, right=-1, bottom=-1)
    await call.streams.link.tell(HostMethodIdentifier.SetBufferContents1, everything, blank)


@command(
    "Read-Host",
    "Ask for a line, plain or hidden.",
    Param("Prompt", "any", rest=True),
    Param("AsSecureString", "switch"),
    Param("MaskInput", "switch"),
)
async def read_host(call: Call) -> Output:
    """Ask with one field named after the prompt, as the real command does (protocol-notes 4.3)."""
    name = to_text(call.get("Prompt")) or "Input"
    hidden = call.switch("AsSecureString") or call.switch("MaskInput")
    answers = await call.streams.fields("", "", [(name, "SecureString" if hidden else "String")])
    answer = next(iter(answers.values()), None)
    if isinstance(answer, SecureText):
        yield answer if call.switch("AsSecureString") else answer.value
    elif answer is None:
        raise StatementError(
            ErrorInfo("Nothing was answered.", "ReadHostCancelled", "OperationStopped", command="Read-Host")
        )
    else:
        yield to_text(answer)


@command(
    "Get-Credential",
    "Ask for a user name and a password.",
    Param("UserName", position=0, aliases=("credential",)),
    Param("Message"),
    Param("Title"),
)
async def get_credential(call: Call) -> Output:
    """Ask for a credential."""
    title = call.text("Title", "PowerShell credential request")
    message = call.text("Message", "Enter your credentials.")
    answer = await call.streams.credential(title, message, call.text("UserName"))
    if isinstance(answer, Credential):
        yield answer


@command(
    "ConvertFrom-SecureString",
    "Show the text of a SecureString, with -AsPlainText.",
    Param("SecureString", "any", position=0),
    Param("AsPlainText", "switch"),
)
async def convert_from_secure_string(call: Call) -> Output:
    """Yield the text; without -AsPlainText there is nothing this endpoint could make of it."""
    if not call.switch("AsPlainText"):
        raise call.fail("This endpoint knows ConvertFrom-SecureString only with -AsPlainText.", "NotSupported")
    items = [item async for item in call.input] or [call.get("SecureString")]
    for item in items:
        if not isinstance(item, SecureText):
            raise call.fail("The value is no SecureString.", "NotASecureString", "InvalidArgument")
        yield item.value


@command("Test-Prompt", "Ask one question of each kind and show the answers.", kind="Function")
async def test_prompt(call: Call) -> Output:
    """Ask for text, a number, a secret, a choice, several choices and a credential."""
    streams = call.streams
    answers = await streams.fields("Two values", "A name and a number, please.", [("Name", "String"), ("Age", "Int32")])
    secret = await streams.fields("", "", [("A secret", "SecureString")])
    colours = (("&Red", "Like a fire engine."), ("&Green", "Like grass."), ("&Blue", "Like the sea."))
    chosen = await streams.choice("A choice", "Which colour do you like?", colours, 1)
    credential = await streams.credential("PowerShell credential request", "Any user name and password will do.", "")
    hidden = next(iter(secret.values()), None)
    shown = {
        "Name": to_text(answers.get("Name")),
        "Age": to_text(answers.get("Age")),
        "SecretLength": len(hidden.value) if isinstance(hidden, SecureText) else 0,
        "Colour": colours[chosen][0].replace("&", ""),
        "UserName": credential.user_name if isinstance(credential, Credential) else None,
    }
    yield Thing(("pstui.demo.Answers",), shown)
