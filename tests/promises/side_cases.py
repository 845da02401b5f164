"""Cases of what happens beside the talk: reading, sending, learning, and what time brings."""

import dataclasses
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from shopbell.desk.customers.types import Customer
from shopbell.desk.deliveries import commands as deliveries
from shopbell.desk.deliveries.types import Outgoing
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.reach import Unreachable
from shopbell.desk.threads.commands import agent_read, customer_read
from shopbell.desk.tickets.commands import end_snooze, resolve, snooze
from shopbell.desk.turns.commands import learn_language, suggest
from tests.promises.cases import LATER, Scene, Steps, of
from tests.promises.way_cases import other_way

LEASE = timedelta(seconds=8)
OVER = timedelta(0)


@of(agent_read)
async def an_agent_reads(scene: Scene) -> Steps:
    await scene.says()
    yield
    await agent_read(scene.shop.desk, scene.thread, scene.ben, 1)


@of(agent_read)
async def a_second_agent_reads_what_the_customer_knows_as_seen(scene: Scene) -> Steps:
    await scene.says()
    await agent_read(scene.shop.desk, scene.thread, scene.ben, 1)
    yield
    await agent_read(scene.shop.desk, scene.thread, scene.cleo, 1)


@of(agent_read, quiet=True)
async def an_agent_reads_backwards(scene: Scene) -> Steps:
    await scene.says()
    await scene.says("In green, I mean")
    await agent_read(scene.shop.desk, scene.thread, scene.ben, 2)
    yield
    await agent_read(scene.shop.desk, scene.thread, scene.ben, 1)


@of(customer_read)
async def the_customer_reads_a_reply(scene: Scene) -> Steps:
    await scene.says()
    await scene.replies(scene.ben)
    await scene.replies(scene.ben, "Ask the mill", note=True)
    yield
    await customer_read(scene.shop.desk, scene.thread, 2)


@of(customer_read, quiet=True)
async def the_customer_reads_again(scene: Scene) -> Steps:
    await scene.says()
    await scene.replies(scene.ben)
    await customer_read(scene.shop.desk, scene.thread, 2)
    yield
    await customer_read(scene.shop.desk, scene.thread, 2)


@of(end_snooze)
async def a_snooze_that_is_over(scene: Scene) -> Steps:
    await scene.says()
    await snooze(scene.shop.desk, scene.ticket, scene.ben, scene.shop.desk.now() + LATER)
    scene.pass_days(1)
    yield
    await end_snooze(scene.shop.desk, scene.ticket)


@of(end_snooze, quiet=True)
async def a_snooze_that_goes_on(scene: Scene) -> Steps:
    await scene.says()
    await snooze(scene.shop.desk, scene.ticket, scene.ben, scene.shop.desk.now() + LATER)
    yield
    await end_snooze(scene.shop.desk, scene.ticket)


@of(suggest)
async def a_suggestion_where_the_assistant_does_not_speak(scene: Scene) -> Steps:
    await scene.says()
    turn = await scene.thinks()
    yield
    assert await suggest(scene.shop.desk, turn, "w1", "Take one size up.")


@of(suggest, quiet=True)
async def a_suggestion_that_came_too_late(scene: Scene) -> Steps:
    await scene.says()
    turn = await scene.thinks()
    await scene.takes(scene.ben)
    yield
    assert not await suggest(scene.shop.desk, turn, "w1", "Take one size up.")


@of(learn_language)
async def a_language_that_is_learnt(scene: Scene) -> Steps:
    message = await scene.says("Fällt er klein aus?")
    turn = await scene.thinks()
    customer = Customer(
        id=message.author.id or scene.thread,
        name="Mia",
        language=None,
        version=1,
        created_at=message.at,
    )
    yield
    await learn_language(scene.shop.desk, turn, customer, "de")


@of(deliveries.claim)
async def a_delivery_that_begins(scene: Scene) -> Steps:
    await _reply_by_platform(scene)
    yield
    await _claimed(scene)


@of(deliveries.claim)
async def a_delivery_whose_worker_died(scene: Scene) -> Steps:
    await _reply_by_platform(scene)
    await _claimed(scene, lease=OVER)
    yield
    taken = await deliveries.claim(
        scene.shop.desk, scene.thread, "w2", LEASE, repeatable=lambda _: False
    )
    assert taken is None


@of(deliveries.sent)
async def a_delivery_that_arrives(scene: Scene) -> Steps:
    async with _sending(scene) as outgoing:
        yield
        await deliveries.sent(scene.shop.desk, outgoing, "w1", "wamid.1")


