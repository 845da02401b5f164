"""Ask the assistant one question outside any thread, as `shopbell ask` does."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg_pool import AsyncConnectionPool

from shopbell.assistant.knowledge.index import index_pending
from shopbell.assistant.ports import Ports, open_ports
from shopbell.assistant.turn import think
from shopbell.assistant.types import (
    Answer,
    Citation,
    CustomerFacts,
    Found,
    HandOff,
    Identity,
    Said,
    TurnContext,
)
from shopbell.connectors.commerce.types import Shop
from shopbell.desk.articles.commands import rows
from shopbell.desk.ids import uuid7
from shopbell.settings import Settings

Pool = AsyncConnectionPool[Any]


class AskResult(Struct, frozen=True, kw_only=True):
    """The decision and its words; `citations` name source, address and quote."""

    decision: str
    answer: str
    why: str
    language: str
    confidence: float
    citations: tuple[Citation, ...]
    found: tuple[Found, ...]
    model: str | None
    cost_usd: float
    latency_ms: float
    reason: str | None = None


async def ask(
    pool: Pool,
    question: str,
    *,
    settings: Settings,
    language: str | None = None,
    customer_id: UUID | None = None,
    shop: Shop | None = None,
    ports: Ports | None = None,
) -> AskResult:
    """Think about one question. `customer_id` brings that customer's verified identities.

    Opens the ports (two seconds) unless they are given.
    """
    if ports is None:
        ports = await open_ports(pool, settings, shop)
        await index_pending(pool, ports.embedder)
    context = TurnContext(
        thread_id=uuid7(),
        ticket_id=uuid7(),
        epoch=0,
        messages=(Said(id=uuid7(), author="customer", text=question, at=datetime.now(UTC)),),
        customer=await _customer(pool, customer_id),
        language=language,
    )
    thought = await think(context, ports, _unheard)
    decision, trace = thought.decision, thought.trace
    return AskResult(
        decision=trace.decision,
        answer=decision.text,
        why=trace.why,
        language=thought.language,
        confidence=trace.confidence,
        citations=decision.citations if isinstance(decision, Answer | HandOff) else (),
        found=trace.found,
        model=trace.usage.model if trace.usage else None,
        cost_usd=(trace.usage.cost_usd or 0.0) if trace.usage else 0.0,
        latency_ms=trace.latency_ms,
        reason=decision.reason if isinstance(decision, HandOff) else None,
    )


async def _customer(pool: Pool, customer_id: UUID | None) -> CustomerFacts:
    if customer_id is None:
        return CustomerFacts(id=uuid7())
    async with pool.connection() as db:
        known = await rows(
            db,
            "SELECT kind, value FROM identity"
            " WHERE customer_id = %(id)s AND verified_at IS NOT NULL",
            id=customer_id,
        )
        found = [Identity(kind=row[0], value=row[1]) for row in known]
    return CustomerFacts(id=customer_id, verified=tuple(found))


async def _unheard(_: str) -> None:
    return None
