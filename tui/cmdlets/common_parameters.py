"""What a typed call says, and whether it may proceed: -WhatIf, -Confirm and -ErrorAction of the session cmdlets."""

from __future__ import annotations

from dataclasses import dataclass

from pstui.backends.binding.context import BoundCall
from pstui.backends.binding.parameters import cmdlet
from pstui.backends.console import Choice, Console, Question, QuestionCancelled, QuestionKind
from pstui.backends.errors import PstuiError
from pstui.backends.records import Write
from pstui.backends.sessions.session import PSSession

_CHOICES = (
    Choice("Yes", "Y", "Do it for this session."),
    Choice("Yes to All", "A", "Do it for this session and all that follow."),
    Choice("No", "N", "Leave this session as it is."),
    Choice("No to All", "L", "Leave this session and all that follow as they are."),
)


@dataclass(frozen=True, slots=True)
class CmdletOutput:
    """One thing that a call said. ``error_id`` is PowerShell's id of an error."""

    text: str
    error_id: str = ""
    is_error: bool = False

    @classmethod
    def of(cls, error: PstuiError) -> CmdletOutput:
        """Return what to say of an error."""
        return cls(error.text(), error.error_id, True)

    def record(self) -> PstuiError:
        """Return an error as ``$Error`` and -ErrorVariable keep it."""
        what, _, why = self.text.partition("\n")
        return PstuiError(what, why, error_id=self.error_id)


def missed(call: BoundCall) -> list[CmdletOutput]:
    """Return what a call named and did not find."""
    return [CmdletOutput.of(error) for error in call.missed]


def full_id(call: BoundCall, error_id: str) -> str:
    """Return an error's id as the cmdlet gives it: with its suffix, unless it has a part more (protocol-notes 1.3)."""
    if "," in error_id or error_id == "PSSessionConnectFailed":
        return error_id
    return f"{error_id},{cmdlet(call.cmdlet).id_suffix}"


class ShouldProcess:
    """Whether a call may act on one session after the other (-WhatIf, -Confirm); ``said`` is what -WhatIf says.

    Remove-PSSession names a session by its computer, the others by its name (protocol-notes 1.11).
    """

    def __init__(self, call: BoundCall, console: Console) -> None:
        self._call, self._console = call, console
        self._action = call.cmdlet.partition("-")[0]
        self._asks = bool(call.common.get("Confirm", False))
        self._refused = False
        self.said: list[CmdletOutput] = []

    async def allows(self, session: PSSession) -> bool:
        """Return whether to act on a session."""
        target = session.info.computer_name if self._action == "Remove" else session.name
        deed = f'Performing the operation "{self._action}" on target "{target}".'
        if self._call.what_if:
            self.said.append(CmdletOutput(f"What if: {deed}"))
            return False
        if self._refused or not self._asks:
            return not self._refused
        return await self._answer(deed)

    async def _answer(self, deed: str) -> bool:
        before: tuple[str, ...] = ("Confirm", "Are you sure you want to perform this action?", deed)
        while True:
            try:
                answer = (await self._console.ask(self._question(before))).reveal().strip().casefold() or "y"
            except QuestionCancelled:
                answer = "l"
            if answer == "?":
                before = tuple(f"{each.hotkey} - {each.help}" for each in _CHOICES)
            for choice in _CHOICES:
                if answer in (choice.hotkey.casefold(), choice.label.casefold()):
                    self._asks = choice.hotkey in "YN"
                    self._refused = choice.hotkey == "L"
                    return choice.hotkey in "YA"

    def _question(self, before: tuple[str, ...]) -> Question:
        label = "  ".join(f"[{each.hotkey}] {each.label}" for each in _CHOICES) + ' (default is "Y"): '
        lines = tuple(map(Write, before))
        return Question(QuestionKind.CHOICE, label, lines, _CHOICES, (0,), remote=False, source=self._call.cmdlet)
