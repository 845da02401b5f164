"""The assistant's words while they come: newest first, and never more than 20 frames a second."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

EVERY = 0.05
Show = Callable[[str, bool], Awaitable[None]]
"""Shows a text; true with it says that no message comes of it."""


class Drafts:
    """A pump beside the thinking, which never waits for who watches."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._latest = ""
        self._changed = asyncio.Event()
        self._muted = False
        self._pump = asyncio.create_task(self._run())

    async def say(self, text: str) -> None:
        """Show this text next, in place of whatever still waits."""
        self._latest = text
        self._changed.set()

    def mute(self) -> None:
        """Show nothing more: somebody else has the word."""
        self._muted = True

    async def close(self, *, withdrawn: bool) -> None:
        """Stop. `withdrawn` takes the draft from the screens; else a message takes its place."""
        self._pump.cancel()
        with suppress(asyncio.CancelledError):
            await self._pump
        if withdrawn:
            await self._show("", True)

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if not self._muted:
                await self._show(self._latest, False)
            await asyncio.sleep(EVERY)