@of(deliveries.sent, quiet=True)
async def a_delivery_that_another_holds(scene: Scene) -> Steps:
    async with _sending(scene) as outgoing:
        yield
        await deliveries.sent(scene.shop.desk, outgoing, "w2", "wamid.1")


@of(deliveries.failed)
async def a_delivery_that_fails(scene: Scene) -> Steps:
    async with _sending(scene) as outgoing:
        yield
        await deliveries.failed(scene.shop.desk, outgoing, "w1", "The number is not in use.")


@of(deliveries.uncertain)
async def a_delivery_nobody_knows_of(scene: Scene) -> Steps:
    async with _sending(scene) as outgoing:
        yield
        await deliveries.uncertain(scene.shop.desk, outgoing, "w1", "No answer came.")


@of(deliveries.put_off)
async def a_delivery_that_is_put_off(scene: Scene) -> Steps:
    async with _sending(scene) as outgoing:
        yield
        await deliveries.put_off(scene.shop.desk, outgoing, "w1", "Too fast.", LATER)


async def _reply_by_platform(scene: Scene) -> None:
    """Ben replies where a message has to be sent: on a channel that is not the widget."""
    await scene.run(
        "UPDATE connection SET channel = 'http' WHERE id = %s", scene.shop.connection.id
    )
    platform = msgspec.structs.replace(scene.shop.connection, channel="http")
    scene.shop = dataclasses.replace(scene.shop, connection=platform)
    await scene.says()
    await scene.replies(scene.ben)


async def _claimed(scene: Scene, lease: timedelta = LEASE) -> Outgoing:
    outgoing = await deliveries.claim(
        scene.shop.desk, scene.thread, "w1", lease, repeatable=lambda _: False
    )
    assert outgoing is not None
    return outgoing


@asynccontextmanager
async def _sending(scene: Scene) -> AsyncGenerator[Outgoing]:
    await _reply_by_platform(scene)
    yield await _claimed(scene)


@of(deliveries.retry)
async def a_failed_message_that_is_tried_again(scene: Scene) -> Steps:
    message = await _failed(scene)
    yield
    await deliveries.retry(scene.shop.desk, message, scene.cleo)


@of(deliveries.retry)
async def an_uncertain_message_that_is_sent_again_on_purpose(scene: Scene) -> Steps:
    async with _sending(scene) as outgoing:
        await deliveries.uncertain(scene.shop.desk, outgoing, "w1", "No answer came.")
    yield
    await deliveries.retry(scene.shop.desk, outgoing.message.id, scene.cleo, on_purpose=True)


@of(deliveries.retry, quiet=True)
async def an_uncertain_message_that_is_not_sent_again_by_mistake(scene: Scene) -> Steps:
    async with _sending(scene) as outgoing:
        await deliveries.uncertain(scene.shop.desk, outgoing, "w1", "No answer came.")
    yield
    with pytest.raises(deliveries.Uncertain):
        await deliveries.retry(scene.shop.desk, outgoing.message.id, scene.cleo)


@of(deliveries.retry, quiet=True)
async def a_message_that_went_out_is_not_sent_again(scene: Scene) -> Steps:
    async with _sending(scene) as outgoing:
        await deliveries.sent(scene.shop.desk, outgoing, "w1", "wamid.1")
    yield
    with pytest.raises(deliveries.Settled):
        await deliveries.retry(scene.shop.desk, outgoing.message.id, scene.cleo, on_purpose=True)


@of(deliveries.move)
async def a_failed_message_that_goes_another_way(scene: Scene) -> Steps:
    message = await _failed(scene)
    way = await other_way(scene)
    yield
    await deliveries.move(scene.shop.desk, message, scene.cleo, way)


@of(deliveries.move)
async def a_failed_message_of_an_older_ticket_that_goes_another_way(scene: Scene) -> Steps:
    message = await _failed(scene)
    way = await other_way(scene)
    await resolve(scene.shop.desk, scene.ticket, scene.ben)
    scene.pass_days(15)
    await scene.says("A new matter")
    yield
    await deliveries.move(scene.shop.desk, message, scene.cleo, way)


@of(deliveries.move, quiet=True)
async def a_way_on_which_nobody_knows_the_customer(scene: Scene) -> Steps:
    message = await _failed(scene)
    yield
    with pytest.raises(Unreachable):
        await deliveries.move(scene.shop.desk, message, scene.cleo, uuid7())


async def _failed(scene: Scene) -> UUID:
    """Ben's reply, which the platform refused for good."""
    async with _sending(scene) as outgoing:
        await deliveries.failed(scene.shop.desk, outgoing, "w1", "The number is not in use.")
    return outgoing.message.id
