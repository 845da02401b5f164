"""Cases of replies that wait before they go, and of replies that settle their ticket."""

from uuid import UUID

import pytest

from shopbell.desk.errors import Fenced, Taken
from shopbell.desk.held.commands import hold, send_held
from shopbell.desk.held.types import Sending
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.types import Draft
from tests.promises.cases import Scene, Steps, of


@of(hold)
async def a_reply_that_is_held_takes_over(scene: Scene) -> Steps:
    await scene.says()
    await scene.thinks()
    yield
    await held(scene)


@of(hold, quiet=True)
async def a_reply_that_is_held_on_ones_own_ticket(scene: Scene) -> Steps:
    await scene.says()
    await scene.takes(scene.ben)
    yield
    await held(scene)


@of(hold, quiet=True)
async def a_reply_that_is_held_on_anothers_ticket(scene: Scene) -> Steps:
    await scene.says()
    await scene.takes(scene.cleo)
    yield
    with pytest.raises(Taken):
        await held(scene)


@of(send_held)
async def a_held_reply_that_goes_and_settles(scene: Scene) -> Steps:
    await scene.says()
    one = await held(scene, resolve=True)
    yield
    assert await send_held(scene.shop.desk, one) is not None


@of(send_held, quiet=True)
async def a_held_reply_of_a_ticket_that_was_taken(scene: Scene) -> Steps:
    await scene.says()
    one = await held(scene)
    await scene.takes(scene.cleo, on_purpose=True)
    yield
    with pytest.raises(Taken):
        await send_held(scene.shop.desk, one)


@of(send_held, quiet=True)
async def a_held_reply_of_a_ticket_that_was_given_back(scene: Scene) -> Steps:
    await scene.says()
    one = await held(scene)
    await scene.releases(scene.ben)
    yield
    with pytest.raises(Fenced):
        await send_held(scene.shop.desk, one)


@of(reply)
async def a_reply_that_settles(scene: Scene) -> Steps:
    await scene.says()
    yield
    draft = Draft(id=uuid7(), text="Gladly.")
    written = await reply(scene.shop.desk, scene.ticket, scene.ben, draft, resolve=True)
    assert written.ticket.status == "resolved"


@of(reply)
async def a_note_settles_nothing(scene: Scene) -> Steps:
    await scene.says()
    yield
    draft = Draft(id=uuid7(), text="Gladly.", visibility="note")
    written = await reply(scene.shop.desk, scene.ticket, scene.ben, draft, resolve=True)
    assert written.ticket.status == "open"


async def held(scene: Scene, *, resolve: bool = False) -> UUID:
    """Ben's reply, which waits."""
    sending = Sending(draft=Draft(id=uuid7(), text="It does."), resolve=resolve)
    await hold(scene.shop.desk, scene.ticket, scene.ben, sending, seconds=10)
    return sending.draft.id
