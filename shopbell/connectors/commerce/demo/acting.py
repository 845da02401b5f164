"""The demo shop does things: each once for its key, in one transaction with what it changes."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable
from typing import Any

import msgspec
import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import PoolTimeout

from shopbell.connectors.commerce.acting import (
    Goods,
    Impossible,
    Plan,
    new_address,
    plan,
    skus_in,
)
from shopbell.connectors.commerce.demo.shop import DemoShop
from shopbell.connectors.commerce.facts import name_of
from shopbell.connectors.commerce.types import Identity, Money, Order, ShopUnavailable
from shopbell.desk.actions.types import (
    Action,
    Cancel,
    ChangeAddress,
    DiscountCode,
    Exchange,
    LookUpOrder,
    Refund,
    Resend,
    RestockNotice,
    Result,
    StartReturn,
    Sum,
)
from shopbell.desk.ids import uuid7

Link = AsyncConnection[DictRow]
_SKUS = """
SELECT p.handle, v.sku FROM shop_variant v JOIN shop_product p ON p.id = v.product_id
WHERE v.sku = ANY(%(skus)s)
"""
_CUSTOMER = """
SELECT id FROM shop_customer
WHERE (%(kind)s = 'email' AND lower(email) = lower(%(value)s))
   OR (%(kind)s = 'phone' AND phone <> '' AND phone = %(value)s)
"""


class ActingDemoShop(DemoShop):
    """`ActingShop` over the demo shop's tables."""

    async def goods(self, skus: Iterable[str]) -> dict[str, Goods]:
        wanted = [sku for sku in skus if "\0" not in sku]
        if not wanted:
            return {}
        found: dict[str, Goods] = {}
        for row in await self._rows(_SKUS.encode(), {"skus": wanted}):
            product = await self.product_by_handle(row["handle"])
            if product is not None:
                (variant,) = [one for one in product.variants if one.sku == row["sku"]]
                found[variant.sku] = Goods(product=product, variant=variant)
        return found

    async def perform(self, key: str, action: Action, who: Identity) -> Result:
        shelf = await self.goods(skus_in(action))
        try:
            async with self._pool.connection() as link, link.transaction():
                stands = await self._taken(link, key, name_of(action))
                if stands is not None:
                    return stands
                result = await _Deed(self, link, key, action, who, shelf).do()
                await _run(
                    link,
                    "UPDATE shop_act SET result = %s WHERE key = %s",
                    [_json(result), key],
                )
                return result
        except (psycopg.OperationalError, PoolTimeout) as failure:
            raise ShopUnavailable("the demo shop's database did not answer") from failure

    async def settle(self, key: str) -> Result | None:
        """Taking the key without a result keeps whatever is still on its way from being done."""
        try:
            async with self._pool.connection() as link, link.transaction():
                row = await _claim(link, key, "settled")
        except (psycopg.OperationalError, PoolTimeout) as failure:
            raise ShopUnavailable("the demo shop's database did not answer") from failure
        return msgspec.convert(row["result"], Result) if row and row["result"] else None

    async def _taken(self, link: Link, key: str, name: str) -> Result | None:
        row = await _claim(link, key, name)
        if row is None:
            return None
        if row["result"] is None:
            raise Impossible("This was given up before it was done.")
        return msgspec.convert(row["result"], Result)

    async def order_in(self, link: Link, number: str, *, locked: bool) -> Order | None:
        """An order as this transaction sees it, locked if asked for."""
        if locked:
            query = "SELECT 1 FROM shop_order WHERE number = %(number)s FOR UPDATE"
            await _run(link, query, {"number": number})
        named: dict[str, Any] = {"number": number, "emails": [], "phones": []}
        rows = await _run(link, self.orders_query, named | {"count": 1})
        return self._order(rows[0]) if rows else None


async def _run(link: Link, query: str | bytes, values: Any) -> list[DictRow]:
    text = query.encode() if isinstance(query, str) else query
    async with link.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(text, values)
        return await cursor.fetchall() if cursor.description else []


async def _claim(link: Link, key: str, name: str) -> DictRow | None:
    """Take the key; what stands by it where it was taken before. Waits for whoever is at it."""
    taken = await _run(
        link,
        "INSERT INTO shop_act (key, name) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING key",
        [key, name],
    )
    if taken:
        return None
    (row,) = await _run(link, "SELECT result FROM shop_act WHERE key = %s", [key])
    return row


