"""The sweepers end when they are told to, whatever a sweep does with the first telling."""

import asyncio
from typing import cast

import pytest

from shopbell.jobs import sweeping
from shopbell.jobs.room import Room


async def test_a_sweep_that_swallows_a_cancellation_ends_with_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = asyncio.Event()

    async def stubborn(room: Room) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return

    for name in ("sweep_work", "sweep_knowledge", "sweep_house"):
        monkeypatch.setattr(sweeping, name, stubborn)
    task = asyncio.create_task(sweeping.sweep_for_ever(cast("Room", None)))
    await begun.wait()

    async with asyncio.timeout(10):
        while not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=0.02)

    assert task.cancelled()
