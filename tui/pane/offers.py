"""What a failure offers beside its text, asked in the pane: start what is stopped, break off, open a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pstui.backends.console import Choice, Console, Question, QuestionCancelled, QuestionKind
from pstui.backends.errors import Offer, PstuiError
from pstui.backends.records import Stream, Write
from pstui.tui.lending import run_in_terminal
from textual.app import App, SuspendNotSupported

#: runs a program in the terminal while the screen waits
Terminal = Callable[[Sequence[str]], Awaitable[None]]


async def take_offer(console: Console, error: PstuiError, source: str, terminal: Terminal) -> bool:
    """Ask which of the offers of ``error`` to take, and take it; return whether that may have mended it.

    Nothing is taken by itself: Enter alone and Esc decline. Raises PstuiError when the offer fails.
    """
    if not error.offers:
        return False
    picked = await _ask(console, error.offers, source)
    if picked is None:
        return False
    if picked.run is not None:
        await picked.run()
        return True
    console.write(Write(shlex.join(picked.command), stream=Stream.NOTICE))
    await terminal(picked.command)
    return False


async def _ask(console: Console, offers: Sequence[Offer], source: str) -> Offer | None:
    choices = (*(Choice(offer.caption, str(n)) for n, offer in enumerate(offers, 1)), Choice("no", "N"))
    shown = "  ".join(f"[{choice.hotkey}] {choice.label}" for choice in choices)
    question = Question(
        QuestionKind.CHOICE,
        f'{shown}  (default is "N"): ',
        choices=choices,
        defaults=(len(offers),),
        remote=False,
        source=source,
    )
    while True:
        try:
            answer = (await console.ask(question)).reveal().strip().casefold()
        except QuestionCancelled:
            return None
        if answer in ("", "n", "no"):
            return None
        for choice, offer in zip(choices, offers, strict=False):
            if answer in (choice.hotkey, choice.label.casefold()):
                return offer


async def lend_terminal(app: App[Any], command: Sequence[str]) -> None:
    """Run ``command`` in the terminal until it ends; the screen waits, the sessions keep running.

    Raises PstuiError when the program cannot be started or the terminal cannot be lent.
    """
    try:
        await run_in_terminal(app, command)
    except SuspendNotSupported as error:
        raise PstuiError("This terminal cannot be lent to a program") from error
    except OSError as error:
        raise PstuiError(f"{command[0]} could not be started", error.strerror or "") from error
