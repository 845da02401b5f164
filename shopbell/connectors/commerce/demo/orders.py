"""Believable orders in every state, the same for the same dice and day."""

from __future__ import annotations

import datetime as dt
import random
import uuid

import msgspec

from shopbell.connectors.commerce.demo import library
from shopbell.connectors.commerce.demo.world import Shopper, add_working_days, uuid7_at
from shopbell.connectors.commerce.types import (
    Address,
    FulfilmentState,
    OrderState,
    PaymentState,
    ReturnState,
    Tracking,
    TrackingEvent,
)

FIRST_NUMBER = 10_204
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)

STATES: dict[OrderState, tuple[int, tuple[float, float]]] = {
    OrderState.PENDING_PAYMENT: (8, (0.1, 1.8)),
    OrderState.PAID: (14, (0.02, 0.4)),
    OrderState.PACKED: (10, (0.3, 1.0)),
    OrderState.SHIPPED: (14, (1.0, 1.9)),
    OrderState.IN_TRANSIT: (22, (2.0, 3.5)),
    OrderState.OUT_FOR_DELIVERY: (10, (2.5, 5.0)),
    OrderState.DELAYED: (44, (7.0, 11.0)),
    OrderState.DELIVERED: (178, (9.0, 120.0)),
    OrderState.PARTLY_SHIPPED: (8, (3.0, 5.0)),
    OrderState.RETURNED: (12, (18.0, 40.0)),
    OrderState.REFUND_PENDING: (12, (18.0, 42.0)),
    OrderState.REFUNDED: (26, (25.0, 110.0)),
    OrderState.CANCELLED: (18, (2.0, 90.0)),
    OrderState.LOST: (6, (13.0, 22.0)),
    OrderState.EXCHANGED: (18, (20.0, 90.0)),
}
"""How many orders are in each state, and how many days ago they were placed."""

_KNOWN_ORDERS = (
    (0, OrderState.DELAYED),
    (0, OrderState.DELIVERED),
    (1, OrderState.REFUND_PENDING),
    (1, OrderState.DELIVERED),
    (2, OrderState.OUT_FOR_DELIVERY),
    (2, OrderState.DELIVERED),
    (3, OrderState.IN_TRANSIT),
    (3, OrderState.EXCHANGED),
    (4, OrderState.PAID),
    (4, OrderState.REFUNDED),
    (5, OrderState.DELIVERED),
    (5, OrderState.PARTLY_SHIPPED),
)
_REASONS = ("too small", "too large", "colour is different from the picture", "changed my mind",
            "arrived too late", "itches")  # fmt: skip
_PARCELLED = {
    OrderState.PACKED: FulfilmentState.PACKED,
    OrderState.SHIPPED: FulfilmentState.SHIPPED,
    OrderState.IN_TRANSIT: FulfilmentState.IN_TRANSIT,
    OrderState.OUT_FOR_DELIVERY: FulfilmentState.OUT_FOR_DELIVERY,
    OrderState.DELAYED: FulfilmentState.DELAYED,
    OrderState.PARTLY_SHIPPED: FulfilmentState.IN_TRANSIT,
    OrderState.LOST: FulfilmentState.LOST,
}
_SENT_BACK = {
    OrderState.RETURNED: ReturnState.RECEIVED,
    OrderState.REFUND_PENDING: ReturnState.REFUND_PENDING,
    OrderState.REFUNDED: ReturnState.REFUNDED,
    OrderState.EXCHANGED: ReturnState.EXCHANGED,
}


class VariantRow(msgspec.Struct, kw_only=True):
    id: uuid.UUID
    product_id: uuid.UUID
    title: str
    handle: str
    position: int
    sku: str
    size: str
    colour: str
    colour_hex: str
    price: int
    compare_at: int | None
    stock: int
    restock_on: dt.date | None


