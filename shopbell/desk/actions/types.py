"""Actions: what may be asked of a shop, the facts that policy decides by, and the ledger's rows."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from msgspec import Meta, Struct

ActionName = Literal[
    "look_up_order",
    "change_address",
    "cancel",
    "exchange",
    "start_return",
    "refund",
    "resend",
    "discount_code",
    "restock_notice",
]
Decision = Literal["allow", "needs_approval", "refuse"]
AskedBy = Literal["assistant", "viewer", "agent", "admin"]
State = Literal["refused", "waiting", "begun", "uncertain", "done", "failed", "declined", "expired"]

Number = Annotated[str, Meta(min_length=1, max_length=40)]
Sku = Annotated[str, Meta(min_length=1, max_length=60)]
Line = Annotated[str, Meta(max_length=120)]
Words = Annotated[str, Meta(max_length=500)]
Count = Annotated[int, Meta(ge=1, le=999)]


class Pieces(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Some of what an order holds, by the SKU on its line."""

    sku: Sku
    quantity: Count = 1


class Swap(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Pieces of an order that go back, and the SKU that is sent for each."""

    sku: Sku
    to_sku: Sku
    quantity: Count = 1


SomePieces = Annotated[tuple[Pieces, ...], Meta(min_length=1, max_length=50)]


class NewAddress(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an order is to go. Without a name it keeps the one that it had."""

    line1: Annotated[str, Meta(min_length=1, max_length=120)]
    city: Annotated[str, Meta(min_length=1, max_length=120)]
    postcode: Annotated[str, Meta(max_length=20)]
    country: Annotated[str, Meta(min_length=1, max_length=60)]
    name: Line = ""
    line2: Line = ""
    region: Line = ""
    phone: Annotated[str, Meta(max_length=30)] = ""


class _Action(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="action"):
    """Base of what may be asked; the tag is the action's name."""


class LookUpOrder(_Action, frozen=True, tag="look_up_order"):
    """Where an order is, with its parcels."""

    order: Number


class ChangeAddress(_Action, frozen=True, tag="change_address"):
    """Send an order that is not packed to another address."""

    order: Number
    address: NewAddress


class Cancel(_Action, frozen=True, tag="cancel"):
    """Cancel an order that is not packed, and give back what was paid."""

    order: Number
    reason: Words = ""


class Exchange(_Action, frozen=True, tag="exchange"):
    """Other variants of the same products for what was delivered, at no higher price."""

    order: Number
    items: Annotated[tuple[Swap, ...], Meta(min_length=1, max_length=50)]
    reason: Words = ""


class StartReturn(_Action, frozen=True, tag="start_return"):
    """A label for sending delivered pieces back."""

    order: Number
    items: SomePieces
    reason: Words = ""


class Refund(_Action, frozen=True, tag="refund"):
    """Money back: all that is left of an order, the price of pieces, or a sum. `goodwill` is money
    for which nothing comes back and nothing was missing."""

    order: Number
    kind: Literal["full", "part", "goodwill"]
    amount: Decimal | None = None
    items: tuple[Pieces, ...] = ()
    reason: Words = ""


class Resend(_Action, frozen=True, tag="resend"):
    """Send pieces, or the whole order, once more at no charge."""

    order: Number
    items: tuple[Pieces, ...] = ()
    reason: Words = ""


class DiscountCode(_Action, frozen=True, tag="discount_code"):
    """A code for one later order."""

    percent: Annotated[int, Meta(ge=1, le=100)]
    valid_days: Annotated[int, Meta(ge=1, le=366)] = 90
    reason: Words = ""


class RestockNotice(_Action, frozen=True, tag="restock_notice"):
    """Tell the customer when a variant is in stock again."""

    sku: Sku


Action = (
    LookUpOrder
    | ChangeAddress
    | Cancel
    | Exchange
    | StartReturn
    | Refund
    | Resend
    | DiscountCode
    | RestockNotice
)
NAMES: tuple[ActionName, ...] = get_args(ActionName)
ABOUT_NO_ORDER = ("discount_code", "restock_notice")


class Change(Struct, frozen=True, kw_only=True):
    """One thing that an action changes, before and after, in words for people."""

    what: str
    before: str = ""
    after: str = ""


class Sum(Struct, frozen=True, kw_only=True):
    """An amount in minor units of its currency (ISO 4217)."""

    amount: int
    currency: str


class Result(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the shop did: its changes, and what the customer needs to know of them. Each field is
    there only where the action made such a thing."""

    changes: tuple[Change, ...] = ()
    order: dict[str, Any] | None = None
    refunded: Sum | None = None
    return_number: str = ""
    label_url: str = ""
    new_order: str = ""
    code: str = ""
    valid_until: str = ""


class Facts(Struct, frozen=True, kw_only=True):
    """What policy decides by. A number of days is None where it is not known, and no condition on it
    holds then; `amount` is what leaves the shop, in minor units.

    `alarm` is what the customer's words speak of that only people may answer. `impossible` says why
    the shop cannot do it, whatever the rules say.
    """

    action: ActionName
    asked_by: AskedBy
    channel: str = ""
    verified: bool = False
    order_known: bool = False
    order_is_theirs: bool = False
    order_state: str = ""
    order_age_days: int | None = None
    days_since_delivery: int | None = None
    order_total: int = 0
    already_refunded: int = 0
    amount: int = 0
    currency: str = ""
    refund_kind: str = ""
    percent: int = 0
    item_classes: tuple[str, ...] = ()
    orders_before: int = 0
    refunds_in_90_days: int = 0
    alarm: str = ""
    impossible: str = ""


class Verdict(Struct, frozen=True, kw_only=True):
    """What policy says, by which rule; `tell` is the sentence for the customer."""

    decision: Decision
    rule: str
    reason: str
    tell: str
    version: int = 0


class Asking(Struct, frozen=True, kw_only=True):
    """Who asks for an action: `key` makes asking twice one action. `customer` is the address they
    are known to the shop by."""

    key: Annotated[str, Meta(min_length=8, max_length=200)]
    customer: str
    asked_by: AskedBy
    verified: bool = False
    channel: str = ""
    agent_id: UUID | None = None
    ticket_id: UUID | None = None
    saying: str = ""


class Entry(Struct, frozen=True, kw_only=True):
    """A row of the ledger. `result` stands once it is done, `problem` where it failed."""

    id: UUID
    key: str
    name: ActionName
    args: dict[str, Any]
    customer: str
    order_number: str | None
    ticket_id: UUID | None
    asked_by: AskedBy
    facts: Facts
    decision: Decision
    rule: str
    reason: str
    tell: str
    policy_version: int
    changes: tuple[Change, ...]
    state: State
    result: Result | None
    problem: str
    asked_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None
