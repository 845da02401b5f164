"""What a conversation is about: an order or a product, told in the customer's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from shopbell.connectors.commerce.demo.history.stories import Story
from shopbell.connectors.commerce.demo.orders import OrderRow, VariantRow
from shopbell.desk.messages.types import Page

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
Window = tuple[dt.datetime, dt.datetime]

_MONTHS = {
    "en": ("January February March April May June July August September October November December", "{} {}"),
    "de": ("Januar Februar März April Mai Juni Juli August September Oktober November Dezember", "{}. {}"),
    "es": ("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre", "{} de {}"),
    "fr": ("janvier février mars avril mai juin juillet août septembre octobre novembre décembre", "{} {}"),
}  # fmt: skip
_COLOURS = {
    "de": {"oat": "Hafer", "moss": "Moos", "ink": "Tinte", "slate": "Schiefer", "rust": "Rost",
           "bracken": "Farn", "plum": "Pflaume", "rose": "Rosé"},
    "es": {"oat": "avena", "moss": "musgo", "ink": "tinta", "slate": "pizarra", "rust": "óxido",
           "bracken": "helecho", "plum": "ciruela", "rose": "rosa"},
    "fr": {"oat": "avoine", "moss": "mousse", "ink": "encre", "slate": "ardoise", "rust": "rouille",
           "bracken": "fougère", "plum": "prune", "rose": "rose"},
}  # fmt: skip


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """An order or a product that somebody writes about, and when that makes sense."""

    window: Window
    variant: VariantRow
    order: OrderRow | None = None


def window_of(needs: str, order: OrderRow, today: dt.datetime) -> Window | None:
    """When a customer with this order would ask what a story needs it for; None for never."""
    parcel = order.parcels[0] if order.parcels else None
    shipped = parcel.shipped_at if parcel else None
    delivered = parcel.delivered_at if parcel else None
    back = order.returns[0] if order.returns else None
    state = order.state.value
    match needs:
        case "new" if state == "cancelled" and order.cancelled_at:
            return order.placed_at + HOUR / 12, order.cancelled_at
        case "moving" if shipped and state not in ("delayed", "lost", "partly_shipped"):
            return shipped + 14 * HOUR, delivered or today
        case "northern" if shipped and delivered and parcel and parcel.tracking:
            late = parcel.tracking.carrier == "Nordpost"
            return (shipped + 40 * HOUR, delivered) if late else None
        case "delayed" if state == "delayed" and shipped and parcel and parcel.tracking:
            promised = parcel.tracking.promised_on or shipped.date()
            morning = dt.datetime.combine(promised, dt.time(8), dt.UTC)
            return max(shipped + 70 * HOUR, morning), today
        case "lost" if state == "lost" and shipped:
            return shipped + 7 * DAY, today
        case "partly" if state == "partly_shipped" and shipped:
            return shipped + 10 * HOUR, today
        case "delivered" if delivered and state in ("delivered", "exchanged"):
            return delivered + 3 * HOUR, delivered + 14 * DAY
        case "worn" if delivered and state == "delivered":
            return delivered + 20 * DAY, delivered + 110 * DAY
        case "back" if back and back.refund:
            return back.requested_at + 4 * DAY, (back.received_at or today) + 5 * DAY
        case _:
            return None


def facts(name: str, matter: Matter, language: str, moment: dt.datetime) -> dict[str, str]:
    """The words that a story's `{...}` stand for."""
    order, variant = matter.order, matter.variant
    colour = variant.colour.lower()
    known = {
        "first": name.split(" ")[0],
        "name": name,
        "product": variant.title,
        "colour": _COLOURS.get(language, {}).get(colour, colour),
        "size": variant.size,
        "up": _next(variant.size, 1),
        "down": _next(variant.size, -1),
        "price": _price(variant.price),
        "weekday": moment.strftime("%A"),
        "deadline": _day((moment + 6 * DAY).date(), language),
    }
    if order is None:
        return known
    parcel = order.parcels[0] if order.parcels else None
    track = parcel.tracking if parcel else None
    back = order.returns[0] if order.returns else None
    expected = (track.expected_on if track else None) or (moment + 3 * DAY).date()
    known |= {
        "order": order.number,
        "city": order.address.city,
        "total": _price(order.total),
        "placed": _day(order.placed_at.date(), language),
        "shipped": _day(((parcel and parcel.shipped_at) or order.placed_at).date(), language),
        "carrier": track.carrier if track else "Postlane",
        "tracking": track.number if track else "",
        "expected": _day(max(expected, (moment + DAY).date()), language),
        "promised": _day(
            (track.promised_on if track else None) or order.placed_at.date(), language
        ),
        "rma": back.number if back else f"R{order.number[3:]}1",
        "refund": _price(back.refund if back and back.refund else variant.price),
        "method": order.payment_method.split(" ending")[0],
        "street": order.address.line1,
    }
    return known


def page_of(variant: VariantRow) -> Page:
    """The product page as the chat on it would describe it."""
    return Page(
        url=f"/demo/products/{variant.handle}",
        title=f"{variant.title} – Wetherfold",
        product=variant.title,
        sku=variant.sku,
        price=_price(variant.price),
    )


def variants_about(story: Story, shelf: Sequence[VariantRow]) -> list[VariantRow]:
    """The pieces a story may be about, all clothes where it names none."""
    if not story.about:
        return [one for one in shelf if one.size in ("S", "M", "L", "XL")]
    return [one for one in shelf if one.handle in story.about]


def _next(size: str, step: int) -> str:
    order = ("XS", "S", "M", "L", "XL", "XXL")
    if size not in order:
        return size
    return order[min(max(order.index(size) + step, 0), len(order) - 1)]


def _price(cents: int) -> str:
    whole, rest = divmod(cents, 100)
    return f"€{whole}" if not rest else f"€{whole}.{rest:02d}"


def _day(day: dt.date, language: str) -> str:
    months, form = _MONTHS[language]
    return form.format(day.day, months.split()[day.month - 1])
