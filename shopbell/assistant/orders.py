"""Order status from the shop's own facts, for the customer who is verified for it."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from shopbell.assistant.types import Citation, CustomerFacts
from shopbell.assistant.words.templates import day, say, state_name
from shopbell.connectors.commerce.types import Identity as ShopIdentity
from shopbell.connectors.commerce.types import IdentityKind, Order, OrderState, Shop

_DONE = {
    OrderState.DELIVERED,
    OrderState.RETURNED,
    OrderState.REFUNDED,
    OrderState.CANCELLED,
    OrderState.EXCHANGED,
}
_KINDS: dict[str, IdentityKind] = {"email": "email", "phone": "phone", "shop": "external"}
_SHOWN = 3


class Looked(Struct, frozen=True, kw_only=True):
    """What was found: `orders` only where the customer may see them."""

    outcome: Literal["found", "unverified", "unknown", "none"]
    orders: tuple[Order, ...] = ()


async def look_up(shop: Shop, customer: CustomerFacts, numbers: Sequence[str]) -> Looked:
    """The orders a customer asks about; someone else's number reads like one that never was.

    Without numbers: the newest orders still on their way, or else the newest one. Raises
    ShopUnavailable when the shop does not answer.
    """
    who = [
        ShopIdentity(kind=_KINDS[one.kind], value=one.value)
        for one in customer.verified
        if one.kind in _KINDS
    ]
    if not who:
        return Looked(outcome="unverified")
    theirs = await shop.orders_of(who)
    if numbers:
        named = tuple(order for order in theirs if order.number in numbers)
        missing = [number for number in numbers if number not in {one.number for one in named}]
        for number in missing[:_SHOWN]:
            order = await shop.order(number)
            if order is not None and order.belongs_to(who):
                named = (*named, order)
        return Looked(outcome="found" if named else "unknown", orders=named[:_SHOWN])
    moving = tuple(order for order in theirs if order.state not in _DONE)[:_SHOWN]
    chosen = moving or tuple(theirs[:1])
    return Looked(outcome="found" if chosen else "none", orders=chosen)


def status_text(order: Order, language: str) -> str:
    """What is known of an order, in fixed sentences; outside words are quoted as they are."""
    lines = [
        say(
            "order",
            language,
            number=order.number,
            date=day(order.placed_at, language),
            state=state_name(order.state.value, language),
        )
    ]
    for parcel in sorted(order.fulfilments, key=lambda one: one.packed_at)[-_SHOWN:]:
        track = parcel.tracking
        if track is not None:
            lines.append(
                say(
                    "carrier", language, carrier=track.carrier, tracking=track.number, url=track.url
                )
            )
        if parcel.delivered_at is not None:
            lines.append(say("delivered_on", language, date=day(parcel.delivered_at, language)))
        elif track is not None and track.expected_on is not None:
            expected = day(track.expected_on, language)
            if track.promised_on is not None and track.promised_on < track.expected_on:
                promised = day(track.promised_on, language)
                lines.append(say("late", language, promised=promised, date=expected))
            else:
                lines.append(say("expected", language, date=expected))
        if track is not None and track.events and parcel.delivered_at is None:
            last = track.events[-1]
            lines.append(
                say(
                    "last_scan",
                    language,
                    date=day(last.at, language),
                    text=last.text,
                    place=last.place,
                )
            )
    return "\n".join(lines)


def cite(order: Order, quoted: str) -> Citation:
    """A citation of an order."""
    return Citation(
        kind="order", title=order.number, source="orders", url=order.url, quote=quoted, score=1.0
    )
