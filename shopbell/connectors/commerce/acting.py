"""What a shop can be asked to do, and how what it would do is planned.

A plan is made from the order as it stands: once before the ledger's row is written, to show its effect
and to let policy decide, and once more by the shop under its own lock, so that what changed meanwhile is
seen. Pure functions; only `ActingShop.perform` changes anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import msgspec

from shopbell.connectors.commerce.types import (
    Address,
    Identity,
    Money,
    Order,
    OrderLine,
    OrderState,
    PaymentState,
    Product,
    Shop,
    Variant,
)
from shopbell.desk.actions.asking import cents
from shopbell.desk.actions.types import (
    Action,
    Cancel,
    Change,
    ChangeAddress,
    DiscountCode,
    Exchange,
    LookUpOrder,
    Pieces,
    Refund,
    Resend,
    RestockNotice,
    Result,
    StartReturn,
)

_UNPACKED = (OrderState.PENDING_PAYMENT, OrderState.PAID)
_PAID = (PaymentState.CAPTURED, PaymentState.PARTLY_REFUNDED)


class Impossible(Exception):
    """The shop cannot do it, in a sentence for people; nothing was changed."""


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """A variant with the product that it is one of."""

    product: Product
    variant: Variant


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What an action would do. `refund` goes back to how it was paid; `pieces` are lines with a count
    that the action is about; `goods` is what leaves the shelf, SKU with a count."""

    changes: tuple[Change, ...] = ()
    refund: Money | None = None
    pieces: tuple[tuple[OrderLine, int], ...] = ()
    goods: tuple[tuple[Goods, int], ...] = ()
    cost: int = 0
    """What leaves the shop by it, in minor units: money, or goods at the price they were sold for."""


class ActingShop(Shop, Protocol):
    """A shop that can also be told to do things.

    `perform` with a key that was performed before gives the same result and does nothing. `settle`
    ends the uncertainty over a key for ever: the result, or None when it was not done and by this key
    never will be. Both raise ShopUnavailable when the shop did not answer, which says nothing of whether
    it acted.
    """

    async def goods(self, skus: Iterable[str]) -> dict[str, Goods]:
        """The variants with these SKUs; unknown ones are left out."""
        ...

    async def perform(self, key: str, action: Action, who: Identity) -> Result:
        """Do it once. Raises Impossible when it cannot be done any more."""
        ...

    async def settle(self, key: str) -> Result | None: ...


def skus_in(action: Action) -> list[str]:
    """The SKUs whose shelf an action needs to know."""
    match action:
        case Exchange():
            return [one.to_sku for one in action.items]
        case RestockNotice():
            return [action.sku]
        case _:
            return []


def plan(action: Action, order: Order | None, shelf: Mapping[str, Goods]) -> Plan:
    """What the action would do to the order as it stands. Raises Impossible."""
    match action:
        case DiscountCode():
            change = Change(what="Discount code", after=f"{action.percent} % off one order")
            return Plan(changes=(change,))
        case RestockNotice():
            return _notice(action, shelf)
        case _:
            pass
    if order is None:
        raise Impossible("There is no such order.")
    match action:
        case LookUpOrder():
            return Plan()
        case ChangeAddress():
            return _address(action, order)
        case Cancel():
            return _cancel(order)
        case Refund():
            return _refund(action, order)
        case StartReturn():
            return _return(action.items, order)
        case Exchange():
            return _exchange(action, order, shelf)
        case Resend():
            return _resend(action, order)


def _notice(action: RestockNotice, shelf: Mapping[str, Goods]) -> Plan:
    found = shelf.get(action.sku)
    if found is None:
        raise Impossible(f"The shop has nothing with the SKU {action.sku}.")
    if found.variant.stock > 0:
        raise Impossible(f"{found.product.title} is in stock now.")
    return Plan(changes=(Change(what="Notice", after=f"when {found.product.title} is back"),))


def _address(action: ChangeAddress, order: Order) -> Plan:
    _must_be_unpacked(order, "its address can't be changed")
    return Plan(
        changes=(
            Change(
                what="Delivery address",
                before=order.shipping_address.one_line(),
                after=_one_line(action, order),
            ),
        )
    )


def _one_line(action: ChangeAddress, order: Order) -> str:
    return new_address(action, order).one_line()


def new_address(action: ChangeAddress, order: Order) -> Address:
    """The address as it will stand on the order."""
    given = msgspec.structs.asdict(action.address)
    old = order.shipping_address
    return type(old)(**given | {"name": given["name"] or old.name})


def _cancel(order: Order) -> Plan:
    _must_be_unpacked(order, "it can't be cancelled")
    left = left_of(order)
    changes = [Change(what=f"Order {order.number}", before=order.state.value, after="cancelled")]
    if left.amount:
        changes.append(Change(what="Refund", after=f"{left} to {_method(order)}"))
    return Plan(
        changes=tuple(changes), refund=left if left.amount else None, cost=left.amount,
        pieces=tuple((line, line.quantity) for line in order.lines),
    )  # fmt: skip


def _refund(action: Refund, order: Order) -> Plan:
    left = left_of(order)
    if left.amount <= 0:
        raise Impossible("Nothing of this order is left to refund.")
    if action.items and action.amount is not None:
        raise Impossible("Give the pieces or an amount, not both.")
    pieces = taken(action.items, order, free=lambda line: line.quantity - line.refunded)
    match action.kind:
        case "full":
            if action.items or action.amount is not None:
                raise Impossible("A full refund takes neither pieces nor an amount.")
            wanted = left.amount
            pieces = tuple(
                (line, line.quantity - line.refunded)
                for line in order.lines
                if line.quantity > line.refunded
            )
        case _ if action.amount is not None:
            wanted = cents(action.amount) or 0
        case "part" if pieces:
            wanted = sum(share(order, line, count) for line, count in pieces)
        case _:
            raise Impossible("Say the amount, or of which pieces the price is given back.")
    if wanted <= 0:
        raise Impossible("That is no amount.")
    if wanted > left.amount:
        raise Impossible(f"That is more than the {left} that are left of the order.")
    refund = Money(amount=wanted, currency=left.currency)
    change = Change(what="Refund", after=f"{refund} to {_method(order)}")
    return Plan(changes=(change,), refund=refund, pieces=pieces, cost=wanted)


