"""Who only heard the events holds what a reload shows, after every command of the desk."""

import copy
import random
from collections.abc import AsyncIterator, Sequence

import pytest

from shopbell.desk.events.types import Event
from shopbell.realtime.frames import Events
from shopbell.realtime.history import decode_event
from tests.desk.conftest import Shop, shop
from tests.promises import (
    cases,
    change_cases,
    clock_cases,
    elsewhere_cases,
    held_cases,
    identity_cases,
    import_cases,
    inbound_cases,
    reply_cases,
    side_cases,
    tag_cases,
    way_cases,
)
from tests.promises.cases import Scene, Told
from tests.promises.state import (
    AgentClient,
    ShopperClient,
    agent_state,
    over_the_wire,
    shopper_events,
    shopper_state,
)
from tests.realtime.test_relay import leading, until

__all__ = [
    "change_cases",
    "clock_cases",
    "elsewhere_cases",
    "held_cases",
    "identity_cases",
    "import_cases",
    "inbound_cases",
    "reply_cases",
    "shop",
    "side_cases",
    "tag_cases",
    "way_cases",
]

NOT_OF_A_THREAD = {
    "actions": "the ledger of what was done in the shop, which no client holds; tests/actions",
    "articles": "knowledge, which no client holds",
    "attachments": "files before their message, of which nobody has heard",
    "connections": "accounts of channels; tests/channels",
    "deliveries.beat": "a lease",
    "inbound.keep": "a payload, which no client holds",
    "inbound.claim": "a lease",
    "inbound.done": "the payload's own book",
    "inbound.put_off": "the payload's own book",
    "inbound.flag": "the payload's own book",
    "inbound.forget": "payloads of a month ago",
    "deliveries.overdue": "reads",
    "tickets.let_go_of_all": "each by tickets.let_go",
    "held.take_back": "what was said to nobody yet; tests/desk/test_held.py",
    "held.set_undo": "an agent's own setting",
    "held.forget_held": "what was taken back a day ago",
    "replies.save_reply": "what may be said, which each client asks for; tests/desk/test_replies.py",
    "replies.change_reply": "the same",
    "replies.remove_reply": "the same",
    "replies.count_use": "the same",
    "search.count_words": "words that were said, which no client holds",
    "tags.add_tag": "what may be chosen, which each client asks for; tests/desk/test_tags.py",
    "tags.change_tag": "the same; tickets follow by tags.follow",
    "tags.merge_tag": "the same",
    "tags.part_tag": "the same",
    "tags.remove_tag": "the same",
    "tags.follow_tags": "each by tags.follow or tags.come_back",
    "tags.unlooked": "reads",
    "tags.claim_to_tag": "a lease",
    "sla.set_policies": "what is promised, which no client holds; tests/desk/test_sla.py",
    "people": "who works here; tests/desk/test_people.py",
    "turns.claim": "the assistant's own book",
    "turns.beat": "the assistant's own book",
    "turns.let_go": "the assistant's own book",
    "turns.keep_trace": "the assistant's own book",
    "turns.became_suggestion": "the assistant's own book",
    "windows.closing": "reads",
    "verification.claim_code": "a lease",
    "verification.code_sent": "the code's own book",
    "verification.code_unsent": "the code's own book",
    "verification.code_put_off": "the code's own book",
    "verification.forget_codes": "codes of a month ago",
    "customers.thread_of": "makes an empty thread, of which nobody has heard",
    "customers.claimed_thread": "makes an empty thread, of which nobody has heard",
}
"""Commands that need no case, by noun or name, and why."""


@pytest.fixture
async def scene(shop: Shop, database_url: str, redis_url: str) -> AsyncIterator[Scene]:
    async with leading(database_url, redis_url) as relay:
        shop.desk.wake = relay.wake
        yield Scene(shop, await shop.thread())


async def heard(scene: Scene, after: int) -> list[Event]:
    """The events since a position, once the relay has moved all of them."""

    async def moved() -> bool:
        return await scene.shop.count("outbox") == 0

    await until(moved)
    async with scene.shop.desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT position, payload::text AS payload FROM event WHERE position > %s"
            " ORDER BY position",
            (after,),
        )
        return [decode_event(row["position"], row["payload"]) for row in await found.fetchall()]


def disordered(events: Sequence[Event]) -> list[list[Event]]:
    """Ways in which a client that loads and listens at the same time may meet them."""
    shuffled = random.Random(7).sample(events, len(events))
    return [list(events), [*reversed(events), *events], shuffled]


@pytest.mark.parametrize("case", cases.CASES, ids=str)
async def test_events_alone_lead_where_a_reload_does(scene: Scene, case: Told) -> None:
    steps = case.run(scene)
    await anext(steps)
    past = await heard(scene, 0)
    position = past[-1].position if past else 0
    threads = [scene.thread, *scene.others]
    agents = [await agent_state(scene.shop.desk, who, threads) for who in agents_of(scene)]
    shopper = await shopper_state(scene.shop.desk, scene.thread)
    with pytest.raises(StopAsyncIteration):
        await anext(steps)
    events = await heard(scene, position)
    changed: list[bool] = []
    for before in agents:
        after = await agent_state(scene.shop.desk, before.me, threads)
        for order in disordered(events):
            assert shown(before, order, after) == after
        assert shown(after, past + events, after) == after
        changed.append(before != after)
    assert any(changed) is not case.quiet
    if any(event.kind == "customer.parted" for event in past + events):
        return  # The hub ends a parted thread's sockets, so that their pages load anew.
    told = await shopper_state(scene.shop.desk, scene.thread)
    for order in disordered(events):
        assert await shown_to_shopper(scene, shopper, order) == told
    assert await shown_to_shopper(scene, told, past + events) == told


def agents_of(scene: Scene) -> tuple[cases.Agent, ...]:
    return (scene.ben, scene.cleo)


def shown(before: AgentClient, events: Sequence[Event], desk: AgentClient) -> AgentClient:
    """What the events lead to. `desk` is what stands there, for the lists that one of them has read
    anew; conversations, customers and people come from the events alone."""
    client = copy.deepcopy(before)
    for event in over_the_wire(Events(position=0, events=tuple(events))).events:
        client.see(event)
        if event.kind == "import.came":
            client.read_lists(desk)
    return client


async def shown_to_shopper(
    scene: Scene, before: ShopperClient, events: Sequence[Event]
) -> ShopperClient:
    client = copy.deepcopy(before)
    frame = await shopper_events(scene.shop.desk, scene.thread, events)
    for event in over_the_wire(frame).events:
        client.see(event)
    return client


def test_every_command_on_threads_and_tickets_has_a_case() -> None:
    named = {case.command for case in cases.CASES}
    needed = {
        name
        for name in cases.commands()
        if name not in NOT_OF_A_THREAD and name.split(".")[0] not in NOT_OF_A_THREAD
    }
    assert named == needed
