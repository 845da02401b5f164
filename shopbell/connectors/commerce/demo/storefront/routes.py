"""The demo storefront under /demo: home, collections, products, and the chat on every page."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from psycopg_pool import AsyncConnectionPool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from shopbell.connectors.commerce.demo import library
from shopbell.connectors.commerce.demo.seed import WIDGET_KEY
from shopbell.connectors.commerce.demo.shop import DemoShop
from shopbell.connectors.commerce.demo.storefront.identity import (
    COOKIE,
    NAMES,
    SignedIn,
    signed_in,
)
from shopbell.connectors.commerce.demo.storefront.pictures import picture
from shopbell.connectors.commerce.types import Identity, Product, ShopUnavailable, Variant
from shopbell.settings import Settings

_HERE = Path(__file__).parent
_CSS = (_HERE / "storefront.css").read_text("utf-8")
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_FOR_A_DAY = {"Cache-Control": "public, max-age=86400"}
_FRESH = {"Cache-Control": "no-cache"}
_UNKEPT = {"Cache-Control": "no-store"}
_STAYING = ("/demo/collections/", "/demo/help", "/demo/products/")
"""Pages that are the same for whoever looks at them."""


def routes(pool: AsyncConnectionPool[Any], settings: Settings) -> list[Route]:
    """The storefront's routes, with their whole paths; `pool` must be open when they are asked."""
    pages = _Pages(pool, settings)
    return [
        Route("/demo", pages.home, name="demo"),
        Route("/demo/", pages.home),
        Route("/demo/storefront.css", _style),
        Route("/demo/collections/{slug}", pages.collection),
        Route("/demo/products/{handle}", pages.product),
        Route("/demo/pictures/{handle}/{colour}.svg", _picture),
        Route("/demo/help", pages.help_index),
        Route("/demo/help/{language}/{slug}", pages.article),
        Route("/demo/orders/{number}", pages.order),
        Route("/demo/sign-in", pages.sign_in, methods=["POST"]),
        Route("/demo/{rest:path}", pages.nothing),
    ]