def _return(items: tuple[Pieces, ...], order: Order) -> Plan:
    pieces = taken(items, order, free=lambda line: returnable(order, line))
    back = sum(share(order, line, count) for line, count in pieces)
    refund = Money(amount=min(back, max(0, left_of(order).amount)), currency=order.total.currency)
    changes = [_going(line, count, "comes back") for line, count in pieces]
    changes.append(Change(what="Return label", after=f"sent; {refund} back once it has arrived"))
    return Plan(changes=tuple(changes), pieces=pieces, cost=refund.amount)


def _exchange(action: Exchange, order: Order, shelf: Mapping[str, Goods]) -> Plan:
    items = tuple(Pieces(sku=one.sku, quantity=one.quantity) for one in action.items)
    pieces = taken(items, order, free=lambda line: returnable(order, line))
    goods: list[tuple[Goods, int]] = []
    for (line, count), swap in zip(pieces, action.items, strict=True):
        found = shelf.get(swap.to_sku)
        if found is None:
            raise Impossible(f"The shop has nothing with the SKU {swap.to_sku}.")
        if found.product.handle != line.product_handle or swap.to_sku == swap.sku:
            raise Impossible(f"{swap.to_sku} is no other variant of {line.title}.")
        if found.variant.price.currency != line.unit_price.currency:
            raise Impossible("The two are sold in different currencies.")
        if found.variant.price.amount > line.unit_price.amount:
            raise Impossible(f"{swap.to_sku} costs more than what comes back.")
        goods.append((found, count))
    wanted: dict[str, int] = {}
    for found, count in goods:
        sku = found.variant.sku
        wanted[sku] = wanted.get(sku, 0) + count
        if wanted[sku] > found.variant.stock:
            raise Impossible(f"{found.product.title} in {found.variant.size} is out of stock.")
    changes = [
        Change(
            what=f"{count} × {line.title}",
            before=f"{line.colour} {line.size}".strip(),
            after=f"{found.variant.colour} {found.variant.size}".strip(),
        )
        for (line, count), (found, _) in zip(pieces, goods, strict=True)
    ]
    cost = sum(share(order, line, count) for line, count in pieces)
    return Plan(changes=tuple(changes), pieces=pieces, goods=tuple(goods), cost=cost)


def _resend(action: Resend, order: Order) -> Plan:
    if not any(line.shipped for line in order.lines):
        raise Impossible("Nothing of this order was sent yet.")
    items = action.items or tuple(
        Pieces(sku=line.sku, quantity=line.shipped) for line in order.lines if line.shipped
    )
    pieces = taken(items, order, free=lambda line: line.shipped)
    changes = tuple(_going(line, count, "sent once more, at no charge") for line, count in pieces)
    cost = sum(share(order, line, count) for line, count in pieces)
    return Plan(changes=changes, pieces=pieces, cost=cost)


def _going(line: OrderLine, count: int, where: str) -> Change:
    return Change(what=f"{count} × {line.title}", after=where)


def _must_be_unpacked(order: Order, so: str) -> None:
    if order.state not in _UNPACKED or order.fulfilments:
        raise Impossible(f"Order {order.number} is {order.state.value.replace('_', ' ')}: {so}.")


def taken(
    items: Iterable[Pieces], order: Order, free: Callable[[OrderLine], int]
) -> tuple[tuple[OrderLine, int], ...]:
    """The lines that the pieces are on, each piece wholly on one line that still has it free."""
    used: dict[str, int] = {}
    found: list[tuple[OrderLine, int]] = []
    for piece in items:
        lines = [line for line in order.lines if line.sku == piece.sku]
        if not lines:
            raise Impossible(f"Order {order.number} holds nothing with the SKU {piece.sku}.")
        fits = [one for one in lines if free(one) - used.get(one.id, 0) >= piece.quantity]
        if not fits:
            raise Impossible(
                f"Order {order.number} has not {piece.quantity} of {piece.sku} for this."
            )
        used[fits[0].id] = used.get(fits[0].id, 0) + piece.quantity
        found.append((fits[0], piece.quantity))
    return tuple(found)


def returnable(order: Order, line: OrderLine) -> int:
    """How many pieces of a line were delivered and are not on their way back."""
    arrived = sum(
        parcel.lines.get(line.id, 0) for parcel in order.fulfilments if parcel.delivered_at
    )
    asked = sum(back.lines.get(line.id, 0) for back in order.returns)
    return min(arrived, line.quantity) - max(asked, line.returned)


def share(order: Order, line: OrderLine, count: int) -> int:
    """What was paid for so many pieces of a line: its price less its part of the discount."""
    price = line.unit_price.amount * count
    return price - (
        price * order.discount.amount // order.subtotal.amount if order.subtotal.amount else 0
    )


def left_of(order: Order) -> Money:
    """What was paid and not given back."""
    held = [one for one in order.payments if one.state in _PAID]
    left = sum(one.amount.amount - one.refunded.amount for one in held)
    return Money(amount=left, currency=order.total.currency)


def _method(order: Order) -> str:
    return " and ".join(dict.fromkeys(one.method for one in order.payments if one.state in _PAID))
