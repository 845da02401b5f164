"""Cases of addresses left on the page, and of replies that go there."""

from uuid import UUID

import pytest

from shopbell.desk.elsewhere.commands import leave_address, send_on, silence, take_back
from shopbell.desk.elsewhere.types import Address
from shopbell.desk.errors import Invalid
from shopbell.desk.ids import uuid7
from shopbell.desk.threads.commands import customer_read
from tests.promises.cases import Scene, Steps, of

MAIL = Address(kind="email", value="mia@mail.example")


@of(leave_address)
async def an_address_that_is_left(scene: Scene) -> Steps:
    await scene.says()
    way = await _mailbox(scene)
    yield
    await leave_address(scene.shop.desk, scene.thread, MAIL, way, "Yes")


@of(leave_address, quiet=True)
async def an_address_that_is_left_again(scene: Scene) -> Steps:
    way = await _left(scene)
    yield
    await leave_address(scene.shop.desk, scene.thread, MAIL, way, "Yes")


@of(leave_address, quiet=True)
async def an_address_whose_owner_wants_no_more(scene: Scene) -> Steps:
    way = await _left(scene)
    await silence(scene.shop.desk, way, MAIL.value)
    yield
    with pytest.raises(Invalid):
        await leave_address(scene.shop.desk, scene.thread, MAIL, way, "Yes")


@of(leave_address, quiet=True)
async def an_address_before_any_word(scene: Scene) -> Steps:
    way = await _mailbox(scene)
    yield
    with pytest.raises(Invalid):
        await leave_address(scene.shop.desk, scene.thread, MAIL, way, "Yes")


@of(take_back)
async def an_address_that_is_taken_back(scene: Scene) -> Steps:
    await _left(scene)
    yield
    await take_back(scene.shop.desk, scene.thread)


@of(silence)
async def an_owner_who_wants_no_more(scene: Scene) -> Steps:
    way = await _left(scene)
    yield
    await silence(scene.shop.desk, way, MAIL.value)


@of(send_on)
async def a_reply_that_nobody_saw(scene: Scene) -> Steps:
    await _left(scene)
    message = await scene.replies(scene.ben)
    yield
    assert await send_on(scene.shop.desk, message.id)


@of(send_on, quiet=True)
async def a_reply_that_was_seen(scene: Scene) -> Steps:
    await _left(scene)
    message = await scene.replies(scene.ben)
    await customer_read(scene.shop.desk, scene.thread, message.seq)
    yield
    assert not await send_on(scene.shop.desk, message.id)


async def _left(scene: Scene) -> UUID:
    """Mia wrote, and left her address; by which connection it is written to."""
    await scene.says()
    way = await _mailbox(scene)
    await leave_address(scene.shop.desk, scene.thread, MAIL, way, "Yes")
    return way


async def _mailbox(scene: Scene) -> UUID:
    way, brand = uuid7(), scene.shop.connection.brand_id
    await scene.run(
        "INSERT INTO connection (id, brand_id, channel, name) VALUES (%s, %s, 'email', 'Help')",
        *(way, brand),
    )
    return way
