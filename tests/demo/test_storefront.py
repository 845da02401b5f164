"""The demo storefront, asked over ASGI against the seeded shop.

All tests here share one shop: they read it, or put back what they wrote.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from typing import Any

import httpx
import jwt
import msgspec
import pytest
from markupsafe import escape
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette

from shopbell.connectors.commerce.demo import library
from shopbell.connectors.commerce.demo.seed import WIDGET_KEY, SeedReport
from shopbell.connectors.commerce.demo.shop import DemoShop
from shopbell.connectors.commerce.demo.storefront.identity import signed_in
from shopbell.connectors.commerce.demo.storefront.pictures import picture
from shopbell.connectors.commerce.demo.storefront.routes import routes
from shopbell.connectors.commerce.types import Identity
from shopbell.settings import Settings

LINKED = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
OF_CARDIGAN = "SELECT description FROM shop_product WHERE handle = 'mill-cardigan'"
DESCRIBE_CARDIGAN = "UPDATE shop_product SET description = %s WHERE handle = 'mill-cardigan'"


@pytest.fixture
def settings(seeded: tuple[Settings, SeedReport]) -> Settings:
    return seeded[0]


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[AsyncConnectionPool[Any]]:
    assert settings.database_url
    async with AsyncConnectionPool[Any](
        settings.database_url, min_size=1, max_size=2, open=False, timeout=2
    ) as opened:
        yield opened


@pytest.fixture
async def browser(
    pool: AsyncConnectionPool[Any], settings: Settings
) -> AsyncIterator[httpx.AsyncClient]:
    door = httpx.ASGITransport(Starlette(routes=routes(pool, settings)))
    async with httpx.AsyncClient(transport=door, base_url="http://shop.test") as client:
        yield client


async def test_every_page_that_the_shop_links_to_is_there_and_carries_the_chat(
    browser: httpx.AsyncClient,
) -> None:
    waiting, seen = ["/demo"], {"/demo"}
    while waiting:
        path = waiting.pop()
        answer = await browser.get(path)
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html"):
            tag = f'<script async src="/widget.js" data-shopbell="{WIDGET_KEY}" data-color="#'
            assert tag in answer.text
        links = re.findall(r'(?:href|src)="(/demo[^"#]*)"', answer.text)
        waiting += [one for one in dict.fromkeys(links) if one not in seen]
        seen.update(links)
    handles = {one.handle for group in library.collections() for one in group.product}
    assert {f"/demo/products/{handle}" for handle in handles} <= seen
    assert {f"/demo/collections/{one.slug}" for one in library.collections()} <= seen


async def test_linked_data_says_what_the_shop_knows(
    browser: httpx.AsyncClient, pool: AsyncConnectionPool[Any], settings: Settings
) -> None:
    for product in (await DemoShop(pool, settings.public_url).products())[:12]:
        page = (await browser.get(f"/demo/products/{product.handle}")).text
        found = LINKED.findall(page)
        assert len(found) == 1
        said: dict[str, Any] = msgspec.json.decode(found[0])
        assert (said["@type"], said["name"]) == ("Product", product.title)
        assert said["url"] == product.url == f"{settings.public_url}/demo/products/{product.handle}"
        for offer, variant in zip(said["offers"], product.variants, strict=True):
            assert offer["sku"] == variant.sku
            assert round(float(offer["price"]) * 100) == variant.price.amount
            assert offer["availability"].endswith("/InStock") == (variant.stock > 0)


async def test_a_demo_customer_is_signed_in_to_the_chat_until_switched_back(
    browser: httpx.AsyncClient, pool: AsyncConnectionPool[Any]
) -> None:
    async with pool.connection() as db:
        row = await (
            await db.execute("SELECT secret FROM connection WHERE channel = 'webchat'")
        ).fetchone()
    assert row is not None
    assert (await browser.post("/demo/sign-in", data={"shopper": "mia"})).status_code == 303
    pages = [await browser.get("/demo"), await browser.get("/demo/products/mill-cardigan")]
    marks: set[str] = set()
    for page in pages:
        assert page.headers["cache-control"] == "no-store"
        token = re.findall(r'data-identity-token="([^"]+)"', page.text)[0]
        said = jwt.decode(token, row[0], algorithms=["HS256"], options={"require": ["sub", "exp"]})
        assert (said["email"], said["name"]) == ("mia.lindqvist@mail.example", "Mia Lindqvist")
        assert said["exp"] - said["iat"] <= 600
        marks.add(said["jti"])
    assert len(marks) == 2
    for form in ({"shopper": ""}, {"shopper": "somebody"}, {}):
        await browser.post("/demo/sign-in", data=form)
        assert "data-identity-token" not in (await browser.get("/demo")).text


@pytest.mark.parametrize(
    ("came_from", "goes_to"),
    [
        ("http://x/demo/products/mill-cardigan?colour=ink", "/demo/products/mill-cardigan"),
        ("http://x/demo/help/en/refund-times", "/demo/help/en/refund-times"),
        ("http://x/demo/orders/WF-10501", "/demo"),
        ("http://x//evil.example/", "/demo"),
        ("", "/demo"),
    ],
)
async def test_who_is_switched_stays_on_their_page(
    browser: httpx.AsyncClient, came_from: str, goes_to: str
) -> None:
    switched = await browser.post(
        "/demo/sign-in", data={"shopper": "mia"}, headers={"Referer": came_from}
    )
    assert (switched.status_code, switched.headers["location"]) == (303, goes_to)


async def test_each_help_article_can_be_read_where_citations_lead(
    browser: httpx.AsyncClient,
) -> None:
    index = (await browser.get("/demo/help")).text
    for one in library.articles():
        path = library.help_path(one)
        assert f'href="{path}"' in index
        page = (await browser.get(path)).text
        assert f"<h1>{escape(one.title)}</h1>" in page
    assert "<table>" in (await browser.get("/demo/help/en/size-guide-jumpers")).text
    german = await browser.get("/demo/help/de/returns-policy")
    assert (german.status_code, 'lang="en"' in german.text) == (200, True)


async def test_a_customer_is_signed_in_by_a_pool_that_reads_rows_as_mappings(
    pool: AsyncConnectionPool[Any], settings: Settings
) -> None:
    assert settings.database_url
    rows = {"row_factory": dict_row}
    async with AsyncConnectionPool[Any](settings.database_url, kwargs=rows, open=False) as mapped:
        by_name = await signed_in(mapped, "mia")
        by_place = await signed_in(pool, "mia")
    assert by_name is not None
    assert by_place is not None
    assert by_name.email == by_place.email


async def test_an_order_page_opens_to_its_customer_alone(
    browser: httpx.AsyncClient, pool: AsyncConnectionPool[Any]
) -> None:
    shop = DemoShop(pool)
    for key, email in (("mia", "mia.lindqvist"), ("jonas", "jonas.weber")):
        mine = await shop.orders_of([Identity(kind="email", value=f"{email}@mail.example")])
        assert len(mine) == 2
        for order in mine:
            path = f"/demo/orders/{order.number}"
            assert (await browser.get(path)).status_code == 404
            await browser.post("/demo/sign-in", data={"shopper": key})
            page = await browser.get(path)
            assert page.status_code == 200
            assert str(order.total) in page.text
            await browser.post("/demo/sign-in", data={"shopper": "aoife"})
            other = await browser.get(path)
            assert other.status_code == 404
            assert str(order.total) not in other.text


async def test_text_from_the_shop_never_becomes_markup(
    browser: httpx.AsyncClient, pool: AsyncConnectionPool[Any]
) -> None:
    async with pool.connection() as db:
        found = await db.execute(OF_CARDIGAN)
        before = await found.fetchone()
        assert before is not None
        await db.execute(DESCRIBE_CARDIGAN, ["</script><b>bold"])
    page = (await browser.get("/demo/products/mill-cardigan")).text
    async with pool.connection() as db:
        await db.execute(DESCRIBE_CARDIGAN, before)
    assert "<b>" not in page
    said: dict[str, Any] = msgspec.json.decode(LINKED.findall(page)[0])
    assert said["description"] == "</script><b>bold"


async def test_a_colour_can_be_chosen_and_an_unknown_one_shows_the_first(
    browser: httpx.AsyncClient,
) -> None:
    chosen = await browser.get("/demo/products/mill-cardigan?colour=moss")
    assert "Colour: Moss" in chosen.text
    assert 'src="/demo/pictures/mill-cardigan/moss.svg"' in chosen.text
    unknown = await browser.get("/demo/products/mill-cardigan?colour=%3Cb%3E")
    assert "Colour: Ink" in unknown.text


@pytest.mark.parametrize(
    "path",
    [
        *("nowhere", "collections/nothing", "products/nothing", "orders/1"),
        *(
            "%00",
            "products/%00",
            "products/heron%00",
            "collections/%00",
            "orders/%00",
            "help/en/%00",
        ),
    ],
)
async def test_what_is_not_there_says_where_to_go(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(f"/demo/{path}")
    assert answer.status_code == 404
    assert 'href="/demo"' in answer.text


async def test_a_shop_without_its_database_says_so(
    browser: httpx.AsyncClient, pool: AsyncConnectionPool[Any]
) -> None:
    await pool.resize(0, 1)
    async with pool.connection():
        answer = await browser.get("/demo")
    assert answer.status_code == 503
    assert "Try again" in answer.text


async def test_pictures_are_small_well_formed_and_always_the_same(
    browser: httpx.AsyncClient,
) -> None:
    for group in library.collections():
        for one in group.product:
            for colour in one.colours:
                name, code = library.brand().palette[colour]
                answer = await browser.get(f"/demo/pictures/{one.handle}/{name.lower()}.svg")
                assert answer.headers["content-type"].startswith("image/svg+xml")
                assert answer.text == picture.__wrapped__(
                    one.picture.kind, one.picture.pattern, code
                )
                assert len(answer.content) < 4096
                drawn = ET.fromstring(answer.text)  # noqa: S314 - our own drawing
                assert drawn.tag.endswith("svg")
    assert (await browser.get("/demo/pictures/mill-cardigan/none.svg")).status_code == 404