class LineRow(msgspec.Struct, kw_only=True):
    id: uuid.UUID
    variant: VariantRow
    quantity: int
    shipped: int = 0
    returned: int = 0


class ParcelRow(msgspec.Struct, kw_only=True):
    id: uuid.UUID
    state: FulfilmentState
    lines: dict[str, int]
    packed_at: dt.datetime
    shipped_at: dt.datetime | None
    delivered_at: dt.datetime | None
    tracking: Tracking | None


class ReturnRow(msgspec.Struct, kw_only=True):
    id: uuid.UUID
    number: str
    state: ReturnState
    reason: str
    lines: dict[str, int]
    refund: int
    requested_at: dt.datetime
    received_at: dt.datetime | None
    settled_at: dt.datetime | None
    refund_by: dt.date | None


class OrderRow(msgspec.Struct, kw_only=True):
    """An order as it is written; amounts in cents."""

    id: uuid.UUID
    number: str
    shopper: Shopper
    state: OrderState
    placed_at: dt.datetime
    cancelled_at: dt.datetime | None
    lines: list[LineRow]
    subtotal: int
    discount: int
    discount_code: str
    shipping: int
    total: int
    shipping_method: str
    address: Address
    note: str
    payment_id: uuid.UUID
    payment_state: PaymentState
    payment_method: str
    refunded: int
    parcels: list[ParcelRow]
    returns: list[ReturnRow]


def variants(today: dt.datetime, dice: random.Random) -> list[VariantRow]:
    """All variants with prices, reductions and stock."""
    made: list[VariantRow] = []
    palette = library.brand().palette
    for collection in library.collections():
        for product in collection.product:
            product_id = uuid7_at(today - 400 * DAY, dice)
            reduced = "season" in product.tags
            for colour in product.colours:
                name, hexcode = palette[colour]
                for size in product.sizes:
                    stock = 0 if dice.random() < 0.12 else dice.randint(1, 24)
                    restock = (today + dice.randint(6, 40) * DAY).date()
                    sku = f"{product.handle}-{colour}-{size}".upper().replace(" ", "")
                    made.append(
                        VariantRow(
                            id=uuid7_at(today - 400 * DAY, dice),
                            product_id=product_id,
                            title=product.title,
                            handle=product.handle,
                            position=len(made),
                            sku=sku,
                            size=size,
                            colour=name,
                            colour_hex=hexcode,
                            price=product.price * 8 // 1000 * 100 if reduced else product.price,
                            compare_at=product.price if reduced else None,
                            stock=stock,
                            restock_on=restock if stock == 0 and not reduced else None,
                        )
                    )
    return made


def orders(
    people: list[Shopper], shelf: list[VariantRow], today: dt.datetime, dice: random.Random
) -> list[OrderRow]:
    """All orders, oldest first, numbered in that order."""
    left = {state: count for state, (count, _) in STATES.items()}
    wanted: list[tuple[Shopper, OrderState]] = []
    for index, state in _KNOWN_ORDERS:
        wanted.append((people[index], state))
        left[state] -= 1
    northern = [who for who in people[6:] if who.country.carrier == "Nordpost"]
    for state, count in left.items():
        pick = northern if state is OrderState.DELAYED else people[6:]
        wanted.extend((dice.choice(pick), state) for _ in range(count))
    placed = [(_placed(state, today, dice), who, state) for who, state in wanted]
    placed.sort(key=lambda one: one[0])
    return [
        _order(f"WF-{FIRST_NUMBER + index}", moment, who, state, shelf, today, dice)
        for index, (moment, who, state) in enumerate(placed)
    ]


def _placed(state: OrderState, today: dt.datetime, dice: random.Random) -> dt.datetime:
    nearest, farthest = STATES[state][1]
    return (today - dice.uniform(nearest, farthest) * DAY).replace(microsecond=0)


