"""Shoppers who speak, an agent who hears them, and a model that answers some: one load process."""

import asyncio
from functools import partial
from time import perf_counter
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from bench.arrivals import arrivals
from bench.client import Client
from bench.crowd import greet_agent, greet_shopper
from bench.figures import Spread, spread
from bench.model import ModelPeer, question
from bench.process import main
from bench.tally import Counts, Tally
from shopbell.desk.ids import uuid7

DRAIN_S = 10.0
SETTLE_S = 1.0


class Talking(Struct, frozen=True, kw_only=True):
    """Who speaks, how often and for how long; `askers` ask the assistant, the others nobody.

    Rates are messages a second by all of them together.
    """

    url: str
    shoppers: list[str]
    askers: list[str]
    ear: str
    model_port: int
    rate: float
    ask_rate: float
    seconds: float
    seed: int


class Heard(Struct, frozen=True, kw_only=True):
    """What one round gave: from the moment meant to the agent's socket, to the sender's ack, and
    from the model's first whole sentence to the shopper's socket."""

    to_agent: Spread
    ack: Spread
    token: Spread
    agent_counts: Counts
    ack_counts: Counts
    token_counts: Counts
    late_p99_ms: float


class _Message(Struct):
    id: UUID
    thread_id: UUID
    seq: int


class _Event(Struct):
    position: int
    message: _Message | None = None


class _AgentFrame(Struct):
    events: list[_Event] = []


class _ShopperFrame(Struct):
    type: str
    id: UUID | None = None
    text: str = ""


_of_agent = msgspec.json.Decoder(_AgentFrame)
_of_shopper = msgspec.json.Decoder(_ShopperFrame)


class Room:
    """The sockets of one round and what they hear."""

    def __init__(self) -> None:
        self.agent, self.acks, self.tokens = Tally(), Tally(), Tally()
        self.model = ModelPeer(self.tokens)
        self.late: list[float] = []

    def agent_hears(self, frame: bytes) -> None:
        """The agent's socket."""
        at = perf_counter()
        for event in _of_agent.decode(frame).events:
            if event.message is not None:
                one = event.message
                self.agent.heard(one.id, at, order=one.thread_id, seq=one.seq)

    def shopper_hears(self, asked: list[UUID], raw: bytes) -> None:
        """A shopper's socket; `asked` is what this shopper last asked the assistant."""
        at = perf_counter()
        frame = _of_shopper.decode(raw)
        if frame.type == "ack" and frame.id is not None:
            self.acks.heard(frame.id, at)
        elif frame.type == "refused":
            self.acks.refused += 1
            self.agent.refused += 1
        elif frame.type == "draft" and frame.text and asked:
            self.tokens.heard(asked.pop(), at)

    async def speak(self, clients: list[Client], rate: float, seconds: float, seed: int) -> None:
        """Messages to the quiet chat, by turns."""
        number = 0
        async for meant in arrivals(rate, seconds, seed):
            self._say(clients[number % len(clients)], uuid7(), "Does it run small?", meant)
            number += 1

    async def ask(
        self,
        askers: list[tuple[Client, list[UUID]]],
        rate: float,
        seconds: float,
        seed: int,
    ) -> None:
        """Questions to the assistant, each of another shopper."""
        left = iter(askers)
        async for meant in arrivals(rate, seconds, seed):
            found = next(left, None)
            if found is None:
                return
            client, asked = found
            message = uuid7()
            asked.append(message)
            self._say(client, message, question(message), meant)

    def _say(self, client: Client, message: UUID, text: str, meant: float) -> None:
        self.late.append(perf_counter() - meant)
        self.agent.said(message, meant)
        self.acks.said(message, meant)
        client.send(_send(message, text))

    async def drain(self) -> None:
        """Wait for what is still on its way, no longer than 10 s each."""
        for tally in (self.agent, self.acks, self.tokens):
            await tally.complete(DRAIN_S)


async def talk(plan: Talking) -> Heard:
    """One round."""
    room = Room()
    server = await asyncio.start_server(room.model.serve, "127.0.0.1", plan.model_port)
    await greet_agent(plan.url, plan.ear, room.agent_hears)
    speakers = [
        await greet_shopper(plan.url, token, partial(room.shopper_hears, []))
        for token in plan.shoppers
    ]
    askers: list[tuple[Client, list[UUID]]] = []
    for token in plan.askers:
        asked: list[UUID] = []
        client = await greet_shopper(plan.url, token, partial(room.shopper_hears, asked))
        askers.append((client, asked))
    await asyncio.sleep(SETTLE_S)
    await asyncio.gather(
        room.speak(speakers, plan.rate, plan.seconds, plan.seed),
        room.ask(askers, plan.ask_rate, plan.seconds, plan.seed + 1),
    )
    await room.drain()
    server.close()
    return Heard(
        to_agent=spread(room.agent.took),
        ack=spread(room.acks.took),
        token=spread(room.tokens.took),
        agent_counts=room.agent.counts(),
        ack_counts=room.acks.counts(),
        token_counts=room.tokens.counts(),
        late_p99_ms=spread(room.late).p99,
    )


def _send(message: UUID, text: str) -> bytes:
    frame: dict[str, Any] = {"type": "send", "draft": {"id": message, "text": text}}
    return msgspec.json.encode(frame)


if __name__ == "__main__":
    main(Talking, talk)
