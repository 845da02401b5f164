"""Tickets are tagged by a worker beside the answer, each once, and by another where one was killed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from shopbell.assistant.knowledge.embed import LocalEmbedder
from shopbell.assistant.ports import Ports
from shopbell.assistant.tagging.tagger import Tagger
from shopbell.assistant.words.listen import Listener
from shopbell.desk.database import Desk
from shopbell.desk.tags.commands import LEASE, claim_to_tag
from shopbell.desk.tags.reads import marks_of
from shopbell.desk.tags.types import Why
from shopbell.desk.tickets.commands import retag
from shopbell.desk.tickets.reads import ticket_for
from shopbell.jobs.worker import working
from shopbell.settings import Settings
from tests.desk.conftest import Shop
from tests.jobs.conftest import Mind, answered, rows, say, turn_is, until


class Sure:
    """A tagger that knows what the test decides."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    async def tags_for(self, texts: Sequence[str]) -> tuple[Why, ...]:
        self.asked.append(tuple(texts))
        return (Why(name="sizing", confidence=0.8),)


async def ports(desk: Desk, settings: Settings) -> Ports:
    return Ports(
        pool=desk.pool,
        embedder=LocalEmbedder(),
        listener=cast("Listener", None),
        tagger=cast("Tagger", Sure()),
    )


async def test_a_ticket_has_its_tag_while_the_answer_is_still_thought(
    shop: Shop, settings: Settings, mind: Mind
) -> None:
    async with working(settings, ports=ports, think=mind.think) as room:
        ticket = (await say(shop, await shop.thread())).ticket.id

        async def tagged() -> bool:
            return (await ticket_for(shop.desk, shop.ben, ticket)).tags == ("sizing",)

        await until(tagged)
        assert not await turn_is(shop, "answered")
        (mark,) = await marks_of(shop.desk, ticket)
        assert (mark.by.kind, round(mark.confidence or 0, 2)) == ("assistant", 0.8)
        await mind.wait_until_begun()
        mind.give(answered("It does."))
        await until(lambda: turn_is(shop, "answered"))
        assert cast("Sure", room.ports.tagger).asked == [("Does it run small?",)]


async def test_what_a_killed_worker_left_is_looked_at_by_another(
    shop: Shop, settings: Settings, mind: Mind
) -> None:
    ticket = (await say(shop, await shop.thread())).ticket.id
    assert await claim_to_tag(shop.desk, ticket) is not None
    await rows(
        shop.desk,
        "UPDATE ticket_tagging SET claimed_until = claimed_until - %s RETURNING 1",
        LEASE + timedelta(seconds=1),
    )
    async with working(settings, ports=ports, think=mind.think):

        async def looked_at() -> bool:
            (row,) = await rows(shop.desk, "SELECT seq, claimed_until FROM ticket_tagging")
            return row["seq"] > 0 and row["claimed_until"] is None

        await until(looked_at)
    assert (await ticket_for(shop.desk, shop.ben, ticket)).tags == ("sizing",)


async def test_people_who_decided_first_are_left_alone(
    shop: Shop, settings: Settings, mind: Mind
) -> None:
    settled = (await say(shop, await shop.thread())).ticket.id
    await retag(shop.desk, settled, shop.ben, add=("exchange",), remove=())
    async with working(settings, ports=ports, think=mind.think):
        other = (await say(shop, await shop.thread())).ticket.id

        async def tagged() -> bool:
            return (await ticket_for(shop.desk, shop.ben, other)).tags == ("sizing",)

        await until(tagged)
    assert (await ticket_for(shop.desk, shop.ben, settled)).tags == ("exchange",)