def _order(
    number: str,
    placed_at: dt.datetime,
    who: Shopper,
    state: OrderState,
    shelf: list[VariantRow],
    today: dt.datetime,
    dice: random.Random,
) -> OrderRow:
    least = 2 if state is OrderState.PARTLY_SHIPPED else 1
    chosen = dice.sample(shelf, max(least, dice.choice((1, 1, 1, 2, 2, 3))))
    lines = [
        LineRow(id=uuid7_at(placed_at, dice), variant=one, quantity=dice.choice((1, 1, 1, 1, 2)))
        for one in chosen
    ]
    subtotal = sum(line.variant.price * line.quantity for line in lines)
    code = dice.choice(("", "", "", "", "HELLO10", "STUDENT12"))
    if code == "HELLO10" and subtotal < 6000:
        code = ""
    percent = {"": 0, "HELLO10": 10, "STUDENT12": 12}[code]
    discount = subtotal * percent // 100
    zone = who.country.zone
    express = state is not OrderState.DELAYED and dice.random() < 0.12
    shipping = zone.express if express else zone.standard
    if not express and subtotal - discount >= zone.free_from:
        shipping = 0
    transfer = state is OrderState.PENDING_PAYMENT
    method = "Bank transfer" if transfer else dice.choice(who.country.payment)
    row = OrderRow(
        id=uuid7_at(placed_at, dice),
        number=number,
        shopper=who,
        state=state,
        placed_at=placed_at,
        cancelled_at=None,
        lines=lines,
        subtotal=subtotal,
        discount=discount,
        discount_code=code,
        shipping=shipping,
        total=subtotal - discount + shipping,
        shipping_method="Express" if express else "Standard",
        address=who.address,
        note=dice.choice(("", "", "", "", "Please leave with the neighbour.", "It is a present.")),
        payment_id=uuid7_at(placed_at, dice),
        payment_state=PaymentState.PENDING if transfer else PaymentState.CAPTURED,
        payment_method=method.format(dice.randint(1000, 9999)),
        refunded=0,
        parcels=[],
        returns=[],
    )
    _send(row, today, dice)
    _settle(row, today, dice)
    return row


def _send(row: OrderRow, today: dt.datetime, dice: random.Random) -> None:
    if row.state in (OrderState.PENDING_PAYMENT, OrderState.PAID, OrderState.CANCELLED):
        return
    state = _PARCELLED.get(row.state, FulfilmentState.DELIVERED)
    packed_at = min(row.placed_at + dice.uniform(2, 5) * HOUR, today - HOUR / 4)
    sent = row.lines[:-1] if row.state is OrderState.PARTLY_SHIPPED else row.lines
    shipped_at = min(packed_at + dice.uniform(3, 7) * HOUR, today - HOUR / 10)
    packed_only = state is FulfilmentState.PACKED
    if not packed_only:
        for line in sent:
            line.shipped = line.quantity
    parcel = ParcelRow(
        id=uuid7_at(packed_at, dice),
        state=state,
        lines={str(line.id): line.quantity for line in sent},
        packed_at=packed_at,
        shipped_at=None if packed_only else shipped_at,
        delivered_at=None,
        tracking=None,
    )
    if not packed_only:
        _track(row, parcel, shipped_at, today, dice)
    row.parcels.append(parcel)


