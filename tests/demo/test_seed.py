"""The demo data: written once, and readable through the same doors as real data."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from psycopg_pool import AsyncConnectionPool

from shopbell.connectors.commerce.demo import library
from shopbell.connectors.commerce.demo.seed import STAFF, SeedReport, logins, seed
from shopbell.connectors.commerce.demo.shop import DemoShop
from shopbell.connectors.commerce.types import Identity, OrderState
from shopbell.settings import Settings


@pytest.fixture
def shop_url(seeded: tuple[Settings, SeedReport]) -> str:
    assert seeded[0].database_url
    return seeded[0].database_url


@pytest.fixture
async def pool(shop_url: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with AsyncConnectionPool[Any](shop_url, min_size=1, max_size=2, open=False) as opened:
        yield opened


async def _counts(url: str) -> dict[str, int]:
    tables = ("brand", "team", "team_member", "agent", "connection", "article", "shop_product",
              "shop_variant", "shop_customer", "shop_order", "shop_order_line", "shop_payment",
              "shop_fulfilment", "shop_return")  # fmt: skip
    async with await psycopg.AsyncConnection[Any].connect(url) as db:
        counts: dict[str, int] = {}
        for table in tables:
            row = await (await db.execute(f"SELECT count(*) FROM {table}".encode())).fetchone()
            assert row is not None
            counts[table] = row[0]
        return counts


async def test_seeding_twice_or_at_the_same_time_writes_once(
    database_url: str, settings: Settings
) -> None:
    reports = await asyncio.gather(seed(database_url, settings), seed(database_url, settings))
    assert sorted(report.written for report in reports) == [False, True]
    before = await _counts(database_url)
    again = await seed(database_url, settings)
    assert not again.written
    assert await _counts(database_url) == before
    assert (before["brand"], before["connection"]) == (1, 10)
    assert (before["team"], before["agent"]) == (2, 4)
    assert before["article"] == again.articles == len(library.articles())
    assert (again.customers, again.orders) == (180, 400)
    assert again.products == sum(len(group.product) for group in library.collections())


async def test_every_order_is_read_back_by_its_customer_and_by_nobody_else(
    pool: AsyncConnectionPool[Any],
) -> None:
    shop = DemoShop(pool)
    async with pool.connection() as db:
        cursor = await db.execute("SELECT o.number, c.email FROM shop_order o JOIN shop_customer c"
                                  " ON c.id = o.customer_id ORDER BY o.number")  # fmt: skip
        placed = await cursor.fetchall()
    owned: dict[str, list[str]] = {}
    for number, email in placed:
        owned.setdefault(email, []).append(number)
    seen: set[OrderState] = set()
    for email, numbers in owned.items():
        mine = (Identity(kind="email", value=email.upper()),)
        found = await shop.orders_of(mine, limit=100)
        assert sorted(order.number for order in found) == numbers
        for order in found:
            assert order.belongs_to(mine)
            assert not order.belongs_to((Identity(kind="email", value=f"x{email}"),))
            assert not order.belongs_to((Identity(kind="phone", value=""),))
            assert order.subtotal.amount == sum(
                line.unit_price.amount * line.quantity for line in order.lines
            )
            seen.add(order.state)
    assert seen == set(OrderState)
    number, email = placed[0]
    by_number = await shop.order(number.lower())
    assert by_number is not None
    assert by_number.customer_email == email


async def test_products_carry_every_fact_of_their_files(
    pool: AsyncConnectionPool[Any],
) -> None:
    shop = DemoShop(pool)
    written = [one for group in library.collections() for one in group.product]
    read = await shop.products()
    assert [one.handle for one in read] == [one.handle for one in written]
    for product, file in zip(read, written, strict=True):
        assert (product.material, product.fit_note) == (file.material, file.fit_note)
        assert product.sizes == file.sizes
        assert len(product.variants) == len(file.sizes) * len(file.colours)


async def test_the_printed_passwords_open_the_accounts(
    shop_url: str, seeded: tuple[Settings, SeedReport]
) -> None:
    settings, report = seeded
    assert report.logins == logins(settings)
    async with await psycopg.AsyncConnection[Any].connect(shop_url) as db:
        cursor = await db.execute("SELECT email, role, password_hash FROM agent ORDER BY email")
        rows = await cursor.fetchall()
    assert [row[0] for row in rows] == [email for email, *_ in STAFF]
    for login, (email, role, password_hash) in zip(report.logins, rows, strict=True):
        assert (login.email, login.role) == (email, role)
        assert password_hash.startswith("$argon2id$")
        assert PasswordHasher().verify(password_hash, login.password)
