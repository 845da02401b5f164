"""Fill the embedded shop from a file.

Loading again is harmless: goods and customers are found by SKU, handle and address and brought up to
date, orders by number and put back to what the file says. Amounts in the file are decimals in the
shop's one currency; here they become cents.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, Struct
from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from shopbell.connectors.commerce.demo.file import (
    FileCustomer,
    FileFulfilment,
    FileLine,
    FileOrder,
    FileProduct,
    FileVariant,
    LoadProblem,
    ShopFile,
)
from shopbell.connectors.commerce.demo.world import plain
from shopbell.connectors.commerce.types import FulfilmentState
from shopbell.desk.actions.asking import cents

_SPACE = uuid.UUID("5a0f7b56-1f0f-4b54-9d0b-6f2f3a2c9b11")


class Loaded(Struct, frozen=True, kw_only=True):
    """How much was loaded."""

    products: int
    variants: int
    customers: int
    orders: int


async def load_shop(pool: AsyncConnectionPool[Any], file: ShopFile) -> Loaded:
    """Write the file's shop in one transaction. Raises LoadProblem where parts do not fit together;
    then nothing was written."""
    async with pool.connection() as link, link.transaction():
        return await _Load(link, file).run()


class _Load:
    def __init__(self, link: AsyncConnection[Any], file: ShopFile) -> None:
        self.link, self.file = link, file
        self.variants: dict[str, tuple[uuid.UUID, str, int]] = {}
        self.customers: dict[str, tuple[uuid.UUID, Any]] = {}

    async def run(self) -> Loaded:
        for position, product in enumerate(self.file.products):
            await self._product(position, product)
        for customer in self.file.customers:
            await self._customer(customer)
        await self._know_what_stood()
        for order in self.file.orders:
            await self._order(order)
        return Loaded(
            products=len(self.file.products),
            variants=sum(len(one.variants) for one in self.file.products),
            customers=len(self.file.customers),
            orders=len(self.file.orders),
        )

    async def _one(self, query: str, values: Mapping[str, Any]) -> Any:
        rows = await self._rows(query, values)
        return rows[0][0] if rows else None

    async def _rows(self, query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        async with self.link.cursor(row_factory=tuple_row) as cursor:
            await cursor.execute(query.encode(), values)
            return await cursor.fetchall()

    async def _product(self, position: int, product: FileProduct) -> None:
        handle = product.handle if product.handle is not UNSET else _handle(product.title)
        values = msgspec.structs.asdict(product) | {
            "id": _id("product", handle), "handle": handle, "position": 10_000 + position,
            "tags": list(product.tags),
        }  # fmt: skip
        product_id = await self._one(_PRODUCT, values)
        for at, variant in enumerate(product.variants):
            size, colour = _size_and_colour(variant)
            named = msgspec.structs.asdict(variant) | {
                "id": _id("variant", variant.sku), "product": product_id, "position": at,
                "size": size, "colour": colour, "currency": self.file.currency,
                "price": _cents(variant.price, variant.sku),
                "compare_at": None if variant.compare_at is None
                else _cents(variant.compare_at, variant.sku),
            }  # fmt: skip
            named.pop("options")
            if await self._one(_VARIANT, named) is None:
                raise LoadProblem(f"the SKU {variant.sku} is another product's")

    async def _customer(self, one: FileCustomer) -> None:
        home = one.addresses[0] if one.addresses else None
        await self.link.execute(
            _CUSTOMER.encode(),
            {
                "id": _id("customer", one.email.casefold()), "email": one.email, "name": one.name,
                "phone": one.phone, "language": one.language,
                "address": Jsonb(msgspec.to_builtins(home) if home else {}),
                "methods": Jsonb(msgspec.to_builtins(one.payment_methods)),
            },
        )  # fmt: skip

    async def _know_what_stood(self) -> None:
        skus = sorted({line.sku for order in self.file.orders for line in order.lines})
        for sku, one, title, price in await self._rows(_SKUS, {"skus": skus}):
            self.variants[sku] = (one, title, price)
        emails = sorted({order.customer.casefold() for order in self.file.orders})
        for email, one, address in await self._rows(_EMAILS, {"emails": emails}):
            self.customers[email] = (one, address)

    async def _order(self, order: FileOrder) -> None:
        number = order.number.removeprefix("#").upper()
        where = f"order {number}"
        customer = self.customers.get(order.customer.casefold())
        if customer is None:
            raise LoadProblem(f"{where} is of {order.customer}, whom the shop does not know")
        lines = [self._line(line, where) for line in order.lines]
        subtotal = sum(line["unit"] * line["quantity"] for line in lines)
        discount, shipping = _cents(order.discount, where), _cents(order.shipping, where)
        if discount > subtotal:
            raise LoadProblem(f"{where} has a discount above the price of its lines")
        address = (
            msgspec.to_builtins(order.shipping_address) if order.shipping_address else customer[1]
        )
        if not address:
            raise LoadProblem(f"{where} has no shipping_address, nor has its customer an address")
        self._count_sent(order, lines, where)
        order_id = _id("order", number)
        await self.link.execute(b"DELETE FROM shop_order WHERE number = %s", [number])
        await self.link.execute(
            _ORDER.encode(),
            {
                "id": order_id, "number": number, "customer": customer[0], "state": order.state.value,
                "placed_at": _aware(order.placed_at, where), "cancelled_at": order.cancelled_at,
                "currency": self.file.currency, "subtotal": subtotal, "discount": discount,
                "code": order.discount_code, "shipping": shipping,
                "total": subtotal - discount + shipping, "method": order.shipping_method,
                "address": Jsonb(address), "note": order.note,
            },
        )  # fmt: skip
        for position, line in enumerate(lines):
            line["id"] = _id("line", f"{number} {position}")
            await self.link.execute(
                _LINE.encode(), line | {"order": order_id, "position": position}
            )
        await self._payments(order, order_id, subtotal - discount + shipping, where)
        await self._fulfilments(order, order_id, lines, where)

    def _line(self, line: FileLine, where: str) -> dict[str, Any]:
        known = self.variants.get(line.sku)
        if known is None:
            raise LoadProblem(f"{where} holds the SKU {line.sku}, which no product has")
        return {
            "sku": line.sku, "variant": known[0], "title": line.title or known[1],
            "quantity": line.quantity,
            "unit": known[2] if line.price is None else _cents(line.price, where),
            "shipped": line.shipped, "returned": line.returned, "final_sale": line.final_sale,
        }  # fmt: skip

    def _count_sent(self, order: FileOrder, lines: list[dict[str, Any]], where: str) -> None:
        """How many of each line were sent, where the file does not say: what its parcels hold."""
        sent: dict[str, int] = {}
        for parcel in order.fulfilments:
            if parcel.state is FulfilmentState.PACKED:
                continue
            for sku, count in _held(parcel, order).items():
                sent[sku] = sent.get(sku, 0) + count
        for line in lines:
            if line["shipped"] is None:
                line["shipped"] = min(line["quantity"], sent.get(line["sku"], 0))
                sent[line["sku"]] = sent.get(line["sku"], 0) - line["shipped"]
            if not line["returned"] <= line["shipped"] <= line["quantity"]:
                raise LoadProblem(
                    f"{where} has more of {line['sku']} sent or returned than it holds"
                )

    async def _payments(
        self, order: FileOrder, order_id: uuid.UUID, total: int, where: str
    ) -> None:
        for at, one in enumerate(order.payments):
            amount = total if one.amount is None else _cents(one.amount, where)
            refunded = _cents(one.refunded, where)
            if refunded > amount:
                raise LoadProblem(f"{where} has a payment with more refunded than paid")
            await self.link.execute(
                _PAYMENT.encode(),
                {
                    "id": _id("payment", f"{order_id} {at}"), "order": order_id,
                    "state": one.state.value, "method": one.method, "amount": amount,
                    "refunded": refunded, "at": _aware(one.at or order.placed_at, where),
                },
            )  # fmt: skip

    async def _fulfilments(
        self, order: FileOrder, order_id: uuid.UUID, lines: list[dict[str, Any]], where: str
    ) -> None:
        for at, one in enumerate(order.fulfilments):
            pieces: dict[str, int] = {}
            for sku, count in _held(one, order).items():
                left = count
                for line in lines:
                    if line["sku"] == sku and left:
                        part = min(left, line["quantity"] - pieces.get(str(line["id"]), 0))
                        pieces[str(line["id"])] = pieces.get(str(line["id"]), 0) + part
                        left -= part
                if left:
                    raise LoadProblem(f"{where} has a parcel with more of {sku} than the order")
            delivered = one.delivered_at
            if delivered is None and one.state is FulfilmentState.DELIVERED:
                raise LoadProblem(f"{where} has a delivered parcel without delivered_at")
            await self.link.execute(
                _FULFILMENT.encode(),
                {
                    "id": _id("fulfilment", f"{order_id} {at}"), "order": order_id,
                    "state": one.state.value, "lines": Jsonb(pieces),
                    "packed_at": one.packed_at or one.shipped_at or delivered or order.placed_at,
                    "shipped_at": one.shipped_at, "delivered_at": delivered,
                    "tracking": Jsonb(msgspec.to_builtins(one.tracking)) if one.tracking else None,
                },
            )  # fmt: skip


def _held(parcel: FileFulfilment, order: FileOrder) -> dict[str, int]:
    """What a parcel holds by SKU: everything, where the file names nothing."""
    if parcel.lines is not None:
        return parcel.lines
    held: dict[str, int] = {}
    for line in order.lines:
        held[line.sku] = held.get(line.sku, 0) + line.quantity
    return held


def _size_and_colour(variant: FileVariant) -> tuple[str, str]:
    """Size and colour of a variant; options of other names are told with the size."""
    rest = {name.casefold(): value for name, value in variant.options.items()}
    colour = variant.colour or rest.pop("colour", rest.pop("color", ""))
    size = variant.size or rest.pop("size", "")
    return " / ".join(
        part for part in (size, *rest.values()) if part
    ) or "One size", colour or "Plain"


def _handle(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", plain(title)).strip("-") or "product"


def _id(kind: str, name: str) -> uuid.UUID:
    return uuid.uuid5(_SPACE, f"{kind} {name}")


def _cents(amount: Decimal, where: str) -> int:
    counted = cents(amount)
    if counted is None:
        raise LoadProblem(f"{where} has an amount that is none: give one such as 49.90")
    return counted


def _aware(moment: dt.datetime, where: str) -> dt.datetime:
    if moment.tzinfo is None:
        raise LoadProblem(f"{where} has a time without its zone: end it in Z or +02:00")
    return moment


_PRODUCT = """
INSERT INTO shop_product (id, handle, title, collection, position, description, material, fit, fit_note,
                          warmth, care, origin, weight_grams, tags)
