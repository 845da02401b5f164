"""Fill an empty database with the demo shop: desk, goods, orders, articles and what was said."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import random
from collections.abc import Iterable
from typing import Any

import msgspec
from argon2 import PasswordHasher
from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from shopbell.connectors.commerce.demo import library, replies
from shopbell.connectors.commerce.demo.history import write as history
from shopbell.connectors.commerce.demo.history.cast import CHANNELS, House, Staff
from shopbell.connectors.commerce.demo.orders import OrderRow, VariantRow, orders, variants
from shopbell.connectors.commerce.demo.world import Shopper, shoppers, uuid7_at
from shopbell.desk.articles.commands import save_articles
from shopbell.desk.articles.types import ArticleText, SourceText
from shopbell.desk.connections.types import BrandSettings, Opening
from shopbell.desk.people.types import Role
from shopbell.desk.sla.reads import rules_of
from shopbell.settings import Settings

SHOPPERS = 180
DICE = 20_120_914
WIDGET_KEY = "demo-wetherfold"
CARE, RETURNS = "Customer care", "Returns and repairs"
STAFF: tuple[tuple[str, str, Role, tuple[str, ...]], ...] = (
    ("ada@demo.shop", "Ada Gallagher", "admin", (CARE, RETURNS)),
    ("ben@demo.shop", "Ben Hoekstra", "agent", (CARE,)),
    ("cleo@demo.shop", "Cleo Navarro", "agent", (RETURNS,)),
    ("vic@demo.shop", "Vic Lund", "viewer", ()),
)


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """How to sign in to the demo inbox as one of its people."""

    email: str
    password: str
    role: Role


class SeedReport(msgspec.Struct, frozen=True, kw_only=True):
    """What stands after seeding. `written` is False where an earlier run had done it all."""

    written: bool
    logins: tuple[Login, ...]
    widget_key: str
    products: int
    customers: int
    orders: int
    articles: int
    tickets: int


async def seed(
    database_url: str, settings: Settings, *, today: dt.datetime | None = None
) -> SeedReport:
    """Write the demo data once; a later or a simultaneous run finds it there and changes nothing.

    `today` (aware, now by default) is what the orders' dates are counted back from. The passwords
    follow from the secret key, so they hold as long as that key does. The articles still have to
    be cut into pieces by whoever keeps the knowledge searchable.
    """
    async with AsyncConnectionPool[Any](database_url, min_size=1, max_size=2, open=False) as pool:
        async with pool.connection() as db, db.transaction():
            written = await _mark(db, "shop")
            if written:
                await _write(db, settings, today or dt.datetime.now(dt.UTC))
        await _save_articles(pool)
        async with pool.connection() as db:
            cursor = await db.execute(_COUNTS)
            counts = await cursor.fetchone()
    assert counts is not None
    products, customers, placed, articles, tickets = counts
    return SeedReport(
        written=written,
        logins=logins(settings),
        widget_key=WIDGET_KEY,
        products=products,
        customers=customers,
        orders=placed,
        articles=articles,
        tickets=tickets,
    )


_COUNTS = """
SELECT (SELECT count(*) FROM shop_product), (SELECT count(*) FROM shop_customer),
       (SELECT count(*) FROM shop_order), (SELECT count(*) FROM article),
       (SELECT count(*) FROM ticket)
"""


def logins(settings: Settings) -> tuple[Login, ...]:
    """The demo people's sign-ins, admin first."""
    return tuple(
        Login(email=email, password=_derived(settings, f"password of {email}")[:12], role=role)
        for email, _, role, _ in STAFF
    )


def _derived(settings: Settings, what: str) -> str:
    """A secret of this deployment's own, the same each time: 52 letters and digits."""
    key = settings.secret_key.encode()
    code = hmac.digest(key, f"shopbell demo: {what}".encode(), hashlib.sha256)
    return base64.b32encode(code).decode().rstrip("=").lower()


