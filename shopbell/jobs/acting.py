"""Doing actions: facts, policy, ledger, shop, in this order, for every door.

The ledger's row is committed before the shop is asked. Whoever dies in between leaves a row whose lease
lapses; `settle_lost` then asks the shop by the row's key what became of it, and what was not done by
then never will be.
"""

import re
import uuid
from typing import Any

import msgspec
import structlog

from shopbell.assistant.words.listen import heard
from shopbell.connectors.commerce.acting import ActingShop, Impossible, skus_in
from shopbell.connectors.commerce.demo.acting import ActingDemoShop
from shopbell.connectors.commerce.facts import facts_of, name_of
from shopbell.connectors.commerce.types import Identity, Order, ShopUnavailable
from shopbell.desk.actions import commands, reads
from shopbell.desk.actions.policy import decide
from shopbell.desk.actions.types import Action, Asking, DiscountCode, Entry, RestockNotice
from shopbell.desk.database import Desk
from shopbell.jobs.leases import new_holder

log = structlog.get_logger()

HISTORY = 100
NEVER_DONE = "It was cut off before the shop did it: nothing was changed. Ask again."
UNANSWERED = "The shop did not answer, so it is not known yet whether it was done."
_GRAVE = ("safety", "legal", "chargeback")
_PHONE = re.compile(r"\+\d{6,15}")


async def act(desk: Desk, shop: ActingShop, action: Action, asking: Asking) -> Entry:
    """Do an action as far as policy lets it be done now; the ledger's row as it stands afterwards.

    Asked again by the same key nothing is done again. Raises Invalid and UnderWay as `note` does, and
    ShopUnavailable where the shop did not answer before anything was begun.
    """
    who = identity_of(asking.customer)
    order = await _order(shop, action)
    if order is not None and not isinstance(action, DiscountCode | RestockNotice):
        action = msgspec.structs.replace(action, order=order.number)
    facts, planned = facts_of(
        action,
        asking,
        who,
        order=order,
        history=await shop.orders_of([who], limit=HISTORY),
        shelf=await shop.goods(skus_in(action)),
        alarm=_alarm(action, asking),
        at=desk.now(),
    )
    version, policy = await reads.policy_in_force(desk)
    holder = new_holder()
    entry, mine = await commands.note(
        desk,
        asking,
        name=name_of(action),
        args=_args(action),
        order_number=None if order is None else order.number,
        facts=facts,
        verdict=decide(policy, facts, version),
        changes=planned.changes,
        holder=holder,
    )
    if mine and entry.state == "begun":
        await _perform(desk, shop, entry, action, who, holder)
        return await reads.entry(desk, entry.id)
    return entry


async def _perform(
    desk: Desk, shop: ActingShop, entry: Entry, action: Action, who: Identity, holder: str
) -> None:
    try:
        result = await shop.perform(entry.key, action, who)
    except Impossible as why:
        await commands.finish(desk, entry, holder, problem=str(why))
    except ShopUnavailable:
        await commands.doubt(desk, entry, holder, UNANSWERED)
    else:
        await commands.finish(desk, entry, holder, result=result)


async def settle_lost(desk: Desk, shop: ActingShop) -> int:
    """Find out what became of actions whose holders are gone; how many were looked at."""
    holder = new_holder()
    lost = await commands.claim_lost(desk, holder)
    for entry, tries in lost:
        try:
            result = await shop.settle(entry.key)
        except ShopUnavailable:
            await commands.doubt(desk, entry, holder, UNANSWERED, tries=tries)
            continue
        problem = "" if result is not None else NEVER_DONE
        await commands.finish(desk, entry, holder, result=result, problem=problem)
    return len(lost)


async def settle_actions(desk: Desk) -> None:
    """What workers do for the ledger: settle what was cut off, end what nobody answered."""
    looked_at = await settle_lost(desk, ActingDemoShop(desk.pool))
    if looked_at:
        log.info("actions settled", looked_at=looked_at)
    await commands.expire(desk)


def identity_of(customer: str) -> Identity:
    """How the shop knows a customer by what they go by: an e-mail address or a phone number."""
    if _PHONE.fullmatch(customer):
        return Identity(kind="phone", value=customer)
    return Identity(kind="email", value=customer)


def fresh_key() -> str:
    """A key for an action that is asked for once."""
    return f"once-{uuid.uuid4()}"


async def _order(shop: ActingShop, action: Action) -> Order | None:
    if isinstance(action, DiscountCode | RestockNotice):
        return None
    return await shop.order(action.order)


def _alarm(action: Action, asking: Asking) -> str:
    """The gravest matter that the customer's words, or the reason given for it, speak of."""
    for words in (asking.saying, getattr(action, "reason", "")):
        meant = heard(words) if words.strip() else None
        if meant in _GRAVE:
            return meant
    return ""


def _args(action: Action) -> dict[str, Any]:
    given: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(action))
    return {name: value for name, value in given.items() if name != "action"}