VALUES (%(id)s, %(handle)s, %(title)s, %(collection)s, %(position)s, %(description)s, %(material)s,
        %(fit)s, %(fit_note)s, %(warmth)s, %(care)s, %(origin)s, %(weight_grams)s, %(tags)s)
ON CONFLICT (handle) DO UPDATE SET title = excluded.title, collection = excluded.collection,
    description = excluded.description, material = excluded.material, fit = excluded.fit,
    fit_note = excluded.fit_note, warmth = excluded.warmth, care = excluded.care,
    origin = excluded.origin, weight_grams = excluded.weight_grams, tags = excluded.tags
RETURNING id
"""
_VARIANT = """
INSERT INTO shop_variant (id, product_id, position, sku, size, colour, colour_hex, price_minor,
                          compare_at_minor, currency, stock, restock_on)
VALUES (%(id)s, %(product)s, %(position)s, %(sku)s, %(size)s, %(colour)s, %(colour_hex)s, %(price)s,
        %(compare_at)s, %(currency)s, %(stock)s, %(restock_on)s)
ON CONFLICT (sku) DO UPDATE SET position = excluded.position, size = excluded.size,
    colour = excluded.colour, colour_hex = excluded.colour_hex, price_minor = excluded.price_minor,
    compare_at_minor = excluded.compare_at_minor, currency = excluded.currency,
    stock = excluded.stock, restock_on = excluded.restock_on
    WHERE shop_variant.product_id = excluded.product_id
