"""The text of an error record as the real client of Invoke-Command shows it: PowerShell's ConciseView of one from afar.

A record that comes from another computer has no invocation here, so the view is short: what failed, and the message
(protocol-notes 3.12).
"""

from __future__ import annotations

from pstui.backends.records import ErrorInfo

#: a line that a native program wrote to its standard error: shown as it is
NATIVE_IDS = ("NativeCommandError", "NativeCommandErrorMessage")
#: the category that counts as none
_NO_CATEGORY = "NotSpecified"


def error_text(error: ErrorInfo) -> str:
    """Return the text, of one line or several; control sequences of the far end are still in it."""
    if error.fully_qualified_error_id in NATIVE_IDS:
        return error.message
    text = f"{_label(error)}: {_message(error)}"
    if error.recommendation.strip():
        text += f"\n  Recommendation: {error.recommendation}"
    return text


def _label(error: ErrorInfo) -> str:
    category = "" if error.category == _NO_CATEGORY else error.category
    return error.activity or category or error.category_reason or "Error"


def _message(error: ErrorInfo) -> str:
    message = error.message.replace("\r\n", "\n")
    if error.category != "ParserError":
        return message
    # A parser's message holds the place, marked with a row of tildes, and then what is wrong with it.
    marked = message.split("~\n")
    if len(marked) > 1:
        message = marked[1].split("\n\n")[0]
    return message.replace("\n", " ").replace("\t", " ")
