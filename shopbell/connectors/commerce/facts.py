"""The facts about an order and its customer that policy decides by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from shopbell.connectors.commerce.acting import Goods, Impossible, Plan, plan
from shopbell.connectors.commerce.types import Identity, Order
from shopbell.desk.actions.types import (
    Action,
    ActionName,
    Asking,
    DiscountCode,
    Facts,
    Refund,
)

RECENT = dt.timedelta(days=90)


def name_of(action: Action) -> ActionName:
    """The action's name, as the ledger keeps it."""
    name: ActionName = action.__struct_config__.tag  # pyright: ignore[reportAssignmentType]
    return name


def facts_of(
    action: Action,
    asking: Asking,
    who: Identity,
    *,
    order: Order | None,
    history: Sequence[Order],
    shelf: dict[str, Goods],
    alarm: str,
    at: dt.datetime,
) -> tuple[Facts, Plan]:
    """What policy decides by, and what would be done. An order that is somebody else's is as one that
    there is not, and nothing of it becomes a fact."""
    theirs = order is not None and order.belongs_to([who])
    seen = order if theirs else None
    impossible, planned = "", Plan()
    try:
        planned = plan(action, seen, shelf)
    except Impossible as why:
        impossible = str(why)
    delivered = _delivered_at(seen)
    return (
        Facts(
            action=name_of(action),
            asked_by=asking.asked_by,
            channel=asking.channel,
            verified=asking.verified,
            order_known=seen is not None,
            order_is_theirs=theirs,
            order_state=seen.state.value if seen else "",
            order_age_days=(at - seen.placed_at).days if seen else None,
            days_since_delivery=(at - delivered).days if delivered else None,
            order_total=seen.total.amount if seen else 0,
            already_refunded=sum(one.refunded.amount for one in seen.payments) if seen else 0,
            amount=planned.cost,
            currency=seen.total.currency if seen else "",
            refund_kind=action.kind if isinstance(action, Refund) else "",
            percent=action.percent if isinstance(action, DiscountCode) else 0,
            item_classes=_classes(seen, planned),
            orders_before=len(history),
            refunds_in_90_days=_refunds(history, at),
            alarm=alarm,
            impossible=impossible,
        ),
        planned,
    )


def _delivered_at(order: Order | None) -> dt.datetime | None:
    """When the first parcel arrived: from then on the customer's time runs."""
    if order is None:
        return None
    return min((one.delivered_at for one in order.fulfilments if one.delivered_at), default=None)


def _classes(order: Order | None, planned: Plan) -> tuple[str, ...]:
    """The classes of what the action is about; of the whole order where it names no pieces."""
    if order is None:
        return ()
    lines = [line for line, _ in planned.pieces] or list(order.lines)
    return tuple(sorted({"final_sale" if line.final_sale else "ordinary" for line in lines}))


def _refunds(history: Sequence[Order], at: dt.datetime) -> int:
    return sum(
        1
        for order in history
        if order.placed_at >= at - RECENT and any(one.refunded.amount for one in order.payments)
    )