class _Deed:
    """One action in its transaction."""

    def __init__(
        self,
        shop: ActingDemoShop,
        link: Link,
        key: str,
        action: Action,
        who: Identity,
        shelf: dict[str, Goods],
    ) -> None:
        self.shop, self.link, self.key, self.action, self.who = shop, link, key, action, who
        self.shelf = shelf
        self.at = dt.datetime.now(dt.UTC)

    async def do(self) -> Result:
        action, order = self.action, await self._order()
        planned = plan(action, order, self.shelf)
        result = Result(changes=planned.changes)
        match action:
            case DiscountCode():
                return await self._code(action, result)
            case RestockNotice():
                return await self._notice(action, result)
            case _:
                assert order is not None
        match action:
            case LookUpOrder():
                return Result(order=seen(order))
            case ChangeAddress():
                return await self._address(action, order, result)
            case Cancel():
                return await self._cancel(order, planned, result)
            case Refund():
                return await self._refund(order, planned, result)
            case StartReturn() | Exchange():
                return await self._return(action, order, planned, result)
            case Resend():
                return await self._resend(order, planned, result)

    async def _write(self, query: str, values: Any) -> None:
        await _run(self.link, query, values)

    async def _order(self) -> Order | None:
        if isinstance(self.action, DiscountCode | RestockNotice):
            return None
        number = self.action.order
        looks = isinstance(self.action, LookUpOrder)
        order = await self.shop.order_in(self.link, number, locked=not looks)
        return order if order is not None and order.belongs_to([self.who]) else None

    async def _customer(self) -> uuid.UUID:
        named = {"kind": self.who.kind, "value": self.who.value}
        rows = await _run(self.link, _CUSTOMER, named)
        if not rows:
            raise Impossible("The shop knows no customer with this address.")
        return rows[0]["id"]

    async def _code(self, action: DiscountCode, result: Result) -> Result:
        code = "T-" + hashlib.sha256(self.key.encode()).hexdigest()[:10].upper()
        until = self.at.date() + dt.timedelta(days=action.valid_days)
        await self._write(
            "INSERT INTO shop_discount (code, customer_id, percent, valid_until)"
            " VALUES (%s, %s, %s, %s)",
            [code, await self._customer(), action.percent, until],
        )
        return msgspec.structs.replace(result, code=code, valid_until=until.isoformat())

    async def _notice(self, action: RestockNotice, result: Result) -> Result:
        await self._write(
            "INSERT INTO shop_restock_notice (customer_id, variant_id)"
            " SELECT %s, id FROM shop_variant WHERE sku = %s ON CONFLICT DO NOTHING",
            [await self._customer(), action.sku],
        )
        return result

    async def _address(self, action: ChangeAddress, order: Order, result: Result) -> Result:
        await self._write(
            "UPDATE shop_order SET shipping_address = %s WHERE number = %s",
            [_json(new_address(action, order)), order.number],
        )
        return result

    async def _cancel(self, order: Order, planned: Plan, result: Result) -> Result:
        await self._write(
            "UPDATE shop_order SET state = 'cancelled', cancelled_at = %s WHERE number = %s",
            [self.at, order.number],
        )
        await self._write(
            "UPDATE shop_payment SET state = 'voided' WHERE order_id = %s"
            " AND state IN ('pending', 'authorised')",
            [order.id],
        )
        await self._write(
            "UPDATE shop_variant v SET stock = stock + l.quantity FROM shop_order_line l"
            " WHERE l.order_id = %s AND l.variant_id = v.id",
            [order.id],
        )
        if planned.refund is not None:
            await self._pay_back(order, planned.refund)
            return msgspec.structs.replace(result, refunded=_sum(planned.refund))
        return result

    async def _refund(self, order: Order, planned: Plan, result: Result) -> Result:
        assert planned.refund is not None
        for line, count in planned.pieces:
            await self._write(
                "UPDATE shop_order_line SET refunded = least(quantity, refunded + %s) WHERE id = %s",
                [count, line.id],
            )
        whole = await self._pay_back(order, planned.refund)
        if whole:
            await self._write(
                "UPDATE shop_order SET state = 'refunded' WHERE number = %s", [order.number]
            )
            await self._write(
                "UPDATE shop_return SET state = 'refunded', settled_at = %s"
                " WHERE order_id = %s AND settled_at IS NULL",
                [self.at, order.id],
            )
        return msgspec.structs.replace(result, refunded=_sum(planned.refund))

    async def _pay_back(self, order: Order, refund: Money) -> bool:
        """Give money back to the payments it came by; True when nothing is left of them."""
        left, open_left = refund.amount, 0
        for payment in order.payments:
            if payment.state not in ("captured", "partly_refunded"):
                continue
            free = payment.amount.amount - payment.refunded.amount
            part = min(left, free)
            left -= part
            open_left += free - part
            if part:
                await self._write(
                    "UPDATE shop_payment SET refunded_minor = refunded_minor + %s, state = %s"
                    " WHERE id = %s",
                    [part, "refunded" if part == free else "partly_refunded", payment.id],
                )
        assert left == 0
        return open_left == 0

    async def _return(
        self, action: StartReturn | Exchange, order: Order, planned: Plan, result: Result
    ) -> Result:
        number = f"R{order.number.removeprefix('WF-')}-{len(order.returns) + 1}"
        label = f"{order.url}#return-{number}"
        pieces: dict[str, int] = {}
        for line, count in planned.pieces:
            pieces[line.id] = pieces.get(line.id, 0) + count
        new_order = ""
        if isinstance(action, Exchange):
            new_order = await self._order_again(order, [
                (one.variant.id, one.product.title, count) for one, count in planned.goods
            ])  # fmt: skip
        await self._write(
            "INSERT INTO shop_return (id, order_id, number, state, reason, lines, refund_minor,"
            " requested_at, exchange_order, label_url)"
            " VALUES (%s, %s, %s, 'label_sent', %s, %s, %s, %s, %s, %s)",
            [uuid7(), order.id, number, action.reason, Jsonb(pieces),
             0 if new_order else planned.cost, self.at, new_order, label],
        )  # fmt: skip
        return msgspec.structs.replace(
            result, return_number=number, label_url=label, new_order=new_order
        )

    async def _resend(self, order: Order, planned: Plan, result: Result) -> Result:
        rows = await _run(
            self.link,
            "SELECT id::text AS line, variant_id FROM shop_order_line WHERE order_id = %s",
            [order.id],
        )
        variants = {row["line"]: row["variant_id"] for row in rows}
        again = [(variants[line.id], line.title, count) for line, count in planned.pieces]
        number = await self._order_again(order, again)
        return msgspec.structs.replace(result, new_order=number)

    async def _order_again(self, order: Order, goods: list[tuple[Any, str, int]]) -> str:
        """An order of these variants that costs nothing, taken off the shelf; its number."""
        (row,) = await _run(
            self.link,
            "SELECT count(*) AS n FROM shop_order WHERE starts_with(number, %s)",
            [f"{order.number}-"],
        )
        number, made = f"{order.number}-{row['n'] + 1}", uuid7()
        prices: list[int] = []
        for variant, title, count in goods:
            rows = await _run(
                self.link,
                "UPDATE shop_variant SET stock = stock - %s WHERE id = %s AND stock >= %s"
                " RETURNING price_minor",
                [count, variant, count],
            )
            if not rows:
                raise Impossible(f"{title} is out of stock.")
            prices.append(rows[0]["price_minor"])
        value = sum(price * count for price, (_, _, count) in zip(prices, goods, strict=True))
        await self._write(
            "INSERT INTO shop_order (id, number, customer_id, state, placed_at, currency,"
            " subtotal_minor, discount_minor, shipping_minor, total_minor, shipping_method,"
            " shipping_address, note) SELECT %s, %s, customer_id, 'paid', %s, currency, %s, %s, 0, 0,"
            " shipping_method, shipping_address, %s FROM shop_order WHERE number = %s",
            [made, number, self.at, value, value, f"In place of {order.number}", order.number],
        )
        for position, ((variant, title, count), price) in enumerate(
            zip(goods, prices, strict=True)
        ):
            await self._write(
                "INSERT INTO shop_order_line (id, order_id, position, variant_id, title, quantity,"
                " unit_price_minor) VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [uuid7(), made, position, variant, title, count, price],
            )
        return number


def seen(order: Order) -> dict[str, Any]:
    """An order as its customer may see it."""
    told = msgspec.to_builtins(order)
    return {
        name: told[name]
        for name in ("number", "state", "placed_at", "lines", "total", "shipping_method",
                     "shipping_address", "url", "payments", "fulfilments", "returns")
    }  # fmt: skip


def _sum(money: Money) -> Sum:
    return Sum(amount=money.amount, currency=money.currency)


def _json(value: msgspec.Struct) -> Jsonb:
    return Jsonb(msgspec.to_builtins(value))
