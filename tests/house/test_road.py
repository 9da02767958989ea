"""How much of the product one typed line runs: what has no part in it costs every line, and every reader."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(240)
async def test_a_line_over_ssh_runs_code_in_few_files() -> None:
    """In a process of its own: it looks at every call, and its home is another."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.road", "ssh", cwd=ROOT, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    assert process.stdout is not None
    said = (await process.stdout.read()).decode()
    assert await process.wait() == 0, said
