"""What is sent to debug at the far end: how this client debugs, lines for the debugger, how a script goes on.

The server takes an argument that is an enum as an object of that enum alone: a bare number is answered with an error
object and "completed" (protocol-notes 3.7).
"""

from __future__ import annotations

import re

from psrpcore.types import PSEnumBase, PSFlagBase, PSType
from pstui.backends.psrp.invocation import EVERY_STREAM, OUT_DEFAULT, Call, Invocation


@PSType(["System.Management.Automation.DebugModes"])
class DebugModes(PSFlagBase):
    """Where a client debugs, System.Management.Automation.DebugModes."""

    none = 0
    Default = 1
    LocalScript = 2
    RemoteScript = 4


@PSType(["System.Management.Automation.DebuggerResumeAction"])
class DebuggerResumeAction(PSEnumBase):
    """How a stopped script goes on, System.Management.Automation.DebuggerResumeAction."""

    Continue = 0
    StepInto = 1
    StepOut = 2
    StepOver = 3
    Stop = 4


#: LocalScript and RemoteScript, what a console host always offers (protocol-notes 3.7).
DEBUG_MODE = Invocation(
    ((Call("__Set-PSDebugMode", (("Mode", DebugModes.LocalScript | DebugModes.RemoteScript),)),),),
    redirect_errors=True,
    invocation_info=True,
)


def _nested(*calls: Call) -> Invocation:
    return Invocation((calls,), redirect_errors=True, invocation_info=True, is_nested=True)


#: The prompt while the far end's debugger stands at a stop.
DEBUG_PROMPT = _nested(Call("prompt", merged=EVERY_STREAM, by_stream=True))


#: What the debugger does itself; all else runs as a script there (protocol-notes 2.4). ``k`` gives objects.
_OWN_COMMAND = re.compile(
    r"\s*(?:s|stepinto|v|stepover|o|stepout|c|continue|q|quit|h|\?|exit|l(?:ist)?(?:\s+\d+){0,2})\s*",
    re.IGNORECASE,
)


def debugger_call(text: str) -> Invocation:
    """Return a line for the far end's debugger: always a script, nested, every stream merged.

    The far end formats what a script gives, so that a value looks at a stop as it does elsewhere.
    """
    call = Call(text, is_script=True, merged=EVERY_STREAM, by_stream=True)
    return _nested(call) if _OWN_COMMAND.fullmatch(text) else _nested(call, OUT_DEFAULT)


def debugger_action(action: DebuggerResumeAction) -> Invocation:
    """Return the command that resumes a stopped script."""
    return _nested(Call("__Set-PSDebuggerAction", (("ResumeAction", action),)))