RETURNING id
"""
_CUSTOMER = """
INSERT INTO shop_customer (id, email, name, phone, language, address, payment_methods)
VALUES (%(id)s, %(email)s, %(name)s, %(phone)s, %(language)s, %(address)s, %(methods)s)
ON CONFLICT ((lower(email))) DO UPDATE SET name = excluded.name, phone = excluded.phone,
    language = excluded.language, address = excluded.address,
    payment_methods = excluded.payment_methods
"""
_SKUS = """
SELECT v.sku, v.id, p.title, v.price_minor FROM shop_variant v JOIN shop_product p ON p.id = v.product_id
WHERE v.sku = ANY(%(skus)s)
"""
_EMAILS = "SELECT lower(email), id, address FROM shop_customer WHERE lower(email) = ANY(%(emails)s)"
_ORDER = """
INSERT INTO shop_order (id, number, customer_id, state, placed_at, cancelled_at, currency, subtotal_minor,
                        discount_minor, discount_code, shipping_minor, total_minor, shipping_method,
                        shipping_address, note)
VALUES (%(id)s, %(number)s, %(customer)s, %(state)s, %(placed_at)s, %(cancelled_at)s, %(currency)s,
        %(subtotal)s, %(discount)s, %(code)s, %(shipping)s, %(total)s, %(method)s, %(address)s, %(note)s)
"""
_LINE = """
INSERT INTO shop_order_line (id, order_id, position, variant_id, title, quantity, unit_price_minor,
                             shipped, returned, final_sale)
VALUES (%(id)s, %(order)s, %(position)s, %(variant)s, %(title)s, %(quantity)s, %(unit)s, %(shipped)s,
        %(returned)s, %(final_sale)s)
"""
_PAYMENT = """
INSERT INTO shop_payment (id, order_id, state, method, amount_minor, refunded_minor, at)
VALUES (%(id)s, %(order)s, %(state)s, %(method)s, %(amount)s, %(refunded)s, %(at)s)
"""
_FULFILMENT = """
INSERT INTO shop_fulfilment (id, order_id, state, lines, packed_at, shipped_at, delivered_at, tracking)
VALUES (%(id)s, %(order)s, %(state)s, %(lines)s, %(packed_at)s, %(shipped_at)s, %(delivered_at)s,
        %(tracking)s)
"""
