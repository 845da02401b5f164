"""What a shop knows, in the words every shop system can be translated to.

Money is an integer in the currency's minor unit (cents) with an ISO 4217 code. Times are aware
UTC datetimes; days are dates in the shop's own time zone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum
from typing import Literal, Protocol

import msgspec

IdentityKind = Literal["email", "phone", "external"]


class Money(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """An exact amount: `amount` in minor units of `currency` (ISO 4217)."""

    amount: int
    currency: str

    def __str__(self) -> str:
        sign = "-" if self.amount < 0 else ""
        whole, cents = divmod(abs(self.amount), 100)
        symbol = {"EUR": "€", "GBP": "£", "USD": "$"}.get(self.currency, f"{self.currency} ")
        return f"{sign}{symbol}{whole}.{cents:02d}"


class OrderState(StrEnum):
    """Where an order is, as the customer would say it."""

    PENDING_PAYMENT = "pending_payment"
    PAID = "paid"
    PACKED = "packed"
    SHIPPED = "shipped"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    PARTLY_SHIPPED = "partly_shipped"
    RETURNED = "returned"
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"
    LOST = "lost"
    EXCHANGED = "exchanged"


class FulfilmentState(StrEnum):
    PACKED = "packed"
    SHIPPED = "shipped"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    LOST = "lost"


class PaymentState(StrEnum):
    PENDING = "pending"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"


class ReturnState(StrEnum):
    LABEL_SENT = "label_sent"
    ON_ITS_WAY = "on_its_way"
    RECEIVED = "received"
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"
    EXCHANGED = "exchanged"


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """One *verified* identity of a customer; a claimed one must never be passed to a shop."""

    kind: IdentityKind
    value: str


class Address(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    line1: str
    city: str
    postcode: str
    country: str
    line2: str = ""
    region: str = ""
    phone: str = ""

    def one_line(self) -> str:
        parts = (self.line1, self.line2, f"{self.postcode} {self.city}", self.region, self.country)
        return ", ".join(part for part in parts if part.strip())


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be bought: a product in one size and colour.

    `stock` counts pieces that can be sold now. `restock_on` is the day more are expected, when
    known. `compare_at` is the price before a reduction.
    """

    id: str
    sku: str
    size: str
    colour: str
    colour_hex: str
    price: Money
    stock: int
    compare_at: Money | None = None
    restock_on: dt.date | None = None


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product with its variants; every fact an answer may quote is a field of its own.

    `warmth` is the shop's own scale from 1 to 5, None where it has none.
    """

    id: str
    handle: str
    title: str
    collection: str
    description: str
    material: str
    fit: str
    fit_note: str
    care: str
    origin: str
    weight_grams: int
    url: str
    image_url: str
    variants: tuple[Variant, ...]
    tags: tuple[str, ...] = ()
    warmth: int | None = None

    @property
    def price_from(self) -> Money:
        return min(variant.price for variant in self.variants)

    @property
    def in_stock(self) -> bool:
        return any(variant.stock > 0 for variant in self.variants)

    @property
    def sizes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(variant.size for variant in self.variants))

    @property
    def colours(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(variant.colour for variant in self.variants))


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order; `shipped`, `returned` and `refunded` count pieces of `quantity`."""

    id: str
    product_handle: str
    sku: str
    title: str
    size: str
    colour: str
    quantity: int
    unit_price: Money
    shipped: int = 0
    returned: int = 0
    refunded: int = 0
    final_sale: bool = False


class TrackingEvent(msgspec.Struct, frozen=True, kw_only=True):
    at: dt.datetime
    place: str
    text: str


class Tracking(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel as its carrier reports it, newest event last.

    `expected_on` is the carrier's present estimate, `promised_on` what the customer was told when
    the parcel left. They differ when it is late.
    """

    carrier: str
    number: str
    url: str
    expected_on: dt.date | None = None
    promised_on: dt.date | None = None
    events: tuple[TrackingEvent, ...] = ()


class Fulfilment(msgspec.Struct, frozen=True, kw_only=True):
    """One parcel: which line ids it holds with how many pieces, and how far it is."""

    id: str
    state: FulfilmentState
    lines: dict[str, int]
    packed_at: dt.datetime
    shipped_at: dt.datetime | None = None
    delivered_at: dt.datetime | None = None
    tracking: Tracking | None = None


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """One payment; `method` is what the customer would recognise, such as `Visa ending 4242`."""

    id: str
    state: PaymentState
    method: str
    amount: Money
    refunded: Money
    at: dt.datetime


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """Goods on their way back, or back; `refund` is what the customer gets for them."""

    id: str
    number: str
    state: ReturnState
    reason: str
    lines: dict[str, int]
    refund: Money
    requested_at: dt.datetime
    received_at: dt.datetime | None = None
    settled_at: dt.datetime | None = None
    refund_by: dt.date | None = None
    exchange_order: str = ""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order with all that belongs to it.

    `number` is what the customer sees. `url` is the customer's own order page.
    """

    id: str
    number: str
    state: OrderState
    placed_at: dt.datetime
    customer_name: str
    customer_email: str
    lines: tuple[OrderLine, ...]
    subtotal: Money
    discount: Money
    shipping: Money
    total: Money
    shipping_method: str
    shipping_address: Address
    url: str
    customer_phone: str = ""
    discount_code: str = ""
    note: str = ""
    cancelled_at: dt.datetime | None = None
    payments: tuple[Payment, ...] = ()
    fulfilments: tuple[Fulfilment, ...] = ()
    returns: tuple[Return, ...] = ()

    @property
    def latest_parcel(self) -> Fulfilment | None:
        return max(self.fulfilments, key=lambda parcel: parcel.packed_at, default=None)

    def belongs_to(self, identities: Sequence[Identity]) -> bool:
        """Whether one of these verified identities placed the order."""
        email, phone = self.customer_email.casefold(), self.customer_phone
        return any(
            (who.kind == "email" and who.value.casefold() == email)
            or (who.kind == "phone" and phone != "" and who.value == phone)
            for who in identities
        )


class Shop(Protocol):
    """What a shop system can be asked; every commerce connector implements it.

    Unknown handles and numbers give None, never an error. Errors are `ShopUnavailable` alone.
    """

    async def search_products(
        self, query: str, *, limit: int = 8, in_stock_only: bool = False
    ) -> list[Product]:
        """Products that fit the words, best first."""
        ...

    async def product_by_handle(self, handle: str) -> Product | None: ...

    async def orders_of(self, identities: Sequence[Identity], *, limit: int = 10) -> list[Order]:
        """Orders of the customer behind these verified identities, newest first."""
        ...

    async def order(self, number: str) -> Order | None:
        """The order with this number, written in any of the ways people write it.

        The caller must check `belongs_to` before it shows anything of it.
        """
        ...

    def order_numbers_in(self, text: str) -> list[str]:
        """Order numbers found in a text, normalised, in the order they appear."""
        ...


class ShopUnavailable(Exception):
    """The shop system did not answer, or refused for a reason that may pass."""
