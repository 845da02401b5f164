"""One socket's queue of what it is to be told: bounded, in order, ready to send."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from uuid import UUID

from shopbell.realtime.frames import CLOSE_RESUME, CLOSE_REVOKED

QUEUE = 1_000
LOOSE = 64
FRAME_EVENTS = 200


class Ended(Exception):
    """This listener is over; `code` is the close code that tells its client what to do."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Listener:
    """A bounded queue of texts. One that does not keep up is ended with the code *resume*.

    `on_end` is called once, when the listener ends by itself, so that a writer stuck on a dead
    connection can be stopped.
    """

    def __init__(
        self,
        thread_id: UUID | None = None,
        *,
        session_id: UUID | None = None,
        agent_id: UUID | None = None,
        role: str = "",
    ) -> None:
        self.thread_id = thread_id
        self.session_id = session_id
        self.agent_id = agent_id
        self.role = role
        self.on_end: Callable[[int], None] | None = None
        self._queue: deque[tuple[int, str]] = deque()
        self._ready = asyncio.Event()
        self._code: int | None = None

    @property
    def ended(self) -> int | None:
        """The close code it ended with; None while it listens."""
        return self._code

    def event(self, position: int, text: str) -> None:
        """Queue an event; several that wait together leave as one frame."""
        self._put(position, text)

    def frame(self, text: str) -> None:
        """Queue a whole frame that must arrive, like an ack."""
        self._put(0, text)

    def loose(self, text: str) -> None:
        """Queue a frame that may be lost, unless the queue is busy."""
        if len(self._queue) < LOOSE:
            self._put(0, text)

    def end(self, code: int) -> None:
        """Drop what waits and end with this close code; ending twice is no fault."""
        if self._code is not None:
            return
        self._code = code
        self._queue.clear()
        self._ready.set()
        if self.on_end is not None:
            self.on_end(code)

    def revoke(self) -> None:
        """End it because its session or token is no longer good."""
        self.end(CLOSE_REVOKED)

    async def frames(self) -> AsyncIterator[str]:
        """Every frame to send, as it comes. Raises Ended."""
        while True:
            await self._ready.wait()
            if self._code is not None:
                raise Ended(self._code)
            for frame in self._drain():
                yield frame
                if self._code is not None:
                    raise Ended(self._code)

    def waiting(self) -> list[str]:
        """What waits now, as frames, without waiting for more."""
        return list(self._drain())

    def _put(self, position: int, text: str) -> None:
        if self._code is not None:
            return
        if len(self._queue) >= QUEUE:
            self.end(CLOSE_RESUME)
            return
        self._queue.append((position, text))
        self._ready.set()

    def _drain(self) -> list[str]:
        self._ready.clear()
        frames: list[str] = []
        events: list[tuple[int, str]] = []
        while self._queue:
            position, text = self._queue.popleft()
            if position:
                events.append((position, text))
                if len(events) < FRAME_EVENTS:
                    continue
            if events:
                frames.append(events_frame(events))
                events = []
            if not position:
                frames.append(text)
        if events:
            frames.append(events_frame(events))
        return frames


def events_frame(events: list[tuple[int, str]]) -> str:
    """One `events` frame of already serialised events, at least one."""
    joined = ",".join(text for _, text in events)
    return f'{{"type":"events","position":{events[-1][0]},"events":[{joined}]}}'
