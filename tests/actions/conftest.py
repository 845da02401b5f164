"""A desk and an embedded shop with a few orders of two customers."""

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from shopbell.connectors.commerce.demo.acting import ActingDemoShop
from shopbell.connectors.commerce.demo.file import read_shop_file
from shopbell.connectors.commerce.demo.loading import load_shop
from shopbell.connectors.commerce.types import Order
from shopbell.desk.actions.asking import read_action
from shopbell.desk.actions.types import Asking, Entry
from shopbell.desk.database import Desk, open_desk
from shopbell.jobs.acting import act, fresh_key

ANN, BOB = "ann@mail.example", "bob@mail.example"
NOW = dt.datetime.now(dt.UTC)


def days_ago(days: float) -> str:
    return (NOW - dt.timedelta(days=days)).isoformat()


def delivered(number: str, days: float, *lines: dict[str, Any], of: str = ANN) -> dict[str, Any]:
    return {
        "number": number, "customer": of, "state": "delivered", "placed_at": days_ago(days + 3),
        "lines": list(lines) or [{"sku": "LAMP-W", "quantity": 2}],
        "payments": [{"method": "Visa ending 1111"}],
        "fulfilments": [{"state": "delivered", "delivered_at": days_ago(days)}],
    }  # fmt: skip


def shop_file() -> dict[str, Any]:
    home = {
        "name": "Ann Lee",
        "line1": "1 Quay",
        "city": "Cork",
        "postcode": "T12",
        "country": "Ireland",
    }
    unsent = {
        "state": "paid",
        "placed_at": days_ago(0.1),
        "payments": [{"method": "Visa ending 1111"}],
    }
    return {
        "products": [
            {
                "title": "Desk lamp",
                "variants": [
                    {"sku": "LAMP-W", "price": "40.00", "stock": 5, "colour": "White"},
                    {"sku": "LAMP-B", "price": "40.00", "stock": 1, "colour": "Black"},
                    {"sku": "LAMP-G", "price": "45.00", "stock": 9, "colour": "Gold"},
                ],
            },
            {"title": "Rug", "variants": [{"sku": "RUG", "price": "300", "stock": 0}]},
        ],
        "customers": [
            {"email": ANN, "name": "Ann Lee", "phone": "+35385000001", "addresses": [home]},
            {"email": BOB, "name": "Bob Roe", "addresses": [home]},
        ],
        "orders": [
            {"number": "#W100", "customer": ANN, "lines": [{"sku": "LAMP-W", "quantity": 2}], **unsent},
            {"number": "W101", "customer": BOB, "lines": [{"sku": "LAMP-W"}], **unsent},
            delivered("W200", 5),
            delivered("W201", 60),
            delivered("W202", 5, {"sku": "RUG"}),
            delivered("W203", 5, {"sku": "LAMP-W", "final_sale": True}),
            delivered("W300", 5, of=BOB),
        ],
    }  # fmt: skip


@dataclass(frozen=True)
class Counter:
    """The desk, the shop, and short ways to ask."""

    desk: Desk
    shop: ActingDemoShop

    async def ask(
        self, name: str, customer: str = ANN, *, verified: bool = True, by: str = "assistant",
        key: str = "", saying: str = "", **args: Any,
    ) -> Entry:  # fmt: skip
        asking = Asking(
            key=key or fresh_key(),
            customer=customer,
            asked_by=by,  # pyright: ignore[reportArgumentType]
            verified=verified,
            saying=saying,
        )
        return await act(self.desk, self.shop, read_action(name, msgspec.json.encode(args)), asking)

    async def order(self, number: str) -> Order:
        found = await self.shop.order(number)
        assert found is not None
        return found

    async def refunded(self, number: str) -> int:
        return sum(one.refunded.amount for one in (await self.order(number)).payments)

    async def stock(self, sku: str) -> int:
        return (await self.shop.goods([sku]))[sku].variant.stock

    async def rows(self, query: str) -> list[Any]:
        return await self.desk.run(query)


@pytest.fixture
async def counter(database_url: str) -> AsyncIterator[Counter]:
    async with open_desk(database_url, size=12) as desk:
        await load_shop(desk.pool, read_shop_file(msgspec.json.encode(shop_file())))
        yield Counter(desk, ActingDemoShop(desk.pool, "http://shop"))
