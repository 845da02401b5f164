"""Bodies and answers of the HTTP API."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from shopbell.connectors.channels.types import Field
from shopbell.desk.connections.types import (
    AnswerMode,
    Brand,
    Capability,
    Connection,
    Filling,
    Template,
)
from shopbell.desk.deliveries.types import Unsent
from shopbell.desk.elsewhere.types import AddressKind
from shopbell.desk.events.types import AgentRead
from shopbell.desk.identities.types import Found, Joining
from shopbell.desk.messages.types import Draft, Message
from shopbell.desk.people.types import Agent, Role, Team
from shopbell.desk.replies.types import Facts as Facts
from shopbell.desk.replies.types import MacroRun as MacroRun
from shopbell.desk.search.types import Hits as Hits
from shopbell.desk.sla.types import Bill, Policy
from shopbell.desk.threads.types import ShopperMessage, ShopperThread
from shopbell.desk.tickets.types import Priority, Ticket
from shopbell.desk.tickets.types import TicketOpen as TicketOpen
from shopbell.desk.turns.types import TurnRecord as TurnRecord
from shopbell.server.change_types import ChangeDone as ChangeDone
from shopbell.server.change_types import ChangeTickets as ChangeTickets
from shopbell.server.reply_types import ChangeReply as ChangeReply
from shopbell.server.reply_types import HeldReplies as HeldReplies
from shopbell.server.reply_types import NewReply as NewReply
from shopbell.server.reply_types import RunMacro as RunMacro
from shopbell.server.reply_types import SavedReplies as SavedReplies
from shopbell.server.reply_types import SetUndo as SetUndo
from shopbell.server.tag_types import ChangeTag as ChangeTag
from shopbell.server.tag_types import Marks as Marks
from shopbell.server.tag_types import MergeTag as MergeTag
from shopbell.server.tag_types import NewTag as NewTag
from shopbell.server.tag_types import Tags as Tags

Short = Annotated[str, Meta(max_length=200)]
Long = Annotated[str, Meta(max_length=4000)]


class SignIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/session."""

    email: Short
    password: Short


class SetPassword(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/invitation: accept a one-time link. The first admin says their address too."""

    token: Short
    name: Short
    password: Short
    email: Short | None = None


class ChangePassword(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/me/password: the present one, and the one to come."""

    old: Short
    new: Short


class Me(Struct, frozen=True, kw_only=True):
    """GET /api/me: who is signed in, and what the inbox needs to name things. `channels` are
    the names people know them by, `capabilities` what each can carry, `connections` the accounts;
    `undo_s` is how many seconds one's replies wait before they go; `position` was reached before any
    of this was read."""

    agent: Agent
    people: tuple[Agent, ...]
    teams: tuple[Team, ...]
    brands: tuple[Brand, ...]
    channels: dict[str, str]
    capabilities: dict[str, Capability]
    connections: tuple[Connection, ...]
    undo_s: int
    epoch: UUID
    position: int


class Counts(Struct, frozen=True, kw_only=True):
    """GET /api/counts: tickets in each built-in view, and messages that did not go out, absolute."""

    mine: int
    unassigned: int
    waiting: int
    assistant: int
    all_open: int
    snoozed: int
    resolved: int
    due: int
    unsent: int


class TicketPage(Struct, frozen=True, kw_only=True):
    """GET /api/tickets, in the order of `sort`; `next` is the cursor of the following page.
    `reads` are the asking agent's own read positions for these threads."""

    tickets: tuple[Ticket, ...]
    reads: tuple[AgentRead, ...]
    next: str | None = None


class MessagePage(Struct, frozen=True, kw_only=True):
    """Messages before a `seq`, oldest first."""

    messages: tuple[Message, ...]
    more: bool


class TakeOver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`on_purpose`: take it even from another agent."""

    on_purpose: bool = False


class Release(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`note` tells the assistant, and the team, what the people settled."""

    note: Long = ""


class Assign(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Give a ticket to an agent, a team, both, or (null, null) nobody."""

    agent_id: UUID | None = None
    team_id: UUID | None = None


class Snooze(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Out of sight until then, or until the customer writes; null is only until they write."""

    until: datetime | None


class SetPriority(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    priority: Priority


class SetTags(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    tags: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=60)], ...], Meta(max_length=20)
    ]


class Reply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/tickets/{id}/messages: the websocket's `send` for networks without websockets."""

    draft: Draft
    take: bool = False
    by: UUID | None = None
    template: Filling | None = None
    hold_s: int = 0
    resolve: bool = False