async def _mark(db: AsyncConnection[Any], what: str) -> bool:
    """Take on writing this part; waits for a run that is at it, False where one has done it."""
    cursor = await db.execute(
        "INSERT INTO shop_seed (what) VALUES (%s) ON CONFLICT DO NOTHING RETURNING what", [what]
    )
    return await cursor.fetchone() is not None


async def _write(db: AsyncConnection[Any], settings: Settings, today: dt.datetime) -> None:
    dice = random.Random(DICE)  # noqa: S311 - the same shop each time, no secrets
    people = shoppers(SHOPPERS, today, dice)
    shelf = variants(today, dice)
    placed = orders(people, shelf, today, dice)
    house = house_of(today, dice)
    await _write_desk(db, settings, house)
    house = msgspec.structs.replace(house, rules=await rules_of(db))
    await _write_goods(db, shelf)
    await _write_customers(db, people)
    await _write_orders(db, placed)
    await replies.write(db, house, today, random.Random(DICE))  # noqa: S311 - as above
    await history.write(db, history.tell(house, people, placed, shelf, today, dice), house)


def house_of(today: dt.datetime, dice: random.Random) -> House:
    """The desk's people, teams and connections, with ids of the shop's first days."""
    since = today - dt.timedelta(days=420)
    return House(
        brand_id=uuid7_at(since, dice),
        staff={
            name.split(" ")[0].lower(): Staff(id=uuid7_at(since, dice), name=name, email=email)
            for email, name, *_ in STAFF
        },
        teams={name: uuid7_at(since, dice) for name in (CARE, RETURNS)},
        connections={channel: uuid7_at(since, dice) for channel in CHANNELS},
    )


async def _write_desk(db: AsyncConnection[Any], settings: Settings, house: House) -> None:
    shop = library.brand()
    look = BrandSettings(
        time_zone=shop.time_zone,
        hours=tuple(
            Opening(day=day, start=hours.start, end=hours.end)
            for hours in shop.hours
            for day in hours.days
        ),
        greeting=shop.greeting,
        color=shop.colour,
        assistant_name=shop.assistant_name,
        voice=shop.voice.strip(),
    )
    await db.execute(
        "INSERT INTO brand (id, name, settings) VALUES (%s, %s, %s)",
        [house.brand_id, shop.name, _json(look)],
    )
    await _copy(db, "team", "id name", ((one, name) for name, one in house.teams.items()))
    hasher = PasswordHasher()
    for (email, name, role, member_of), login in zip(STAFF, logins(settings), strict=True):
        agent = house.staff[name.split(" ")[0].lower()]
        await db.execute(
            "INSERT INTO agent (id, email, name, role, password_hash) VALUES (%s, %s, %s, %s, %s)",
            [agent.id, email, name, role, hasher.hash(login.password)],
        )
        await _copy(
            db,
            "team_member",
            "team_id agent_id",
            ((house.teams[team], agent.id) for team in member_of),
        )
    await _copy(
        db,
        "connection",
        "id brand_id channel name public_key secret",
        (
            (house.connections[channel], house.brand_id, channel, name, WIDGET_KEY,
             _derived(settings, "widget secret"))
            if channel == "webchat"
            else (house.connections[channel], house.brand_id, channel, name, None, None)
            for channel, name in CHANNELS.items()
        ),
    )  # fmt: skip


async def _write_goods(db: AsyncConnection[Any], shelf: list[VariantRow]) -> None:
    ids = {one.handle: one.product_id for one in shelf}
    listed = [(group.title, one) for group in library.collections() for one in group.product]
    await _copy(
        db,
        "shop_product",
        "id handle title collection position description material fit fit_note warmth care origin"
        " weight_grams tags picture",
        (
            (ids[one.handle], one.handle, one.title, collection, position, one.description,
             one.material, one.fit, one.fit_note, one.warmth, one.care, one.origin,
             one.weight_grams, list(one.tags), _json(one.picture))
            for position, (collection, one) in enumerate(listed)
        ),
    )  # fmt: skip
    await _copy(
        db,
        "shop_variant",
        "id product_id position sku size colour colour_hex price_minor compare_at_minor stock"
        " restock_on",
        (
            (one.id, one.product_id, one.position, one.sku, one.size, one.colour, one.colour_hex,
             one.price, one.compare_at, one.stock, one.restock_on)
            for one in shelf
        ),
    )  # fmt: skip


