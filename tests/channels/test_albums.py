"""An album comes picture by picture, in any order and more than once: it is one message."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shopbell.connectors.channels.types import Account
from shopbell.demo.peers.http_shop import SECRET
from shopbell.desk.inbound.types import Fact, File, Sender
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.desk.conftest import Shop
from tests.jobs.conftest import answered, rows


@pytest.fixture
async def custom(settings: Settings, shop: Shop) -> AsyncIterator[Line]:
    async with line(settings, shop, "http", {"secret": SECRET}) as custom:
        yield custom


def picture(ref: str, text: str = "") -> Fact:
    return Fact(
        kind="message",
        external_id="album-1",
        sender=Sender(kind="http", value="c-7", name="Mia"),
        text=text,
        attachments=(File(ref=ref, name=f"{ref}.jpg", media_type="image/jpeg"),),
        joins=True,
    )


async def test_the_pictures_of_an_album_are_one_message(custom: Line) -> None:
    account = Account(connection=custom.connection)
    parts = [picture("a"), picture("b", "Which of these fits?"), picture("c")]

    unread = await asyncio.gather(
        *(custom.room.intake.take_in(account, [one]) for one in (*parts, *reversed(parts)))
    )

    assert unread == 6 * [[]]
    (message,) = await custom.messages()
    names = sorted(one["name"] for one in message["extra"]["attachments"])
    assert names == ["a.jpg", "b.jpg", "c.jpg"]
    assert message["text"] == "Which of these fits?"
    assert len(await rows(custom.desk, "SELECT id FROM turn")) == 1


async def test_an_album_is_thought_about_with_what_came_later(custom: Line) -> None:
    account = Account(connection=custom.connection)
    await custom.room.intake.take_in(account, [picture("a")])
    await custom.mind.wait_until_begun()

    await custom.room.intake.take_in(account, [picture("b", "Which of these fits?")])
    custom.mind.give(answered("Too soon."), answered("The second."))
    await custom.mind.wait_until_begun()

    assert "Which of these fits?" in str(custom.mind.contexts[-1])