class ReadTo(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    seq: Annotated[int, Meta(ge=0)]


class WidgetSessionBody(Struct, frozen=True, kw_only=True):
    """POST /api/widget/session: a new visitor, or a known one by `token`. `identity_token` is the
    shop's signed statement of who is signed in (JWT, HS256 with the connection's secret)."""

    key: Short
    token: Annotated[str, Meta(max_length=2000)] | None = None
    identity_token: Annotated[str, Meta(max_length=4000)] | None = None


class WidgetSession(Struct, frozen=True, kw_only=True):
    """What the widget needs to show itself. Keep `token`: it is the shopper's only key.

    `time_zone` is the brand's, on whose clock promises are told. `elsewhere` are the kinds of
    addresses that the shopper may leave for replies they miss, `left` the one they left, veiled.
    """

    token: str
    brand_name: str
    assistant_name: str
    greeting: str
    color: str
    verified: bool
    people_available: bool
    hours_text: str
    time_zone: str
    customer_name: str = ""
    thread: ShopperThread
    unread: int = 0
    elsewhere: tuple[AddressKind, ...] = ()
    left: str = ""


class LeaveAddress(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/widget/address: where replies go that are not seen on the page. `consent` are the
    words that the shopper agreed to, as they read them."""

    address: Annotated[str, Meta(max_length=254)]
    consent: Annotated[str, Meta(min_length=1, max_length=500)]


class LeftAddress(Struct, frozen=True, kw_only=True):
    """The address that was left, veiled."""

    left: str


class FoundCustomers(Struct, frozen=True, kw_only=True):
    """GET /api/customers?find=: whom a ticket's number or an address names."""

    found: tuple[Found, ...]


class Joinings(Struct, frozen=True, kw_only=True):
    """GET /api/customers/{id}/joinings: who is part of the customer, the newest first."""

    joinings: tuple[Joining, ...]


class JoinWith(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/customers/{id}/join: the other becomes part of the customer."""

    other_id: UUID


class SetLanguage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/customers/{id}/language: which language they write (ISO 639-1)."""

    language: Annotated[str, Meta(min_length=2, max_length=2)]


class SendCode(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/widget/codes: "I also wrote from there". `id` is a client-made UUIDv7, of the message
    that says where the code goes."""

    id: UUID
    address: Short


class ShopperPage(Struct, frozen=True, kw_only=True):
    """GET /api/widget/messages: messages before a `seq`, oldest first."""

    messages: tuple[ShopperMessage, ...]
    more: bool


class Agents(Struct, frozen=True, kw_only=True):
    """GET /api/agents: everyone, the disabled too, by name."""

    agents: tuple[Agent, ...]


class NewAgent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: Short
    name: Short
    role: Role


class Invited(Struct, frozen=True, kw_only=True):
    """An agent and the one-time link with which they choose a password; it is shown only here."""

    agent: Agent
    link: str


class ChangeAgent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Only the given fields change; disabling, or another role, signs the agent out everywhere."""

    name: Short | None = None
    role: Role | None = None
    disabled: bool | None = None


class ChannelKind(Struct, frozen=True, kw_only=True):
    """A channel that can be connected. `form` is what to enter; `hooked` says that its platform
    calls a hook of ours, `checked` that it can be asked how an account is."""

    capability: Capability
    form: tuple[Field, ...]
    hooked: bool
    checked: bool


class ConnectionShown(Struct, frozen=True, kw_only=True):
    """A connection as admins see it. `kept` names the credentials that are there, never their
    values. `hook` is the address to enter at the platform, empty where it needs none; `embed` the
    line of HTML that puts a web chat on a page."""

    connection: Connection
    kept: tuple[str, ...]
    hook: str
    embed: str
    heard_at: datetime | None
    sent_at: datetime | None
    checked_at: datetime | None


class Connections(Struct, frozen=True, kw_only=True):
    """GET /api/connections: the accounts, and the channels that can be connected."""

    connections: tuple[ConnectionShown, ...]
    channels: tuple[ChannelKind, ...]


class Templates(Struct, frozen=True, kw_only=True):
    """GET /api/connections/{id}/templates: as the platform last told them, approved or not."""

    templates: tuple[Template, ...]
    read_at: datetime | None = None


class Connected(Struct, frozen=True, kw_only=True):
    """A connection after it was made or changed; `made` are secrets that Shopbell made, shown only
    here."""

    shown: ConnectionShown
    made: dict[str, str]


Entered = Annotated[
    dict[
        Annotated[str, Meta(max_length=60)],
        Annotated[str, Meta(max_length=8000)],
    ],
    Meta(max_length=30),
]


class NewConnection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/connections: `entered` by the names of the channel's form."""

    channel: Short
    name: Short = ""
    brand_id: UUID | None = None
    entered: Entered


class ChangeConnection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PATCH /api/connections/{id}: only what is given changes; `entered` replaces those
    credentials and leaves the others."""

    name: Short | None = None
    answer_mode: AnswerMode | None = None
    paused: bool | None = None
    entered: Entered | None = None


class UnsentPage(Struct, frozen=True, kw_only=True):
    """GET /api/deliveries: newest first; `next` is the cursor of the following page."""

    unsent: tuple[Unsent, ...]
    next: str | None = None


class Retry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`on_purpose`: even a message that may have arrived."""

    on_purpose: bool = False


class Move(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which other connection; `on_purpose` as for a retry."""

    connection_id: UUID
    on_purpose: bool = False


class Policies(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """GET and PUT /api/sla/policies: what is promised, in order; the first that fits counts."""

    policies: tuple[Policy, ...]


class Clocks(Struct, frozen=True, kw_only=True):
    """GET /api/tickets/{id}/clocks: all that ran for a ticket, the oldest first."""

    clocks: tuple[Bill, ...]
