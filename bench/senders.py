"""Many senders under a rising load: how soon each message is acked, and how many are at most."""

import asyncio
from time import perf_counter
from uuid import UUID

from msgspec import Struct

from bench.arrivals import arrivals
from bench.dialects import Sender, open_ours, open_theirs
from bench.figures import Spread, spread
from bench.process import main
from bench.rows import Talk
from bench.tally import Counts, Tally
from shopbell.desk.ids import uuid7

PATIENCE_S = 20.0
KEEPS_UP = 0.9
SLOW_MS = 1_000


class Sending(Struct, frozen=True, kw_only=True):
    """Whose sockets, and the loads to try one after the other, in messages a second by all of them.

    With `tokens` they are shoppers of Shopbell, with `talks` clients of Socket.IO.
    """

    url: str
    tokens: list[str] = []
    talks: list[Talk] = []
    rates: tuple[float, ...]
    seconds: float
    seed: int = 0


class Step(Struct, frozen=True, kw_only=True):
    """One load: how many a second were acked of those meant, and how soon."""

    rate: float
    acked: float
    ack: Spread
    counts: Counts
    late_p99_ms: float

    @property
    def kept_up(self) -> bool:
        """Whether the server did what was asked of it."""
        return self.acked >= KEEPS_UP * self.rate and self.ack.p99 < SLOW_MS


class Sent(Struct, frozen=True, kw_only=True):
    """Every step up to the first that was too much."""

    steps: tuple[Step, ...]

    @property
    def most(self) -> float:
        """The most acks a second of any step."""
        return max(step.acked for step in self.steps)


async def send_all(plan: Sending) -> Sent:
    """Warm every sender up by one message, then raise the load until the server falls behind."""
    tally = Tally()

    def acked(message: UUID) -> None:
        tally.heard(message, perf_counter())

    def refused() -> None:
        tally.refused += 1

    ours = [await open_ours(plan.url, token, acked, refused) for token in plan.tokens]
    theirs = [await open_theirs(plan.url, talk, acked) for talk in plan.talks]
    senders = ours + theirs
    for sender in senders:
        message = uuid7()
        tally.said(message, perf_counter())
        sender.send(message)
        await tally.complete(PATIENCE_S)
    steps: list[Step] = []
    for rate in plan.rates:
        tally = Tally()
        steps.append(await _step(senders, tally, rate, plan))
        if not steps[-1].kept_up:
            break
    return Sent(steps=tuple(steps))


async def _step(senders: list[Sender], tally: Tally, rate: float, plan: Sending) -> Step:
    began, late = perf_counter(), list[float]()
    number = 0
    async for meant in arrivals(rate, plan.seconds, plan.seed):
        message = uuid7()
        late.append(perf_counter() - meant)
        tally.said(message, meant)
        senders[number % len(senders)].send(message)
        number += 1
        if number % 20 == 0:
            await asyncio.sleep(0)
    await tally.complete(PATIENCE_S)
    counts = tally.counts()
    return Step(
        rate=rate,
        acked=counts.heard / max(plan.seconds, tally.last_at - began),
        ack=spread(tally.took),
        counts=counts,
        late_p99_ms=spread(late).p99,
    )


if __name__ == "__main__":
    main(Sending, send_all)
