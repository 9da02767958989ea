"""The terminal lent to another program: the screen waits, the sessions go on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from pstui.backends.errors import PstuiError
from textual.app import App, SuspendNotSupported


async def lend_terminal(app: App[Any], command: Sequence[str]) -> None:
    """Run ``command`` in the terminal until it ends. Raises PstuiError when it cannot be started or lent."""
    try:
        with app.batch_update(), app.suspend():
            process = await asyncio.create_subprocess_exec(*command)
            await process.wait()
    except SuspendNotSupported as error:
        raise PstuiError("This terminal cannot be lent to a program") from error
    except OSError as error:
        raise PstuiError(f"{command[0]} could not be started", error.strerror or "") from error
