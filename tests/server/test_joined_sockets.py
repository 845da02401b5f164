"""What shoppers' open pages hear when customers are joined, and when they are parted again."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import pytest

from shopbell.desk.identities.commands import join, undo
from shopbell.realtime.frames import CLOSE_REVOKED
from shopbell.settings import Settings
from tests.desk.conftest import Shop, shop
from tests.server.live import Served, serving

__all__ = ["shop"]


@pytest.fixture
async def served(settings: Settings, shop: Shop) -> AsyncGenerator[Served]:
    async with serving(settings, shop) as served:
        yield served


def texts(snapshot: Any) -> list[str]:
    return [one["text"] for one in snapshot["messages"]]


async def customer_of(served: Served, text: str) -> UUID:
    (row,) = await served.shop.desk.run(
        "SELECT t.customer_id FROM message m JOIN thread t ON t.id = m.thread_id WHERE m.text = %(text)s",
        text=text,
    )
    return row["customer_id"]


async def test_a_page_sees_what_joins_and_nothing_of_it_once_it_is_parted(
    served: Served, shop: Shop
) -> None:
    tokens = [(await served.visitor())["token"] for _ in range(2)]
    async with served.shopper(tokens[0]) as mia, served.shopper(tokens[1]) as tom:
        await served.say(tom, "Tom's secret")
        await served.say(mia, "Mia's own")
        hers, his = [await customer_of(served, one) for one in ("Mia's own", "Tom's secret")]
        await join(shop.desk, hers, his, shop.ben)
        await mia.event(lambda one: "message" in one and one["message"]["text"] == "Tom's secret")
        assert await tom.closed() == CLOSE_REVOKED
        async with served.open("/ws/shopper") as again:
            await again.tell(type="hello", token=tokens[1], resume=_seen(tom))
            assert (await again.hear("welcome"))["resumed"] is False
            assert texts(await again.hear("snapshot")) == ["Tom's secret", "Mia's own"]
            (row,) = await shop.desk.run("SELECT id FROM customer_join")
            await undo(shop.desk, row["id"], shop.cleo)
            assert await again.closed() == CLOSE_REVOKED
        assert await mia.closed() == CLOSE_REVOKED
    for token, before, own in ((tokens[0], mia, "Mia's own"), (tokens[1], tom, "Tom's secret")):
        async with served.open("/ws/shopper") as back:
            await back.tell(type="hello", token=token, resume=_seen(before))
            assert (await back.hear("welcome"))["resumed"] is False
            assert texts(await back.hear("snapshot")) == [own]


def _seen(socket: Any) -> dict[str, Any]:
    """Where a page goes on that saw all that its socket was told."""
    epoch = next(one["epoch"] for one in socket.seen if one["type"] == "welcome")
    position = max(one["position"] for one in socket.seen if "position" in one)
    return {"epoch": epoch, "position": position}
