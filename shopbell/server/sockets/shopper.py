"""The shoppers' websocket: their own conversation, live. No cookie is read here."""

import asyncio
from collections.abc import Awaitable
from uuid import UUID

import msgspec
import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from starlette.websockets import WebSocket, WebSocketDisconnect

from shopbell.desk.customers.types import Visitor
from shopbell.desk.errors import DeskError
from shopbell.desk.messages.types import Author
from shopbell.desk.threads.reads import current_ticket
from shopbell.realtime.frames import (
    CLOSE_HELLO,
    CLOSE_RESUME,
    CLOSE_REVOKED,
    AskPerson,
    Position,
    ShopperAck,
    ShopperFrame,
    ShopperHello,
    ShopperReadTo,
    ShopperSend,
    ShopperTyping,
    Snapshot,
    Typing,
    Welcome,
    encode,
)
from shopbell.realtime.listeners import Ended, Listener, events_frame
from shopbell.realtime.live import Live, publish
from shopbell.server.audit import note_refusal
from shopbell.server.doors import address_of
from shopbell.server.sockets.outcome import acked_or_refused, done_or_dropped
from shopbell.server.sockets.wire import Wire
from shopbell.server.state import State
from shopbell.server.widget.doors import check_origin
from shopbell.server.widget.talk import ask, conversation, read, say
from shopbell.server.widget.tokens import read_token, seconds_left

log = structlog.get_logger()
_decoder = msgspec.json.Decoder(ShopperFrame)


async def shopper_socket(websocket: WebSocket) -> None:
    """One shopper's socket, from its handshake to its end."""
    state: State = websocket.app.state.shopbell
    await websocket.accept()
    wire = Wire(websocket, _decoder)
    try:
        with state.crowd.address(address_of(websocket)):
            hello = await wire.hello()
            if not isinstance(hello, ShopperHello):
                raise Ended(CLOSE_HELLO)
            visitor = await read_token(state, hello.token)
            check_origin(state, visitor.connection, websocket.headers.get("origin"))
            with state.crowd.person(str(visitor.id)):
                socket = ShopperSocket(state, wire, visitor)
                await socket.talk(hello.resume, seconds_left(hello.token, state.desk.now()))
    except Ended as ended:
        await wire.close(ended.code)
    except DeskError as refused:
        note_refusal(refused, who="visitor", door="/ws/shopper")
        await wire.close(CLOSE_REVOKED)
    except (OperationalError, PoolTimeout) as away:
        log.warning("shopper socket without database", error=type(away).__name__)
        await wire.close(CLOSE_RESUME)
    except WebSocketDisconnect:
        return


class ShopperSocket:
    """What one visitor's page says and hears.

    A visitor without a thread listens on their own id: their first message makes the thread
    under it, so all their open pages hear it.
    """

    def __init__(self, state: State, wire: Wire[ShopperFrame], visitor: Visitor) -> None:
        self._state = state
        self._wire = wire
        self._visitor = visitor
        self._listener = Listener(visitor.thread_id or visitor.id, session_id=visitor.id)

    async def talk(self, resume: Position | None, seconds: float) -> None:
        """Greet, then listen and answer until either side ends it, at the latest when the
        visitor's token does."""
        hub = self._state.hub
        position = hub.position
        hub.listen(self._listener)
        expiry = asyncio.get_running_loop().call_later(seconds, self._listener.revoke)
        try:
            await self._wire.converse(self._listener, self._converse(resume, position))
        finally:
            expiry.cancel()
            hub.leave(self._listener)

    async def _converse(self, resume: Position | None, position: int) -> None:
        await self._greet(resume, position)
        async with self._wire.writing(self._listener):
            async for frame in self._wire.frames(self._listener):
                await self._hear(frame)

    async def _greet(self, resume: Position | None, position: int) -> None:
        hub = self._state.hub
        missed = None
        if resume is not None:
            missed = await hub.resume(self._listener, resume.epoch, resume.position, position)
        welcome = Welcome(epoch=hub.epoch, position=position, resumed=missed is not None)
        await self._wire.send(encode(welcome).decode())
        if missed is None:
            await self._wire.send(encode(await self._snapshot()).decode())
        elif missed:
            await self._wire.send(events_frame(missed))

    async def _snapshot(self) -> Snapshot:
        thread, messages, more = await conversation(self._state, self._visitor)
        return Snapshot(thread=thread, messages=messages, more=more)

    async def _hear(self, frame: ShopperFrame) -> None:
        state, visitor = self._state, self._visitor
        if isinstance(frame, ShopperSend):
            await self._answer(frame.draft.id, say(state, visitor, frame.draft))
        elif isinstance(frame, AskPerson):
            await self._answer(frame.id, ask(state, visitor, frame.id, frame.page))
        elif isinstance(frame, ShopperTyping):
            await self._try(self._type(frame.on))
        elif isinstance(frame, ShopperReadTo):
            await self._try(read(state, visitor, frame.seq))
        else:
            raise Ended(CLOSE_HELLO)

    async def _answer(self, sent_id: UUID, command: Awaitable[ShopperAck]) -> None:
        frame = await acked_or_refused(sent_id, command, self._who)
        self._listener.frame(encode(frame).decode())

    async def _try(self, command: Awaitable[None]) -> None:
        await done_or_dropped(command, self._who)

    @property
    def _who(self) -> str:
        return f"visitor {self._visitor.id}"

    async def _type(self, on: bool) -> None:
        thread_id = self._listener.thread_id
        if thread_id is None:
            return
        ticket_id = await current_ticket(self._state.desk, thread_id)
        if ticket_id is None:
            return
        author = Author(kind="customer", name=self._visitor.name)
        typing = Typing(on=on, author=author, ticket_id=ticket_id)
        await publish(
            self._state.redis,
            self._state.hub.epoch,
            Live(thread_id=thread_id, to="agents", frame=typing),
        )