async def _write_customers(db: AsyncConnection[Any], people: list[Shopper]) -> None:
    await _copy(
        db,
        "shop_customer",
        "id email name phone language address",
        (
            (who.id, who.email, who.name, who.phone, who.country.language, _json(who.address))
            for who in people
        ),
    )


async def _write_orders(db: AsyncConnection[Any], placed: list[OrderRow]) -> None:
    await _copy(
        db,
        "shop_order",
        "id number customer_id state placed_at cancelled_at subtotal_minor discount_minor"
        " discount_code shipping_minor total_minor shipping_method shipping_address note",
        (
            (row.id, row.number, row.shopper.id, row.state.value, row.placed_at, row.cancelled_at,
             row.subtotal, row.discount, row.discount_code, row.shipping, row.total,
             row.shipping_method, _json(row.address), row.note)
            for row in placed
        ),
    )  # fmt: skip
    await _copy(
        db,
        "shop_order_line",
        "id order_id position variant_id title quantity unit_price_minor shipped returned",
        (
            (line.id, row.id, position, line.variant.id, line.variant.title, line.quantity,
             line.variant.price, line.shipped, line.returned)
            for row in placed
            for position, line in enumerate(row.lines)
        ),
    )  # fmt: skip
    await _copy(
        db,
        "shop_payment",
        "id order_id state method amount_minor refunded_minor at",
        (
            (row.payment_id, row.id, row.payment_state.value, row.payment_method, row.total,
             row.refunded, row.placed_at)
            for row in placed
        ),
    )  # fmt: skip
    await _copy(
        db,
        "shop_fulfilment",
        "id order_id state lines packed_at shipped_at delivered_at tracking",
        (
            (parcel.id, row.id, parcel.state.value, Jsonb(parcel.lines), parcel.packed_at,
             parcel.shipped_at, parcel.delivered_at,
             _json(parcel.tracking) if parcel.tracking else None)
            for row in placed
            for parcel in row.parcels
        ),
    )  # fmt: skip
    await _copy(
        db,
        "shop_return",
        "id order_id number state reason lines refund_minor requested_at received_at settled_at"
        " refund_by",
        (
            (back.id, row.id, back.number, back.state.value, back.reason, Jsonb(back.lines),
             back.refund, back.requested_at, back.received_at, back.settled_at, back.refund_by)
            for row in placed
            for back in row.returns
        ),
    )  # fmt: skip


async def _save_articles(pool: AsyncConnectionPool[Any]) -> None:
    """Store the help centre once, so that what people change afterwards stays theirs."""
    async with pool.connection() as db:
        cursor = await db.execute("SELECT 1 FROM shop_seed WHERE what = 'articles'")
        if await cursor.fetchone():
            return
    texts = (
        ArticleText(
            key=one.slug,
            title=one.title,
            body=one.body,
            language=one.language,
            collection=one.collection,
            url=library.help_path(one),
        )
        for one in library.articles()
    )
    await save_articles(pool, SourceText(name="Help centre"), texts)
    async with pool.connection() as db:
        await _mark(db, "articles")


def _json(value: msgspec.Struct) -> Jsonb:
    return Jsonb(msgspec.to_builtins(value))


async def _copy(
    db: AsyncConnection[Any], table: str, columns: str, rows: Iterable[tuple[Any, ...]]
) -> None:
    names = sql.SQL(", ").join(sql.Identifier(name) for name in columns.split())
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    async with db.cursor() as cursor, cursor.copy(query) as copy:
        for row in rows:
            await copy.write_row(row)
