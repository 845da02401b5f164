"""Between the desk's words and the assistant's: what a turn may know, and what came of it."""

from collections.abc import Mapping

from shopbell.assistant import types as said
from shopbell.assistant.words.templates import say, with_wait
from shopbell.desk.database import now
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Citation, Draft
from shopbell.desk.tickets.types import Handoff, HandoffReason
from shopbell.desk.turns.types import Material, Turn

REASONS: Mapping[said.Reason, HandoffReason] = {
    "asked_for_person": "asked",
    "no_grounded_answer": "no_answer",
    "upset": "tone",
    "goodwill": "policy",
    "settled_by_people": "policy",
    "legal": "policy",
    "chargeback": "policy",
    "safety": "policy",
    "needs_verification": "policy",
    "needs_action": "approval",
    "failed_twice": "failed",
    "answer_failed": "failed",
    "model_failed": "unavailable",
    "model_timeout": "unavailable",
    "model_garbled": "failed",
    "model_refused": "failed",
    "over_budget": "unavailable",
    "unreadable": "no_answer",
}


def context_of(turn: Turn, material: Material) -> said.TurnContext:
    """The turn as the assistant is told of it. Claimed identities stay behind."""
    messages = tuple(
        said.Said(
            id=one.id,
            author=one.author.kind,
            text=one.text,
            at=one.at,
            note=one.visibility == "note",
            attachments=len(one.attachments),
        )
        for one in material.messages
    )
    pages = [one.page for one in material.messages if one.author.kind == "customer" and one.page]
    page = pages[-1] if pages else None
    settings = material.brand.settings
    return said.TurnContext(
        thread_id=turn.thread_id,
        ticket_id=turn.ticket_id,
        epoch=turn.epoch,
        messages=messages,
        customer=said.CustomerFacts(
            id=material.customer.id,
            name=material.customer.name or None,
            verified=tuple(
                said.Identity(kind=one.kind, value=one.value)
                for one in material.customer.identities
                if one.verified
            ),
        ),
        brand_id=material.brand.id,
        voice=(
            said.Voice(brand=material.brand.name, tone=settings.voice)
            if settings.voice
            else said.Voice(brand=material.brand.name)
        ),
        page=(
            said.Page(url=page.url or None, title=page.title or None, product=page.product or None)
            if page
            else None
        ),
        language=material.customer.language,
        country=settings.country,
        people_answer_by=material.people_answer_by,
    )


def citations_of(citations: tuple[said.Citation, ...]) -> tuple[Citation, ...]:
    """Citations as messages carry them."""
    return tuple(
        Citation(
            title=one.title,
            quote=one.quote or "",
            url=one.url,
            kind=one.kind,
            chunk_id=one.chunk_id,
            language=one.language,
        )
        for one in citations
    )


def handoff_of(decision: said.HandOff, material: Material) -> Handoff:
    """What is left for the people."""
    return Handoff(
        reason=REASONS[decision.reason],
        at=now(),
        summary=decision.summary,
        wants=decision.wants,
        tried=decision.tried,
        suggested_reply=decision.suggested_reply or "",
        promised_by=material.people_answer_by,
    )


def blind_handoff(why: str) -> tuple[Handoff, Draft]:
    """What is left and told where not even the ticket's talk could be read."""
    handoff = Handoff(reason="failed", at=now(), summary=why)
    return handoff, Draft(id=uuid7(), text=say("trouble", "en"))


def gave_up(material: Material, why: str) -> said.Thought:
    """The thought of an assistant that broke: people take over, and the customer is told so."""
    asked = [
        one.text.strip()
        for one in material.messages
        if one.author.kind == "customer" and one.text.strip()
    ]
    language = material.customer.language or material.brand.settings.language
    decision = said.HandOff(
        reason="answer_failed",
        why=why,
        text=with_wait(say("trouble", language), language, material.people_answer_by),
        language=language,
        summary="The customer wrote:\n" + "\n".join(f"- {text[:160]}" for text in asked[-5:]),
        wants=asked[-1][:400] if asked else "",
    )
    trace = said.Trace(
        query=asked[-1][:400] if asked else "",
        language=language,
        decision="handoff",
        why=why,
        confidence=0.0,
        latency_ms=0.0,
    )
    return said.Thought(decision=decision, trace=trace, language=language)
