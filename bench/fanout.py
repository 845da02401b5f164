"""Every event to many agents' sockets: how soon the last one has it, and how many a second."""

from functools import partial
from time import perf_counter
from uuid import UUID

import msgspec
from msgspec import Struct

from bench.arrivals import arrivals
from bench.crowd import greet_agent
from bench.dialects import open_ours
from bench.figures import Spread, spread
from bench.process import main
from bench.tally import Counts, Tally, total
from shopbell.desk.ids import uuid7

PATIENCE_S = 20.0


class Fanning(Struct, frozen=True, kw_only=True):
    """Who speaks and who listens, and how many messages a second."""

    url: str
    speakers: list[str]
    ears: list[str]
    rate: float
    seconds: float


class Fanned(Struct, frozen=True, kw_only=True):
    """`each` is from the moment meant to each ear, `last` to the last of them."""

    each: Spread
    last: Spread
    deliveries_a_second: float
    counts: Counts


class _Message(Struct):
    id: UUID
    thread_id: UUID
    seq: int


class _Event(Struct):
    message: _Message | None = None


class _Frame(Struct):
    events: list[_Event] = []


_decoder = msgspec.json.Decoder(_Frame)


async def fan(plan: Fanning) -> Fanned:
    """Let the speakers speak by turns while every ear listens."""
    tallies = [Tally() for _ in plan.ears]
    last_at: dict[UUID, float] = {}

    def hear(tally: Tally, raw: bytes) -> None:
        at = perf_counter()
        for event in _decoder.decode(raw).events:
            if event.message is not None:
                one = event.message
                tally.heard(one.id, at, order=one.thread_id, seq=one.seq)
                last_at[one.id] = at

    for cookie, tally in zip(plan.ears, tallies, strict=True):
        await greet_agent(plan.url, cookie, partial(hear, tally))
    speakers = [
        await open_ours(plan.url, token, lambda _: None, lambda: None) for token in plan.speakers
    ]
    meant_at: dict[UUID, float] = {}
    number, began = 0, perf_counter()
    async for meant in arrivals(plan.rate, plan.seconds, seed=1):
        message = uuid7()
        meant_at[message] = meant
        for tally in tallies:
            tally.said(message, meant)
        speakers[number % len(speakers)].send(message)
        number += 1
    for tally in tallies:
        await tally.complete(PATIENCE_S)
    took = max(last_at.values()) - began
    counts = total([tally.counts() for tally in tallies])
    return Fanned(
        each=spread([one for tally in tallies for one in tally.took]),
        last=spread([last_at[message] - meant for message, meant in meant_at.items()]),
        deliveries_a_second=counts.heard / took,
        counts=counts,
    )


if __name__ == "__main__":
    main(Fanning, fan)
