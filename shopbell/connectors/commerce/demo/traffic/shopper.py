"""One visit: a person who reads, thinks, types, waits for the answer and says thank you."""

import asyncio
import random

import httpx
from msgspec import Struct

from shopbell.connectors.commerce.demo.traffic.line import Line, Said
from shopbell.connectors.commerce.demo.traffic.stories import Step, Story

ANSWER_S = 45.0
PERSON_S = (60.0, 180.0)
TYPING_EVERY_S = 3.0
SIGNS_A_SECOND = (6.0, 11.0)
LONGEST_TYPED_S = 8.0
SIGNS_READ_A_SECOND = 28.0
LONGEST_READ_S = 9.0


class Tally(Struct):
    """What has happened so far, and how many talk now."""

    talking: int = 0
    visits: int = 0
    said: int = 0
    answered: int = 0
    asked_for_person: int = 0


async def visit(address: str, story: Story, dice: random.Random, tally: Tally, pace: float) -> None:
    """Play one story at this address; `pace` is how long a second of the shopper's takes.

    Raises httpx.HTTPError where the shop does not answer.
    """
    headers = {"Accept-Language": story.language}
    async with httpx.AsyncClient(base_url=address, headers=headers, trust_env=False) as http:
        if story.shopper:
            await http.post("/demo/sign-in", data={"shopper": story.shopper})
        line = Line(http, address, dice)
        await line.open(f"/demo/products/{story.page}" if story.page else "/demo")
        keeping = asyncio.create_task(line.keep())
        talking = asyncio.create_task(_Shopper(line, dice, tally, pace).play(story))
        tally.talking += 1
        try:
            await asyncio.wait((keeping, talking), return_when=asyncio.FIRST_COMPLETED)
        finally:
            tally.talking -= 1
            for task in (talking, keeping):
                task.cancel()
            ends = await asyncio.gather(talking, keeping, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end
        tally.visits += 1


class _Shopper:
    def __init__(self, line: Line, dice: random.Random, tally: Tally, pace: float) -> None:
        self._line = line
        self._dice = dice
        self._tally = tally
        self._pace = pace
        self._answered_by = ""
        self._waiting = False

    async def play(self, story: Story) -> None:
        await self._pass(1.5, 5)
        for step in story.steps:
            await self._do(step, story)
        await self._pass(1, 3)

    async def _do(self, step: Step, story: Story) -> None:
        if step.kind == "person":
            await self._ask_person()
        elif step.kind == "p":
            await self._await_person(step)
        elif step.kind == "q":
            if self._answered_by == "assistant" and not self._waiting:
                await self._say(step)
        elif step.kind == "m" or not self._waiting or story.shopper == "":
            seq = await self._say(step)
            if step.kind == "c" and seq is not None and not self._waiting:
                await self._await_answer(seq)

    async def _say(self, step: Step) -> int | None:
        text = self._dice.choice(step.texts)
        await self._type(text)
        seq = await self._line.say(text)
        self._tally.said += 1
        return seq

    async def _ask_person(self) -> None:
        await self._pass(1, 4)
        told = await self._line.ask_person()
        self._tally.asked_for_person += 1
        self._waiting = True
        if told is not None:
            await self._read(self._line.answer_after(told - 1, "assistant", "system", "agent"))

    async def _await_answer(self, seq: int) -> None:
        answer = await self._line.until(
            lambda: self._line.answer_after(seq, "assistant", "agent", "system"), ANSWER_S
        )
        if answer is not None:
            self._tally.answered += 1
            self._answered_by = answer.author.kind
            await self._read(answer)
        self._waiting = self._line.thread.answering == "agents"

    async def _await_person(self, step: Step) -> None:
        """Stay a while after a handoff; thank the person who comes, else leave the page open."""
        if not self._waiting:
            return
        since = self._line.thread.last_seq
        patience = self._dice.uniform(*PERSON_S) * self._pace
        came = await self._line.until(lambda: self._line.answer_after(since, "agent"), patience)
        if came is not None:
            self._tally.answered += 1
            await self._read(came)
            await self._say(step)

    async def _type(self, text: str) -> None:
        left = min(len(text) / self._dice.uniform(*SIGNS_A_SECOND), LONGEST_TYPED_S)
        while left > 0:
            await self._line.tell(type="typing", on=True)
            await self._pass(min(left, TYPING_EVERY_S))
            left -= TYPING_EVERY_S
        await self._line.tell(type="typing", on=False)

    async def _read(self, said: Said | None) -> None:
        if said is not None:
            await self._line.tell(type="read", seq=said.seq)
            await self._pass(min(len(said.text) / SIGNS_READ_A_SECOND, LONGEST_READ_S))

    async def _pass(self, least_s: float, most_s: float = 0) -> None:
        await asyncio.sleep(self._dice.uniform(least_s, max(least_s, most_s)) * self._pace)
