"""Places that others read too: nothing personal is said there, and moderators hand over threads."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec
import pytest

from shopbell.assistant.types import Answer, Citation, Thought
from shopbell.demo.peers.http_shop import SECRET, HttpShop, http_shop
from shopbell.desk.connections.types import ConnectionSettings
from shopbell.desk.control.commands import take_over
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.types import Fact, Sender
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.personal import is_personal
from shopbell.desk.messages.types import Attachment, Author, Draft, Message
from shopbell.desk.messages.types import Citation as Cited
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.desk.conftest import Shop
from tests.jobs.conftest import answered, rows, until

ORDER = Citation(kind="order", title="WF-1001", source="orders", quote="Sent on Monday.")


def about_the_order(text: str) -> Thought:
    """An answer that tells of somebody's order."""
    thought = answered(text)
    told = Answer(text=text, language="en", citations=(ORDER,), confidence=0.9)
    return msgspec.structs.replace(thought, decision=told)


def asked(text: str, name: str = "m1", *, to_people: bool = False) -> Fact:
    return Fact(
        kind="message",
        external_id=name,
        sender=Sender(kind="http", value="c-7", name="Mia"),
        at=datetime.now(UTC),
        text=text,
        place="lounge",
        community=True,
        to_people=to_people,
    )


@pytest.fixture
async def peer() -> AsyncIterator[HttpShop]:
    async with http_shop() as peer:
        yield peer


@pytest.fixture
async def lounge(settings: Settings, shop: Shop, peer: HttpShop) -> AsyncIterator[Line]:
    """A channel that knows no private way, in a place that others read."""
    endpoint = ConnectionSettings(endpoint=peer.url)
    async with line(
        settings, shop, "http", {"secret": SECRET}, connection_settings=endpoint
    ) as lounge:
        yield lounge


async def take_in(lounge: Line, *facts: Fact) -> None:
    account, _ = await lounge.room.intake.account(lounge.connection.id)
    await lounge.room.intake.take_in(account, facts)


async def test_what_is_personal_is_not_sent_where_the_channel_knows_no_private_way(
    lounge: Line, peer: HttpShop
) -> None:
    lounge.mind.give(about_the_order("It left on Monday."))
    await take_in(lounge, asked("Where is my order?"))

    async def is_refused() -> bool:
        return (await lounge.messages())[-1]["sent_state"] == "failed"

    await until(is_refused)
    assert "Others read that place" in (await lounge.messages())[-1]["error"]
    assert peer.calls == []


async def test_what_is_not_personal_is_answered_where_it_was_asked(
    lounge: Line, peer: HttpShop
) -> None:
    lounge.mind.give(answered("Take one size up."))
    await take_in(lounge, asked("Does it run small?"))

    async def is_sent() -> bool:
        return bool(peer.taken)

    await until(is_sent)


async def test_a_thread_that_a_moderator_hands_over_goes_to_people_once(
    lounge: Line, peer: HttpShop
) -> None:
    await take_in(lounge, asked("Does it run small?"))
    await lounge.mind.wait_until_begun()

    for _ in range(3):
        await take_in(lounge, asked("Does it run small?", to_people=True))

    (ticket,) = await rows(lounge.desk, "SELECT control, handoff FROM ticket")
    assert ticket["control"] == "agents"
    assert ticket["handoff"]["reason"] == "asked"
    found = await lounge.messages()
    assert [one["author_kind"] for one in found] == ["customer", "assistant"]


async def test_an_agent_who_tells_of_a_suggested_order_is_kept_from_it_as_well(
    lounge: Line, peer: HttpShop, shop: Shop
) -> None:
    await take_in(lounge, asked("Where is my order?"))
    await lounge.mind.wait_until_begun()
    (ticket,) = await rows(lounge.desk, "SELECT id FROM ticket")
    await take_over(shop.desk, ticket["id"], shop.ben)
    lounge.mind.give(about_the_order("WF-1001 left on Monday."))

    async def is_suggested() -> bool:
        (row,) = await rows(lounge.desk, "SELECT suggestion FROM ticket")
        return row["suggestion"] is not None

    await until(is_suggested)
    told = Draft(id=uuid7(), text="Hi Mia, WF-1001 left on Monday.")
    await reply(shop.desk, ticket["id"], shop.ben, told)

    async def is_refused() -> bool:
        return (await lounge.messages())[-1]["sent_state"] == "failed"

    await until(is_refused)
    assert peer.calls == []


def test_orders_and_files_are_personal() -> None:
    said = Message(
        id=uuid7(),
        thread_id=uuid7(),
        ticket_id=uuid7(),
        seq=1,
        author=Author(kind="assistant"),
        channel="slack",
        text="Yes",
        at=datetime.now(UTC),
    )
    article, order = Cited(title="Sizes"), Cited(title="WF-1", kind="order")
    label = Attachment(id=uuid7(), name="label.pdf", media_type="application/pdf", size=1)

    assert not is_personal(msgspec.structs.replace(said, citations=(article,)))
    assert is_personal(msgspec.structs.replace(said, citations=(article, order)))
    assert is_personal(msgspec.structs.replace(said, attachments=(label,)))
