"""Commands that ask the person at the client."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from pstui.backends.demo.commands.registry import Param, command
from pstui.backends.demo.language.call import Call
from pstui.backends.demo.language.values import Credential, SecureText, Thing, to_text
from pstui.backends.demo.server.errors import ErrorInfo, StatementError

Output = AsyncGenerator[Any, None]


@command(
    "Read-Host",
    "Ask for a line, plain or hidden.",
    Param("Prompt", "any", rest=True),
    Param("AsSecureString", "switch"),
    Param("MaskInput", "switch"),
)
async def read_host(call: Call) -> Output:
    """Ask with one field named after the prompt, as the real command does (semantics 4.3)."""
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
