"""Cases of how a reply goes out: by a channel that its author chose, and as a platform's template."""

from uuid import UUID

import pytest

from shopbell.desk.connections.templates import keep_templates
from shopbell.desk.connections.types import Blank, Filling, Template
from shopbell.desk.deliveries.commands import move
from shopbell.desk.errors import Invalid
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.reach import Unreachable
from shopbell.desk.messages.types import Draft, Message
from tests.promises.cases import Scene, Steps, of

HELLO = Filling(name="hello", language="en", values={"body.1": "Mia"})


@of(reply)
async def a_reply_by_another_channel_than_the_tickets(scene: Scene) -> Steps:
    await scene.says()
    way = await other_way(scene)
    yield
    written = await _reply(scene, by=way)
    assert written.channel == "telegram"


@of(reply, quiet=True)
async def a_reply_by_a_channel_that_knows_the_customer_no_longer(scene: Scene) -> Steps:
    await scene.says()
    way = await other_way(scene)
    await scene.run("DELETE FROM contact WHERE connection_id = %s", way)
    yield
    for gone in (way, uuid7()):
        with pytest.raises(Unreachable):
            await _reply(scene, by=gone)


@of(reply)
async def a_reply_as_a_template(scene: Scene) -> Steps:
    await scene.says()
    way = await _templated(scene)
    yield
    written = await _reply(scene, by=way, template=HELLO)
    assert written.text == "Hello Mia."


@of(reply, quiet=True)
async def a_template_that_is_not_approved(scene: Scene) -> Steps:
    await scene.says()
    way = await _templated(scene, "PAUSED")
    yield
    with pytest.raises(Invalid):
        await _reply(scene, by=way, template=HELLO)


@of(move)
async def a_failed_template_goes_another_way_as_words(scene: Scene) -> Steps:
    await scene.says()
    written = await _reply(scene, by=await _templated(scene), template=HELLO)
    await scene.run("UPDATE delivery SET status = 'failed' WHERE message_id = %s", written.id)
    way = await other_way(scene)
    yield
    moved = await move(scene.shop.desk, written.id, scene.cleo, way)
    assert (moved.text, moved.template) == ("Hello Mia.", None)


async def _reply(
    scene: Scene, *, by: UUID | None = None, template: Filling | None = None
) -> Message:
    draft = Draft(id=uuid7(), text="" if template else "It does.")
    desk, ticket = scene.shop.desk, scene.ticket
    return (await reply(desk, ticket, scene.ben, draft, by=by, template=template)).message


async def _templated(scene: Scene, status: str = "APPROVED") -> UUID:
    """A way whose window is shut, with one template."""
    way = await other_way(scene)
    await scene.run("UPDATE contact SET window_until = now() WHERE connection_id = %s", way)
    template = Template(
        name="hello",
        language="en",
        status=status,
        body="Hello {{1}}.",
        blanks=(Blank(part="body", name="1", most=99),),
    )
    await keep_templates(scene.shop.desk, way, [template])
    return way


async def other_way(scene: Scene) -> UUID:
    """Another connection, by which the customer has written before."""
    way, brand = uuid7(), scene.shop.connection.brand_id
    await scene.run(
        "INSERT INTO connection (id, brand_id, channel, name) VALUES (%s, %s, 'telegram', 'Fold')",
        *(way, brand),
    )
    await scene.run(
        "INSERT INTO contact (connection_id, thread_id, place, identity, heard_at)"
        " VALUES (%s, %s, 'chat-7', '7', now())",
        *(way, scene.thread),
    )
    return way
