"""The agents' websocket: events of the whole desk, replies, and who types and looks where."""

from contextlib import suppress
from uuid import UUID

import msgspec
import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from starlette.websockets import WebSocket, WebSocketDisconnect

from shopbell.desk.errors import DeskError
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.types import Author
from shopbell.desk.people.types import Session
from shopbell.desk.threads.commands import agent_read
from shopbell.desk.tickets.reads import ticket_for
from shopbell.realtime.frames import (
    CLOSE_HELLO,
    CLOSE_RESUME,
    CLOSE_REVOKED,
    AgentAck,
    AgentFrame,
    AgentHello,
    AgentReadTo,
    AgentSend,
    AgentTyping,
    Position,
    Refusal,
    Typing,
    View,
    Welcome,
    encode,
)
from shopbell.realtime.listeners import Ended, Listener, events_frame
from shopbell.realtime.live import Live, publish
from shopbell.realtime.presence import look, look_away
from shopbell.server.doors import COOKIE, RANK, problem_of
from shopbell.server.sockets.wire import Wire
from shopbell.server.state import State

log = structlog.get_logger()
_decoder = msgspec.json.Decoder(AgentFrame)


async def agent_socket(websocket: WebSocket) -> None:
    """One agent's socket, from its handshake to its end."""
    state: State = websocket.app.state.shopbell
    if not state.own_origin(websocket.headers.get("origin")):
        await websocket.close(1008)
        return
    await websocket.accept()
    wire = Wire(websocket, _decoder)
    try:
        session = await state.session(websocket.cookies.get(COOKIE))
        if session is None:
            raise Ended(CLOSE_REVOKED)
        with state.crowd.person(str(session.id)):
            await AgentSocket(state, wire, session).talk()
    except Ended as ended:
        await wire.close(ended.code)
    except (OperationalError, PoolTimeout) as away:
        log.warning("agent socket without database", error=type(away).__name__)
        await wire.close(CLOSE_RESUME)
    except WebSocketDisconnect:
        return


class AgentSocket:
    """What one signed-in socket says and hears."""

    def __init__(self, state: State, wire: Wire[AgentFrame], session: Session) -> None:
        self._state = state
        self._wire = wire
        self._agent = session.agent
        self._id = uuid7().hex
        self._looking_at: UUID | None = None
        self._threads: dict[UUID, UUID] = {}
        self._listener = Listener(session_id=session.id, agent_id=session.agent.id)

    async def talk(self) -> None:
        """Greet, then listen and answer until either side ends it."""
        hello = await self._wire.hello()
        if not isinstance(hello, AgentHello):
            raise Ended(CLOSE_HELLO)
        hub = self._state.hub
        position = hub.position
        hub.listen(self._listener)
        try:
            await self._greet(hello.resume, position)
            writer = self._wire.write(self._listener)
            try:
                async for frame in self._wire.frames(self._listener):
                    await self._hear(frame)
            finally:
                writer.cancel()
        finally:
            hub.leave(self._listener)
            if self._looking_at is not None:
                await self._look_away(self._looking_at)

    async def _greet(self, resume: Position | None, position: int) -> None:
        hub = self._state.hub
        missed = None
        if resume is not None:
            missed = await hub.resume(self._listener, resume.epoch, resume.position, position)
        welcome = Welcome(epoch=hub.epoch, position=position, resumed=missed is not None)
        await self._wire.send(encode(welcome).decode())
        if missed:
            await self._wire.send(events_frame(missed))
        for viewing in hub.viewed_now():
            await self._wire.send(viewing)

    async def _hear(self, frame: AgentFrame) -> None:
        if isinstance(frame, AgentSend):
            await self._say(frame)
        elif isinstance(frame, AgentTyping):
            await self._type(frame)
        elif isinstance(frame, View):
            await self._look(frame.ticket_id)
        elif isinstance(frame, AgentReadTo):
            with suppress(DeskError):
                await agent_read(self._state.desk, frame.thread_id, self._agent, frame.seq)
        else:
            raise Ended(CLOSE_HELLO)

    async def _say(self, frame: AgentSend) -> None:
        try:
            self._may_write()
            ticket = await ticket_for(self._state.desk, self._agent, frame.ticket_id)
            written = await reply(
                self._state.desk, ticket.id, self._agent, frame.draft, take_on_purpose=frame.take
            )
        except DeskError as refused:
            refusal = Refusal(id=frame.draft.id, problem=problem_of(refused))
            self._listener.frame(encode(refusal).decode())
            return
        message = self._state.hub.audiences.sign(written.message)
        ack = AgentAck(id=frame.draft.id, message=message)
        self._listener.frame(encode(ack).decode())

    def _may_write(self) -> None:
        if RANK[self._agent.role] < RANK["agent"]:
            raise MayNotWrite

    async def _type(self, frame: AgentTyping) -> None:
        thread_id = await self._thread_of(frame.ticket_id)
        if thread_id is None or RANK[self._agent.role] < RANK["agent"]:
            return
        author = Author(kind="agent", id=self._agent.id, name=self._agent.name)
        typing = Typing(on=frame.on, author=author, ticket_id=frame.ticket_id, note=frame.note)
        to = "agents" if frame.note else "all"
        await self._publish(Live(thread_id=thread_id, to=to, frame=typing))

    async def _look(self, ticket_id: UUID | None) -> None:
        before, self._looking_at = self._looking_at, None
        if before is not None and before != ticket_id:
            await self._look_away(before)
        if ticket_id is not None and await self._thread_of(ticket_id) is not None:
            self._looking_at = ticket_id
            await look(
                self._state.redis, self._state.hub.epoch, ticket_id, self._agent.id, self._id
            )

    async def _look_away(self, ticket_id: UUID) -> None:
        await look_away(
            self._state.redis, self._state.hub.epoch, ticket_id, self._agent.id, self._id
        )

    async def _thread_of(self, ticket_id: UUID) -> UUID | None:
        """The thread of a ticket this agent may see; looked up once a socket."""
        if ticket_id not in self._threads:
            try:
                ticket = await ticket_for(self._state.desk, self._agent, ticket_id)
            except DeskError:
                return None
            self._threads[ticket_id] = ticket.thread_id
        return self._threads[ticket_id]

    async def _publish(self, live: Live) -> None:
        await publish(self._state.redis, self._state.hub.epoch, live)


class MayNotWrite(DeskError):
    """A viewer tried to write."""

    kind = "role"
    status = 403

    def __init__(self) -> None:
        super().__init__("You may read here, not write", "Ask an admin for the role agent.")
