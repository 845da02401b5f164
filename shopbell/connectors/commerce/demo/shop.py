"""The demo shop, read from its tables in our own database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from shopbell.connectors.commerce.types import Identity, Money, Order, Product, ShopUnavailable

_SQL = Path(__file__).parent / "sql"
_PRODUCTS = (_SQL / "products.sql").read_bytes()
_ORDERS = (_SQL / "orders.sql").read_bytes()
_NUMBER = re.compile(r"\bWF[\s#-]*(\d{5})\b|#\s*(\d{5})\b|#([A-Z]{1,3}-?\d{4,12})\b", re.IGNORECASE)
"""Our own numbers however they are written; those of a shop that was loaded behind their sign."""
_BY_NUMBER: dict[str, Any] = {"emails": [], "phones": [], "count": 1}
_BARE_NUMBER = re.compile(r"\d{5}")
_WORD = re.compile(r"[\w-]{3,}")


class DemoShop:
    """`Shop` over the tables of 0020_demo_shop.sql; `base_url` is where /demo is served."""

    orders_query = _ORDERS

    def __init__(self, pool: AsyncConnectionPool[Any], base_url: str = "") -> None:
        self._pool = pool
        self._base = f"{base_url.rstrip('/')}/demo"

    async def search_products(
        self, query: str, *, limit: int = 8, in_stock_only: bool = False
    ) -> list[Product]:
        words = [_stem(word) for word in _WORD.findall(query.casefold())]
        if not words:
            return []
        return await self._products(words=words, count=limit, in_stock_only=in_stock_only)

    async def product_by_handle(self, handle: str) -> Product | None:
        if "\0" in handle:  # which Postgres takes in no text
            return None
        found = await self._products(handle=handle, count=1)
        return found[0] if found else None

    async def products(self, collection: str | None = None) -> list[Product]:
        """All products, or those of a collection named by its title, in the shop's own order."""
        return await self._products(collection=collection)

    async def orders_of(self, identities: Sequence[Identity], *, limit: int = 10) -> list[Order]:
        emails = [who.value.casefold() for who in identities if who.kind == "email"]
        phones = [who.value for who in identities if who.kind == "phone"]
        if not emails and not phones:
            return []
        return await self._orders(number=None, emails=emails, phones=phones, count=limit)

    async def order(self, number: str) -> Order | None:
        text = number.strip()
        if not text or "\0" in text:
            return None
        exact = await self._orders(number=text.removeprefix("#").upper(), **_BY_NUMBER)
        if exact:
            return exact[0]
        found = [f"WF-{text}"] if _BARE_NUMBER.fullmatch(text) else self.order_numbers_in(text)
        if len(found) != 1:
            return None
        orders = await self._orders(number=found[0], **_BY_NUMBER)
        return orders[0] if orders else None

    def order_numbers_in(self, text: str) -> list[str]:
        found = (
            f"WF-{one or other}" if one or other else loaded.upper()
            for one, other, loaded in _NUMBER.findall(text)
        )
        return list(dict.fromkeys(found))

    async def _products(self, **wanted: Any) -> list[Product]:
        every: dict[str, Any] = {"words": [], "handle": None, "collection": None}
        every |= {"in_stock_only": False, "count": 200}
        rows = await self._rows(_PRODUCTS, every | wanted)
        return [self._product(row) for row in rows]

    async def _orders(self, **wanted: Any) -> list[Order]:
        return [self._order(row) for row in await self._rows(_ORDERS, wanted)]

    async def _rows(self, query: bytes, values: dict[str, Any]) -> list[DictRow]:
        try:
            async with self._pool.connection() as link, link.cursor(row_factory=dict_row) as cursor:
                await cursor.execute(query, values)
                return await cursor.fetchall()
        except (psycopg.OperationalError, PoolTimeout) as failure:
            raise ShopUnavailable("the demo shop's database did not answer") from failure

    def _product(self, row: DictRow) -> Product:
        colour = str(row["variants"][0]["colour"]).lower()
        row["url"] = f"{self._base}/products/{row['handle']}"
        row["image_url"] = f"{self._base}/pictures/{row['handle']}/{colour}.svg"
        return msgspec.convert(row, Product)

    def _order(self, row: DictRow) -> Order:
        currency = row.pop("currency")
        for field in ("subtotal", "discount", "shipping", "total"):
            row[field] = Money(amount=row.pop(f"{field}_minor"), currency=currency)
        for field in ("payments", "fulfilments", "returns"):
            row[field] = row[field] or ()
        row["url"] = f"{self._base}/orders/{row['number']}"
        return msgspec.convert(row, Order)


def _stem(word: str) -> str:
    return word[:-1] if word.endswith("s") and len(word) > 4 else word