def _track(
    row: OrderRow,
    parcel: ParcelRow,
    shipped_at: dt.datetime,
    today: dt.datetime,
    dice: random.Random,
) -> None:
    zone = row.shopper.country.zone
    express = row.shipping_method == "Express"
    carrier = "Swiftline" if express else row.shopper.country.carrier
    days = zone.express_days if express else zone.standard_days[1]
    promised = add_working_days(shipped_at.date(), days)
    city = row.address.city
    scans = [
        TrackingEvent(at=shipped_at, place="Venlo", text="Handed over by the sender"),
        TrackingEvent(at=shipped_at + 5 * HOUR, place="Venlo", text="Left the depot"),
    ]
    expected: dt.date = promised
    match parcel.state:
        case FulfilmentState.DELAYED:
            arrived = shipped_at + 30 * HOUR
            scans.append(
                TrackingEvent(at=arrived, place="Flensburg", text="Arrived at sorting centre")
            )
            scans.append(
                TrackingEvent(
                    at=arrived + 40 * HOUR, place="Flensburg", text="Delayed at sorting centre"
                )
            )
            expected = add_working_days(today.date(), dice.randint(1, 3))
        case FulfilmentState.IN_TRANSIT:
            scans.append(TrackingEvent(at=shipped_at + 20 * HOUR, place="Hub", text="In transit"))
            expected = max(promised, add_working_days(today.date(), 1))
        case FulfilmentState.OUT_FOR_DELIVERY:
            scans.append(TrackingEvent(at=today - 2 * HOUR, place=city, text="Out for delivery"))
            expected = today.date()
        case FulfilmentState.DELIVERED:
            arrival = add_working_days(shipped_at.date(), dice.randint(max(1, days - 1), days))
            noon = dt.datetime.combine(arrival, dt.time(11, dice.randint(0, 59)), dt.UTC)
            parcel.delivered_at = min(max(noon, shipped_at + 18 * HOUR), today - HOUR)
            expected = parcel.delivered_at.date()
            scans.append(TrackingEvent(at=parcel.delivered_at, place=city, text="Delivered"))
        case FulfilmentState.LOST:
            scans.append(TrackingEvent(at=shipped_at + 26 * HOUR, place="Hub", text="In transit"))
        case _:
            expected = max(promised, add_working_days(today.date(), 1))
    code = f"{carrier[:2].upper()}{dice.randint(10**9, 10**10 - 1)}NL"
    parcel.tracking = Tracking(
        carrier=carrier,
        number=code,
        url=f"https://{carrier.lower()}.example/track/{code}",
        expected_on=expected,
        promised_on=promised,
        events=tuple(scan for scan in scans if scan.at <= today),
    )


def _settle(row: OrderRow, today: dt.datetime, dice: random.Random) -> None:
    if row.state is OrderState.CANCELLED:
        row.cancelled_at = row.placed_at + dice.uniform(0.2, 3) * HOUR
        row.payment_state, row.refunded = PaymentState.REFUNDED, row.total
    state = _SENT_BACK.get(row.state)
    if state is None:
        return
    delivered = row.parcels[0].delivered_at or row.placed_at
    line = row.lines[0]
    line.returned = line.quantity
    requested = min(delivered + dice.uniform(1, 3) * DAY, today - 4 * DAY)
    received = min(requested + dice.uniform(3, 6) * DAY, today - 2 * DAY)
    if state is ReturnState.RECEIVED:
        received = today - dice.uniform(0.2, 1.5) * DAY
    settled = received + dice.uniform(0.5, 1.5) * DAY
    exchanged = state is ReturnState.EXCHANGED
    share = line.variant.price * line.quantity
    refund = share - share * row.discount // row.subtotal
    refund = max(0, refund - row.shopper.country.zone.return_fee)
    row.returns.append(
        ReturnRow(
            id=uuid7_at(requested, dice),
            number=f"R{row.number[3:]}1",
            state=state,
            reason=dice.choice(_REASONS[:2]) if exchanged else dice.choice(_REASONS),
            lines={str(line.id): line.quantity},
            refund=0 if exchanged else refund,
            requested_at=requested,
            received_at=received,
            settled_at=settled if state in (ReturnState.REFUNDED, ReturnState.EXCHANGED) else None,
            refund_by=add_working_days(received.date(), 3)
            if state in (ReturnState.RECEIVED, ReturnState.REFUND_PENDING)
            else None,
        )
    )
    if state is ReturnState.REFUNDED:
        row.refunded = refund
        whole = refund == row.total
        row.payment_state = PaymentState.REFUNDED if whole else PaymentState.PARTLY_REFUNDED
