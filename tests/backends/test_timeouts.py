"""A time limit ends as it should, whatever happens to the task that it stands in."""

from __future__ import annotations

import asyncio

import pytest
from pstui.backends.timeouts import timeout


async def test_it_ends_a_block_that_takes_too_long() -> None:
    with pytest.raises(TimeoutError):
        async with timeout(0.01):
            await asyncio.Event().wait()
    async with timeout(60), timeout(None):
        await asyncio.sleep(0)


async def test_what_cleans_up_behind_a_cancelled_task_is_done_to_its_end() -> None:
    waiting, done = asyncio.Event(), list[str]()

    async def work() -> None:
        try:
            waiting.set()
            await asyncio.Event().wait()
        finally:
            try:
                async with timeout(0.01):
                    await asyncio.Event().wait()
            except TimeoutError:
                done.append("the limit is told")
            done.append("the rest is done")

    task = asyncio.create_task(work())
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["the limit is told", "the rest is done"]


async def test_who_is_cancelled_inside_of_it_stays_cancelled() -> None:
    waiting = asyncio.Event()

    async def work() -> None:
        async with timeout(60):
            waiting.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_outer_limit_ends_the_inner_block() -> None:
    inner = False
    with pytest.raises(TimeoutError):
        async with timeout(0.01):
            try:
                async with timeout(60):
                    await asyncio.Event().wait()
            except TimeoutError:
                inner = True
    assert not inner
