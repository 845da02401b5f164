"""What goes into one turn of the assistant and what comes out of it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from shopbell.desk.elsewhere.types import Address

Author = Literal["customer", "assistant", "agent", "system"]

Reason = Literal[
    "asked_for_person",
    "no_grounded_answer",
    "upset",
    "goodwill",
    "legal",
    "chargeback",
    "safety",
    "needs_verification",
    "needs_action",
    "settled_by_people",
    "failed_twice",
    "answer_failed",
    "model_failed",
    "model_timeout",
    "model_garbled",
    "model_refused",
    "over_budget",
    "unreadable",
]

OnDraft = Callable[[str], Awaitable[None]]
"""Called with the whole checked text so far; each call replaces the draft shown before."""


class Said(Struct, frozen=True, kw_only=True):
    """One public message or note of the thread, oldest first in a turn."""

    id: UUID
    author: Author
    text: str
    at: datetime
    note: bool = False
    attachments: int = 0


class Identity(Struct, frozen=True, kw_only=True):
    """An address of the customer, e.g. kind "email", value "ann@example.org"."""

    kind: str
    value: str


class CustomerFacts(Struct, frozen=True, kw_only=True):
    """The customer of the turn; `verified` holds proven identities only, never claims."""

    id: UUID
    name: str | None = None
    verified: tuple[Identity, ...] = ()


class Voice(Struct, frozen=True, kw_only=True):
    """How the brand speaks; reaches only the model's instructions, never facts."""

    brand: str = "the shop"
    tone: str = "friendly, brief, plain"
    sign_off: str | None = None


class Page(Struct, frozen=True, kw_only=True):
    """The page the shopper is on, as the widget reported it: data, never instructions."""

    url: str | None = None
    title: str | None = None
    product: str | None = None


class TurnContext(Struct, frozen=True, kw_only=True):
    """Everything one turn may know.

    `messages` starts at the engagement's boundary, oldest first, and ends with the customer's
    newest message. `language` is the customer's remembered language (ISO 639-1), `country` the shop's. `people_answer_by`
    is when a person is expected to answer, already in the shop's time zone.
    """

    thread_id: UUID
    ticket_id: UUID
    epoch: int
    messages: tuple[Said, ...]
    customer: CustomerFacts
    brand_id: UUID | None = None
    voice: Voice = Voice()
    page: Page | None = None
    language: str | None = None
    country: str = ""
    people_answer_by: datetime | None = None


class Citation(Struct, frozen=True, kw_only=True):
    """Where a sentence comes from; `quote` is word for word what the source says."""

    kind: Literal["article", "order", "product"]
    title: str
    source: str
    url: str | None = None
    section: str | None = None
    chunk_id: UUID | None = None
    article_id: UUID | None = None
    quote: str | None = None
    language: str | None = None
    score: float | None = None


class Answer(Struct, frozen=True, kw_only=True, tag="answer"):
    """Words with proof; `text` is what is sent, whole."""

    text: str
    language: str
    citations: tuple[Citation, ...]
    confidence: float


class Say(Struct, frozen=True, kw_only=True, tag="say"):
    """A fixed template without facts, e.g. the answer to a greeting."""

    text: str
    language: str
    template: str


class Prove(Struct, frozen=True, kw_only=True, tag="prove"):
    """Send a code to this address, for the customer to write back: they say that it is theirs.

    What they are told is the desk's to say, since it knows what may be sent. `text` asks them for
    the address, for an agent to use where the assistant says nothing itself.
    """

    address: Address
    text: str
    language: str


class HandOff(Struct, frozen=True, kw_only=True, tag="handoff"):
    """Give the ticket to people.

    `text` is the one message the customer gets. `summary`, `wants`, `tried` and
    `suggested_reply` are for agents only. `why` is one plain sentence about `reason`.
    """

    reason: Reason
    why: str
    text: str
    language: str
    summary: str
    wants: str
    tried: tuple[str, ...] = ()
    suggested_reply: str | None = None
    citations: tuple[Citation, ...] = ()


Decision = Answer | Say | Prove | HandOff


class Found(Struct, frozen=True, kw_only=True):
    """A retrieved chunk as the trace keeps it; scores are per arm, None where it was not found."""

    chunk_id: UUID
    article_id: UUID
    title: str
    section: str | None
    source: str
    language: str
    score: float
    text_rank: float | None = None
    e5: float | None = None
    use: float | None = None


class Step(Struct, frozen=True, kw_only=True):
    """One timed step of a turn."""

    name: str
    ms: float


class Usage(Struct, frozen=True, kw_only=True):
    """What a model call cost; `cost_usd` is None when the model's price is unknown."""

    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


class Trace(Struct, frozen=True, kw_only=True):
    """How a turn came to its decision; saved by the job and opened from the message."""

    query: str
    language: str
    decision: str
    why: str
    confidence: float
    latency_ms: float
    intent: str | None = None
    found: tuple[Found, ...] = ()
    steps: tuple[Step, ...] = ()
    usage: Usage | None = None
    cut: tuple[str, ...] = ()
    """Sentences of the model that were dropped because their evidence does not hold them."""


class Thought(Struct, frozen=True, kw_only=True):
    """A finished turn: the decision, how it came about, and the language to remember."""

    decision: Decision
    trace: Trace
    language: str
