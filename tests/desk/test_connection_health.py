"""Who may say how a connection is: several see a part of it each, and must not move it back and forth."""

from datetime import timedelta

import pytest

from shopbell.desk.connections.commands import DOUBT, Teller, set_health
from shopbell.desk.connections.types import Health
from tests.desk.conftest import Shop
from tests.jobs.conftest import rows

Told = tuple[Teller, Health]


async def health(shop: Shop) -> str:
    found = await rows(shop.desk, "SELECT health FROM connection WHERE id = %s", shop.connection.id)
    return found[0]["health"]


async def tell(shop: Shop, *told: Told) -> str:
    for by, found in told:
        words = "" if found == "ok" else f"{by} says {found}"
        await set_health(shop.desk, shop.connection.id, found, words, by=by)
    return await health(shop)


@pytest.mark.parametrize(
    ("told", "then"),
    [
        ([("send", "reconnect"), ("check", "ok")], "reconnect"),
        ([("send", "reconnect"), ("check", "degraded")], "reconnect"),
        ([("send", "degraded"), ("check", "ok")], "degraded"),
        ([("check", "degraded"), ("send", "ok")], "degraded"),
        ([("platform", "reconnect"), ("check", "ok")], "reconnect"),
        ([("listen", "degraded"), ("check", "ok"), ("send", "ok")], "degraded"),
        ([("send", "degraded"), ("check", "reconnect")], "reconnect"),
        ([("check", "reconnect"), ("check", "ok")], "ok"),
        ([("send", "degraded"), ("send", "ok")], "ok"),
        ([("listen", "degraded"), ("listen", "ok")], "ok"),
        ([("send", "reconnect"), ("platform", "ok")], "ok"),
        ([("send", "reconnect"), ("people", "ok")], "ok"),
    ],
)
async def test_worse_is_always_heard_and_better_from_who_told_worse(
    shop: Shop, told: list[Told], then: Health
) -> None:
    assert await tell(shop, *told) == then


async def test_a_check_is_believed_again_after_an_hour(shop: Shop) -> None:
    await tell(shop, ("send", "reconnect"))
    query = "UPDATE connection SET health_at = health_at - %s WHERE id = %s RETURNING id"
    await rows(shop.desk, query, DOUBT + timedelta(seconds=1), shop.connection.id)

    assert await tell(shop, ("check", "ok")) == "ok"
