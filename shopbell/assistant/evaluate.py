"""Measure whole turns, without a model, on labelled questions (JSON lines)."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shopbell.assistant.ports import Ports
from shopbell.assistant.turn import think
from shopbell.assistant.types import Answer, CustomerFacts, HandOff, Said, Say, Thought, TurnContext
from shopbell.desk.articles.commands import rows
from shopbell.desk.ids import uuid7


class Line(Struct, frozen=True, kw_only=True):
    """One question and what is right.

    Any of `sources` (article keys) answers it; without one it must not be answered. `facts` are
    strings of which all belong in the answer. `decision`, `reason` and `template` say what a
    question without sources should lead to.
    """

    question: str
    language: str = "en"
    sources: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    decision: Literal["answer", "say", "handoff"] | None = None
    reason: str | None = None
    template: str | None = None


Verdict = Literal["right", "wrong_source", "wrong_sentence", "wrongly_answered", "not_answered"]


class Outcome(Struct, frozen=True, kw_only=True):
    """What one question led to; `verdict` is None where no answer was wanted and none given."""

    line: Line
    decision: str
    why: str
    text: str
    confidence: float
    milliseconds: float
    as_wanted: bool
    source: str | None = None
    reason: str | None = None
    verdict: Verdict | None = None


class Report(Struct, frozen=True, kw_only=True):
    """Shares of 1. `precision` is right of answered, `recall` right of answerable, and
    `false_handoffs` the share of answerable questions given to people. `led_right` is the share of
    the other questions that led where they should: to a person for the reason named, or to a
    template.
    """

    questions: int
    answerable: int
    answered: int
    right: int
    precision: float
    recall: float
    false_handoffs: float
    wrongly_answered: int
    led_right: float
    p50_ms: float
    p95_ms: float


@dataclass
class Evaluation:
    """Every outcome, in the order asked."""

    outcomes: list[Outcome] = field(default_factory=list[Outcome])

    def report(self, wanted: Callable[[Outcome], bool] | None = None) -> Report:
        """The figures over all outcomes, or over those `wanted`."""
        every = [one for one in self.outcomes if wanted is None or wanted(one)]
        answerable = [one for one in every if one.line.sources]
        others = [one for one in every if not one.line.sources]
        answered = [one for one in every if one.decision == "answer"]
        right = sum(one.verdict == "right" for one in every)
        took = sorted(one.milliseconds for one in every)
        return Report(
            questions=len(every),
            answerable=len(answerable),
            answered=len(answered),
            right=right,
            precision=_share(right, len(answered)),
            recall=_share(right, len(answerable)),
            false_handoffs=_share(
                sum(one.decision == "handoff" for one in answerable), len(answerable)
            ),
            wrongly_answered=sum(one.verdict == "wrongly_answered" for one in every),
            led_right=_share(sum(one.as_wanted for one in others), len(others)),
            p50_ms=_at(took, 0.5),
            p95_ms=_at(took, 0.95),
        )


def read_lines(file: Path) -> list[Line]:
    """The questions of a file; raises msgspec.ValidationError that names the field."""
    decoder = msgspec.json.Decoder(Line)
    return [decoder.decode(line) for line in file.read_bytes().splitlines() if line.strip()]


async def evaluate(ports: Ports, lines: Iterable[Line]) -> Evaluation:
    """Ask every question once, one after another, as a stranger's first words; no model is asked."""
    without_model = dataclasses.replace(ports, model=None)
    async with ports.pool.connection() as db:
        found = await rows(db, "SELECT id, key FROM article")
    keys: dict[UUID, str] = {row[0]: row[1] for row in found}
    evaluation = Evaluation()
    for line in lines:
        said = Said(id=uuid7(), author="customer", text=line.question, at=datetime.now(UTC))
        context = TurnContext(
            thread_id=uuid7(),
            ticket_id=uuid7(),
            epoch=0,
            messages=(said,),
            customer=CustomerFacts(id=uuid7()),
        )
        thought = await think(context, without_model, _unheard)
        evaluation.outcomes.append(_outcome(line, thought, keys))
    return evaluation


def _outcome(line: Line, thought: Thought, keys: dict[UUID, str]) -> Outcome:
    decision = thought.decision
    outcome = Outcome(
        line=line,
        decision=thought.trace.decision,
        why=thought.trace.why,
        text=decision.text,
        confidence=thought.trace.confidence,
        milliseconds=thought.trace.latency_ms,
        as_wanted=_as_wanted(line, thought),
        reason=decision.reason if isinstance(decision, HandOff) else None,
    )
    if not isinstance(decision, Answer):
        return replace(outcome, verdict="not_answered" if line.sources else None)
    article = decision.citations[0].article_id
    source = keys.get(article) if article else None
    verdict: Verdict = "right"
    if not line.sources:
        verdict = "wrongly_answered"
    elif source not in line.sources:
        verdict = "wrong_source"
    elif not all(fact in decision.text for fact in line.facts):
        verdict = "wrong_sentence"
    return replace(outcome, source=source, verdict=verdict)


def _as_wanted(line: Line, thought: Thought) -> bool:
    decision: Any = thought.decision
    if line.template is not None:
        return isinstance(decision, Say) and decision.template == line.template
    if line.reason is not None:
        return isinstance(decision, HandOff) and decision.reason == line.reason
    return thought.trace.decision == (line.decision or ("answer" if line.sources else "handoff"))


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _at(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1) if ordered else 0.0


async def _unheard(_: str) -> None:
    return None
