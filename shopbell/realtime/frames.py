"""Every frame of the two websockets, told apart by `type`. docs/protocol.md shows each in use."""

from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from shopbell.desk.connections.types import Filling
from shopbell.desk.events.types import Event
from shopbell.desk.messages.types import Author, Draft, Message, Page
from shopbell.desk.threads.types import ShopperMessage, ShopperThread

CLOSE_RESUME = 4001
"""Connect again and resume: this server goes away, or this socket read too slowly."""
CLOSE_REVOKED = 4401
"""Signed out, disabled, or the visitor's token is no longer good: sign in again."""
CLOSE_HELLO = 4400
"""The first frame was not a hello, or none came in time."""
CLOSE_TOO_MANY = 4429
"""Too many frames or too many sockets: wait before connecting again."""
CLOSE_NOT_UTF8 = 1007
CLOSE_BAD_FRAME = 4402
"""A frame was not what docs/protocol.md says; the reason names what came."""
CLOSE_TOO_BIG = 1009


class Position(Struct, frozen=True, kw_only=True):
    """A place in one history; a new `epoch` (after a restore) makes older positions void."""

    epoch: UUID
    position: int


class AgentHello(Struct, frozen=True, kw_only=True, tag="hello"):
    """First frame of an agent's socket; the session cookie says who it is."""

    resume: Position | None = None


class ShopperHello(Struct, frozen=True, kw_only=True, tag="hello"):
    """First frame of a shopper's socket, with the token of `POST /api/widget/session`."""

    token: str
    resume: Position | None = None


class AgentSend(Struct, frozen=True, kw_only=True, tag="send"):
    """Say or note something on a ticket. A public message takes the ticket over; when another
    agent has it, it is refused unless `take` says that this is on purpose. It goes out `by` this
    connection, else by the ticket's, and as the platform's `template` where one is filled in. With
    `hold_s` it waits so many seconds first, and its author can take it back; `resolve` settles the
    ticket with it."""

    ticket_id: UUID
    draft: Draft
    take: bool = False
    by: UUID | None = None
    template: Filling | None = None
    hold_s: int = 0
    resolve: bool = False


class ShopperSend(Struct, frozen=True, kw_only=True, tag="send"):
    """The shopper says something."""

    draft: Draft


class AskPerson(Struct, frozen=True, kw_only=True, tag="ask_person"):
    """The shopper presses *Talk to a person*; `id` is a client-made UUIDv7 like a message's."""

    id: UUID
    page: Page | None = None


class AgentTyping(Struct, frozen=True, kw_only=True, tag="typing"):
    """The agent types a reply (or a note: then the customer is not told)."""

    ticket_id: UUID
    on: bool
    note: bool = False


class ShopperTyping(Struct, frozen=True, kw_only=True, tag="typing"):
    """The shopper types."""

    on: bool


class View(Struct, frozen=True, kw_only=True, tag="view"):
    """The agent looks at this ticket (null: at none). Repeat it every 10 s while it is so."""

    ticket_id: UUID | None = None


class AgentReadTo(Struct, frozen=True, kw_only=True, tag="read"):
    """The agent has read the thread up to `seq`."""

    thread_id: UUID
    seq: int


class ShopperReadTo(Struct, frozen=True, kw_only=True, tag="read"):
    """The shopper has seen the conversation up to `seq`."""

    seq: int


class Ping(Struct, frozen=True, kw_only=True, tag="ping"):
    """Are you there? Answered by pong; send one every 25 s when nothing else is sent."""


AgentFrame = AgentHello | AgentSend | AgentTyping | View | AgentReadTo | Ping
ShopperFrame = ShopperHello | ShopperSend | AskPerson | ShopperTyping | ShopperReadTo | Ping


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong and what to do (RFC 9457). `type` is a short stable name."""

    type: str
    title: str
    status: int
    detail: str = ""
    holder: str = ""
    retry_after: float | None = None


class Welcome(Struct, frozen=True, kw_only=True, tag="welcome"):
    """Answer to hello. `resumed` false: take a fresh state (agents by the HTTP API, shoppers from
    the snapshot frame that follows). Events after `position` follow on this socket."""

    epoch: UUID
    position: int
    resumed: bool


class Snapshot(Struct, frozen=True, kw_only=True, tag="snapshot"):
    """The shopper's whole present state: the thread and its newest messages, oldest first."""

    thread: ShopperThread
    messages: tuple[ShopperMessage, ...] = ()
    more: bool = False


class Events(Struct, frozen=True, kw_only=True, tag="events"):
    """Agents: events in order; `position` is that of the last one looked at."""

    position: int
    events: tuple[Event, ...]


class ShopperEvent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an event means to the shopper: the message, if it made or changed one, and the thread."""

    position: int
    message: ShopperMessage | None = None
    thread: ShopperThread | None = None


class ShopperEvents(Struct, frozen=True, kw_only=True, tag="events"):
    """Shoppers: events of their own thread, in order."""

    position: int
    events: tuple[ShopperEvent, ...]


class AgentAck(Struct, frozen=True, kw_only=True, tag="ack"):
    """The message stands in Postgres. Sent once for each `send`, also for a repeated one."""

    id: UUID
    message: Message


class Held(Struct, frozen=True, kw_only=True, tag="held"):
    """The reply waits in Postgres and goes in `left_s` seconds, whether this page is open or not."""

    id: UUID
    left_s: float


class ShopperAck(Struct, frozen=True, kw_only=True, tag="ack"):
    """As for agents; for `ask_person`, `message` is what the customer was told."""

    id: UUID
    message: ShopperMessage
    thread: ShopperThread


class Refusal(Struct, frozen=True, kw_only=True, tag="refused"):
    """What was sent under `id` was not done, and why."""

    id: UUID | None
    problem: Problem


class Typing(Struct, frozen=True, kw_only=True, tag="typing"):
    """Somebody types. It lapses after 6 s without repetition. To agents with ticket and author;
    to shoppers with the author's kind and first name only."""

    on: bool
    author: Author
    ticket_id: UUID | None = None
    note: bool = False


class Viewing(Struct, frozen=True, kw_only=True, tag="viewing"):
    """To agents: who looks at a ticket now, as a whole list (never a difference)."""

    ticket_id: UUID
    agents: tuple[UUID, ...]


class AnswerDraft(Struct, frozen=True, kw_only=True, tag="draft"):
    """The assistant's answer so far, whole each time. Not an event: it may be lost, and ends
    with the message, with `done` true, or with a newer epoch. `turn_id` is also on the message."""

    turn_id: UUID
    epoch: int
    text: str
    done: bool = False
    ticket_id: UUID | None = None


class Pong(Struct, frozen=True, kw_only=True, tag="pong"):
    """Answer to ping."""


AgentOut = Welcome | Events | AgentAck | Held | Refusal | Typing | Viewing | AnswerDraft | Pong
ShopperOut = Welcome | Snapshot | ShopperEvents | ShopperAck | Refusal | Typing | AnswerDraft | Pong

ENDINGS: dict[int, Literal["resume", "sign_in", "stop"]] = {
    CLOSE_RESUME: "resume",
    CLOSE_REVOKED: "sign_in",
    CLOSE_TOO_MANY: "resume",
    CLOSE_BAD_FRAME: "stop",
    CLOSE_HELLO: "stop",
}

encode = msgspec.json.Encoder().encode
