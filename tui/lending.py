"""The terminal lent to another program: an editor, or what an offer starts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from textual.app import App


async def run_in_terminal(app: App[Any], command: Sequence[str]) -> int:
    """Give the terminal to a program until it ends, and return its exit code. Nothing is painted meanwhile.

    Raises OSError where it cannot be started, SuspendNotSupported where the terminal cannot be lent.
    """
    failure: BaseException | None = None
    code = 0
    with app.batch_update(), app.suspend():
        try:
            process = await asyncio.create_subprocess_exec(*command)
            code = await process.wait()
        except BaseException as error:  # Textual takes the terminal back only where nothing is raised in here
            failure = error
    if failure is not None:
        raise failure
    return code
