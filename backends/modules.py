"""Modules that take long to load: in a thread the first time, at once when they are there."""

from __future__ import annotations

import asyncio
import importlib
import sys
from typing import Any


async def loaded(name: str) -> Any:
    """Return a module; the loop goes on while it is loaded."""
    module = sys.modules.get(name)
    if module is not None and not getattr(getattr(module, "__spec__", None), "_initializing", False):
        return module
    return await asyncio.to_thread(importlib.import_module, name)