class _Pages:
    def __init__(self, pool: AsyncConnectionPool[Any], settings: Settings) -> None:
        self._pool = pool
        self._secure = settings.public_url.startswith("https:")
        self._shop = DemoShop(pool, settings.public_url)
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._shared: dict[str, Any] = {
            "brand": library.brand(),
            "collections": library.collections(),
            "widget_key": WIDGET_KEY,
            "picture_of": _picture_path,
            "names": NAMES,
            "help_path": library.help_path,
            "shopper": None,
        }

    async def home(self, request: Request) -> Response:
        try:
            shopper = await self._shopper(request)
            products = await self._shop.products()
        except ShopUnavailable:
            return self._closed()
        liked = [one for one in products if "bestseller" in one.tags]
        covers = {one.collection: one for one in reversed(products)}
        return self._page("home.html", title="", products=liked[:8], covers=covers, shopper=shopper)

    async def collection(self, request: Request) -> Response:
        slug = request.path_params["slug"]
        found = next((one for one in library.collections() if one.slug == slug), None)
        if found is None:
            return await self.nothing(request)
        try:
            shopper = await self._shopper(request)
            products = await self._shop.products(found.title)
        except ShopUnavailable:
            return self._closed()
        return self._page("collection.html", title=found.title, products=products, shopper=shopper)

    async def product(self, request: Request) -> Response:
        try:
            shopper = await self._shopper(request)
            product = await self._shop.product_by_handle(request.path_params["handle"])
        except ShopUnavailable:
            return self._closed()
        if product is None:
            return await self.nothing(request)
        asked = request.query_params.get("colour", "").lower()
        shown = [one for one in product.variants if one.colour.lower() == asked]
        shown = shown or [one for one in product.variants if one.colour == product.colours[0]]
        slug = next(one.slug for one in library.collections() if one.title == product.collection)
        return self._page(
            "product.html",
            title=product.title,
            shopper=shopper,
            product=product,
            shown=shown,
            hexes={one.colour: one.colour_hex for one in product.variants},
            slug=slug,
            linked=_script_safe(linked_data(product)),
        )

    async def help_index(self, request: Request) -> Response:
        """All English articles, under the heading of their collection."""
        groups: dict[str, list[library.HelpArticle]] = {}
        for one in library.articles():
            if one.language == "en":
                groups.setdefault(one.collection, []).append(one)
        return await self._reading(request, "help.html", title="Help", groups=groups)

    async def article(self, request: Request) -> Response:
        """One article; in English where it is not written in the language asked for."""
        found = library.article(request.path_params["slug"], request.path_params["language"])
        if found is None:
            return await self.nothing(request)
        text = Markup(_MARKDOWN.render(found.body))  # noqa: S704 - the renderer lets no HTML through
        return await self._reading(
            request, "article.html", title=found.title, article=found, text=text
        )

    async def _reading(self, request: Request, template: str, **values: Any) -> Response:
        try:
            shopper = await self._shopper(request)
        except ShopUnavailable:
            return self._closed()
        return self._page(template, shopper=shopper, **values)

    async def order(self, request: Request) -> Response:
        """An order, to the customer who placed it; to others there is nothing here."""
        try:
            shopper = await self._shopper(request)
            order = await self._shop.order(request.path_params["number"])
        except ShopUnavailable:
            return self._closed()
        if shopper is None or order is None:
            return await self.nothing(request)
        if not order.belongs_to((Identity(kind="email", value=shopper.email),)):
            return await self.nothing(request)
        return self._page("order.html", title=order.number, order=order, shopper=shopper)

    async def sign_in(self, request: Request) -> Response:
        """Become the demo customer that the form names, or nobody, on the page where it was sent."""
        form = await request.form(max_files=0, max_fields=4)
        key = form.get("shopper")
        came_from = urlsplit(request.headers.get("referer", "")).path
        answer = RedirectResponse(came_from if came_from.startswith(_STAYING) else "/demo", 303)
        if isinstance(key, str) and key in NAMES:
            answer.set_cookie(
                COOKIE, key, path="/demo", httponly=True, samesite="lax", secure=self._secure
            )
        else:
            answer.delete_cookie(COOKIE, path="/demo")
        return answer

    async def _shopper(self, request: Request) -> SignedIn | None:
        return await signed_in(self._pool, request.cookies.get(COOKIE, ""))

    async def nothing(self, _: Request) -> Response:
        return self._page(
            "message.html",
            404,
            title="Nothing here",
            text="This page is not part of the demo shop. Start again from the front page.",
        )

    def _closed(self) -> Response:
        return self._page(
            "message.html",
            503,
            title="The shop is not answering",
            text="Its database did not reply. Try again in a moment.",
        )

    def _page(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        html = self._templates.get_template(template).render(self._shared | values)
        return HTMLResponse(html, status, _UNKEPT)


async def _style(_: Request) -> Response:
    return Response(_CSS, media_type="text/css", headers=_FRESH)


async def _picture(request: Request) -> Response:
    handle, colour = request.path_params["handle"], request.path_params["colour"].lower()
    palette = library.brand().palette.values()
    hexcode = next((code for name, code in palette if name.lower() == colour), None)
    file = next(
        (one for group in library.collections() for one in group.product if one.handle == handle),
        None,
    )
    if file is None or hexcode is None:
        return Response("No such picture.", 404, media_type="text/plain")
    svg = picture(file.picture.kind, file.picture.pattern, hexcode)
    return Response(svg, media_type="image/svg+xml", headers=_FOR_A_DAY)


def _picture_path(product: Product, colour: str | None = None) -> str:
    return f"/demo/pictures/{product.handle}/{(colour or product.colours[0]).lower()}.svg"


def linked_data(product: Product) -> dict[str, Any]:
    """The product as schema.org says it, with one offer for each variant."""
    return {
        "@context": "https://schema.org",
        "@type": "Product",
        "productID": product.id,
        "name": product.title,
        "description": product.description,
        "url": product.url,
        "image": product.image_url,
        "category": product.collection,
        "material": product.material,
        "countryOfOrigin": product.origin,
        "weight": {"@type": "QuantitativeValue", "value": product.weight_grams, "unitCode": "GRM"},
        "brand": {"@type": "Brand", "name": library.brand().name},
        "offers": [_offer(product, one) for one in product.variants],
    }


def _offer(product: Product, variant: Variant) -> dict[str, Any]:
    whole, cents = divmod(variant.price.amount, 100)
    return {
        "@type": "Offer",
        "sku": variant.sku,
        "name": f"{variant.colour}, {variant.size}",
        "price": f"{whole}.{cents:02d}",
        "priceCurrency": variant.price.currency,
        "availability": f"https://schema.org/{'InStock' if variant.stock else 'OutOfStock'}",
        "itemCondition": "https://schema.org/NewCondition",
        "url": product.url,
    }


def _script_safe(value: object) -> Markup:
    """JSON that no text in it can end the script element of."""
    return Markup(msgspec.json.encode(value).decode().replace("<", "\\u003c"))  # noqa: S704 - no `<` is left in it
