"""The agents' websocket: events of the whole desk, replies, and who types and looks where."""

from collections.abc import Awaitable
from uuid import UUID

import msgspec
import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from starlette.websockets import WebSocket, WebSocketDisconnect

from shopbell.desk.errors import DeskError
from shopbell.desk.ids import uuid7
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
    Held,
    Position,
    Typing,
    View,
    Welcome,
    encode,
)
from shopbell.realtime.listeners import Ended, Listener, events_frame
from shopbell.realtime.live import Live, publish
from shopbell.realtime.presence import look, look_away
from shopbell.server.doors import COOKIE, RANK, address_of
from shopbell.server.saying import say
from shopbell.server.sockets.outcome import acked_or_refused, done_or_dropped
from shopbell.server.sockets.wire import Wire
from shopbell.server.state import State

log = structlog.get_logger()
_decoder = msgspec.json.Decoder(AgentFrame)


async def agent_socket(websocket: WebSocket) -> None:
    """One agent's socket, from its handshake to its end."""
    state: State = websocket.app.state.shopbell
    if not state.own_page(websocket.headers):
        log.warning("access refused", kind="origin", who="nobody", door="/ws/agent")
        await websocket.close(1008)
        return
    await websocket.accept()
    wire = Wire(websocket, _decoder)
    try:
        with state.crowd.address(address_of(websocket)):
            cookie = websocket.cookies.get(COOKIE)
            session = await state.session(cookie)
            if session is None:
                raise Ended(CLOSE_REVOKED)
            with state.crowd.person(str(session.id)):
                await AgentSocket(state, wire, session).talk(cookie)
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
        self._session = session
        self._agent = session.agent
        self._id = uuid7().hex
        self._looking_at: UUID | None = None
        self._threads: dict[UUID, UUID] = {}
        self._listener = Listener(
            session_id=session.id, agent_id=session.agent.id, role=session.agent.role
        )

    async def talk(self, cookie: str | None) -> None:
        """Greet, then listen and answer until either side ends it."""
        hello = await self._wire.hello()
        if not isinstance(hello, AgentHello):
            raise Ended(CLOSE_HELLO)
        hub = self._state.hub
        position = hub.position
        hub.listen(self._listener)
        try:
            await self._wire.converse(
                self._listener, self._converse(cookie, hello.resume, position)
            )
        finally:
            hub.leave(self._listener)
            if self._looking_at is not None:
                await self._look_away(self._looking_at)

    async def _converse(self, cookie: str | None, resume: Position | None, position: int) -> None:
        await self._check_again(cookie)
        await self._greet(resume, position)
        async with self._wire.writing(self._listener):
            async for frame in self._wire.frames(self._listener):
                await self._hear(frame)

    async def _check_again(self, cookie: str | None) -> None:
        """What ended before this socket listened was told to others only."""
        session = await self._state.session(cookie)
        if session is None or session.agent.role != self._agent.role:
            raise Ended(CLOSE_REVOKED)

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
            await self._answer(frame.draft.id, self._say(frame))
        elif isinstance(frame, AgentTyping):
            await self._try(self._type(frame))
        elif isinstance(frame, View):
            await self._try(self._look(frame.ticket_id))
        elif isinstance(frame, AgentReadTo):
            await self._try(agent_read(self._state.desk, frame.thread_id, self._agent, frame.seq))
        else:
            raise Ended(CLOSE_HELLO)

    async def _answer(self, sent_id: UUID, command: Awaitable[AgentAck | Held]) -> None:
        frame = await acked_or_refused(sent_id, command, self._who)
        self._listener.frame(encode(frame).decode())

    async def _try(self, command: Awaitable[None]) -> None:
        await done_or_dropped(command, self._who)

    @property
    def _who(self) -> str:
        return f"agent {self._agent.id}"

    async def _say(self, frame: AgentSend) -> AgentAck | Held:
        self._may_write()
        ticket = await ticket_for(self._state.desk, self._agent, frame.ticket_id)
        return await say(self._state, ticket.id, self._agent, frame)

    def _may_write(self) -> None:
        if RANK[self._agent.role] < RANK["agent"]:
            raise MayNotWrite

    async def _type(self, frame: AgentTyping) -> None:
        self._may_write()
        thread_id = await self._thread_of(frame.ticket_id)
        author = Author(kind="agent", id=self._agent.id, name=self._agent.name)
        typing = Typing(on=frame.on, author=author, ticket_id=frame.ticket_id, note=frame.note)
        to = "agents" if frame.note else "all"
        await self._publish(Live(thread_id=thread_id, to=to, frame=typing))

    async def _look(self, ticket_id: UUID | None) -> None:
        before, self._looking_at = self._looking_at, None
        if before is not None and before != ticket_id:
            await self._look_away(before)
        if ticket_id is not None:
            await self._thread_of(ticket_id)
            self._looking_at = ticket_id
            await look(
                self._state.redis, self._state.hub.epoch, ticket_id, self._agent.id, self._id
            )

    async def _look_away(self, ticket_id: UUID) -> None:
        await look_away(
            self._state.redis, self._state.hub.epoch, ticket_id, self._agent.id, self._id
        )

    async def _thread_of(self, ticket_id: UUID) -> UUID:
        """The thread of a ticket this agent may see; looked up once a socket. Raises NotFound."""
        if ticket_id not in self._threads:
            ticket = await ticket_for(self._state.desk, self._agent, ticket_id)
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
