"""What customers are called where a platform has to be asked: once each, and never in intake's way."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import pytest

from shopbell.jobs import sweeping
from shopbell.jobs.naming import MOST_TRIES, name_customers
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.channels.players import Player, instagram, line_app, messenger, slack
from tests.desk.conftest import Shop
from tests.jobs.conftest import rows, until


@dataclass
class Platform:
    """How a platform is played, whom it knows, and how it is told that it knows them."""

    play: Callable[[], AbstractAsyncContextManager[Player]]
    person: str
    know: Callable[[Any, str], None]


def _meta(**fields: str) -> Callable[[Any, str], None]:
    def know(peer: Any, person: str) -> None:
        peer.profiles[person] = fields

    return know


def _line(peer: Any, person: str) -> None:
    peer.profiles[person] = "Mia Lindt"


def _slack(peer: Any, person: str) -> None:
    peer.people[person] = "Mia Lindt"


PLATFORMS = {
    "messenger": Platform(messenger, "16505551234", _meta(first_name="Mia", last_name="Lindt")),
    "instagram": Platform(instagram, "16505551234", _meta(name="Mia Lindt", username="mia")),
    "line": Platform(line_app, "U4af4980629", _line),
    "slack": Platform(slack, "UMIA", _slack),
}


@pytest.fixture(params=PLATFORMS)
def platform(request: pytest.FixtureRequest) -> Platform:
    return PLATFORMS[request.param]


@pytest.fixture
async def player(platform: Platform) -> AsyncIterator[Player]:
    async with platform.play() as player:
        yield player


@pytest.fixture
async def at(
    settings: Settings, shop: Shop, player: Player, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Line]:
    monkeypatch.setattr(sweeping, "WORK_EVERY", 0.05)
    async with line(
        settings,
        shop,
        player.channel,
        player.credentials,
        account=player.account,
        connection_settings=player.settings,
    ) as at:
        yield at


async def named(at: Line) -> list[str]:
    found = await rows(
        at.desk,
        "SELECT c.name FROM customer c JOIN identity i ON i.customer_id = c.id WHERE i.kind = %s",
        at.connection.channel,
    )
    return [row["name"] for row in found]


async def asked_again(at: Line) -> None:
    """Their time comes again, and this worker's own sweeper or this test asks."""
    await rows(
        at.desk, "UPDATE identity SET name_at = now() WHERE name_at < 'infinity' RETURNING 1"
    )
    await name_customers(at.room)


async def test_a_name_is_asked_for_once_and_shown_everywhere(
    at: Line, player: Player, platform: Platform
) -> None:
    platform.know(player.peer, platform.person)

    assert await player.write(at, "Small?", "m1") == 200

    async def is_known() -> bool:
        return await named(at) == ["Mia Lindt"]

    await until(is_known)
    told = await rows(
        at.desk,
        "SELECT payload -> 'customer' ->> 'name' AS name FROM outbox WHERE kind = 'customer.updated'"
        " UNION ALL SELECT payload -> 'customer' ->> 'name' FROM event WHERE kind = 'customer.updated'",
    )
    assert {row["name"] for row in told} == {"Mia Lindt"}
    await player.write(at, "Or large?", "m2")
    await asked_again(at)
    assert player.peer.asked == [platform.person]


async def test_who_is_not_told_of_stays_without_a_name_and_is_asked_for_a_few_times_only(
    at: Line, player: Player, platform: Platform
) -> None:
    assert await player.write(at, "Small?", "m1") == 200

    async def is_asked() -> bool:
        return player.peer.asked == [platform.person]

    async def is_put_off() -> bool:
        under_way = (
            "SELECT 1 FROM identity WHERE name_tries > 0 AND name_at < now() + interval '1 day'"
        )
        return not await rows(at.desk, under_way)

    await until(is_asked)
    for _ in range(MOST_TRIES + 2):
        await until(is_put_off)
        await asked_again(at)

    assert await named(at) == [""]
    assert len(player.peer.asked) == MOST_TRIES
    assert [one["text"] for one in await at.messages()] == ["Small?"]
    query = "SELECT health FROM connection WHERE channel = %s"
    assert (await rows(at.desk, query, player.channel))[0]["health"] == "ok"


async def test_a_platform_that_is_away_is_asked_later(
    at: Line, player: Player, platform: Platform
) -> None:
    player.peer.away = 1
    platform.know(player.peer, platform.person)
    await player.write(at, "Small?", "m1")

    async def was_asked() -> bool:
        return player.peer.away == 0

    await until(was_asked)
    assert await named(at) == [""]

    async def is_known() -> bool:
        await asked_again(at)
        return await named(at) == ["Mia Lindt"]

    await until(is_known)
